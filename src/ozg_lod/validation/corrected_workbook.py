"""The corrected workbook: what was sent with every sure suggestion put in, and a list of what was changed.

Only a suggestion about a whole cell is put in, only where the cell still says what the finding says, and never two in
one cell: what cannot be sure stays as it stands and is marked as in the marked workbook.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import Language, _, pgettext
from ozg_lod.tables.spreadsheet_parts import letter, number
from ozg_lod.tables.workbooks import SUGGESTIONS_SHEET, Book, Page
from ozg_lod.validation import marked_workbook
from ozg_lod.validation.examination import CheckedSheet, Examination

_HEADINGS: Final = (_("Sheet"), _("Cell"), pgettext("correction", "Before"), _("Now"))
_WIDTHS: Final = (32, 10, 36, 36)
_GREEN: Final = "#CDEBCF"


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
        return f"{letter(self.column)}{self.row}"


def changes(examination: Examination) -> tuple[Correction, ...]:
    """Return what the sure suggestions change, in the order of the sheets."""
    return tuple(
        change for index, sheet in enumerate(examination.sheets) for change in _of_sheet(index, sheet, examination)
    )


def workbook(examination: Examination, language: Language) -> bytes:
    """Return the XLSX: the list of changes, then the tables; changed cells are green, what is left is marked."""
    corrections = changes(examination)
    corrected = _after(examination, corrections)
    book = Book()
    first = book.page(SUGGESTIONS_SHEET[language])
    names = []
    for index, sheet in enumerate(corrected.sheets):
        marks = marked_workbook.marks(sheet, corrected, language) | _marks(index, corrections, language)
        names.append(marked_workbook.write_sheet(book, sheet, marks, language))
    _write_list(first, corrections, names, language)
    return book.saved()


def _marks(sheet: int, corrections: tuple[Correction, ...], language: Language) -> marked_workbook.Marks:
    before = _("Before")[language]
    return {
        (change.row, change.column): marked_workbook.Mark(_GREEN, (f"{before}: {change.before}",))
        for change in corrections
        if change.sheet == sheet
    }


def _of_sheet(index: int, sheet: CheckedSheet, examination: Examination) -> Iterator[Correction]:
    texts = dict(sheet.rows)
    done: set[tuple[int, int]] = set()
    for finding in examination.findings:
        place = finding.place
        here = (place.file, place.sheet) == (sheet.file, sheet.name)
        if not here or place.row is None or place.letter is None or finding.suggestion is None:
            continue
        row, column = place.row, number(place.letter)
        cells = texts.get(row, ())
        before = cells[column - 1] if column <= len(cells) else ""
        if before and before == finding.value and (row, column) not in done:
            done.add((row, column))
            yield Correction(index, row, column, before, finding.suggestion, finding)


def _after(examination: Examination, corrections: tuple[Correction, ...]) -> Examination:
    """Return the examination with the changed texts and without the findings that the changes answer."""
    now = {(change.sheet, change.row, change.column): change.now for change in corrections}
    sheets = tuple(
        replace(
            sheet,
            rows=tuple(
                (row, tuple(now.get((index, row, column), text) for column, text in enumerate(texts, start=1)))
                for row, texts in sheet.rows
            ),
        )
        for index, sheet in enumerate(examination.sheets)
    )
    answered = {id(change.finding) for change in corrections}
    open_findings = tuple(finding for finding in examination.findings if id(finding) not in answered)
    return replace(examination, sheets=sheets, findings=open_findings)


def _write_list(page: Page, corrections: tuple[Correction, ...], names: list[str], language: Language) -> None:
    marked_workbook.write_head(page, SUGGESTIONS_SHEET[language], [heading[language] for heading in _HEADINGS], _WIDTHS)
    for row, change in enumerate(corrections, start=4):
        texts = (names[change.sheet], change.cell, change.before, change.now)
        for column, text in enumerate(texts, start=1):
            page.write(row, column, text)
