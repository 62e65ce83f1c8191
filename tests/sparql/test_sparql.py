"""The SPARQL endpoint over HTTP, as clients use it."""

from __future__ import annotations

import concurrent.futures
import json
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from tests.conftest import patience, program

Serve = Callable[..., AbstractContextManager[str]]
QUERY = "application/sparql-query"
PREFIX = "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#>\n"
SUM = PREFIX + "SELECT (SUM(?n) AS ?services) { ?a ozg:serviceCount ?n }"


def test_three_carriers_give_the_same_answer(client: httpx.Client) -> None:
    accept = {"accept": "text/csv"}
    by_get = client.get("/sparql", params={"query": SUM}, headers=accept)
    by_form = client.post("/sparql", data={"query": SUM}, headers=accept)
    direct = client.post("/sparql", content=SUM, headers={**accept, "content-type": QUERY})
    assert by_get.text.split() == ["services", "70"]
    assert by_get.content == by_form.content == direct.content
    assert {r.headers["content-type"] for r in (by_get, by_form, direct)} == {"text/csv; charset=utf-8; header=present"}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values;q=0.9, text/csv;q=0.1", "text/tab-separated-values"),
    ],
)
@pytest.mark.parametrize("query", [SUM, "ASK {}"])
def test_results_come_as_accept_says(client: httpx.Client, accept: str | None, media_type: str, query: str) -> None:
    headers = {"accept": accept} if accept else {}
    answer = client.get("/sparql", params={"query": query}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert "accept" in answer.headers["vary"].lower()


@pytest.mark.parametrize(
    ("suffix", "form"),
    [
        ("ttl", ox.RdfFormat.TURTLE),
        ("nt", ox.RdfFormat.N_TRIPLES),
        ("rdf", ox.RdfFormat.RDF_XML),
        ("jsonld", ox.RdfFormat.JSON_LD),
    ],
)
@pytest.mark.parametrize(
    "query",
    [
        PREFIX + "CONSTRUCT { ?b ozg:serviceCount ?n } { ?a ozg:availabilityOf ?b ; ozg:serviceCount ?n }",
        "DESCRIBE <%s>",
    ],
)
def test_graphs_come_in_the_rdf_formats(client: httpx.Client, suffix: str, form: ox.RdfFormat, query: str) -> None:
    query = query.replace("%s", "https://w3id.org/ozg-lod/hessen/id/bundle/soziales")
    answer = client.get("/sparql", params={"query": query, "format": suffix})
    assert answer.status_code == 200
    assert len(list(ox.parse(answer.content, form))) >= 4


def test_head_is_get_without_its_body(client: httpx.Client) -> None:
    get, head = (client.request(method, "/sparql", params={"query": SUM}) for method in ("GET", "HEAD"))
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["etag"] == get.headers["etag"]


def test_an_unchanged_answer_is_not_sent_again(client: httpx.Client) -> None:
    etag = client.get("/sparql", params={"query": SUM}).headers["etag"]
    again = client.get("/sparql", params={"query": SUM}, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_browsers_of_other_sites_may_ask(client: httpx.Client) -> None:
    preflight = client.options(
        "/sparql", headers={"origin": "https://example.org", "access-control-request-method": "POST"}
    )
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert client.get("/sparql", params={"query": "ASK {}"}).headers["access-control-allow-origin"] == "*"


def test_without_a_query_the_service_describes_itself(client: httpx.Client) -> None:
    answer = client.get("/sparql", headers={"accept": "text/turtle"})
    text = answer.text
    assert "sd:Service" in text
    assert "https://w3id.org/ozg-lod/hessen/graph/bundles" in text
    total = next(line for line in text.splitlines() if "void:triples" in line and "default" not in line)
    assert total


@pytest.mark.parametrize("count", [2_000, 10_000, 40_000])
@pytest.mark.parametrize("direct", [True, False])
def test_a_long_list_of_keys_is_answered(client: httpx.Client, count: int, direct: bool) -> None:
    keys = " ".join(f'"{number:08}"' for number in range(6_531_005 - count, 6_531_006))
    query = f"SELECT ?key {{ VALUES ?key {{ {keys} }} ?s <http://purl.org/dc/terms/identifier> ?key }}"
    body: dict[str, Any] = (
        {"content": query, "headers": {"content-type": QUERY}} if direct else {"data": {"query": query}}
    )
    answer = client.post("/sparql", params={"format": "csv"}, **body)
    assert answer.status_code == 200, answer.text[:300]
    assert "06531005" in answer.text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"params": {"query": "SELECT * { SERVICE <http://127.0.0.1:1/> {} }"}}, 403),
        ({"params": {"query": "SELECT ?s {"}}, 400),
        ({"params": {"query": "hello"}}, 400),
        ({"params": [("query", "ASK {}"), ("query", "ASK {}")]}, 400),
        ({"params": {"query": "ASK {}", "format": "png"}}, 406),
        ({"params": {"query": "ASK {}"}, "headers": {"accept": "image/png"}}, 406),
        ({"params": {"query": "ASK {}", "default-graph-uri": "http://example.org/none"}}, 400),
        ({"params": {"query": "ASK {}", "timeout": "soon"}}, 400),
        ({"method": "POST", "data": {"query": "ASK {} #" + "x" * 1_048_576}}, 413),
        ({"method": "POST", "content": b"ASK {}", "headers": {"content-type": "text/plain"}}, 415),
        ({"method": "POST", "content": b"ASK {} # \xff", "headers": {"content-type": QUERY}}, 400),
        (
            {
                "method": "POST",
                "content": b"query=%ff",
                "headers": {"content-type": "application/x-www-form-urlencoded"},
            },
            400,
        ),
        ({"method": "POST", "data": {"update": "CLEAR ALL"}}, 400),
        ({"method": "POST", "content": b"x" * 4_300_000, "headers": {"content-type": QUERY}}, 413),
        ({"method": "DELETE"}, 405),
    ],
)
def test_what_cannot_be_answered_gets_a_status_and_a_sentence(
    client: httpx.Client, request_: dict[str, object], status: int
) -> None:
    answer = client.request(**{"method": "GET", "url": "/sparql", **request_})  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert len(problem["detail_de"]) > 20
    assert len(problem["detail_en"]) > 20


