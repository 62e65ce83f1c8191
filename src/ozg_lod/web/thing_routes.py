"""Addresses of things, lists, vocabulary, rules and source files: each request becomes one page request and one answer.

`request.state.opened` is read once per request (in `PageRequest.of`), so that no answer mixes two snapshots.
"""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.core.errors import NotFound
from ozg_lod.core.identity import ICON_FILE
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import ONTOLOGY, OWL, SHAPES
from ozg_lod.http.response_cache import CachedBody
from ozg_lod.http.responses import RequestConditions, reply
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import iri_of
from ozg_lod.site import (
    linking,
    lists,
    static_files,
    vocabulary,
    vocabulary_pages,
)
from ozg_lod.site import pages as site_pages
from ozg_lod.site.description import about
from ozg_lod.site.highlights import highlights
from ozg_lod.site.page_requests import PageBody, PageRequest, no_such_page
from ozg_lod.site.page_snapshot import PageSnapshot
from ozg_lod.site.represent import Representation, represent
from ozg_lod.web.routing import Pages

pages = Pages()

_LISTED: Final = (*formats.PAGES, formats.CSV)


@pages.page("/", summary="Start page")
async def start(request: Request) -> Response:
    """Answer with the start page; a program that wants a graph is sent to the catalogue."""
    page_request = PageRequest.of(request, "/", (formats.HTML, *formats.GRAPHS))
    if page_request.form is not formats.HTML:
        return page_request.redirect("/catalog", request.url.query)
    snapshot = page_request.opened
    return await page_request.answer(
        lambda: site_pages.start(
            page_request.site,
            snapshot.things,
            page_request.name,
            highlights(snapshot.graph, snapshot.atlas, snapshot.summary.availability),
            snapshot.as_of.get(""),
        )
    )


@pages.page("/id/{kind}/{key}", summary="A thing: leads to the page about it", status_code=303)
async def identify(request: Request, kind: str, key: str) -> Response:
    """Lead from the thing to the page about it; the page negotiates the format."""
    page_request = PageRequest.of(request, f"/doc/{kind}/{key}", formats.PAGES, formats.HTML.suffix)
    return await run_in_threadpool(page_request.to_page, kind, key)


@pages.page("/doc/{kind}/{name}", summary="Everything about one thing (.html .ttl .jsonld …)", repeats=True)
async def thing(request: Request, kind: str, name: str) -> Response:
    """Answer with the one graph about a thing; `name` is its key, with or without the suffix of a format."""
    key, suffix = _parted(name)
    page_request = PageRequest.of(request, f"/doc/{kind}/{key}", formats.PAGES, suffix)
    iri = page_request.iri(kind, key)

    def make() -> PageBody:
        description = about(page_request.graph, iri, page=page_request.page)
        if description is None:
            raise no_such_page(page_request.page) if page_request.graph.knows(iri) else page_request.unknown(kind, key)
        if page_request.form is not formats.HTML:
            return PageBody(formats.serialize(description.triples, page_request.form), description.pages)
        box = linking.reuse(page_request.site, description, kind, page_request.graph)
        located = page_request.opened.atlas.located(iri)
        body = site_pages.thing(
            page_request.site, description, box, located=located, coverage=page_request.opened.summary.coverage
        )
        return PageBody(body, description.pages)

    return await page_request.answer(make, about=iri, is_light=lambda: page_request.is_light(iri))


@pages.page("/doc/{name}", summary="All things of one kind (.html .csv .ttl …)")
async def things(request: Request, name: str) -> Response:
    """Answer with a list, page by page (`?page=`, `?q=`); the next one stands in Link."""
    kind, suffix = _parted(name)
    page_request = PageRequest.of(request, f"/doc/{kind}", _LISTED, suffix)
    return await page_request.answer(lambda: _listed(page_request, kind))


def _listed(page_request: PageRequest, kind: str) -> PageBody:
    if kind not in page_request.opened.things.kinds:
        raise page_request.unknown(kind, "")
    graph, described, page = page_request.graph, page_request.opened.kinds[kind], page_request.page
    entries = page_request.opened.things.kinds[kind].with_words(page_request.query)
    if page_request.form is formats.HTML:
        table = lists.table(graph, described, entries, page=page, query=page_request.query)
        return PageBody(site_pages.listing(page_request.site, table, page_request.opened.as_of.get(kind)), table.pages)
    if page_request.form is formats.CSV:
        return PageBody(lists.write_csv(graph, described, lists.whole(entries)))
    shown, pages = lists.on_page(entries, page, lists.PAGE_SIZE), lists.pages(entries, lists.PAGE_SIZE)
    return PageBody(formats.serialize(lists.list_graph(graph, described, shown), page_request.form), pages)


