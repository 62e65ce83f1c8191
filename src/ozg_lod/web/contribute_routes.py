"""Taking part: `/mitmachen` says how, `/vorlagen` has the tables to fill in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.contributions import contribute_pages
from ozg_lod.contributions.templates import FORMS, TemplateCatalogue
from ozg_lod.core.errors import NotFound
from ozg_lod.core.messages import _
from ozg_lod.http.content_disposition import attachment
from ozg_lod.http.responses import RequestConditions, reply, response
from ozg_lod.rdf import formats
from ozg_lod.site import lists
from ozg_lod.site.lists import ListEntry
from ozg_lod.site.page_requests import PageBody, PageRequest
from ozg_lod.site.served_snapshot import ServedSnapshot

router = APIRouter()

PATHS: Final = ("/mitmachen", "/pruefen", "/vorlagen")
"""What the sitemap lists."""
_MOST_TYPED: Final = 80


@router.get("/mitmachen", summary="How to contribute; ?ags= or ?buendel= for whom")
@router.head("/mitmachen", include_in_schema=False)
async def contribute(request: Request) -> Response:
    """Answer with the page that says how to take part."""
    return await _chosen(request, "/mitmachen", contribute_pages.contribute)


@router.get("/vorlagen", summary="Templates for tables; ?q= finds a municipality, ?ags= or ?buendel= prefill")
@router.head("/vorlagen", include_in_schema=False)
async def templates(request: Request) -> Response:
    """Answer with the list of templates and what their columns are for."""
    return await _chosen(request, "/vorlagen", contribute_pages.templates)


@router.get("/vorlagen/{name}", summary="One template as .xlsx, .ods or .csv; ?ags= or ?buendel= prefill, ?lang=")
@router.head("/vorlagen/{name}", include_in_schema=False)
async def template(request: Request, name: str) -> Response:
    """Answer with the file; it changes with the snapshot only."""
    slug, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix.removeprefix(".")
    visit = PageRequest.of(request, f"/vorlagen/{slug}", offered=(formats.HTML,), suffix="html")
    form = formats.by_name(suffix, FORMS)
    return await run_in_threadpool(_file, request, visit, slug, form)


def _file(request: Request, visit: PageRequest, slug: str, form: formats.Format) -> Response:
    found = blanks(request)
    kind = found.kind(slug)
    topic = _topic(request, found, visit)
    language = visit.chosen or "de"  # the reader of a template is its municipality, whatever the browser speaks
    opened: ServedSnapshot = request.app.state.opened
    mark = f"{opened.version} {opened.code} template {slug} {form.suffix} {language} {topic.iri if topic else ''}"
    sheet = found.sheet(kind, language, topic)
    entry = opened.cache.get(mark) or opened.cache.put(mark, found.write(sheet, form))
    fields = {
        "content-type": form.content_type,
        "content-language": language,
        "content-disposition": attachment(f"{sheet.file}.{form.suffix}"),
        "vary": "Accept-Encoding",
    }
    return response(reply(entry, RequestConditions.of(request), mark=mark, headers=fields))


async def _chosen(request: Request, path: str, page: Callable[..., bytes]) -> Response:
    """Answer with a page about templates, for the authority or bundle that the address names or the reader looks for.

    What was looked for is not kept.
    """
    visit = PageRequest.of(request, path, offered=(formats.HTML,))
    typed = request.query_params.get("q", "").strip()[:_MOST_TYPED]

    def make() -> PageBody:
        found = blanks(request)
        topic = _topic(request, found, visit)
        matches = found.search(typed) if typed and topic is None else []
        if len(matches) == 1:
            topic = matches[0]
        kept = tuple(
            (name, request.query_params[name]) for name in ("q", "ags", "buendel") if name in request.query_params
        )
        return PageBody(page(visit.site, found, contribute_pages.TemplateSelection(topic, typed, matches), kept))

    asked = any(name in request.query_params for name in ("q", "ags", "buendel"))
    if not asked:
        return response(await run_in_threadpool(visit.answer, make))
    made = await run_in_threadpool(make)
    headers = {
        "content-type": formats.HTML.content_type,
        "content-language": visit.language,
        "cache-control": "no-cache",
        "vary": "Accept, Accept-Language",
    }
    return Response(made.body, headers=headers)


def blanks(request: Request) -> TemplateCatalogue:
    """Return the templates of what is served, read once per snapshot; raise NotFound where there are none."""
    opened: ServedSnapshot = request.app.state.opened
    if not opened.base_iri:
        raise NotFound(
            _("This server has queries and nothing else; there are no templates here."),
        )

    return opened.cache.once(TemplateCatalogue, lambda: _read(opened))


def _read(opened: ServedSnapshot) -> TemplateCatalogue:
    """Return the templates; the lists of things are those that the pages show, which are read once."""
    base, url = opened.base_iri, opened.public_url
    things = lists.of(opened)
    return TemplateCatalogue.of(
        opened.directory, opened.store, base, version=opened.version[:12], public_url=url, things=things
    )


def _topic(request: Request, found: TemplateCatalogue, visit: PageRequest) -> ListEntry | None:
    query = request.query_params
    if "ags" in query:
        return found.authority(query["ags"].strip(), visit.language)
    return found.bundle(query["buendel"]) if "buendel" in query else None
