"""For portals and followers: what has changed, as a page and as a feed; the address to register and its check."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.catalogue import feed
from ozg_lod.core.errors import NotFound
from ozg_lod.core.messages import _
from ozg_lod.harvest_check import report
from ozg_lod.harvest_check.check import HarvestResult
from ozg_lod.http.language import choose_language
from ozg_lod.rdf import formats
from ozg_lod.site import portal_pages
from ozg_lod.site.page_requests import PageBody, PageRequest, no_such_page
from ozg_lod.site.pages import render
from ozg_lod.site.represent import represent
from ozg_lod.snapshots.snapshot import Publication
from ozg_lod.web import feeds, own_harvest
from ozg_lod.web.own_harvest import Registration
from ozg_lod.web.routing import Pages

pages = Pages()

_PAGE_SIZE: Final = 20
_OFFERED: Final = (formats.HTML, formats.JSON)


@pages.page("/changes.atom", summary="Every publication with what it changed (Atom)")
async def atom(request: Request) -> Response:
    """Answer with the feed."""
    page_request = PageRequest.for_people(request, "/aenderungen")
    snapshot, language = page_request.opened, choose_language(request.query_params.get("lang"), None)
    log = await run_in_threadpool(_log, page_request)

    def make() -> bytes:
        iri, url = f"{snapshot.base_iri}catalog", snapshot.public_url
        return feed.atom(log, iri=iri, public_url=url, title=page_request.name[language], language=language)

    return await represent(request, feeds.representation(log, "feed", language, make))


@pages.page("/aenderungen", summary="What has changed, publication by publication")
async def changed(request: Request) -> Response:
    """Answer with the page of what changed."""
    page_request = PageRequest.of(request, "/aenderungen", (formats.HTML,))
    log = await run_in_threadpool(_log, page_request)
    return await page_request.answer(lambda: _changes(page_request, log))


def _changes(page_request: PageRequest, log: list[Publication]) -> PageBody:
    count = max(1, -(-len(log) // _PAGE_SIZE))
    if page_request.page > count:
        raise no_such_page(page_request.page)
    shown = log[::-1][(page_request.page - 1) * _PAGE_SIZE : page_request.page * _PAGE_SIZE]
    resources = {iri for entry in shown for kind in feed.KINDS for iri in (getattr(entry, kind) or ())[:100]}
    names = page_request.graph.names_of(resources)
    return PageBody(portal_pages.changes(page_request.site, shown, names, page=page_request.page, of=count), count)


def _log(page_request: PageRequest) -> list[Publication]:
    """Return the publications up to the one that is being served."""
    log = page_request.opened.publications()
    if not log:
        raise NotFound(
            _("Nothing is published here from a source folder, so nothing changes."),
        )
    return log


@pages.page("/harvest", "/harvest.{suffix}", summary="For portals: the address to register, the check of our catalogue")
async def harvest(request: Request) -> Response:
    """Answer with the page or, for programs, the report; the check runs once per snapshot, in this process."""
    page_request = PageRequest.of(request, "/harvest", _OFFERED, request.path_params.get("suffix"))
    result = await _checked(request)
    where = own_harvest.registration(page_request.opened)
    return await page_request.answer(
        lambda: _page(page_request, result, where) if page_request.form is formats.HTML else _json(result, where)
    )


async def _checked(request: Request) -> HarvestResult:
    """Return the result for what is served now; whoever asks first starts the check, the others wait for it.

    It runs on the threads of the event loop, not on those of the pages: a check that waits for pages must not hold
    the threads they need.
    """
    state, snapshot = request.app.state, request.state.opened
    name, task = getattr(state, "harvest", ("", None))
    if task is None or name != snapshot.name or (task.done() and task.exception() is not None):
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(asyncio.to_thread(own_harvest.outcome, request.app, snapshot.public_url, loop))
        state.harvest = (snapshot.name, task)
    result: HarvestResult = await asyncio.shield(task)
    return result


def _page(page_request: PageRequest, outcome: HarvestResult, where: Registration) -> bytes:
    return render(
        "harvest.html",
        page_request.site,
        outcome=outcome,
        where=where,
        summary=report.summary(outcome),
        findings=report.summaries(outcome, page_request.language),
        severities=report.SEVERITIES,
        dimensions=report.DIMENSIONS,
        rating=report.RATINGS[outcome.score.rating] if outcome.score else "",
        raising=report.raising(outcome.score, page_request.language) if outcome.score else [],
    )


def _json(outcome: HarvestResult, where: Registration) -> bytes:
    document = {
        "register": where.url,
        "ckan_harvest_source": where.ckan,
        "warnings": [report.by_language(message) for message in where.warnings],
        "check": json.loads(report.to_json(outcome)),
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
