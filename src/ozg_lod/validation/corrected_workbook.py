"""The corrected workbook: what was sent with every sure suggestion put in, and a list of what was changed.

Only a suggestion about a whole cell is put in, only where the cell still says what the finding says, and never two in
one cell: what cannot be sure stays as it stands and is marked as in the marked workbook.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import Language, _, pgettext
from ozg_lod.tables import workbooks
from ozg_lod.validation import marked_workbook
from ozg_lod.validation.examination import CheckedSheet, Examination

TITLE: Final = _("Applied suggestions")
_HEADINGS: Final = (_("Sheet"), _("Cell"), pgettext("correction", "Before"), _("Now"))
_WIDTHS: Final = (32, 10, 36, 36)
_GREEN: Final = PatternFill("solid", start_color="FFCDEBCF", end_color="FFCDEBCF")


@dataclass(frozen=True, slots=True)
class Correction:
    """One cell: the place of its sheet in the examination, its row and column (from 1), its text before and now."""

    sheet: int
    row: int
    column: int
    before: str
    now: str
    finding: Finding

    @property
    def cell(self) -> str:
        """Return what a spreadsheet calls the cell."""
        return f"{get_column_letter(self.column)}{self.row}"


def changes(examination: Examination) -> tuple[Correction, ...]:
    """Return what the sure suggestions change, in the order of the sheets."""
    return tuple(
        change for number, sheet in enumerate(examination.sheets) for change in _of_sheet(number, sheet, examination)
    )


def workbook(examination: Examination, language: Language) -> bytes:
    """Return the XLSX: the list of changes, then the tables; changed cells are green, what is left is marked."""
    made = changes(examination)
    book = Workbook()
    names = marked_workbook.write_sheets(book, _after(examination, made), language)
    _write_list(book.worksheets[0], made, names, language)
    for change in made:
        cell = book[names[change.sheet]].cell(change.row, change.column)
        cell.fill = _GREEN
        before = _("Before: {before}", before=change.before)[language]
        cell.comment = Comment(marked_workbook.clean(before), "ozg-lod", width=360, height=60)
    return workbooks.saved(book)


def _of_sheet(number: int, sheet: CheckedSheet, examination: Examination) -> Iterator[Correction]:
    texts = dict(sheet.rows)
    done: set[tuple[int, int]] = set()
    for finding in examination.findings:
        place = finding.place
        here = (place.file, place.sheet) == (sheet.file, sheet.name)
        if not here or place.row is None or place.letter is None or finding.suggestion is None:
            continue
        row, column = place.row, column_index_from_string(place.letter)
        cells = texts.get(row, ())
        before = cells[column - 1] if column <= len(cells) else ""
        if before and before == finding.value and (row, column) not in done:
            done.add((row, column))
            yield Correction(number, row, column, before, finding.suggestion, finding)


def _after(examination: Examination, made: tuple[Correction, ...]) -> Examination:
    """Return the examination with the changed texts and without the findings that the changes answer."""
    now = {(change.sheet, change.row, change.column): change.now for change in made}
    sheets = tuple(
        replace(
            sheet,
            rows=tuple(
                (row, tuple(now.get((number, row, column), text) for column, text in enumerate(texts, start=1)))
                for row, texts in sheet.rows
            ),
        )
        for number, sheet in enumerate(examination.sheets)
    )
    answered = [change.finding for change in made]
    left = tuple(found for found in examination.findings if not any(found is one for one in answered))
    return replace(examination, sheets=sheets, findings=left)


def _write_list(page: Worksheet, made: tuple[Correction, ...], names: list[str], language: Language) -> None:
    page.title = TITLE[language]
    marked_workbook.put(page, 1, 1, TITLE[language])
    page.cell(1, 1).font = Font(bold=True, size=14)
    for column, (heading, width) in enumerate(
        zip((heading[language] for heading in _HEADINGS), _WIDTHS, strict=True), start=1
    ):
        marked_workbook.put(page, 3, column, heading)
        page.cell(3, column).font = Font(bold=True)
        page.column_dimensions[get_column_letter(column)].width = width
    for row, change in enumerate(made, start=4):
        texts = (names[change.sheet], change.cell, change.before, change.now)
        for column, text in enumerate(texts, start=1):
            marked_workbook.put(page, row, column, text)
    page.freeze_panes = "A4"
