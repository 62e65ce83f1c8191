"""Our endpoint with another engine behind it: the same answers, no wrong count, no cut result."""

from __future__ import annotations

import json
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from tests.backends.conftest import guarded

from ozg_lod.snapshots import data_files
from ozg_lod.snapshots.snapshot import Snapshots
from ozg_lod.sparql.engines import Engine, stays_here

ROOT = Path(__file__).resolve().parents[2]
DEVIATIONS = tomllib.loads((Path(__file__).parent / "deviations.toml").read_text(encoding="utf-8"))
ROWS = [(engine, name) for engine, rows in DEVIATIONS.items() for name in rows]
QUERIES = sorted([*(ROOT / "queries" / "examples").glob("*.rq"), *(ROOT / "tests" / "golden" / "queries").glob("*.rq")])
JSON = {"accept": "application/sparql-results+json"}
PREFIXES = """PREFIX ozg: <https://w3id.org/ozg-lod/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
"""
SENT = [
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }",
    "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY DESC(?n)",
    "SELECT DISTINCT ?p { ?s ?p ?o }",
    "SELECT ?t (COUNT(DISTINCT ?s) AS ?n) { ?s a ?t } GROUP BY ?t",
    "SELECT ?o (COUNT(*) AS ?n) { ?s dct:spatial/dct:isPartOf/skos:prefLabel ?o } GROUP BY ?o",
    "SELECT ?o (COUNT(*) AS ?n) { ?s skos:prefLabel|skos:altLabel ?o } GROUP BY ?o",
    "SELECT (COUNT(*) AS ?n) { ?s ^dct:isPartOf/skos:prefLabel ?o }",
    "SELECT (COUNT(?a) AS ?n) (COUNT(?b) AS ?m) { { ?a a ozg:ServiceBundle } UNION { ?b a ozg:Availability } }",
    'SELECT ?s { ?s skos:prefLabel "Hessen"@de }',
    'SELECT ?s { ?s ozg:ags "06435014" }',
    "SELECT * { ?z ozg:availabilityOf ?a . ?a skos:prefLabel ?l }",
    "SELECT ?s { ?s a <urn:none> }",
    "ASK { ?s a ozg:ServiceBundle }",
    "ASK { ?s a <urn:none> }",
]


@pytest.fixture(scope="session")
def own(snapshot_directory: Path) -> ox.Store:
    """The snapshot, evaluated here."""
    return data_files.load(
        data=snapshot_directory / data_files.DATA_FILE, merged=snapshot_directory / data_files.MERGED_FILE
    )


@pytest.fixture(scope="session")
def through(backend: Any, target: Path, serve: Callable[..., Any]) -> Iterator[str]:
    """Our endpoint with the engine behind it."""
    with serve(target, *backend.serving, "--client-seconds", "0") as url:
        yield f"{url}/sparql"


def answer(url: str, query: str, **fields: str) -> Any:
    got = httpx.post(url, data={"query": query, **fields}, headers=JSON, timeout=60)
    assert got.status_code == 200, got.text
    return rows(ox.parse_query_results(got.content, ox.QueryResultsFormat.JSON))


def rows(results: Any) -> Any:
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    names = [variable.value for variable in results.variables]
    return Counter(tuple((name, str(row[name])) for name in sorted(names)) for row in results)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_question_of_the_catalogue_has_the_same_answer(through: str, own: ox.Store, path: Path) -> None:
    query = path.read_text(encoding="utf-8")
    assert answer(through, query) == rows(own.query(query))


@pytest.mark.parametrize("query", SENT)
def test_what_is_sent_to_an_engine_comes_back_right(backend: Any, through: str, own: ox.Store, query: str) -> None:
    query = PREFIXES + query
    assert stays_here(query, Engine("anything", same=False)) is None
    assert answer(through, query) == rows(own.query(query))
    where = {"default-graph-uri": f"https://w3id.org/ozg-lod/hessen/snapshot/{_version(through)}"}
    assert answer(backend.sparql, query, **where) == rows(own.query(query))


