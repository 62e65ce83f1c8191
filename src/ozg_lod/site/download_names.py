"""The file names of downloads, each as the Content-Disposition field that makes a browser save the answer under it."""

from __future__ import annotations

from pathlib import PurePosixPath

from ozg_lod.core.messages import Language, Message, _
from ozg_lod.http.content_disposition import attachment
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format


def template(stem: str, form: Format) -> str:
    """Return the name of a template: that of its table, with the key of what it is prefilled for."""
    return attachment(f"{stem}.{form.suffix}")


def checked_file(original: str, form: Format, language: Language, *, corrected: bool) -> str:
    """Return the name of a checked file, after the one that was sent."""
    return _after(original, _("corrected") if corrected else _("checked"), form, language)


def matched_list(original: str, form: Format, language: Language) -> str:
    """Return the name of a list with the keys that were found, after the one that was sent."""
    return _after(original, _("matched"), form, language)


def query_result() -> str:
    """Return the name of the table that the query page gives for spreadsheets."""
    return attachment(f"abfrage.{formats.CSV.suffix}")


def _after(original: str, ending: Message, form: Format, language: Language) -> str:
    return attachment(f"{PurePosixPath(original).stem}-{ending[language]}.{form.suffix}")
