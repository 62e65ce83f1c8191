"""What a store behind our endpoint can do wrong, and what becomes of it: never a 200 that is not whole."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from ozg_lod.core.errors import (
    AnswerTooLarge,
    OzgLodError,
    SnapshotError,
    Unavailable,
)
from ozg_lod.core.settings import Settings
from ozg_lod.sandbox import wire
from ozg_lod.sparql import publish, transcription
from ozg_lod.sparql.engines import Engine, stays_here
from ozg_lod.sparql.store import SparqlQuery

TABLE = "application/sparql-results+json"
YES = b'{"head":{},"boolean":true}'
ROWS = json.dumps(
    {"head": {"vars": ["s"]}, "results": {"bindings": [{"s": {"type": "uri", "value": f"urn:{n}"}} for n in range(3)]}}
).encode()
FEW = [("Content-Type", TABLE), ("Content-Length", str(len(ROWS)))]


@dataclass
class Reply:
    """What the store says to a query that is not about the receipt."""

    status: int = 200
    body: bytes = ROWS
    headers: list[tuple[str, str]] = field(default_factory=lambda: list(FEW))
    wait_s: float = 0
    receipt: bytes = YES
    asked: list[dict[str, list[str]]] = field(default_factory=list)


class _Server(http.server.ThreadingHTTPServer):
    reply: Reply

    def handle_error(self, *_unused: Any) -> None:
        """Say nothing: clients that hang up are part of the test."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def version_string(self) -> str:
        return "Oxigraph/0"

    def log_message(self, *_unused: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        if self.path.startswith("/store?"):
            self._take()
            return
        fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        reply = self.server.reply
        if fields["default-graph-uri"][0].endswith("/complete"):
            self._send(200, [("Content-Type", TABLE), ("Content-Length", str(len(reply.receipt)))], reply.receipt)
            return
        reply.asked.append(fields)
        time.sleep(reply.wait_s)
        self._send(reply.status, reply.headers, reply.body)

    def do_PUT(self) -> None:
        self._take()

    def do_DELETE(self) -> None:
        self._take()

    def _take(self) -> None:
        """Take whatever graph comes, where there is a graph store."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._send(204 if self.path.startswith("/store?") else 501, [("Content-Length", "0")], b"")

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        names = {name.lower() for name, _ in headers}
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), len(body))
        if "content-length" not in names or length != len(body):
            self.close_connection = True


@pytest.fixture(scope="module")
def store() -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.reply = Reply()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def url(store: _Server, target: Path, serve: Callable[..., Any]) -> Iterator[str]:
    with serve(
        target,
        "--store",
        f"http://127.0.0.1:{store.server_port}/query",
        "--store-engine",
        "oxigraph",
        "--client-seconds",
        "0",
    ) as url:
        yield f"{url}/sparql"


numbers = iter(range(10_000))


def ask(url: str, query: str = "SELECT ?s { ?s ?p ?o }", **fields: str) -> httpx.Response:
    return httpx.get(url, params={"query": f"{query} #{next(numbers)}", **fields}, timeout=30)


def test_a_whole_answer_is_given_in_the_format_asked_for(store: _Server, url: str) -> None:
    store.reply = Reply()
    answer = ask(url, format="csv")
    assert (answer.status_code, answer.text.split()) == (200, ["s", "urn:0", "urn:1", "urn:2"])
    (asked,) = store.reply.asked
    version = httpx.get(url.replace("/sparql", "/health/ready")).json()["version"]
    assert asked["default-graph-uri"] == [f"https://w3id.org/ozg-lod/hessen/snapshot/{version}"]


def test_a_whole_graph_is_too(store: _Server, url: str) -> None:
    body = b"<urn:s> <urn:p> <urn:o> .\n"
    store.reply = Reply(
        body=body, headers=[("Content-Type", "application/n-triples"), ("Content-Length", str(len(body)))]
    )
    answer = ask(url, "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", format="ttl")
    assert (answer.status_code, "<urn:s> <urn:p> <urn:o>" in answer.text) == (200, True)


CUT = ROWS[:60] + b"The SPARQL operation has been cancelled"
TRIPLES = b"<urn:s> <urn:p> <urn:o> .\n<urn:s> <urn:p> The SPARQL operation"


def typed(body: bytes, media_type: str = TABLE, *more: tuple[str, str]) -> Reply:
    return Reply(body=body, headers=[("Content-Type", media_type), ("Content-Length", str(len(body))), *more])


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (typed(CUT), "not whole"),
        (typed(ROWS[:-1]), "not whole"),
        (typed(b""), "not whole"),
        (typed(b"<html>It works</html>", "text/html"), "text/html"),
        (typed(ROWS, TABLE, ("X-SQL-State", "S1TAT")), "s1tat"),
        (typed(ROWS, TABLE, ("X-SPARQL-MaxRows", "3")), "3 rows"),
        (typed(gzip.compress(ROWS), TABLE, ("Content-Encoding", "gzip")), "compressed"),
        (Reply(headers=[("Content-Type", TABLE)]), "length"),
        (Reply(body=ROWS[:50]), "no answer"),
        (Reply(body=b"5\r\n{'hea", headers=[("Content-Type", TABLE), ("Transfer-Encoding", "chunked")]), "no answer"),
        (Reply(status=500), "status 500"),
        (Reply(status=401), "status 401"),
        (Reply(status=302, headers=[*FEW, ("Location", "http://127.0.0.1:1/")]), "status 302"),
        (Reply(status=429), "too many"),
        (Reply(status=503), "too many"),
        (Reply(receipt=b'{"head":{},"boolean":false}'), "ozg-lod publish"),
        (Reply(receipt=b"?"), "ozg-lod publish"),
        (Reply(receipt=b"[]"), "ozg-lod publish"),
    ],
)
def test_what_is_not_whole_is_503_with_a_time_to_come_back(store: _Server, url: str, reply: Reply, said: str) -> None:
    store.reply = reply
    answer = ask(url)
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert said in answer.json()["detail_en"].lower()
    store.reply = Reply()
    assert ask(url).status_code == 200


def test_a_graph_that_is_cut_is_503(store: _Server, url: str) -> None:
    store.reply = typed(TRIPLES, "application/n-triples")
    assert ask(url, "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }").status_code == 503


def test_a_store_that_takes_too_long_is_late(store: _Server, url: str) -> None:
    store.reply = Reply(wait_s=3)
    start = time.monotonic()
    answer = ask(url, timeout="0.5")
    assert (answer.status_code, time.monotonic() - start < 2.9) == (503, True)
    assert "0.5 seconds" in answer.json()["detail_en"]


def test_an_endless_answer_is_ended(store: _Server, url: str) -> None:
    store.reply = typed(b" " * 210_000_000)
    answer = ask(url)
    assert answer.status_code in (400, 503)
    assert answer.json()["detail_de"]


@pytest.mark.parametrize(
    "reply", [Reply(status=400, body=b"no"), Reply(status=500, body=b"Virtuoso 37000 Error SP030: no")]
)
def test_what_the_store_cannot_read_is_answered_from_the_snapshot(store: _Server, url: str, reply: Reply) -> None:
    reply.headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(reply.body)))]
    store.reply = reply
    answer = ask(url, "SELECT (COUNT(*) AS ?n) { ?s a ?o }", format="csv")
    assert (answer.status_code, int(answer.text.split()[1]) > 1000) == (200, True)
    assert len(store.reply.asked) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT * { SERVICE <http://127.0.0.1:1/> {} }", 403),
        ("SELECT * { ?s ?p }", 400),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", 400),
        ("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", 200),
        ("SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/ozg-lod/hessen/graph/bundles> { ?s ?p ?o }", 200),
        ("SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }", 400),
    ],
)
def test_what_is_not_for_the_store_never_gets_there(store: _Server, url: str, query: str, status: int) -> None:
    store.reply = Reply()
    assert ask(url, query).status_code == status
    assert store.reply.asked == []


def test_named_graphs_given_beside_the_query_are_those_of_the_snapshot(store: _Server, url: str) -> None:
    store.reply = Reply()
    graph = "https://w3id.org/ozg-lod/hessen/graph/bundles"
    answer = ask(url, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", format="csv", **{"default-graph-uri": graph})
    assert (answer.status_code, store.reply.asked) == (200, [])
    assert int(answer.text.split()[1]) > 10


def test_many_questions_at_once_are_answered_or_refused(store: _Server, url: str) -> None:
    store.reply = Reply(wait_s=0.5)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(ask(url).status_code)) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {200, 503}
    assert found.count(200) >= 32


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", None),
        ("PREFIX e: <urn:e#> SELECT DISTINCT ?p WHERE { ?s e:a/e:b|^e:c ?p . } LIMIT 5", None),
        ("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY DESC(?n)", None),
        ("SELECT ?o { ?s ?p ?o } ORDER BY ?o", "ORDER BY a value"),
        ("SELECT ?s { ?s <urn:p> 1 }", "1"),
        ("SELECT ?s { ?s <urn:p> '1'^^<urn:t> }", "'^^'"),
        ("SELECT ?s { ?s <urn:p> ?v . ?t <urn:q> ?v }", "a join on ?v"),
        ("SELECT ?s { ?s <urn:p>* ?o }", "a path with *"),
        ("SELECT (COUNT(DISTINCT *) AS ?n) { ?s ?p ?o }", "COUNT(DISTINCT *)"),
        ("SELECT ?s { ?s ?p ?o OPTIONAL { ?s ?q ?r } }", "OPTIONAL"),
        ("SELECT ?s { ?s ?p ?o MINUS { ?s ?q ?r } }", "MINUS"),
        ("SELECT ?s { ?s ?p 'FROM # GRAPH' } # GRAPH", None),
        ("SELECT ?s { GRAPH ?g { ?s ?p ?o } }", "a named graph"),
        ("SELECT ?s { ?s ?p '\\u0041' }", "an escape"),
        ("SELECT ?s { ?s <bif:x> ?o }", "a function of the engine"),
        ("DESCRIBE <urn:s>", "DESCRIBE"),
        ("SELECT ?s", None),
    ],
)
def test_an_unknown_engine_is_asked_only_what_is_on_the_closed_list(query: str, why: str | None) -> None:
    assert stays_here(query, Engine.of("other")) == why
    assert stays_here(query, Engine.of("oxigraph")) in (None, "a named graph")


def test_a_store_that_is_not_there_at_the_start_is_a_sentence(target: Path, run_program: Callable[..., Any]) -> None:
    ran = run_program("serve", "--target", target, "--port", "0", "--store", "http://127.0.0.1:1/query", "--lang", "en")
    assert (ran.returncode, "gives no answer" in ran.stderr) == (2, True)


def test_publishing_to_a_store_that_is_not_there_is_a_sentence(
    target: Path, tmp_path: Path, run_program: Callable[..., Any], store: _Server
) -> None:
    address = ["--to", "http://127.0.0.1:1/store", "--store", "http://127.0.0.1:1/query", "--lang", "en"]
    ran = run_program("publish", "--target", target, *address)
    assert (ran.returncode, "gives no answer" in ran.stderr) == (2, True)
    assert run_program("publish", "--target", tmp_path, *address).returncode == 2
    assert run_program("publish", "--target", target, *address, "--drop", "zzz").returncode == 2
    there = f"http://127.0.0.1:{store.server_port}/query"
    refused = run_program("publish", "--target", target, "--to", there, "--store", there, "--lang", "en")
    assert (refused.returncode, "501" in refused.stderr) == (2, True)


HELD = b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"3"}}]}}'


@pytest.mark.parametrize(
    ("body", "said"),
    [(HELD, "holds 3 triples there, not"), (b"three", "status 200: three"), (b'{"results":{}}', "status 200")],
)
def test_a_store_that_does_not_hold_what_was_sent_is_not_used(
    target: Path, store: _Server, body: bytes, said: str
) -> None:
    store.reply = typed(body)
    address = f"http://127.0.0.1:{store.server_port}"
    settings = Settings(target=target, store=f"{address}/query")
    with pytest.raises(SnapshotError, match=said):
        publish.publish(settings, f"{address}/store", lambda _message: None)
    assert [asked["default-graph-uri"][0].endswith("/complete") for asked in store.reply.asked] == [False]


def made(query: str, body: bytes | None, form: str = "text/csv", **other: object) -> bytes:
    """Return what a child makes of the body of a backend; None: of the query alone."""
    question = SparqlQuery(query, form, answer_bytes=int(str(other.pop("answer_bytes", 1000))))
    asked = {"engine": Engine("", same=bool(other.pop("same", False))), **other}
    order = transcription.TranscriptionRequest(question, answer=body, **asked)  # type: ignore[arg-type] # as named above
    pieces: list[bytes] = []
    transcription.working("")(wire.encode(order), pieces.append)
    outcome = wire.decode(transcription.Transcription, b"".join(pieces))
    return b"+" + outcome.body if outcome.unusable is None else b"-" + outcome.unusable.encode()


def test_a_query_is_sent_as_it_is_or_with_its_columns_spelled_out() -> None:
    assert made("SELECT ?b { ?b ?a ?c }", None) == b"+SELECT ?b { ?b ?a ?c }"
    assert made("SELECT * { ?b ?a ?c }", None) == b"+SELECT ?b ?a ?c { ?b ?a ?c }"
    assert made("ASK { ?b ?a ?c }", None) == b"+ASK { ?b ?a ?c }"
    assert made("SELECT * {}", None)[:1] == b"-"
    assert made("SELECT ?x { ?s ?p ?o } GROUP BY ?s", None)[:1] == b"-"


def test_an_answer_is_written_anew_in_the_format_asked_for() -> None:
    assert made("SELECT ?s { }", ROWS) == b"+s\r\nurn:0\r\nurn:1\r\nurn:2\r\n"
    assert made("SELECT ?s { }", ROWS, same=True) == b"+s\r\nurn:0\r\nurn:1\r\nurn:2\r\n"
    assert made("ASK { }", YES, "application/sparql-results+json") == b"+" + YES
    assert b"<urn:s> <urn:p> <urn:o>" in made("CONSTRUCT {", b"<urn:s> <urn:p> <urn:o> .", "text/turtle")


def test_a_value_that_the_engine_may_have_changed_is_not_passed_on() -> None:
    value = {"type": "typed-literal", "datatype": "http://www.w3.org/2001/XMLSchema#boolean", "value": "1"}
    row = json.dumps({"head": {"vars": ["s"]}, "results": {"bindings": [{"s": value}, {}]}}).encode()
    assert made("SELECT ?s { }", row) == b"-http://www.w3.org/2001/XMLSchema#boolean"
    assert made("SELECT ?s { }", row, same=True)[:1] == b"+"
    kept = row.replace(b"boolean", b"integer")
    assert made("SELECT ?s { }", kept) == b"+s\r\n1\r\n\r\n"


@pytest.mark.parametrize(
    ("query", "body", "other", "failure"),
    [
        ("SELECT ?s { }", CUT, {}, Unavailable),
        ("SELECT ?s { }", ROWS, {"max_rows": 3}, Unavailable),
        ("SELECT ?s { }", ROWS, {"max_rows": 3, "same": True}, Unavailable),
        ("SELECT ?s { }", ROWS, {"answer_bytes": 5}, AnswerTooLarge),
        ("CONSTRUCT {", TRIPLES, {"form_": "text/turtle"}, Unavailable),
    ],
)
def test_an_answer_that_is_not_whole_or_too_large_is_a_failure(
    query: str, body: bytes, other: dict[str, Any], failure: type[OzgLodError]
) -> None:
    form = other.pop("form_", "text/csv")
    with pytest.raises(failure):
        made(query, body, form, **other)
