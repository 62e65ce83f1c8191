"""The doors around the query page: the page, the examples as queries and answers, the words the editor proposes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, TypedDict

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.errors import NotAcceptable, NotFound, OzgLodError
from ozg_lod.pages import answer_map, answer_timeline, editor, examples, solutions
from ozg_lod.pages.visits import Visit, no_such_page
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import TYPE, iri_of, pick
from ozg_lod.snapshots.snapshot import QUERIES_FOLDER
from ozg_lod.vocab import DCAT, DCT
from ozg_lod.web.cache import Entry
from ozg_lod.web.replies import Asked, reply, response, retry_after

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.datastructures import QueryParams

    from ozg_lod.pages.atlas import Atlas
    from ozg_lod.sparql.serving import Opened
    from ozg_lod.sparql.sparql import Endpoint, Wanted

router = APIRouter()

_METHODS: Final = ["GET", "HEAD"]
_PAGE: Final = (formats.HTML,)
_SHOWN_BYTES: Final = 8_000_000
"""The largest answer a page is made of; larger ones are for programs."""
_SUFFIXES: Final = {"csv": formats.CSV, "tsv": formats.TSV, "json": formats.SPARQL_AS_JSON, "srx": formats.SPARQL_XML}


async def page(
    request: Request, opened: Opened, path: str, ask: Callable[[Wanted], Awaitable[Entry]]
) -> Response | None:
    """Answer with the page at `path` where a person asks, with a CSV where a spreadsheet asks, else None."""
    query = request.query_params
    if query.get("sheet") == "1" and query.get("format") == "csv" and query.get("query") is not None:
        return await _sheet(opened, query["query"], ask)
    form = query.get("format")
    if form != "html" and (form or not formats.wants_page(request.headers.get("accept"))):
        return None
    visit = dataclasses.replace(Visit.of(request, path, offered=_PAGE, suffix="html"), opened=opened)
    asked = await _asked(visit, opened.endpoint, query, ask) if query.get("query", "").strip() else None
    kept = (("query", asked.query), *((("view", asked.view),) if asked.view in asked.views else ())) if asked else ()
    site = dataclasses.replace(visit.site, kept=kept)
    source = _source(visit, request.app.state.opened.version)
    body = await run_in_threadpool(editor.page, site, _examples(opened), source, asked)
    return _sent(request, body, visit, asked)


async def _asked(
    visit: Visit, endpoint: Endpoint, params: QueryParams, ask: Callable[[Wanted], Awaitable[Entry]]
) -> editor.Asked:
    """Return what came of the query; an expected failure is part of the page."""
    query = params["query"].replace("\r\n", "\n")
    asked = editor.Asked(query, iris=params.get("iris") == "1", view=params.get("view", editor.TABLE))
    try:
        wanted = _wanted(endpoint, query)
        question = dataclasses.replace(wanted.question, answer_bytes=_SHOWN_BYTES)
        body = (await ask(dataclasses.replace(wanted, question=question))).plain
    except OzgLodError as failure:
        return dataclasses.replace(asked, failure=failure)
    raw, whole = solutions.beginning(body)
    asked = dataclasses.replace(asked, raw=raw, whole=whole)
    if wanted.form is formats.TURTLE:
        return dataclasses.replace(asked, graph=True)
    found = await run_in_threadpool(solutions.read, body, visit.page)
    if isinstance(found, bool):
        return dataclasses.replace(asked, truth=found)
    if visit.page > found.pages:
        raise no_such_page(visit.page)
    return dataclasses.replace(asked, rows=found, **await run_in_threadpool(_drawing, visit, found, asked.view))


class _Drawing(TypedDict):
    """What the page needs beside the rows: the views there are, the names of all things, the atlas for a map."""

    views: Sequence[str]
    names: Mapping[str, Mapping[str, str]]
    atlas: Atlas | None


def _drawing(visit: Visit, found: solutions.Solutions, view: str) -> _Drawing:
    """Look what the rows can be shown as, and read the names that the page will need for it."""
    views = [editor.TABLE]
    if answer_timeline.fits(found.columns, found.first_rows):
        views.append(editor.TIMELINE)
    if answer_map.may_fit(found.columns, found.first_rows, visit.opened.base_iri) and answer_map.fits(
        found.columns, found.first_rows, visit.atlas
    ):
        views.append(editor.MAP)
    drawn = view in views and view != editor.TABLE
    rows = [*found.rows, *(found.first_rows if drawn else ())]
    iris = {iri for row in rows for term in row if term is not None and (iri := iri_of(term))}
    if drawn and view == editor.MAP:
        iris |= {area.iri for area in map(visit.atlas.find, map(visit.atlas.located, iris)) if area is not None}
    names = {iri: visit.graph.names(iri) for iri in iris}
    return {"views": views, "names": names, "atlas": visit.atlas if editor.MAP in views else None}


def _wanted(endpoint: Endpoint, query: str) -> Wanted:
    try:
        return endpoint.wanted(query, form="srj")
    except NotAcceptable:  # a query that makes a graph
        return endpoint.wanted(query, form="ttl")


async def _sheet(opened: Opened, query: str, ask: Callable[[Wanted], Awaitable[Entry]]) -> Response:
    body = (await ask(opened.endpoint.wanted(query, form="csv"))).plain
    headers = {
        "Content-Disposition": 'attachment; filename="abfrage.csv"',
        "Cache-Control": "public, max-age=60",
        "X-Ozg-Version": opened.version,
    }
    made = await run_in_threadpool(solutions.sheet, body)
    return Response(made, headers=headers, media_type="text/csv; charset=utf-8")


def _sent(request: Request, body: bytes, visit: Visit, asked: editor.Asked | None) -> Response:
    failure = asked.failure if asked else None
    fields = {
        "content-type": formats.HTML.content_type,
        "content-language": visit.language,
        "x-ozg-version": visit.opened.version,
    }
    if failure is not None:
        fields |= {"cache-control": "no-store", "vary": "Accept, Accept-Language", **retry_after(failure)}
        return Response(body, failure.status, fields)
    mark = f"{visit.path} {visit.opened.version} {visit.opened.code} {visit.language} {request.url.query}"
    answer = reply(Entry(body), Asked.of(request), mark=mark, headers=fields)
    return response(answer)


@router.get("/queries/{name}", summary="An example query (.rq) or its answer (.csv .json …)")
@router.head("/queries/{name}", include_in_schema=False)
async def example(request: Request, name: str) -> Response:
    """Answer with the query itself, or with what it finds."""
    key, _, suffix = name.partition(".")
    opened: Opened = request.app.state.opened
    found = next((one for one in _examples(opened) if one.name == key), None)
    if found is None or suffix not in {"", "rq", *_SUFFIXES}:
        raise NotFound("There is no such query.", "Diese Abfrage gibt es nicht.")
    if suffix in {"", "rq"}:
        body, content_type = found.query.encode(), "application/sparql-query; charset=utf-8"
    else:
        form = _SUFFIXES[suffix]
        body = (await opened.endpoint.answer(opened.endpoint.wanted(found.query, form=form.suffix))).plain
        content_type = form.content_type
    fields = {"content-type": content_type, "x-ozg-version": opened.version}
    answer = reply(Entry(body), Asked.of(request), mark=f"{opened.version} {opened.code} {name}", headers=fields)
    return response(answer)


@router.get("/.well-known/sparql-examples", summary="The example queries as SHACL executables")
@router.head("/.well-known/sparql-examples", include_in_schema=False)
async def well_known_examples(request: Request) -> Response:
    """Answer with the examples as a graph."""
    visit = Visit.of(request, "/.well-known/sparql-examples", offered=formats.GRAPHS)
    triples = list(examples.triples(_examples(request.app.state.opened), visit.opened.public_url))
    body = formats.serialize(triples, visit.form)
    fields = {"content-type": visit.form.content_type, "x-ozg-version": visit.opened.version}
    mark = f"{visit.opened.code} {visit.form.suffix} {visit.path}"
    answer = reply(Entry(body), visit.asked, mark=mark, headers=fields)
    return response(answer)


@router.api_route("/editor/words.json", methods=_METHODS, include_in_schema=False)
async def words(request: Request) -> Response:
    """Answer with what the editor proposes: the terms of the ontology, and all others the data use."""
    visit = Visit.of(request, "/editor/words", offered=(formats.JSON,), suffix="json")
    key = f"editor words {visit.language}"
    entry = visit.opened.cache.get(key)
    if entry is None:
        made = await run_in_threadpool(lambda: editor.vocabulary(visit.site, _terms(visit)))
        entry = visit.opened.cache.put(key, made)
    mark = f"{visit.opened.version} {visit.opened.code} {key}"
    answer = reply(entry, visit.asked, mark=mark, headers={"content-type": "application/json"})
    return response(answer)


def _terms(visit: Visit) -> list[tuple[str, str, dict[str, str]]]:
    """Return (IRI, kind, names) of the ontology's terms and of the properties and classes the data use."""
    kinds = {"class": "class", "link": "property", "attribute": "property"}
    own = {term.iri: (kinds.get(term.group, "constant"), dict(term.names)) for term in visit.terms}
    found = [(iri, kind, names) for iri, (kind, names) in own.items()]
    properties = {quad.predicate.value for quad in visit.opened.store.quads_for_pattern(None, None, None, None)}
    classes = {iri_of(triple.object) for triple in visit.graph.using(TYPE)} - {""}
    for kind, iris in (("property", properties), ("class", classes)):
        found += [(iri, kind, dict(visit.graph.names(iri))) for iri in sorted(iris - own.keys())]
    return found


def _examples(opened: Opened) -> tuple[examples.Example, ...]:
    """Return the examples that were published with the data, read once per snapshot."""
    folder = opened.directory / QUERIES_FOLDER / "examples"
    return opened.cache.once(tuple, lambda: examples.read(folder), name="examples")


def _source(visit: Visit, current: str) -> editor.Source:
    graph = visit.graph
    catalogues = sorted(iri_of(triple.subject) for triple in graph.using(TYPE, DCAT + "Catalog"))
    publishers = [iri_of(term) for one in catalogues for term in graph.objects(one, DCT + "publisher")]
    named = [pick(graph.names(iri), visit.language, "")[0] for iri in publishers if iri]
    return editor.Source(visit.title, [name for name in named if name], latest=visit.opened.version == current)
