"""The reconciliation service at `/reconcile` (W3C community specification, versions 0.2 and 1.0-draft).

Beside the matching it offers what clients show while somebody types and chooses: suggestions, hints, previews.

JSONP, which 0.2 allows and 1.0 forbids, is not offered: every answer may be read from anywhere (CORS), and no answer of
ours is a script. Bodies are JSON within limits, read and matched by workers.
"""

from __future__ import annotations

import json
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.catalogue import responsible
from ozg_lod.core.errors import NotFound, UnsupportedMedia
from ozg_lod.core.messages import Language, _
from ozg_lod.http.bodies import FORM, read_body
from ozg_lod.matching import previews, register, suggestions
from ozg_lod.matching.data_extension import ExtensionProperty, described, properties, proposed
from ozg_lod.matching.json_api import (
    json_body,
    json_response,
    no_jsonp,
    number,
    request_language,
    same_for_all,
)
from ozg_lod.matching.manifest import ROOT, ROOT_10, ReconciliationService
from ozg_lod.matching.match_worker import EXTENSION_10, FORM_SENT, OFFERED, QUERIES_10, MatchRequest, reader
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.web import upload_checks
from ozg_lod.web.routing import Pages

pages = Pages()

BODY_BYTES: Final = 1_000_000
"""Bytes of one request; 500 queries have about 100 each."""
_SENT: Final = ("POST",)
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


@pages.page(ROOT, f"{ROOT}/", summary="Reconciliation service 0.2: manifest; ?queries= and ?extend= for trying out")
async def service(request: Request) -> Response:
    """Answer with the manifest, or with what the parameters ask."""
    no_jsonp(request.query_params.keys())
    for name in OFFERED:
        if name in request.query_params:
            return await _matched(request, name, request.query_params[name])
    return await _manifest(request, newer=request.query_params.get("version") == "1.0-draft")


@pages.page(ROOT, f"{ROOT}/", methods=_SENT, summary="Reconciliation service 0.2: queries= or extend= as a form")
async def asked(request: Request) -> Response:
    """Answer a batch of queries, or a data extension query."""
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if kind != FORM:
        raise UnsupportedMedia(
            _(
                "Send a form ({FORM}) with queries= or extend=; JSON goes to {ROOT}/match and {ROOT}/extend.",
                FORM=FORM,
                ROOT=ROOT,
            ),
        )
    language = request_language(request)
    form = MatchRequest(FORM_SENT, language, content=await read_body(request, BODY_BYTES))
    return json_response(await upload_checks.matched(request, form), language)


@pages.page(ROOT_10, f"{ROOT_10}/", summary="Reconciliation service 1.0-draft: manifest")
async def service_10(request: Request) -> Response:
    """Answer with the manifest of version 1.0-draft."""
    return await _manifest(request, newer=True)


@pages.page(
    f"{ROOT}/match",
    f"{ROOT_10}/match",
    methods=_SENT,
    summary="Reconciliation service 1.0-draft: a batch of queries as JSON",
)
async def match_10(request: Request) -> Response:
    """Answer a batch of queries."""
    body = await json_body(request, BODY_BYTES)
    return await _matched(request, QUERIES_10, body)


@pages.page(
    f"{ROOT}/extend",
    f"{ROOT_10}/extend",
    methods=_SENT,
    summary="Reconciliation service 1.0-draft: values of properties for things, as JSON",
)
async def extend_10(request: Request) -> Response:
    """Answer a data extension query."""
    body = await json_body(request, BODY_BYTES)
    return await _matched(request, EXTENSION_10, body)


async def _matched(request: Request, work: str, text: str) -> Response:
    language = request_language(request)
    body = await upload_checks.matched(request, MatchRequest(work, language, text))
    return json_response(body, language)


async def _manifest(request: Request, *, newer: bool) -> Response:
    snapshot: ServedSnapshot = request.state.opened
    request.app.state.matchers.prepare(upload_checks.match_subject(snapshot))  # whoever reads the manifest asks next
    language = request_language(request)
    service = ReconciliationService(_title(snapshot, language), snapshot.base_iri, snapshot.public_url, snapshot.kinds)
    manifest = service.manifest_10(language) if newer else service.manifest_02(language)
    body = json.dumps(manifest, ensure_ascii=False).encode()
    return same_for_all(request, body, formats.JSON.media_type, language)


