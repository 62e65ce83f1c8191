"""The start page of a server that has the queries of some RDF files, and nothing else."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ozg_lod.web.routing import Pages

pages = Pages()


@pages.page("/")
async def to_sparql(_request: Request) -> Response:
    return RedirectResponse("/sparql", 303)
