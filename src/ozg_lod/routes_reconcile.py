"""The reconciliation service at `/reconcile` (W3C community specification, versions 0.2 and 1.0-draft).

JSONP, which 0.2 allows and 1.0 forbids, is not offered: every answer may be read from anywhere (CORS), and no answer of
ours is a script. Bodies are plain JSON within limits; matching is a comparison of short texts, so it needs no cage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod import formats, glances, register, suggestions
from ozg_lod.addresses import Addresses
from ozg_lod.bodies import read_body
from ozg_lod.errors import BadRequest, NotFound, TooLarge, UnsupportedMedia
from ozg_lod.exchanges import FORM, form_of, json_body, no_jsonp, number, parsed, sent, spoken
from ozg_lod.extension import BY_ID, Reader, described, proposed
from ozg_lod.graph import TYPE, Graph, iri_of, pick
from ozg_lod.reconcile_manifest import ROOT, ROOT_10, Service
from ozg_lod.reconciliation import answer, batch_02, batch_10, candidate_02, candidate_10
from ozg_lod.register import KINDS
from ozg_lod.site import Site
from ozg_lod.vocab import DCAT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ozg_lod.register import Register
    from ozg_lod.serving import Opened
    from ozg_lod.words import Words

router = APIRouter()

BODY_BYTES: Final = 1_000_000
"""Bytes of one request; 500 queries have about 100 each."""
_MOST_THINGS: Final = 1000
_MOST_PROPERTIES: Final = 30
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


@router.get(ROOT, summary="Reconciliation service 0.2: manifest; ?queries= and ?extend= for trying out")
@router.head(ROOT, include_in_schema=False)
async def service(request: Request) -> Response:
    """Answer with the manifest, or with what the parameters ask."""
    no_jsonp(request.query_params.keys())
    for name, work in _ASKED.items():
        if name in request.query_params:
            return await run_in_threadpool(work, request, request.query_params[name])
    newer = request.query_params.get("version") == "1.0-draft"
    return await run_in_threadpool(_manifest, request, newer=newer)


@router.post(ROOT, summary="Reconciliation service 0.2: queries= or extend= as a form")
async def asked(request: Request) -> Response:
    """Answer a batch of queries, or a data extension query."""
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if kind != FORM:
        raise UnsupportedMedia(
            f"Send a form ({FORM}) with queries= or extend=; JSON goes to {ROOT}/match and {ROOT}/extend.",
            f"Senden Sie ein Formular ({FORM}) mit queries= oder extend=; JSON geht an {ROOT}/match und {ROOT}/extend.",
        )
    form = form_of(await read_body(request, BODY_BYTES))
    no_jsonp(form)
    for name, work in _ASKED.items():
        if name in form:
            return await run_in_threadpool(work, request, form[name])
    raise BadRequest(
        "queries= or extend= is missing in the form.", "Im Formular fehlt queries= oder extend=.", offered=list(_ASKED)
    )


@router.get(ROOT_10, summary="Reconciliation service 1.0-draft: manifest")
@router.head(ROOT_10, include_in_schema=False)
async def service_10(request: Request) -> Response:
    """Answer with the manifest of version 1.0-draft."""
    return await run_in_threadpool(_manifest, request, newer=True)


@router.post(f"{ROOT}/match", summary="Reconciliation service 1.0-draft: a batch of queries as JSON")
@router.post(f"{ROOT_10}/match", include_in_schema=False)
async def match_10(request: Request) -> Response:
    """Answer a batch of queries."""
    body = await json_body(request, BODY_BYTES)
    return await run_in_threadpool(_matched_10, request, body)


@router.post(f"{ROOT}/extend", summary="Reconciliation service 1.0-draft: values of properties for things, as JSON")
@router.post(f"{ROOT_10}/extend", include_in_schema=False)
async def extend_10(request: Request) -> Response:
    """Answer a data extension query."""
    body = await json_body(request, BODY_BYTES)
    return await run_in_threadpool(_extended_10, request, body)


@router.get(f"{ROOT}/extend/propose", summary="Properties that things of a type have: ?type=, ?limit=")
@router.get(f"{ROOT_10}/extend/propose", include_in_schema=False)
async def propose(request: Request) -> Response:
    """Answer with the properties that can be fetched."""
    said = spoken(request)
    kind = request.query_params.get("type", "")
    limit = number(request, "limit", usual=100, most=100)
    found = [described(one, said) for one in proposed(kind, limit)] if kind in KINDS or not kind else []
    return sent({"type": kind, "properties": found, "limit": limit}, said)


@router.get(f"{ROOT}/suggest/{{what}}", summary="Suggestions for entity, property or type: ?prefix=, ?limit=, ?cursor=")
@router.get(f"{ROOT_10}/suggest/{{what}}", include_in_schema=False)
async def suggest(request: Request, what: str) -> Response:
    """Answer with what begins so."""
    if what not in _WHAT:
        raise NotFound(f"Suggestions are for {', '.join(_WHAT)}.", f"Vorschläge gibt es für {', '.join(_WHAT)}.")
    return await run_in_threadpool(_suggested, request, what)


@router.get(f"{ROOT}/flyout/{{what}}", summary="A small preview of a suggestion as HTML in JSON: ?id= (0.2 only)")
async def flyout(request: Request, what: str) -> Response:
    """Answer with the id and a piece of HTML in which everything is escaped."""
    said, wanted = spoken(request), request.query_params.get("id", "")
    known = await run_in_threadpool(_register, request)
    names = {"type": suggestions.types, "property": suggestions.properties}
    if what == "entity" and wanted in known.records:
        html = glances.flyout_of_thing(known.records[wanted], said)
    else:
        found = next((one for one in names[what]("", said) if one["id"] == wanted), None) if what in names else None
        if found is None:
            raise NotFound("There is nothing with this id.", "Mit dieser Kennung gibt es nichts.")
        html = glances.flyout(found["name"], found.get("description", ""))
    return sent({"id": wanted, "html": html}, said)


@router.get(f"{ROOT}/preview", summary="A thing as a small page for a frame: ?id=")
@router.get(f"{ROOT_10}/preview", include_in_schema=False)
async def preview(request: Request) -> Response:
    """Answer with a page that other sites may show in a frame."""
    return await run_in_threadpool(_previewed, request)


def _manifest(request: Request, *, newer: bool) -> Response:
    opened: Opened = request.app.state.opened
    said = spoken(request)
    _register(request)  # whoever reads the manifest asks next: what is read once is read now
    service = Service(_title(opened, said), opened.base_iri, opened.public_url)
    manifest = service.manifest_10(said) if newer else service.manifest_02(said)
    return sent(manifest, said, cached=True)


def _matched_02(request: Request, text: str) -> Response:
    said, known = spoken(request), _register(request)
    queries = batch_02(parsed(text, "queries"))
    found = {name: answer(known, query) for name, query in queries.items()}
    body = {
        name: {"result": [candidate_02(one, said, known) for one in outcome.candidates]}
        for name, outcome in found.items()
    }
    return sent(body, said)


def _matched_10(request: Request, text: str) -> Response:
    said, known = spoken(request), _register(request)
    found = [answer(known, query) for query in batch_10(parsed(text, "body"))]
    results = [{"candidates": [candidate_10(one, said, known) for one in outcome.candidates]} for outcome in found]
    return sent({"results": results}, said)


def _extended_02(request: Request, text: str) -> Response:
    reader, ids, properties = _extension(request, text)
    rows = {thing: {name: reader.values(thing, name, how) for name, how in properties} for thing in ids}
    return sent({"meta": _meta(properties, reader.words), "rows": rows}, reader.words)


def _extended_10(request: Request, text: str) -> Response:
    reader, ids, properties = _extension(request, text)
    rows = [
        {
            "id": thing,
            "properties": [{"id": name, "values": reader.values(thing, name, how)} for name, how in properties],
        }
        for thing in ids
    ]
    return sent({"meta": _meta(properties, reader.words), "rows": rows}, reader.words)


_ASKED: Final[dict[str, Callable[[Request, str], Response]]] = {"queries": _matched_02, "extend": _extended_02}


def _extension(request: Request, text: str) -> tuple[Reader, list[str], list[tuple[str, dict[str, Any]]]]:
    """Return the reader, the things and the properties of a data extension query."""
    body = parsed(text, "extend")
    stated = body if isinstance(body, dict) else {}
    ids, asked = _list_of(stated.get("ids"), str), _list_of(stated.get("properties"), dict)
    if ids is None or asked is None or not all(isinstance(one.get("id"), str) for one in asked):
        raise BadRequest(
            'Send {"ids": ["municipality/06531005"], "properties": [{"id": "ars"}]}.',
            'Senden Sie {"ids": ["municipality/06531005"], "properties": [{"id": "ars"}]}.',
        )
    if len(ids) > _MOST_THINGS or len(asked) > _MOST_PROPERTIES:
        raise TooLarge(
            f"At most {_MOST_THINGS} things and {_MOST_PROPERTIES} properties at once.",
            f"Höchstens {_MOST_THINGS} Kennungen und {_MOST_PROPERTIES} Eigenschaften auf einmal.",
        )
    opened: Opened = request.app.state.opened
    reader = Reader(Graph(opened.store), _register(request), spoken(request), opened.base_iri, opened.public_url)
    settings = [(one["id"], one["settings"] if isinstance(one.get("settings"), dict) else {}) for one in asked]
    return reader, list(dict.fromkeys(ids)), settings


def _list_of(found: object, kind: type) -> list[Any] | None:
    """Return the list if it is one of this kind only, else None."""
    return found if isinstance(found, list) and all(isinstance(one, kind) for one in found) else None


def _meta(properties: Sequence[tuple[str, object]], said: Words) -> list[dict[str, object]]:
    meta: list[dict[str, object]] = []
    for name, _ in properties:
        one = BY_ID.get(name)
        typed = {"type": {"id": one.entity, "name": said(f"kind/{one.entity}/one")}} if one and one.entity else {}
        meta.append({"id": name, "name": said(f"property/{name}") if one else name or "-", **typed})
    return meta


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
    opened: Opened = request.app.state.opened
    wanted, said = request.query_params.get("id", ""), spoken(request)
    record = _register(request).records.get(wanted)
    if record is None:
        raise NotFound(
            "There is nothing with this id; an id looks like municipality/06531005.",
            "Mit dieser Kennung gibt es nichts; eine Kennung sieht so aus: municipality/06531005.",
        )
    site = Site(said.language, Addresses(opened.base_iri, opened.public_url), opened.version, f"/doc/{record.id}")
    reader = Reader(Graph(opened.store), _register(request), said, opened.base_iri, opened.public_url)
    headers = {
        "content-type": formats.HTML.content_type,
        "content-language": said.language,
        "content-security-policy": _FRAMED,
        "vary": "Accept-Language",
        "cache-control": "public, max-age=60",
    }
    return Response(glances.page(site, record, reader), headers=headers)


def _register(request: Request) -> Register:
    opened: Opened = request.app.state.opened
    return register.of(opened)


def _title(opened: Opened, said: Words) -> str:
    graph = Graph(opened.store)
    catalogue = next((iri_of(triple.subject) for triple in graph.using(TYPE, DCAT + "Catalog")), "")
    return pick(graph.names(catalogue) if catalogue else {}, said.language, said("site/title"))[0]
