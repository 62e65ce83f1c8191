"""The codebook: what every column of the tables and every property holds, and what a gap or a 0 in it means.

Counted in the snapshot that is served. What a gap means stands in the head of a table's query and in the ontology;
where neither says it the codebook says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.catalogue.flat_tables import FlatColumn, FlatQuery, questions
from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.messages import Language, _
from ozg_lod.core.vocab import (
    OZG,
    SH,
    SKOS,
    prefixed,
)
from ozg_lod.rdf.graph import Graph, iri_of, pick
from ozg_lod.site.vocabulary import TermDefinition
from ozg_lod.snapshots.summary import Summary, TableCount

_NUMBERS: Final = frozenset({"integer", "decimal"})
_STATEMENT: Final = OZG + "Statement"
_GROUPS: Final = frozenset({"link", "attribute"})


@dataclass(frozen=True, slots=True)
class CountedProperty:
    """One column with what stands in it: rows with a value, rows without, and rows with 0 (None: no number)."""

    column: FlatColumn
    values: int
    missing: int
    zeros: int | None


@dataclass(frozen=True, slots=True)
class CodebookTable:
    """One flat table: its name, its dataset, its titles by language, its rows, its columns."""

    name: str
    dataset: str
    titles: Mapping[str, str]
    rows: int
    columns: Sequence[CountedProperty]


@dataclass(frozen=True, slots=True)
class PropertyEntry:
    """One property: its IRI, its names, the datatypes of its values ("" for things), how many triples have it.

    `lacking` are the things of its domain without it (None: it has no domain). `notes` are the ontology's by language.
    `stated` says that it belongs to statements, where a gap means that the source does not say it. `positive` says that
    the rules do not allow a 0.
    """

    iri: str
    names: Mapping[str, str]
    datatypes: Sequence[str]
    triples: int
    lacking: int | None
    notes: Mapping[str, str]
    stated: bool
    positive: bool


@dataclass(frozen=True, slots=True)
class Codebook:
    """All tables and all properties."""

    tables: Sequence[CodebookTable]
    properties: Sequence[PropertyEntry]


def tables(queries: Path, counted: Mapping[str, TableCount]) -> tuple[CodebookTable, ...]:
    """Return the tables that were published, as their queries describe them and as they were counted."""
    texts = {path.name: path.read_bytes() for path in sorted(queries.glob("*.rq"))}
    return tuple(_table(question, counted[question.file]) for question in questions(texts) if question.file in counted)


def _table(question: FlatQuery, count: TableCount) -> CodebookTable:
    columns = [
        CountedProperty(
            column,
            count.columns[column.name][0],
            count.rows - count.columns[column.name][0],
            count.columns[column.name][1] if column.datatype in _NUMBERS else None,
        )
        for column in question.columns
    ]
    titles = {"de": question.de, "en": question.en}
    return CodebookTable(question.name, question.dataset, titles, count.rows, columns)


def properties(
    graph: Graph, summary: Summary, terms: Iterable[TermDefinition], shapes: ox.Store
) -> tuple[PropertyEntry, ...]:
    """Return every property that the data use, those of our ontology first; what the ontology says is no data."""
    defined = {term.iri: term for term in terms}
    domains = _domains(defined)
    positive = _positive(Graph(shapes))
    entries = [
        PropertyEntry(
            iri=iri,
            names=defined[iri].names if iri in defined else graph.names(iri),
            datatypes=use.datatypes,
            triples=use.stated,
            lacking=_lacking(summary, iri, domains.get(iri, set())),
            notes=defined[iri].texts.get(SKOS + "scopeNote", {}) if iri in defined else {},
            stated=_STATEMENT in _above(defined, defined[iri].links["domain"]) if iri in defined else False,
            positive=iri in positive,
        )
        for iri, use in summary.properties.items()
        if use.stated
    ]
    return tuple(sorted(entries, key=lambda one: (not one.iri.startswith(OZG), one.iri)))


def _lacking(summary: Summary, iri: str, domain: set[str]) -> int | None:
    """Return how many things of the domain have not this property; None where it has no domain with things."""
    profiles = [profile for profile in summary.profiles if not domain.isdisjoint(profile.types)]
    return sum(one.things - one.properties.get(iri, 0) for one in profiles) if profiles else None


def _domains(defined: Mapping[str, TermDefinition]) -> dict[str, set[str]]:
    """Return the classes of the domain of each property, with all below them."""
    classes = [iri for iri, term in defined.items() if term.group == "class"]
    below = {iri: [one for one in classes if iri in _above(defined, [one])] for iri in classes}
    return {
        iri: {one for domain in term.links["domain"] for one in below.get(domain, [domain])}
        for iri, term in defined.items()
        if term.group in _GROUPS
    }


def _above(defined: Mapping[str, TermDefinition], classes: Iterable[str]) -> set[str]:
    """Return the classes and all that the ontology puts above them."""
    ancestors: set[str] = set()
    level = set(classes)
    while level:
        ancestors |= level
        level = {up for iri in level if iri in defined for up in defined[iri].links["parents"]} - ancestors
    return ancestors


def _positive(shapes: Graph) -> set[str]:
    """Return the properties for which a rule asks for more than 0."""
    least = [(triple.subject, triple.object, 0) for triple in shapes.using(SH + "minExclusive")]
    least += [(triple.subject, triple.object, 1) for triple in shapes.using(SH + "minInclusive")]
    return {
        iri_of(path)
        for shape, bound, lowest in least
        if isinstance(bound, ox.Literal) and float(bound.value) >= lowest
        for path in shapes.objects(iri_of(shape), SH + "path")
    }


def key(iri: str) -> str:
    """Return the short name of a property, as a query writes it."""
    return prefixed(iri)


def as_csv(book: Codebook, language: Language, name: Callable[[str], str]) -> bytes:
    """Return the codebook as a table (RFC 4180) in the language of `words`; `name` writes the name of an IRI."""
    head = ("table", "name", "label", "unit", "datatype", "values", "missing", "zeros", "empty_means", "zero_means")
    rows = (head, *_of_tables(book, language), *_of_properties(book, language, name))
    return written([harmless(cell) for cell in row] for row in rows)


def _of_tables(book: Codebook, language: Language) -> Iterator[list[str]]:
    for table in book.tables:
        for one in table.columns:
            column = one.column
            unit, empty, zero = (column.meanings.get(kind, {}).get(language, "") for kind in ("unit", "empty", "zero"))
            label = column.en if language == "en" else column.de
            zeros = "" if one.zeros is None else str(one.zeros)
            counts = [str(one.values), str(one.missing), zeros]
            yield [table.name, column.name, label, unit, column.datatype, *counts, empty, zero]


def _of_properties(book: Codebook, language: Language, name: Callable[[str], str]) -> Iterator[list[str]]:
    for one in book.properties:
        lacking = "" if one.lacking is None else str(one.lacking)
        datatypes = " ".join(prefixed(datatype) if datatype else "IRI" for datatype in one.datatypes)
        empty = " ".join(
            filter(
                None,
                [
                    _("The source of the statement does not state it.")[language] if one.stated else "",
                    pick(one.notes, language)[0],
                ],
            )
        )
        zero = _("Does not occur: the rules ask for more than 0.")[language] if one.positive else ""
        yield ["", key(one.iri), name(one.iri), "", datatypes, str(one.triples), lacking, "", empty, zero]