def _named(request: Request, what: str, prefix: str, language: Language) -> list[dict[str, str]]:
    if what == "type":
        return suggestions.types(request.state.opened.kinds, prefix, language)
    fetched = properties(request.state.opened).values()
    return suggestions.properties(fetched, prefix, language) if what == "property" else []


def _example(request: Request) -> str:
    snapshot: ServedSnapshot = request.state.opened
    return snapshot.identity.examples.authority


def _title(snapshot: ServedSnapshot, language: Language) -> str:
    return responsible.name(snapshot.graph, snapshot.identity.name)[language]


@pages.page(
    f"{ROOT}/extend/propose",
    f"{ROOT_10}/extend/propose",
    summary="Properties that things of a type have: ?type=, ?limit=",
)
async def propose(request: Request) -> Response:
    """Answer with the properties that can be fetched."""
    language = request_language(request)
    kind = request.query_params.get("type", "")
    limit = number(request, "limit", usual=100, most=100)
    snapshot: ServedSnapshot = request.state.opened
    members: list[ExtensionProperty] = []
    if kind in snapshot.kinds or not kind:
        members = proposed(properties(snapshot).values(), kind, limit)
    return json_response(
        {"type": kind, "properties": [described(member, language) for member in members], "limit": limit}, language
    )


@pages.page(
    f"{ROOT}/suggest/{{what}}",
    f"{ROOT_10}/suggest/{{what}}",
    summary="Suggestions for entity, property or type: ?prefix=, ?limit=, ?cursor=",
)
async def suggest(request: Request, what: str) -> Response:
    """Answer with what begins so."""
    if what not in _WHAT:
        raise NotFound(_("Suggestions are for {WHAT}.", WHAT=", ".join(_WHAT)))
    return await run_in_threadpool(_suggested, request, what)


@pages.page(f"{ROOT}/flyout/{{what}}", summary="A small preview of a suggestion as HTML in JSON: ?id= (0.2 only)")
async def flyout(request: Request, what: str) -> Response:
    """Answer with the id and a piece of HTML in which everything is escaped."""
    language, wanted = request_language(request), request.query_params.get("id", "")
    known = await run_in_threadpool(register.of, request.state.opened)
    if what == "entity" and wanted in known.records:
        html = previews.flyout_of_thing(known.records[wanted], language)
    else:
        entries = _named(request, what, "", language)
        entry = next((entry for entry in entries if entry["id"] == wanted), None)
        if entry is None:
            raise NotFound(_("There is nothing with this id."))
        html = previews.flyout(entry["name"], entry.get("description", ""))
    return json_response({"id": wanted, "html": html}, language)


@pages.page(
    f"{ROOT}/preview",
    f"{ROOT_10}/preview",
    summary="A thing as a small page for a frame: ?id=",
)
async def preview(request: Request) -> Response:
    """Answer with a page that other sites may show in a frame."""
    return await run_in_threadpool(_previewed, request)


def _suggested(request: Request, what: str) -> Response:
    language, prefix = request_language(request), request.query_params.get("prefix", "")[:200]
    limit = number(request, "limit", usual=suggestions.USUAL, most=suggestions.MOST)
    start = number(request, "offset", usual=number(request, "cursor", usual=0, least=0), least=0)
    if what == "entity":
        kinds = [kind for kind in request.query_params.getlist("type") if kind in request.state.opened.kinds]
        records = suggestions.things(register.of(request.state.opened), prefix, kinds)[start : start + limit]
        return json_response({"result": [suggestions.thing(record, language) for record in records]}, language)
    named = _named(request, what, prefix, language)
    return json_response({"result": named[start : start + limit]}, language)


def _previewed(request: Request) -> Response:
    snapshot: ServedSnapshot = request.state.opened
    wanted, language = request.query_params.get("id", ""), request_language(request)
    record = register.of(snapshot).records.get(wanted)
    if record is None:
        raise NotFound(
            _("There is nothing with this id; an id looks like municipality/{key}.", key=_example(request)),
        )
    site = PageContext(
        language,
        Addresses(snapshot.base_iri, snapshot.public_url),
        snapshot.version,
        f"/doc/{record.id}",
        kinds=snapshot.kinds,
        identity=snapshot.identity,
    )
    body, framed = previews.page(site, record, reader(snapshot, language)), {"content-security-policy": _FRAMED}
    return same_for_all(request, body, formats.HTML.content_type, language, **framed)
