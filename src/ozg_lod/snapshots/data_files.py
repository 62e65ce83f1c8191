"""The data of a snapshot on disk: the dump with its graphs, their merge, and the store made of both."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyoxigraph as ox

DATA_FILE: Final = "data.nq"
MERGED_FILE: Final = "data.nt"
STORE_DIRECTORY: Final = "store"


def load(*, data: Path, merged: Path | None) -> ox.Store:
    """Return the dataset of an N-Quads file in memory, with the N-Triples file `merged` as its default graph."""
    store = ox.Store()
    store.bulk_load(path=data, format=ox.RdfFormat.N_QUADS)
    if merged is not None:
        store.bulk_load(path=merged, format=ox.RdfFormat.N_TRIPLES)
    return store


def merged(nquads: bytes) -> bytes:
    """Return the merge of all graphs as N-Triples, sorted."""
    triples = {quad.triple for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)}
    return b"".join(sorted((ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").splitlines(keepends=True)))
