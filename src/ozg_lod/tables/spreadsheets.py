"""Spreadsheets: the bytes of an XLSX, XLS or ODS file as sheets of rows of text, or sentences that say why not.

What a file is, its first bytes say, not its name. Values are python-calamine's; what they do not tell (formulas,
errors, hidden rows) comes from `sheet_parts`, which also keeps sheets away from it that would take all memory. Every
cell keeps what kind of value it was, because a number in a column of keys has lost its leading zero.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Text, _
from ozg_lod.tables import spreadsheet_parts, zip_parts
from ozg_lod.tables.csv_rows import Row
from ozg_lod.tables.spreadsheet_parts import Marks

SUFFIXES: Final = (".xlsx", ".xls", ".ods", ".xlsm")
MAX_COLUMNS: Final = 50
_ABOVE: Final = 20
"""How many rows may stand above the header."""
_NO_NUMBER: Final = "#NUM!"
"""What spreadsheets call a number that is none, or too large to be one."""
_EXACT: Final = 2**53
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_WEB: Final = (b"<html", b"<!doctype html", b"<table", b"<head", b"<meta")
_STRICT: Final = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_TRANSITIONAL: Final = rb"http://schemas.openxmlformats.org/\1/2006/\2"
"""Names of the strict kind of Office Open XML (ISO/IEC 29500-1), and of the one that all programs write and read."""
_MS: Final = b"<?mso-application"


@dataclass(frozen=True)
class Sheet:
    """One sheet with content; `name` is None for a file that has no sheets. Row.types says what each cell was."""

    name: str | None
    rows: tuple[Row, ...]
    hidden: tuple[int, ...] = ()
    unseen: bool = False


def is_spreadsheet(name: str, content: bytes) -> bool:
    """Tell whether a file is one by its bytes, or claims to be one by its name."""
    return name.lower().endswith(SUFFIXES) or content.startswith((zip_parts.SIGNATURE, _OLE))


def read(content: bytes, *, file: str, max_rows: int) -> list[Sheet] | Finding | None:
    """Return the sheets of a spreadsheet, the finding about why it has none, or None for what is plain text."""
    if content.startswith(zip_parts.SIGNATURE):
        return _packed(content, file, max_rows)
    if content.startswith(_OLE):
        return _refused("file-password", _PASSWORD, file) if _ENCRYPTED in content else _sheets(content, {}, file)
    start = content[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_WEB) or _MS in start or (start.startswith(b"<?xml") and b"<" in start):
        return _refused("file-kind", _IS_WEB_PAGE, file)
    if not content.strip():
        return _refused("file-kind", _IS_EMPTY, file)
    return None if b"\0" not in content[:1_000] or content[:2] in {b"\xff\xfe", b"\xfe\xff"} else _damaged(file)


_PASSWORD: Final = _("the file is protected with a password; save it without one")
_IS_WEB_PAGE: Final = _(
    "the file is named like a spreadsheet but is a web page (HTML or XML); open it in your "
    'spreadsheet program and save it as an Excel workbook or as "CSV UTF-8"'
)
_IS_EMPTY: Final = _("the file is empty; choose the right file")


def _packed(content: bytes, file: str, max_rows: int) -> list[Sheet] | Finding:
    parts = zip_parts.parts(content, file)
    if isinstance(parts, Finding):
        return parts
    content, parts = _transitional(content, parts)
    if "content.xml" not in parts and "xl/workbook.xml" not in parts:
        message = _('the file is no spreadsheet; send an Excel workbook, an ODS file or "CSV UTF-8"')
        return _refused("file-kind", message, file)
    if b"manifest:encryption-data" in parts.get("META-INF/manifest.xml", b""):
        return _refused("file-password", _PASSWORD, file)
    try:
        marks = spreadsheet_parts.marks(parts)
    except (spreadsheet_parts.Unreadable, ValueError):
        return _damaged(file)
    for name, mark in marks.items():
        if mark.height > max_rows + _ABOVE or mark.width > MAX_COLUMNS:
            return _too_large(mark, max_rows, Location(file=file, sheet=name))
    return _sheets(content, marks, file)


def _transitional(content: bytes, parts: dict[str, bytes]) -> tuple[bytes, dict[str, bytes]]:
    """Return a workbook and its parts, one of the strict kind as the kind that is read."""
    if not _STRICT.search(parts.get("xl/workbook.xml", b"")):
        return content, parts
    parts = {name: _STRICT.sub(_TRANSITIONAL, part) for name, part in parts.items()}
    return zip_parts.packed(parts), parts


def _too_large(mark: Marks, max_rows: int, place: Location) -> Finding:
    wide = mark.width > MAX_COLUMNS
    end = spreadsheet_parts.letter(mark.width) if wide else str(mark.height)
    limit = MAX_COLUMNS if wide else max_rows
    message = _(
        "the sheet reaches row {end}; {limit} rows are read. Delete what stands there, or split the table",
        end=end,
        limit=limit,
    )
    if wide:
        message = _(
            "the sheet reaches column {end}; {limit} columns are read. Delete what stands there, or split the table",
            end=end,
            limit=limit,
        )
    return Finding(Severity.ERROR, "table-size", message, place)


def _refused(rule: str, message: Text, file: str) -> Finding:
    return Finding(Severity.ERROR, rule, message, Location(file=file))


def _damaged(file: str) -> Finding:
    message = _("the file is damaged; open it in your spreadsheet program and save it again")
    return _refused("file-damaged", message, file)


def _sheets(content: bytes, marks: dict[str, Marks], file: str) -> list[Sheet] | Finding:
    import python_calamine  # noqa: PLC0415 - for those only who read spreadsheets

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        named = [(name, workbook.get_sheet_by_name(name)) for name in workbook.sheet_names]
        grids = [(name, sheet.to_python(skip_empty_area=False)) for name, sheet in named if sheet.end is not None]
    except python_calamine.PasswordError:
        return _refused("file-password", _PASSWORD, file)
    except (python_calamine.CalamineError, ValueError, OverflowError, TypeError):
        return _damaged(file)
    known = [(name, grid, marks.get(name, Marks())) for name, grid in grids]
    sheets = [Sheet(name, tuple(_rows(grid, mark)), tuple(mark.hidden), mark.unseen) for name, grid, mark in known]
    return [sheet for sheet in sheets if sheet.rows] or _refused("file-kind", _IS_EMPTY, file)


def _rows(grid: Sequence[Sequence[object]], marks: Marks) -> Iterator[Row]:
    """Yield the rows that hold something, numbered as a spreadsheet does."""
    for row, values in enumerate(grid, start=1):
        width = range(len(values))
        cells = [_cell(value, (row, column), marks) for column, value in enumerate(values, start=1)]
        if any(text.strip() or kind == "u" for text, kind in cells):
            links = tuple((index, marks.links[row, index + 1]) for index in width if (row, index + 1) in marks.links)
            merged = tuple(index for index in width if (row, index + 1) in marks.covered)
            yield Row(row, tuple(text for text, _ in cells), "".join(kind for _, kind in cells), links, merged)


def _cell(value: object, spot: spreadsheet_parts.Spot, marks: Marks) -> tuple[str, str]:
    """Return the text of a cell and what it was: see `Row`."""
    error, stored = marks.errors.get(spot), marks.formulas.get(spot)
    if error is not None:
        return error, "e"
    if stored is False:
        return "", "u"
    text, kind = _text(value)
    return text, "f" if stored else kind


def _text(value: object) -> tuple[str, str]:
    if isinstance(value, bool):
        return str(value).lower(), "b"
    if isinstance(value, float) and not math.isfinite(value):
        return _NO_NUMBER, "e"
    if isinstance(value, float | int):
        return (str(int(value)) if value == int(value) and abs(value) < _EXACT else repr(value)), "n"
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return (value.date().isoformat() if midnight else value.isoformat(" ", "seconds")), "d"
    if isinstance(value, dt.date):
        return value.isoformat(), "d"
    return str(value), "t"
