"""The doors around the query page: the page, the examples as queries and answers, the words the editor proposes."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypedDict

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.catalogue import responsible
from ozg_lod.core.errors import NotFound, OzgLodError
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import DCT
from ozg_lod.http.clients import client_of
from ozg_lod.http.responses import CACHE_CONTROL, NO_STORE, retry_after
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import iri_of, pick
from ozg_lod.site import (
    download_names,
    example_queries,
    query_page,
    query_results,
    result_map,
    result_timeline,
)
from ozg_lod.site.atlas import Atlas
from ozg_lod.site.page_requests import PageRequest, no_such_page
from ozg_lod.site.represent import Content, Representation, represent, respond
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.sparql.endpoint import Endpoint, SparqlAnswer
from ozg_lod.sparql.question import SparqlQuery
from ozg_lod.web.routing import Pages

pages = Pages()

_SHOWN_BYTES: Final = 8_000_000
"""The largest answer a page is made of; larger ones are for programs."""
_SHOWN: Final = f"{formats.SPARQL_JSON.media_type}, {formats.TURTLE.media_type}"
_SUFFIXES: Final = {"csv": formats.CSV, "tsv": formats.TSV, "json": formats.SPARQL_AS_JSON, "srx": formats.SPARQL_XML}


async def page(
    request: Request, snapshot: ServedSnapshot, path: str, ask: Callable[[SparqlQuery], Awaitable[SparqlAnswer]]
) -> Response | None:
    """Answer with the page at `path` where a person asks, with a CSV where a spreadsheet asks, else None."""
    query = request.query_params
    if query.get("sheet") == "1" and query.get("format") == "csv" and query.get("query") is not None:
        return await _sheet(snapshot, query["query"], ask)
    form = query.get("format")
    if form != "html" and (form or not formats.wants_page(request.headers.get("accept"))):
        return None
    page_request = dataclasses.replace(PageRequest.for_people(request, path), opened=snapshot)
    query_request = (
        await _query_request(page_request, snapshot.endpoint, query, ask) if query.get("query", "").strip() else None
    )
    parameters = (
        (
            ("query", query_request.query),
            *((("view", query_request.view),) if query_request.view in query_request.views else ()),
        )
        if query_request
        else ()
    )
    site = dataclasses.replace(page_request.site, parameters=parameters)
    source = _source(page_request, request.state.opened.version)
    with request.app.state.budget.spending(client_of(request) if query_request else None):
        body = await run_in_threadpool(query_page.page, site, snapshot.example_queries, source, query_request)
    return _sent(body, page_request, query_request, latest=source.latest)


async def _query_request(
    page_request: PageRequest,
    endpoint: Endpoint,
    params: QueryParams,
    ask: Callable[[SparqlQuery], Awaitable[SparqlAnswer]],
) -> query_page.QueryRequest:
    """Return what came of the query; an expected failure is part of the page."""
    query = params["query"].replace("\r\n", "\n")
    query_request = query_page.QueryRequest(
        query, iris=params.get("iris") == "1", view=params.get("view", query_page.TABLE)
    )
    try:
        question = endpoint.question(query, accept=_SHOWN)
        answer = await ask(dataclasses.replace(question, answer_bytes=_SHOWN_BYTES))
        query_request = dataclasses.replace(query_request, stays=answer.stays)
    except OzgLodError as failure:
        return dataclasses.replace(query_request, failure=failure)
    body = answer.body.plain
    raw, whole = query_results.beginning(body)
    query_request = dataclasses.replace(query_request, raw=raw, whole=whole)
    if answer.format is formats.TURTLE:
        return dataclasses.replace(query_request, graph=True)
    solutions = await run_in_threadpool(query_results.read, body, page_request.page)
    if isinstance(solutions, bool):
        return dataclasses.replace(query_request, truth=solutions)
    if page_request.page > solutions.pages:
        raise no_such_page(page_request.page)
    return dataclasses.replace(
        query_request, rows=solutions, **await run_in_threadpool(_drawing, page_request, solutions, query_request.view)
    )


class _Drawing(TypedDict):
    """What the page needs beside the rows: the views there are, the names of all things, the atlas for a map."""

    views: Sequence[str]
    names: Mapping[str, Mapping[str, str]]
    atlas: Atlas | None


def _drawing(page_request: PageRequest, solutions: query_results.Solutions, view: str) -> _Drawing:
    """Look what the rows can be shown as, and read the names that the page will need for it."""
    views = [query_page.TABLE]
    if result_timeline.fits(solutions.columns, solutions.first_rows):
        views.append(query_page.TIMELINE)
    if result_map.may_fit(solutions.columns, solutions.first_rows, page_request.opened.base_iri) and result_map.fits(
        solutions.columns, solutions.first_rows, page_request.opened.atlas
    ):
        views.append(query_page.MAP)
    drawn = view in views and view != query_page.TABLE
    rows = [*solutions.rows, *(solutions.first_rows if drawn else ())]
    iris = {iri for row in rows for term in row if term is not None and (iri := iri_of(term))}
    if drawn and view == query_page.MAP:
        atlas = page_request.opened.atlas
        iris |= {area.iri for area in map(atlas.find, map(atlas.located, iris)) if area is not None}
        iris |= atlas.source_terms
    names = page_request.graph.names_of(iris)
    return {"views": views, "names": names, "atlas": page_request.opened.atlas if query_page.MAP in views else None}


async def _sheet(
    snapshot: ServedSnapshot, query: str, ask: Callable[[SparqlQuery], Awaitable[SparqlAnswer]]
) -> Response:
    answer = await ask(snapshot.endpoint.question(query, form="csv"))
    headers = {
        "Content-Disposition": download_names.query_result(),
        "Cache-Control": CACHE_CONTROL if answer.stays else NO_STORE,
        "X-Ozg-Version": snapshot.version,
    }
    sheet = await run_in_threadpool(query_results.sheet, answer.body.plain)
    return Response(sheet, headers=headers, media_type=f"{formats.CSV.media_type}; charset=utf-8")


def _sent(
    body: bytes, page_request: PageRequest, query_request: query_page.QueryRequest | None, *, latest: bool
) -> Response:
    """Return the page: it warns of a version that is not the `latest`, and is another each time where its answer is."""
    failure = query_request.failure if query_request else None
    fields = {
        "content-type": formats.HTML.content_type,
        "content-language": page_request.language,
        "x-ozg-version": page_request.opened.version,
    }
    if failure is not None:
        fields |= {"cache-control": "no-store", "vary": "Accept, Accept-Language", **retry_after(failure)}
        return Response(body, failure.status, fields)
    snapshot = page_request.opened
    state = f"{snapshot.version} {snapshot.code} {latest}"
    tag = f"{page_request.path} {state} {page_request.language} {page_request.request.url.query}"
    return respond(
        page_request.request, Content(body, fields), tag if query_request is None or query_request.stays else None
    )


@pages.page("/queries/{name}", summary="An example query (.rq) or its answer (.csv .json …)")
async def example(request: Request, name: str) -> Response:
    """Answer with the query itself, or with what it finds."""
    key, _dot, suffix = name.partition(".")
    snapshot: ServedSnapshot = request.state.opened
    example = next((example for example in snapshot.example_queries if example.name == key), None)
    if example is None or suffix not in {"", "rq", *_SUFFIXES}:
        raise NotFound(_("There is no such query."))
    stays = True
    if suffix in {"", "rq"}:
        body, content_type = example.query.encode(), formats.QUERY.content_type
    else:
        form = _SUFFIXES[suffix]
        answer = await snapshot.endpoint.answer(snapshot.endpoint.question(example.query, form=form.suffix))
        body, content_type, stays = answer.body.plain, form.content_type, answer.stays
    content = Content(body, {"content-type": content_type, "x-ozg-version": snapshot.version})
    return respond(request, content, f"{snapshot.version} {snapshot.code} {name}" if stays else None)


@pages.page("/.well-known/sparql-examples", summary="The example queries as SHACL executables")
async def well_known_examples(request: Request) -> Response:
    """Answer with the examples as a graph."""
    page_request = PageRequest.of(request, "/.well-known/sparql-examples", formats.GRAPHS)
    snapshot = page_request.opened
    fields = {"content-type": page_request.form.content_type, "x-ozg-version": snapshot.version}

    def make() -> Content:
        triples = example_queries.triples(snapshot.example_queries, snapshot.public_url)
        return Content(formats.serialize(triples, page_request.form), fields)

    key = f"{page_request.form.suffix} {page_request.path}"
    return await represent(request, Representation(key, make, f"{snapshot.code} {key}"))


@pages.page("/editor/words.json")
async def words(request: Request) -> Response:
    """Answer with what the editor proposes: the terms of the ontology, and all others the data use."""
    page_request = PageRequest.of(request, "/editor/words", (formats.JSON,), formats.JSON.suffix)

    def make() -> Content:
        return Content(
            query_page.vocabulary(page_request.site, _terms(page_request)), {"content-type": formats.JSON.media_type}
        )

    return await represent(request, Representation(f"editor words {page_request.language}", make))


def _terms(page_request: PageRequest) -> list[tuple[str, str, dict[str, str]]]:
    """Return (IRI, kind, names) of the ontology's terms and of the properties and classes the data use."""
    kinds = {"class": "class", "link": "property", "attribute": "property"}
    own = {term.iri: (kinds.get(term.group, "constant"), dict(term.names)) for term in page_request.opened.terms}
    terms = [(iri, kind, names) for iri, (kind, names) in own.items()]
    summary = page_request.opened.summary
    for kind, iris in (("property", summary.properties), ("class", summary.classes)):
        terms += [(iri, kind, dict(page_request.graph.names(iri))) for iri in sorted(iris.keys() - own.keys())]
    return terms


def _source(page_request: PageRequest, current: str) -> query_page.CitationSource:
    graph = page_request.graph
    publishers = responsible.named(graph, DCT + "publisher")
    named = [pick(graph.names(iri), page_request.language, "")[0] for iri in publishers]
    return query_page.CitationSource(
        page_request.title, [name for name in named if name], latest=page_request.opened.version == current
    )
