"""The door for queries: SPARQL 1.1 Protocol, the description of the service, and VoID.

The parameters are read here once, from the bytes, because the protocol asks for more than a form parser knows (repeated
parameters, exactly one query, nothing but UTF-8). Its description is that of `protocol`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pyoxigraph as ox
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.http.clients import cancelled_when_gone, client_of
from ozg_lod.http.response_cache import CachedBody
from ozg_lod.http.responses import RequestConditions, wants_gzip
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
from ozg_lod.sparql.endpoint import SparqlAnswer, digest
from ozg_lod.sparql.store import SparqlQuery
from ozg_lod.web.routing import Pages

pages = Pages()
start = Pages()
"""The start page of a server that has queries and nothing else."""

_ASKED: Final = ("GET", "HEAD", "POST")
_VARY: Final = "Accept, Accept-Encoding"
_DAY_S: Final = 86_400
_LEAST_COMPRESSED: Final = 600
_MAX_COMPRESSED: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class SparqlAddress:
    """What answers at one address: a snapshot, and for how many seconds its answers stay what they are."""

    snapshot: ServedSnapshot
    path: str = "/sparql"
    fresh_s: int = 60


@pages.page("/sparql", methods=_ASKED)
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
    settings: Settings = request.app.state.settings
    fields = await protocol.read(request, limit_bytes=settings.query_bytes * 4)
    page = await _page(request, address)
    if page is not None:
        return page
    if request.method != "POST" and not any(name in ("query", "update") for name, _ in fields):
        return await _description(request, address)
    return await _answer(request, address, fields)


@pages.page("/.well-known/void")
async def well_known_void(request: Request) -> Response:
    """Answer with the description of the dataset."""
    snapshot: ServedSnapshot = request.state.opened

    def triples(counted: counts.Counts) -> Iterable[ox.Triple]:
        dumps = {f"/dump/{name}": name for name in snapshot.manifest.files if name in ("data.nq", "data.nt")}
        return void.describe(counted, snapshot.version, snapshot.public_url, base_iri=snapshot.base_iri, dumps=dumps)

    return await _described(request, SparqlAddress(snapshot), "void", triples)


@start.page("/")
async def to_sparql(_request: Request) -> Response:
    return RedirectResponse("/sparql", 303)


async def _page(request: Request, address: SparqlAddress) -> Response | None:
    """Return the page for people where it is wanted, None otherwise; what it asks is counted and cancelled like any."""
    editor = getattr(request.app.state, "editor", None)
    if editor is None or request.method == "POST":
        return None

    async def ask(question: SparqlQuery) -> SparqlAnswer:
        spending = request.app.state.budget.spending(client_of(request))
        async with cancelled_when_gone(request):
            return await address.snapshot.endpoint.answer(question, spending=spending)

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
        entry = snapshot.cache.put(f"{name} {form.suffix}", formats.serialize(triples(counted), form))
    mark = f"{snapshot.version[:16]}{snapshot.code}-{name.partition(' ')[0]}-{form.suffix}"
    return await _sent(request, address, entry, form, mark=mark)


async def _counts(snapshot: ServedSnapshot) -> counts.Counts:
    if not snapshot.base_iri:
        return await counts.of(snapshot.endpoint)
    summary = await run_in_threadpool(lambda: snapshot.summary)
    return counts.of_summary(summary, snapshot.manifest.graphs)


async def _answer(request: Request, address: SparqlAddress, fields: protocol.Fields) -> Response:
    snapshot = address.snapshot
    question = _question(snapshot, fields, request.headers.get("accept"))
    marks = {
        media_type: f"{snapshot.version[:16]}{snapshot.code}-{digest(question, media_type)[:24]}"
        for media_type in question.media_types
    }
    deadline_s = protocol.deadline_s(request, fields)
    spending = request.app.state.budget.spending(client_of(request))
    async with cancelled_when_gone(request):
        if any(_has(request, mark) for mark in marks.values()):
            head = await snapshot.endpoint.head(question, spending=spending)
            if head.stays and _has(request, marks[head.media_type]):
                return Response(status_code=304, headers=_headers(address, _tag(marks[head.media_type], request)))
            spending = request.app.state.budget.spending(client_of(request))
        answer = await snapshot.endpoint.answer(question, deadline_s=deadline_s, spending=spending)
    mark = marks[answer.format.media_type] if answer.stays else None
    return await _sent(request, address, answer.body, answer.format, mark=mark)


def _question(snapshot: ServedSnapshot, fields: protocol.Fields, accept: str | None) -> SparqlQuery:
    if any(name == "update" for name, _ in fields):
        raise BadRequest(
            _("Updates are not offered: this endpoint only reads. Send a query in the parameter query."),
        )
    query = protocol.only(fields, "query")
    if query is None:
        raise BadRequest(
            _("There is no query; send one in the parameter query."),
        )
    return snapshot.endpoint.question(
        query,
        form=protocol.only(fields, "format"),
        accept=accept,
        default_graphs=[value for name, value in fields if name == "default-graph-uri"],
        named_graphs=[value for name, value in fields if name == "named-graph-uri"],
    )


async def _sent(
    request: Request, address: SparqlAddress, entry: CachedBody, form: formats.Format, *, mark: str | None
) -> Response:
    """Return the response: coded as the client takes it, with validators, in pieces when it is large."""
    settings: Settings = request.app.state.settings
    if _has(request, mark) and mark:
        return Response(status_code=304, headers=_headers(address, _tag(mark, request)))
    zipped = _zips(request, len(entry.plain))
    body = entry.plain
    if zipped:
        body = await asyncio.to_thread(lambda: entry.gzipped) if len(body) > PIECE_BYTES else entry.gzipped
    headers = _headers(address, _tag(mark, request) if mark else None)
    headers["Content-Type"] = form.content_type
    if zipped:
        headers["Content-Encoding"] = "gzip"
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(len(body))})
    if len(body) <= PIECE_BYTES:
        return Response(body, headers=headers)
    return BudgetedResponse(body, headers, request.app.state.hold, limit_s=settings.delivery_s)


def _headers(address: SparqlAddress, tag: str | None) -> dict[str, str]:
    headers = {"Vary": _VARY, "X-Ozg-Version": address.snapshot.version}
    if tag is None:
        return {**headers, "Cache-Control": "no-store"}
    return {**headers, "ETag": f"W/{tag}", "Cache-Control": f"public, max-age={address.fresh_s}"}


def _zips(request: Request, size: int) -> bool:
    if not _LEAST_COMPRESSED <= size <= _MAX_COMPRESSED:
        return False
    return wants_gzip(request.headers.get("accept-encoding"))


def _tag(mark: str, request: Request) -> str:
    """Return the entity tag; weak, because a second evaluation may give the rows of a bag in another order."""
    return f'"{mark}-{"g" if wants_gzip(request.headers.get("accept-encoding")) else "i"}"'


def _has(request: Request, mark: str | None) -> bool:
    """Return whether the client has the answer already: no need to evaluate anything. One without a mark nobody has."""
    tag = {"etag": f"W/{_tag(mark, request)}"} if mark else {}
    return request.method != "POST" and RequestConditions.of(request).met_by(tag)
