"""What programs send and get as JSON: bodies within limits, forms, numbers, the language, the answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.core.errors import BadRequest, UnsupportedMedia
from ozg_lod.core.messages import Language, _
from ozg_lod.http.bodies import read_body
from ozg_lod.http.language import choose_language
from ozg_lod.rdf import formats
from ozg_lod.site.represent import Content, respond

_MAX_FIELDS: Final = 20
_VARY: Final = "Accept-Language, Accept-Encoding"
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")


def request_language(request: Request) -> Language:
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))


async def json_body(request: Request, limit_bytes: int) -> str:
    """Return a body of JSON as text; raise UnsupportedMedia, TooLarge or BadRequest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != formats.JSON.media_type:
        raise UnsupportedMedia(_("Send JSON (application/json)."))
    return _decoded(await read_body(request, limit_bytes))


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(_("The request is not UTF-8.")) from error


def form_of(body: bytes) -> dict[str, str]:
    """Return the fields of a form, of several of a name the last."""
    try:
        fields = parse_qs(_decoded(body), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise BadRequest(_("The form has too many fields.")) from error
    return {name: values[-1] for name, values in fields.items()}


def parsed(text: str, where: str) -> Any:  # noqa: ANN401 - JSON from outside; what comes next looks at each part
    """Return what a text of JSON says; raise BadRequest, with where it breaks off, for what is none."""
    try:
        return _loaded(text)
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        reason = _("{fault}, line {line}, column {column}", fault=error.msg, **place)
    except UnicodeEncodeError:
        reason = _("it names half a character: of a pair of \\u escapes one is missing")
    except (ValueError, RecursionError):
        reason = _("nested too deeply, or a number that is too long")
    raise BadRequest(_("{where} is not JSON ({reason}).", where=where, reason=reason))


def _loaded(text: str) -> object:
    """Return what a text of JSON says; raise UnicodeEncodeError for half a character, which no answer could repeat."""
    document = json.loads(text)
    if _HALF.search(text):
        json.dumps(document, ensure_ascii=False).encode()
    return document


def no_jsonp(names: Iterable[str]) -> None:
    """Raise BadRequest where an answer is wanted as a script."""
    if "callback" in names:
        raise BadRequest(
            _("JSONP (callback=) is not offered; leave it out, every site may read the answer (CORS)."),
        )


def number(request: Request, name: str, *, usual: int, least: int = 1, most: int = 100_000) -> int:
    """Return a whole number from the query; raise BadRequest for anything else."""
    text = request.query_params.get(name, "")
    if not text:
        return usual
    if not text.isdecimal() or not text.isascii() or len(text) > len(str(most)) or int(text) < least:
        raise BadRequest(_("{name} is a whole number from {least} to {most}.", name=name, least=least, most=most))
    return min(int(text), most)


def json_response(body: object, language: Language) -> Response:
    """Return an answer to what this client asked; nobody keeps it. Bytes are JSON already."""
    headers = {"content-language": language, "vary": "Accept-Language", "cache-control": "no-store"}
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False)
    return Response(content, 200, headers, formats.JSON.media_type)


def same_for_all(request: Request, body: bytes, content_type: str, language: Language, **more: str) -> Response:
    """Return an answer that is the same for everybody who speaks this language, until the data change."""
    tag = f"{request.state.opened.version} {hashlib.sha256(body).hexdigest()} {language}"
    fields = {"content-type": content_type, "content-language": language, "vary": _VARY, **more}
    return respond(request, Content(body, fields), tag)
