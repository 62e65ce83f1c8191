"""The marked workbook: what was sent, as a fresh XLSX with the faulty cells coloured and explained, and a report sheet.

It is written from the texts that were read, never from the file itself, so nothing of that file is in it: no macro, no
link, no formula. A text that looks like a formula stays text.
"""

from __future__ import annotations

import re
from typing import Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.core.messages import Language, _
from ozg_lod.tables import workbooks
from ozg_lod.validation import report
from ozg_lod.validation.examination import CheckedSheet, Examination
from ozg_lod.validation.grouped_findings import NAMES, spot

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLOURS: Final = {Severity.ERROR: "FFF4B6B6", Severity.WARNING: "FFFCE5A8", Severity.HINT: "FFCFE3F7"}
_REPORT: Final = _("Report")
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
_WIDEST: Final = 60
_NARROWEST: Final = 10
_LONGEST_NAME: Final = 31
_WIDTHS: Final = (10, 24, 18, 8, 8, 28, 70, 24, 24)
_SENTENCE: Final = 7


def workbook(examination: Examination, language: Language) -> bytes:
    """Return the XLSX; with a report sheet alone where nothing could be read as a table."""
    book = Workbook()
    _write_report(book.worksheets[0], examination, language)
    write_sheets(book, examination, language)
    return workbooks.saved(book)


def write_sheets(book: Workbook, examination: Examination, language: Language) -> list[str]:
    """Add a page for each table, its faulty cells coloured and explained; return the names of the pages."""
    names = []
    for sheet in examination.sheets:
        names.append(_name(sheet, book, language))
        _write_sheet(book.create_sheet(names[-1]), sheet, examination, language)
    return names


def _name(sheet: CheckedSheet, book: Workbook, language: Language) -> str:
    wanted = _FORBIDDEN.sub(" ", clean(sheet.name or _stem(sheet.file))).strip("' ")[:_LONGEST_NAME]
    taken = {name.casefold() for name in book.sheetnames}
    number, name = 1, wanted or _("Table")[language]
    while name.casefold() in taken:
        number += 1
        name = f"{wanted[: _LONGEST_NAME - 4]} {number}"
    return name


def _stem(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0] or file


def _write_report(page: Worksheet, examination: Examination, language: Language) -> None:
    page.title = _REPORT[language]
    found = report.grouped(examination, language)
    put(page, 1, 1, found.headline)
    page.cell(1, 1).font = Font(bold=True, size=14)
    for column, (heading, width) in enumerate(
        zip((heading[language] for heading in report.HEADINGS), _WIDTHS, strict=True), start=1
    ):
        put(page, 3, column, heading)
        page.cell(3, column).font = Font(bold=True)
        page.column_dimensions[get_column_letter(column)].width = width
    rows = [(cause, one) for cause in found.causes for one in cause.spots]
    for number, (cause, one) in enumerate(rows, start=4):
        for column, text in enumerate(report.row(cause, one, language), start=1):
            put(page, number, column, text)
            page.cell(number, column).alignment = Alignment(wrap_text=column == _SENTENCE, vertical="top")
        page.cell(number, 1).fill = _fill(cause.severity)
    if found.truncated:
        more = _("{truncated} more are not listed.", truncated=found.truncated)
        put(page, len(rows) + 4, 1, more[language])
    page.freeze_panes = "A4"


def _write_sheet(page: Worksheet, sheet: CheckedSheet, examination: Examination, language: Language) -> None:
    widths: dict[int, int] = {}
    for number, texts in sheet.rows:
        for column, text in enumerate(texts, start=1):
            put(page, number, column, text)
            widths[column] = max(widths.get(column, _NARROWEST), min(len(text) + 2, _WIDEST))
    for column, width in widths.items():
        page.column_dimensions[get_column_letter(column)].width = width
        if sheet.header:
            page.cell(sheet.header, column).font = Font(bold=True)
    if sheet.header:
        page.freeze_panes = f"A{sheet.header + 1}"
    for (row, column), findings in _by_cell(sheet, examination).items():
        _mark(page, row, column, findings, language)


def _by_cell(sheet: CheckedSheet, examination: Examination) -> dict[tuple[int, int], list[Finding]]:
    """Return the findings of each cell; those about a whole row are at its first."""
    found: dict[tuple[int, int], list[Finding]] = {}
    for finding in examination.findings:
        place = finding.place
        if place.row is not None and (place.file, place.sheet) == (sheet.file, sheet.name):
            found.setdefault((place.row, column_index_from_string(place.letter or "A")), []).append(finding)
    return found


def _mark(page: Worksheet, row: int, column: int, findings: list[Finding], language: Language) -> None:
    """Colour a cell by the gravest of its findings (they come gravest first) and explain it in a comment."""
    cell = page.cell(row, column)
    cell.fill = _fill(findings[0].severity)
    lines = [_sentence(finding, language) for finding in findings]
    cell.comment = Comment(clean("\n".join(lines)), "ozg-lod", width=360, height=40 + 60 * len(lines))


def _sentence(finding: Finding, language: Language) -> str:
    suggestion = spot(finding, language).suggestion
    proposed = _(" Suggestion: {suggestion}", suggestion=suggestion)[language] if suggestion else ""
    said = finding.message[language].rstrip(".")
    end = "" if said.endswith("?") else "."
    return f"{NAMES[finding.severity][0][language].capitalize()}: {said}{end}{proposed}"


def put(page: Worksheet, row: int, column: int, text: str) -> None:
    """Write text as text, whatever it looks like."""
    if not text:
        return
    cell = page.cell(row, column)
    cell.value = clean(text)
    cell.data_type = "s"
    cell.number_format = "@"


def clean(text: str) -> str:
    """Return a text without the characters that no cell can hold."""
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)


def _fill(severity: Severity) -> PatternFill:
    return PatternFill("solid", start_color=_COLOURS[severity], end_color=_COLOURS[severity])
