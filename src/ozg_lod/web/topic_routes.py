"""Addresses of the pages about no single thing, and of what crawlers read; the paths are German, the pages both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from typing import Final, TypeVar

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.core.errors import NotFound
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.http.responses import response
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import Term, iri_of
from ozg_lod.site import (
    inventory,
    legal,
    manual,
    maps,
    sitemap,
    topic_pages,
)
from ozg_lod.site.atlas import Area
from ozg_lod.site.inventory import Contradiction, SourceSummary
from ozg_lod.site.page_requests import PageRequest
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.site.timeline import Timeline, timeline
from ozg_lod.snapshots.snapshot import QUERIES_FOLDER, REPORT_FILE
from ozg_lod.web import answers, contribute_routes

Answering = TypeVar("Answering", bound="Callable[..., object]")

router = APIRouter()

PATHS: Final = ("/karte", "/zeitleiste", "/widersprueche", "/quellen", "/status", "/hilfe")
_REUSE: Final = ("/efa", "/reuse", "/abgleich")
_PEOPLE: Final = (*PATHS, *_REUSE, *contribute_routes.PATHS)
_INDEXED: Final = ("/", *_PEOPLE, "/codebuch", "/ontology", "/shapes", *(f"/{slot}" for slot in legal.SLOTS))
_KEY: Final = re.compile(r"[0-9]{2}|[0-9]{5}|[0-9]{8}")
_SVG: Final = "image/svg+xml"
_XML: Final = "application/xml; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"


def _offer(path: str, summary: str = "") -> Callable[[Answering], Answering]:
    """Offer a page for GET and HEAD; without a summary it is not for programs and stays out of the description."""

    def register(answering: Answering) -> Answering:
        router.get(path, summary=summary, include_in_schema=bool(summary))(answering)
        router.head(path, include_in_schema=False)(answering)
        return answering

    return register


@_offer("/karte", "Map of the state; ?kreis= leads to the map of a district")
async def chart(request: Request, kreis: str = "") -> Response:
    """Answer with the map; the choice of a district leads to its own address."""
    visit = await _with_atlas(_visit(request, "/karte"))
    if kreis:
        found = visit.redirect(f"/karte/{_district(visit, kreis).district}")
        return response(found)
    return await answers.page(
        visit, lambda: topic_pages.chart(visit.site, visit.atlas, None, _names(visit, _on_map(visit)))
    )


@_offer("/karte/ueberblick.svg")
async def overview(request: Request) -> Response:
    """Answer with the picture of the start page."""
    visit = await _with_atlas(PageRequest.of(request, "/karte/ueberblick", offered=(formats.HTML,), suffix="html"))

    def make() -> bytes:
        picture = maps.emblem(visit.atlas)
        if picture is None:
            raise NotFound(_("There is no map here."))
        return picture

    return await answers.kept(request, "overview", _SVG, make)


@_offer("/karte/{key}.svg", "Where an area lies, as a small picture")
async def locator(request: Request, key: str) -> Response:
    """Answer with the small map of one state, district or municipality."""
    visit = await _with_atlas(PageRequest.of(request, f"/karte/{key}", offered=(formats.HTML,), suffix="html"))
    area = _area(visit, key)
    return await answers.kept(request, f"locator {key}", _SVG, lambda: maps.locator(visit.atlas, area))


@_offer("/karte/{key}", "Map of one district by its key")
async def district_chart(request: Request, key: str) -> Response:
    """Answer with the map of one district; an independent city is its own."""
    visit = await _with_atlas(_visit(request, f"/karte/{key}"))
    district = _district(visit, key)
    return await answers.page(
        visit, lambda: topic_pages.chart(visit.site, visit.atlas, district, _names(visit, _on_map(visit)))
    )


@_offer("/zeitleiste", "Since when what is available")
async def line(request: Request) -> Response:
    """Answer with the timeline."""
    visit = _visit(request, "/zeitleiste")

    def make() -> bytes:
        found = timeline(visit.opened.store)
        return topic_pages.timeline(visit.site, found, _names(visit, _on_line(found)))

    return await answers.page(visit, make)


@_offer("/quellen", "Sources with their passages")
async def sources(request: Request) -> Response:
    """Answer with the sources."""
    visit = _visit(request, "/quellen")

    def make() -> bytes:
        found = inventory.sources(visit.opened.store, visit.directory)
        return topic_pages.sources(visit.site, found, _names(visit, _of_sources(found)))

    return await answers.page(visit, make)


@_offer("/widersprueche", "Where sources contradict each other")
async def disputes(request: Request) -> Response:
    """Answer with the contradictions."""
    visit = _visit(request, "/widersprueche")

    def make() -> bytes:
        found = inventory.disputes(visit.opened.store, visit.directory)
        return topic_pages.disputes(visit.site, found, _names(visit, _of_disputes(found)))

    return await answers.page(visit, make)


@_offer("/status", "What is served, and how complete it is")
async def status(request: Request) -> Response:
    """Answer with the state of the snapshot."""
    visit = _visit(request, "/status")
    opened: ServedSnapshot = request.app.state.opened

    def make() -> bytes:
        if REPORT_FILE not in opened.manifest.files:
            raise NotFound(_("Nothing was built here."))
        report = json.loads((opened.directory / REPORT_FILE).read_bytes())
        stocks = inventory.stocks(visit.opened.store, visit.directory)
        return topic_pages.status(
            visit.site, topic_pages.ServiceState(opened.manifest, report, answers.publications(request), stocks)
        )

    return await answers.page(visit, make)


@_offer("/hilfe", "Help: glossary, SPARQL in five steps, citing, linking")
async def help_page(request: Request) -> Response:
    """Answer with the help page."""
    visit = _visit(request, "/hilfe")
    opened: ServedSnapshot = request.app.state.opened
    folder = opened.directory / QUERIES_FOLDER / "help"
    return await answers.page(visit, lambda: topic_pages.manual(visit.site, manual.steps(folder)))


@_offer("/impressum")
@_offer("/datenschutz")
@_offer("/barrierefreiheit")
async def legal_page(request: Request) -> Response:
    """Answer with a legal text of the operator; it is read once per snapshot."""
    slot = request.url.path.rpartition("/")[2]
    visit = _visit(request, f"/{slot}")
    settings: Settings = request.app.state.settings
    return await answers.page(
        visit, lambda: topic_pages.legal(visit.site, legal.page(settings.legal, slot, visit.language))
    )


@_offer("/sitemap.xml")
async def whole_sitemap(request: Request) -> Response:
    """Answer with the sitemap, or with an index where one does not hold all addresses."""
    visit = PageRequest.of(request, "/sitemap.xml", offered=(formats.HTML,), suffix="html")

    def make() -> bytes:
        listed = sitemap.pages(visit.directory, _INDEXED, answers.publications(request))
        count = sitemap.parts(listed)
        return sitemap.index(count, visit.addresses) if count > 1 else sitemap.urlset(listed, visit.addresses)

    return await answers.kept(request, "sitemap", _XML, make)


@_offer("/sitemap-{part}.xml")
async def part_of_sitemap(request: Request, part: int) -> Response:
    """Answer with one of several sitemaps."""
    visit = PageRequest.of(request, f"/sitemap-{part}.xml", offered=(formats.HTML,), suffix="html")

    def make() -> bytes:
        listed = sitemap.pages(visit.directory, _INDEXED, answers.publications(request))
        if not 1 <= part <= sitemap.parts(listed):
            raise NotFound(_("There is no such part of the sitemap."))
        return sitemap.urlset(listed, visit.addresses, part)

    return await answers.kept(request, f"sitemap {part}", _XML, make)


@_offer("/robots.txt")
async def robots(request: Request) -> Response:
    """Answer with what crawlers may read."""
    visit = PageRequest.of(request, "/robots.txt", offered=(formats.HTML,), suffix="html")
    return await answers.kept(request, "robots", _TEXT, lambda: sitemap.robots(visit.addresses))


@_offer("/favicon.ico")
async def favicon(request: Request) -> Response:
    """Answer with the icon for programs that ask for nothing else."""
    icon = files("ozg_lod").joinpath("static", "favicon.ico")
    return await answers.kept(request, "favicon", "image/x-icon", icon.read_bytes)


def _visit(request: Request, path: str) -> PageRequest:
    return PageRequest.of(request, path, offered=(formats.HTML,))


async def _with_atlas(visit: PageRequest) -> PageRequest:
    """Return the visit once its atlas is read, which happens beside the event loop."""
    await run_in_threadpool(lambda: visit.atlas)
    return visit


def _area(visit: PageRequest, key: str) -> Area:
    found = visit.atlas.find(key) if _KEY.fullmatch(key) else None
    if found is None:
        raise NotFound(
            _("There is no map for '{key}'; write a district key such as {example}.", key=key[:20], example="06531")
        )
    return found


def _district(visit: PageRequest, key: str) -> Area:
    """Return the district with this key; the district key of an independent city, or its own, leads to the city."""
    cities = [area for area in visit.atlas.municipalities if area.independent and key in (area.district, area.key)]
    found = cities[0] if cities else _area(visit, key)
    return found if cities or found in visit.atlas.districts else _area(visit, "")


def _names(visit: PageRequest, terms: Iterable[Term | str]) -> dict[str, dict[str, str]]:
    return inventory.names(visit.opened.store, list(terms))


def _on_map(visit: PageRequest) -> list[str]:
    found = visit.atlas
    areas = (*found.states, *found.districts, *found.municipalities)
    return [found.programme, *(area.iri for area in areas), *{area.type for area in areas}]


def _on_line(found: Timeline) -> list[Term | str]:
    rows = (*found.rows, *found.others)
    return [part for row in rows for part in (row.iri, row.of, *row.sources, *row.status)]


def _of_sources(found: Sequence[SourceSummary]) -> list[Term | str]:
    terms: list[Term | str] = [term for one in found for term in (one.iri, *one.publisher, *one.licence)]
    return terms + [term for one in found for term in _of_sources(one.passages)]


def _of_disputes(found: Sequence[Contradiction]) -> list[Term | str]:
    terms: list[Term | str] = [term for one in found for term in (one.iri, *one.about, *one.status)]
    for claim in (claim for one in found for claim in one.claims):
        terms += [claim.iri, claim.indicator, *claim.sources]
    return [term for term in terms if isinstance(term, str) or iri_of(term)]
