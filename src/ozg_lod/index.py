"""The search index: one SQLite file that `build` puts into the snapshot, the same bytes for the same data.

It holds every thing that has a page: its names, its official keys, its type and district, what sources and notes say
of it. Three tables are for looking up (`entry`, `key`, `passage`), `text` is for finding parts of words: FTS5 with
the trigram tokenizer over folded text, since German writes what people look for inside long compounds. `spelling` has
the names and words that a mistyped one is compared with.

Rows go in in a fixed order into pages of a fixed size and nothing tells the time, so the bytes depend on the data
and the version of SQLite alone.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from ozg_lod.folding import contract, fold, readings
from ozg_lod.graph import LABELS, TYPE, Graph, Term, collation, iri_of, pick
from ozg_lod.vocab import DCT, KINDS, ORG, OZG, SKOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

FILE: Final = "search.db"
SEPARATOR: Final = "|"
"""Stands between the names in a column, never in a folded name."""

_SCHEMA: Final = """
PRAGMA page_size = 4096;
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, key TEXT NOT NULL, official TEXT NOT NULL,
    de TEXT NOT NULL, en TEXT NOT NULL, type_de TEXT NOT NULL, type_en TEXT NOT NULL, district TEXT NOT NULL
);
CREATE TABLE key (
    scheme TEXT, key TEXT, entry INTEGER, fragment TEXT NOT NULL, PRIMARY KEY (scheme, key, entry)
) WITHOUT ROWID;
CREATE TABLE passage (
    entry INTEGER, number INTEGER, language TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (entry, number)
) WITHOUT ROWID;
CREATE TABLE spelling (folded TEXT PRIMARY KEY, shown TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5 (label, names, body, tokenize = 'trigram', columnsize = 0);
"""
_ORDER: Final = (
    "municipality",
    "district",
    "state",
    "bundle",
    "service",
    "programme",
    "module",
    "concept",
    "organisation",
    "channel",
    "funding",
    "condition",
    "discrepancy",
    "place",
    "participation",
    "availability",
    "statement",
    "source",
    "dataset",
    "figure",
)
"""What people look for stands before what is said about it."""
_SPELLED: Final = frozenset(_ORDER[:11]) | {"place"}
"""Kinds whose names are offered to those who mistype; the others are named by sentences."""
_AREAS: Final = frozenset({"state", "place", "district", "municipality"})
_KEYED: Final = (
    (OZG + "ags", "ags"),
    (OZG + "districtKey", "ags"),
    (OZG + "ars", "ars"),
    (OZG + "leikaKey", "leika"),
    (OZG + "ozgId", "ozg"),
)
_FRAGMENTS: Final = (("ags", "ags"), ("districtKey", "ags"), ("ars", "ars"))
_OFFICIAL: Final = (DCT + "identifier", OZG + "ozgId", OZG + "leikaKey")
_TYPES: Final = (ORG + "classification", SKOS + "inScheme")
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_NO_END: Final = "9999"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One thing as it goes into the index; `keys` are (scheme, key, fragment), `passages` (language, text)."""

    iri: str
    kind: str
    key: str
    official: str
    names: Mapping[str, str]
    type_names: Mapping[str, str]
    district: str
    other_names: tuple[tuple[str, str], ...]
    passages: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str, str], ...]

    @property
    def de(self) -> str:
        return pick(self.names, "de", self.key)[0]

    @property
    def en(self) -> str:
        return pick(self.names, "en", self.key)[0]

    @property
    def position(self) -> tuple[int, str, str]:
        known = _ORDER.index(self.kind) if self.kind in _ORDER else len(_ORDER)
        return known, collation(self.de), self.iri


def write(ntriples: bytes, base_iri: str) -> bytes:
    """Return the index of the merged graph as the bytes of an SQLite file."""
    store = ox.Store()
    store.bulk_load(ntriples, format=ox.RdfFormat.N_TRIPLES)
    entries = sorted(_entries(Graph(store), base_iri), key=lambda entry: entry.position)
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_SCHEMA)
        for number, entry in enumerate(entries, 1):
            _insert(database, number, entry)
        database.executemany("INSERT INTO spelling VALUES (?, ?)", sorted(_spellings(entries).items()))
        database.execute("INSERT INTO text (text) VALUES ('optimize')")
        database.commit()
        database.execute("VACUUM")
        return database.serialize()


def _insert(database: sqlite3.Connection, number: int, entry: _Entry) -> None:
    types = (entry.type_names.get("de", ""), entry.type_names.get("en", ""))
    row = (number, entry.iri, entry.kind, entry.key, entry.official, entry.de, entry.en, *types, entry.district)
    database.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for scheme, key, fragment in entry.keys:
        database.execute("INSERT INTO key VALUES (?, ?, ?, ?)", (scheme, key, number, fragment))
    passages = [*entry.other_names, *entry.passages]
    rows = [(number, place, language, text) for place, (language, text) in enumerate(passages)]
    database.executemany("INSERT INTO passage VALUES (?, ?, ?, ?)", rows)
    names = [text for _, text in entry.other_names] + [key for _, key, _ in entry.keys]
    body = [text for _, text in entry.passages] + [*types, entry.district]
    columns = [_column(texts) for texts in (entry.names.values(), names, body)]
    database.execute("INSERT INTO text (rowid, label, names, body) VALUES (?, ?, ?, ?)", (number, *columns))


def _column(texts: Iterable[str]) -> str:
    """Return all readings of the texts, each between separators."""
    found = dict.fromkeys(reading for text in texts for reading in readings(text) if reading)
    return SEPARATOR + "".join(reading + SEPARATOR for reading in found)


