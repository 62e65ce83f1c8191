"""Releases: what portals see of one publication — its files, and since when each has been the same.

Dates come from the publication log and the manifests, never from the clock: a restart changes nothing, and going back
to an older version is a change of its own day.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from ozg_lod.core.errors import (
    Gone,
    NotFound,
    SnapshotError,
    Unavailable,
)
from ozg_lod.core.messages import Message, _
from ozg_lod.snapshots.snapshot import Manifest, Publication, Snapshots
from ozg_lod.snapshots.verified_files import FileRecord

_log = logging.getLogger("ozg_lod")
_RETRY_AFTER_S: Final = 3600


@dataclass(frozen=True)
class Release:
    """One publication: `log` ends with it; `root` is what the addresses of its files start with."""

    publication: Publication
    directory: Path
    manifest: Manifest
    root: str
    public_url: str
    log: tuple[Publication, ...] = field(repr=False)
    snapshots: Snapshots = field(repr=False)

    @property
    def version(self) -> str:
        """Return the version of the data: 64 hexadecimal digits."""
        return self.manifest.version

    def record(self, file: str) -> FileRecord | None:
        """Return size and hash of a file, None where this release has none of this name."""
        return self.manifest.files.get(file)

    def path(self, file: str) -> Path:
        """Return where a file is, held against its record; raise Unavailable where it is not what was written."""
        try:
            return self.snapshots.checked(self.directory, self.manifest, file) / file
        except SnapshotError as error:
            raise damaged(self.version, error) from error

    def modified(self, file: str) -> str:
        """Return the time of the publication since which the file has been what it is now."""
        since = self.publication.time
        for entry, hashes in reversed(self._history):
            if hashes.get(file) != self.manifest.files[file].sha256:
                break
            since = entry.time
        return since

    def issued(self, file: str) -> str:
        """Return the time of the first publication that had a file of this name."""
        return next((entry.time for entry, hashes in self._history if file in hashes), self.publication.time)

    @cached_property
    def _history(self) -> list[tuple[Publication, dict[str, str]]]:
        """Return each publication with the hashes of its files; one that cannot be read had none."""
        read: dict[str, dict[str, str]] = {}
        for name in {entry.snapshot for entry in self.log}:
            read[name] = {}
            with contextlib.suppress(SnapshotError):
                files = Manifest.read(self.snapshots.directory(name)).files
                read[name] = {file: record.sha256 for file, record in files.items()}
        return [(entry, read[entry.snapshot]) for entry in self.log]


def current(snapshots: Snapshots, name: str, public_url: str) -> Release:
    """Return the latest publication of the snapshot that is being served."""
    found = [entry for entry in snapshots.publications() if entry.snapshot == name]
    if not found:
        raise unavailable(
            _("what is served here was not published from a source folder."),
        )
    return _edition(snapshots, found, public_url, "")


def past(snapshots: Snapshots, version: str, public_url: str, *, pinned: bool) -> Release:
    """Return the latest publication of a version; raise NotFound for one that was never published.

    Where it is `pinned` its files are those of this version for good, else they are those a portal should keep.
    """
    found = [entry for entry in snapshots.publications() if entry.version == version]
    if not found:
        raise NotFound(
            _("This version was never published here; /changes.atom lists all that were."),
        )
    if found[-1].erased:
        raise erased(found[-1])
    try:
        return _edition(snapshots, found, public_url, f"/snapshot/{version}" if pinned else "")
    except SnapshotError as error:
        raise damaged(version, error) from error


def erased(publication: Publication) -> Gone:
    """Return the failure for a version whose files had to go: another version with the rest would not be this one."""
    day = publication.erased
    return Gone(
        _(
            "The files of this version were erased on {day}, because the sender of a contribution in "
            "it asked for that; a version without it would have another hash, so there is none. "
            "/changes.atom lists those that are kept.",
            day=day,
        ),
        erased=day,
    )


def damaged(version: str, error: SnapshotError) -> Unavailable:
    """Log what is wrong with a version and how to mend it; return the failure for those who ask for it."""
    _log.error("a version cannot be read: %s", error)  # one sentence, no traceback
    return Unavailable(
        _("Version {version} is damaged here and cannot be had; /aenderungen lists the others.", version=version[:12]),
        retry_after_s=_RETRY_AFTER_S,
    )


def unavailable(reason: Message) -> Unavailable:
    """Return the failure for a catalogue that would be empty: a portal would take that as a request to delete."""
    return Unavailable(_("There is no catalogue: {reason}", reason=reason), retry_after_s=_RETRY_AFTER_S)


def _edition(snapshots: Snapshots, found: list[Publication], public_url: str, path: str) -> Release:
    publication = found[-1]
    directory = snapshots.directory(publication.snapshot)
    log = tuple(entry for entry in snapshots.publications() if entry.number <= publication.number)
    manifest = Manifest.read(directory)
    return Release(publication, directory, manifest, public_url + path, public_url, log, snapshots)
