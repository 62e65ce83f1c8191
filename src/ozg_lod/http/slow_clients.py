"""Answers on their way to clients: how many bytes of them are held at once, and for how long.

A client that reads slowly makes us keep what it has not read. So a large answer is handed over in pieces, the bytes
of all large answers that are being handed over have a limit, and so has the time for one; what cannot be delivered
in that time is broken off, never politely ended. Small answers fit into the socket and take no part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ozg_lod.core.errors import Busy
from ozg_lod.core.messages import _

PIECE_BYTES: Final = 1 << 16


class OutputBudget:
    """The bytes that may be held for clients at once."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self.held = 0

    def take(self, size: int) -> None:
        """Reserve room; raise Busy when there is none."""
        if self.held + size > self._limit:
            raise Busy(
                _("Too many large answers are on their way to slow clients; try again in a minute."),
                retry_after_s=60,
            )
        self.held += size

    def give(self, size: int) -> None:
        """Give room back."""
        self.held -= size


class BudgetedResponse(Response):
    """A large answer with its reserved room."""

    def __init__(self, body: bytes, headers: Mapping[str, str], hold: OutputBudget, *, limit_s: float) -> None:
        hold.take(len(body))
        super().__init__(body, headers=headers)
        self._hold = hold
        self._limit_s = limit_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the protocol of ASGI
        """Send it piece by piece; raise TimeoutError, which breaks the connection, when the client is too slow."""
        body = bytes(self.body)
        try:
            async with asyncio.timeout(self._limit_s):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                for start in range(0, len(body), PIECE_BYTES):
                    more = start + PIECE_BYTES < len(body)
                    piece = body[start : start + PIECE_BYTES]
                    await send({"type": "http.response.body", "body": piece, "more_body": more})
        finally:
            self._hold.give(len(body))
