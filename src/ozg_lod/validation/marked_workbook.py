"""The marked workbook: what was sent, as a fresh XLSX with the faulty cells coloured and explained, and a report sheet.

It is written from the texts that were read, never from the file itself, so nothing of that file is in it: no macro, no
link, no formula. A text that looks like a formula stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.core.messages import Language, _
from ozg_lod.tables.spreadsheet_parts import number
from ozg_lod.tables.workbooks import BOLD, REPORT_SHEET, TEXT, Book, Page, Style, legal
from ozg_lod.validation import report
from ozg_lod.validation.examination import CheckedSheet, Examination
from ozg_lod.validation.grouped_findings import NAMES, finding_location, unlisted

TITLE: Final = Style(bold=True, size=14)
_COLOURS: Final = {Severity.ERROR: "#F4B6B6", Severity.WARNING: "#FCE5A8", Severity.HINT: "#CFE3F7"}
_TABLE: Final = _("Table")
_WIDEST: Final = 60
_NARROWEST: Final = 10
_WIDTHS: Final = (10, 24, 18, 8, 8, 28, 70, 24, 24)
_SENTENCE: Final = 7


@dataclass(frozen=True, slots=True)
class Mark:
    """The colour of a cell and what its comment says."""

    colour: str
    lines: tuple[str, ...]


Marks = dict[tuple[int, int], Mark]
"""The marks of one sheet by row and column."""


def workbook(examination: Examination, language: Language) -> bytes:
    """Return the XLSX; with a report sheet alone where nothing could be read as a table."""
    book = Book()
    _write_report(book.page(REPORT_SHEET[language]), examination, language)
    for sheet in examination.sheets:
        write_sheet(book, sheet, marks(sheet, examination, language), language)
    return book.saved()


def marks(sheet: CheckedSheet, examination: Examination, language: Language) -> Marks:
    """Return the marks of the faulty cells, each in the colour of the gravest of its findings (which comes first)."""
    by_cell: dict[tuple[int, int], list[Finding]] = {}
    for finding in examination.findings:
        place = finding.place
        if place.row is not None and (place.file, place.sheet) == (sheet.file, sheet.name):
            by_cell.setdefault((place.row, number(place.letter or "A")), []).append(finding)
    return {
        cell: Mark(_COLOURS[findings[0].severity], tuple(_sentence(finding, language) for finding in findings))
        for cell, findings in by_cell.items()
    }


def write_sheet(book: Book, sheet: CheckedSheet, marked: Marks, language: Language) -> str:
    """Add a page with a table, its marked cells coloured and explained; return the name of the page."""
    page = book.page(legal(sheet.name or _stem(sheet.file)) or _TABLE[language])
    texts = {(row, column): text for row, cells in sheet.rows for column, text in enumerate(cells, start=1)}
    for column, width in _widths(texts).items():
        page.widen(column, width)
        texts.setdefault((sheet.header, column), "")
    for (row, column), text in (dict.fromkeys(marked, "") | texts).items():
        if row:
            page.write(row, column, text, _style(marked.get((row, column)), bold=row == sheet.header))
    for (row, column), mark in marked.items():
        page.comment(row, column, "\n".join(mark.lines), width=360, height=40 + 60 * len(mark.lines))
    if sheet.header:
        page.sheet.freeze_panes(sheet.header, 0)
    return page.name


def _stem(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0] or file


def _widths(texts: Mapping[tuple[int, int], str]) -> dict[int, int]:
    widths: dict[int, int] = {}
    for (_row, column), text in texts.items():
        widths[column] = max(widths.get(column, _NARROWEST), min(len(text) + 2, _WIDEST))
    return widths


def _style(mark: Mark | None, *, bold: bool) -> Style:
    return Style(bold=bold, fill=mark.colour) if mark else BOLD if bold else TEXT


def write_head(page: Page, title: str, headings: Iterable[str], widths: tuple[int, ...]) -> None:
    """Write the title of a list and the headings of its columns, which stay in sight."""
    page.write(1, 1, title, TITLE)
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True), start=1):
        page.write(3, column, heading, BOLD)
        page.widen(column, width)
    page.sheet.freeze_panes(3, 0)


def _write_report(page: Page, examination: Examination, language: Language) -> None:
    grouped = report.grouped(examination, language)
    write_head(page, grouped.headline, [heading[language] for heading in report.HEADINGS], _WIDTHS)
    rows = [(group, location) for group in grouped.groups for location in group.locations]
    for row, (group, location) in enumerate(rows, start=4):
        for column, text in enumerate(report.row(group, location, language), start=1):
            fill = _COLOURS[group.severity] if column == 1 else ""
            page.write(row, column, text, Style(fill=fill, wrap=column == _SENTENCE, top=True))
    if examination.truncated:
        page.write(len(rows) + 4, 1, unlisted(examination)[language])


def _sentence(finding: Finding, language: Language) -> str:
    suggestion = finding_location(finding, language).suggestion
    proposed = _(" Suggestion: {suggestion}", suggestion=suggestion)[language] if suggestion else ""
    sentence = finding.message[language].rstrip(".")
    end = "" if sentence.endswith("?") else "."
    return f"{NAMES[finding.severity][language]}: {sentence}{end}{proposed}"
