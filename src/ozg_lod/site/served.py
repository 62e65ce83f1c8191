"""A snapshot that is served, as far as pages and what lies above them need to know it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyoxigraph as ox

from ozg_lod.http.response_cache import ByteCache
from ozg_lod.snapshots.snapshot import Manifest


class PageSnapshot(Protocol):
    """One snapshot with its data; answers about it never mix two."""

    @property
    def directory(self) -> Path:
        """Where its files are."""
        ...

    @property
    def in_memory(self) -> bool:
        """Whether all data are held in memory."""
        ...

    @property
    def store(self) -> ox.Store:
        """The merged graph, and the graph of each source."""
        ...

    @property
    def shapes(self) -> bytes:
        """The rules as Turtle."""
        ...

    @property
    def version(self) -> str:
        """The version of the data."""
        ...

    @property
    def base_iri(self) -> str:
        """What the IRIs of its things start with."""
        ...

    @property
    def public_url(self) -> str:
        """The address that links start with."""
        ...

    @property
    def code(self) -> str:
        """The fingerprint of the program."""
        ...

    @property
    def cache(self) -> ByteCache:
        """What is kept as long as it is served."""
        ...

    @property
    def manifest(self) -> Manifest:
        """What the snapshot says of itself."""
        ...
