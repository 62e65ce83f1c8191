"""Contributions: a table that somebody sent, whatever their program made of it, read by the descriptions it fits.

Every sheet is held against every description; the header may stand below a title. What fits nothing is named. Nothing
is guessed silently: another encoding, a header further down, hidden rows and unread sheets are each told in a hint.
"""

from __future__ import annotations

import csv
import io
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Label, Message, _, joined
from ozg_lod.tables import contribution_kinds, header, spreadsheets, tables, workbooks
from ozg_lod.tables.csv_rows import (
    SEPARATORS,
    Decoded,
    Row,
    decoded_leniently,
    rows,
)
from ozg_lod.tables.finding_collector import FindingCollector
from ozg_lod.tables.metadata import METADATA
from ozg_lod.tables.spreadsheets import Sheet
from ozg_lod.tables.tables import Table, TableReading
from ozg_lod.validation.examination import CheckedSheet, Rules, SourceFile

_LOOKED_AT: Final = 20
"""The header must be among so many rows."""
_OFFERED: Final = f"id/source/{contribution_kinds.PROVISIONAL}".encode()
_CELL: Final = 1_000
"""How many characters of a cell come back with the findings."""
_SHEET: Final = 5_000_000
"""How many characters of a sheet do."""

Line = Row | Finding


@dataclass(frozen=True)
class ReadTable:
    """One table of a file: the name of its description, how it was read, and its lines as they stood there.

    `header` is the number of the row with the headings.
    """

    name: str
    table: Table
    reading: TableReading
    sheet: str | None
    header: int
    lines: tuple[Row, ...]


@dataclass(frozen=True)
class ReadContribution:
    """What came of one file; without any table `findings` say why. `others` are sheets that fit no description."""

    tables: list[ReadTable] = field(default_factory=list)
    others: list[Sheet] = field(default_factory=list)
    collector: FindingCollector = field(default_factory=FindingCollector)


@dataclass(frozen=True)
class Contracts:
    """The tables that may be sent, by the names of their descriptions; `wanted` says that it must be the first."""

    tables: Sequence[tuple[str, Table]]
    titles: Message
    max_rows: int
    wanted: bool = False


def is_table(file: SourceFile) -> bool:
    """Tell whether somebody's file is read as a table: by its bytes or its name."""
    return file.name.lower().endswith((".csv", ".tsv", ".txt")) or spreadsheets.is_spreadsheet(file.name, file.content)


def described(file: SourceFile, files: Iterable[SourceFile]) -> Table | None:
    beside = [other for other in files if other.name == file.name + METADATA]
    return tables.describe(beside[0].content, file=beside[0].name) if beside else None


def undescribed(name: str) -> Message:
    """Return what to say of a table of the source folder that nothing describes."""
    return _("the description {name} of this table is missing; add it", name=name + METADATA)


def contracts(rules: Rules) -> Contracts:
    """Return the tables that a contribution may be; raises SourceError for a broken description.

    Only those are offered that are made for others: their source is the contribution.
    """
    wanted = [file for file in rules.descriptions if not rules.kind or _kind(file.name) == rules.kind]
    described = tuple((_kind(file.name), _described(file.content, file.name)) for file in wanted)
    offered = [table for file, (_slug, table) in zip(wanted, described, strict=True) if _OFFERED in file.content]
    titles = [table.schema.title for table in offered or [table for _slug, table in described]]
    listed = joined(_('"{title}"', title=Label(title)) for title in titles)
    return Contracts(described, listed, rules.max_rows, wanted=bool(rules.kind and described))


@lru_cache(maxsize=64)
def _described(content: bytes, name: str) -> Table:
    return tables.describe(content, file=name)


def _kind(name: str) -> str:
    return posixpath.basename(name).removesuffix(contribution_kinds.SUFFIX)


