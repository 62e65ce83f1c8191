"""A sheet as an OpenDocument spreadsheet (ODF 1.3): a few XML files, written from templates and zipped.

No library that is at hand writes the lists to choose from, and the format needs none.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

from ozg_lod.contributions.template_sheets import ROWS, TemplateSheet, version_lines
from ozg_lod.contributions.template_xlsx import name
from ozg_lod.rdf.formats import ODS
from ozg_lod.site.pages import fill

_PARTS: Final = ("content.xml", "styles.xml", "settings.xml", "meta.xml", "META-INF/manifest.xml")
_NOT_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MADE: Final = (1980, 1, 1, 0, 0, 0)
"""The time every part carries, so that the same sheet gives the same bytes."""


def write(sheet: TemplateSheet, address: str) -> bytes:
    """Return the spreadsheet; `address` is where the filled file can be checked."""
    gaps: dict[str, object] = {
        "sheet": sheet,
        "title": name(sheet.title),
        "help": sheet.help(address),
        "versions": version_lines(sheet),
        "last": ROWS + 1,
        "letters": [chr(ord("A") + number) for number in range(26)],
        "depth": max((len(lookup.entries) for lookup in sheet.lookups), default=0),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        # first and uncompressed, so that the type can be told from the first bytes (ODF 1.3 part 2, §3.3)
        package.writestr(zipfile.ZipInfo("mimetype", _MADE), ODS.media_type, zipfile.ZIP_STORED)
        for part in _PARTS:
            text = _NOT_XML.sub("", fill(f"ods-{part.rpartition('/')[2]}", sheet.language, **gaps))
            package.writestr(zipfile.ZipInfo(part, _MADE), text.encode(), zipfile.ZIP_DEFLATED)
    return content.getvalue()
