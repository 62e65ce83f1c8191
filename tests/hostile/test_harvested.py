"""A hostile catalogue against `harvest-check`: every fetch ends with its clock, every oddity is a finding."""

from __future__ import annotations

import doctest
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.harvest_check.test_harvest_check import FEED, FIRST, HEAD, look, rules, speaking
from tests.portal_site import Reply, Site, page, paged, running, sound, view

from ozg_lod.harvest_check import client as harvest_client
from ozg_lod.harvest_check import graph
from ozg_lod.harvest_check.client import Client, FetchedResponse, FetchLimits

BRIEF = FetchLimits(silence_s=5, total_s=0.5)
FAST = 0.0001
ENDS = 4


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running() as site:
        yield site


def fetched(url: str, limits: FetchLimits = BRIEF) -> FetchedResponse:
    return Client("http://127.0.0.1/", limits).get(url)


ENDLESS = {
    "a byte of the status": ([], b"a", 0.05),
    "a byte of a header": ([HEAD, b"X: "], b"a", 0.05),
    "a byte of the body": ([HEAD, b"Content-Length: 99999\r\n\r\n"], b"a", 0.05),
    "a byte of a body without length": ([HEAD, b"\r\n"], b"a", 0.05),
    "a byte of a chunk": ([HEAD, b"Transfer-Encoding: chunked\r\n\r\n"], b"1\r\na\r\n", 0.05),
    "a byte of a chunk's size": ([HEAD, b"Transfer-Encoding: chunked\r\n\r\n"], b"0", 0.05),
    "a byte of a trailer": ([HEAD, b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: "], b"a", 0.05),
    "trailers": ([HEAD, b"Transfer-Encoding: chunked\r\n\r\n0\r\n"], b"X: y\r\n", 0.05),
    "headers": ([HEAD], b"X: y\r\n", 0.05),
    "100 Continue": ([], b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "100 Continue at full speed": ([], b"HTTP/1.1 100 Continue\r\n\r\n" * 50, FAST),
    "early hints at full speed": ([], b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50, FAST),
    "chunks at full speed": ([HEAD, b"Transfer-Encoding: chunked\r\n\r\n"], b"1\r\na\r\n" * 9, FAST),
    "nothing at all": ([], b"", 9),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_what_never_ends_ends_with_the_clock(what: str) -> None:
    pieces, piece, pause_s = ENDLESS[what]
    with speaking(*pieces, then=itertools.repeat(piece), pause_s=pause_s) as (address, _):
        started = time.monotonic()
        answer = fetched(f"http://{address}/")
        took = time.monotonic() - started
    assert answer.trouble is not None
    assert answer.trouble.rule == "url-slow"
    assert took < ENDS


@pytest.mark.parametrize("pieces", [b"X: y\r\n" * 50, b"X" * 500], ids=["headers", "one header"])
def test_a_head_without_end_at_full_speed_is_unreadable(pieces: bytes) -> None:
    with speaking(HEAD, then=itertools.repeat(pieces), pause_s=FAST) as (address, _):
        answer = fetched(f"http://{address}/", FetchLimits(total_s=10))
    assert answer.trouble is not None
    assert answer.trouble.rule == "url-unreadable"


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the look-up of a name hang as one does whose servers are silent."""
    ended, real = threading.Event(), socket.getaddrinfo

    def lookup(host: str, *rest: object, **more: object) -> object:
        if host == "silent.example":
            ended.wait(20)
            raise socket.gaierror
        return real(host, *rest, **more)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield
    ended.set()


@pytest.mark.usefixtures("slow_names")
def test_the_clock_runs_while_a_name_is_looked_up(site: Site) -> None:
    site.routes = {"/": Reply(status=302, fields={"Location": "http://silent.example/"}, etag=None)}
    started = time.monotonic()
    Client("http://silent.example/", BRIEF)
    for url in ("http://silent.example/", site.url + "/"):
        answer = fetched(url)
        assert answer.trouble is not None
        assert answer.trouble.rule == "url-slow"
    assert time.monotonic() - started < 2 * ENDS


def test_one_clock_runs_over_all_redirects(site: Site) -> None:
    def slowly(number: int) -> Reply:
        time.sleep(0.2)
        return Reply(status=302, fields={"Location": f"/{number + 1}"}, etag=None)

    site.routes = {f"/{number}": lambda number=number: slowly(number) for number in range(9)}  # type: ignore[misc]
    answer = fetched(site.url + "/0")
    assert answer.trouble is not None
    assert answer.trouble.rule == "url-slow"
    assert answer.url != site.url + "/0"


LOCATIONS = {
    "http://[::1": "url-invalid",
    "http://[oops]/": "url-invalid",
    "http://": "redirect-loop",
    "http:///": "redirect-loop",
    "https://:80/": "url-invalid",
    "http://a:b/": "url-invalid",
    "http://127.0.0.1:99999/": "url-invalid",
    "http://user:secret@127.0.0.1/": "url-invalid",
    "//[": "url-unreachable",
    "ftp://127.0.0.1/": "url-invalid",
    "file:///etc/passwd": "url-invalid",
    "gopher://127.0.0.1:70/": "url-invalid",
    "data:text/turtle,": "url-invalid",
    "javascript:alert(1)": "url-invalid",
    "mailto:a@example.org": "url-invalid",
    "http://" + "a" * 70 + ".invalid/": "url-unreachable",
    "http://" + "a." * 200 + "/": "url-unreachable",
    "http://xn--/": "url-unreachable",
    "http://xn--a.xn--/": "url-unreachable",
    "http://\u2100.invalid/": "url-invalid",
    "http://a b/": "url-unreachable",
    "http://127.0.0.1:9/": "url-unreachable",
    "http://127.0.0.1:0/": "url-unreachable",
    "http://name.invalid/": "url-unreachable",
    "/": "redirect-loop",
    "?": "redirect-loop",
    "#": "redirect-loop",
}


@pytest.mark.parametrize("target", LOCATIONS)
def test_a_bad_redirect_is_a_finding(target: str) -> None:
    location = f"Location: {target}\r\n".encode()
    with speaking(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n", location, b"\r\n") as (address, _):
        answer = fetched(f"http://{address}/", FetchLimits(silence_s=2, total_s=10))
    assert answer.trouble is not None
    assert answer.trouble.rule == LOCATIONS[target]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_that_leads_nowhere_is_a_finding(site: Site, status: int) -> None:
    site.routes = sound(site.url).routes
    site.routes[FEED] = Reply(status=status, etag=None)
    assert rules(look(site)) == {"feed-status"}


PRIVATE = tuple(
    """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255
240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::7f00:1
64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:2::1 2001:10::1 2001:db8::1 2002:7f00:1:: 2002:808:808::1 3fff::1
5f00::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1 ff0e::1 4000::1
""".split()  # noqa: SIM905 - one address after the other is easier to read
)
PUBLIC = ["8.8.8.8", "193.99.144.80", "100.63.255.255", "100.128.0.1", "198.17.0.1", "223.255.255.254"]
PUBLIC += ["2001:4860:4860::8888", "2a02:2e0:3fe:1001:302::", "2003::1", "2600::1"]


@pytest.mark.parametrize("address", [*PRIVATE, *PUBLIC])
def test_a_public_catalogue_leads_to_public_addresses_only(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    asked: list[str] = []

    def lookup(host: str, *_rest: object, **_more: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", ("8.8.8.8" if host == "public.example" else address, 0))]

    def connect(*_rest: object, **_more: object) -> object:
        asked.append(address)
        raise harvest_client.httpcore.ConnectError

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(harvest_client.httpcore.SyncBackend, "connect_tcp", connect)  # nothing is to leave this machine
    answer = Client("http://public.example/").get("http://name.example/")
    assert answer.trouble is not None
    assert (answer.trouble.rule == "url-private") is (address in PRIVATE)
    assert asked == ([] if address in PRIVATE else [address])


def test_a_redirect_to_a_private_address_is_a_finding(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """The first address counts as public here, as a test reaches no other."""
    site.routes = {"/": Reply(status=302, fields={"Location": "http://[64:ff9b::7f00:1]/"}, etag=None)}
    real = harvest_client._is_public  # noqa: SLF001 - as above
    monkeypatch.setattr(harvest_client, "_is_public", lambda address: address == "127.0.0.1" or real(address))
    answer = Client(site.url).get(site.url + "/")
    assert answer.trouble is not None
    assert answer.trouble.rule == "url-private"


ODD_ANSWERS = [
    HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    HEAD + b"Content-Length: -1\r\n\r\n",
    HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
    HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    b"HTTP/1.1 999 ?\r\n\r\n",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    HEAD + b"\x00: \x00\r\n\r\n",
    HEAD + b"ETag: \xe4\xff\r\n\r\n<urn:a> <urn:b> 1 .",
    b"\r\n" * 1000,
    b"",
]


@pytest.mark.parametrize("said", ODD_ANSWERS)
def test_no_answer_ends_in_a_traceback(said: bytes) -> None:
    for method in ("get", "head"):
        with speaking(said) as (address, _):
            client = Client("http://127.0.0.1/", FetchLimits(silence_s=0.3, total_s=1))
            answer = getattr(client, method)(f"http://{address}/")
        assert answer.trouble is not None or answer.status
        assert answer.length is None or answer.length >= 0


ODD_ADDRESSES = [
    "http://[oops/",
    "http://[1.2.3.4]/",
    "//[",
    "/\t/\u2100",
    "http://a\u2100b/",
    "http://a:b/",
    "[",
    "http://%zz/",
    "::",
]


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_addresses_nobody_can_read_are_findings(site: Site, address: str) -> None:
    site.routes = paged(site.url).routes
    more = view(site.url, 1, f'"{address}"')
    odd = f'<{site.url}/id/dataset/aemter#csv> dcat:accessURL "{address}" ; dcat:downloadURL <{address}> .\n'
    site.routes[FIRST] = Reply(page(site.url, ["aemter"], more + odd))
    found = rules(look(site, FIRST))
    assert "page-missing" in found
    assert found & {"url-literal", "url-invalid", "iri-invalid"}


def test_an_etag_of_any_bytes_is_asked_for_again(site: Site) -> None:
    site.routes = sound(site.url).routes
    feed = site.routes[FEED]
    assert isinstance(feed, Reply)
    site.routes[FEED] = replace(feed, etag='"ä"')
    assert rules(look(site)) <= {"etag-ignored"}  # the bytes may come back in another encoding


def test_the_examples_in_the_modules_are_right() -> None:
    assert doctest.testmod(harvest_client).failed == doctest.testmod(graph).failed == 0
