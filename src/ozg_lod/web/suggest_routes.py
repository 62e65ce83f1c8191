"""What clients of the reconciliation service show while somebody types and chooses: suggestions, hints, previews."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.core.errors import NotFound
from ozg_lod.core.messages import _
from ozg_lod.matching import previews, register, suggestions
from ozg_lod.matching.data_extension import Reader, described, proposed
from ozg_lod.matching.json_api import (
    number,
    same_for_all,
    sent,
    spoken,
)
from ozg_lod.matching.manifest import ROOT, ROOT_10
from ozg_lod.matching.register import KINDS, Register
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.graph import Graph
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.served_snapshot import ServedSnapshot

router = APIRouter()

_METHODS: Final = ["GET", "HEAD"]
_WHAT: Final = ("entity", "property", "type")
_FRAMED: Final = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("style", "img", "font")),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors *",
    )
)
"""A preview may stand in a frame of any site (a client such as OpenRefine runs anywhere).

It has no form, no script and no state, so that nothing is to be gained by a click in it.
"""


@router.get(f"{ROOT}/extend/propose", summary="Properties that things of a type have: ?type=, ?limit=")
@router.head(f"{ROOT}/extend/propose", include_in_schema=False)
@router.api_route(f"{ROOT_10}/extend/propose", methods=_METHODS, include_in_schema=False)
async def propose(request: Request) -> Response:
    """Answer with the properties that can be fetched."""
    said = spoken(request)
    kind = request.query_params.get("type", "")
    limit = number(request, "limit", usual=100, most=100)
    found = [described(one, said) for one in proposed(kind, limit)] if kind in KINDS or not kind else []
    return sent({"type": kind, "properties": found, "limit": limit}, said)


@router.get(f"{ROOT}/suggest/{{what}}", summary="Suggestions for entity, property or type: ?prefix=, ?limit=, ?cursor=")
@router.head(f"{ROOT}/suggest/{{what}}", include_in_schema=False)
@router.api_route(f"{ROOT_10}/suggest/{{what}}", methods=_METHODS, include_in_schema=False)
async def suggest(request: Request, what: str) -> Response:
    """Answer with what begins so."""
    if what not in _WHAT:
        raise NotFound(_("Suggestions are for {WHAT}.", WHAT=", ".join(_WHAT)))
    return await run_in_threadpool(_suggested, request, what)


@router.get(f"{ROOT}/flyout/{{what}}", summary="A small preview of a suggestion as HTML in JSON: ?id= (0.2 only)")
@router.head(f"{ROOT}/flyout/{{what}}", include_in_schema=False)
async def flyout(request: Request, what: str) -> Response:
    """Answer with the id and a piece of HTML in which everything is escaped."""
    said, wanted = spoken(request), request.query_params.get("id", "")
    known = await run_in_threadpool(_register, request)
    names = {"type": suggestions.types, "property": suggestions.properties}
    if what == "entity" and wanted in known.records:
        html = previews.flyout_of_thing(known.records[wanted], said)
    else:
        found = next((one for one in names[what]("", said) if one["id"] == wanted), None) if what in names else None
        if found is None:
            raise NotFound(_("There is nothing with this id."))
        html = previews.flyout(found["name"], found.get("description", ""))
    return sent({"id": wanted, "html": html}, said)


@router.get(f"{ROOT}/preview", summary="A thing as a small page for a frame: ?id=")
@router.head(f"{ROOT}/preview", include_in_schema=False)
@router.api_route(f"{ROOT_10}/preview", methods=_METHODS, include_in_schema=False)
async def preview(request: Request) -> Response:
    """Answer with a page that other sites may show in a frame."""
    return await run_in_threadpool(_previewed, request)


def _suggested(request: Request, what: str) -> Response:
    said, prefix = spoken(request), request.query_params.get("prefix", "")[:200]
    limit = number(request, "limit", usual=suggestions.USUAL, most=suggestions.MOST)
    start = number(request, "offset", usual=number(request, "cursor", usual=0, least=0), least=0)
    if what == "entity":
        kinds = [kind for kind in request.query_params.getlist("type") if kind in KINDS]
        found = suggestions.things(_register(request), prefix, kinds)[start : start + limit]
        return sent({"result": [suggestions.thing(record, said) for record in found]}, said)
    named = suggestions.types(prefix, said) if what == "type" else suggestions.properties(prefix, said)
    return sent({"result": named[start : start + limit]}, said)


def _previewed(request: Request) -> Response:
    opened: ServedSnapshot = request.app.state.opened
    wanted, said = request.query_params.get("id", ""), spoken(request)
    record = _register(request).records.get(wanted)
    if record is None:
        raise NotFound(
            _("There is nothing with this id; an id looks like municipality/06531005."),
        )
    site = PageContext(said, Addresses(opened.base_iri, opened.public_url), opened.version, f"/doc/{record.id}")
    reader = Reader(Graph(opened.store), _register(request), said, opened.base_iri, opened.public_url)
    body, framed = previews.page(site, record, reader), {"content-security-policy": _FRAMED}
    return same_for_all(request, body, formats.HTML.content_type, said, **framed)


def _register(request: Request) -> Register:
    opened: ServedSnapshot = request.app.state.opened
    return register.of(opened)