def _spellings(entries: Iterable[_Entry]) -> dict[str, str]:
    """Return names, and the words in them, by their contracted reading; the first entry with one says how it looks."""
    whole: dict[str, str] = {}
    words: dict[str, str] = {}
    for entry in entries:
        if entry.kind in _SPELLED:
            for text in (entry.de, *(text for _, text in entry.other_names)):
                whole.setdefault(contract(fold(text)), text)
                for word in _WORD.findall(text):
                    words.setdefault(contract(fold(word)), word)
    return {folded: text for folded, text in (words | whole).items() if folded}


def _entries(graph: Graph, base_iri: str) -> Iterator[_Entry]:
    """Yield every thing with an address of the form {base}id/{kind}/{key}."""
    shape = re.compile(re.escape(base_iri) + r"id/([a-z]+)/([A-Za-z0-9-]+)(?:#(.+))?")
    fragments: dict[str, list[str]] = {}
    things: list[tuple[str, str, str]] = []
    for iri in sorted({iri_of(triple.subject) for triple in graph.using(TYPE)}):
        parts = shape.fullmatch(iri)
        if parts is None:
            continue
        kind, key, fragment = parts.groups()
        if fragment:
            fragments.setdefault(iri.partition("#")[0], []).append(iri)
        elif kind in KINDS:
            things.append((iri, kind, key))
    districts = _districts(graph, base_iri)
    for iri, kind, key in things:
        yield _entry(graph, (iri, kind, key), fragments.get(iri, ()), districts)


def _entry(
    graph: Graph, thing: tuple[str, str, str], fragments: Sequence[str], districts: Mapping[str, str]
) -> _Entry:
    iri, kind, key = thing
    names = graph.names(iri)
    type_iri = next((found for predicate in _TYPES for found in _iris(graph, iri, predicate)), "")
    places = [iri, *_iris(graph, iri, DCT + "spatial")]
    said = [text for part in (iri, *_changes(graph, fragments)) for text in _texts(graph, part, naming=part != iri)]
    return _Entry(
        iri=iri,
        kind=kind,
        key=key,
        official=next((text for name in _OFFICIAL for text in _plain(graph.objects(iri, name))), ""),
        names=names,
        type_names=graph.names(type_iri) if type_iri else {},
        district=next((districts[place] for place in places if place in districts), ""),
        other_names=tuple(_others(graph, iri, names)),
        passages=tuple(dict.fromkeys(said)),
        keys=tuple(_keys(graph, iri, kind, fragments)),
    )


def _others(graph: Graph, iri: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names that are not the first in their language: official, former, titles."""
    found = {
        (term.language or "", term.value)
        for predicate in (*LABELS, SKOS + "altLabel", SKOS + "hiddenLabel")
        for term in graph.objects(iri, predicate)
        if isinstance(term, ox.Literal)
    }
    yield from sorted(found - set(names.items()))


def _texts(graph: Graph, iri: str, *, naming: bool) -> Iterator[tuple[str, str]]:
    """Yield (language, text) of all texts about `iri`, its names only where `naming`."""
    labels = frozenset() if naming else frozenset({*LABELS, SKOS + "altLabel", SKOS + "hiddenLabel"})
    for triple in sorted(graph.about(iri), key=lambda triple: (triple.predicate.value, str(triple.object))):
        term = triple.object
        if isinstance(term, ox.Literal) and term.language and triple.predicate.value not in labels:
            yield term.language, term.value


def _changes(graph: Graph, fragments: Iterable[str]) -> list[str]:
    """Return the parts that tell of a change: names of predecessors stand there."""
    return [part for part in fragments if ORG + "ChangeEvent" in _iris(graph, part, TYPE)]


def _keys(graph: Graph, iri: str, kind: str, fragments: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (scheme, key, fragment): the keys it states and, where only a part of it states one, that part."""
    found = {(scheme, key): "" for predicate, scheme in _KEYED for key in _plain(graph.objects(iri, predicate))}
    if kind in _AREAS:
        found |= {("ags", key): "" for key in _plain(graph.objects(iri, DCT + "identifier"))}
    for part in sorted(fragments):
        fragment = part.partition("#")[2]
        for start, scheme in _FRAGMENTS:
            if fragment == start or fragment.startswith(start + "-"):
                for key in _plain(graph.objects(part, SKOS + "notation")):
                    found.setdefault((scheme, key), "#" + fragment)
    return [(scheme, key, fragment) for (scheme, key), fragment in sorted(found.items())]


def _districts(graph: Graph, base_iri: str) -> dict[str, str]:
    """Return the name of the district each place lies in, or lay in last."""
    last: dict[str, tuple[str, str]] = {}
    for triple in graph.using(TYPE, OZG + "Containment"):
        containment = iri_of(triple.subject)
        until = next(iter(_plain(graph.objects(containment, OZG + "validTo"))), _NO_END)
        for part in _iris(graph, containment, OZG + "part"):
            for whole in _iris(graph, containment, OZG + "whole"):
                last[part] = max(last.get(part, ("", "")), (until, whole))
    districts: dict[str, str] = {}
    for place, (_, whole) in last.items():
        district = whole.replace(f"{base_iri}id/place/", f"{base_iri}id/district/")
        if district != whole and graph.knows(district):
            districts[place] = pick(graph.names(district), "de")[0]
    return districts


def _iris(graph: Graph, iri: str, predicate: str) -> list[str]:
    return sorted(found for term in graph.objects(iri, predicate) if (found := iri_of(term)))


def _plain(terms: Iterable[Term]) -> list[str]:
    return sorted(term.value for term in terms if isinstance(term, ox.Literal))
