"""Failures as answers: a page for people, problem details for programs; and what to say of what was withdrawn."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from ozg_lod.core import errors
from ozg_lod.core.errors import Gone, NotFound, OzgLodError
from ozg_lod.core.messages import LANGUAGES, SOURCE_LANGUAGE, Language, _
from ozg_lod.http.language import choose_language
from ozg_lod.http.responses import retry_after
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.graph import pick
from ozg_lod.site import pages
from ozg_lod.site.served_snapshot import ServedSnapshot

PROBLEMS: Final = "https://w3id.org/ozg-lod/problems#"
_THING: Final = re.compile(r"/(?:id|doc)/([a-z]+)/([A-Za-z0-9-]+)(?:\.[a-z]+)?")
_log = logging.getLogger("ozg_lod")


def failure(request: Request, error: OzgLodError) -> Response:
    """Return the failure as a page for browsers, as problem details (RFC 9457) for everything else."""
    error = _gone(request, error)
    page = formats.wants_page(request.headers.get("accept"))
    languages = request.headers.get("accept-language", "de" if page else "en")  # people first in German, programs not
    language = choose_language(request.query_params.get("lang"), languages)
    headers = _fields(error) | {"Content-Language": language}
    if page:
        snapshot: ServedSnapshot = request.state.opened
        body = pages.error(error, language, Addresses(snapshot.base_iri, snapshot.public_url), snapshot.identity)
        return Response(body, error.status, {**headers, "Content-Type": formats.HTML.content_type})
    name = request_id(request.scope)
    details = {"request_id": name} if name else {}
    return Response(_problem(error, language, details), error.status, headers, formats.PROBLEM.media_type)


def internal(request: Request) -> Response:
    """Log the fault under a number and show only the number."""
    number = secrets.token_hex(4)
    name = request_id(request.scope)
    fields = {"number": number, "request_id": name}
    message = "internal error %s at %s %s %s"
    _log.exception(message, number, request.method, request.url.path, name, extra={"fields": fields})
    return failure(
        request,
        OzgLodError(
            _("Something went wrong on our side. Please report it with the number {number}.", number=number),
            number=number,
        ),
    )


def nothing_here(request: Request, methods: list[str]) -> Response:
    """Return the failure for an address where nothing is, or where only these methods are offered."""
    if not methods:
        return failure(
            request,
            NotFound(
                _("There is nothing at this address; the start page leads to everything."),
            ),
        )
    allowed = ", ".join(methods)
    return failure(
        request,
        errors.MethodNotAllowed(
            _("{method} is not offered here; use {allowed}.", method=request.method, allowed=allowed),
            allow=allowed,
        ),
    )


def _fields(error: OzgLodError) -> dict[str, str]:
    fields = {"Vary": "Accept, Accept-Language", "Cache-Control": "no-store", **retry_after(error)}
    for detail, name, form in (
        ("allow", "Allow", "{}"),
        ("content_range", "Content-Range", "{}"),
        ("successor", "Link", '<{}>; rel="successor-version"'),
    ):
        if detail in error.details:
            fields[name] = form.format(error.details[detail])
    return fields


def request_id(scope: Scope) -> str:
    """Return the name of a request, which stands in its answer, in problems and in the log; empty for none of HTTP."""
    return str(scope.get("state", {}).get("request_id", ""))


def _problem(error: OzgLodError, language: Language, details: Mapping[str, str]) -> str:
    problem = {
        "type": f"{PROBLEMS}{error.slug}",
        "title": error.title[language],
        "status": error.status,
        "detail": error.message[language],
        **{f"detail_{tag}": error.message[tag] for tag in (SOURCE_LANGUAGE, *LANGUAGES)},
        **error.details,
        **details,
    }
    return json.dumps(problem, ensure_ascii=False)


def _gone(request: Request, error: OzgLodError) -> OzgLodError:
    """Return Gone, with the successor, in place of NotFound for a thing that `withdrawn.csv` withdraws."""
    asked = _THING.fullmatch(request.url.path)
    if not isinstance(error, NotFound) or asked is None:
        return error
    snapshot: ServedSnapshot = request.state.opened
    row = snapshot.withdrawals.get(f"{snapshot.base_iri}id/{asked[1]}/{asked[2]}")
    if row is None:
        return error
    details: dict[str, object] = {"withdrawn": row.day, "reason": row.reason}
    sentence = _("The entry was withdrawn on {day}: {reason}.", day=row.day, reason=row.reason)
    if row.successor:
        name = pick(snapshot.graph.names(row.successor), "de", row.successor)[0]
        details |= {"successor": row.successor, "suggestions": [{"iri": row.successor, "name": name}]}
        sentence = _(
            "{sentence} {name} took its place: {successor}", sentence=sentence, name=name, successor=row.successor
        )
    return Gone(sentence, **details)
