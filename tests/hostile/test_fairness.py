"""Fairness under attack: who a client is, whatever its headers say, and that nobody holds the places of others."""

from __future__ import annotations

import contextlib
import doctest
import socket
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest

from ozg_lod.contributions.check_pool import RECEIVING
from ozg_lod.http import clients
from ozg_lod.http.clients import Network, client

PROXIES = (ip_network("10.0.0.0/8"), ip_network("127.0.0.1"), ip_network("2001:db8:ffff::/48"))
A, B, V6 = "198.51.100.1", "203.0.113.9", "2001:db8:1:2::/64"


@pytest.mark.parametrize(
    ("peer", "lines", "trusted", "expected"),
    [
        (B, [], (), B),
        (B, [A], (), B),
        (B, [A], PROXIES, B),
        ("10.1.2.3", [A], PROXIES, A),
        ("127.0.0.1", [f"6.6.6.6, {A}, 10.0.0.2"], PROXIES, A),
        ("127.0.0.1", ["6.6.6.6", f"{A}", "10.0.0.2"], PROXIES, A),
        ("127.0.0.1", [A, "6.6.6.6"], PROXIES, "6.6.6.6"),
        ("10.1.2.3", [f"{A}:4711"], PROXIES, A),
        ("10.1.2.3", [f'"{A}:4711"'], PROXIES, A),
        ("10.1.2.3", [f"{A} , "], PROXIES, A),
        ("10.1.2.3", ["[2001:db8:1:2::7]:4711"], PROXIES, V6),
        ("10.1.2.3", ["[2001:db8:1:2::7]"], PROXIES, V6),
        ("10.1.2.3", ["2001:db8:1:2:aaaa::7"], PROXIES, V6),
        ("10.1.2.3", ["2001:db8:1:2::7%eth0"], PROXIES, V6),
        ("2001:db8:ffff::1", [f"::ffff:{A}"], PROXIES, A),
        ("10.1.2.3", [f"[::ffff:{A}]:80, [2001:db8:ffff::2]:443"], PROXIES, A),
        ("10.1.2.3", ["10.9.9.9, 10.8.8.8"], PROXIES, "10.9.9.9"),
        ("10.1.2.3", ["rubbish"], PROXIES, "10.1.2.3"),
        ("10.1.2.3", [f"{A}, rubbish, 10.0.0.7"], PROXIES, "10.0.0.7"),
        ("10.1.2.3", [f"{A}, unknown"], PROXIES, "10.1.2.3"),
        ("127.0.0.1", ["rubbish"], PROXIES, "127.0.0.1"),
        ("127.0.0.1", ["127.0.0.1"], PROXIES, "127.0.0.1"),
        ("127.0.0.1", [], PROXIES, None),
        ("127.0.0.1", [A], (), None),
        ("::1", [], (), None),
        (None, [A], PROXIES, None),
        ("testclient", [A], PROXIES, None),
        ("2001:db8:1:2:3::4", [], (), V6),
        (f"::ffff:{B}", [], (), B),
    ],
)
def test_a_client_is_its_address_or_what_a_trusted_proxy_says(
    peer: str | None, lines: list[str], trusted: tuple[Network, ...], expected: str | None
) -> None:
    assert client(peer, lines, [], trusted) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([f"for={A}"], A),
        ([f"For={A};proto=https;by=10.0.0.1"], A),
        ([f"proto=https; FOR={A}"], A),
        ([f'for="{A}:4711"'], A),
        (['for="[2001:db8:1:2::7]:4711";host="a,b;c"'], V6),
        (['for="[2001:db8:1:2::7]"'], V6),
        ([f"for=6.6.6.6, for={A}, for=10.0.0.2"], A),
        (["for=6.6.6.6", f"for={A}", "for=10.0.0.2"], A),
        ([r'for="198.51.\100.1"'], A),
        ([f"for={A}, for=unknown"], "10.1.2.3"),
        ([f"for={A}, for=_hidden"], "10.1.2.3"),
        ([f"for={A}, proto=https"], "10.1.2.3"),
        ([f'for="6.6.6.6, for={A}'], "10.1.2.3"),
        (['for=6.6.6.6;x="', f"for={A}"], "10.1.2.3"),
        (['for="', f'for="{A}"'], "10.1.2.3"),
        (["for"], "10.1.2.3"),
        (["=;=,,"], "10.1.2.3"),
        (["\xff\x00\x80"], "10.1.2.3"),
    ],
)
def test_the_standard_field_says_the_same(lines: list[str], expected: str) -> None:
    assert client("10.1.2.3", [], lines, PROXIES) == expected


def test_where_the_two_fields_differ_nobody_is_believed() -> None:
    assert client("10.1.2.3", [A], [f"for={A}"], PROXIES) == A
    assert client("10.1.2.3", [A], ["for=6.6.6.6"], PROXIES) == "10.1.2.3"
    assert client("10.1.2.3", ["6.6.6.6"], [f"for={A}"], PROXIES) == "10.1.2.3"
    assert client("10.1.2.3", [A], ["rubbish"], PROXIES) == "10.1.2.3"


