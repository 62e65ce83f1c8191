"""The page for operators of portals: the address to register, and what the harvest check says of our own catalogue."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.core.findings import Severity
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
    found = await _checked(request)
    where = own_harvest.registration(visit.opened)

    def make() -> PageBody:
        return PageBody(_page(visit, found, where) if visit.form is formats.HTML else _json(found, where))

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
    found: HarvestResult = await asyncio.shield(task)
    return found


def _page(visit: PageRequest, found: HarvestResult, where: Registration) -> bytes:
    language = visit.language
    severities = {severity: report.SEVERITIES[severity][1][language] for severity in Severity}
    return pages.render(
        "harvest.html",
        visit.site,
        found=found,
        where=where,
        summary=report.summary(found, language),
        causes=report.causes(found, language),
        severities=severities,
        dimensions={name: text[language] for name, text in report.DIMENSIONS.items()},
        rating=report.RATINGS[found.score.rating][language] if found.score else "",
        raising=report.raising(found.score, language) if found.score else [],
    )


def _json(found: HarvestResult, where: Registration) -> bytes:
    said = json.loads(report.to_json(found))
    warnings = [{"de": text.de, "en": text.en} for text in where.warnings]
    said = {"register": where.url, "ckan_harvest_source": where.ckan, "warnings": warnings, "check": said}
    return json.dumps(said, ensure_ascii=False, indent=2).encode() + b"\n"
