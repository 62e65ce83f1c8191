"""Records: the rows below a header, cell by cell as legal values, with one finding for each cell that is not.

For a contribution the reader is lenient: what a spreadsheet program certainly did to a value is undone and told.
A row with a wrong cell keeps its other cells. A row of the wrong length keeps none, since no cell can be told.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.core.messages import Text, _
from ozg_lod.tables import cells
from ozg_lod.tables.csv_rows import Row, computed, unfit
from ozg_lod.tables.datatypes import CellFault, shown
from ozg_lod.tables.finding_collector import FindingCollector
from ozg_lod.tables.header import Header, columns, matched
from ozg_lod.tables.repairs import Repair, repair
from ozg_lod.tables.schema import Column, Schema

_FEW: Final = 2
_SECOND: Final = _("a second table starts here; move it to a sheet of its own or delete this header")


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it was understood: the legal values of its cells by the name of the column."""

    row: int
    values: Mapping[str, tuple[str, ...]]


class Records:
    """Reads the rows of one table into records; findings go to the collector."""

    def __init__(
        self, schema: Schema, header: Header, origin: Location, collector: FindingCollector, *, lenient: bool = False
    ) -> None:
        self.schema = schema
        self.header = header
        self.origin = origin
        self.collector = collector
        self.lenient = lenient
        self.complete = True
        self._keys: dict[tuple[tuple[str, ...], ...], int] = {}
        absent = [c for c in schema.columns if not c.virtual and c.name not in header.names]
        self._known = columns(schema)
        self._defaults = {column.name: (column.default,) for column in absent if column.default}

    def read(self, rows: Iterable[Row | Finding], max_rows: int) -> Iterator[Record]:
        """Yield a record for each row; at a finding, or past `max_rows`, the table ends."""
        for count, row in enumerate(rows):
            if isinstance(row, Finding):
                self.collector.add(row)
                self.complete = False
                return
            if count >= max_rows:
                message = _("the table has more than {max_rows} rows; split it into several files", max_rows=max_rows)
                self._note("table-size", message, row.number)
                self.complete = False
                return
            if self.lenient and self._is_header(row):
                self._note("table-second", _SECOND, row.number)
                return
            if self._has_right_length(row) and not self._is_remark(row):
                record = Record(row.number, self._values(row))
                self._check_key(record)
                yield record

    def _note(self, rule: str, message: Text, row: int, column: str = "") -> None:
        self.collector.add(Finding(Severity.ERROR, rule, message, self.header.place(self.origin, row, column)))

    def _is_header(self, row: Row) -> bool:
        """Tell whether a row names columns again, as a second table below the first does."""
        again = matched(row, self._known)
        return again is not None and len(again.names) >= max(_FEW, len(self.header.names) // 2)

    def _is_remark(self, row: Row) -> bool:
        """Tell whether a row is one cell of text, such as a total or a note; that is one finding, not one per cell."""
        filled = [text for text in row.cells if text.strip()]
        needed = [column for column in self.header.order if column is not None and column.required]
        if not self.lenient or len(filled) != 1 or len(needed) < _FEW:
            return False
        message = _('the row holds only "{text}"; fill it in or delete it', text=shown(filled[0]))
        self._note("row-incomplete", message, row.number)
        return True

    def _has_right_length(self, row: Row) -> bool:
        width = len(self.header.order)
        if row.types or (len(row.cells) >= width and not any(text.strip() for text in row.cells[width:])):
            return True  # the cells of a sheet have no separators that could stand in the wrong place
        message = _(
            "the row has {count} cells, the header {width}; put text that holds the separator in quotation marks",
            count=len(row.cells),
            width=width,
        )
        self._note("row-length", message, row.number)
        return False

    def _values(self, row: Row) -> dict[str, tuple[str, ...]]:
        values: dict[str, tuple[str, ...]] = {**self._defaults}
        for index, column in enumerate(self.header.order):
            if column is not None:
                values[column.name] = self._cell(column, row, index)
        return values

    def _cell(self, column: Column, row: Row, index: int) -> tuple[str, ...]:
        """Return the values of a cell: none, one, or several where the column has a separator."""
        text, kind = self._text(row, index), row.types[index : index + 1] or " "
        if not text and kind != "u" and column.default == "" and "" in column.null and not column.required:
            return ()
        place = self.header.place(self.origin, row.number, column.name)
        fault = unfit(text, place) or computed(text, kind, place) or _linked(column, row, index, place)
        if fault is not None:
            self.collector.add(fault)
            if fault.severity is Severity.ERROR:
                return ()
        whole = text or column.default
        if whole in column.null or (not whole.strip() and "" in column.null):
            self.collector.extend(_absent(column, place, covered=index in row.merged))
            return ()
        items = [whole]
        if column.separator is not None:
            items = [item.strip() for item in whole.split(column.separator) if item.strip()]
        return tuple(value for item in items if (value := self._value(column, item, kind, place)) is not None)

    def _text(self, row: Row, index: int) -> str:
        """Return the text of a cell; of somebody else's file an umlaut is one letter, however it was written."""
        text = row.cells[index] if index < len(row.cells) else ""
        return unicodedata.normalize("NFC", text) if self.lenient else text

    def _value(self, column: Column, text: str, kind: str, place: Location) -> str | None:
        value = cells.read(text, column.datatype)
        if isinstance(value, CellFault):
            return self._faulty(column, text, kind, place, value)
        if column.datatype.base == "string" and not column.datatype.choices and value != value.strip():
            message = _("the text begins or ends with spaces; delete them")
            self.collector.add(Finding(Severity.HINT, "cell-spaces", message, place, value[:200], value.strip()[:200]))
        return value

    def _faulty(self, column: Column, text: str, kind: str, place: Location, fault: CellFault) -> str | None:
        """Return the value that a program spoilt, if that is sure and this is a contribution; else note the fault."""
        meant = repair(text, kind, column.datatype) if self.lenient else None
        if isinstance(meant, Repair):
            self.collector.add(Finding(Severity.HINT, "cell-repaired", meant.message, place, text[:200], meant.value))
            return meant.value
        fault = meant or fault
        self.collector.add(Finding(Severity.ERROR, "cell-datatype", fault.message, place, text[:200], fault.suggestion))
        return None

    def _check_key(self, record: Record) -> None:
        names = self.schema.primary_key
        key = tuple(record.values.get(name, ()) for name in names)
        if not key or not all(key):
            return
        first = self._keys.setdefault(key, record.row)
        if first == record.row:
            return
        text = shown(", ".join(" ".join(part) for part in key))
        message = _('"{key}" stands in row {first} already; each key may occur only once', key=text, first=first)
        self._note("table-key", message, record.row, names[0])


def _linked(column: Column, row: Row, index: int, place: Location) -> Finding | None:
    """Return the finding about a text that hides the address that is wanted."""
    address = dict(row.links).get(index)
    if (
        address is None
        or column.datatype.base != "anyURI"
        or not isinstance(cells.read(row.cells[index], column.datatype), CellFault)
    ):
        return None
    text = row.cells[index]
    message = _(
        'the address stands behind the text "{text}" as a link; write the address itself: {address}',
        text=shown(text),
        address=address[:200],
    )
    return Finding(Severity.ERROR, "cell-datatype", message, place, text[:200], address)


def _absent(column: Column, place: Location, *, covered: bool) -> Iterator[Finding]:
    """Yield the finding about a cell without the value that it needs; others may be merged over it (`covered`)."""
    if not column.required:
        return
    sample = cells.example(column.datatype)
    message = _("a value is missing here; fill it in")
    if covered:
        message = _(
            "a value is missing here, because the cell is merged with others and only the first of them has it; undo "
            "the merge and fill in each cell"
        )
    elif sample:
        message = _("a value is missing here; fill it in, for example {sample}", sample=sample)
    yield Finding(Severity.ERROR, "cell-required", message, place)
