"""Places: where in the files a statement stands, so that a finding can point at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ozg_lod.findings import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ozg_lod.documents import Document
    from ozg_lod.labels import Labels
    from ozg_lod.tables import Reading


class Places:
    """Finds statements in tables (file, row, column) and documents (file); indexed when first asked."""

    def __init__(self, readings: Sequence[Reading], documents: Sequence[Document], labels: Labels) -> None:
        self._readings = readings
        self._documents = documents
        self._labels = labels
        self._index: dict[tuple[str, ...], str] | None = None

    def of(self, subject: str, predicate: str = "", value: str | None = None) -> Place:
        """Return the place of a statement, or the nearest: its property there, its subject, what that is a part of.

        A place in a table is complete by its row and column; elsewhere people need the names of thing and property.
        """
        whole = subject.partition("#")[0]
        where = (
            self._in_tables(subject, predicate, value) or self._in_tables(whole, "", None) or self._mentioned(subject)
        )
        file = where.file if where is not None else self._file(subject, predicate, value)
        return Place(
            file=file,
            row=where.row if where is not None else None,
            column=where.column if where is not None else None,
            subject=self._labels.of(subject) if subject else None,
            property=self._labels.of(predicate) if predicate else None,
            focus=subject if ":" in subject else None,
        )

    def _in_tables(self, subject: str, predicate: str, value: str | None) -> Place | None:
        exact = [(subject, predicate, value)] if value is not None else []
        for key in (*exact, (subject, predicate)):
            for reading in self._readings:
                cell = reading.origin(*key)
                if cell is not None:
                    return Place(file=reading.file, row=cell.row, column=cell.column)
        if predicate and (subject, predicate) in self._files():
            return None
        rows = [(reading, cell) for reading in self._readings if (cell := reading.origin(subject)) is not None]
        rows.sort(key=lambda found: predicate not in found[0].columns)
        if not rows:
            return None
        reading, cell = rows[0]
        return Place(file=reading.file, row=cell.row, column=reading.columns.get(predicate))

    def _mentioned(self, thing: str) -> Place | None:
        """Return the first cell that refers to a thing which no file says anything about."""
        if (thing,) in self._files():
            return None
        for reading in self._readings:
            for triple, cell in zip(reading.triples, reading.cells, strict=True):
                if getattr(triple.object, "value", None) == thing:
                    return Place(file=reading.file, row=cell.row, column=cell.column)
        return None

    def _file(self, subject: str, predicate: str, value: str | None) -> str | None:
        files = self._files()
        whole = subject.partition("#")[0]
        keys = [(subject, predicate, value or ""), (subject, predicate), (subject,), (whole,), ("", subject)]
        return next((files[key] for key in keys if key in files), None)

    def _files(self) -> dict[tuple[str, ...], str]:
        if self._index is None:
            self._index = {}
            for document in self._documents:
                for triple in document.triples:
                    subject, predicate, value = (getattr(term, "value", "") for term in triple)
                    for key in ((subject, predicate, value), (subject, predicate), (subject,), ("", value)):
                        self._index.setdefault(key, document.file)
        return self._index
