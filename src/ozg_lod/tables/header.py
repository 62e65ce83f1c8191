"""Headers: the first row of a table matched with the columns of its description, by name or title, in any order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Message, Text, _, joined
from ozg_lod.core.spelling import LIKELY, nearest
from ozg_lod.tables.csv_rows import MAX_COLUMNS, Row, folded
from ozg_lod.tables.datatypes import shown
from ozg_lod.tables.schema import Column, Schema
from ozg_lod.tables.spreadsheet_parts import letter


@dataclass(frozen=True, slots=True)
class Header:
    """The columns as the file has them (None: not known), and their headers and letters there, by name."""

    order: tuple[Column | None, ...]
    names: Mapping[str, str]
    letters: Mapping[str, str]

    def place(self, origin: Location, row: int, name: str) -> Location:
        letter = self.letters.get(name) if origin.letter is not None else None
        return Location(origin.file, origin.sheet, row, self.names.get(name), letter=letter)


def lettered(origin: Location) -> Location:
    """Return the place of a table whose columns people know by their letters, as a spreadsheet shows them."""
    return replace(origin, letter="")


def columns(schema: Schema) -> dict[str, Column]:
    """Return the columns that have cells, by each header they may have, folded."""
    return {
        folded(header): column
        for column in schema.columns
        if not column.virtual
        for header in (column.name, *(title for texts in column.titles.values() for title in texts))
    }


def matched(row: Row, known: Mapping[str, Column]) -> Header | None:
    """Return the header that a row is, or None when it names no known column or far too many."""
    cells = list(row.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        return None
    order: list[Column | None] = []
    names: dict[str, str] = {}
    letters: dict[str, str] = {}
    for index, cell in enumerate(cells, start=1):
        column = known.get(folded(cell))
        order.append(column if column is not None and column.name not in names else None)
        if column is not None:
            names.setdefault(column.name, cell)
            letters.setdefault(column.name, letter(index))
    return Header(tuple(order), names, letters) if names else None


def unreadable(schema: Schema, place: Location, reason: Text) -> Finding:
    """Return the finding about a table whose first row is no header; `reason` is how the sentence starts."""
    message = _("{reason}; the first row must name the columns: {titles}", reason=reason, titles=_titles(schema))
    return Finding(Severity.ERROR, "table-header", message, place)


def faults(row: Row, header: Header, schema: Schema, origin: Location) -> Iterator[Finding]:
    """Yield the findings about columns that are unknown, stand twice or are missing; `origin` is the table's place.

    In a contribution (whose columns have letters) a column of one's own is only warned about, and an optional one may
    be left out without a word.
    """
    known, is_contribution = columns(schema), origin.letter is not None
    for index, (cell, column) in enumerate(zip(row.cells, header.order, strict=False), start=1):
        if column is None:
            place = replace(
                origin, row=row.number, column=shown(cell), letter=letter(index) if is_contribution else None
            )
            yield _fault(cell, known, header, schema, place)
    place = replace(origin, row=row.number, letter=None)
    missing = (_missing(column, schema, place) for column in _real(schema) if column.name not in header.names)
    yield from (finding for finding in missing if not is_contribution or finding.severity is Severity.ERROR)


def _fault(cell: str, known: Mapping[str, Column], header: Header, schema: Schema, place: Location) -> Finding:
    if folded(cell) in known:
        return Finding(Severity.ERROR, "table-header", _TWICE, place)
    if not cell.strip():
        return Finding(Severity.ERROR, "table-header", _NAMELESS, place)
    free = [title for title, other in known.items() if other.name not in header.names]
    near = nearest(folded(cell), free, least=_SURE if place.letter is not None else LIKELY)
    if not near and place.letter is not None:
        return Finding(Severity.WARNING, "table-header", _OWN, place)
    return Finding(Severity.ERROR, "table-header", _unknown(known[near[0]] if near else None, schema), place)


_SURE: Final = 75.0
_TWICE: Final = _("the column stands twice; delete one")
_NAMELESS: Final = _("this column has no heading; fill one in or delete the column")
_OWN: Final = _("the template has no such column; what stands in it is not read")


def _unknown(meant: Column | None, schema: Schema) -> Text:
    if meant is not None:
        return _('there is no such column; did you mean "{title}"?', title=meant.label())
    return _("there is no such column; delete it. Columns are: {titles}", titles=_titles(schema))


def _missing(column: Column, schema: Schema, place: Location) -> Finding:
    """Return the finding about a missing column: a fault where values are required, else a hint."""
    needed = column.required or column.name in schema.primary_key
    message = _('the column "{title}" is missing; add it', title=column.label())
    if not needed:
        message = _('the column "{title}" is missing; add it if there are values', title=column.label())
    return Finding(Severity.ERROR if needed else Severity.HINT, "table-header", message, place)


def _real(schema: Schema) -> Iterable[Column]:
    return (column for column in schema.columns if not column.virtual)


def _titles(schema: Schema) -> Message:
    return joined(column.label() for column in _real(schema))
