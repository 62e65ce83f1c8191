"""What the soak asks, and the right answer of each version, made before anything is attacked.

Queries are answered by pyoxigraph alone, files are those of the build, pages and reports come from a server that nobody
disturbs. Kept are hashes.
"""

from __future__ import annotations

import hashlib
import http.client
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, urlencode

import pyoxigraph as ox

from ozg_lod.snapshots import data_files

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = "https://ozg.example.org"
BASE = "https://w3id.org/ozg-lod/hessen/id/"
PREFIX = (
    f"BASE <{BASE}> PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> "
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX dct: <http://purl.org/dc/terms/> "
)
SMALL = (
    "ASK { <bundle/soziales> skos:altLabel ?l }",
    "SELECT ?l { <bundle/soziales> skos:altLabel ?l }",
    "SELECT ?p ?o { <municipality/06531005> ?p ?o }",
    "SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
)
LARGE = (
    "SELECT ?s ?p ?o { ?s ?p ?o }",
    "SELECT ?a ?l ?b ?m { ?a skos:prefLabel ?l ; ozg:availabilityOf ?b ; ozg:availableAt ?m }",
)
GRAPH = "CONSTRUCT { ?s ?p ?o } { ?s dct:isPartOf <district/06531> ; ?p ?o }"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
TABLES = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
GRAPHS = {"text/turtle": ox.RdfFormat.TURTLE, "application/n-triples": ox.RdfFormat.N_TRIPLES}
PAGES = (
    "/", "/codebuch", "/doc/bundle", "/doc/bundle/soziales", "/doc/municipality", "/doc/municipality/06531005",
    "/doc/district/06531", "/efa", "/hilfe", "/karte", "/mitmachen", "/ontology", "/quellen", "/shapes", "/sparql",
    "/suche?q=soziales", "/vorlagen", "/widersprueche", "/zeitleiste",
)  # fmt: skip
THINGS = ("/doc/bundle", "/doc/bundle/soziales", "/doc/municipality/06531005", "/doc/district/06531", "/ontology")
OTHERS = ("/search.json?q=giessen", "/suche.csv?q=bad", "/codebuch.csv", "/sitemap.xml", "/ontology/context.jsonld")
FILES = ("data.nq", "data.nt", "dump/bundles.ttl", "dump/terms.csv")
CHARGED = ("small query", "large query", "result page", "past query", "runaway", "match", "check")
"""Kinds of requests that wait for workers and have a budget."""
HEAD = "AGS;Name;Leistung;Bezeichnung;Stand;Seit;Bis;Formular;Geprüft am"
ROW = "06531005;;soziales;;{};2025-03;;https://www.example.org/antrag;2026-11-20"
SOUND = "\r\n".join([HEAD, ROW.format("verfügbar"), ""]).encode("utf-8-sig")
BROKEN = "\r\n".join([HEAD, *(ROW.format(f"vieleicht {n}") for n in range(300)), ""]).encode("utf-8-sig")
BOUNDARY = "----------soak"


@dataclass(frozen=True)
class Request:
    """`file` is the file of the snapshot that must come, `query` what it asks, `past` whether of a version named."""

    kind: str
    name: str
    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    file: str = ""
    query: str = ""
    past: bool = False

    def fits(self, content_type: str) -> bool:
        """Return whether an answer may have this type: that which was asked for, where one was."""
        return bool(content_type) and (not self.query or content_type.startswith(self.headers["Accept"]))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def requests() -> list[Request]:
    return [*_queries(), *_pages(), *_files(), *_matches(), *_checks()]


def _queries() -> Iterator[Request]:
    for number, query in enumerate(SMALL):
        for media_type in list(TABLES)[: 2 if query.startswith("ASK") else 4]:
            yield _asked("small query", f"{number} {media_type}", query, media_type)
            yield _asked("past query", f"{number} {media_type}", query, media_type, past=True)
    for number, query in enumerate(LARGE):
        for media_type in list(TABLES)[2:]:
            yield _asked("large query", f"{number} {media_type}", query, media_type)
    for media_type in GRAPHS:
        yield _asked("small query", f"graph {media_type}", GRAPH, media_type)
    for language in ("de", "en"):
        fields = {"Accept": "text/html", "Accept-Language": language}
        path = f"/sparql?query={quote_plus(PREFIX + SMALL[3])}"
        yield Request("result page", language, path, headers=fields)


def _asked(kind: str, name: str, query: str, media_type: str, *, past: bool = False) -> Request:
    path = "/snapshot/{version}/sparql" if past else "/sparql"
    return Request(kind, name, path, headers={"Accept": media_type}, query=PREFIX + query, past=past)


def _pages() -> Iterator[Request]:
    for language in ("de", "en"):
        for path in PAGES:
            yield Request("page", path, path, headers={"Accept": "text/html", "Accept-Language": language})
    for path in THINGS:
        for media_type in ("text/turtle", "application/ld+json", "application/n-triples"):
            yield Request("page", f"{path} {media_type}", path, headers={"Accept": media_type})
    for path in OTHERS:
        yield Request("page", path, path, headers={"Accept": "*/*"})


def _files() -> Iterator[Request]:
    for file in FILES:
        now = f"/dump/{file.removeprefix('dump/')}"
        yield Request("file", file, now, headers={"Accept-Encoding": "identity"}, file=file)
        then = "/snapshot/{version}/" + file
        yield Request("past file", file, then, headers={"Accept-Encoding": "identity"}, file=file, past=True)