@pytest.mark.parametrize(("engine", "name"), ROWS)
def test_no_deviation_of_an_engine_reaches_anyone(
    backend: Any, through: str, own: ox.Store, engine: str, name: str
) -> None:
    query = PREFIXES + DEVIATIONS[engine][name]["query"]
    if "FROM" not in query:
        assert answer(through, query) == rows(own.query(query))
    else:
        assert sum(answer(through, query).values()) == 1
    if backend.name == engine:
        fields = {"query": query, "default-graph-uri": f"https://w3id.org/ozg-lod/hessen/snapshot/{_version(through)}"}
        direct = httpx.post(backend.sparql, data=fields, headers=JSON, timeout=60)
        if direct.status_code == 200:
            got = rows(ox.parse_query_results(direct.content, ox.QueryResultsFormat.JSON))
            assert got != answer(through, query), f"{engine} has mended {name}"


def test_every_deviation_stands_in_the_documentation() -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    missing = [name for _, name in ROWS if f"`{name}`" not in page]
    assert not missing


@pytest.mark.parametrize("name", ["oxigraph", "other"])
def test_the_documentation_says_how_much_an_engine_takes_over(name: str) -> None:
    examples = [path.read_text(encoding="utf-8") for path in (ROOT / "queries" / "examples").glob("*.rq")]
    there = sum(stays_here(query, Engine.of(name)) is None for query in examples)
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {there} | {len(examples) - there} |" in page
    assert f"the {len(examples)} example queries" in page


def test_graphs_and_all_formats_come_from_the_engine_too(through: str, own: ox.Store) -> None:
    query = PREFIXES + "CONSTRUCT { ?a ozg:availabilityOf ?b } { ?a ozg:availabilityOf ?b }"
    expected = set(own.query(query))  # type: ignore[arg-type] # triples
    for form, media_type in ((ox.RdfFormat.TURTLE, "text/turtle"), (ox.RdfFormat.RDF_XML, "application/rdf+xml")):
        got = httpx.get(through, params={"query": query}, headers={"accept": media_type})
        assert {quad.triple for quad in ox.parse(got.content, form)} == expected
    columns = PREFIXES + "SELECT * { ?z ozg:availabilityOf ?a . ?a skos:prefLabel ?l } LIMIT 1"
    assert httpx.get(through, params={"query": columns, "format": "csv"}).text.splitlines()[0] == "z,a,l"


def test_a_mistake_is_named_as_without_an_engine(through: str) -> None:
    refused = httpx.get(through, params={"query": "SELECT * {\n ?s ?p }"})
    assert (refused.status_code, refused.json()["line"]) == (400, 2)
    for query in (
        "DEFINE sql:x 1 SELECT * {}",
        "SELECT (bif:user('x') AS ?n) {}",
        "SELECT ?x { ?s ?p ?o } GROUP BY ?s",
    ):
        assert httpx.get(through, params={"query": query}).status_code == 400, query


def test_an_engine_that_is_gone_is_503_and_not_an_empty_answer(
    start: dict[str, Any], target: Path, tmp_path: Path, serve: Callable[..., Any]
) -> None:
    with start["oxigraph"](tmp_path) as backend:
        assert backend.publish(target).returncode == 0
        with serve(target, *backend.serving) as url:
            query = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}
            assert httpx.get(f"{url}/sparql", params=query).status_code == 200
            backend.process.kill()
            backend.process.wait()
            gone = httpx.get(f"{url}/sparql", params={"query": query["query"] + "# again"})
            assert (gone.status_code, int(gone.headers["retry-after"]) > 0) == (503, True)
            assert "gives no answer" in gone.json()["detail_en"]
            assert httpx.get(f"{url}/health/ready").json()["store"] == "gone"
        with serve(target, *backend.serving, "--store-fallback") as url:
            assert httpx.get(f"{url}/sparql", params=query).status_code == 200
            assert httpx.get(f"{url}/health/ready").json()["store"] == "gone"


