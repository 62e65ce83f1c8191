"""The quick way of a request: from its bytes to the bytes of the response, beside the framework.

What was sent before is sent again. A query goes to a worker, which answers with the whole response
(`sparql.exchange`). Everything else goes to the application as it came: pages, what is not quite plain in its fields,
what finds no worker free, and whatever comes of a query but a small response; that the application tells without asking
again (`state.outcome`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from starlette.applications import Starlette

from ozg_lod.core.settings import Settings
from ozg_lod.http.clients import client
from ozg_lod.http.request_grammar import CHUNKED, body_length, check_head
from ozg_lod.http.response_cache import SentResponse
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.sparql import protocol
from ozg_lod.sparql.exchange import FIELDS, SparqlRequest
from ozg_lod.web.front import EVERYWHERE

_LINE: Final = re.compile(rb'(GET|HEAD|POST) /sparql(?:\?([!"$-~]*))? HTTP/1\.1\r\n')
_FIELD: Final = re.compile(rb"([^:\r\n]+):[\t ]*([^\r\n]*)\r\n")
_NOT_PLAIN: Final = re.compile(
    rb"\n(?:connection:(?![\t ]*keep-alive[\t ]*\r)|expect:|prefer:|transfer-encoding:|upgrade:)", re.IGNORECASE
)
_FOR_PEOPLE: Final = re.compile(rb"html|sheet=")
"""What only the application looks at; elsewhere in a query it costs nothing but time."""
_STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_COMMON: Final = b"".join(b"%b: %b\r\n" % field for field in EVERYWHERE)
_MOST_FIELDS_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class LaneFields:
    """What the fields of a plain request say; clients send the same again and again.

    `read` are those that decide the response, `forwarded` the lines of X-Forwarded-For and of Forwarded.
    """

    length: int
    read: tuple[tuple[bytes, bytes], ...]
    page: bool
    forwarded: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LaneRequest:
    """A query as it came: `raw` is all of it."""

    raw: bytes
    request: SparqlRequest
    fields: LaneFields


class QueryLane:
    """The quick way of one server."""

    def __init__(self, app: Starlette) -> None:
        settings: Settings = app.state.settings
        self._app = app
        self._most_bytes = protocol.SHORT_BYTES
        self._most_head_bytes = min(settings.head_bytes, settings.target_bytes)
        self._fields = functools.lru_cache(_MOST_FIELDS_KEPT)(functools.partial(_lane_fields, settings=settings))
        self._client = functools.lru_cache(_MOST_FIELDS_KEPT)(
            functools.partial(client, trusted=settings.trusted_proxies)
        )

    def repeated(self, raw: bytes) -> SentResponse | None:
        """Return the response that was sent to the same bytes before, if it is kept."""
        opened: ServedSnapshot = self._app.state.opened
        response = opened.cache.sent(raw)
        self._app.state.record.counts.repeated += response is not None
        return response

    def kept(self, query: LaneRequest) -> SentResponse | None:
        """Return the response to a query that was asked before, if it is kept."""
        opened: ServedSnapshot = self._app.state.opened
        return opened.endpoint.kept(query.request, query.raw)

    def query(self, head: bytes, after: bytearray) -> LaneRequest | None:
        """Return the query that begins with this head and is here whole, None for anything that is not plainly one.

        Raises RefusedRequest as `check_head` and `body_length`.
        """
        line = _LINE.match(head)
        if line is None or len(head) > self._most_head_bytes:
            return None
        fields = self._fields(head[line.end() :])
        if fields is None or fields.length > min(len(after), self._most_bytes):
            return None
        method, parameters = line[1].decode(), line[2] or b""
        body = bytes(after[: fields.length]) if method == "POST" else None
        if body is None:
            plain_query = b"query=" in parameters and not (
                fields.length or fields.page or _FOR_PEOPLE.search(parameters)
            )
        else:
            plain_query = bool(body)
        if not plain_query or b"timeout=" in parameters or b"timeout=" in (body or b""):
            return None
        return LaneRequest(head + (body or b""), SparqlRequest(method, fields.read, parameters, body), fields)

    def begin(
        self, query: LaneRequest, peer: str, tell: Callable[[SentResponse | Exception], None]
    ) -> Callable[[], None] | None:
        """Begin to answer, at once or not at all (None); what is returned gives it up, raises as `Budget.spending`."""
        opened: ServedSnapshot = self._app.state.opened
        spending = self._app.state.budget.spending(self._client(peer, *query.fields.forwarded))
        spending.__enter__()

        def told(outcome: SentResponse | Exception) -> None:
            spending.__exit__(None, None, None)
            tell(outcome)

        give_up = opened.endpoint.begin(query.request, told)
        if give_up is None:
            spending.__exit__(None, None, None)
        return give_up

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
    fields = [b"%b: %b\r\n" % field for field in more]
    return b"".join((_STATUS_LINES[response.status], *fields, response.fields, _COMMON, b"\r\n", response.body))


def _lane_fields(lines: bytes, *, settings: Settings) -> LaneFields | None:
    """Return what the lines after the first say, None where they ask for more than a response."""
    check_head(b"GET / HTTP/1.1\r\n" + lines, settings)
    fields = [(name.lower(), text.rstrip(b"\t ")) for name, text in _FIELD.findall(lines)]
    length = body_length(fields, "1.1")
    if length == CHUNKED or not plain(b"\n" + lines):
        return None
    read = tuple(field for field in fields if field[0] in FIELDS)
    page = any(b"html" in text for name, text in read if name == b"accept")
    return LaneFields(length, read, page, (_texts(fields, b"x-forwarded-for"), _texts(fields, b"forwarded")))


def _texts(fields: Sequence[tuple[bytes, bytes]], name: bytes) -> tuple[str, ...]:
    return tuple(text.decode("latin-1") for field, text in fields if field == name)
