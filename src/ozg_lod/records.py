"""Records: the rows below a header, cell by cell as legal values, with one finding for each cell that is not.

A row with a wrong cell keeps its other cells. A row of the wrong length keeps none, since no cell can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ozg_lod import cells
from ozg_lod.findings import Finding, Place, Severity, Text
from ozg_lod.rows import unfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ozg_lod.header import Header
    from ozg_lod.ledger import Ledger
    from ozg_lod.rows import Row
    from ozg_lod.schema import Column, Schema


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it was understood: the legal values of its cells by the name of the column."""

    row: int
    values: Mapping[str, tuple[str, ...]]


class Records:
    """Reads the rows of one table into records; findings go to the ledger."""

    def __init__(self, schema: Schema, header: Header, file: str, ledger: Ledger) -> None:
        self.schema = schema
        self.header = header
        self.file = file
        self.ledger = ledger
        self.complete = True
        self._keys: dict[tuple[tuple[str, ...], ...], int] = {}
        absent = [c for c in schema.columns if not c.virtual and c.name not in header.names]
        self._defaults = {column.name: (column.default,) for column in absent if column.default}

    def read(self, rows: Iterable[Row | Finding], max_rows: int) -> Iterator[Record]:
        """Yield a record for each row; at a finding, or past `max_rows`, the table ends."""
        for count, row in enumerate(rows):
            if isinstance(row, Finding):
                self.ledger.add(row)
                self.complete = False
                return
            if count >= max_rows:
                message = Text(
                    de=f"Die Tabelle hat mehr als {max_rows} Zeilen; teilen Sie sie in mehrere Dateien auf",
                    en=f"the table has more than {max_rows} rows; split it into several files",
                )
                self._note("table-size", message, row.number)
                self.complete = False
                return
            if self._has_right_length(row):
                record = Record(row.number, self._values(row))
                self._check_key(record)
                yield record

    def _note(self, rule: str, message: Text, row: int, column: str | None = None) -> None:
        self.ledger.add(Finding(Severity.ERROR, rule, message, Place(file=self.file, row=row, column=column)))

    def _has_right_length(self, row: Row) -> bool:
        width = len(self.header.order)
        if len(row.cells) >= width and not any(text.strip() for text in row.cells[width:]):
            return True
        message = Text(
            de=f"Die Zeile hat {len(row.cells)} Zellen, die Kopfzeile {width}; "
            "setzen Sie Text, der das Trennzeichen enthält, in Anführungszeichen",
            en=f"the row has {len(row.cells)} cells, the header {width}; "
            "put text that holds the separator in quotation marks",
        )
        self._note("row-length", message, row.number)
        return False

    def _values(self, row: Row) -> dict[str, tuple[str, ...]]:
        values: dict[str, tuple[str, ...]] = {**self._defaults}
        for column, text in zip(self.header.order, row.cells, strict=False):
            if column is not None:
                values[column.name] = self._cell(column, text, row.number)
        return values

    def _cell(self, column: Column, text: str, row: int) -> tuple[str, ...]:
        """Return the values of a cell: none, one, or several where the column has a separator."""
        if not text and column.default == "" and "" in column.null and not column.required:
            return ()
        place = Place(file=self.file, row=row, column=self.header.names[column.name])
        fault = unfit(text, place)
        if fault is not None:
            self.ledger.add(fault)
            return ()
        whole = text or column.default
        if whole in column.null or (not whole.strip() and "" in column.null):
            if column.required:
                self.ledger.add(_required(column, place))
            return ()
        items = [whole]
        if column.separator is not None:
            items = [item.strip() for item in whole.split(column.separator) if item.strip()]
        return tuple(value for item in items if (value := self._value(column, item, place)) is not None)

    def _value(self, column: Column, text: str, place: Place) -> str | None:
        value = cells.read(text, column.datatype)
        if isinstance(value, cells.Fault):
            rule, said = "cell-datatype", text[:200]
            self.ledger.add(Finding(Severity.ERROR, rule, value.message, place, said, value.suggestion))
            return None
        if column.datatype.base == "string" and value != value.strip():
            message = Text(
                de="Der Text beginnt oder endet mit Leerzeichen; löschen Sie sie",
                en="the text begins or ends with spaces; delete them",
            )
            self.ledger.add(Finding(Severity.HINT, "cell-spaces", message, place, value[:200], value.strip()[:200]))
        return value

    def _check_key(self, record: Record) -> None:
        names = self.schema.primary_key
        key = tuple(record.values.get(name, ()) for name in names)
        if not key or not all(key):
            return
        first = self._keys.setdefault(key, record.row)
        if first == record.row:
            return
        said = cells.shown(", ".join(" ".join(part) for part in key))
        message = Text(
            de=f"„{said}“ steht schon in Zeile {first}; jeder Schlüssel darf nur einmal vorkommen",
            en=f'"{said}" stands in row {first} already; each key may occur only once',
        )
        self._note("table-key", message, record.row, self.header.names.get(names[0]))


def _required(column: Column, place: Place) -> Finding:
    sample = cells.example(column.datatype)
    message = Text(
        de="Hier fehlt ein Wert; tragen Sie ihn ein" + (f", zum Beispiel {sample}" if sample else ""),
        en="a value is missing here; fill it in" + (f", for example {sample}" if sample else ""),
    )
    return Finding(Severity.ERROR, "cell-required", message, place)
