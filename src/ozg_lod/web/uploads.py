"""What people and programs send: read within limits, inspected at the sender's expense, answered and never kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.contributions.check_pool import CheckAnswer, CheckPool, CheckRequest
from ozg_lod.http.clients import cancelled_when_gone, client_of
from ozg_lod.rdf import formats
from ozg_lod.site import uploads
from ozg_lod.site.page_requests import PageRequest

NEVER_KEPT: Final = {"cache-control": "no-store", "vary": "Accept, Accept-Language"}


async def form(request: Request, *, most_fields: int = uploads.MOST_PARTS) -> uploads.MultipartForm:
    """Return what a form says, read while one of the few places for files is held; raises as `uploads.read_form`."""
    inspection: CheckPool = request.app.state.inspection
    async with inspection.receiving():
        limit_s = request.app.state.settings.delivery_s
        return await uploads.read_form(request, limit_s=limit_s, most_fields=most_fields)


async def inspected(request: Request, order: CheckRequest) -> CheckAnswer:
    """Return what the inspection says; it ends when the client hangs up. Raises as `CheckPool.check`."""
    inspection: CheckPool = request.app.state.inspection
    client = client_of(request)
    spending = request.app.state.budget.spending(client)
    async with cancelled_when_gone(request):
        return await inspection.check(order, request.app.state.opened, spending=spending, client=client)


def page(visit: PageRequest, body: bytes, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    """Answer with a page for the one who sent something."""
    fields = {**NEVER_KEPT, "content-type": formats.HTML.content_type, "content-language": visit.language}
    return Response(body, status, {**fields, **(more or {})})
