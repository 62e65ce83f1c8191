"""A new version in the middle of a request: one answer comes from one snapshot, and nothing is closed below it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.conftest import patience, serving
from tests.hostile.test_hostile import SLOW, _server
from tests.small_source import published_twice

from ozg_lod.snapshots.snapshot import Snapshots

ALT = "http://www.w3.org/2004/02/skos/core#altLabel"
BASE = "https://w3id.org/ozg-lod/hessen/"
QUERY = f"SELECT ?l {{ <{BASE}id/bundle/soziales> <{ALT}> ?l }}"
FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na;b\r\n1;2\r\n--x--\r\n'
LIST = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nName\r\nSoziales\r\n--x--\r\n'
MULTIPART = "multipart/form-data; boundary=x"
SENT = {
    "/sparql": ("application/sparql-query", QUERY.encode()),
    "/pruefen": (MULTIPART, FORM),
    "/validate?name=a.csv": ("text/csv", b"a;b\r\n1;2\r\n"),
    "/abgleich": (MULTIPART, LIST),
    "/reconcile": ("application/x-www-form-urlencoded", b"queries=%7B%22q%22%3A%7B%22query%22%3A%22Soziales%22%7D%7D"),
}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two publications of the small source."""
    return published_twice(tmp_path_factory.mktemp("switch"))


@pytest.fixture
def server(two: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    shutil.copytree(two, tmp_path / "target")
    with serving(tmp_path / "target", "--query-deadline-s", "4") as url:
        yield url, tmp_path / "target"


def switched(url: str, target: Path) -> None:
    """Serve the first version."""
    first = Snapshots(target).publications()[0].snapshot
    (target / "current").write_text(f"{first}\n")
    os.kill(_server(url), signal.SIGHUP)
    end = time.monotonic() + 20 * patience()
    while httpx.get(url + "/health/ready").json()["snapshot"] != first:
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)  # by now the one before is closed where nobody holds it


@pytest.mark.parametrize("path", SENT)
def test_a_request_that_came_half_before_is_answered_by_the_version_it_began_with(
    server: tuple[str, Path], path: str
) -> None:
    url, target = server
    content_type, body = SENT[path]
    head = (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: {content_type}\r\n"
        f"Accept: text/csv, text/html;q=0.9, */*;q=0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 30 * patience()) as connection:
        connection.sendall(head.encode() + body[:5])
        time.sleep(0.3)
        switched(url, target)
        connection.sendall(body[5:])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 "), answer[-500:]
    if path == "/sparql":
        assert answer.endswith(b"l\r\nZweiter\r\n"), answer


def test_a_page_that_takes_long_does_not_call_what_is_served_an_older_version(server: tuple[str, Path]) -> None:
    url, target = server
    asked = {"query": SLOW}
    told: list[httpx.Response] = []

    def ask() -> None:
        told.append(httpx.get(url + "/sparql", params=asked, headers={"accept": "text/html"}, timeout=60))

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.5)
    switched(url, target)
    asking.join()
    after = httpx.get(url + "/sparql", params=asked, headers={"accept": "text/html"}, timeout=60)
    old, new = (entry.version for entry in Snapshots(target).publications())
    assert told[0].headers["x-ozg-version"] == new
    assert told[0].text == after.text.replace(old, new).replace(old[:12], new[:12])
