"""The front: what applies to every request. Answers sent before go out again; the rest goes to its page.

An answer about a thing depends on the snapshot and on the few fields of the request that are its key here (those that
Vary names, and If-None-Match). So what was sent once is sent again, for the life of the snapshot and within a limit,
before the framework, whose layers take five times as long as the answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ozg_lod.core.errors import OzgLodError
from ozg_lod.http.request_counts import RequestCounts
from ozg_lod.http.response_cache import RequestKey, ResponseCache, SentResponse
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.web import failures
from ozg_lod.web.routing import READ, PageIndex

Headers = list[tuple[bytes, bytes]]

_FIELDS: Final = (b"accept", b"accept-language", b"accept-encoding", b"if-none-match", b"if-match")
_LONGEST_KEY: Final = 1000
_REPEATED: Final = frozenset({200, 304})
EVERYWHERE: Final = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Link, ETag, Content-Language, Retry-After, X-Ozg-Version, X-Request-Id"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
            b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
]
_REPLACED: Final = frozenset({b"content-security-policy"})
"""What an answer may say itself instead: two policies would both hold, and a preview may stand in a frame."""
_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Accept, Accept-Language, Content-Disposition, Content-Type, If-Match, If-None-Match",
    ),
    (b"access-control-max-age", b"86400"),
    (b"allow", b"GET, HEAD, POST, OPTIONS"),
]
_log = logging.getLogger("ozg_lod")


def request_key(scope: Scope) -> RequestKey | None:
    """Return what decides the answer of a page that repeats; None where it is too long to be kept, or no page."""
    if scope["type"] != "http" or scope["method"] not in READ:
        return None
    fields = dict.fromkeys(_FIELDS, b"")
    size = len(scope["path"]) + len(scope["query_string"])
    for name, text in scope["headers"]:
        if name in fields:
            fields[name] += b"," + text if fields[name] else text
            size += len(text)
    if size > _LONGEST_KEY:
        return None
    return (scope["method"], scope["path"], scope["query_string"], *fields.values())


class RequestRecord:
    """Where the end of each request is noted: in the counts and, if wanted, in the log."""

    def __init__(self, pages: PageIndex, *, access_log: bool) -> None:
        self.counts = RequestCounts()
        self._pages = pages
        self._access_log = access_log

    def note(self, method: str, path: str, status: int, *, start: float, request_id: str) -> None:
        """Note a request that began at `start` on the clock of `time.perf_counter`; status 0: nobody was there."""
        took_s = time.perf_counter() - start
        self.counts.count(self._pages.kind(path), status, took_s)
        if self._access_log:
            _write_line(method, path, status, took_s, request_id)


class CachingFront:
    """What listens: answers what came before word for word, hands on everything else."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._record: RequestRecord = app.state.record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        start = time.perf_counter()
        key = request_key(scope)
        cache: ResponseCache = self._app.state.opened.cache
        kept = cache.sent(key) if key is not None else None
        if kept is None:
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": kept.status, "headers": _with(kept.headers, EVERYWHERE)})
        await send({"type": "http.response.body", "body": kept.body})
        self._record.counts.repeated += 1
        self._record.note(
            scope["method"], scope["path"], kept.status, start=start, request_id=failures.request_id(scope)
        )
        if (raw := scope["state"].get("raw")) is not None:
            cache.keep(raw, kept)


class PageFront:
    """Middleware: the headers of every answer, preflights, the page of a request, and faults of ours."""

    def __init__(self, app: ASGIApp, pages: PageIndex, record: RequestRecord) -> None:
        self._app = app
        self._pages = pages
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = _ResponseSender(send)
        start = time.perf_counter()
        scope.setdefault("state", {})["opened"] = scope["app"].state.opened  # one answer, one snapshot
        try:
            await self._respond(scope, receive, sender)
        except ClientDisconnect:
            pass  # nobody is there to be told
        except Exception:
            if sender.status:
                raise  # the connection breaks: half an answer never ends politely
            await failures.internal(Request(scope))(scope, receive, sender)
        finally:
            self._record.note(
                scope["method"], scope["path"], sender.status, start=start, request_id=failures.request_id(scope)
            )

    async def _respond(self, scope: Scope, receive: Receive, sender: _ResponseSender) -> None:
        if scope["method"] == "OPTIONS":
            sender.headers = [*EVERYWHERE, *_PREFLIGHT]
            await Response(status_code=204)(scope, receive, sender)
            return
        page = self._pages.find(scope["method"], scope["path"])
        if page is None:
            await self._app(scope, receive, sender)
            return
        request = Request(scope, receive)
        opened: ServedSnapshot = request.state.opened
        try:
            with opened.held():
                response = await page.answer(request)
        except OzgLodError as error:
            response = failures.failure(request, error)
        if page.repeats and response.status_code in _REPEATED and (key := request_key(scope)) is not None:
            opened.cache.keep(key, SentResponse.of(response.status_code, response.raw_headers, bytes(response.body)))
        await response(scope, receive, sender)


class _ResponseSender:
    """What sends an answer: adds the headers of every answer and remembers the status that went out (0: none yet)."""

    def __init__(self, send: Send) -> None:
        self.status = 0
        self.headers = EVERYWHERE
        self._send = send

    async def __call__(self, message: Message) -> None:
        """Send on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = _with(message["headers"], self.headers)
        await self._send(message)


def _with(own: Iterable[tuple[bytes, bytes]], others: Headers) -> Headers:
    """Return the headers of an answer with those of every answer, but what the answer says itself instead."""
    headers = list(own)
    replaced = {name for name, _ in headers} & _REPLACED
    return [*headers, *(header for header in others if header[0] not in replaced)]


def _write_line(method: str, path: str, status: int, took_s: float, name: str) -> None:
    """Write a line for a request: no address, no query string, nothing that tells who asked what."""
    path = "/einreichung/…" if path.startswith("/einreichung/") else path  # the rest is a secret
    fields = {"method": method, "path": path, "status": status, "seconds": took_s, "request_id": name}
    _log.info("%s %s %d %.1f ms %s", method, path, status, took_s * 1000, name, extra={"fields": fields})
