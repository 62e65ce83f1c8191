"""Doors for operators: is the process alive, is a snapshot being served."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.web.routing import Pages

pages = Pages()


@pages.page("/health", summary="Is the process alive?")
async def health(_request: Request) -> Response:
    """Answer as long as the process does."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@pages.page("/health/ready", summary="Is a snapshot being served?")
async def ready(request: Request) -> Response:
    """Answer 200 with the version that is served, 503 while the server is ending."""
    snapshot: ServedSnapshot = request.app.state.opened
    ending = request.app.state.ending
    body = {"status": "ending" if ending else "ready", "snapshot": snapshot.name, "version": snapshot.version}
    return JSONResponse(body, status_code=503 if ending else 200, headers={"Cache-Control": "no-store"})
