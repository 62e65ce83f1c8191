"""The quick way of a request: from its bytes to the bytes of the response, beside the framework.

What was sent before is sent again. A query goes to a worker, which answers with the whole response
(`sparql.exchange`). Everything else goes to the application as it came: pages, what is not quite plain in its fields,
and whatever comes of a query but a small response; that the application tells without asking again (`state.outcome`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from fastapi import FastAPI

from ozg_lod.core.settings import Settings
from ozg_lod.http.clients import client
from ozg_lod.http.request_grammar import body_length
from ozg_lod.http.response_cache import SentResponse
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.sparql import protocol
from ozg_lod.sparql.exchange import FIELDS, SparqlRequest
from ozg_lod.web.front import EVERYWHERE

_LINE: Final = re.compile(rb"(GET|HEAD|POST) /sparql(?:\?([!-~]*))? HTTP/1\.1\r\n")
_FIELD: Final = re.compile(rb"([^:\r\n]+):[\t ]*([^\r\n]*)\r\n")
_NOT_PLAIN: Final = re.compile(
    rb"\n(?:connection:(?![\t ]*keep-alive[\t ]*\r)|expect:|prefer:|transfer-encoding:|upgrade:)", re.IGNORECASE
)
_FOR_PEOPLE: Final = re.compile(rb"html|sheet=")
"""What only the application looks at; elsewhere in a query it costs nothing but time."""
_STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_COMMON: Final = b"".join(b"%b: %b\r\n" % field for field in EVERYWHERE)


@dataclass(frozen=True, slots=True)
class LaneRequest:
    """A query as it came: `raw` is all of it, `forwarded` are the lines of X-Forwarded-For and of Forwarded."""

    raw: bytes
    request: SparqlRequest
    forwarded: tuple[tuple[str, ...], tuple[str, ...]]


class QueryLane:
    """The quick way of one server."""

    def __init__(self, app: FastAPI) -> None:
        settings: Settings = app.state.settings
        self._app = app
        self._most_bytes = settings.query_bytes * protocol.BYTES_PER_CHARACTER
        self._client = functools.lru_cache(1000)(functools.partial(client, trusted=settings.trusted_proxies))

    def repeated(self, raw: bytes) -> SentResponse | None:
        """Return the response that was sent to the same bytes before, if it is kept."""
        opened: ServedSnapshot = self._app.state.opened
        return opened.cache.sent(raw)

    def query(self, head: bytes, after: bytearray) -> LaneRequest | None:
        """Return the query that begins with this head and is here whole, None for anything that is not plainly one.

        Raises RefusedRequest as `body_length`.
        """
        line = _LINE.match(head)
        if line is None or not plain(head):
            return None
        method, parameters = line[1], line[2] or b""
        fields = [(name.lower(), text.rstrip(b"\t ")) for name, text in _FIELD.findall(head, line.end())]
        length = body_length(fields, "1.1")
        posted = method == b"POST"
        if (
            posted == (b"query=" in parameters)
            or bool(length) != posted
            or not length <= min(len(after), self._most_bytes)
        ):
            return None
        body = bytes(after[:length]) if posted else None
        read = tuple(field for field in fields if field[0] in FIELDS)
        limits_time = b"timeout=" in (body or parameters)
        if limits_time or (not posted and (_FOR_PEOPLE.search(parameters) or any(b"html" in text for _, text in read))):
            return None
        forwarded = _lines(fields, b"x-forwarded-for"), _lines(fields, b"forwarded")
        request = SparqlRequest(method.decode(), parameters, read, body)
        return LaneRequest(head + (body or b""), request, forwarded)

    async def respond(self, query: LaneRequest, peer: str) -> SentResponse:
        """Return the response; raises as `Endpoint.respond`."""
        opened: ServedSnapshot = self._app.state.opened
        spending = self._app.state.budget.spending(self._client(peer, *query.forwarded))
        return await opened.endpoint.respond(query.request, raw=query.raw, spending=spending)

    def note(self, raw: bytes, response: SentResponse, *, start: float, request_id: str) -> None:
        """Note the end of a request."""
        method, target, _ = raw.split(b" ", 2)
        path = unquote(target.partition(b"?")[0].decode("latin-1"))
        self._app.state.record.note(method.decode(), path, response.status, start=start, request_id=request_id)


def plain(head: bytes) -> bool:
    """Return whether the fields of a request ask for nothing but its response, on a connection that is kept."""
    return _NOT_PLAIN.search(head) is None


def message(response: SentResponse, more: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the response as it is sent, with `more` fields."""
    fields = b"".join([b"%b: %b\r\n" % field for field in more])
    return b"".join((_STATUS_LINES[response.status], fields, response.fields, _COMMON, b"\r\n", response.body))


def _lines(fields: Sequence[tuple[bytes, bytes]], name: bytes) -> tuple[str, ...]:
    return tuple(text.decode("latin-1") for field, text in fields if field == name)