@pytest.mark.parametrize("scheme", ["Digest", "Basic"])
def test_an_engine_that_wants_a_password_gets_it(
    start: dict[str, Any],
    target: Path,
    tmp_path: Path,
    serve: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    with start["virtuoso"](tmp_path) as backend, guarded(backend.sparql, "dba", "dba") as door:
        assert backend.publish(target).returncode == 0
        monkeypatch.setenv("OZG_LOD_STORE_USER", "dba")
        monkeypatch.setenv("OZG_LOD_STORE_PASSWORD", "dba")
        with serve(target, "--store", door if scheme == "Basic" else f"{backend.sparql}-auth") as url:
            for sent in SENT[:4]:
                answered = httpx.get(f"{url}/sparql", params={"query": PREFIXES + sent}, headers=JSON)
                assert answered.status_code == 200, answered.text
            assert httpx.get(f"{url}/health/ready").json()["store"] == "answers"


def test_a_result_the_engine_cuts_is_refused(
    start: dict[str, Any], target: Path, tmp_path: Path, serve: Callable[..., Any]
) -> None:
    with start["virtuoso"](tmp_path, "ResultSetMaxRows = 100") as backend:
        assert backend.publish(target).returncode == 0
        with serve(target, *backend.serving) as url:
            cut = httpx.get(f"{url}/sparql", params={"query": "SELECT ?s { ?s ?p ?o }"})
            assert cut.status_code == 503, cut.text[:300]
            assert "not whole" in cut.json()["detail_en"]
            whole = httpx.get(f"{url}/sparql", params={"query": "SELECT ?s { ?s ?p ?o } LIMIT 99"}, headers=JSON)
            assert len(whole.json()["results"]["bindings"]) == 99


@pytest.mark.parametrize("backend", ["virtuoso"], indirect=True)
def test_publishing_needs_its_password_and_says_so(backend: Any, target: Path) -> None:
    refused = backend.publish(target, login=False)
    assert refused.returncode == 2
    assert "OZG_LOD_STORE_USER" in refused.stderr


def test_a_new_version_is_used_from_one_question_to_the_next_and_the_old_one_can_go(
    backend: Any, tmp_path: Path, run_program: Callable[..., Any], serve: Callable[..., Any]
) -> None:
    start, target = tmp_path / "start", tmp_path / "target"
    assert run_program("init", start, "--base-iri", "https://example.org/lod/").returncode == 0
    assert run_program("build", "--source", start, "--target", target).returncode == 0
    unpublished = run_program("serve", "--target", target, "--port", "0", "--store", backend.sparql, "--lang", "en")
    assert (unpublished.returncode, "ozg-lod publish" in unpublished.stderr) == (2, True), unpublished.stderr
    assert backend.publish(target).returncode == 0
    with serve(target, *backend.serving) as url:
        first = httpx.get(f"{url}/health/ready").json()["version"]
        count = json.loads(httpx.get(f"{url}/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}).content)
        assert int(count["results"]["bindings"][0]["n"]["value"]) > 0
        catalogue = start / "data" / "catalogue.ttl"
        catalogue.write_text(catalogue.read_text(encoding="utf-8").replace("OZG-Katalog", "Anderer"), encoding="utf-8")
        (start / "ontology" / "more.ttl").write_text(
            "<https://example.org/lod/x> <http://www.w3.org/2000/01/rdf-schema#seeAlso> <urn:o> .", encoding="utf-8"
        )
        built = run_program("build", "--source", start, "--target", target)
        if Snapshots(target).publications()[-1].version == first:
            pytest.fail(f"the change made no new version: {built.stderr}")
        time.sleep(2)
        assert httpx.get(f"{url}/health/ready").json()["version"] == first
        assert backend.publish(target).returncode == 0
        second = _until(url, first)
        assert backend.publish(target, "--drop", second).returncode == 2
        dropped = backend.publish(target, "--drop", first[:20])
        assert (dropped.returncode, first in dropped.stdout) == (0, True)
        assert httpx.get(f"{url}/sparql", params={"query": "SELECT (COUNT(?s) AS ?n) { ?s ?p ?o }"}).status_code == 200


def _until(url: str, old: str) -> str:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        version = str(httpx.get(f"{url}/health/ready").json()["version"])
        if version != old:
            return version
        time.sleep(0.2)
    raise AssertionError("the new version is not served")


def _version(sparql: str) -> str:
    return str(httpx.get(sparql.replace("/sparql", "/health/ready")).json()["version"])
