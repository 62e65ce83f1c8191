"""The lists: every thing of every kind with its key and its name, and a few columns for each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.kinds import Kind, Kinds
from ozg_lod.core.spelling import nearest
from ozg_lod.rdf.graph import (
    TYPE,
    Graph,
    Term,
    collation,
    folded,
    iri_of,
    pick,
)
from ozg_lod.site import list_columns
from ozg_lod.site.list_columns import ListColumn

PAGE_SIZE: Final = 100
_MAX_WORDS: Final = 8
_ALIKE: Final = 50.0


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One thing: the last part of its IRI, its IRI, its names by language tag."""

    key: str
    iri: str
    names: Mapping[str, str]

    def has(self, words: Iterable[str]) -> bool:
        """Return whether every one of the folded words occurs in a name or in the key."""
        text = folded(" ".join((self.key, *self.names.values())))
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Directory:
    """All things by kind, in order of their German names; every kind of the design is there, empty or not."""

    kinds: Mapping[str, tuple[ListEntry, ...]]

    def nearest_kinds(self, kind: str) -> list[str]:
        return nearest(kind, self.kinds, most=3, least=_ALIKE)

    def nearest(self, kind: str, key: str) -> list[ListEntry]:
        """Return up to three things of this kind whose key is like this one; of digits at most two may be wrong."""
        by_key = {entry.key: entry for entry in self.kinds.get(kind, ())}
        return [by_key[candidate] for candidate in nearest(key, by_key, most=3, least=_ALIKE)]


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


def directory(store: ox.Store, base_iri: str, kinds: Kinds) -> Directory:
    """Read all things whose IRI is `{base}id/{kind}/{key}`."""
    graph = Graph(store)
    shape = re.compile(re.escape(base_iri) + r"id/([a-z]+)/([A-Za-z0-9-]+)")
    by_kind: dict[str, dict[str, ListEntry]] = {kind: {} for kind in kinds.names}
    for iri in {iri_of(triple.subject) for triple in graph.using(TYPE)}:
        parts = shape.fullmatch(iri)
        if parts:
            kind, key = parts.groups()
            by_kind.setdefault(kind, {})[key] = ListEntry(key, iri, graph.names(iri))
    return Directory({kind: tuple(sorted(entries.values(), key=_position)) for kind, entries in by_kind.items()})


def select(entries: Sequence[ListEntry], query: str) -> Sequence[ListEntry]:
    """Return the entries that have all words of `query` in a name or in the key; all of them for no words."""
    wanted = folded(query).split()[:_MAX_WORDS]
    return [entry for entry in entries if entry.has(wanted)] if wanted else entries


def table(store: ox.Store, kind: Kind, entries: Sequence[ListEntry], *, page: int, query: str) -> ListTable | None:
    """Return one page of the list, None where there is no such page (1 is first and always there)."""
    pages = max(1, -(-len(entries) // PAGE_SIZE))
    if not 1 <= page <= pages:
        return None
    first = (page - 1) * PAGE_SIZE
    shown = list_columns.of(kind)
    graph = Graph(store)
    rows = [
        (entry, [column.cell(graph, entry.iri) for column in shown]) for entry in entries[first : first + PAGE_SIZE]
    ]
    named = {iri_of(term) for _, row in rows for cell in row for term in cell} | {column.predicate for column in shown}
    names = graph.names_of(named - {""}) | {entry.iri: dict(entry.names) for entry, _ in rows}
    return ListTable(kind, shown, rows, names, len(entries), page, pages, first + 1, query)


def list_graph(store: ox.Store, kind: Kind, entries: Iterable[ListEntry]) -> set[ox.Triple]:
    """Return the graph of a list: what each thing is, what it is called, and its columns."""
    graph = Graph(store)
    shown = list_columns.of(kind)
    triples: set[ox.Triple] = set()
    for entry in entries:
        triples |= {triple for triple in graph.about(entry.iri) if triple.predicate.value == TYPE}
        triples.update(graph.naming(entry.iri), *(column.triples(graph, entry.iri) for column in shown))
    return triples


def write_csv(store: ox.Store, kind: Kind, entries: Iterable[ListEntry]) -> bytes:
    """Return the list as CSV (RFC 4180): key, German name, IRI, then the columns; several values parted by spaces.

    A cell a spreadsheet would take for a formula gets an apostrophe in front.
    """
    shown, graph = list_columns.of(kind), Graph(store)
    rows = [["key", "name", "iri", *(column.field for column in shown)]]
    for entry in entries:
        cells = [column.cell(graph, entry.iri) for column in shown]
        values = [" ".join(getattr(term, "value", "") for term in cell) for cell in cells]
        name = pick(entry.names, "de", entry.key)[0]
        rows.append([harmless(cell, numbers=True) for cell in (entry.key, name, entry.iri, *values)])
    return written(rows)


def _position(entry: ListEntry) -> tuple[str, str]:
    return collation(pick(entry.names, "de", entry.key)[0]), entry.key