def test_methods_that_are_offered_are_all_named(client: httpx.Client) -> None:
    assert client.put("/sparql").headers["allow"] == "GET, HEAD, POST"


def test_a_triple_in_two_files_counts_once_by_query_from_and_parameter(client: httpx.Client) -> None:
    graphs = ["https://w3id.org/ozg-lod/hessen/graph/sources", "https://w3id.org/ozg-lod/hessen/graph/deck"]
    triple = (
        "<https://w3id.org/ozg-lod/hessen/id/organisation/hmdis> <http://www.w3.org/2004/02/skos/core#prefLabel> ?o"
    )
    count = "SELECT (COUNT(*) AS ?n) %s { " + triple + " FILTER(LANG(?o) = 'de') }"
    inside = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { " + triple + " FILTER(LANG(?o) = 'de') } }"

    def number(**params: object) -> int:
        answer = client.get("/sparql", params=params, headers={"accept": "text/csv"})  # type: ignore[arg-type]
        return int(answer.text.split()[1])

    assert number(query=inside) == 2
    assert number(query=count % "") == 1
    assert number(query=count % " ".join(f"FROM <{graph}>" for graph in graphs)) == 1
    assert number(**{"query": count % "", "default-graph-uri": graphs}) == 1


SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
BOMB = (
    "SELECT * {" + " ".join(f"BIND(CONCAT(?v{i},?v{i}) AS ?v{i + 1})" for i in range(40)).replace("?v0", "'aaaa'") + "}"
)


def test_a_query_without_end_is_stopped_at_the_time_the_client_allows(client: httpx.Client) -> None:
    start = time.monotonic()
    answer = client.get("/sparql", params={"query": SLOW, "timeout": "0.5"})
    assert time.monotonic() - start < 3 * patience()
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "0.5 seconds" in answer.json()["detail_en"]


def test_a_memory_bomb_is_named_and_the_next_query_is_answered(client: httpx.Client) -> None:
    for number in range(3):  # on a very busy machine the deadline can come before the memory has run out
        answer = client.get("/sparql", params={"query": f"{BOMB} #{number}"})
        assert answer.status_code == 503
        if "memory" in answer.json()["detail_en"]:
            break
    assert "memory" in answer.json()["detail_en"]
    assert client.get("/sparql", params={"query": "ASK {}"}).json() == {"head": {}, "boolean": True}


def test_an_answer_past_the_limit_is_refused_and_never_cut(client: httpx.Client) -> None:
    query = "SELECT ?a ?b ?c ?d ?e ?f { ?a ?b ?c . ?d ?e ?f }"
    answer = client.get("/sparql", params={"query": query})
    assert answer.status_code in (400, 503)
    assert "complete" not in answer.text
    assert json.loads(answer.text)["detail_en"]


def test_small_queries_are_answered_while_large_ones_run(client: httpx.Client) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        slow = [pool.submit(client.get, "/sparql", params={"query": f"{SLOW} #{i}", "timeout": "4"}) for i in range(6)]
        time.sleep(1)
        durations = []
        for number in range(20):
            start = time.monotonic()
            assert client.get("/sparql", params={"query": f"ASK {{}} #{number}"}).status_code == 200
            durations.append(time.monotonic() - start)
        assert {future.result().status_code for future in slow} == {503}
    assert sorted(durations)[15] < patience()