@pytest.mark.parametrize("text", [" " * 60_000, "a" * 60_000, '"' * 60_001, "\\" * 60_000, "=" * 60_000, ":" * 60_000])
def test_long_fields_are_read_in_linear_time(text: str) -> None:
    start = time.thread_time()
    for field in (text, f'for="{text}', f"for={text}", f"[{text}"):
        assert client("10.1.2.3", [field], [field], PROXIES) == "10.1.2.3"
    assert time.thread_time() - start < 0.5


def test_the_examples_in_the_module_are_right() -> None:
    assert doctest.testmod(clients).failed == 0


@pytest.fixture(scope="module")
def address(
    serve: Callable[..., Any], target: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    inbox = tmp_path_factory.mktemp("inbox")
    with serve(target, "--trusted-proxies", "127.0.0.1", "--inbox", str(inbox), "--client-seconds", "8") as url:
        yield "127.0.0.1", int(url.rpartition(":")[2])


def post(path: str, who: str, *, length: int) -> bytes:
    kind = "text/csv" if path == "/validate" else "multipart/form-data; boundary=x"
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nX-Forwarded-For: {who}\r\n"
    return f"{head}Content-Length: {length}\r\nAccept: application/json\r\n\r\n".encode()


def others_get_in(address: tuple[str, int], who: str) -> None:
    url = f"http://{address[0]}:{address[1]}"
    fields = {"X-Forwarded-For": who, "Accept": "application/json"}
    file = {"file": ("a.csv", b"a;b\n1;2\n", "text/csv")}
    answer = httpx.post(f"{url}/validate?name=a.csv", content=b"a;b\n1;2\n", headers=fields, timeout=60)
    assert answer.status_code == 200, answer.text
    assert httpx.post(f"{url}/pruefen", files=file, headers=fields, timeout=60).status_code == 200
    assert (
        httpx.post(f"{url}/contributions", files=file, headers=fields, timeout=60).status_code == 400
    )  # who sends it?


SLOW = {
    "one client": lambda _n: "198.51.100.7",
    "one client by many ports": lambda n: f"198.51.100.8:{n + 1}",
    "one subscriber": lambda n: f"[2001:db8:5:5::{n:x}]:{n + 1}",
    "one client behind what it says itself": lambda n: f"6.6.6.{n}, 198.51.100.9",
}


@pytest.mark.parametrize("path", ["/validate", "/pruefen", "/contributions"])
@pytest.mark.parametrize("who", SLOW)
def test_slow_uploads_of_one_client_shut_nobody_else_out(address: tuple[str, int], path: str, who: str) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(address, 10)) for _ in range(RECEIVING)]
        for number, connection in enumerate(slow):
            connection.sendall(post(path, SLOW[who](number), length=1000) + b"--x\r\n")
        time.sleep(0.3)
        others_get_in(address, "203.0.113.20")


def test_uploads_that_send_nothing_hold_no_place_whoever_sends_them(address: tuple[str, int]) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(2 * RECEIVING):
            connection = stack.enter_context(socket.create_connection(address, 10))
            connection.sendall(post("/validate", f"198.51.101.{number}", length=1000))
        time.sleep(0.3)
        others_get_in(address, "203.0.113.21")


def test_who_keeps_places_for_long_uses_up_its_time(address: tuple[str, int]) -> None:
    who = "198.51.100.44"
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(socket.create_connection(address, 10))
            connection.sendall(post("/validate", who, length=100_000) + b"a" * 50_000)
        time.sleep(3)
        url = f"http://{address[0]}:{address[1]}/validate?name=a.csv"
        refused = httpx.post(url, content=b"a;b\n", headers={"X-Forwarded-For": who}, timeout=20)
        assert refused.status_code == 503  # its share is in hand
    time.sleep(0.3)
    refused = httpx.post(url, content=b"a;b\n", headers={"X-Forwarded-For": who}, timeout=20)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    others_get_in(address, "203.0.113.22")


RUBBISH = [
    b"X-Forwarded-For: ",
    b"X-Forwarded-For: ,,,",
    b"X-Forwarded-For: \xff\xfe\x80",
    b"X-Forwarded-For: [",
    b"X-Forwarded-For: []:",
    b"X-Forwarded-For: [::1",
    b"X-Forwarded-For: 999.1.1.1:99999999",
    b"X-Forwarded-For: ::1%" + b"a" * 5000,
    b"X-Forwarded-For: " + b"1.2.3.4," * 1000,
    b"X-Forwarded-For: \xd9\xa1.2.3.4",
    b"X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: \r\nX-Forwarded-For: ?",
    b"Forwarded: ",
    b'Forwarded: for="',
    b'Forwarded: for="\\',
    b"Forwarded: for=;;;,for",
    b"Forwarded: \xff=\xff",
    b'Forwarded: for="[:::::]:x"',
    b"Forwarded: for=1.2.3.4\r\nForwarded: for=\r\nForwarded: ,",
]


@pytest.mark.parametrize("lines", RUBBISH)
def test_rubbish_in_the_fields_of_proxies_is_no_fault_of_ours(address: tuple[str, int], lines: bytes) -> None:
    with socket.create_connection(address, 20) as connection:
        request = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + lines + b"\r\n\r\n"
        connection.sendall(request)
        assert connection.makefile("rb").readline().split()[1] in (b"200", b"400")
