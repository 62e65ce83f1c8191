"""Erasure: no kept version holds what its sender wants erased.

A version is the hash of its data, so a version without some of its statements would be another one. The files of each
version that holds them are removed; its manifest (hashes, no statements) and its line in the publication log stay, and
the line says that and when it was erased.

`REGISTER` names all files that stand below the target and what they are made of. Whoever adds one made from data adds
it here, and how it is erased below; a test looks for files that nobody registered.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from ozg_lod.core.errors import SnapshotError
from ozg_lod.snapshots.snapshot import Manifest, Snapshots

READINGS: Final = "readings"
REGISTER: Final = {
    "snapshots/*/manifest.json": "names, sizes and hashes; stays",
    "snapshots/*/*": "one version: data, search index, dumps, store, report; goes with the version",
    "published.jsonl": "numbers, times, hashes and the addresses of things; stays",
    "current": "one name; stays",
    f"{READINGS}/*": "what each file of the sources says, for the next build; all go with every erasure",
    "lock": "nothing; stays",
}
_log = logging.getLogger("ozg_lod")


def erase(snapshots: Snapshots, graphs: Collection[str], *, day: str) -> list[str]:
    """Erase every snapshot, published or not, that holds one of these graphs; return the versions.

    The current one must hold none of them. Whoever calls holds the lock of the snapshots.
    """
    versions = []
    for name in snapshots.folders():
        try:
            manifest = Manifest.read(snapshots.directory(name))
        except SnapshotError:  # not readable: nothing can be said of it, so nothing is kept of it
            snapshots.erase(name, day)
            continue
        if not manifest.graphs.keys().isdisjoint(graphs) and snapshots.erase(name, day):
            versions.append(manifest.version)
    shutil.rmtree(snapshots.target / READINGS, ignore_errors=True)
    for path in unregistered(snapshots.target):
        _log.warning("%s is not ours; look whether it holds what was erased", path)
    return versions


def unregistered(target: Path) -> list[Path]:
    """Return the files below the target that nobody registered: what they are made of is not known."""
    registered = {path for pattern in REGISTER for path in target.glob(pattern)}
    files = (path for path in target.rglob("*") if not path.is_dir())
    return sorted(path for path in files if registered.isdisjoint({path, *path.parents}))