def test_a_client_that_hangs_up_frees_its_place(client: httpx.Client) -> None:
    for number in range(6):
        with pytest.raises(httpx.TimeoutException):
            client.get("/sparql", params={"query": f"{SLOW} #gone {number}"}, timeout=0.3)
    start = time.monotonic()
    assert client.get("/sparql", params={"query": "ASK {} # after"}).status_code == 200
    assert time.monotonic() - start < 2 * patience()


def test_dumps_are_whole_and_named_by_their_hash(client: httpx.Client) -> None:
    dump = client.get("/dump/data.nq")
    assert dump.headers["content-type"] == "application/n-quads"
    assert len(list(ox.parse(dump.content, ox.RdfFormat.N_QUADS))) > 30_000
    assert client.get("/dump/data.nq", headers={"if-none-match": dump.headers["etag"]}).status_code == 304
    assert client.get("/dump/..%2f..%2fmanifest.json").status_code == 404
    assert client.head("/dump/data.nt").headers["content-length"]


def test_health_says_what_is_served(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    ready = client.get("/health/ready").json()
    assert ready["status"] == "ready"
    assert len(ready["version"]) == 64


def test_a_client_may_allow_less_time_by_a_header(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": SLOW + " # prefer"}, headers={"prefer": "respond-async, wait=1"})
    assert answer.status_code == 503
    assert "1 seconds" in answer.json()["detail_en"]


def test_a_long_answer_comes_compressed_to_those_who_take_it_and_once(client: httpx.Client) -> None:
    query = {"query": "SELECT * { ?s ?p ?o } LIMIT 5000"}
    plain = client.get("/sparql", params=query, headers={"accept-encoding": "identity"})
    zipped = client.get("/sparql", params=query, headers={"accept-encoding": "gzip, br;q=0.5"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < len(plain.content) / 3
    assert zipped.content == plain.content
    assert plain.headers["etag"] != zipped.headers["etag"]
    assert {"Accept", "Accept-Encoding"} <= set(plain.headers["vary"].split(", "))
    head = client.head("/sparql", params=query, headers={"accept-encoding": "gzip"})
    assert head.headers["content-length"] == zipped.headers["content-length"]


def test_an_answer_that_changes_with_each_asking_is_not_kept(client: httpx.Client) -> None:
    first, second = (client.get("/sparql", params={"query": "SELECT (UUID() AS ?u) {}"}) for _ in range(2))
    assert first.text != second.text
    assert first.headers["cache-control"] == "no-store"
    assert "etag" not in first.headers


def test_an_answer_the_client_has_is_not_evaluated_again(client: httpx.Client) -> None:
    query = {"query": "SELECT * { ?a ?b ?c } LIMIT 3 # once"}
    etag = client.get("/sparql", params=query).headers["etag"]
    again = client.get("/sparql", params=query, headers={"if-none-match": f'"x", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


def test_the_description_is_in_step_with_the_data(client: httpx.Client) -> None:
    described = ox.Store()
    described.load(client.get("/sparql", headers={"accept": "application/n-triples"}).content, ox.RdfFormat.N_TRIPLES)
    sizes = described.query(
        "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> PREFIX void: <http://rdfs.org/ns/void#> "
        "SELECT ?g ?n { ?named sd:name ?g ; sd:graph/void:triples ?n } ORDER BY ?g"
    )
    count = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
    counted = client.get("/sparql", params={"query": count}, headers={"accept": "text/csv"}).text.split()[1:]
    assert [f"{row['g'].value},{row['n'].value}" for row in sizes] == counted  # type: ignore[union-attr]
    assert b"UnionDefaultGraph" in client.get("/sparql").content


def test_void_counts_what_is_there_and_says_where_to_get_it(client: httpx.Client) -> None:
    answer = client.get("/.well-known/void", headers={"accept": "application/rdf+xml"})
    assert answer.headers["content-type"] == "application/rdf+xml"
    void = ox.Store()
    void.load(answer.content, ox.RdfFormat.RDF_XML)
    prefix = "PREFIX void: <http://rdfs.org/ns/void#> "

    def one(query: str) -> list[str]:
        return [row["x"].value for row in void.query(prefix + query)]  # type: ignore[union-attr]

    total = client.get(
        "/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}, headers={"accept": "text/csv"}
    )
    assert one("SELECT ?x { ?d a void:Dataset ; void:triples ?x }") == total.text.split()[1:]
    assert one("SELECT (SUM(?n) AS ?x) { ?d void:propertyPartition/void:triples ?n }") == total.text.split()[1:]
    assert one("SELECT ?x { [] void:class <https://w3id.org/ozg-lod/ontology#Availability> ; void:entities ?x }") == [
        str(
            int(
                client.get(
                    "/sparql",
                    params={"query": PREFIX + "SELECT (COUNT(?a) AS ?n) { ?a a ozg:Availability }"},
                    headers={"accept": "text/csv"},
                ).text.split()[1]
            )
        )
    ]
    assert len(one("SELECT ?x { ?d void:dataDump ?x }")) == 2
    assert one("SELECT ?x { ?d void:uriSpace ?x }") == ["https://w3id.org/ozg-lod/hessen/"]
    assert "https://w3id.org/ozg-lod/ontology" in one("SELECT ?x { ?d void:vocabulary ?x }")
    assert (
        client.get(
            "/.well-known/void", headers={"if-none-match": answer.headers["etag"], "accept": "application/rdf+xml"}
        ).status_code
        == 304
    )
    assert client.get("/.well-known/void", params={"format": "jsonld"}).headers["content-type"] == "application/ld+json"


def test_a_client_that_asks_too_much_at_once_is_told_to_wait(target: Path, serve: Callable[..., Any]) -> None:
    from_outside = {"x-forwarded-for": "203.0.113.7"}
    with (
        serve(target, "--trusted-proxies", "127.0.0.1", "--client-seconds", "3") as url,
        httpx.Client(base_url=url, timeout=20) as client,
    ):
        client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"})
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = [
                pool.submit(
                    client.get, "/sparql", params={"query": f"{SLOW} # {n}", "timeout": 2}, headers=from_outside
                )
                for n in range(4)
            ]
            assert {future.result().status_code for future in asked} == {503}
        refused = client.get("/sparql", params={"query": "ASK { ?s ?p 1 }"}, headers=from_outside)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert "203.0.113" not in refused.text
        assert (
            client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"}, headers=from_outside).status_code == 200
        )  # kept
        others = client.get("/sparql", params={"query": "ASK { ?s ?p 2 }"}, headers={"x-forwarded-for": "203.0.113.8"})
        assert others.status_code == 200
        assert client.get("/sparql", params={"query": "ASK { ?s ?p 3 }"}).status_code == 200


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--rdf", "x.doc"], "not named like an RDF file"),
        (["--rdf", "nowhere.ttl"], "cannot be read"),
        (["--graph", "no equals sign"], "not IRI=FILE"),
        (["--graph", "http://x/g=x.nq"], "names its graphs itself"),
        (["--trusted-proxies", "everyone"], "--trusted-proxies"),
    ],
)
def test_files_that_cannot_be_served_are_told_before_anyone_listens(
    tmp_path: Path, options: list[str], sentence: str
) -> None:
    done = subprocess.run(
        [program(), "serve", "--lang", "en", "--target", str(tmp_path), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_file_with_a_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text("<a:a> <a:b> <a:c> .\n<a:a> a a .\n")
    done = subprocess.run(
        [program(), "serve", "--lang", "en", "--rdf", str(tmp_path / "x.ttl")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "x.ttl" in done.stderr
    assert "line 2" in done.stderr


def test_the_start_page_of_a_server_of_files_leads_to_the_queries(tmp_path: Path, serve: Callable[..., Any]) -> None:
    (tmp_path / "x.ttl").write_text("<> a <other> .")
    with serve(tmp_path, "--rdf", str(tmp_path / "x.ttl")) as url:
        assert httpx.get(url + "/").headers["location"] == "/sparql"
        found = httpx.get(url + "/sparql", params={"query": "SELECT * { ?s ?p ?o }", "format": "csv"}).text
        assert (tmp_path / "x.ttl").as_uri() in found


def test_the_query_door_is_described_for_programs(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()["paths"]
    assert {parameter["name"] for parameter in described["/sparql"]["get"]["parameters"]} >= {
        "query",
        "timeout",
        "format",
    }
    assert "application/sparql-query" in described["/sparql"]["post"]["requestBody"]["content"]
    assert "get" in described["/.well-known/void"]


def test_data_that_do_not_fit_into_memory_are_answered_from_disk(target: Path, serve: Serve) -> None:
    with serve(target, "--memory-mb", "1") as url:
        for _ in range(3):
            answer = httpx.get(url + "/sparql", params={"query": SUM}, headers={"accept": "text/csv"})
            assert answer.text.split() == ["services", "70"]
        assert httpx.get(url + "/doc/municipality/06414000.ttl").status_code == 200
        late = httpx.get(url + "/sparql", params={"query": SLOW, "timeout": "0.5"}, timeout=30)
        assert late.status_code == 503
        assert httpx.get(url + "/sparql", params={"query": "ASK {}"}).json()["boolean"]
