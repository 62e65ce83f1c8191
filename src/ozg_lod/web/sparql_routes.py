"""The door for queries: SPARQL 1.1 Protocol, the description of the service, and VoID.

The parameters are read here once, from the bytes, because the protocol asks for more than a form parser knows (repeated
parameters, exactly one query, nothing but UTF-8). Its description is that of `protocol`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pyoxigraph as ox
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ozg_lod.contributions.check_pool import check_pool
from ozg_lod.core.settings import Settings
from ozg_lod.http.bodies import read_body
from ozg_lod.http.clients import cancelled_when_gone, client_of
from ozg_lod.http.response_cache import SentResponse
from ozg_lod.http.responses import RequestConditions, reply
from ozg_lod.http.slow_clients import PIECE_BYTES, BudgetedResponse
from ozg_lod.rdf import formats
from ozg_lod.site.archive import Archive
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.sparql import (
    counts,
    protocol,
    service_description,
    void,
)
from ozg_lod.sparql.endpoint import SparqlAnswer
from ozg_lod.sparql.exchange import FIELDS, SparqlRequest
from ozg_lod.sparql.question import SparqlQuery
from ozg_lod.web.routing import Pages

pages = Pages()

_ASKED: Final = ("GET", "HEAD", "POST")
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class SparqlAddress:
    """What answers at one address: a snapshot, and for how many seconds its answers stay what they are."""

    snapshot: ServedSnapshot
    path: str = "/sparql"
    fresh_s: int = 60


@pages.page("/sparql", "/sparql/", methods=_ASKED)
async def sparql(request: Request) -> Response:
    """Answer a query by any of the three carriers (SPARQL 1.1 Protocol §2.1), or describe the service."""
    return await _respond(request, SparqlAddress(request.state.opened))


@pages.page("/snapshot/{version}/sparql", methods=_ASKED)
async def past_sparql(request: Request) -> Response:
    """Answer the same way from a published version; the beginning of its name leads to all of it."""
    snapshot: ServedSnapshot = request.state.opened
    archive: Archive = request.app.state.archive
    written = request.path_params["version"]
    version = written if written == snapshot.version else await archive.full(written, snapshot.version)
    path = f"/snapshot/{version}/sparql"
    if version != written:
        asked = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{urlsplit(snapshot.public_url).path.rstrip('/')}{path}{asked}", 307)
    if version == snapshot.version:
        return await _respond(request, SparqlAddress(snapshot, path, _DAY_S))
    async with contextlib.AsyncExitStack() as stack:
        with request.app.state.budget.spending(client_of(request)):  # opening is work that a client asks for
            past = await stack.enter_async_context(archive.lent(version))
        return await _respond(request, SparqlAddress(past, path, _DAY_S))


async def _respond(request: Request, address: SparqlAddress) -> Response:
    """Answer; what became of the request on its way here may be known already (`web.query_lane`)."""
    settings: Settings = request.app.state.settings
    outcome: SentResponse | Exception | None = getattr(request.state, "outcome", None)
    if isinstance(outcome, Exception):
        raise outcome
    if outcome is not None:
        return _sent(request, outcome)
    sparql_request = await _sparql_request(request, settings.query_bytes * protocol.BYTES_PER_CHARACTER)
    read = (sparql_request.parameters, request.headers, sparql_request.body)
    long = len(sparql_request.body or b"") > protocol.SHORT_BYTES
    fields = await run_in_threadpool(protocol.fields, *read) if long else protocol.fields(*read)
    page = await _page(request, address)
    if page is not None:
        return page
    if request.method != "POST" and not any(name in ("query", "update") for name, _ in fields):
        return await _description(request, address)
    async with cancelled_when_gone(request):
        response = await address.snapshot.endpoint.respond(
            sparql_request,
            fresh_s=address.fresh_s,
            deadline_s=protocol.deadline_s(request.headers, fields),
            spending=request.app.state.budget.spending(client_of(request)),
        )
    return _sent(request, response)


async def _sparql_request(request: Request, limit_bytes: int) -> SparqlRequest:
    """Return what a request asks; raise what is wrong with its body."""
    body = None
    if request.method == "POST":
        protocol.carrier(request.headers)
        declared = request.headers.get("content-length", "")
        short = declared.isdecimal() and int(declared) <= protocol.SHORT_BYTES
        place = None if short else check_pool(request.app).receiving(client_of(request))
        body = await read_body(request, limit_bytes, place=place)
    fields = tuple(field for field in request.scope["headers"] if field[0] in FIELDS)
    return SparqlRequest(request.method, fields, request.scope["query_string"], body)


@pages.page("/.well-known/void")
async def well_known_void(request: Request) -> Response:
    """Answer with the description of the dataset."""
    snapshot: ServedSnapshot = request.state.opened

    def triples(counted: counts.Counts) -> Iterable[ox.Triple]:
        dumps = {f"/dump/{name}": name for name in snapshot.manifest.files if name in ("data.nq", "data.nt")}
        return void.describe(counted, snapshot.version, snapshot.public_url, base_iri=snapshot.base_iri, dumps=dumps)

    return await _described(request, SparqlAddress(snapshot), "void", triples)


async def _page(request: Request, address: SparqlAddress) -> Response | None:
    """Return the page for people where it is wanted, None otherwise; what it asks is counted and cancelled like any."""
    editor = getattr(request.app.state, "editor", None)
    if editor is None or request.method == "POST":
        return None

    async def ask(question: SparqlQuery) -> SparqlAnswer:
        spending = request.app.state.budget.spending(client_of(request))
        deadline_s = protocol.deadline_s(request.headers, request.query_params.multi_items())
        async with cancelled_when_gone(request):
            return await address.snapshot.endpoint.answer(question, deadline_s=deadline_s, spending=spending)

    page: Response | None = await editor(request, address.snapshot, address.path, ask)
    return page


async def _description(request: Request, address: SparqlAddress) -> Response:
    """Answer with the description of the service."""
    snapshot = address.snapshot

    def triples(counted: counts.Counts) -> Iterable[ox.Triple]:
        merged = bool(snapshot.manifest.graphs)
        return service_description.describe(
            counted, snapshot.version, snapshot.public_url + address.path, merged=merged
        )

    return await _described(request, address, f"service {address.path}", triples)


async def _described(
    request: Request, address: SparqlAddress, name: str, triples: Callable[[counts.Counts], Iterable[ox.Triple]]
) -> Response:
    """Answer with a graph about the dataset, made once per snapshot and format."""
    snapshot = address.snapshot
    wanted = request.query_params.get("format") or None
    form = formats.chosen(wanted, request.headers.get("accept"), formats.GRAPHS)
    entry = snapshot.cache.get(f"{name} {form.suffix}")
    if entry is None:
        counted = await _counts(snapshot)
        kept = {"vary": "Accept, Accept-Encoding", "x-ozg-version": snapshot.version, "content-type": form.content_type}
        entry = snapshot.cache.put(f"{name} {form.suffix}", formats.serialize(triples(counted), form), kept)
    conditions = RequestConditions.of(request.method, request.headers)
    return reply(entry, conditions, f"{snapshot.version} {snapshot.code} {name} {form.suffix}")


async def _counts(snapshot: ServedSnapshot) -> counts.Counts:
    if not snapshot.base_iri:
        return await counts.of(snapshot.endpoint)
    summary = await run_in_threadpool(lambda: snapshot.summary)
    return counts.of_summary(summary, snapshot.manifest.graphs)


def _sent(request: Request, response: SentResponse) -> Response:
    """Return the response, in pieces when it is large."""
    settings: Settings = request.app.state.settings
    headers = {name.decode(): text.decode("latin-1") for name, text in response.headers}
    if len(response.body) <= PIECE_BYTES:
        return Response(response.body, response.status, headers)
    return BudgetedResponse(response.body, headers, request.app.state.hold, limit_s=settings.delivery_s)
