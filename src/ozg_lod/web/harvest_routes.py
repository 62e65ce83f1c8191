"""The page for operators of portals: the address to register, and what the harvest check says of our own catalogue."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.harvest_check import report
from ozg_lod.harvest_check.check import HarvestResult
from ozg_lod.http.responses import response
from ozg_lod.rdf import formats
from ozg_lod.site import pages
from ozg_lod.site.page_requests import PageBody, PageRequest
from ozg_lod.web import own_harvest
from ozg_lod.web.own_harvest import Registration

router = APIRouter()

_OFFERED: Final = (formats.HTML, formats.JSON)
_METHODS: Final = ["GET", "HEAD"]


@router.get("/harvest", summary="For portals: the address to register, the check of our catalogue")
@router.head("/harvest", include_in_schema=False)
@router.api_route("/harvest.{suffix}", methods=_METHODS, include_in_schema=False)
async def harvest(request: Request) -> Response:
    """Answer with the page or, for programs, the report; the check runs once per snapshot, in this process."""
    visit = PageRequest.of(request, "/harvest", offered=_OFFERED, suffix=request.path_params.get("suffix"))
    outcome = await _checked(request)
    where = own_harvest.registration(visit.opened)

    def make() -> PageBody:
        return PageBody(_page(visit, outcome, where) if visit.form is formats.HTML else _json(outcome, where))

    answer = await run_in_threadpool(visit.answer, make)
    return response(answer)


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
    outcome: HarvestResult = await asyncio.shield(task)
    return outcome


def _page(visit: PageRequest, outcome: HarvestResult, where: Registration) -> bytes:
    language = visit.language
    return pages.render(
        "harvest.html",
        visit.site,
        outcome=outcome,
        where=where,
        summary=report.summary(outcome),
        causes=report.causes(outcome, language),
        severities=report.SEVERITIES,
        dimensions=report.DIMENSIONS,
        rating=report.RATINGS[outcome.score.rating] if outcome.score else "",
        raising=report.raising(outcome.score, language) if outcome.score else [],
    )


def _json(outcome: HarvestResult, where: Registration) -> bytes:
    document = {
        "register": where.url,
        "ckan_harvest_source": where.ckan,
        "warnings": [report.by_language(message) for message in where.warnings],
        "check": json.loads(report.to_json(outcome)),
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
