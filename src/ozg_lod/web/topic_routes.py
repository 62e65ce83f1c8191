"""Addresses of the pages about no single thing, and of what crawlers read; the paths are German, the pages both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ozg_lod.core.errors import BadRequest, NotFound
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.core.vocab import XSD
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import Term, iri_of
from ozg_lod.site import (
    api_catalog,
    awards,
    codebook,
    inventory,
    legal,
    lists,
    manual,
    maps,
    sitemap,
    topic_pages,
)
from ozg_lod.site.atlas import Area, Atlas
from ozg_lod.site.inventory import Contradiction, SourceSummary
from ozg_lod.site.page_requests import PageBody, PageRequest
from ozg_lod.site.pages import render
from ozg_lod.site.represent import Content, Representation, represent
from ozg_lod.site.term_names import term_name
from ozg_lod.site.timeline import Timeline, timeline
from ozg_lod.site.values import ValueWriter
from ozg_lod.snapshots.snapshot import QUERIES_FOLDER, REPORT_FILE
from ozg_lod.web import contribute_routes
from ozg_lod.web.routing import Pages

pages = Pages()

PATHS: Final = ("/karte", "/zeitleiste", "/foerderung", "/widersprueche", "/quellen", "/status", "/hilfe")
_REUSE: Final = ("/efa", "/reuse", "/abgleich")
_PEOPLE: Final = (*PATHS, *_REUSE, *contribute_routes.PATHS)
_INDEXED: Final = ("/", *_PEOPLE, "/codebuch", "/ontology", "/shapes", *(f"/{slot}" for slot in legal.SLOTS))
_KEY: Final = re.compile(r"[0-9]{2}|[0-9]{5}|[0-9]{8}")
_WITH_TABLE: Final = (formats.HTML, formats.CSV)


@pages.page("/karte", summary="Map of the state; ?kreis= leads to the map of a district")
async def chart(request: Request, kreis: str = "") -> Response:
    """Answer with the map; the choice of a district leads to its own address."""
    page_request = _page_request(request, "/karte")
    if kreis:
        return page_request.redirect(f"/karte/{_district(page_request, kreis).district}")
    return await page_request.answer(lambda: _chart(page_request, None))


@pages.page("/karte/ueberblick.svg")
async def overview(request: Request) -> Response:
    """Answer with the picture of the start page."""
    page_request = PageRequest.for_people(request, "/karte/ueberblick")

    def make() -> bytes:
        picture = maps.emblem(page_request.opened.atlas, page_request.opened.identity.colours.map)
        if picture is None:
            raise NotFound(_("There is no map here."))
        return picture

    return await represent(request, Representation.of_bytes("overview", formats.SVG.content_type, make))


@pages.page("/karte/{key}.svg", summary="Where an area lies, as a small picture")
async def locator(request: Request, key: str) -> Response:
    """Answer with the small map of one state, district or municipality."""
    page_request = PageRequest.for_people(request, f"/karte/{key}")
    area = _area(page_request, key)
    make = partial(maps.locator, page_request.opened.atlas, area)
    return await represent(request, Representation.of_bytes(f"locator {key}", formats.SVG.content_type, make))


@pages.page("/karte/{key}", summary="Map of one district by its key")
async def district_chart(request: Request, key: str) -> Response:
    """Answer with the map of one district; an independent city is its own."""
    page_request = _page_request(request, f"/karte/{key}")
    district = _district(page_request, key)
    return await page_request.answer(lambda: _chart(page_request, district))


@pages.page("/zeitleiste", summary="Since when what is available")
async def line(request: Request) -> Response:
    """Answer with the timeline."""
    page_request = _page_request(request, "/zeitleiste")

    def make() -> PageBody:
        snapshot = page_request.opened
        times = timeline(snapshot.graph, snapshot.index, snapshot.summary.availability, page_request.page)
        body = topic_pages.timeline(page_request.site, times, _names(page_request, _on_line(times)))
        return PageBody(body, times.pages)

    return await page_request.answer(make)


@pages.page("/foerderung", "/foerderung.{suffix}", summary="Who got how much of which programme (also .csv)")
async def money(request: Request) -> Response:
    """Answer with the awards that sources name."""
    page_request = PageRequest.of(request, "/foerderung", _WITH_TABLE, request.path_params.get("suffix"))
    site = page_request.site

    def make() -> bytes:
        listed = awards.read(page_request.graph)
        return awards.page(site, listed) if page_request.form is formats.HTML else awards.as_csv(site, listed)

    return await page_request.answer(make)


@pages.page("/quellen", summary="Sources with their passages")
async def sources(request: Request) -> Response:
    """Answer with the sources."""
    page_request = _page_request(request, "/quellen")

    def make() -> PageBody:
        snapshot = page_request.opened
        listed = inventory.sources(snapshot.graph, snapshot.index, snapshot.summary.sources, page_request.page)
        body = topic_pages.sources(page_request.site, listed, _names(page_request, _of_sources(listed.shown)))
        return PageBody(body, listed.pages)

    return await page_request.answer(make)


@pages.page("/widersprueche", summary="Where sources contradict each other")
async def disputes(request: Request) -> Response:
    """Answer with the contradictions."""
    page_request = _page_request(request, "/widersprueche")

    def make() -> PageBody:
        entries = page_request.opened.things.entries("discrepancy")
        shown = lists.on_page(entries, page_request.page, inventory.PAGE_SIZE)
        contradictions = inventory.disputes(page_request.graph, shown)
        names, pages = _names(page_request, _of_disputes(contradictions)), lists.pages(entries, inventory.PAGE_SIZE)
        return PageBody(topic_pages.disputes(page_request.site, contradictions, names, pages=pages), pages)

    return await page_request.answer(make)


@pages.page("/status", summary="What is served, and how complete it is")
async def status(request: Request) -> Response:
    """Answer with the state of the snapshot: as a page, and as JSON to programs that ask for it."""
    page_request = PageRequest.of(request, "/status", (formats.HTML, formats.JSON))
    snapshot = page_request.opened

    def make() -> bytes:
        if REPORT_FILE not in snapshot.manifest.files:
            raise NotFound(_("Nothing was built here."))
        report = json.loads((snapshot.checked(REPORT_FILE) / REPORT_FILE).read_bytes())
        stocks = snapshot.summary.stocks
        state = topic_pages.ServiceState(
            snapshot.manifest, report, snapshot.publications(), stocks, snapshot.as_of.get("")
        )
        as_page = page_request.form is formats.HTML
        return topic_pages.status(page_request.site, state) if as_page else state.as_json()

    return await page_request.answer(make)


@pages.page("/hilfe", summary="Help: glossary, SPARQL in five steps, citing, linking")
async def help_page(request: Request) -> Response:
    """Answer with the help page."""
    page_request = _page_request(request, "/hilfe")

    def make() -> bytes:
        folder = page_request.opened.checked(f"{QUERIES_FOLDER}/") / QUERIES_FOLDER / "help"
        return topic_pages.manual(page_request.site, manual.steps(folder))

    return await page_request.answer(make)


@pages.page("/impressum", "/datenschutz", "/barrierefreiheit")
async def legal_page(request: Request) -> Response:
    """Answer with a legal text of the operator; it is read once per snapshot."""
    slot = request.url.path.rpartition("/")[2]
    page_request = _page_request(request, f"/{slot}")
    settings: Settings = request.app.state.settings
    return await page_request.answer(
        lambda: topic_pages.legal(page_request.site, legal.page(settings.legal, slot, page_request.language))
    )


@pages.page(
    "/codebuch",
    "/codebuch.{suffix}",
    summary="The codebook: every column and property, and what a gap or a 0 means (also .csv)",
)
async def page(request: Request) -> Response:
    """Answer with the codebook, made once per snapshot."""
    page_request = PageRequest.of(request, "/codebuch", _WITH_TABLE, request.path_params.get("suffix"))
    if page_request.form is formats.HTML:
        return await page_request.answer(lambda: _codebook(page_request))
    fields = {
        "content-type": page_request.form.content_type,
        "content-language": page_request.language,
    }  # other tables have none
    key = f"codebook {page_request.language}"
    return await represent(request, Representation(key, lambda: Content(_codebook(page_request), fields)))


@pages.page("/sitemap.xml")
async def whole_sitemap(request: Request) -> Response:
    """Answer with the sitemap, or with an index where one does not hold all addresses."""
    page_request = PageRequest.for_people(request, "/sitemap.xml")

    def make() -> bytes:
        count = sitemap.parts(page_request.opened.things, _INDEXED)
        if count > 1:
            return sitemap.index(count, page_request.addresses)
        return _part_of_sitemap(page_request, 1)

    return await represent(request, Representation.of_bytes("sitemap", formats.XML.content_type, make))


@pages.page("/sitemap-{part}.xml")
async def part_of_sitemap(request: Request, part: str) -> Response:
    """Answer with one of several sitemaps."""
    if not part.isdecimal():
        raise BadRequest(_("Not understood: {names}.", names="part"))
    page_request = PageRequest.for_people(request, f"/sitemap-{part}.xml")

    def make() -> bytes:
        if not 1 <= int(part) <= sitemap.parts(page_request.opened.things, _INDEXED):
            raise NotFound(_("There is no such part of the sitemap."))
        return _part_of_sitemap(page_request, int(part))

    return await represent(request, Representation.of_bytes(f"sitemap {part}", formats.XML.content_type, make))


def _part_of_sitemap(page_request: PageRequest, part: int) -> bytes:
    snapshot = page_request.opened
    listed = sitemap.pages(snapshot.things, _INDEXED, snapshot.publications(), part)
    return sitemap.urlset(listed, page_request.addresses)


@pages.page("/robots.txt")
async def robots(request: Request) -> Response:
    """Answer with what crawlers may read."""
    page_request = PageRequest.for_people(request, "/robots.txt")
    return await represent(
        request,
        Representation.of_bytes("robots", formats.TEXT.content_type, lambda: sitemap.robots(page_request.addresses)),
    )


@pages.page("/.well-known/api-catalog", summary="The interfaces there are (RFC 9727)")
async def interfaces(request: Request) -> Response:
    """Answer with the list of interfaces, each with its description."""
    page_request = PageRequest.for_people(request, "/.well-known/api-catalog")
    media_type = f'{formats.LINKSET_JSON.media_type}; profile="{api_catalog.PROFILE}"'
    made = Representation.of_bytes("interfaces", media_type, lambda: api_catalog.linkset(page_request.addresses))
    return await represent(request, made)


@pages.page("/.well-known/dcat")
async def to_catalogue(request: Request) -> Response:
    """Send harvesters to the catalogue."""
    return RedirectResponse(PageRequest.for_people(request, "/catalog").addresses.absolute("/catalog"), 303)


@pages.page("/llms.txt")
async def guide(request: Request) -> Response:
    """Answer with what programs that read text should know."""
    page_request = PageRequest.for_people(request, "/llms.txt")
    opened = page_request.opened

    def make() -> bytes:
        kinds = [(name, opened.kinds[name].many["en"]) for name in opened.things.kinds]
        return api_catalog.guide(opened.identity, page_request.addresses, kinds)

    return await represent(request, Representation.of_bytes("guide", formats.TEXT.content_type, make))


@pages.page("/favicon.ico")
async def favicon(request: Request) -> Response:
    """Answer with the icon for programs that ask for nothing else."""
    own = request.state.opened.identity.icon
    if own:
        return await represent(request, Representation.of_bytes("favicon", formats.SVG.media_type, lambda: own))
    neutral = files("ozg_lod").joinpath("static", "favicon.ico")
    return await represent(request, Representation.of_bytes("favicon", "image/x-icon", neutral.read_bytes))


def _page_request(request: Request, path: str) -> PageRequest:
    return PageRequest.of(request, path, (formats.HTML,))


def _chart(page_request: PageRequest, district: Area | None) -> bytes:
    atlas = page_request.opened.atlas
    return topic_pages.chart(page_request.site, atlas, district, _names(page_request, _on_map(atlas)))


def _area(page_request: PageRequest, key: str) -> Area:
    area = page_request.opened.atlas.find(key) if _KEY.fullmatch(key) else None
    if area is None:
        raise NotFound(
            _(
                "There is no map for '{key}'; write a district key such as {example}.",
                key=key[:20],
                example=page_request.opened.identity.examples.district,
            )
        )
    return area


def _district(page_request: PageRequest, key: str) -> Area:
    """Return the district with this key; the district key of an independent city, or its own, leads to the city."""
    atlas = page_request.opened.atlas
    city = next((area for area in atlas.municipalities if area.independent and key in (area.district, area.key)), None)
    area = city or _area(page_request, key)
    return area if city or area in atlas.districts else _area(page_request, "")


def _names(page_request: PageRequest, terms: Iterable[Term | str]) -> dict[str, dict[str, str]]:
    return inventory.names(page_request.graph, list(terms))


def _on_map(atlas: Atlas) -> list[str]:
    areas = (*atlas.states, *atlas.districts, *atlas.municipalities)
    return [atlas.programme, *(area.iri for area in areas), *{area.type for area in areas}, *atlas.source_terms]


def _on_line(times: Timeline) -> list[Term | str]:
    rows = (*times.rows, *times.others, *times.earlier)
    return [part for row in rows for part in (row.iri, row.of, row.at, *row.sources, *row.status)]


def _of_sources(summaries: Sequence[SourceSummary]) -> list[Term | str]:
    terms: list[Term | str] = [
        term for summary in summaries for term in (summary.iri, *summary.publisher, *summary.licence)
    ]
    return terms + [term for summary in summaries for term in _of_sources(summary.passages)]


def _of_disputes(contradictions: Sequence[Contradiction]) -> list[Term | str]:
    terms: list[Term | str] = [
        term
        for contradiction in contradictions
        for term in (contradiction.iri, *contradiction.about, *contradiction.status)
    ]
    for claim in (claim for contradiction in contradictions for claim in contradiction.claims):
        terms += [claim.iri, claim.indicator, *claim.sources]
    return [term for term in terms if isinstance(term, str) or iri_of(term)]


def _codebook(page_request: PageRequest) -> bytes:
    book = page_request.opened.codebook
    types = {datatype for entry in book.properties for datatype in entry.datatypes if datatype}
    names = {entry.iri: entry.names for entry in book.properties} | page_request.graph.names_of(types)
    writer = page_request.site.writer(names)
    if page_request.form is formats.CSV:
        return codebook.as_csv(book, page_request.site.language, lambda iri: writer.name(iri).text)
    return render(
        "codebuch.html",
        page_request.site,
        book=book,
        writer=writer,
        datatype=lambda name: _datatype(writer, name),
        key=codebook.key,
    )


def _datatype(writer: ValueWriter, name: str) -> str:
    """Return the name of a datatype as people read it; things have none."""
    if not name:
        return _("link")[writer.language]
    return term_name(name if ":" in name else XSD + name, writer.language) or name
