"""The parts of a spreadsheet file (a ZIP archive), unpacked in memory behind caps, or why they are not.

A sheet of 400 MB fits into 412 KB, and what the directory of an archive says about sizes need not be true; so bytes are
counted while they are unpacked. Nothing is ever written to disk, so that the names of entries lead nowhere.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import _

MAX_ENTRIES: Final = 1_000
MAX_BYTES: Final = 50_000_000
MAX_RATIO: Final = 100
_SMALL: Final = 1_000_000
"""Below this an entry may be packed as tightly as it likes: a column of equal cells is."""
_PIECE: Final = 1 << 16

SIGNATURE: Final = b"PK\x03\x04"


class PartTooLarge(Exception):
    """The parts are more than anyone's table."""


def parts(content: bytes, file: str) -> dict[str, bytes] | Finding:
    """Return the parts of an archive by name, or the finding about why it is not unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _unpacked(archive)
    except PartTooLarge:
        message = _("unpacked the file is much larger than a table can be; copy the rows into a new file")
        return Finding(Severity.ERROR, "file-unpacked", message, Location(file=file))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        message = _(
            "the file is damaged or encrypted; open it in your spreadsheet program and save it "
            "again, without a password"
        )
        return Finding(Severity.ERROR, "file-damaged", message, Location(file=file))


def _unpacked(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise PartTooLarge
    contents: dict[str, bytes] = {}
    room = MAX_BYTES
    for entry in entries:
        limit = min(room, max(_SMALL, entry.compress_size * MAX_RATIO))
        contents[entry.filename] = _bytes(archive, entry, limit)
        room -= len(contents[entry.filename])
    return contents


def _bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise PartTooLarge
            pieces.append(piece)
    return b"".join(pieces)


def packed(contents: dict[str, bytes]) -> bytes:
    """Return an archive of parts, as quickly as it can be written."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return written.getvalue()
