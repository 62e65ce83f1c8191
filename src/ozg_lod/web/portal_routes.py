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
    visit = PageRequest.for_people(request, "/aenderungen")
    opened, language = visit.opened, choose_language(request.query_params.get("lang"), None)
    log = await run_in_threadpool(_log, visit)

    def make() -> bytes:
        iri, url = f"{opened.base_iri}catalog", opened.public_url
        return feed.atom(log, iri=iri, public_url=url, title=visit.title, language=language)

    tag = f"{log[-1].number} {opened.code} {language} {opened.public_url} feed"
    return await represent(request, feeds.representation(log, tag, language, make))


@pages.page("/aenderungen", summary="What has changed, publication by publication")
async def changed(request: Request) -> Response:
    """Answer with the page of what changed."""
    visit = PageRequest.of(request, "/aenderungen", (formats.HTML,))
    log = await run_in_threadpool(_log, visit)
    return await visit.answer(lambda: _changes(visit, log))


def _changes(visit: PageRequest, log: list[Publication]) -> PageBody:
    count = max(1, -(-len(log) // _PAGE_SIZE))
    if visit.page > count:
        raise no_such_page(visit.page)
    shown = log[::-1][(visit.page - 1) * _PAGE_SIZE : visit.page * _PAGE_SIZE]
    resources = {iri for entry in shown for kind in feed.KINDS for iri in (getattr(entry, kind) or ())[:100]}
    names = visit.graph.names_of(resources)
    return PageBody(portal_pages.changes(visit.site, shown, names, page=visit.page, of=count), count)


def _log(visit: PageRequest) -> list[Publication]:
    """Return the publications up to the one that is being served."""
    log = visit.opened.publications()
    if not log:
        raise NotFound(
            _("Nothing is published here from a source folder, so nothing changes."),
        )
    return log


@pages.page("/harvest", "/harvest.{suffix}", summary="For portals: the address to register, the check of our catalogue")
async def harvest(request: Request) -> Response:
    """Answer with the page or, for programs, the report; the check runs once per snapshot, in this process."""
    visit = PageRequest.of(request, "/harvest", _OFFERED, request.path_params.get("suffix"))
    result = await _checked(request)
    where = own_harvest.registration(visit.opened)
    return await visit.answer(
        lambda: _page(visit, result, where) if visit.form is formats.HTML else _json(result, where)
    )


async def _checked(request: Request) -> HarvestResult:
    """Return the result for what is served now; whoever asks first starts the check, the others wait for it.

    It runs on the threads of the event loop, not on those of the pages: a check that waits for pages must not hold
    the threads they need.
    """
    state, opened = request.app.state, request.app.state.opened
    name, task = getattr(state, "harvest", ("", None))
    if task is None or name != opened.name or (task.done() and task.exception() is not None):
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(asyncio.to_thread(own_harvest.outcome, request.app, opened.public_url, loop))
        state.harvest = (opened.name, task)
    result: HarvestResult = await asyncio.shield(task)
    return result


def _page(visit: PageRequest, outcome: HarvestResult, where: Registration) -> bytes:
    return render(
        "harvest.html",
        visit.site,
        outcome=outcome,
        where=where,
        summary=report.summary(outcome),
        causes=report.causes(outcome, visit.language),
        severities=report.SEVERITIES,
        dimensions=report.DIMENSIONS,
        rating=report.RATINGS[outcome.score.rating] if outcome.score else "",
        raising=report.raising(outcome.score, visit.language) if outcome.score else [],
    )


def _json(outcome: HarvestResult, where: Registration) -> bytes:
    document = {
        "register": where.url,
        "ckan_harvest_source": where.ckan,
        "warnings": [report.by_language(message) for message in where.warnings],
        "check": json.loads(report.to_json(outcome)),
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
