"""The web application: its pages, what they share, start and end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod import __version__
from ozg_lod.contributions.check_pool import CheckPool
from ozg_lod.core.settings import Settings
from ozg_lod.core.supervised import Supervised
from ozg_lod.http.budget import Budget
from ozg_lod.http.rates import Rate
from ozg_lod.http.slow_clients import OutputBudget
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.sandbox.work_kinds import MATCH, work_kinds
from ozg_lod.site.archive import Archive
from ozg_lod.site.served_snapshot import ServedSnapshot, SnapshotSwitch
from ozg_lod.sparql import protocol
from ozg_lod.web import (
    alignment_routes,
    catalogue_routes,
    check_routes,
    contribute_routes,
    editor_routes,
    health_routes,
    inbox_routes,
    portal_routes,
    reconcile_routes,
    reuse_routes,
    search_routes,
    sparql_routes,
    thing_routes,
    topic_routes,
)
from ozg_lod.web.failures import nothing_here
from ozg_lod.web.front import PageFront, RequestRecord
from ozg_lod.web.routing import READ, PageIndex, Pages

_SUBJECTS: Final = (
    sparql_routes.pages,
    reuse_routes.pages,
    health_routes.pages,
    catalogue_routes.pages,
    portal_routes.pages,
    editor_routes.pages,
    thing_routes.pages,
    topic_routes.pages,
    search_routes.pages,
    reconcile_routes.pages,
    alignment_routes.pages,
    check_routes.pages,
    contribute_routes.pages,
    inbox_routes.pages,
)
_LOOK_EVERY_S: Final = 1.0
_TEND_EVERY_S: Final = 30.0
_SWEEP_EVERY_S: Final = 3600.0


def create(settings: Settings, switch: SnapshotSwitch) -> FastAPI:
    """Return the application that serves what `switch` holds, and what it switches to later."""
    app = FastAPI(
        title="ozg-lod",
        version=__version__,
        summary=str(switch.opened.identity.claim),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # such a redirect would name the Host field of the request
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.switch = switch
    app.state.opened = switch.opened
    app.state.archive = Archive(settings)
    app.state.ending = False
    app.state.looking = None
    app.state.budget = Budget(settings.client_seconds)
    app.state.hold = OutputBudget(settings.hold_bytes)
    app.state.submissions = Rate(settings.submissions_per_hour)
    app.state.check_pool = CheckPool(settings)
    app.state.matchers = WorkerPool(work_kinds(settings)[MATCH])
    if not settings.rdf:
        app.state.editor = editor_routes.page
    serve(app, (sparql_routes.start, *_SUBJECTS) if settings.rdf else _SUBJECTS, access_log=settings.access_log)
    return app


def serve(app: FastAPI, subjects: tuple[Pages, ...], *, access_log: bool = False) -> None:
    """Let the application answer with these pages, and describe them."""
    index = PageIndex(page for subject in subjects for page in subject.pages)

    async def refused(request: Request, _error: Exception) -> Response:
        """Answer where there is no page, in place of the framework; its own description is all it offers itself."""
        own = READ if request.url.path == app.openapi_url else ()
        return nothing_here(request, index.methods(request.scope["path"]) or list(own))

    app.add_exception_handler(HTTPException, refused)
    app.state.record = RequestRecord(index, access_log=access_log)
    app.add_middleware(PageFront, pages=index, record=app.state.record)
    described = functools.cache(lambda: _described(app, subjects))
    app.openapi = described  # type: ignore[method-assign] # as FastAPI's documentation does it


def _described(app: FastAPI, subjects: tuple[Pages, ...]) -> dict[str, Any]:
    routes = [route for subject in subjects for route in subject.described]
    described = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=routes)
    described["paths"].update(protocol.PATHS)
    return described


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    def switched(opened: ServedSnapshot) -> None:
        app.state.opened = opened

    switch: SnapshotSwitch = app.state.switch
    archive: Archive = app.state.archive
    settings: Settings = app.state.settings
    works = [Supervised("tending past versions", archive.tend, _TEND_EVERY_S)]
    if not settings.rdf:
        app.state.looking = Supervised("looking for a new snapshot", lambda: switch.look(switched), _LOOK_EVERY_S)
        works.append(app.state.looking)
    if (folder := settings.inbox) is not None:
        sweep = partial(inbox_routes.sweep, folder, settings.inbox_days)
        works.append(Supervised("sweeping the inbox", sweep, _SWEEP_EVERY_S))
    watching = [asyncio.create_task(work.run()) for work in works]
    describing = asyncio.create_task(asyncio.to_thread(app.openapi))  # 100 ms, which no request shall wait for
    yield
    for task in (*watching, describing):
        task.cancel()
    await archive.close()
    await asyncio.to_thread(switch.opened.close)
    await asyncio.to_thread(app.state.check_pool.close)
    await asyncio.to_thread(app.state.matchers.close)
