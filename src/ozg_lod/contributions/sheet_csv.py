"""A sheet as CSV: separated by semicolons and marked as UTF-8, as spreadsheets in Germany open it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ozg_lod.contributions.sheets import Sheet

_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


def write(sheet: Sheet, *, separator: str = ";", mark: bool = True) -> bytes:
    """Return the table; a cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow([column.title for column in sheet.columns])
    writer.writerows([[f"'{cell}" if cell.startswith(_FORMULAS) else cell for cell in row] for row in sheet.rows])
    return text.getvalue().encode("utf-8-sig" if mark else "utf-8")
