"""What a request says by the SPARQL 1.1 Protocol: the fields of its address and its body, and how to read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from ozg_lod.core.errors import BadRequest, UnsupportedMedia
from ozg_lod.core.messages import _
from ozg_lod.http.bodies import FORM
from ozg_lod.rdf import formats

BYTES_PER_CHARACTER: Final = 4
"""How many bytes of a form a byte of a query may take."""
SHORT_BYTES: Final = 262_144
"""A longer body is held in one of the few places for files, is read in a thread, and its answer is not kept."""
_UPDATE: Final = "application/sparql-update"
_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_CHARSET: Final = re.compile(r';\s*charset\s*=\s*"?([^";\s]+)', re.IGNORECASE)
_PREFER_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?", re.IGNORECASE)

Fields = list[tuple[str, str]]


def fields(parameters: bytes, headers: Mapping[str, str], body: bytes | None) -> Fields:
    """Return all fields, those of the body last (None: there is none); raise what is wrong with either."""
    if body is None:
        return _fields(parameters)
    return _fields(parameters) + (_fields(body) if carrier(headers) == FORM else [("query", _text(body))])


def carrier(headers: Mapping[str, str]) -> str:
    """Return the media type of a body (SPARQL 1.1 Protocol §2.1.2 and §2.1.3); raise UnsupportedMedia for others."""
    content_type = headers.get("content-type", "")
    name = content_type.partition(";")[0].strip().lower()
    if name not in (FORM, formats.QUERY.media_type):
        raise UnsupportedMedia(
            _(
                "The body is {type}; send {query} or {form}.{more}",
                type=name or _("of no type"),
                query=formats.QUERY.media_type,
                form=FORM,
                more=_(" Updates are not offered here.") if name == _UPDATE else "",
            ),
            offered=[formats.QUERY.media_type, FORM],
        )
    charset = _CHARSET.search(content_type)
    if charset is not None and charset[1].lower() not in _UTF8:
        raise UnsupportedMedia(
            _("The body is in {charset}; send it in UTF-8.", charset=charset[1]),
        )
    return name


def _fields(encoded: bytes) -> Fields:
    """Return the fields of a form or query string; raise BadRequest for what is not UTF-8."""
    try:
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequest(
            _("The parameters are not percent-encoded UTF-8: {error}.", error=error),
        ) from None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(
            _("The query is not UTF-8: byte {start} cannot be read.", start=error.start + 1),
        ) from None


def only(fields: Fields, name: str) -> str | None:
    """Return the value of a field, or None; raise BadRequest when it has several, or is a second query (§2.1)."""
    values = [value for key, value in fields if key == name]
    values = values if name == "query" else list(dict.fromkeys(values))
    if len(values) > 1:
        raise BadRequest(
            _("The parameter {name} is given {count} times; give it once.", name=name, count=len(values)),
        )
    return values[0] if values else None


def deadline_s(headers: Mapping[str, str], fields: Fields) -> float | None:
    """Return the seconds the client allows: `timeout=`, else `Prefer: wait=` (RFC 7240 §4.3), else None."""
    value = only(fields, "timeout")
    if value is None:
        preferred = _PREFER_WAIT.search(headers.get("prefer", ""))
        return max(float(preferred[1]), 0.1) if preferred else None
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise BadRequest(
            _("timeout is a number of seconds above 0, for example 2.5."),
        )
    return seconds


def _operation(summary: str, **more: object) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": "The complete answer"}}, **more}


def _parameter(name: str, text: str, *, many: bool = False) -> dict[str, Any]:
    schema = {"type": "array", "items": {"type": "string"}} if many else {"type": "string"}
    return {"name": name, "in": "query", "description": text, "schema": schema}


_PARAMETERS: Final = [
    _parameter("query", "The query; without it the service describes itself."),
    _parameter("default-graph-uri", "A graph of the default graph, instead of FROM.", many=True),
    _parameter("named-graph-uri", "A named graph, instead of FROM NAMED.", many=True),
    _parameter("format", "csv, tsv, json, xml, ttl, nt, jsonld, rdf, nq or trig, instead of Accept."),
    _parameter("timeout", "Seconds to wait at most."),
]
_BODY: Final = {
    "required": True,
    "content": {FORM: {"schema": {"type": "object"}}, formats.QUERY.media_type: {"schema": {"type": "string"}}},
}
_VERSION: Final = {"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}


def _door(*more: dict[str, Any]) -> dict[str, Any]:
    """Return the two operations of an endpoint with `more` parameters."""
    return {
        "get": _operation("SPARQL query, or the description of the service", parameters=[*more, *_PARAMETERS]),
        "post": _operation(
            f"SPARQL query in the body: as a form or as {formats.QUERY.media_type}",
            parameters=[*more, *_PARAMETERS[1:]],
            requestBody=_BODY,
        ),
    }


PATHS: Final[dict[str, Any]] = {
    "/sparql": _door(),
    "/snapshot/{version}/sparql": _door(_VERSION),
    "/.well-known/void": {"get": _operation("The dataset described with its numbers (VoID)")},
}
"""The addresses as OpenAPI describes them; their routes are not FastAPI's."""
