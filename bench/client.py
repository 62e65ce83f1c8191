"""A client that costs little: one kept connection, a prepared request, the answer read to its end and thrown away."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable

_numbers = itertools.count()
_OK = 200


class Refused(Exception):
    """Anything but a whole answer with status 200."""


class Connection:
    """One connection that is kept."""

    def __init__(self, port: int, limit_s: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=limit_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self._socket.close()

    def exchange(self, request: bytes) -> tuple[int, int]:
        """Send and read one answer; return (status, bytes of the body as they came)."""
        self._socket.sendall(request)
        data = bytearray()
        while (split := data.find(b"\r\n\r\n")) < 0:
            data += self._piece()
        head = bytes(data[:split]).lower()
        status = int(head.split(b" ", 2)[1])
        if b"transfer-encoding: chunked" in head:
            tail = bytes(data[split + 4 :])[-7:]
            size = len(data) - split - 4
            while not (tail.endswith(b"0\r\n\r\n") and (size == 5 or tail.endswith(b"\r\n0\r\n\r\n"))):  # noqa: PLR2004
                piece = self._piece()
                size += len(piece)
                tail = (tail + piece)[-7:]
            return status, size
        start = head.find(b"content-length:")
        length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        size = len(data) - split - 4
        while size < length:
            size += len(self._piece())
        return status, length

    def _piece(self) -> bytes:
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise Refused("the connection was closed")
        return piece


def get(port: int, path: str, *, limit_s: float) -> int:
    connection = Connection(port, limit_s)
    try:
        return connection.exchange(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".encode())[0]
    except Refused:
        return 0
    finally:
        connection.close()


def post(target: str, query: str, accept: str, extra: str) -> bytes:
    """Return a request nobody has answered before: a prefix with a number makes it new to every cache."""
    body = f"query={quote_plus(f'PREFIX n{next(_numbers)}: <urn:n> {query}')}{extra}"
    head = (
        f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def times(port: int, request: Callable[[], bytes], *, seconds: float, least: int, limit_s: float = 60) -> list[float]:
    """Return the seconds of requests one after the other, for `seconds` and at least `least` of them."""
    connection, found = Connection(port, limit_s), []
    end = time.perf_counter() + seconds
    try:
        while len(found) < least or time.perf_counter() < end:
            asked = request()
            start = time.perf_counter()
            status, _ = connection.exchange(asked)
            found.append(time.perf_counter() - start)
            if status != _OK:
                raise Refused(f"status {status}")
            if sum(found) > limit_s:
                break
    finally:
        connection.close()
    return found


def together(port: int, request: Callable[[], bytes], *, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Return (answers a second, all times) of `clients` at once."""
    found: list[list[float]] = []
    failed: list[Exception] = []

    def one() -> None:
        try:
            found.append(times(port, request, seconds=seconds, least=1))
        except (OSError, Refused) as error:
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    every = [value for part in found for value in part]
    return len(every) / (time.perf_counter() - start), every
