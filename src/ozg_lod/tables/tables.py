"""Tables: CSV files with a CSVW description, read into triples that know their cell.

A table is read to its end whatever is wrong with it: every fault is one finding at one cell, and the other cells
count. A cell that cannot be read makes no triple, and neither does a template that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import XSD
from ozg_lod.tables import csvw, header
from ozg_lod.tables.csv_rows import (
    SEPARATORS,
    Row,
    decoded,
    rows,
    separator_of,
)
from ozg_lod.tables.finding_collector import FindingCollector
from ozg_lod.tables.header import Header
from ozg_lod.tables.records import Record, Records
from ozg_lod.tables.schema import Column, Schema
from ozg_lod.tables.uri_template import UriTemplate

__all__ = ["MAX_ROWS", "Cell", "Table", "TableReading", "describe", "unread"]

MAX_ROWS: Final = 1_000_000
"""How many rows a table of the source folder may have; a contributed one has a lower limit."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: the row as a spreadsheet counts, and the name of the column in the description, if any."""

    row: int
    column: str | None


@dataclass(frozen=True)
class TableReading:
    """What a table says: `cells[n]` is where `triples[n]` stands.

    `table` is the place of the table as a whole, `header` its headings, `columns` the names of the columns by
    predicate, `named` columns with the names of keys by the columns of those keys. A reading that is not `complete`
    broke off, so that rows are missing.
    """

    table: Location
    collector: FindingCollector
    triples: list[Triple] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    header: Header | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False

    @property
    def file(self) -> str:
        return self.table.file or ""

    @property
    def headers(self) -> Mapping[str, str]:
        return self.header.names if self.header is not None else {}

    def place(self, cell: Cell) -> Location:
        if self.header is None:
            return replace(self.table, row=cell.row)
        return self.header.place(self.table, cell.row, cell.column or "")

    @property
    def findings(self) -> list[Finding]:
        """Return the findings: errors, then warnings, then hints."""
        return self.collector.findings

    def origin(self, subject: str, predicate: str | None = None, value: str | None = None) -> Cell | None:
        """Return the first cell that says this, or None: a triple, or any with this predicate, or any at all.

        A triple that is missing has a place too: the row of its subject, and the column in `columns`.
        """
        return self._places.get(tuple(part for part in (subject, predicate, value) if part is not None))

    @cached_property
    def _places(self) -> dict[tuple[str, ...], Cell]:
        places: dict[tuple[str, ...], Cell] = {}
        for triple, cell in zip(self.triples, self.cells, strict=True):
            subject, predicate, value = (term.value for term in triple)
            for key in ((subject, predicate, value), (subject, predicate), (subject,)):
                places.setdefault(key, cell)
        return places


@dataclass(frozen=True, slots=True)
class Table:
    """A described table, ready to read files."""

    schema: Schema

    def recognises(self, row: Row) -> int:
        """Return how well a row is the header of this table, 0 for not at all.

        It must name two columns, and half of all or all that need a value; what it lacks of those counts against it.
        """
        match = header.matched(row, header.columns(self.schema))
        if match is None or len(match.names) < min(2, self._width):
            return 0
        needed = [column.name for column in self.schema.columns if column.required and not column.virtual]
        lacking = sum(name not in match.names for name in needed)
        if 2 * len(match.names) < self._width and lacking:
            return 0
        return max(1, 1_000 + 10 * (len(match.names) - lacking) - self._width)

    @property
    def _width(self) -> int:
        return sum(not column.virtual for column in self.schema.columns)

    def read(self, content: bytes, *, file: str, separators: str = ",", max_rows: int = MAX_ROWS) -> TableReading:
        """Read a file in UTF-8; `separators` are those accepted, decided from the header row."""
        origin = Location(file=file)
        text = decoded(content, file=file)
        if isinstance(text, Finding):
            return unread(origin, text)
        separator = separator_of(text, set(header.columns(self.schema)))
        if separator not in separators:
            return unread(origin, _wrong_separator(separator, separators[0], file))
        return self.read_rows(rows(text, separator, file=file), origin, max_rows=max_rows)

    def read_rows(
        self, below: Iterator[Row | Finding], origin: Location, *, max_rows: int = MAX_ROWS, lenient: bool = False
    ) -> TableReading:
        """Read rows of which the first is the header; when `lenient` what a spreadsheet did to values is undone."""
        first = next(below, None)
        if isinstance(first, Finding):
            return unread(origin, first)
        heading = header.matched(first, header.columns(self.schema)) if first is not None else None
        if first is None or heading is None:
            reason = _EMPTY if first is None else _UNKNOWN
            row = first.number if first is not None else 1
            return unread(origin, header.unreadable(self.schema, replace(origin, row=row, letter=None), reason))
        collector = FindingCollector()
        collector.extend(header.faults(first, heading, self.schema, origin))
        source = Records(self.schema, heading, origin, collector, lenient=lenient)
        records = list(source.read(below, max_rows))
        writer = TripleWriter(self.schema, heading.names)
        for record in records:
            writer.write(record)
        return TableReading(
            table=origin,
            collector=collector,
            triples=writer.triples,
            cells=writer.cells,
            records=records,
            header=heading,
            columns=writer.columns(),
            named=self.schema.named,
            complete=source.complete,
        )


