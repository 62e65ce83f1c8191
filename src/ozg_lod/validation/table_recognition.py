"""Recognition: which description a table is read by."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from ozg_lod.core.messages import Label, Text, _, joined
from ozg_lod.tables import contribution_kinds, spreadsheets, tables
from ozg_lod.tables.csv_rows import Row
from ozg_lod.tables.tables import Table
from ozg_lod.validation.contribution_reader import Contracts, ReadContribution, canonical
from ozg_lod.validation.examination import CheckedSheet, Rules, SourceFile

METADATA: Final = "-metadata.json"
_SUFFIX: Final = ".csv" + METADATA
_OFFERED: Final = f"id/source/{contribution_kinds.PROVISIONAL}".encode()
_CELL: Final = 1_000
"""How many characters of a cell come back with the findings."""
_SHEET: Final = 5_000_000
"""How many characters of a sheet do."""


def is_table(file: SourceFile) -> bool:
    """Tell whether somebody's file is read as a table: by its bytes or its name."""
    return file.name.lower().endswith((".csv", ".tsv", ".txt")) or spreadsheets.is_spreadsheet(file.name, file.content)


def described(file: SourceFile, files: Iterable[SourceFile]) -> Table | None:
    """Return the table that the description beside a file describes."""
    beside = [other for other in files if other.name == file.name + METADATA]
    return tables.describe(beside[0].content, file=beside[0].name) if beside else None


def undescribed(name: str) -> Text:
    """Return what to say of a table of the source folder that nothing describes."""
    return _("the description {name}{METADATA} of this table is missing; add it", name=name, METADATA=METADATA)


def contracts(rules: Rules) -> Contracts:
    """Return the tables that a contribution may be; raises SourceError for a broken description.

    Only those are offered that are made for others: their source is the contribution.
    """
    wanted = [file for file in rules.descriptions if not rules.kind or _kind(file.name) == rules.kind]
    found = tuple((_kind(file.name), _described(file.content, file.name)) for file in wanted)
    offered = [table for file, (_, table) in zip(wanted, found, strict=True) if _OFFERED in file.content]
    titles = [table.schema.title for table in offered or [table for _, table in found]]
    listed = joined(_('"{title}"', title=Label(title)) for title in titles)
    return Contracts(found, listed, rules.max_rows, wanted=bool(rules.kind and found))


@lru_cache(maxsize=64)
def _described(content: bytes, name: str) -> Table:
    return tables.describe(content, file=name)


def _kind(name: str) -> str:
    return posixpath.basename(name).removesuffix(_SUFFIX)


def sheets(found: ReadContribution, file: str) -> list[CheckedSheet]:
    """Return the tables of a file as they were read, within bounds."""
    read = [
        CheckedSheet(file, taken.sheet, taken.name, taken.header, _bounded(taken.lines), canonical(taken))
        for taken in found.taken
    ]
    return [*read, *(CheckedSheet(file, sheet.name, "", 0, _bounded(sheet.rows)) for sheet in found.others)]


def _bounded(rows: Iterable[Row]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    found: list[tuple[int, tuple[str, ...]]] = []
    left = _SHEET
    for row in rows:
        cells = tuple(text[:_CELL] for text in row.cells[: spreadsheets.MAX_COLUMNS])
        left -= sum(map(len, cells))
        if left < 0:
            break
        found.append((row.number, cells))
    return tuple(found)
