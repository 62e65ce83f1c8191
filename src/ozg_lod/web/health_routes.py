"""Doors for operators and programs: is the process alive, is a snapshot being served, what is offered."""

from __future__ import annotations

import json
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ozg_lod.core.supervised import Supervised
from ozg_lod.rdf import formats
from ozg_lod.site.represent import Representation, represent
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.web.routing import Pages

pages = Pages()


@pages.page("/openapi.json", repeats=True)
async def openapi(request: Request) -> Response:
    """Answer with the description of the interface."""
    described = request.app.state.openapi
    make = partial(Representation.of_bytes, "openapi", formats.JSON.content_type)
    return await represent(request, make(lambda: json.dumps(described(), ensure_ascii=False).encode()))


@pages.page("/health", summary="Is the process alive?")
async def health(_request: Request) -> Response:
    """Answer as long as the process does."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@pages.page("/health/ready", summary="Is a snapshot being served?")
async def ready(request: Request) -> Response:
    """Answer 200 with the version that is served, 503 while the server is ending.

    It is `stale` where nobody can tell whether there is a newer one; `looked_s` is the age of the last good look.
    Where another engine evaluates, `store` says whether it answered when it was last asked.
    """
    snapshot: ServedSnapshot = request.state.opened
    looking: Supervised | None = request.app.state.looking
    ending = request.app.state.ending
    status = "ending" if ending else "stale" if looking is not None and looking.stale else "ready"
    body: dict[str, object] = {"status": status, "snapshot": snapshot.name, "version": snapshot.version}
    if looking is not None:
        body["looked_s"] = round(looking.age_s, 1)
    if request.app.state.settings.store:
        body["store"] = "answers" if snapshot.endpoint.answers else "gone"
    return JSONResponse(body, status_code=503 if ending else 200, headers={"Cache-Control": "no-store"})
