"""What several routes answer alike: pages and bytes kept for the life of the snapshot, and the log of publications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from ozg_lod.pages.visits import Made
from ozg_lod.snapshots.snapshot import Snapshots
from ozg_lod.web.replies import Asked, reply, response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from ozg_lod.pages.visits import Visit
    from ozg_lod.snapshots.snapshot import Publication
    from ozg_lod.sparql.serving import Opened
    from ozg_lod.web.cache import Entry


async def page(visit: Visit, make: Callable[[], bytes]) -> Response:
    """Answer with a page: as it was made before, else made beside the event loop."""
    ready = visit.ready()
    return response(ready if ready is not None else await run_in_threadpool(visit.answer, lambda: Made(make())))


async def kept(
    request: Request, name: str, content_type: str, make: Callable[[], bytes], *, vary: str = "Accept-Encoding"
) -> Response:
    """Answer with bytes that are the same for everybody, kept under `name` for the life of the snapshot."""
    opened: Opened = request.app.state.opened
    mark = f"{opened.version} {opened.code} {name}"

    def entry() -> Entry:
        return opened.cache.get(mark) or opened.cache.put(mark, make())

    fields = {"content-type": content_type, "vary": vary}
    return response(reply(await run_in_threadpool(entry), Asked.of(request), mark=mark, headers=fields))


def publications(request: Request) -> list[Publication]:
    """Return the publications up to the one that is served; none where what is served was never published."""
    opened: Opened = request.app.state.opened
    log = Snapshots(request.app.state.settings.target).publications()
    last = max((entry.number for entry in log if entry.snapshot == opened.name), default=0)
    return [entry for entry in log if entry.number <= last]
