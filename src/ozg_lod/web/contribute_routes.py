"""Taking part: `/mitmachen` says how, `/vorlagen` has the tables to fill in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.catalogue import responsible
from ozg_lod.contributions import contribute_pages
from ozg_lod.contributions import templates as template_catalogue
from ozg_lod.contributions.templates import FORMS, TemplateCatalogue
from ozg_lod.core.settings import Settings
from ozg_lod.matching import register
from ozg_lod.matching.matching import ListRow, match
from ozg_lod.rdf import formats
from ozg_lod.site import download_names
from ozg_lod.site.lists import ListEntry
from ozg_lod.site.page_requests import PageRequest
from ozg_lod.site.represent import Content, Representation, represent
from ozg_lod.web.routing import Pages

pages = Pages()

PATHS: Final = ("/mitmachen", "/pruefen", "/vorlagen")
"""What the sitemap lists."""
_MAX_QUERY: Final = 80
_SELECTING: Final = ("q", "ags", "buendel")


@pages.page("/mitmachen", summary="How to contribute; ?ags= or ?buendel= for whom")
async def contribute(request: Request) -> Response:
    """Answer with the page that says how to take part."""
    return await _chosen(PageRequest.of(request, "/mitmachen", (formats.HTML,)), contribute_pages.contribute)


@pages.page("/vorlagen", summary="Templates for tables; ?q= finds a municipality, ?ags= or ?buendel= prefill")
async def templates(request: Request) -> Response:
    """Answer with the list of templates and what their columns are for."""
    return await _chosen(PageRequest.of(request, "/vorlagen", (formats.HTML,)), contribute_pages.templates)


@pages.page("/vorlagen/{name}", summary="One template as .xlsx, .ods or .csv; ?ags= or ?buendel= prefill, ?lang=")
async def template(request: Request, name: str) -> Response:
    """Answer with the file; it changes with the snapshot only."""
    slug, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix.removeprefix(".")
    page_request = PageRequest.for_people(request, f"/vorlagen/{slug}")
    form = formats.by_name(suffix, FORMS)
    return await represent(request, await run_in_threadpool(_file, page_request, slug, form))


def _file(page_request: PageRequest, slug: str, form: formats.Format) -> Representation:
    catalogue = template_catalogue.of(page_request.opened)
    topic = _topic(catalogue, page_request)
    language = page_request.chosen or "de"  # the reader of a template is its municipality, whatever the browser speaks
    sheet = catalogue.sheet(catalogue.kind(slug), language, topic)
    fields = {
        "content-type": form.content_type,
        "content-language": language,
        "content-disposition": download_names.template(sheet.file, form),
        "vary": "Accept-Encoding",
    }
    key = f"template {slug} {form.suffix} {language} {topic.iri if topic else ''}"
    return Representation(key, lambda: Content(catalogue.write(sheet, form), fields))


async def _chosen(page_request: PageRequest, page: Callable[..., bytes]) -> Response:
    """Answer with a page about templates, for the authority or bundle that the address names or the reader looks for.

    What was looked for is not kept.
    """
    query = page_request.request.query_params
    parameters = tuple((name, query[name]) for name in _SELECTING if name in query)

    def make() -> bytes:
        catalogue = template_catalogue.of(page_request.opened)
        return page(page_request.site, catalogue, _selection(catalogue, page_request), parameters)

    if not parameters:
        return await page_request.answer(make)
    fields = {
        "content-type": formats.HTML.content_type,
        "content-language": page_request.language,
        "cache-control": "no-cache",
        "vary": "Accept, Accept-Language",
    }
    return Response(await run_in_threadpool(make), headers=fields)


def _selection(catalogue: TemplateCatalogue, page_request: PageRequest) -> contribute_pages.TemplateSelection:
    typed = page_request.request.query_params.get("q", "").strip()[:_MAX_QUERY]
    topic = _topic(catalogue, page_request)
    matches = _meant(catalogue, page_request, typed) if typed and topic is None else []
    settings: Settings = page_request.request.app.state.settings
    return contribute_pages.TemplateSelection(
        matches[0] if len(matches) == 1 else topic,
        typed,
        matches,
        submits=settings.inbox is not None,
        contact=responsible.contact(page_request.opened.graph),
    )


def _meant(catalogue: TemplateCatalogue, page_request: PageRequest, typed: str) -> list[ListEntry]:
    """Return the one authority that is surely meant, else those whose name has the words, else the nearest."""
    row = ListRow(typed, catalogue.authorities)
    result = match(register.of(page_request.opened), row)
    if result.matched is not None:
        return catalogue.at([result.matched.record.iri])
    return catalogue.search(typed) or catalogue.at([one.record.iri for one in result.candidates])


def _topic(catalogue: TemplateCatalogue, page_request: PageRequest) -> ListEntry | None:
    query = page_request.request.query_params
    if "ags" in query:
        return catalogue.authority(query["ags"].strip(), page_request.language)
    return catalogue.bundle(query["buendel"]) if "buendel" in query else None
