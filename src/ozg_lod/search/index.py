"""The search index: one SQLite file that `build` puts into the snapshot, the same bytes for the same data.

It holds every thing that has a page: its names, its official keys, its type and district, what sources and notes say
of it. Four tables are for looking up (`entry`, `key`, `passage`, and `line`: the order of the timeline), `text` is for
finding parts of words: FTS5 with the trigram tokenizer over folded text, since German writes what people look for in
long compounds. `spelling` has the names and words that a mistyped one is compared with.

Rows go in in a fixed order into pages of a fixed size and nothing tells the time, so the bytes depend on the data
and the version of SQLite alone.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import replace
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.folding import contract, fold, readings
from ozg_lod.core.kinds import Kinds
from ozg_lod.core.search_words import SearchWords
from ozg_lod.rdf.graph import Graph, collation
from ozg_lod.search import entries
from ozg_lod.search.entries import SearchEntry

FILE: Final = "search.db"
PAGE: Final = "page"
"""The kind of the entries that are pages of the site: no things of the catalogue. Their IRI is their path."""
SEPARATOR: Final = "|"
"""Stands between the names in a column, never in a folded name."""

_SCHEMA: Final = """
PRAGMA page_size = 4096;
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, key TEXT NOT NULL, official TEXT NOT NULL,
    de TEXT NOT NULL, en TEXT NOT NULL, type_de TEXT NOT NULL, type_en TEXT NOT NULL, district TEXT NOT NULL,
    label TEXT NOT NULL, names TEXT NOT NULL
);
CREATE INDEX entry_kind ON entry (kind);
CREATE INDEX entry_key ON entry (kind, key);
CREATE TABLE line (number INTEGER PRIMARY KEY, entry INTEGER NOT NULL);
CREATE VIEW thing AS SELECT iri, kind, key, official, de, en, type_de, type_en, district, id AS number FROM entry;
CREATE TABLE key (
    scheme TEXT, key TEXT, entry INTEGER, fragment TEXT NOT NULL, PRIMARY KEY (scheme, key, entry)
) WITHOUT ROWID;
CREATE TABLE passage (
    entry INTEGER, number INTEGER, language TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (entry, number)
) WITHOUT ROWID;
CREATE TABLE spelling (folded TEXT PRIMARY KEY, shown TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5 (label, names, body, content = '', tokenize = 'trigram', columnsize = 0);
"""
_WORD: Final = re.compile(r"[^\W\d_]{4,}")


def write(ntriples: bytes, base_iri: str, kinds: Kinds, words: Sequence[SearchWords] = ()) -> bytes:
    """Return the index of the merged graph as the bytes of an SQLite file."""
    store = ox.Store()
    store.bulk_load(ntriples, format=ox.RdfFormat.N_TRIPLES)
    return of_graph(Graph(store), base_iri, kinds, words)


def of_graph(graph: Graph, base_iri: str, kinds: Kinds, words: Sequence[SearchWords] = ()) -> bytes:
    """Return the index of a graph that was read already, with the pages and the everyday words of the source folder."""
    everyday = {row.address: row.words for row in words}
    things = [_with(entry, everyday) for entry in entries.read(graph, base_iri, kinds)]
    pages = [_page(row) for row in words if row.names]
    named = {name for page in pages for name in page.names.values()}
    pages += _lists(kinds, {thing.kind for thing in things}, named) if pages else ()
    search_entries = sorted([*pages, *things], key=lambda entry: _position(entry, kinds))
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_SCHEMA)
        for number, entry in enumerate(search_entries, 1):
            _insert(database, number, entry, located=kinds[entry.kind].located)
        dated = sorted((entry.line, number) for number, entry in enumerate(search_entries, 1) if entry.line)
        database.executemany("INSERT INTO line (entry) VALUES (?)", [(number,) for _, number in dated])
        database.executemany(
            "INSERT INTO spelling VALUES (?, ?)",
            sorted(
                _spellings(entry for entry in search_entries if entry.kind == PAGE or kinds[entry.kind].spelled).items()
            ),
        )
        database.execute("INSERT INTO text (text) VALUES ('optimize')")
        database.commit()
        database.execute("VACUUM")
        return database.serialize()


def _position(entry: SearchEntry, kinds: Kinds) -> tuple[int, str, str]:
    """Return where an entry stands among all: pages first, then by kind, then by name as people sort."""
    rank = 0 if entry.kind == PAGE else kinds[entry.kind].search
    return rank, collation(entry.de), entry.iri


def _with(entry: SearchEntry, everyday: Mapping[str, tuple[tuple[str, str], ...]]) -> SearchEntry:
    """Return the entry with its everyday words among its other names."""
    words = everyday.get(f"{entry.kind}/{entry.key}", ())
    return replace(entry, other_names=tuple(dict.fromkeys((*entry.other_names, *words)))) if words else entry


def _lists(kinds: Kinds, present: AbstractSet[str], named: AbstractSet[str]) -> list[SearchEntry]:
    """Return the lists of the kinds that there are, save those that are `named` like a page, which leads there too."""
    return [
        _page(SearchWords(f"/doc/{kind.id}", dict(kind.many.texts), tuple(kind.one.texts.items())))
        for kind in kinds
        if kind.id in present and named.isdisjoint(kind.many.texts.values())
    ]


def _page(row: SearchWords) -> SearchEntry:
    return SearchEntry(row.address, PAGE, row.address.strip("/"), "", row.names, {}, "", row.words, (), ())


def _insert(database: sqlite3.Connection, number: int, entry: SearchEntry, *, located: bool) -> None:
    types = (entry.type_names.get("de", ""), entry.type_names.get("en", ""))
    place = (*types, entry.district) if located else ()
    names = [text for _, text in entry.other_names] + [key for _, key, _ in entry.keys]
    passage_texts = [text for _, text in entry.passages]
    columns = [_column(texts) for texts in (entry.names.values(), names, (*passage_texts, *place))]
    row = (entry.iri, entry.kind, entry.key, entry.official, entry.de, entry.en, *types, entry.district, *columns[:2])
    database.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (number, *row))
    database.execute("INSERT INTO text (rowid, label, names, body) VALUES (?, ?, ?, ?)", (number, *columns))
    for scheme, key, fragment in entry.keys:
        database.execute("INSERT INTO key VALUES (?, ?, ?, ?)", (scheme, key, number, fragment))
    passages = enumerate([*entry.other_names, *entry.passages])
    rows = [(number, at, language, text) for at, (language, text) in passages]
    database.executemany("INSERT INTO passage VALUES (?, ?, ?, ?)", rows)


def _column(texts: Iterable[str]) -> str:
    """Return all readings of the texts, each between separators."""
    all_readings = dict.fromkeys(reading for text in texts for reading in readings(text) if reading)
    return SEPARATOR + "".join(reading + SEPARATOR for reading in all_readings)


def _spellings(search_entries: Iterable[SearchEntry]) -> dict[str, str]:
    """Return names, and the words in them, by their contracted reading; the first entry with one says how it looks."""
    whole: dict[str, str] = {}
    words: dict[str, str] = {}
    for entry in search_entries:
        for text in (entry.de, *(text for _, text in entry.other_names)):
            whole.setdefault(contract(fold(text)), text)
            for word in _WORD.findall(text):
                words.setdefault(contract(fold(word)), word)
    return {folded: text for folded, text in (words | whole).items() if folded}
