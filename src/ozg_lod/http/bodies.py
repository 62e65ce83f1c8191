"""Bodies of requests, read no further than they may be long, and no longer than they come on.

Whoever sends a few bytes a second holds a place that others wait for. So a body has some seconds to begin with, and
each byte that arrives gives it a little more time.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AbstractContextManager
from typing import Final

from starlette.requests import Request

from ozg_lod.core.errors import Late, TooLarge
from ozg_lod.core.messages import _

FORM: Final = "application/x-www-form-urlencoded"
_GRACE_S: Final = 15.0
_LEAST_PER_S: Final = 8_000
"""Bytes; a slow mobile connection (EDGE) sends 15,000 or more."""


async def read_body(
    request: Request,
    limit_bytes: int,
    *,
    grace_s: float = _GRACE_S,
    place: AbstractContextManager[None] | None = None,
) -> bytes:
    """Return the body; `place` is held from its first byte to its last, and not at all where there is none.

    Raises TooLarge as soon as it has more bytes than allowed, declared or not; Late as soon as it is slower, after
    `grace_s` seconds, than anybody's connection.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(grace_s) as patience, contextlib.AsyncExitStack() as held:
            end = asyncio.get_running_loop().time() + grace_s
            async for piece in request.stream():
                if place and piece and not body:
                    held.enter_context(place)
                body += piece
                if len(body) > limit_bytes:
                    raise _too_long(limit_bytes)
                patience.reschedule(end + len(body) / _LEAST_PER_S)
    except TimeoutError:
        raise Late(
            _("The request arrives so slowly that it was given up; send it again."),
            retry_after_s=10,
        ) from None
    return bytes(body)


def _too_long(limit_bytes: int) -> TooLarge:
    return TooLarge(
        _("The request has more than {limit_bytes:,} bytes; send less.", limit_bytes=limit_bytes),
        limit_bytes=limit_bytes,
    )
