"""Files held against their records where they are read: a byte that a disk changed is never sent as if it were right.

A file is hashed once and then again whenever its stat has changed, so that sending it costs no more than a stat.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ozg_lod.core.errors import SnapshotError
from ozg_lod.core.messages import Message, _
from ozg_lod.snapshots import checked_json

MANIFEST_FILE: Final = "manifest.json"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class FileRecord:
    """Size in bytes and SHA-256 of one file."""

    bytes: int
    sha256: str


def record_of(path: Path) -> FileRecord:
    """Return size and hash of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
        return FileRecord(file.tell(), digest.hexdigest())


def manifest(directory: Path) -> dict[str, Any]:
    """Return what a snapshot says of itself, its `files` as records; raise SnapshotError where it is damaged."""
    try:
        stated = checked_json.read((directory / MANIFEST_FILE).read_bytes())
        return {**stated, "files": {name: FileRecord(**record) for name, record in stated["files"].items()}}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = _("{file} is not readable ({error})", file=MANIFEST_FILE, error=error)
        raise damaged(directory, reason) from error


def checked(directory: Path, *names: str) -> Path:
    """Return the directory of a snapshot after these files and folders ("x/") were held against its manifest.

    For processes that load them once; raises SnapshotError naming the first that is not what was written.
    """
    return VerifiedFiles().checked(directory, manifest(directory)["files"], *names)


def damaged(directory: Path, reason: Message) -> SnapshotError:
    """Return the failure for a snapshot that cannot be used."""
    return SnapshotError(
        _(
            "Snapshot {name}: {reason}; go back with `ozg-lod snapshots use NAME` or build again.",
            name=directory.name,
            reason=reason,
        ),
    )


class VerifiedFiles:
    """What files were when they were hashed, by device and inode. Any thread may ask."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[tuple[int, ...], FileRecord]] = {}

    def checked(self, directory: Path, records: Mapping[str, FileRecord], *names: str) -> Path:
        """Return the directory after these files and folders ("x/"), or all, were held against their records.

        Raises SnapshotError naming the first that is not what was written.
        """
        for file, record in records.items():
            wanted = not names or file in names or any(name.endswith("/") and file.startswith(name) for name in names)
            if wanted and not self.is_sound(directory / file, record):
                raise damaged(directory, _("{file} is not what was written", file=file))
        return directory

    def is_sound(self, path: Path, record: FileRecord) -> bool:
        """Return whether a file is what its record says."""
        try:
            stat = path.stat()
            if stat.st_size != record.bytes:
                return False
            seen = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            key = (stat.st_dev, stat.st_ino)
            if self._known.get(key, (None,))[0] != seen:
                self._known[key] = (seen, record_of(path))
        except OSError:
            return False
        return self._known[key][1] == record
