"""Erasure: no kept version holds what its sender wants erased.

A version is the hash of its data, so a version without some of its statements would be another one. The files of each
version that holds them are removed; its manifest (hashes, no statements) and its line in the publication log stay, and
the line says that and when it was erased.
"""

from __future__ import annotations

from collections.abc import Collection

from ozg_lod.core.errors import SnapshotError
from ozg_lod.snapshots.snapshot import Manifest, Snapshots


def erase(snapshots: Snapshots, graphs: Collection[str], *, day: str) -> list[str]:
    """Erase every snapshot, published or not, that holds one of these graphs; return the versions.

    The current one must hold none of them. Whoever calls holds the lock of the snapshots.
    """
    versions = []
    for name in snapshots.names():
        try:
            manifest = Manifest.read(snapshots.directory(name))
        except SnapshotError:  # not readable: nothing can be said of it, so nothing is kept of it
            snapshots.erase(name, day)
            continue
        if not manifest.graphs.keys().isdisjoint(graphs) and snapshots.erase(name, day):
            versions.append(manifest.version)
    return versions
