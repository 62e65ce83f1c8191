"""Workbooks written in memory: text that stays text, in cells that say what they are by colour and comment.

The same input gives the same bytes, and nothing touches disk or clock, since a cage has neither. XlsxWriter rejects
names of sheets and leaves out comments that Excel would not take, so both are cut here.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ozg_lod.core.messages import LANGUAGES, _, pgettext

_CREATED: Final = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
_CREATOR: Final = "ozg-lod"
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LINE_END: Final = re.compile(r"\r\n?")
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_LONGEST_COMMENT: Final = 32_767
LONGEST_NAME: Final = 31

HELP_SHEET: Final = _("How it works")
LOOKUP_SHEET: Final = pgettext("sheets", "Look up")
VERSION_SHEET: Final = _("Version")
REPORT_SHEET: Final = _("Report")
SUGGESTIONS_SHEET: Final = _("Applied suggestions")


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell looks; `fill` is a colour as "#RRGGBB", `form` a number format ("@" is text)."""

    bold: bool = False
    size: int = 11
    fill: str = ""
    wrap: bool = False
    top: bool = False
    form: str = "@"


@cache
def own_sheets() -> frozenset[str]:
    """Return what the sheets of templates and reports are called that hold no table, folded, in every language."""
    names = (HELP_SHEET, LOOKUP_SHEET, VERSION_SHEET, REPORT_SHEET, SUGGESTIONS_SHEET, _("Help"))
    return frozenset(name[language].casefold() for name in names for language in LANGUAGES)


TEXT: Final = Style()
BOLD: Final = Style(bold=True)


class Book:
    """A workbook; rows and columns are counted from 1."""

    def __init__(self, title: str = "") -> None:
        self._content = io.BytesIO()
        self._book = Workbook(self._content, {"in_memory": True})
        self._book.set_properties({"title": title, "author": _CREATOR, "created": _CREATED})
        self._formats: dict[Style, Format] = {}

    def page(self, wanted: str) -> Page:
        """Add a sheet; a number is put to a (legal) name that another has."""
        name = _free(wanted, self._book.sheetnames)
        return Page(name, self._book.add_worksheet(name), self)

    def format(self, style: Style) -> Format:
        if style not in self._formats:
            options = {"bold": style.bold, "font_size": style.size, "num_format": style.form, "text_wrap": style.wrap}
            options |= {"bg_color": style.fill} if style.fill else {}
            options |= {"valign": "top"} if style.top else {}
            self._formats[style] = self._book.add_format(options)
        return self._formats[style]

    def saved(self) -> bytes:
        """Return the workbook as XLSX; nothing can be added afterwards."""
        self._book.close()
        return self._content.getvalue()


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet of a workbook."""

    name: str
    sheet: Worksheet
    book: Book

    def write(self, row: int, column: int, text: str, style: Style = TEXT) -> None:
        """Write text as text, whatever it looks like."""
        if text:
            self.sheet.write_string(row - 1, column - 1, _clean(text), self.book.format(style))
        elif style != TEXT:
            self.sheet.write_blank(row - 1, column - 1, None, self.book.format(style))

    def write_day(self, row: int, column: int, day: dt.date, style: Style) -> None:
        midnight = dt.datetime.combine(day, dt.time())
        self.sheet.write_datetime(row - 1, column - 1, midnight, self.book.format(style))

    def comment(self, row: int, column: int, text: str, *, width: int, height: int) -> None:
        """Explain a cell; `width` and `height` of the box are in pixels."""
        options: dict[str, str | int | float] = {"author": _CREATOR, "width": width, "height": height}
        self.sheet.write_comment(row - 1, column - 1, _cut(_clean(text), _LONGEST_COMMENT), options)

    def widen(self, column: int, width: float, style: Style | None = None) -> None:
        """Set the width of a column in characters, and the style of its empty cells."""
        self.sheet.set_column(column - 1, column - 1, width, self.book.format(style) if style else None)


def legal(name: str, most: int = LONGEST_NAME) -> str:
    """Return what Excel allows in the name of a sheet, "" where nothing remains."""
    return _cut(_NOT_IN_NAMES.sub(" ", _clean(name)).strip("' "), most).strip("' ")


def _free(wanted: str, names: Iterable[str]) -> str:
    """Return a name that none of those taken is, whatever their capitals."""
    folded = {name.casefold() for name in names}
    numbered = (f"{legal(wanted, LONGEST_NAME - 4)} {number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name.casefold() not in folded)


def _clean(text: str) -> str:
    """Return a text with a mark in place of what no cell can hold, and the line ends that a cell has."""
    return _NO_TEXT.sub("\ufffd", _LINE_END.sub("\n", text))


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text; Excel counts in units of UTF-16."""
    return text.encode("utf-16-le", "replace")[: 2 * most].decode("utf-16-le", "ignore")
