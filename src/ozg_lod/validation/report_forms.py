"""The forms in which a report can be had, by the names that the command line and the web service use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ozg_lod.core.messages import Language
from ozg_lod.validation import marked_workbook, report
from ozg_lod.validation.examination import Examination

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "turtle": "text/turtle; charset=utf-8",
    "xlsx": marked_workbook.MEDIA_TYPE,
}
_FORMS: Final[Mapping[str, Callable[[Examination, Language], bytes]]] = {
    "text": lambda examination, language: report.to_text(examination, language).encode() + b"\n",
    "json": lambda examination, _: report.to_json(examination),
    "csv": report.to_csv,
    "turtle": lambda examination, _: report.to_turtle(examination),
    "xlsx": marked_workbook.workbook,
}


def written(examination: Examination, form: str, language: Language) -> bytes:
    """Return the report in one of the forms of `MEDIA_TYPES`; JSON and Turtle speak both languages."""
    return _FORMS[form](examination, language)