def take(content: bytes, file: str, contracts: Contracts) -> ReadContribution:
    intake = ReadContribution()
    grids = _grids(content, file, contracts, intake.collector)
    if isinstance(grids, Finding):
        intake.collector.add(grids)
        return intake
    for name, lines in _parted(grids, file, contracts, intake.collector):
        fit = _recognised(lines, contracts)
        if fit is None and contracts.wanted and len(grids) == 1:
            fit = (*contracts.tables[0], 0)
        if fit is None:
            intake.others.append(Sheet(name, tuple(line for line in lines if isinstance(line, Row))))
        else:
            intake.tables.append(_read(lines, Location(file=file, sheet=name), fit, contracts, intake.collector))
    _note_empty(intake, file)
    _note_others(intake, file, contracts)
    return intake


def _parted(
    grids: list[tuple[str | None, list[Line]]], file: str, contracts: Contracts, collector: FindingCollector
) -> Iterator[tuple[str | None, list[Line]]]:
    """Yield the tables of each sheet: below an empty row the headings of another kind begin another table."""
    for name, lines in grids:
        cuts, current = [0], _fit(lines[0], contracts) if lines else ""
        for number, (before, line) in enumerate(pairwise(lines), start=1):
            gap = isinstance(before, Row) and isinstance(line, Row) and line.number > before.number + 1
            kind = _fit(line, contracts) if gap or not current else ""
            if current and kind and kind != current:
                cuts.append(number)
            current = kind or current
        for start, end in pairwise([*cuts, len(lines)]):
            yield name, lines[start:end]
        if len(cuts) > 1:
            message = _("{count} tables stand on one sheet; each was read", count=len(cuts))
            collector.add(_hint("table-split", message, Location(file=file, sheet=name)))


def _fit(line: Line, contracts: Contracts) -> str:
    """Return the name of the description whose headings a line has, "" for none."""
    scores = {name: table.recognises(line) for name, table in contracts.tables} if isinstance(line, Row) else {}
    best = max(scores, key=lambda name: scores[name], default="")
    return best if scores.get(best) else ""


def _grids(
    content: bytes, file: str, contracts: Contracts, collector: FindingCollector
) -> list[tuple[str | None, list[Line]]] | Finding:
    sheets = spreadsheets.read(content, file=file, max_rows=contracts.max_rows)
    if isinstance(sheets, Finding):
        return sheets
    if sheets is not None:
        for sheet in sheets:
            _note_hidden(sheet, file, collector)
        return [(sheet.name, list(sheet.rows)) for sheet in sheets]
    text = decoded_leniently(content, file=file)
    if isinstance(text, Finding):
        return text
    if isinstance(text, Decoded):
        collector.add(text.hint)
        text = text.text
    if file.lower().endswith(spreadsheets.SUFFIXES):
        collector.add(_hint("file-kind", _RENAMED, Location(file=file)))
    return [(None, _lines(text, file, contracts))]


_RENAMED: Final = _("the file is named like an Excel workbook but is CSV, and was read as that")


def _lines(text: str, file: str, contracts: Contracts) -> list[Line]:
    """Return the lines of a CSV file, cut at the separator under which a line names most columns."""

    def score(separator: str) -> int:
        start = list(islice(rows(text, separator, file=file), _LOOKED_AT))
        return _score(start, contracts)

    best = max(SEPARATORS, key=score)
    if not score(best):  # a header that nobody knows is shown cut where most separators are
        best = max(SEPARATORS, key=text[:1_000].split("\n", 1)[0].count)
    return list(islice(rows(text, best, file=file), contracts.max_rows + _LOOKED_AT + 1))


def _score(lines: Sequence[Line], contracts: Contracts) -> int:
    rows = [line for line in lines if isinstance(line, Row)]
    return max((table.recognises(row) for row in rows for _slug, table in contracts.tables), default=0)


def _recognised(lines: Sequence[Line], contracts: Contracts) -> tuple[str, Table, int] | None:
    """Return the table that fits best and the index of its header."""
    best, most = None, 0
    for index, line in enumerate(lines[:_LOOKED_AT]):
        for name, table in contracts.tables:
            score = table.recognises(line) if isinstance(line, Row) else 0
            if score > most:
                best, most = (name, table, index), score
    return best


