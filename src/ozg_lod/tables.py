"""Tables: CSV files with a CSVW description, read into triples that know their cell.

A table is read to its end whatever is wrong with it: every fault is one finding at one cell, and the other cells
count. A cell that cannot be read makes no triple, and neither does a template that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pyoxigraph import Literal, NamedNode, Triple

from ozg_lod import csvw, header
from ozg_lod.findings import Finding, Place, Severity, Text
from ozg_lod.ledger import Ledger
from ozg_lod.records import Record, Records
from ozg_lod.rows import SEPARATORS, Row, decoded, rows, separator_of
from ozg_lod.vocab import XSD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ozg_lod.schema import Column, Schema

MAX_ROWS: Final = 1_000_000
"""How many rows a table of the source folder may have; a contributed one has a lower limit."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: the row as a spreadsheet counts, the header of the column as the file has it, if any."""

    row: int
    column: str | None


@dataclass(frozen=True)
class Reading:
    """What a table says: `cells[n]` is where `triples[n]` stands.

    `headers` are the file's by the name of the column, `columns` the file's headers by predicate. A reading that
    is not `complete` broke off, so that rows are missing.
    """

    file: str
    ledger: Ledger
    triples: list[Triple] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False

    @property
    def findings(self) -> list[Finding]:
        """Return the findings: errors, then warnings, then hints."""
        return self.ledger.findings

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

    def recognises(self, content: bytes) -> int:
        """Return how many columns of this table the header row names; 0 when it is not at least half of them."""
        known = header.columns(self.schema)
        text = decoded(content, file="")
        if isinstance(text, Finding):
            return 0
        first = next(rows(text, separator_of(text, set(known)), file=""), None)
        found = header.matched(first, known) if isinstance(first, Row) else None
        named = len(found.names) if found is not None else 0
        return named if 2 * named >= len({column.name for column in known.values()}) else 0

    def read(self, content: bytes, *, file: str, separators: str = ",", max_rows: int = MAX_ROWS) -> Reading:
        """Read a file; `separators` are those accepted, decided from the header row."""
        known = header.columns(self.schema)
        text = decoded(content, file=file)
        if isinstance(text, Finding):
            return _unread(file, text)
        separator = separator_of(text, set(known))
        if separator not in separators:
            return _unread(file, _wrong_separator(separator, separators[0], file))
        below = rows(text, separator, file=file)
        first = next(below, None)
        if isinstance(first, Finding):
            return _unread(file, first)
        found = header.matched(first, known) if first is not None else None
        if first is None or found is None:
            reason = _EMPTY if first is None else _UNKNOWN
            return _unread(file, header.unreadable(self.schema, Place(file=file, row=1), reason))
        ledger = Ledger()
        ledger.extend(header.faults(first, found, self.schema, file))
        source = Records(self.schema, found, file, ledger)
        records = list(source.read(below, max_rows))
        writer = _Writer(self.schema, found.names)
        for record in records:
            writer.write(record)
        return Reading(
            file, ledger, writer.triples, writer.cells, records, found.names, writer.columns(), complete=source.complete
        )


_EMPTY: Final = Text("Die Datei ist leer", "the file is empty")
_UNKNOWN: Final = Text("Die Spalten sind nicht zu erkennen", "the columns cannot be recognised")


def describe(metadata: bytes, *, file: str) -> Table:
    """Return the table that a CSVW description describes.

    Raises SourceError naming the file, the place in it and the term, for every term outside the closed list.
    """
    return Table(csvw.schema(metadata, file=file))


def _unread(file: str, finding: Finding) -> Reading:
    ledger = Ledger()
    ledger.add(finding)
    return Reading(file, ledger)


def _wrong_separator(separator: str, accepted: str, file: str) -> Finding:
    names, wanted = SEPARATORS[separator], SEPARATORS[accepted]
    message = Text(
        de=f"Die Spalten sind durch {names.de} getrennt; trennen Sie sie durch {wanted.de}",
        en=f"the columns are separated by {names.en}; separate them by {wanted.en}",
    )
    return Finding(Severity.ERROR, "table-separator", message, Place(file=file, row=1))


class _Writer:
    """Writes the triples of records (Generating RDF from Tabular Data on the Web, §4.6, minimal mode)."""

    def __init__(self, schema: Schema, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self.triples: list[Triple] = []
        self.cells: list[Cell] = []
        self._nodes: dict[str, NamedNode] = {}
        self._owners = {name: column.name for name, column in schema.variables.items()}
        self._grouped = [column for column in schema.columns if column.datatype.groups]
        self._written = [
            (column, column.about, column.property)
            for column in schema.columns
            if column.about is not None and column.property is not None
        ]

    def columns(self) -> dict[str, str]:
        """Return the file's header of the first column with each predicate."""
        found: dict[str, str] = {}
        for column, _, predicate in self._written:
            if column.name in self.headers:
                found.setdefault(predicate, self.headers[column.name])
        return found

    def write(self, record: Record) -> None:
        single: dict[str, str | None] = {name: value[0] for name, value in record.values.items() if value}
        single.update(self._groups(single))
        for column, about, predicate in self._written:
            subject = about.expand(single)
            if subject is None:
                continue
            cell = Cell(record.row, self._header_of(column))
            for value in self._objects(column, record.values, single):
                self.triples.append(Triple(self._node(subject), self._node(predicate), value))
                self.cells.append(cell)

    def _groups(self, single: Mapping[str, str | None]) -> Iterator[tuple[str, str | None]]:
        """Yield the parts of the cells that the groups of their formats name."""
        for column in self._grouped:
            form, value = column.datatype.format, single.get(column.name)
            match = form.fullmatch(value) if form is not None and value is not None else None
            if match is not None:
                yield from match.groupdict().items()

    def _header_of(self, column: Column) -> str | None:
        """Return the header of the cell a triple comes from; a virtual column points at the first one it uses."""
        names = column.value.names if column.virtual and column.value is not None else (column.name,)
        return self.headers.get(self._owners.get(names[0], "")) if names else None

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
