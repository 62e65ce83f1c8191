"""The data of a snapshot on disk: the dump with its graphs, their merge, and the store made of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Final

import pyoxigraph as ox

DATA_FILE: Final = "data.nq"
MERGED_FILE: Final = "data.nt"
STORE_DIRECTORY: Final = "store"
_LOOKS: Final = 200
_LOOKS_BELOW: Final = 10
_LARGE_GRAPH: Final = 10_000


def load(*, data: Path, merged: Path | None) -> ox.Store:
    """Return the dataset of an N-Quads file in memory, with the N-Triples file `merged` as its default graph."""
    store = ox.Store()
    store.bulk_load(path=data, format=ox.RdfFormat.N_QUADS)
    if merged is not None:
        store.bulk_load(path=merged, format=ox.RdfFormat.N_TRIPLES)
    return store


def read_only(path: Path, predicates: Iterable[str], graphs: Mapping[str, int]) -> ox.Store:
    """Return a store that is read from disk, with all its files open: a confined worker can open none.

    RocksDB opens 16 files and the others when something in their range is looked for. Its keys are hashes, so looking
    for what is not there reaches every part of every index, if it is done below each predicate and each graph,
    the more often the more quads it has.
    """
    store = ox.Store.read_only(str(path))
    nodes = [ox.NamedNode(f"urn:scattered:{number}") for number in range(_LOOKS)]
    names = [ox.NamedNode(predicate) for predicate in predicates]
    for graph in (None, ox.DefaultGraph()):
        _look(store, nodes, names, graph)
        for name, node in product(names, nodes[:_LOOKS_BELOW]):
            next(store.quads_for_pattern(None, name, node, graph), None)
    for name_of_graph, quads in graphs.items():
        few = 1 if quads < _LARGE_GRAPH else None
        _look(store, nodes[: few or _LOOKS_BELOW], names[:few], ox.NamedNode(name_of_graph))
    next(store.named_graphs(), None)
    return store


def _look(
    store: ox.Store,
    nodes: Iterable[ox.NamedNode],
    names: Iterable[ox.NamedNode],
    graph: ox.NamedNode | ox.DefaultGraph | None,
) -> None:
    for node in nodes:
        next(store.quads_for_pattern(node, None, None, graph), None)
        next(store.quads_for_pattern(None, None, node, graph), None)
    for name in names:
        next(store.quads_for_pattern(None, name, None, graph), None)


def merged(nquads: bytes) -> bytes:
    """Return the merge of all graphs as N-Triples, sorted."""
    triples = {quad.triple for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)}
    return b"".join(sorted((ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").splitlines(keepends=True)))
