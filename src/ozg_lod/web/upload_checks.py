"""What people and programs send: read within limits, checked at the sender's expense, answered and never kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.contributions.check_pool import CheckAnswer, CheckRequest, check_pool
from ozg_lod.http.clients import cancelled_when_gone, client_of
from ozg_lod.matching.match_worker import MatchRequest, MatchSubject
from ozg_lod.rdf import formats
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.site import uploads
from ozg_lod.site.page_requests import PageRequest
from ozg_lod.site.served_snapshot import ServedSnapshot

NEVER_KEPT: Final = {"cache-control": "no-store", "vary": "Accept, Accept-Language"}


def delivery(request: Request) -> uploads.Delivery:
    """Return how the body of a request is to be read: in one of the few places for files, where its client has one."""
    checks = check_pool(request.app)
    return uploads.Delivery(request.app.state.settings.delivery_s, checks.receiving(client_of(request)))


async def form(request: Request, *, most_fields: int = uploads.MAX_PARTS) -> uploads.MultipartForm:
    """Return what a form says; raises as `uploads.read_form`."""
    return await uploads.read_form(request, delivery(request), most_fields=most_fields)


async def checked(request: Request, check_request: CheckRequest) -> CheckAnswer:
    """Return what the check says; it ends when the client hangs up. Raises as `CheckPool.check`."""
    checks = check_pool(request.app)
    client = client_of(request)
    spending = request.app.state.budget.spending(client)
    async with cancelled_when_gone(request):
        return await checks.check(check_request, request.state.opened, spending=spending, client=client)


async def matched(request: Request, match_request: MatchRequest) -> bytes:
    """Return what comes of names to match; it ends when the client hangs up. Raises as `WorkerPool.ask`."""
    workers: WorkerPool = request.app.state.matchers
    client = client_of(request)
    spending = request.app.state.budget.spending(client)
    async with cancelled_when_gone(request):
        question, subject = wire.encode(match_request), match_subject(request.state.opened)
        return await workers.ask(question, argument=subject, client=client, spending=spending)


def match_subject(snapshot: ServedSnapshot) -> str:
    """Return what a fork server of matchers is told."""
    subject = MatchSubject(
        str(snapshot.directory),
        snapshot.public_url,
        from_disk=not snapshot.in_memory,
        no_things=not snapshot.manifest.files,
    )
    return msgspec.json.encode(subject).decode()


def page(page_request: PageRequest, body: bytes, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    """Answer with a page for the one who sent something."""
    fields = {**NEVER_KEPT, "content-type": formats.HTML.content_type, "content-language": page_request.language}
    return Response(body, status, {**fields, **(more or {})})
