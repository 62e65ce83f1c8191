"""Addresses of things, lists, vocabulary and rules: each request becomes one visit and one answer.

`request.app.state.opened` is read once per request (in `Visit.of`), so that no answer mixes two snapshots.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Final

import pyoxigraph as ox
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.http.responses import RequestConditions, reply, response
from ozg_lod.rdf import formats
from ozg_lod.site import (
    linking,
    lists,
    pages,
    static_files,
    vocabulary,
    vocabulary_pages,
)
from ozg_lod.site.description import about
from ozg_lod.site.highlights import highlights
from ozg_lod.site.page_requests import PageBody, PageRequest, no_such_page

router = APIRouter()

_LISTED: Final = (*formats.PAGES, formats.CSV)


@router.get("/", summary="Start page")
@router.head("/", include_in_schema=False)
async def start(request: Request) -> Response:
    """Answer with the start page; a program that wants a graph is sent to the catalogue."""
    visit = PageRequest.of(request, "/", offered=(formats.HTML, *formats.GRAPHS))
    if visit.form is not formats.HTML:
        return response(visit.redirect("/catalog"))

    def make() -> PageBody:
        return PageBody(pages.start(visit.site, visit.directory, visit.title, highlights(visit.graph, visit.atlas)))

    return await _answer(visit, make)


@router.get("/id/{kind}/{key}", summary="A thing: leads to the page about it", status_code=303)
@router.head("/id/{kind}/{key}", include_in_schema=False)
async def identify(request: Request, kind: str, key: str) -> Response:
    """Lead from the thing to the page about it; the page negotiates the format."""
    visit = PageRequest.of(request, f"/doc/{kind}/{key}", offered=formats.PAGES, suffix="html")
    return response(await run_in_threadpool(visit.to_page, kind, key))


@router.get("/doc/{kind}/{name}", summary="Everything about one thing (.html .ttl .jsonld …)")
@router.head("/doc/{kind}/{name}", include_in_schema=False)
async def thing(request: Request, kind: str, name: str) -> Response:
    """Answer with the one graph about a thing; `name` is its key, with or without the suffix of a format."""
    key, suffix = _parted(name)
    visit = PageRequest.of(request, f"/doc/{kind}/{key}", offered=formats.PAGES, suffix=suffix)
    iri = visit.iri(kind, key)

    def make() -> PageBody:
        description = about(visit.graph, iri, page=visit.page)
        if description is None:
            raise no_such_page(visit.page) if visit.graph.knows(iri) else visit.unknown(kind, key)
        if visit.form is formats.HTML:
            reuse = linking.reuse(visit.site, description, kind, visit.graph)
            page = pages.thing(visit.site, description, reuse, located=visit.atlas.located(iri))
            return PageBody(page, description.pages)
        return PageBody(formats.serialize(description.triples, visit.form), description.pages)

    return await _answer(visit, make, iri)


@router.get("/doc/{name}", summary="All things of one kind (.html .csv .ttl …)")
@router.head("/doc/{name}", include_in_schema=False)
async def things(request: Request, name: str) -> Response:
    """Answer with a list: page by page for people (`?page=`, `?q=`), whole for programs."""
    kind, suffix = _parted(name)
    visit = PageRequest.of(request, f"/doc/{kind}", offered=_LISTED, suffix=suffix)
    if kind not in visit.directory.kinds:
        raise visit.unknown(kind, "")
    store = visit.opened.store

    def make() -> PageBody:
        entries = lists.select(visit.directory.kinds[kind], visit.query)
        if visit.form is formats.CSV:
            return PageBody(lists.write_csv(store, kind, entries))
        if visit.form is not formats.HTML:
            return PageBody(formats.serialize(lists.list_graph(store, kind, entries), visit.form))
        table = lists.table(store, kind, entries, page=visit.page, query=visit.query)
        if table is None:
            raise no_such_page(visit.page)
        return PageBody(pages.listing(visit.site, table), table.pages)

    return await _answer(visit, make)


@router.get("/ontology", summary="The terms of the vocabulary (also .ttl .jsonld …)")
@router.head("/ontology", include_in_schema=False)
async def ontology(request: Request) -> Response:
    """Answer with the terms: as a page, or as the ontology itself."""
    return await _ontology(request, None)


@router.get("/ontology.{suffix}", include_in_schema=False)
@router.head("/ontology.{suffix}", include_in_schema=False)
async def ontology_as(request: Request, suffix: str) -> Response:
    """Answer with the same in the format of the suffix."""
    return await _ontology(request, suffix)


async def _ontology(request: Request, suffix: str | None) -> Response:
    visit = PageRequest.of(request, "/ontology", offered=formats.PAGES, suffix=suffix)

    def make() -> PageBody:
        if visit.form is not formats.HTML:
            return PageBody(formats.serialize(vocabulary.vocabulary_graph(visit.opened.store), visit.form))
        terms = visit.terms
        covered = vocabulary.covered(vocabulary.rules(visit.shapes))
        return PageBody(vocabulary_pages.ontology(visit.site, terms, visit.graph, covered))

    return await _answer(visit, make)


@router.get("/shapes", summary="The rules data must meet (also .ttl .jsonld …)")
@router.head("/shapes", include_in_schema=False)
async def shapes(request: Request) -> Response:
    """Answer with the rules: as sentences, or as SHACL."""
    return await _shapes(request, None)


@router.get("/shapes.{suffix}", include_in_schema=False)
@router.head("/shapes.{suffix}", include_in_schema=False)
async def shapes_as(request: Request, suffix: str) -> Response:
    """Answer with the same in the format of the suffix."""
    return await _shapes(request, suffix)


async def _shapes(request: Request, suffix: str | None) -> Response:
    visit = PageRequest.of(request, "/shapes", offered=formats.PAGES, suffix=suffix)

    def make() -> PageBody:
        if visit.form is not formats.HTML:
            return PageBody(formats.serialize(_triples(visit.shapes), visit.form))
        return PageBody(
            vocabulary_pages.shapes(visit.site, vocabulary.rules(visit.shapes), visit.examples, visit.graph)
        )

    return await _answer(visit, make)


@router.get("/static/{name}", include_in_schema=False)
@router.head("/static/{name}", include_in_schema=False)
async def static(request: Request, name: str) -> Response:
    """Answer with a file of the site's looks."""
    entry, content_type = static_files.find(name)
    asked = RequestConditions.of(request)
    mark = hashlib.sha256(entry.plain).hexdigest()
    kept = "public, max-age=31536000, immutable" if "v" in request.query_params else "public, max-age=3600"
    fields = {"content-type": content_type, "vary": "Accept-Encoding", "cache-control": kept}
    return response(reply(entry, asked, mark=mark, headers=fields))


async def _answer(visit: PageRequest, make: Callable[[], PageBody], about_iri: str = "") -> Response:
    """Send what is ready; make what is not beside the event loop, so that a large page holds nobody up.

    The page about a thing with few links is made on the loop: going to a thread and back takes as long as making it.
    """
    ready = visit.ready()
    if ready is not None:
        return response(ready)
    if about_iri and visit.is_light(about_iri):
        return response(visit.answer(make, about=about_iri))
    return response(await run_in_threadpool(visit.answer, make, about=about_iri))


def _parted(name: str) -> tuple[str, str | None]:
    """Return (key, suffix): a name without a dot has no suffix, one that ends in a dot has an empty one."""
    key, dot, suffix = name.partition(".")
    return key, suffix if dot else None


def _triples(store: ox.Store) -> Iterable[ox.Triple]:
    return (quad.triple for quad in store)