def _read(
    lines: list[Line], place: Location, fit: tuple[str, Table, int], contracts: Contracts, collector: FindingCollector
) -> ReadTable:
    name, table, start = fit
    below: Iterator[Line] = iter(lines[start:])
    origin = header.lettered(place)
    reading = table.read_rows(below, origin, max_rows=contracts.max_rows, lenient=True)
    first = lines[start] if lines else None
    number = first.number if isinstance(first, Row) else 0
    if start:
        message = _("the headings stand only in row {number}; what stands above was not read", number=number)
        collector.add(_hint("table-header", message, replace(place, row=number)))
    return ReadTable(name, table, reading, place.sheet, number, tuple(line for line in lines if isinstance(line, Row)))


def _note_empty(intake: ReadContribution, file: str) -> None:
    """Say that nothing was filled in: no findings would read like praise, and there is nothing to publish."""
    tables = intake.tables
    filled = any(line.number > table.header for table in tables for line in table.lines)
    if tables and not filled and all(table.reading.complete for table in tables):
        message = _("nothing is filled in below the headings; fill in at least one row")
        place = Location(file=file, sheet=tables[0].sheet, row=tables[0].header)
        intake.collector.add(Finding(Severity.ERROR, "table-rows", message, place))


def _note_hidden(sheet: Sheet, file: str, collector: FindingCollector) -> None:
    numbers = {row.number for row in sheet.rows}
    hidden = [number for number in sheet.hidden if number in numbers]
    if sheet.unseen and (sheet.name or "").casefold() not in workbooks.own_sheets():
        message = _("the sheet is hidden and was read as well; delete it where it is out of date")
        collector.add(_hint("sheet-hidden", message, Location(file=file, sheet=sheet.name)))
    if hidden:
        listed = ", ".join(map(str, hidden[:_LOOKED_AT])) + ("…" if len(hidden) > _LOOKED_AT else "")
        message = _("hidden rows were read as well: {listed}", listed=listed)
        collector.add(_hint("sheet-hidden", message, Location(file=file, sheet=sheet.name)))


def _note_others(intake: ReadContribution, file: str, contracts: Contracts) -> None:
    """Say what was not read: in a hint where something else was, else as the fault of the file."""
    if intake.tables:
        for sheet in intake.others:
            if (sheet.name or "").casefold() not in workbooks.own_sheets():
                message = _("the sheet fits no template and was not read")
                intake.collector.add(_hint("sheet-unread", message, Location(file=file, sheet=sheet.name)))
        return
    message = _("the headings fit no template; use one of these: {titles}", titles=contracts.titles)
    intake.collector.add(Finding(Severity.ERROR, "table-description", message, Location(file=file)))


def _hint(rule: str, message: Message, place: Location) -> Finding:
    return Finding(Severity.HINT, rule, message, place)


def sheets(contribution: ReadContribution, file: str) -> list[CheckedSheet]:
    """Return the tables of a file as they were read, within bounds."""
    tables = [
        CheckedSheet(file, table.sheet, table.name, table.header, _bounded(table.lines), _canonical(table))
        for table in contribution.tables
    ]
    return [*tables, *(CheckedSheet(file, sheet.name, "", 0, _bounded(sheet.rows)) for sheet in contribution.others)]


def _bounded(rows: Iterable[Row]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    bounded: list[tuple[int, tuple[str, ...]]] = []
    room = _SHEET
    for row in rows:
        cells = tuple(text[:_CELL] for text in row.cells[: spreadsheets.MAX_COLUMNS])
        room -= sum(map(len, cells))
        if room < 0:
            break
        bounded.append((row.number, cells))
    return tuple(bounded)


def _canonical(table: ReadTable) -> str:
    """Return what was understood as CSV: the columns by name, each value in its one right form."""
    columns = [column for column in table.table.schema.columns if not column.virtual]
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for record in table.reading.records:
        writer.writerow([(column.separator or " ").join(record.values.get(column.name, ())) for column in columns])
    return output.getvalue()