_EMPTY: Final = _("the file is empty")
_UNKNOWN: Final = _("the columns cannot be recognised")


def describe(metadata: bytes, *, file: str) -> Table:
    """Return the table that a CSVW description describes.

    Raises SourceError naming the file, the place in it and the term, for every term outside the closed list.
    """
    return Table(csvw.schema(metadata, file=file))


def unread(origin: Location, finding: Finding) -> TableReading:
    """Return the reading of what could not be read at all, and why."""
    collector = FindingCollector()
    collector.add(finding)
    return TableReading(origin, collector)


def _wrong_separator(separator: str, accepted: str, file: str) -> Finding:
    names, wanted = SEPARATORS[separator], SEPARATORS[accepted]
    message = _("the columns are separated by {names}; separate them by {wanted}", names=names, wanted=wanted)
    return Finding(Severity.ERROR, "table-separator", message, Location(file=file, row=1))


class TripleWriter:
    """Writes the triples of records (Generating RDF from Tabular Data on the Web, §4.6, minimal mode)."""

    def __init__(self, schema: Schema, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self.triples: list[Triple] = []
        self.cells: list[Cell] = []
        self._nodes: dict[str, NamedNode] = {}
        self._owners = {name: column.name for name, column in schema.variables.items()}
        self._grouped = [column for column in schema.columns if column.datatype.groups]
        self._abouts: dict[UriTemplate, None] = {}
        self._written: list[tuple[Column, UriTemplate, NamedNode, str | None]] = []
        for column in schema.columns:
            if column.about is not None and column.property is not None:
                self._abouts[column.about] = None
                self._written.append((column, column.about, self._node(column.property), self._cell_of(column)))

    def columns(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for column, _about, predicate, _cell in self._written:
            if column.name in self.headers:
                names.setdefault(predicate.value, column.name)
        return names

    def write(self, record: Record) -> None:
        """Add the triples of one record, and the cell of each."""
        single: dict[str, str | None] = {name: value[0] for name, value in record.values.items() if value}
        single.update(self._groups(single))
        subjects = {about: self._subject(about, single) for about in self._abouts}
        for column, about, predicate, name in self._written:
            if (subject := subjects[about]) is not None:
                cell = Cell(record.row, name)
                for value in self._objects(column, record.values, single):
                    self.triples.append(Triple(subject, predicate, value))
                    self.cells.append(cell)

    def _subject(self, about: UriTemplate, single: Mapping[str, str | None]) -> NamedNode | None:
        subject = about.expand(single)
        return self._node(subject) if subject is not None else None

    def _groups(self, single: Mapping[str, str | None]) -> Iterator[tuple[str, str | None]]:
        """Yield the parts of the cells that the groups of their formats name."""
        for column in self._grouped:
            form, value = column.datatype.format, single.get(column.name)
            match = form.fullmatch(value) if form is not None and value is not None else None
            if match is not None:
                yield from match.groupdict().items()

    def _cell_of(self, column: Column) -> str | None:
        """Return the column a triple comes from; a virtual one points at the first it uses."""
        names = column.value.names if column.virtual and column.value is not None else (column.name,)
        owner = self._owners.get(names[0]) if names else None
        return owner if owner in self.headers else None

    def _objects(
        self, column: Column, values: Mapping[str, tuple[str, ...]], single: Mapping[str, str | None]
    ) -> Iterator[NamedNode | Literal]:
        own = (column.default,) if column.virtual else values.get(column.name, ())
        if column.value is None:
            yield from (self._literal(column, value) for value in own)
            return
        if not own:
            return
        several = next((name for name in column.value.names if len(values.get(name, ())) > 1), None)
        for value in values[several] if several is not None else ("",):
            address = column.value.expand(single if several is None else {**single, several: value})
            if address is not None:
                yield self._node(address)

    def _literal(self, column: Column, value: str) -> Literal:
        if column.lang is not None:
            return Literal(value, language=column.lang)
        if column.datatype.iri == XSD + "string":
            return Literal(value)
        return Literal(value, datatype=self._node(column.datatype.iri))

    def _node(self, iri: str) -> NamedNode:
        node = self._nodes.get(iri)
        if node is None:
            node = self._nodes[iri] = NamedNode(iri)
        return node
