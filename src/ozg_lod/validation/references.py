"""References: what one table says about a row of another must exist there (CSVW foreign keys)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import _
from ozg_lod.core.spelling import nearest
from ozg_lod.tables.cells import shown
from ozg_lod.tables.schema import ForeignKey
from ozg_lod.tables.tables import Cell, Table, TableReading

Tables = Mapping[str, tuple[Table, TableReading]]


def broken(tables: Tables, *, complete: bool = True) -> Iterator[Finding]:
    """Yield a finding for each reference to a row that does not exist.

    `tables` are by file name. Unless they are `complete`, as in a contribution that refers to what is published, a
    table that is not among them is passed over.
    """
    for file, (table, _reading) in tables.items():
        for key in table.schema.foreign_keys:
            target = posixpath.join(posixpath.dirname(file), key.resource)
            if target in tables:
                yield from _unknown(tables, file, target, key)
            elif complete:
                message = _("the table {resource}, which this one refers to, is missing; add it", resource=key.resource)
                yield Finding(Severity.ERROR, "table-reference", message, Location(file=file))


def _unknown(tables: Tables, file: str, target: str, key: ForeignKey) -> Iterator[Finding]:
    reading = tables[file][1]
    rows = tables[target][1].records
    existing = {tuple(record.values.get(name, ()) for name in key.targets) for record in rows}
    names = sorted({values[0][0] for values in existing if len(values) == 1 and values[0]})
    for record in reading.records:
        cells = [record.values.get(name, ()) for name in key.columns]
        if not all(cells):
            continue
        wanted = [((value,),) for value in cells[0]] if len(cells) == 1 else [tuple(cells)]
        for values in wanted:
            if values not in existing:
                place = reading.place(Cell(record.row, key.columns[0]))
                yield _finding(", ".join(" ".join(value) for value in values), names, target, place)


def _finding(value: str, names: list[str], target: str, place: Location) -> Finding:
    near = nearest(value, names)
    hint = _("; did you mean {near}?", near=near[0]) if near else ""
    message = _(
        '"{value}" does not stand in {target}; use a key from there or add a row there{hint}',
        value=shown(value),
        target=target,
        hint=hint,
    )
    return Finding(Severity.ERROR, "table-reference", message, place, value=value[:200])
