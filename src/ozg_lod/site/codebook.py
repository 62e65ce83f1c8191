"""The codebook: what every column of the tables and every property holds, and what a gap or a 0 in it means.

Counted in the snapshot that is served. What a gap means stands in the head of a table's query and in the ontology;
where neither says it the codebook says nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.catalogue.flat_tables import FlatColumn, FlatQuery, questions
from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.messages import Language, _
from ozg_lod.core.vocab import (
    ONTOLOGY,
    OZG,
    SH,
    SKOS,
    prefixed,
)
from ozg_lod.rdf.graph import (
    TYPE,
    Graph,
    iri_of,
    pick,
)
from ozg_lod.site.vocabulary import TermDefinition

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


def tables(queries: Path, dump: Path) -> tuple[CodebookTable, ...]:
    """Return the tables that were published, as their queries describe them and their files count."""
    texts = {path.name: path.read_bytes() for path in sorted(queries.glob("*.rq"))}
    table_queries = [question for question in questions(texts) if (dump / question.file).is_file()]
    return tuple(_table(question, (dump / question.file).read_text("utf-8")) for question in table_queries)


def _table(question: FlatQuery, text: str) -> CodebookTable:
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    columns = [_counted(column, [row[column.name] for row in rows]) for column in question.columns]
    titles = {"de": question.de, "en": question.en}
    return CodebookTable(question.name, question.dataset, titles, len(rows), columns)


def _counted(column: FlatColumn, cells: Sequence[str]) -> CountedProperty:
    filled = [cell for cell in cells if cell]
    zeros = sum(not float(cell) for cell in filled) if column.datatype in _NUMBERS else None
    return CountedProperty(column, len(filled), len(cells) - len(filled), zeros)


def properties(store: ox.Store, terms: Iterable[TermDefinition], shapes: ox.Store) -> tuple[PropertyEntry, ...]:
    """Return every property that the data use, those of our ontology first; what the ontology says is no data."""
    graph = Graph(store)
    defined = {term.iri: term for term in terms}
    used = _used(store)
    domains = _domains(graph, defined)
    positive = _positive(Graph(shapes))
    entries = [
        PropertyEntry(
            iri=iri,
            names=defined[iri].names if iri in defined else graph.names(iri),
            datatypes=sorted(use.datatypes),
            triples=use.triples,
            lacking=len(domains[iri] - use.subjects) if domains.get(iri) else None,
            notes=defined[iri].texts.get(SKOS + "scopeNote", {}) if iri in defined else {},
            stated=_STATEMENT in _above(defined, defined[iri].links["domain"]) if iri in defined else False,
            positive=iri in positive,
        )
        for iri, use in used.items()
    ]
    return tuple(sorted(entries, key=lambda one: (not one.iri.startswith(OZG), one.iri)))


@dataclass(slots=True)
class _Use:
    """What the data do with one property."""

    triples: int
    subjects: set[str]
    datatypes: set[str]


def _used(store: ox.Store) -> dict[str, _Use]:
    uses: dict[str, _Use] = {}
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        subject = getattr(quad.subject, "value", "")
        if subject.startswith(ONTOLOGY):
            continue
        use = uses.setdefault(quad.predicate.value, _Use(0, set(), set()))
        use.triples += 1
        use.subjects.add(subject)
        use.datatypes.add(quad.object.datatype.value if isinstance(quad.object, ox.Literal) else "")
    return uses


def _domains(graph: Graph, defined: Mapping[str, TermDefinition]) -> dict[str, set[str]]:
    """Return the things of the domain of each property: the instances of its classes and of all below them."""
    instances: dict[str, set[str]] = {}
    for triple in graph.using(TYPE):
        instances.setdefault(iri_of(triple.object), set()).add(iri_of(triple.subject))
    classes = [iri for iri, term in defined.items() if term.group == "class"]
    below = {iri: [one for one in classes if iri in _above(defined, [one])] for iri in classes}
    return {
        iri: {
            thing
            for domain in term.links["domain"]
            for one in below.get(domain, [domain])
            for thing in instances.get(one, ())
        }
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
