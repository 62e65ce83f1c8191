"""A store over another one that is only read: what is added and taken away stays in memory, and is of one process.

So a worker looks into millions of statements on disk, and adds to them what one file says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import pyoxigraph as ox

Subject = ox.NamedNode | ox.BlankNode | ox.Triple | None
Value = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None
GraphName = ox.NamedNode | ox.BlankNode | ox.DefaultGraph | None


class Quads(Protocol):
    """What can be read by pattern."""

    def quads_for_pattern(
        self, subject: Subject, predicate: ox.NamedNode | None, value: Value, graph_name: GraphName = None, /
    ) -> Iterator[ox.Quad]: ...


class Overlay:
    """Reads like a store."""

    def __init__(self, below: Quads, added: Iterable[ox.Quad] = ()) -> None:
        self._below = below
        self._added = ox.Store()
        self._added.extend(added)
        self._gone: set[ox.Quad] = set()

    def quads_for_pattern(
        self, subject: Subject, predicate: ox.NamedNode | None, value: Value, graph_name: GraphName = None, /
    ) -> Iterator[ox.Quad]:
        for quad in self._below.quads_for_pattern(subject, predicate, value, graph_name):
            if quad not in self._gone and quad not in self._added:
                yield quad
        yield from self._added.quads_for_pattern(subject, predicate, value, graph_name)

    def extend(self, quads: Iterable[ox.Quad]) -> None:
        self._added.extend(quads)

    def remove(self, quad: ox.Quad) -> None:
        self._added.remove(quad)
        self._gone.add(quad)
