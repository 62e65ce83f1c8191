"""Workbooks written in memory.

openpyxl's own `save` spools each sheet to a temporary file: what a stranger sent would lie on the disk, and a cage has
no files. So the one method that does is replaced, as of openpyxl 3.1.5.
"""

from __future__ import annotations

import io
import zipfile

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter


def saved(book: Workbook) -> bytes:
    """Return a workbook without pictures as XLSX."""
    content = io.BytesIO()
    _Writer(book, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED)).save()  # which closes the archive
    return content.getvalue()


class _Writer(ExcelWriter):
    """Writes the sheets into memory."""

    def __init__(self, book: Workbook, archive: zipfile.ZipFile) -> None:
        super().__init__(book, archive)
        self._sheets = archive

    def write_worksheet(self, ws: Worksheet) -> None:
        """Write one sheet, as the method it replaces does."""
        ws._drawing = SpreadsheetDrawing()  # type: ignore[attr-defined] # noqa: SLF001 - as there
        content = io.BytesIO()
        writer = WorksheetWriter(ws, content)
        writer.write()
        ws._rels = writer._rels  # type: ignore[attr-defined] # noqa: SLF001 - as there
        self._sheets.writestr(ws.path[1:], content.getvalue())
        self.manifest.append(ws)