@pages.page("/ontology", "/ontology.{suffix}", summary="The terms of the vocabulary (also .ttl .jsonld …)")
async def ontology(request: Request) -> Response:
    """Answer with the terms: as a page, or as the ontology itself."""
    page_request = PageRequest.of(request, "/ontology", formats.PAGES, request.path_params.get("suffix"))
    snapshot = page_request.opened

    def make() -> bytes:
        if page_request.form is not formats.HTML:
            return formats.serialize(vocabulary.vocabulary_graph(snapshot.store), page_request.form)
        covered = vocabulary.covered(vocabulary.rules(snapshot.rules))
        has_context = snapshot.context is not None
        return vocabulary_pages.ontology(
            page_request.site, snapshot.terms, snapshot.graph, covered, has_context=has_context
        )

    return await page_request.answer(make)


@pages.page("/ontology/context.jsonld", summary="The names of the vocabulary as a JSON-LD context")
async def context(request: Request) -> Response:
    """Answer with the context that JSON of one's own can name, to be read as RDF."""
    snapshot: PageSnapshot = request.state.opened
    content = snapshot.context
    if content is None:
        raise NotFound(_("This catalogue has no JSON-LD context."))
    body = content
    named = Representation.of_bytes("/ontology/context.jsonld", formats.JSONLD.content_type, lambda: body)
    return await represent(request, named, snapshot)


@pages.page(
    "/ontology/alignments",
    "/ontology/alignments/{version}",
    "/ontology/{version}",
    "/shapes/{version}",
    status_code=303,
)
async def version(request: Request) -> Response:
    """Lead from the address of a version, as the data name it, to what is served of it."""
    page_request = PageRequest.of(request, request.url.path, formats.PAGES)
    root, graphs = ONTOLOGY.removesuffix("/ontology"), f"{page_request.opened.base_iri}graph/"
    for store in (page_request.opened.store, page_request.opened.rules):
        for quad in store.quads_for_pattern(None, ox.NamedNode(OWL + "versionIRI"), None):
            served, home = iri_of(quad.subject), getattr(quad.graph_name, "value", "")
            if root + request.url.path not in {served, iri_of(quad.object)}:
                continue
            if served in {ONTOLOGY, SHAPES}:
                return page_request.redirect(served.removeprefix(root), request.url.query)
            if home.startswith(graphs):
                return page_request.redirect(f"/graph/{home.removeprefix(graphs)}", request.url.query)
    raise NotFound(_("There is no such version here."))


@pages.page("/shapes", "/shapes.{suffix}", summary="The rules data must meet (also .ttl .jsonld …)")
async def shapes(request: Request) -> Response:
    """Answer with the rules: as sentences, or as SHACL."""
    page_request = PageRequest.of(request, "/shapes", formats.PAGES, request.path_params.get("suffix"))
    snapshot = page_request.opened

    def make() -> bytes:
        if page_request.form is not formats.HTML:
            return formats.serialize((quad.triple for quad in snapshot.rules), page_request.form)
        rules = vocabulary.rules(snapshot.rules)
        return vocabulary_pages.shapes(page_request.site, rules, snapshot.rule_examples, snapshot.graph)

    return await page_request.answer(make)


@pages.page("/graph/{name}", summary="What one source file says (also .ttl .jsonld .rdf .nt)")
async def graph(request: Request, name: str) -> Response:
    """Answer with the triples of one named graph."""
    key, suffix = _parted(name)
    page_request = PageRequest.of(request, f"/graph/{key}", formats.GRAPHS, suffix)
    iri = f"{page_request.opened.base_iri}graph/{key}"
    known = page_request.opened.manifest.graphs
    if iri not in known:
        names = ", ".join(graph.rpartition("/")[2] for graph in known)
        raise NotFound(
            _("There is no graph of this name; there are: {names}.", names=names),
        )

    def make() -> bytes:
        quads = page_request.opened.store.quads_for_pattern(None, None, None, ox.NamedNode(iri))
        return formats.serialize((quad.triple for quad in quads), page_request.form)

    return await page_request.answer(make, about=iri)


@pages.page("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """Answer with a file of the site's looks."""
    own = request.state.opened.identity.icon if name == ICON_FILE else b""
    entry, content_type = static_files.find(name, own)
    cache_control = "public, max-age=31536000, immutable" if "v" in request.query_params else "public, max-age=3600"
    fields = {"content-type": content_type, "vary": "Accept-Encoding", "cache-control": cache_control}
    file = CachedBody(entry.plain, fields)
    return reply(file, RequestConditions.of(request.method, request.headers), entry.digest)


def _parted(name: str) -> tuple[str, str | None]:
    """Return (key, suffix): a name without a dot has no suffix, one that ends in a dot has an empty one."""
    key, dot, suffix = name.partition(".")
    return key, suffix if dot else None