def _matches() -> Iterator[Request]:
    names = {f"q{n}": {"query": name} for n, name in enumerate(("Gießen", "Bad Hersfeld", "Frankfrut", "Kassel"))}
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    yield Request("match", "names", "/reconcile", "POST", form, urlencode({"queries": json.dumps(names)}).encode())
    text = "Name\nGießen\nBad Hersfeld\nFrankfrut\n".encode()
    yield _form("match", "list", "/abgleich", {"text": ("", text)}, {"Accept": "text/html", "Accept-Language": "de"})


def _checks() -> Iterator[Request]:
    for name, content in (("sound", SOUND), ("broken", BROKEN)):
        table = {"Content-Type": "text/csv", "Accept": "application/json"}
        yield Request("check", name, f"/validate?name={name}.csv", "POST", table, content)
        page = {"Accept": "text/html", "Accept-Language": "en"}
        yield _form("check", f"{name} page", "/pruefen", {"file": (f"{name}.csv", content)}, page)


def _form(kind: str, name: str, path: str, parts: dict[str, tuple[str, bytes]], headers: dict[str, str]) -> Request:
    body = multipart(parts)
    return Request(
        kind, name, path, "POST", {**headers, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, body
    )


def multipart(parts: dict[str, tuple[str, bytes]]) -> bytes:
    """Return a form: name -> (name of the file or "", content)."""
    body = b""
    for field_name, (file, content) in parts.items():
        named = f'; filename="{file}"\r\nContent-Type: text/csv' if file else ""
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field_name}"{named}\r\n\r\n'.encode()
        body += content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def canonical(request: Request, content_type: str, body: bytes) -> str:
    """Return the hash of what an answer says: rows and triples in any order, everything else as it is."""
    media_type = content_type.partition(";")[0]
    if request.query and media_type in TABLES:
        body = _sorted_table(media_type, body)
    elif request.query and media_type in GRAPHS:
        body = "\n".join(sorted(map(str, ox.parse(body, GRAPHS[media_type])))).encode()
    return hashlib.sha256(body).hexdigest()


def _sorted_table(media_type: str, body: bytes) -> bytes:
    if media_type in ("text/csv", "text/tab-separated-values"):
        first, *rows = body.splitlines()
        return b"\n".join([first, *sorted(rows)])
    results = ox.parse_query_results(body, TABLES[media_type])
    if isinstance(results, ox.QueryBoolean):
        return str(bool(results)).encode()
    names = [variable.value for variable in results.variables]
    return "\n".join([str(names), *sorted(str([str(row[name]) for name in names]) for row in results)]).encode()


class Truth:
    """(kind, name, language) of a request -> version -> hash of the right answer."""

    def __init__(self) -> None:
        self._right: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)

    def learn(self, version: str, directory: Path, port: int) -> None:
        """Learn a version from its directory and from a server that serves it."""
        store = data_files.load(data=directory / "data.nq", merged=directory / "data.nt")
        for request in requests():
            if request.file:
                answer = hashlib.sha256((directory / request.file).read_bytes()).hexdigest()
            elif request.query:
                answer = canonical(request, request.headers["Accept"], evaluated(store, request))
            else:
                answer = self._told(request, port)
            self._right[_key(request)][version] = answer

    def _told(self, request: Request, port: int) -> str:
        told = {_hash_of(ask(port, request)) for _ in range(2)}
        if len(told) > 1:
            raise AssertionError(f"{request.kind} {request.name} is not the same twice")
        return told.pop()

    def versions(self, request: Request, answer: Answer) -> set[str]:
        """Return the versions of which this is the right answer."""
        content_type = answer.headers.get("content-type", "")
        if not request.fits(content_type):
            return set()
        told = canonical(request, content_type, answer.body)
        return {version for version, right in self._right[_key(request)].items() if right == told}


def _key(request: Request) -> tuple[str, ...]:
    return request.kind, request.name, request.headers.get("Accept-Language", "")


def _hash_of(answer: Answer) -> str:
    if answer.status != http.client.OK:
        raise AssertionError(f"a server that nobody disturbs answers {answer.status}: {answer.body[:500]!r}")
    return hashlib.sha256(answer.body).hexdigest()


def evaluated(store: ox.Store, request: Request) -> bytes:
    media_type = request.headers["Accept"]
    results = store.query(request.query)
    form = GRAPHS[media_type] if isinstance(results, ox.QueryTriples) else TABLES[media_type]
    return results.serialize(format=form) or b""  # type: ignore[arg-type]


def ask(port: int, request: Request) -> Answer:
    """Ask over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        return exchange(connection, request)
    finally:
        connection.close()


def exchange(
    connection: http.client.HTTPConnection, request: Request, *, version: str = "", mark: str = "", **more: str
) -> Answer:
    """Ask; `version` is put where one is named, `mark` makes the address one that nobody asked before."""
    path, body, headers = request.path.replace("{version}", version), request.body, {**request.headers, **more}
    if request.query:
        text = f"{request.query} # {mark}" if mark else request.query
        path += f"?query={quote_plus(text)}"
    elif mark and request.kind == "page":
        path += f"{'&' if '?' in path else '?'}soak={mark}"
    connection.request(request.method, path, body, headers)
    answer = connection.getresponse()
    return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
