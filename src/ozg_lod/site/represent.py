"""The one way of an answer: a representation is taken from the cache or made, and sent as the client takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.http.response_cache import CachedBody
from ozg_lod.http.responses import RequestConditions, reply
from ozg_lod.site.page_snapshot import PageSnapshot

_CODED: Final = "Accept-Encoding"


@dataclass(frozen=True, slots=True)
class Content:
    """A body and the header fields that belong to it."""

    body: bytes
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Representation:
    """What is asked for: `key` names it among all that can be made from one snapshot, before its coding.

    `tag`, or the content where it goes `by_content`, takes the place of the key in the entity tag. What is not
    `is_cached` is made anew for each request. What says that it `is_light` is made on the event loop: going to a thread
    and back would take as long as making it.
    """

    key: str
    make: Callable[[], Content]
    tag: str = ""
    by_content: bool = False
    is_cached: bool = True
    is_light: Callable[[], bool] = bool

    @classmethod
    def of_bytes(cls, key: str, content_type: str, make: Callable[[], bytes], *, vary: str = _CODED) -> Representation:
        """Return what is the same for everybody."""
        return cls(key, lambda: Content(make(), {"content-type": content_type, "vary": vary}))


async def represent(request: Request, wanted: Representation, opened: PageSnapshot | None = None) -> Response:
    """Answer with a representation from `opened`, by default from what is served now."""
    snapshot: PageSnapshot = opened or request.state.opened
    mark = f"{snapshot.version} {snapshot.code} {wanted.key}"
    conditions = RequestConditions.of(request.method, request.headers)

    def response(entry: CachedBody) -> Response:
        return reply(entry, conditions, entry.digest if wanted.by_content else wanted.tag or mark)

    def new_response() -> Response:
        content = wanted.make()
        if not wanted.is_cached:
            return response(CachedBody(content.body, content.fields))
        return response(snapshot.cache.put(mark, content.body, content.fields))

    entry = snapshot.cache.get(mark) if wanted.is_cached else None
    if entry is not None:
        return response(entry)
    return new_response() if wanted.is_light() else await run_in_threadpool(new_response)


def respond(request: Request, content: Content, tag: str | None) -> Response:
    """Answer with content that was just made for this request alone; `tag` names it before its coding, if it stays."""
    return reply(CachedBody(content.body, content.fields), RequestConditions.of(request.method, request.headers), tag)
