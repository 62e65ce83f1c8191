"""Clients: who asks, as far as a budget needs to know, and whether they are still there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request

from ozg_lod.core.errors import Busy
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.http import budget

_LOOK_AFTER_S: Final = 0.05


def client_of(request: Request) -> str | None:
    """Return whom to charge for a request; None for this machine itself."""
    settings: Settings = request.app.state.settings
    peer = request.client.host if request.client else None
    return budget.client(peer, request.headers.get("x-forwarded-for"), settings.trusted_proxies)


@contextlib.asynccontextmanager
async def cancelled_when_gone(request: Request) -> AsyncIterator[None]:
    """End what runs inside as soon as the client has hung up; most answers are there before anyone looks.

    The body must have been read before.
    """
    working = asyncio.current_task()
    watching: list[asyncio.Task[None]] = []
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        if working is not None:
            working.cancel()

    loop = asyncio.get_running_loop()
    timer = loop.call_later(_LOOK_AFTER_S, lambda: watching.append(loop.create_task(watch())))
    try:
        yield
    except asyncio.CancelledError:
        if not gone or working is None or working.uncancel():
            raise
        raise Busy(_("The client has hung up.")) from None
    finally:
        timer.cancel()
        for task in watching:
            task.cancel()
