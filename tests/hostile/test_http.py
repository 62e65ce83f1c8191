"""HTTP itself as the weapon, over raw sockets: each request is answered or refused, and the next one is served."""

from __future__ import annotations

import contextlib
import re
import socket
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.conftest import free_port, patience

CASES: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("http.toml").read_text("utf-8"))
HOST = "Host: localhost"
PROBE = f"GET /health HTTP/1.1\r\n{HOST}\r\nConnection: close\r\n\r\n".encode()
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


class Connection:
    """A raw connection to a server."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=15 * patience())
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent = 0

    def send(self, piece: bytes) -> None:
        self.sent += len(piece)
        with contextlib.suppress(ConnectionError):  # who is refused half-way need not be let finish
            self.socket.sendall(piece)

    def read(self, answers: int | None = None) -> list[int]:
        """Return the statuses of what comes, until there are so many, or until the server closes."""
        with contextlib.suppress(ConnectionResetError):
            while answers is None or len(STATUS.findall(self.received)) < answers:
                piece = self.socket.recv(1 << 16)
                if not piece:
                    break
                self.received += piece
        return [int(status) for status in STATUS.findall(self.received)]

    @property
    def closed(self) -> bool:
        """Tell whether the server has closed; waits until it has."""
        with contextlib.suppress(ConnectionResetError):
            return self.socket.recv(1) == b""
        return True


@pytest.fixture
def connect() -> Iterator[Callable[[str], Connection]]:
    with contextlib.ExitStack() as stack:

        def connected(url: str) -> Connection:
            connection = Connection(url)
            stack.callback(connection.socket.close)
            return connection

        yield connected


@pytest.fixture(scope="module")
def started(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    folder = tmp_path_factory.mktemp("http")
    (folder / "data.ttl").write_text("<a:a> <a:b> <a:c> .")
    return lambda *options: serve(folder, "--rdf", str(folder / "data.ttl"), *options)


@pytest.fixture(scope="module")
def server(started: Callable[..., Any]) -> Iterator[str]:
    with started() as url:
        yield url


@pytest.mark.parametrize("name", CASES)
def test_a_request_gets_its_answer_and_hurts_nobody(
    server: str, connect: Callable[[str], Connection], name: str
) -> None:
    case = CASES[name]
    connection = connect(server)
    for template in case["sends"]:
        piece = template
        for mark, (text, times) in case.get("repeat", {}).items():
            piece = piece.replace(mark, text * times)
        connection.send(piece.replace("{host}", HOST).encode("latin-1"))
    expected = case["status"] * case.get("each", 1)
    if not case.get("closed"):
        connection.send(PROBE)
        expected = [*expected, 200]
    assert connection.read() == expected
    assert case.get("cause", "").encode() in connection.received
    assert httpx.get(server + "/health").status_code == 200


SLOW = ("--head-s", "0.5", "--piece-s", "0.5", "--keep-alive-s", "0.5", "--send-s", "0.5")
ASK = f"POST /sparql HTTP/1.1\r\n{HOST}\r\nContent-Type: application/sparql-query\r\n"


@pytest.fixture(scope="module")
def impatient(started: Callable[..., Any]) -> Iterator[str]:
    """A server that waits for nobody."""
    with started(*SLOW) as url:
        yield url


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", []),
        (b"G", [408]),
        (f"GET /health HTTP/1.1\r\n{HOST}\r\nA: b".encode(), [408]),
        (f"GET /health HTTP/1.1\r\n{HOST}\r\n\r\n".encode(), [200]),
        (f"GET /health HTTP/1.1\r\n{HOST}\r\n\r\nGET /".encode(), [200, 408]),
        (f"GET /health HTTP/1.1\r\n{HOST}\r\nContent-Length: 5\r\n\r\nab".encode(), [200, 408]),
        (f"{ASK}Content-Length: 5\r\n\r\nA".encode(), [408]),
        (f"{ASK}Transfer-Encoding: chunked\r\n\r\n".encode(), [408]),
        (f"{ASK}Transfer-Encoding: chunked\r\n\r\n6".encode(), [408]),
        (f"{ASK}Transfer-Encoding: chunked\r\n\r\n6\r\nASK {{}}\r\n0\r\nA: b\r\n".encode(), [408]),
    ],
)
def test_who_stops_half_way_is_told_and_let_go(
    impatient: str, connect: Callable[[str], Connection], sent: bytes, status: list[int]
) -> None:
    connection = connect(impatient)
    connection.send(sent)
    assert connection.read() == status


@pytest.mark.parametrize(
    ("start", "piece"), [("", "G"), ("GET /health HTTP/1.1\r\n", "A"), ("GET / HTTP/1.1\r\n", "A:b\r\n")]
)
def test_bytes_that_come_slowly_do_not_make_a_head_last(
    impatient: str, connect: Callable[[str], Connection], start: str, piece: str
) -> None:
    connection = connect(impatient)
    connection.send(start.encode())
    connection.socket.settimeout(0.1)
    answers: list[int] = []
    while not answers and connection.sent < 90 * len(piece):  # a hundredth header is another matter
        connection.send(piece.encode())
        with contextlib.suppress(TimeoutError):
            answers = connection.read(1)
    assert answers == [408]


def test_silent_connections_shut_nobody_out(started: Callable[..., Any], connect: Callable[[str], Connection]) -> None:
    with started("--connections", "20", "--connections-per-client", "1000") as url:
        silent = [connect(url) for _ in range(60)]
        for connection in silent[::2]:
            connection.send(b"GET /")
        assert httpx.get(url + "/health").status_code == 200
        assert sum(connection.closed for connection in silent[:40]) == 40


@pytest.mark.parametrize(
    "sent",
    [
        f"GET /health HTTP/1.1\r\n{HOST}\r\nA: b",
        f"GET /health HTTP/1.1\r\n{HOST}\r\nContent-Length: 5\r\n\r\nab",
        f"{ASK}Content-Length: 5\r\n\r\nASK",
        f"{ASK}Transfer-Encoding: chunked\r\n\r\n5\r\nASK",
    ],
)
def test_who_stops_half_way_gives_way(
    started: Callable[..., Any], connect: Callable[[str], Connection], sent: str
) -> None:
    with started("--connections-per-client", "4") as url:
        stopped = [connect(url) for _ in range(8)]
        for connection in stopped:
            connection.send(sent.encode())
        assert httpx.get(url + "/health").status_code == 200
        for connection in stopped:
            connection.socket.close()


def test_one_client_has_its_share_of_the_connections(
    started: Callable[..., Any], connect: Callable[[str], Connection]
) -> None:
    query = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"VALUES ?v{n} {{ 1 2 3 4 5 6 7 8 9 }}" for n in range(12)) + " }"
    with started("--connections-per-client", "4", "--query-deadline-s", "2") as url:
        busy = [connect(url) for _ in range(4)]
        for connection in busy:
            connection.send(f"{ASK}Content-Length: {len(query)}\r\n\r\n{query}".encode())
        refused = connect(url)
        assert refused.read() == [503]
        assert b"too many connections" in refused.received
        for connection in busy:
            assert connection.read(1) == [503]
            assert b"problem+json" in connection.received
        assert httpx.get(url + "/health").status_code == 200


def test_behind_a_trusted_proxy_are_many_clients(
    started: Callable[..., Any], connect: Callable[[str], Connection]
) -> None:
    with started("--connections-per-client", "4", "--trusted-proxies", "127.0.0.0/8") as url:
        busy = [connect(url) for _ in range(12)]
        for connection in busy:
            connection.send(f"{ASK}Content-Length: 5\r\n\r\n".encode())
        assert httpx.get(url + "/health").status_code == 200
        for connection in busy:
            connection.socket.close()  # else the server waits for them to end


@pytest.mark.parametrize(
    ("start", "piece", "most"),
    [
        (b"", f"GET /sparql HTTP/1.1\r\n{HOST}\r\n\r\n".encode() * 100, 20_000_000),
        (f"GET /sparql HTTP/1.1\r\n{HOST}\r\n".encode(), b"A: b\r\n" * 1000, 20_000_000),
        (f"{ASK}Content-Length: 99999999\r\n\r\n".encode(), b" " * 10_000, 80_000_000),  # most of it is thrown away
        (f"{ASK}Transfer-Encoding: chunked\r\n\r\n".encode(), b"1\r\n \r\n" * 1000, 20_000_000),
    ],
)
def test_a_server_takes_no_more_than_it_can_hold(
    server: str, connect: Callable[[str], Connection], start: bytes, piece: bytes, most: int
) -> None:
    """What a client can push before it reads anything: the kernel's buffers on both sides, and a bounded rest."""
    connection = connect(server)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.send(start)
    connection.socket.settimeout(1)
    accepted = 0
    with contextlib.suppress(OSError):
        while accepted < 100_000_000:
            accepted += connection.socket.send(piece)
    assert accepted < most
    assert httpx.get(server + "/health").status_code == 200


def test_who_does_not_take_the_answers_is_let_go(
    started: Callable[..., Any], connect: Callable[[str], Connection]
) -> None:
    metrics = f"127.0.0.1:{free_port()}"
    with started(*SLOW, "--metrics", metrics) as url:
        connection = connect(url)
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.socket.settimeout(0.5)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while True:
                connection.socket.send(f"GET /openapi.json HTTP/1.1\r\n{HOST}\r\n\r\n".encode() * 100)
        end = time.monotonic() + 20 * patience()
        while "\nozg_lod_connections 0.0" not in httpx.get(f"http://{metrics}/metrics").text:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert "\nozg_lod_unsent_bytes 0.0" in httpx.get(f"http://{metrics}/metrics").text
