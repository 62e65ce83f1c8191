"""Addresses of source files: each named graph as RDF, so that the provenance of a triple can be followed."""

from __future__ import annotations

import pyoxigraph as ox
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.core.errors import NotFound
from ozg_lod.core.messages import _
from ozg_lod.http.responses import response
from ozg_lod.rdf import formats
from ozg_lod.site.page_requests import PageBody, PageRequest

router = APIRouter()


@router.get("/graph/{name}", summary="What one source file says (also .ttl .jsonld .rdf .nt)")
@router.head("/graph/{name}", include_in_schema=False)
async def graph(request: Request, name: str) -> Response:
    """Answer with the triples of one named graph."""
    key, dot, suffix = name.partition(".")
    visit = PageRequest.of(request, f"/graph/{key}", offered=formats.GRAPHS, suffix=suffix if dot else None)
    iri = f"{visit.opened.base_iri}graph/{key}"
    known = visit.opened.manifest.graphs
    if iri not in known:
        names = ", ".join(graph.rpartition("/")[2] for graph in known)
        raise NotFound(
            _("There is no graph of this name; there are: {names}.", names=names),
        )

    def make() -> PageBody:
        quads = visit.opened.store.quads_for_pattern(None, None, None, ox.NamedNode(iri))
        return PageBody(formats.serialize((quad.triple for quad in quads), visit.form))

    answer = await run_in_threadpool(visit.answer, make, about=iri)
    return response(answer)
