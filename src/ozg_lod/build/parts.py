"""Parts: what the files of some source folders say, as one file, so that whoever merges parts reads no table again.

A line of JSON names the files with their hashes and carries the tables of withdrawals, which are read as they are; the
readings follow. A part is made and merged by the same program: another one might read a file differently.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ozg_lod.core.errors import SourceError
from ozg_lod.core.messages import Message, _
from ozg_lod.snapshots import atomic_files, changes, checked_json
from ozg_lod.validation import file_readings
from ozg_lod.validation.gate import METADATA

_MARK: Final = b"ozg-lod part\n"
_MAX_HEAD: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part: the SHA-256 of each of its files, its tables of withdrawals, and where its readings begin in the file."""

    path: Path
    start: int
    base_iri: str
    digests: Mapping[str, str]
    withdrawn: Mapping[str, bytes]


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def withdrawn(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the tables of withdrawals among files, with their descriptions."""
    names = [name for table in changes.withdrawal_tables(files) for name in (table, table + METADATA)]
    return {name: files[name] for name in names if name in files}


def write(path: Path, base_iri: str, files: Mapping[str, bytes], readings: Sequence[Path]) -> None:
    """Write the part of these files, whose readings stand in the cache; nobody finds a half of it."""
    head = {
        "program": file_readings.program(),
        "base": base_iri,
        "digests": digests(files),
        "withdrawn": {name: content.decode() for name, content in withdrawn(files).items()},
    }
    aside = path.with_name(f"{path.name}.new")
    with aside.open("wb") as file:
        file.write(_MARK + checked_json.written(head))
        for reading in readings:
            file.write(file_readings.content(reading))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    atomic_files.sync(path.parent)


def read(path: Path, base_iri: str) -> Part:
    """Return a part of the catalogue with this base; raise SourceError for one of another, and for what is none."""
    try:
        content = file_readings.content(path)
        first, line, _rest = bytes(content[:_MAX_HEAD]).split(b"\n", 2)
        head = checked_json.read(line)
        start = len(first) + len(line) + 2
        if first + b"\n" == _MARK and head["program"] != file_readings.program():
            raise _refused(path, _("another version of the program made it; make it again with this one"))
        part_base, names, tables = head["base"], head["digests"], head["withdrawn"]
        sound = first + b"\n" == _MARK and file_readings.sound(content[start:])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(path, _("it is damaged, or no part; make it again")) from error
    if not sound:
        raise _refused(path, _("it is damaged, or no part; make it again"))
    if part_base != base_iri:
        raise _refused(
            path, _("it is a part of {part_base}, not of {base_iri}", part_base=part_base, base_iri=base_iri)
        )
    return Part(path, start, part_base, names, {name: text.encode() for name, text in tables.items()})


def _refused(path: Path, reason: Message) -> SourceError:
    return SourceError(_("The part {path} cannot be merged: {reason}.", path=path, reason=reason))
