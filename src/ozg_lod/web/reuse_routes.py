"""EfA offers and their reuse, and what lets others link and follow: `/efa`, `/reuse`, badges, linksets, feeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.catalogue import feed
from ozg_lod.core.errors import NotFound
from ozg_lod.core.messages import Language, _
from ozg_lod.http.language import choose_language
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format
from ozg_lod.rdf.graph import pick
from ozg_lod.site import efa_pages, linkset
from ozg_lod.site.linkset import Context, Linker
from ozg_lod.site.page_requests import PageRequest
from ozg_lod.site.represent import Representation, represent
from ozg_lod.web import feeds
from ozg_lod.web.routing import Pages

pages = Pages()

PATHS: Final = ("/efa", "/reuse")
_ENGLISH: Final = ".en"


@pages.page("/efa", summary="EfA offers: who leads them, status with date and source")
async def offers(request: Request) -> Response:
    """Answer with all offers."""
    page_request = PageRequest.of(request, "/efa", (formats.HTML,))
    return await page_request.answer(lambda: efa_pages.efa(page_request.site, page_request.opened.efa))


@pages.page("/reuse", summary="Who reuses which EfA offer (as links: /linkset/reuse)")
async def reuse(request: Request) -> Response:
    """Answer with the register of reuse."""
    page_request = PageRequest.of(request, "/reuse", (formats.HTML,))
    return await page_request.answer(lambda: efa_pages.reuse(page_request.site, page_request.opened.efa))


@pages.page("/badge/{name}.svg", summary="Badge of an EfA offer; {key}.svg in German, {key}.en.svg in English")
async def badge(request: Request, name: str) -> Response:
    """Answer with the badge; it is the same for everybody until the data change."""
    page_request = PageRequest.for_people(request, f"/badge/{name}")
    language: Language = "en" if name.endswith(_ENGLISH) else "de"
    key = name.removesuffix(_ENGLISH)

    def make() -> bytes:
        iri = page_request.iri("service", key)
        register = page_request.opened.efa
        offer = next((offer for offer in register.offers if offer.iri == iri), None)
        if offer is None:
            raise NotFound(_("There is no EfA offer “{key}”.", key=key[:80]))
        return efa_pages.badge(replace(page_request.site, language=language), register, offer)

    return await represent(request, Representation.of_bytes(f"badge {name}", formats.SVG.content_type, make))


@pages.page("/linkset/reuse", summary="Every reuse of an EfA offer as a linkset (RFC 9264)")
async def reuse_links(request: Request) -> Response:
    """Answer with who reuses what."""
    return await _linkset(PageRequest.for_people(request, "/linkset/reuse"), lambda linker: linker.of_reuse())


@pages.page("/linkset/{kind}/{key}", summary="All links from and to a thing (RFC 9264: linkset+json, linkset)")
async def thing_links(request: Request, kind: str, key: str) -> Response:
    """Answer with the links of one thing."""
    page_request = PageRequest.for_people(request, f"/linkset/{kind}/{key}")
    iri = page_request.iri(kind, key)

    def make(linker: Linker) -> list[Context]:
        if not page_request.graph.knows(iri):
            raise page_request.unknown(kind, key)
        return linker.of_thing(iri)

    return await _linkset(page_request, make)


@pages.page("/doc/{kind}/{key}.atom", summary="What changed about one thing (Atom)")
async def thing_feed(request: Request, kind: str, key: str) -> Response:
    """Answer with the publications that changed this thing or came with it."""
    page_request = PageRequest.for_people(request, f"/doc/{kind}/{key}")
    iri = page_request.iri(kind, key)
    if not page_request.graph.knows(iri):
        raise await run_in_threadpool(page_request.unknown, kind, key)
    language = choose_language(request.query_params.get("lang"), None)
    log = await run_in_threadpool(page_request.opened.publications)

    def make() -> bytes:
        name = pick(page_request.graph.names(iri), language, key)[0]
        page = page_request.addresses.absolute(page_request.path)
        return feed.of_thing(
            log, {iri, *_speaking(page_request, iri)}, iri=iri, page=page, name=name, language=language
        )

    return await represent(request, feeds.representation(log, "feed", language, make))


def _speaking(page_request: PageRequest, iri: str) -> Sequence[str]:
    """Return the things that say something about this one."""
    return [
        subject.partition("#")[0]
        for triple in page_request.graph.to(iri)
        if (subject := getattr(triple.subject, "value", ""))
    ]


async def _linkset(page_request: PageRequest, read: Callable[[Linker], list[Context]]) -> Response:
    form = _form(page_request.request)

    def make() -> bytes:
        contexts = read(
            Linker(page_request.graph, page_request.opened.base_iri, page_request.addresses.absolute("/doc"))
        )
        return linkset.as_json(contexts) if form is formats.LINKSET_JSON else linkset.as_text(contexts)

    key = f"{page_request.path} {form.suffix}"
    wanted = Representation.of_bytes(key, form.content_type, make, vary="Accept, Accept-Encoding")
    return await represent(page_request.request, wanted)


def _form(request: Request) -> Format:
    """Return the form of the linkset: JSON unless the other is asked for; plain JSON gets it too."""
    name = request.query_params.get("format")
    offered = linkset.OFFERED if name is not None else (*linkset.OFFERED, formats.JSON)
    form = formats.chosen(name, request.headers.get("accept"), offered)
    return formats.LINKSET_JSON if form is formats.JSON else form
