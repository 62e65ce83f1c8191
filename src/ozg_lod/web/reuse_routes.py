"""EfA offers and their reuse, and what lets others link and follow: `/efa`, `/reuse`, badges, linksets, feeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.catalogue import feed
from ozg_lod.core.errors import NotFound
from ozg_lod.core.messages import Language, _
from ozg_lod.http.dates import http_date
from ozg_lod.http.language import choose_language
from ozg_lod.http.response_cache import CachedBody
from ozg_lod.http.responses import RequestConditions, reply, response
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format
from ozg_lod.rdf.graph import pick
from ozg_lod.site import efa, efa_pages, linkset
from ozg_lod.site.linkset import Context, Linker
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.page_requests import PageRequest
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.web import answers

router = APIRouter()

PATHS: Final = ("/efa", "/reuse")
_SVG: Final = "image/svg+xml"
_ENGLISH: Final = ".en"


@router.get("/efa", summary="EfA offers: who leads them, status with date and source")
@router.head("/efa", include_in_schema=False)
async def offers(request: Request) -> Response:
    """Answer with all offers."""
    visit = PageRequest.of(request, "/efa", offered=(formats.HTML,))
    return await answers.page(visit, lambda: efa_pages.efa(visit.site, _register(visit)))


@router.get("/reuse", summary="Who reuses which EfA offer (as links: /linkset/reuse)")
@router.head("/reuse", include_in_schema=False)
async def reuse(request: Request) -> Response:
    """Answer with the register of reuse."""
    visit = PageRequest.of(request, "/reuse", offered=(formats.HTML,))
    return await answers.page(visit, lambda: efa_pages.reuse(visit.site, _register(visit)))


@router.get("/badge/{name}.svg", summary="Badge of an EfA offer; {key}.svg in German, {key}.en.svg in English")
@router.head("/badge/{name}.svg", include_in_schema=False)
async def badge(request: Request, name: str) -> Response:
    """Answer with the badge; it is the same for everybody until the data change."""
    visit = PageRequest.of(request, f"/badge/{name}", offered=(formats.HTML,), suffix="html")
    language: Language = "en" if name.endswith(_ENGLISH) else "de"
    key = name.removesuffix(_ENGLISH)

    def make() -> bytes:
        iri = visit.iri("service", key)
        register = _register(visit)
        found = next((offer for offer in register.offers if offer.iri == iri), None)
        if found is None:
            raise NotFound(_("There is no EfA offer “{key}”.", key=key[:80]))
        return efa_pages.badge(PageContext(language, visit.addresses, visit.opened.version), register, found)

    return await answers.kept(request, f"badge {name}", _SVG, make)


@router.get("/linkset/reuse", summary="Every reuse of an EfA offer as a linkset (RFC 9264)")
@router.head("/linkset/reuse", include_in_schema=False)
async def reuse_links(request: Request) -> Response:
    """Answer with who reuses what."""
    visit = _linking(request, "/linkset/reuse")
    return await _linkset(request, visit, lambda linker: linker.of_reuse())


@router.get("/linkset/{kind}/{key}", summary="All links from and to a thing (RFC 9264: linkset+json, linkset)")
@router.head("/linkset/{kind}/{key}", include_in_schema=False)
async def thing_links(request: Request, kind: str, key: str) -> Response:
    """Answer with the links of one thing."""
    visit = _linking(request, f"/linkset/{kind}/{key}")
    iri = visit.iri(kind, key)

    def make(linker: Linker) -> list[Context]:
        if not visit.graph.knows(iri):
            raise visit.unknown(kind, key)
        return linker.of_thing(iri)

    return await _linkset(request, visit, make)


@router.get("/doc/{kind}/{key}.atom", summary="What changed about one thing (Atom)")
@router.head("/doc/{kind}/{key}.atom", include_in_schema=False)
async def thing_feed(request: Request, kind: str, key: str) -> Response:
    """Answer with the publications that changed this thing or came with it."""
    return await run_in_threadpool(_feed, request, kind, key)


def _feed(request: Request, kind: str, key: str) -> Response:
    opened: ServedSnapshot = request.app.state.opened
    visit = PageRequest.of(request, f"/doc/{kind}/{key}", offered=(formats.HTML,), suffix="html")
    iri = visit.iri(kind, key)
    if not visit.graph.knows(iri):
        raise visit.unknown(kind, key)
    language = choose_language(request.query_params.get("lang"), None)
    log = answers.publications(request)
    touched = {iri, *(subject for subject in _speaking(visit, iri))}
    name = pick(visit.graph.names(iri), language, key)[0]
    body = feed.of_thing(log, touched, iri=iri, page=visit.addresses.absolute(visit.path), name=name, language=language)
    headers = {
        "content-type": f"{feed.MEDIA_TYPE}; charset=utf-8",
        "content-language": language,
        "vary": "Accept-Encoding",
        **({"last-modified": http_date(log[-1].time)} if log else {}),
    }
    mark = f"{len(log)} {opened.version} {opened.code} {language} {opened.public_url} {iri} feed"
    return response(reply(CachedBody(body), RequestConditions.of(request), mark=mark, headers=headers))


def _speaking(visit: PageRequest, iri: str) -> Sequence[str]:
    """Return the things that say something about this one."""
    return [
        subject.partition("#")[0] for triple in visit.graph.to(iri) if (subject := getattr(triple.subject, "value", ""))
    ]


def _register(visit: PageRequest) -> efa.EfaRegister:
    return visit.opened.cache.once(efa.EfaRegister, lambda: efa.read(visit.graph))


def _linking(request: Request, path: str) -> PageRequest:
    return PageRequest.of(request, path, offered=(formats.HTML,), suffix="html")


async def _linkset(request: Request, visit: PageRequest, read: Callable[[Linker], list[Context]]) -> Response:
    form = _form(request)

    def make() -> bytes:
        linker = Linker(visit.graph, visit.opened.base_iri, visit.addresses.absolute("/doc"))
        contexts = read(linker)
        return linkset.as_json(contexts) if form is linkset.JSON else linkset.as_text(contexts)

    return await answers.kept(
        request, f"{visit.path} {form.suffix}", form.content_type, make, vary="Accept, Accept-Encoding"
    )


def _form(request: Request) -> Format:
    """Return the form of the linkset: JSON unless the other is asked for; plain JSON gets it too."""
    accept = request.headers.get("accept")
    wanted = request.query_params.get("format")
    if wanted is not None:
        return formats.by_name(wanted, linkset.OFFERED)
    found = formats.negotiate(accept, (*linkset.OFFERED, formats.JSON))
    return linkset.JSON if found is formats.JSON else found
