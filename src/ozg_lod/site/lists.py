"""The lists: every thing of every kind with its key and its name, and a few columns for each kind, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, overload

import pyoxigraph as ox

from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.folding import fold
from ozg_lod.core.kinds import Kind, Kinds
from ozg_lod.core.spelling import nearest
from ozg_lod.rdf.graph import (
    TYPE,
    Graph,
    Term,
    iri_of,
    pick,
)
from ozg_lod.search.search import Index
from ozg_lod.site import list_columns
from ozg_lod.site.list_columns import ListColumn

PAGE_SIZE: Final = 100
TABLE_PAGE_SIZE: Final = 500
"""Rows on a page of a list as CSV; in any other format a page has PAGE_SIZE entries."""
_READ_AT_ONCE: Final = 1000
_MAX_WORDS: Final = 8
_ALIKE: Final = 50.0


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One thing: the last part of its IRI, its IRI, its names by language tag."""

    key: str
    iri: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class ListEntries(Sequence[ListEntry]):
    """The things of one kind in order of their German names, read from the search index as they are needed.

    `words` are folded; all of them stand in a name or in the key of each.
    """

    search: Index
    graph: Graph
    kind: str
    total: int
    words: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return how many there are, without reading them."""
        return self.total

    @overload
    def __getitem__(self, place: int) -> ListEntry: ...

    @overload
    def __getitem__(self, place: slice) -> list[ListEntry]: ...

    def __getitem__(self, place: int | slice) -> ListEntry | list[ListEntry]:
        """Return one of them, or those of a span."""
        start, stop, _step = (place if isinstance(place, slice) else slice(place, place + 1)).indices(self.total)
        entries = [ListEntry(key, iri, self.graph.names(iri)) for key, iri in self.addresses(start, stop)]
        return entries if isinstance(place, slice) else entries[0]

    def __iter__(self) -> Iterator[ListEntry]:
        for start in range(0, self.total, _READ_AT_ONCE):
            yield from self[start : start + _READ_AT_ONCE]

    def addresses(self, start: int, stop: int) -> list[tuple[str, str]]:
        """Return (key, IRI) of those from one place to before another."""
        if start >= stop:
            return []
        return self.search.listed(self.kind, self.words, limit=stop - start, offset=start)

    def nearest(self, key: str) -> list[ListEntry]:
        """Return up to three whose key is like this one; of digits at most two may be wrong."""
        iris = self.search.near_keys(self.kind, key)
        alike = nearest(key, iris, most=3, least=_ALIKE)
        return [ListEntry(one, iris[one], self.graph.names(iris[one])) for one in alike]

    def with_words(self, query: str) -> ListEntries:
        """Return those with all words of `query` in a name or in the key; all of them for no words."""
        words = tuple(fold(query).split()[:_MAX_WORDS])
        total = self.search.count_listed(self.kind, words) if words else self.total
        return replace(self, words=words, total=total)


@dataclass(frozen=True)
class Directory:
    """All things by kind; every kind of the design is there, empty or not."""

    kinds: Mapping[str, ListEntries]

    @classmethod
    def of(cls, index: Index, graph: Graph, kinds: Kinds) -> Directory:
        counts = dict.fromkeys(kinds.names, 0) | index.kinds()
        return cls({kind: ListEntries(index, graph, kind, total) for kind, total in counts.items()})

    def entries(self, kind: str) -> Sequence[ListEntry]:
        return self.kinds.get(kind, ())

    def nearest_kinds(self, kind: str) -> list[str]:
        return nearest(kind, self.kinds, most=3, least=_ALIKE)

    def nearest(self, kind: str, key: str) -> list[ListEntry]:
        return self.kinds[kind].nearest(key) if kind in self.kinds else []


@dataclass(frozen=True, slots=True)
class ListTable:
    """One page of a list: its entries and their cells, the names of everything in them, the number of its first row."""

    kind: Kind
    columns: Sequence[ListColumn]
    rows: Sequence[tuple[ListEntry, Sequence[Sequence[Term]]]]
    names: Mapping[str, Mapping[str, str]]
    total: int
    page: int
    pages: int
    first: int
    query: str

    @property
    def keyed(self) -> bool:
        """Return whether the keys are official ones that people know."""
        return self.kind.area


def pages(entries: Sequence[ListEntry], size: int) -> int:
    """Return how many pages of so many entries a list has; the first is always there."""
    return max(1, -(-len(entries) // size))


def on_page(entries: Sequence[ListEntry], page: int, size: int) -> Sequence[ListEntry]:
    return entries[(page - 1) * size : page * size]


def table(graph: Graph, kind: Kind, entries: Sequence[ListEntry], *, page: int, query: str) -> ListTable:
    """Return one page of the list."""
    shown = list_columns.of(kind)
    rows = [(entry, [column.cell(graph, entry.iri) for column in shown]) for entry in on_page(entries, page, PAGE_SIZE)]
    named = {iri_of(term) for _, row in rows for cell in row for term in cell} | {column.predicate for column in shown}
    names = graph.names_of(named - {""}) | {entry.iri: dict(entry.names) for entry, _ in rows}
    first = (page - 1) * PAGE_SIZE + 1
    return ListTable(kind, shown, rows, names, len(entries), page, pages(entries, PAGE_SIZE), first, query)


def list_graph(graph: Graph, kind: Kind, entries: Iterable[ListEntry]) -> set[ox.Triple]:
    """Return the graph of a list: what each thing is, what it is called, and its columns."""
    shown = list_columns.of(kind)
    triples: set[ox.Triple] = set()
    for entry in entries:
        triples |= {triple for triple in graph.about(entry.iri) if triple.predicate.value == TYPE}
        triples.update(graph.naming(entry.iri), *(column.triples(graph, entry.iri) for column in shown))
    return triples


def write_csv(graph: Graph, kind: Kind, entries: Iterable[ListEntry]) -> bytes:
    """Return the list as CSV (RFC 4180): key, German name, IRI, then the columns; several values parted by spaces.

    A cell a spreadsheet would take for a formula gets an apostrophe in front.
    """
    shown = list_columns.of(kind)
    rows = [["key", "name", "iri", *(column.field for column in shown)]]
    for entry in entries:
        cells = [column.cell(graph, entry.iri) for column in shown]
        values = [" ".join(getattr(term, "value", "") for term in cell) for cell in cells]
        name = pick(entry.names, "de", entry.key)[0]
        rows.append([harmless(cell, numbers=True) for cell in (entry.key, name, entry.iri, *values)])
    return written(rows)
