"""Source locations: where in the files a statement stands, so that a finding can point at it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cached_property

from ozg_lod.core.findings import Location
from ozg_lod.rdf.labels import Labels
from ozg_lod.tables.tables import TableReading
from ozg_lod.validation.file_readings import SourceDocument, SourceTable


class SourceLocations:
    """Finds statements in tables (file, row, column) and documents (file); indexed when first asked."""

    def __init__(self, tables: Collection[SourceTable], documents: Collection[SourceDocument], labels: Labels) -> None:
        self._tables = tables
        self._documents = documents
        self._labels = labels
        self._index: dict[tuple[str, ...], str] | None = None

    @cached_property
    def _readings(self) -> list[TableReading]:
        return [table.reading for table in self._tables]

    def of(self, subject: str, predicate: str = "", value: str | None = None) -> Location:
        """Return the place of a statement, or the nearest: its property there, its subject, what that is a part of.

        A place in a table is complete by its row and column; elsewhere people need the names of thing and property.
        """
        where = self._nearest(subject, predicate, value)
        return replace(
            where,
            subject=self._labels.of(subject) if subject else None,
            property=self._labels.of(predicate) if predicate else None,
            focus=subject if ":" in subject else None,
        )

    def _nearest(self, subject: str, predicate: str, value: str | None) -> Location:
        whole = subject.partition("#")[0]
        exact = [(subject, predicate, value)] if value is not None else []
        for key in (*exact, (subject, predicate)):
            if location := self._cell(*key) or self._file(*key):
                return location
        for thing in (subject, whole):
            if location := self._row(thing, predicate) or self._file(thing):
                return location
        return self._mentioned(subject) or Location()

    def _cell(self, *key: str) -> Location | None:
        for reading in self._readings:
            cell = reading.origin(*key)
            if cell is not None:
                return reading.place(cell)
        return None

    def _row(self, subject: str, predicate: str) -> Location | None:
        """Return the row of a thing, in a table that has a column for the property if there is one."""
        rows = [(reading, cell) for reading in self._readings if (cell := reading.origin(subject)) is not None]
        if not rows:
            return None
        reading, cell = min(rows, key=lambda pair: predicate not in pair[0].columns)
        return reading.place(replace(cell, column=reading.columns.get(predicate)))

    def _mentioned(self, thing: str) -> Location | None:
        """Return the first place that refers to a thing which no file says anything about."""
        for reading in self._readings:
            for triple, cell in zip(reading.triples, reading.cells, strict=True):
                if getattr(triple.object, "value", None) == thing:
                    return reading.place(cell)
        return self._file("", thing)

    def _file(self, *key: str) -> Location | None:
        file = self._files().get(key)
        return Location(file=file) if file is not None else None

    def _files(self) -> dict[tuple[str, ...], str]:
        if self._index is None:
            self._index = {}
            for document in self._documents:
                for triple in document.triples:
                    subject, predicate, value = (getattr(term, "value", "") for term in triple)
                    for key in ((subject, predicate, value), (subject, predicate), (subject,), ("", value)):
                        self._index.setdefault(key, document.file)
        return self._index
