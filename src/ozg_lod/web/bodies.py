"""Bodies of requests, read no further than they may be long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ozg_lod.errors import TooLarge

if TYPE_CHECKING:
    from starlette.requests import Request


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Return the body; raise TooLarge as soon as it has more bytes than allowed, declared or not."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit_bytes:
            raise TooLarge(
                f"The request has more than {limit_bytes:,} bytes; send less.",
                f"Die Anfrage hat mehr als {limit_bytes} Bytes; senden Sie weniger.",
                limit_bytes=limit_bytes,
            )
    return bytes(body)
