"""Facts: the triples that the records of a table make, each with the cell it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from ozg_lod.core.vocab import XSD
from ozg_lod.tables.records import Record
from ozg_lod.tables.schema import Column, Schema


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: the row as a spreadsheet counts, and the name of the column in the description, if any."""

    row: int
    column: str | None


class TripleWriter:
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
        """Return the name of the first column of the file with each predicate."""
        found: dict[str, str] = {}
        for column, _, predicate in self._written:
            if column.name in self.headers:
                found.setdefault(predicate, column.name)
        return found

    def write(self, record: Record) -> None:
        """Add the triples of one record, and the cell of each."""
        single: dict[str, str | None] = {name: value[0] for name, value in record.values.items() if value}
        single.update(self._groups(single))
        for column, about, predicate in self._written:
            subject = about.expand(single)
            if subject is None:
                continue
            cell = Cell(record.row, self._cell_of(column))
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
