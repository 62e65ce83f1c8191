"""Two ways of a query, one answer: past the framework (`web.query_lane`) and through it.

The same request goes both ways: a field that asks for more than a response (`Prefer`) sends it through the framework.
Status, fields and bytes must be the same, whatever is asked and however.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote_plus, urlsplit

import httpx
import pytest

COUNT = int(os.environ.get("OZG_LANE", "600"))
OWN = {"date", "x-request-id"}
QUERIES = [
    "ASK { ?s ?p ?o }",
    "ASK { <urn:none> ?p ?o }",
    "SELECT * { ?s ?p ?o } LIMIT 3",
    "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s ORDER BY ?s LIMIT 40",
    "SELECT ?p ?s { ?s ?p ?o } LIMIT 3000",
    "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 5",
    "DESCRIBE <https://w3id.org/ozg-lod/hessen/id/state/06>",
    "SELECT (NOW() AS ?now) {}",
    "SELECT (STR('ä€😀') AS ?x) {}",
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p }",
    "SELECT * FROM <urn:nowhere> { ?s ?p ?o }",
    "INSERT DATA { <a:a> <a:b> 1 }",
    "",
    "SELECT ?x { VALUES ?x { " + "1 " * 4000 + "} }",
]
ACCEPTS = [
    None,
    "*/*",
    "application/sparql-results+json",
    "application/sparql-results+xml, */*;q=0.1",
    "text/csv",
    "text/turtle",
    "application/json",
    "image/png",
    "text/html",
    "application/xml",
    "text/xml, */*;q=0.1",
    "text/rdf+n3",
    "application/ld+json,application/x-json+ld",
]
CODINGS = [None, "gzip", "identity", "gzip;q=0, *", "br"]
TYPES = [
    "application/x-www-form-urlencoded",
    "application/sparql-query",
    "text/plain",
    "application/sparql-query; charset=latin-1",
    None,
]


Answer = tuple[int, dict[str, str], bytes]
Ask = Callable[[bytes], Answer]


@pytest.fixture(scope="module")
def served(target: Path, serve: Callable[..., Any]) -> Iterator[str]:
    with serve(target, "--cache-mb", "0") as url:
        yield url


@contextlib.contextmanager
def connected(url: str) -> Iterator[tuple[socket.socket, BinaryIO]]:
    place = urlsplit(url)
    with (
        socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as kept,
        kept.makefile("rb") as file,
    ):
        yield kept, file


def answer(file: BinaryIO, *, empty: bool = False) -> Answer:
    """Read the next answer of a connection; its name is taken out of what it says."""
    status = int(file.readline().split(b" ")[1])
    fields: dict[str, str] = {}
    while (line := file.readline()) != b"\r\n":
        name, _, text = line.decode("latin-1").partition(": ")
        assert name not in fields, name
        fields[name] = text.strip()
    body = b"" if empty or status == 304 else file.read(int(fields["content-length"]))
    return status, fields, body.replace(fields["x-request-id"].encode(), b"-")


@pytest.fixture(scope="module")
def connection(served: str) -> Iterator[Ask]:
    with connected(served) as (kept, file):

        def ask(request: bytes) -> Answer:
            kept.sendall(request)
            return answer(file, empty=request.startswith(b"HEAD "))

        yield ask


class Asker:
    """Writes requests of all kinds."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311

    def request(self, etags: list[str]) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return the first line, the fields, and the body of a request."""
        query = self.random.choice(QUERIES)
        fields: list[tuple[str, Any]] = [
            ("Accept", self.random.choice(ACCEPTS)),
            ("Accept-Encoding", self.random.choice(CODINGS)),
        ]
        if etags and self.random.random() < 0.3:
            name = self.random.choice(["If-None-Match", "If-Match"])
            fields.append((name, self.random.choice([*etags[-5:], "*", '"x"'])))
        more = (("Accept", self.random.choice(ACCEPTS)), ("X-Forwarded-For", "203.0.113.9"))
        fields += [field for field in more if self.random.random() < 0.1]
        self.random.shuffle(fields)
        parameters = [("query", query)] if self.random.random() < 0.95 else []
        for name, values in (
            ("format", ["json", "csv", "ttl", "nonsense"]),
            ("format", ["json", "rdf+xml", "application/rdf+xml", "application/ld+json,application/x-json+ld", ""]),
            ("output", ["json", "nonsense"]),
            ("results", ["xml"]),
            ("default-graph-uri", ["urn:x"]),
            ("query", ["ASK {}"]),
        ):
            if self.random.random() < 0.08:
                parameters.append((name, self.random.choice(values)))
        encoded = "&".join(f"{name}={quote_plus(text)}" for name, text in parameters)
        method = self.random.choice(["GET", "GET", "HEAD", "POST", "POST"])
        kept = [(name, text) for name, text in fields if text is not None]
        if method != "POST":
            return f"{method} /sparql?{encoded}", kept, b""
        kind = self.random.choice([TYPES[0], TYPES[0], TYPES[1], TYPES[1], *TYPES[2:]])
        body = query.encode() if kind and kind.startswith(TYPES[1] or "") else encoded.encode()
        if self.random.random() < 0.03:
            body = b"query=%ff" if kind == TYPES[0] else b"\xff"
        return (
            "POST /sparql",
            [*kept, *([("Content-Type", kind)] if kind else []), ("Content-Length", str(len(body)))],
            body,
        )


def test_both_ways_give_the_same_answer(connection: Ask) -> None:
    statuses: dict[int, int] = {}
    etags: list[str] = []
    for seed in range(COUNT):
        line, fields, body = Asker(seed).request(etags)
        answers = []
        for more in ([], [("Prefer", "nothing")]):
            lines = "".join(f"{name}: {text}\r\n" for name, text in [("Host", "x"), *fields, *more])
            answers.append(connection(f"{line} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body))
        quick, slow = answers
        moves = "NOW" in line or b"NOW" in body
        own = dict.fromkeys([*OWN, "content-length"] if moves else OWN)
        assert quick[0] == slow[0], (seed, line, fields, quick, slow)
        assert {**quick[1], **own} == {**slow[1], **own}, (seed, line, fields)
        assert moves or quick[2] == slow[2], (seed, line, fields)
        statuses[quick[0]] = statuses.get(quick[0], 0) + 1
        if "etag" in quick[1]:
            etags.append(quick[1]["etag"])
    assert statuses.keys() >= {200, 304, 400, 403, 406, 412, 415}, statuses


def test_a_repeated_request_gets_an_answer_of_its_own(client: httpx.Client) -> None:
    first, second, third = (client.get("/sparql?query=ASK%7B%7D") for _ in range(3))
    assert first.content == second.content == third.content
    assert len({answered.headers["x-request-id"] for answered in (first, second, third)}) == 3


def test_requests_in_one_piece_are_answered_in_their_order(served: str) -> None:
    queries = [f"ASK {{ FILTER({number} = {number % 3}) }}" for number in range(30)]
    pieces = [
        f"GET /sparql?query={quote_plus(query)} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n" for query in queries
    ]
    with connected(served) as (kept, file):
        kept.sendall("".join(pieces).encode())
        assert [answer(file)[2] for _ in queries] == [b"true" if number < 3 else b"false" for number in range(30)]


def test_who_hangs_up_leaves_no_worker_behind(served: str) -> None:
    slow = quote_plus("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    for _ in range(12):
        with connected(served) as (kept, _):
            kept.sendall(f"GET /sparql?query={slow} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    with connected(served) as (kept, file):
        kept.sendall(b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n")
        answered = answer(file)
        assert answered[2] == b"true", answered
