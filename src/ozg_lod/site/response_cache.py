"""Requests that came before word for word: their answers go out as they are, without being read again.

An answer about a thing depends on the snapshot and on the few fields of the request that are its key here (those that
Vary names, and If-None-Match). So what was sent once is sent again, for the life of the snapshot and within a limit.
This stands before the framework, whose layers take five times as long as the answer.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from ozg_lod.http.response_cache import ByteCache

Key = tuple[bytes | str, ...]
Headers = list[tuple[bytes, bytes]]

_FIELDS: Final = (b"accept", b"accept-language", b"accept-encoding", b"if-none-match")
_FEED: Final = ".atom"
_LONGEST_KEY: Final = 1000
_FRAME: Final = 1500
"""Bytes an answer costs beside its body, about: its fields and its key."""
_log = logging.getLogger("ozg_lod")


def key_of(scope: Scope) -> Key | None:
    """Return what decides the answer about a thing, None for other requests and where it is too long to be kept.

    A feed is none: it tells the log of publications, which is no part of the snapshot.
    """
    if scope["type"] != "http" or not scope["path"].startswith("/doc/") or scope["method"] not in ("GET", "HEAD"):
        return None
    if scope["path"].endswith(_FEED):
        return None
    fields = dict.fromkeys(_FIELDS, b"")
    size = len(scope["path"]) + len(scope["query_string"])
    for name, value in scope["headers"]:
        if name in fields:
            fields[name] += b"," + value if fields[name] else value
            size += len(value)
    if size > _LONGEST_KEY:
        return None
    return (scope["method"], scope["path"], scope["query_string"], *fields.values())


def note(scope: Scope, status: int, took_s: float) -> None:
    """Write a line for a request: no address, no query string, nothing that tells who asked what."""
    path = "/einreichung/…" if scope["path"].startswith("/einreichung/") else scope["path"]  # the rest is a secret
    _log.info("%s %s %d %.1f ms", scope["method"], path, status, took_s * 1000)


class ResponseCache:
    """The answers that are kept; all are forgotten when they get too many, those in use soon come again."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._known: dict[Key, tuple[Message, Message]] = {}

    def get(self, key: Key) -> tuple[Message, Message] | None:
        """Return the two messages of an answer sent before, if it is kept."""
        return self._known.get(key)

    def put(self, key: Key, status: int, headers: Headers, body: bytes) -> None:
        """Keep an answer; one that takes more than a quarter of the room is not kept."""
        size = len(body) + _FRAME
        if size * 4 > self._max_bytes:
            return
        if self._size + size > self._max_bytes:
            self._known.clear()
            self._size = 0
        start = {"type": "http.response.start", "status": status, "headers": headers}
        self._known[key] = (start, {"type": "http.response.body", "body": body})
        self._size += size


def repeats_of(cache: ByteCache) -> ResponseCache:
    """Return the answers that are kept for the life of a snapshot: half as many bytes as its cache may hold."""
    return cache.once(ResponseCache, lambda: ResponseCache(cache.max_bytes // 2))


class CachingFront:
    """What listens: answers what came before, hands on everything else."""

    def __init__(self, app: FastAPI, *, access_log: bool) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        start = time.perf_counter()
        key = key_of(scope)
        kept = repeats_of(self._app.state.opened.cache).get(key) if key is not None else None
        if kept is None:
            await self._app(scope, receive, send)
            return
        for message in kept:
            await send(message)
        if self._access_log:
            note(scope, kept[0]["status"], time.perf_counter() - start)
