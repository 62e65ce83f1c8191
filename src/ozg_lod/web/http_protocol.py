"""The HTTP of one connection, within limits: what a client may make us hold, and for how long.

uvicorn parses whatever arrives and keeps what it made of it. Here the bytes of a request are taken apart before its
parser (llhttp) sees them: the head is held whole against the grammar of RFC 9112, a body is handed on piece by piece,
and the next request is not looked at before the answer to the one before was taken. So what a connection holds has a
bound, and the two readings of a request, ours and the parser's, must agree on where it ends: none can be smuggled.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import struct
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httptools
from uvicorn import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ozg_lod.core.errors import Interrupted, OzgLodError
from ozg_lod.http.request_grammar import (
    CHUNK_LINE_BYTES,
    CHUNKED,
    END,
    RefusedRequest,
    body_length,
    check_head,
    check_part,
    check_trailers,
    chunk_size,
)
from ozg_lod.http.response_cache import SentResponse
from ozg_lod.http.slow_clients import PIECE_BYTES
from ozg_lod.rdf import formats
from ozg_lod.sparql.endpoint import LONGEST_KEPT
from ozg_lod.web.connections import Connections, peer
from ozg_lod.web.query_lane import QueryLane, message, plain

if TYPE_CHECKING:
    from uvicorn.server import ServerState

_STEPS: Final = 500
"""Pieces of a body handed on before others have their turn."""
_HELD_BYTES: Final = 131_072
"""What may have arrived beyond what is worked on before no more is read; no head is as long."""
_TAKEN_SOON_BYTES: Final = 65_536
"""What of an answer may be on its way without being accounted for."""
_FRAMING_BYTES: Final = 16_384
"""What a body may have of sizes of chunks, extensions and trailers beyond as many bytes as it has contents."""
_UNREAD_BYTES: Final = 64_000_000
"""What is read and thrown away of a body that was answered before it was there, so that the answer is not lost."""
_LINGER_S: Final = 2.0
"""How long a refused client may take to see why (RFC 9112 §9.6: a connection closed at once may lose the answer)."""
_LINGER_BYTES: Final = 1_000_000
_AT_ONCE: Final = struct.pack("ii", 1, 0)
_NEVER: Final = float("inf")


class _Flow(FlowControl):
    """Does not read on while enough is held, whoever asks."""

    held = False

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()

    def hold(self, *, held: bool) -> None:
        """Read no more, or read on."""
        if held != self.held:
            self.held = held
            (self.pause_reading if held else self.resume_reading)()


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection of those that a server has; each server makes a subclass that knows them.

    `_step` takes the next part of a request from what has arrived and tells whether there was one. `_left` is what is
    missing of a body or chunk in bytes, `_contents` and `_framing` are what came of both so far.
    """

    connections_of_server: Connections
    lane: QueryLane
    flow: _Flow

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.peer = ""
        self._table = self.connections_of_server
        self._settings = self._table.settings
        self._arrived = bytearray()
        self._looked_at = 0
        self._step: Callable[[], bool] = self._head
        self._begun = b""
        self._left = self._contents = self._framing = 0
        self._chunked = self._whole = self._refused = False
        self._answered = True
        self._kept_alive = False
        self._deadline = _NEVER
        self._outcome: SentResponse | Exception | None = None
        self._give_up: Callable[[], None] | None = None
        self._to_application = False
        self._ending = False
        self._unsent = 0
        self._stalled_since = self._sending_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.flow = _Flow(transport)
        self.peer = peer(self.client[0] if self.client else "", self._settings)
        self._deadline = self.loop.time() + self._settings.head_s
        if not self._table.admit(self):
            self._table.refused["too many connections"] += 1
            transport.write(_answer(RefusedRequest("too many connections", HTTPStatus.SERVICE_UNAVAILABLE)))
            self._table.discard(self)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._table.discard(self)
        if self._give_up is not None:
            self._give_up()

    def shutdown(self) -> None:
        """End once the response that is being made was sent."""
        if self._give_up is None:
            super().shutdown()
        self._ending = True

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; the parts of requests in it are worked on in turn."""
        if self._refused:
            self._left -= len(data)
            if self._left < 0:
                self.transport.abort()
            return
        self._arrived += data
        self._advance()

    def _advance(self) -> None:
        if self._refused or self.transport.is_closing():
            self._arrived.clear()
            return
        try:
            for _ in range(_STEPS):
                if not (self._arrived and self._step()):
                    break
            else:
                self.loop.call_soon(self._advance)
        except RefusedRequest as refusal:
            self._refuse(refusal)
            return
        self.flow.hold(held=len(self._arrived) > _HELD_BYTES)

    def _head(self) -> bool:
        """Take the head of a request, once the answer to the one before was made and taken."""
        if not self._answered or self.flow.write_paused:
            return False
        if not self._to_application and self._repeats():
            return True
        if self._arrived.startswith(b"\r\n"):
            self._take(2)  # some clients end a body so (RFC 9112 §2.2)
        end = self._arrived.find(END, max(0, self._looked_at - len(END)))
        if end < 0:
            check_part(self._arrived, self._looked_at, self._settings)
            if not self._looked_at and self._kept_alive:  # a first one has its time from the connection on
                self._deadline = self.loop.time() + self._settings.head_s
            self._looked_at = len(self._arrived)
            return False
        head = self._take(end + len(END))
        self._looked_at = 0
        self._deadline = _NEVER
        if not self._to_application and self._asks(head):
            return True
        self._to_application = False
        check_head(head, self._settings)
        self._begun = head
        self._parse(head)
        return True

    def _repeats(self) -> bool:
        """Answer a request that came before, byte for byte; tell whether it did."""
        if len(self._arrived) > LONGEST_KEPT:
            return False
        raw = bytes(self._arrived)
        response = self.lane.repeated(raw)
        if response is None:
            return False
        self._arrived.clear()
        self._looked_at = 0
        self._answered, self._whole = False, True
        self._respond(raw, response, time.perf_counter())
        return True

    def _asks(self, head: bytes) -> bool:
        """Send a query its quick way; tell whether it goes there."""
        query = self.lane.query(head, self._arrived)
        if query is None:
            return False
        told = functools.partial(self._told, query.raw, time.perf_counter())
        kept = self.lane.kept(query)
        if kept is None:
            try:
                self._give_up = self.lane.begin(query, self.client[0] if self.client else "", told)
            except OzgLodError as failure:
                self._outcome = failure
            if self._give_up is None:
                return False
        self._take(len(query.raw) - len(head))
        self._answered, self._whole = False, True
        self._table.wait(self, waiting=False)
        if kept is not None:
            told(kept)
        return True

    def _told(self, raw: bytes, start: float, outcome: SentResponse | Exception) -> None:
        """Send the response, or let the application tell what came of the query."""
        self._give_up = None
        if isinstance(outcome, SentResponse) and len(outcome.body) <= PIECE_BYTES:
            self._respond(raw, outcome, start)
            return
        self._outcome = None if isinstance(outcome, Interrupted) else outcome
        self._arrived[:0] = raw
        self._answered, self._to_application = True, True
        self._advance()

    def _respond(self, raw: bytes, response: SentResponse, start: float) -> None:
        """Send a whole response to a request that came whole."""
        name = self._table.request_id()
        more = [*self.server_state.default_headers, (b"x-request-id", name.encode())]
        if self._ending:
            more.append((b"connection", b"close"))
        self.transport.write(message(response, more))
        self.lane.note(raw, response, start=start, request_id=name)
        if self._ending:
            self.transport.close()
        self.on_response_complete()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._whole = False

    def on_headers_complete(self) -> None:
        """Find where the request ends, and begin with it."""
        length = body_length(self.headers, self.parser.get_http_version())
        self._chunked = length == CHUNKED
        self._left, self._contents, self._framing = max(length, 0), 0, 0
        if length:
            self._step = self._chunk_size if self._chunked else self._body
        super().on_headers_complete()
        if not length and len(self._begun) <= LONGEST_KEPT and plain(self._begun):
            self.scope["state"]["raw"] = self._begun
        self._answered = False
        name = self._table.request_id()
        self.scope["state"]["request_id"] = name
        if self._outcome is not None:
            self.scope["state"]["outcome"], self._outcome = self._outcome, None
        self.cycle.default_headers = [*self.cycle.default_headers, (b"x-request-id", name.encode())]

    def _body(self) -> bool:
        """Take what has arrived of a body, or of a chunk with the end of its line."""
        piece = self._take(min(self._left, _HELD_BYTES))
        self._left -= len(piece)
        self._contents += len(piece)
        if self._answered and self._contents > _UNREAD_BYTES:
            raise RefusedRequest("body not asked for")
        if not self._left:
            self._step = self._chunk_size if self._chunked else self._head
        self._parse(piece)
        return True

    def _chunk_size(self) -> bool:
        line = self._take_to(b"\n", CHUNK_LINE_BYTES)
        if line is None:
            return False
        size = chunk_size(line)
        self._framing += len(line) + len(b"\r\n")
        self._contents -= len(b"\r\n") if size else 0  # `_body` takes the end of the line with the chunk
        if self._framing > _FRAMING_BYTES + self._contents:
            raise RefusedRequest("chunks too small")
        self._left = size + len(b"\r\n") if size else 0
        self._step = self._body if size else self._trailers
        self._parse(b"%x\r\n" % size)
        return True

    def _trailers(self) -> bool:
        """Take the fields after the last chunk, or the empty line in their place; what they say is not asked for."""
        if len(self._arrived) == 1:
            return False
        end = b"\r\n" if self._arrived.startswith(b"\r\n") else END
        trailers = self._take_to(end, _FRAMING_BYTES)
        if trailers is None:
            return False
        check_trailers(trailers)
        self._step = self._head
        self._parse(b"\r\n")
        return True

    def _take(self, size: int) -> bytes:
        piece = bytes(self._arrived[:size])
        del self._arrived[:size]
        return piece

    def _take_to(self, end: bytes, most: int) -> bytes | None:
        """Take what ends so; None while its end has not arrived, which must not take longer than `most` bytes."""
        at = self._arrived.find(end, 0, most)
        if at < 0 and len(self._arrived) >= most:
            raise RefusedRequest("malformed chunk" if most == CHUNK_LINE_BYTES else "trailers too long")
        return None if at < 0 else self._take(at + len(end))

    def _parse(self, piece: bytes) -> None:
        """Let the parser read on; it must end where we do."""
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            pass  # none is offered; the request is answered as it stands
        except httptools.HttpParserError as error:
            cause = error.__context__
            raise cause if isinstance(cause, RefusedRequest) else RefusedRequest("malformed request") from None
        if self._whole != (self._step == self._head):
            raise RefusedRequest("malformed request")
        self._table.wait(self, waiting=not self._whole)
        if not self._answered:
            self._deadline = _NEVER if self._whole else self.loop.time() + self._settings.piece_s
        elif self._whole:
            self._rest()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._whole = True

    def on_response_complete(self) -> None:
        """Go on with the next request, once what is left of this one was read and thrown away."""
        self.server_state.total_requests += 1
        self._answered = True
        unsent = self.transport.get_write_buffer_size()
        if unsent > _TAKEN_SOON_BYTES:
            self._table.note_unsent(self, unsent)
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self._whole:
            self._rest()
        elif self.expect_100_continue and not self._contents:
            self.transport.close()  # whether the body comes nobody knows
        else:
            self._deadline = self.loop.time() + self._settings.piece_s
        if self._arrived:
            self.loop.call_soon(self._advance)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._arrived:
            self.loop.call_soon(self._advance)

    def _rest(self) -> None:
        """Wait for the next request."""
        self._table.wait(self, waiting=True)
        self._kept_alive = True
        self._deadline = self.loop.time() + self._settings.keep_alive_s

    def abort(self) -> None:
        """End the connection at once, so that the system keeps nothing of what was not taken either."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    def look(self, now: float) -> None:
        """End the connection when its deadline has passed, or when nothing of an answer is taken."""
        if self._not_taken(now):
            self._table.drop(self, "answers not taken")
        elif now < self._deadline:
            return
        elif self._refused or self.transport.is_closing():
            self.abort()
        elif self._step == self._head and not self._arrived:
            self.transport.close()
        elif self._step != self._head and self.flow.read_paused:
            self._deadline = now + self._settings.piece_s  # it is not the client that keeps us waiting
        else:
            self._refuse(RefusedRequest("request too slow", HTTPStatus.REQUEST_TIMEOUT))

    def _not_taken(self, now: float) -> bool:
        """Tell whether the client has taken nothing of an answer for too long, or not all of it in the time for any."""
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        if not unsent and not before:
            return False
        self._unsent = unsent
        self._table.note_unsent(self, unsent)
        if unsent != before:
            self._stalled_since = now
        if not before:
            self._sending_since = now
        late = (
            now - self._stalled_since > self._settings.send_s or now - self._sending_since > self._settings.delivery_s
        )
        return bool(unsent) and late

    def _refuse(self, refusal: RefusedRequest) -> None:
        """Say why, and close once that was read."""
        self._table.refused[refusal.cause] += 1
        self._refused = True
        self._arrived.clear()
        if not self._answered and self.cycle.response_started:
            self.transport.abort()  # half an answer never ends politely
            return
        if not self._answered:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._left = _LINGER_BYTES
        self._deadline = self.loop.time() + _LINGER_S
        self._table.wait(self, waiting=True)
        self.transport.write(_answer(refusal))
        self.transport.write_eof()
        self.flow.hold(held=False)
        self.flow.resume_reading()


def _answer(refusal: RefusedRequest) -> bytes:
    """Return the whole answer, plain: the client may be anything."""
    text, status = f"{refusal.cause}\n".encode(), refusal.status
    retry = "retry-after: 2\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {formats.TEXT.content_type}\r\n"
        f"content-length: {len(text)}\r\ncache-control: no-store\r\n{retry}connection: close\r\n\r\n"
    )
    return head.encode() + text
