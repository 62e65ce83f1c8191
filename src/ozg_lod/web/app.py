"""The web application: its pages, what they share, start and end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod import __version__
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
from ozg_lod.sparql.endpoint import SparqlAnswer
from ozg_lod.sparql.question import SparqlQuery
from ozg_lod.web.failures import nothing_here
from ozg_lod.web.front import PageFront, RequestRecord
from ozg_lod.web.routing import PageIndex

SUBJECTS: Final = {
    "sparql": ("sparql", "snapshot", ".well-known"),
    "reuse": ("efa", "reuse", "badge", "linkset", "doc"),
    "health": ("health", "openapi.json"),
    "catalogue": ("catalog", "{", "snapshot", "doc", "dump"),
    "portal": ("changes.atom", "aenderungen", "harvest", "{"),
    "editor": ("queries", ".well-known", "editor"),
    "thing": ("", "id", "doc", "ontology", "{", "shapes", "graph", "static"),
    "topic": (
        *("karte", "zeitleiste", "foerderung", "quellen", "widersprueche", "status", "hilfe", "codebuch"),
        *("impressum", "datenschutz", "barrierefreiheit", "{", "sitemap.xml", "robots.txt", "favicon.ico"),
        *(".well-known", "llms.txt"),
    ),
    "search": ("suche", "{", "search.json", "ags", "ars", "leika", "ozg"),
    "reconcile": ("reconcile",),
    "alignment": ("abgleich",),
    "check": ("validate", "pruefen"),
    "contribute": ("mitmachen", "vorlagen"),
    "inbox": ("contributions", "einreichen", "einreichung"),
}
"""The modules of pages, in the order in which they are tried, with the first parts of their paths ("{": any)."""
_LOOK_EVERY_S: Final = 1.0
_TEND_EVERY_S: Final = 30.0
_SWEEP_EVERY_S: Final = 3600.0


def create(settings: Settings, switch: SnapshotSwitch) -> Starlette:
    """Return the application that serves what `switch` holds, and what it switches to later."""
    app = Starlette(lifespan=_lifespan)
    app.state.settings = settings
    app.state.switch = switch
    app.state.opened = switch.opened
    app.state.archive = Archive(settings)
    app.state.ending = False
    app.state.looking = None
    app.state.budget = Budget(settings.client_seconds)
    app.state.hold = OutputBudget(settings.hold_bytes)
    app.state.submissions = Rate(settings.submissions_per_hour)
    app.state.matchers = WorkerPool(work_kinds(settings)[MATCH])
    if not settings.rdf:
        app.state.editor = _editor
    subjects = {f"{__package__}.{name}_routes": starts for name, starts in SUBJECTS.items()}
    if settings.rdf:
        subjects = {f"{__package__}.files_routes": ("",), **subjects}
    serve(app, subjects, access_log=settings.access_log)
    return app


async def _editor(
    request: Request, snapshot: ServedSnapshot, path: str, ask: Callable[[SparqlQuery], Awaitable[SparqlAnswer]]
) -> Response | None:
    """Answer as the query page does, which is loaded when it is first asked for."""
    from ozg_lod.web import editor_routes  # noqa: PLC0415

    return await editor_routes.page(request, snapshot, path, ask)


def serve(app: Starlette, subjects: Mapping[str, Sequence[str]], *, access_log: bool = False) -> None:
    """Let the application answer with the pages of these modules (see `PageIndex`), and describe them."""
    index = PageIndex(subjects)

    async def refused(request: Request, _error: Exception) -> Response:
        """Answer where there is no page, in place of the framework."""
        return nothing_here(request, index.methods(request.scope["path"]))

    app.add_exception_handler(HTTPException, refused)
    app.state.record = RequestRecord(index, access_log=access_log)
    app.add_middleware(PageFront, pages=index, record=app.state.record)
    app.state.openapi = functools.cache(lambda: _described(index, str(app.state.opened.identity.claim)))


def _described(index: PageIndex, summary: str) -> dict[str, Any]:
    from fastapi.openapi.utils import get_openapi  # noqa: PLC0415 - what describes takes long to load
    from fastapi.routing import APIRoute  # noqa: PLC0415

    routes = [APIRoute(page.path, page.answer, **page.options) for page in index.described()]
    described = get_openapi(title="ozg-lod", version=__version__, summary=summary, routes=routes)
    described["paths"].update(protocol.PATHS)
    return described


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
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
        from ozg_lod.web import inbox_routes  # noqa: PLC0415 - few have one

        sweep = partial(inbox_routes.sweep, folder, settings.inbox_days)
        works.append(Supervised("sweeping the inbox", sweep, _SWEEP_EVERY_S))
    watching = [asyncio.create_task(work.run()) for work in works]
    describing = asyncio.create_task(asyncio.to_thread(app.state.openapi))  # which loads all pages too
    yield
    for task in (*watching, describing):
        task.cancel()
    await archive.close()
    await asyncio.to_thread(switch.opened.close)
    if (check_pool := getattr(app.state, "check_pool", None)) is not None:
        await asyncio.to_thread(check_pool.close)
    await asyncio.to_thread(app.state.matchers.close)
