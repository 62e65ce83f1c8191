"""A sheet as an Excel file: help, the table with its lists, keys to look up, and where it comes from.

Every cell but a day is text, so that nothing becomes a date, a number or a formula on its own.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Final, cast

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ozg_lod.contributions.template_sheets import ROWS, TemplateColumn, TemplateSheet, version_lines
from ozg_lod.core.messages import _, pgettext
from ozg_lod.tables.workbooks import saved

_TEXT: Final = "@"
_DAY: Final = "DD.MM.YYYY"
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME: Final = 31
_HEAD: Final = PatternFill("solid", fgColor="DCE5F7")
_HEAD_OPTIONAL: Final = PatternFill("solid", fgColor="EEF1F8")


def write(sheet: TemplateSheet, address: str) -> bytes:
    """Return the workbook; `address` is where the filled file can be checked."""
    book = Workbook()
    book.remove(book.worksheets[0])
    say = sheet.language
    _help(book.create_sheet(_("How it works")[say]), sheet, address)
    _table(book.create_sheet(name(sheet.title)), sheet)
    if sheet.lookups:
        _lookups(book.create_sheet(pgettext("sheets", "Look up")[say]), sheet)
    _version(book.create_sheet("Version"), sheet)
    book.active = 1
    book.properties.title, book.properties.creator = sheet.title, "ozg-lod"
    return saved(book)


def name(title: str) -> str:
    r"""Return a name a sheet may have (Excel: 31 characters, none of []:*?/\)."""
    allowed = _NOT_IN_NAMES.sub(" ", title).strip()
    if len(allowed) <= _LONGEST_NAME:
        return allowed
    return allowed[: _LONGEST_NAME + 1].rpartition(" ")[0] or allowed[:_LONGEST_NAME]


def _put(page: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write text that stays text, whatever it begins with."""
    cell = cast("Cell", page.cell(row, column))  # nothing is merged here
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text) or None
    if text:
        cell.data_type = "s"
    cell.number_format = _TEXT
    return cell


def _make_day(cell: Cell, text: str) -> None:
    """Let a cell hold a day; what is none stays text."""
    cell.number_format = _DAY
    with contextlib.suppress(ValueError):
        cell.value = dt.date.fromisoformat(text)


def _help(page: Worksheet, sheet: TemplateSheet, address: str) -> None:
    page.column_dimensions["A"].width = 100
    _put(page, 1, 1, sheet.title).font = Font(bold=True, size=16)
    for row, line in enumerate(sheet.help(address), start=3):
        _put(page, row, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
    page.sheet_view.showGridLines = False


def _table(page: Worksheet, sheet: TemplateSheet) -> None:
    say = sheet.language
    for number, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(number)
        page.column_dimensions[letter].width = column.width
        page.column_dimensions[letter].number_format = _DAY if column.day else _TEXT
        head = _put(page, 1, number, column.title)
        head.font = Font(bold=True)
        head.fill = _HEAD if column.required else _HEAD_OPTIONAL
        head.alignment = Alignment(wrap_text=True, vertical="top")
        head.comment = Comment(column.note(say), "ozg-lod", height=160, width=320)
        rule = _rule(column, sheet)
        if rule is not None:
            page.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{ROWS + 1}")
    page.row_dimensions[1].height = 48
    for row, texts in enumerate(sheet.rows, start=2):
        for number, (column, text) in enumerate(zip(sheet.columns, texts, strict=True), start=1):
            cell = _put(page, row, number, text)
            if column.day:
                _make_day(cell, text)
    page.freeze_panes = "A2"


def _rule(column: TemplateColumn, sheet: TemplateSheet) -> DataValidation | None:
    """Return the list to choose from; one of keys only proposes, since others may be right too."""
    say = sheet.language
    if column.choices:
        listed = ",".join(column.choices)
        rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=True)
        rule.error, rule.errorTitle = (
            _("Allowed: {values}", values=", ".join(column.choices))[say],
            column.title[:32],
        )
        return rule
    if column.lookup is None:
        return None
    letter = get_column_letter(2 * column.lookup + 1)
    last = len(sheet.lookups[column.lookup].entries) + 1
    where = f"'{pgettext('sheets', 'Look up')[say]}'!${letter}$2:${letter}${last}"
    return DataValidation(type="list", formula1=where, allow_blank=True, showErrorMessage=False)


def _lookups(page: Worksheet, sheet: TemplateSheet) -> None:
    say = sheet.language
    for index, lookup in enumerate(sheet.lookups):
        first = 2 * index + 1
        _put(page, 1, first, lookup.title)
        _put(page, 1, first + 1, _("What it stands for")[say])
        for number, width in ((first, 24), (first + 1, 44)):
            page.cell(1, number).font = Font(bold=True)
            page.column_dimensions[get_column_letter(number)].width = width
        for row, (key, text) in enumerate(lookup.entries, start=2):
            _put(page, row, first, key)
            _put(page, row, first + 1, text)
    page.freeze_panes = "A2"


def _version(page: Worksheet, sheet: TemplateSheet) -> None:
    for row, (label, text) in enumerate(version_lines(sheet), start=1):
        _put(page, row, 1, label)
        _put(page, row, 2, text)
    page.sheet_state = "hidden"
