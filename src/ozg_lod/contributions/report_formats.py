"""The forms of a report that `/validate` offers, and how they are described to programs."""

from __future__ import annotations

import json
from typing import Any, Final

import pyoxigraph as ox

from ozg_lod.core.messages import Language
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format
from ozg_lod.site import uploads
from ozg_lod.validation import report
from ozg_lod.validation.examination import Examination

OFFERED: Final = (
    formats.JSON,
    formats.TURTLE,
    formats.HTML,
    formats.TEXT,
    formats.CSV,
    formats.XLSX,
    formats.JSONLD,
    formats.RDFXML,
    formats.NTRIPLES,
)
"""The first is what `*/*` alone gets."""


def write(examination: Examination, form: Format, language: Language, *, strict: bool = False) -> bytes:
    """Return the report in any form but HTML and the marked workbook.

    The member `conforms` of the JSON counts warnings where `strict` says so; in SHACL any result does (SHACL §3.6.1.1).
    """
    if form is formats.JSON:
        document = json.loads(report.to_json(examination))
        document["conforms"] = report.conforms(examination, strict=strict)
        return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
    if form is formats.TEXT:
        return report.to_text(examination, language).encode() + b"\n"
    if form is formats.CSV:
        return report.to_csv(examination, language)
    turtle = report.to_turtle(examination)
    if form is formats.TURTLE:
        return turtle
    return formats.serialize((quad.triple for quad in ox.parse(turtle, ox.RdfFormat.TURTLE)), form)


def _parameter(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}


def _answer(text: str) -> dict[str, Any]:
    return {"description": text}


_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FORM: Final = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "kind": {"type": "string"},
            "strict": {"type": "string"},
        },
    }
}
DESCRIBED: Final[dict[str, Any]] = {
    "parameters": [
        _parameter("name", "File name, for a body that is the file itself; its ending says what it is."),
        _parameter("kind", "Kind of the table; without it the headings tell."),
        _parameter("strict", "Warnings count: conforms is false when there are any."),
        _parameter("format", "json, ttl, csv, txt, html, xlsx, jsonld, rdf or nt, instead of Accept."),
        _parameter("lang", "de or en: the language of text, CSV and workbook, instead of Accept-Language."),
    ],
    "requestBody": {
        "required": True,
        "content": {uploads.FORM: _FORM, **dict.fromkeys(uploads.MEDIA_TYPES, _BINARY)},
    },
    "responses": {
        "200": {
            "description": "The file was checked; the report says whether it conforms.",
            "content": {
                form.media_type: {"schema": {"type": "object" if form is formats.JSON else "string"}}
                for form in OFFERED
            },
        },
        "400": _answer("There is no file, it is empty, or there is more than one."),
        "404": _answer("There is no such kind of table."),
        "406": _answer("The report is not offered in this form."),
        "413": _answer("The file is larger than 10 MiB."),
        "415": _answer("Files of this kind are not read."),
        "422": _answer("It was read and could not be checked."),
        "429": _answer("The client used up its share; Retry-After says when to come back."),
        "503": _answer("Too many checks, or this one took too long; Retry-After says when to come back."),
    },
}
