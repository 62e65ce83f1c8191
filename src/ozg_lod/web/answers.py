"""What several routes answer alike: pages and bytes kept for the life of the snapshot, and the log of publications."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.http.response_cache import CachedBody
from ozg_lod.http.responses import RequestConditions, reply, response
from ozg_lod.site.page_requests import PageBody, PageRequest
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.snapshots.snapshot import Publication, Snapshots


async def page(visit: PageRequest, make: Callable[[], bytes]) -> Response:
    """Answer with a page: as it was made before, else made beside the event loop."""
    ready = visit.ready()
    return response(ready if ready is not None else await run_in_threadpool(visit.answer, lambda: PageBody(make())))


async def kept(
    request: Request, name: str, content_type: str, make: Callable[[], bytes], *, vary: str = "Accept-Encoding"
) -> Response:
    """Answer with bytes that are the same for everybody, kept under `name` for the life of the snapshot."""
    opened: ServedSnapshot = request.app.state.opened
    mark = f"{opened.version} {opened.code} {name}"

    def entry() -> CachedBody:
        return opened.cache.get(mark) or opened.cache.put(mark, make())

    fields = {"content-type": content_type, "vary": vary}
    return response(reply(await run_in_threadpool(entry), RequestConditions.of(request), mark=mark, headers=fields))


def publications(request: Request) -> list[Publication]:
    """Return the publications up to the one that is served; none where what is served was never published."""
    opened: ServedSnapshot = request.app.state.opened
    log = Snapshots(request.app.state.settings.target).publications()
    last = max((entry.number for entry in log if entry.snapshot == opened.name), default=0)
    return [entry for entry in log if entry.number <= last]
