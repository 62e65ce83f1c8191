"""A sheet as CSV: separated by semicolons and marked as UTF-8, as spreadsheets in Germany open it."""

from __future__ import annotations

from ozg_lod.contributions.template_sheets import TemplateSheet
from ozg_lod.core.csv_writer import harmless, written


def write(sheet: TemplateSheet, *, separator: str = ";", mark: bool = True) -> bytes:
    """Return the table; a cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    rows = [[column.title for column in sheet.columns], *([harmless(cell) for cell in row] for row in sheet.rows)]
    return written(rows, separator=separator, mark=mark)
