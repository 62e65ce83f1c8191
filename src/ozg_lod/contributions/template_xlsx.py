"""A sheet as an Excel file: help, the table with its lists, keys to look up, and where it comes from.

Every cell but a day is text, so that nothing becomes a date, a number or a formula on its own.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any, Final

from ozg_lod.contributions.template_sheets import ROWS, TemplateColumn, TemplateSheet, version_lines
from ozg_lod.core.messages import _, pgettext
from ozg_lod.tables.spreadsheet_parts import letter
from ozg_lod.tables.workbooks import (
    BOLD,
    HELP_SHEET,
    LONGEST_NAME,
    LOOKUP_SHEET,
    TEXT,
    VERSION_SHEET,
    Book,
    Page,
    Style,
    legal,
)

_DAY: Final = Style(form="DD.MM.YYYY")
_TITLE: Final = Style(bold=True, size=16)
_PARAGRAPH: Final = Style(wrap=True, top=True)
_HEAD: Final = Style(bold=True, wrap=True, top=True, fill="#DCE5F7")
_HEAD_OPTIONAL: Final = Style(bold=True, wrap=True, top=True, fill="#EEF1F8")


def write(sheet: TemplateSheet, address: str) -> bytes:
    """Return the workbook; `address` is where the filled file can be checked."""
    book = Book(sheet.title)
    say = sheet.language
    _help(book.page(HELP_SHEET[say]), sheet, address)
    _table(book.page(name(sheet.title)), sheet)
    if sheet.lookups:
        _lookups(book.page(LOOKUP_SHEET[say]), sheet)
    _version(book.page(VERSION_SHEET[say]), sheet)
    return book.saved()


def name(title: str) -> str:
    """Return a name that a sheet may have, cut between words."""
    allowed = legal(title, LONGEST_NAME + 1)
    if len(allowed) <= LONGEST_NAME:
        return allowed
    return allowed.rpartition(" ")[0] or legal(allowed)


def _help(page: Page, sheet: TemplateSheet, address: str) -> None:
    page.widen(1, 100)
    page.write(1, 1, sheet.title, _TITLE)
    for row, line in enumerate(sheet.help(address), start=3):
        page.write(row, 1, line, _PARAGRAPH)
    page.sheet.hide_gridlines(2)  # on the screen too


def _table(page: Page, sheet: TemplateSheet) -> None:
    say = sheet.language
    for number, column in enumerate(sheet.columns, start=1):
        page.widen(number, column.width, _DAY if column.day else TEXT)
        page.write(1, number, column.title, _HEAD if column.required else _HEAD_OPTIONAL)
        page.comment(1, number, column.note(say), width=320, height=160)
        rule = _rule(column, sheet)
        if rule:
            page.sheet.data_validation(1, number - 1, ROWS, number - 1, {"validate": "list", **rule})
    page.sheet.set_row(0, 48)
    for row, texts in enumerate(sheet.rows, start=2):
        for number, (column, text) in enumerate(zip(sheet.columns, texts, strict=True), start=1):
            _fill(page, row, number, text, day=column.day)
    page.sheet.freeze_panes(1, 0)
    page.sheet.activate()


def _fill(page: Page, row: int, column: int, text: str, *, day: bool) -> None:
    """Write a cell of the table; what should be a day and is none stays text."""
    page.write(row, column, text, _DAY if day else TEXT)
    if day:
        with contextlib.suppress(ValueError):
            page.write_day(row, column, dt.date.fromisoformat(text), _DAY)


def _rule(column: TemplateColumn, sheet: TemplateSheet) -> dict[str, Any]:
    """Return the list to choose from; one of keys only proposes, since others may be right too."""
    say = sheet.language
    if column.choices:
        sentence = _("Allowed: {values}", values=", ".join(column.choices))[say]
        return {"source": list(column.choices), "error_title": column.title[:32], "error_message": sentence}
    if column.lookup is None:
        return {}
    name, last = letter(2 * column.lookup + 1), len(sheet.lookups[column.lookup].entries) + 1
    return {"source": f"='{pgettext('sheets', 'Look up')[say]}'!${name}$2:${name}${last}", "show_error": False}


def _lookups(page: Page, sheet: TemplateSheet) -> None:
    say = sheet.language
    for index, lookup in enumerate(sheet.lookups):
        first = 2 * index + 1
        for column, title, width in ((first, lookup.title, 24), (first + 1, _("What it stands for")[say], 44)):
            page.write(1, column, title, BOLD)
            page.widen(column, width)
        for row, (key, text) in enumerate(lookup.entries, start=2):
            page.write(row, first, key)
            page.write(row, first + 1, text)
    page.sheet.freeze_panes(1, 0)


def _version(page: Page, sheet: TemplateSheet) -> None:
    for row, (label, text) in enumerate(version_lines(sheet), start=1):
        page.write(row, 1, label)
        page.write(row, 2, text)
    page.sheet.hide()
