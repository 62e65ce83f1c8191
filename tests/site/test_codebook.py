"""The codebook counts what is served and says what a gap means; each number is held against the data themselves."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from tests.conftest import KINDS

from ozg_lod.catalogue import flat_tables
from ozg_lod.core.errors import SourceError
from ozg_lod.core.vocab import OZG
from ozg_lod.rdf.graph import Graph
from ozg_lod.site import codebook
from ozg_lod.site.vocabulary import definitions
from ozg_lod.snapshots import summary

ROOT = Path(__file__).resolve().parents[2]
BROWSER = {"Accept": "text/html", "Accept-Language": "de"}


def rows(client: httpx.Client, **more: str) -> dict[tuple[str, str], dict[str, str]]:
    answer = client.get("/codebuch.csv", params=more)
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert len({(row["table"], row["name"]) for row in found}) == len(found)
    return {(row["table"], row["name"]): row for row in found}


def test_every_column_of_every_table_is_counted(client: httpx.Client, snapshot_directory: Path) -> None:
    found = rows(client)
    for path in (snapshot_directory / "dump").glob("*.csv"):
        table = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        for column in table[0]:
            row = found[path.stem, column]
            values = sum(bool(line[column]) for line in table)
            assert (int(row["values"]), int(row["missing"])) == (values, len(table) - values)


def test_every_property_of_the_data_is_counted(client: httpx.Client) -> None:
    query = (
        "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o FILTER(!STRSTARTS(STR(?s), "
        '"https://w3id.org/ozg-lod/ontology")) } GROUP BY ?p'
    )
    asked = client.get("/sparql", params={"query": query, "format": "csv"}).text
    found = {key[1]: row for key, row in rows(client).items() if not key[0]}
    counts = {codebook.key(row["p"]): row["n"] for row in csv.DictReader(io.StringIO(asked))}
    assert {name: row["values"] for name, row in found.items()} == counts
    count = found["ozg:serviceCount"]
    assert (count["missing"], count["datatype"]) == ("1", "xsd:integer")


def test_every_number_that_is_never_0_and_every_gap_says_so(client: httpx.Client) -> None:
    found = rows(client, lang="en")
    for row in found.values():
        if row["table"] and int(row["missing"]):
            assert row["empty_means"], row
        if row["datatype"] in ("integer", "decimal") and row["name"] not in ("latitude", "longitude"):
            assert row["zero_means"], row
    assert "greater than 0" in found["participations", "awarded_eur"]["zero_means"]
    assert "more than 0" in found["", "ozg:awardedEur"]["zero_means"]
    assert found["figures", "value"]["zeros"] == "4"


def test_the_page_says_the_same_in_both_languages_and_is_linked(client: httpx.Client) -> None:
    page = client.get("/codebuch", headers=BROWSER)
    assert page.headers["content-language"] == "de"
    for text in (
        "Codebuch",
        "Unbekannt ist nicht 0",
        "ozg:serviceCount",
        'id="funding-rules"',
        "ganze Zahl, Leistungen",
    ):
        assert text in page.text
    english = client.get("/codebuch", params={"lang": "en"}, headers=BROWSER).text
    assert "Unknown is not 0" in english
    assert "Codebuch" not in re.sub(r"/codebuch", "", english)
    for path in ("/sparql", "/hilfe", "/doc/dataset/bundles"):
        assert "/codebuch" in client.get(path, headers=BROWSER).text
    again = client.get("/codebuch", headers={**BROWSER, "If-None-Match": page.headers["etag"]})
    assert again.status_code == httpx.codes.NOT_MODIFIED
    assert client.head("/codebuch.csv").status_code == httpx.codes.OK
    assert client.get("/codebuch.ttl").status_code == httpx.codes.NOT_ACCEPTABLE


@pytest.mark.parametrize("language", ["de", "en"])
def test_properties_and_kinds_of_values_have_names_and_no_addresses(client: httpx.Client, language: str) -> None:
    page = client.get(f"/codebuch?lang={language}").text
    assert re.findall(r">\s*(https?://[^<]*)<", page) == []


def test_a_query_cannot_explain_a_column_it_does_not_have() -> None:
    text = (ROOT / "queries" / "flat" / "figures.rq").read_text("utf-8").replace("# unit value", "# unit amount")
    with pytest.raises(SourceError, match="amount"):
        flat_tables.questions({"figures.rq": text.encode()})


def test_the_book_in_this_process(snapshot_directory: Path) -> None:
    counted = summary.read(snapshot_directory, "https://w3id.org/ozg-lod/hessen/", KINDS)
    tables = codebook.tables(snapshot_directory / "queries" / "flat", counted.tables)
    assert {table.name for table in tables} >= {"availability", "figures"}
    store, shapes = ox.Store(), ox.Store()
    store.bulk_load(path=snapshot_directory / "data.nt", format=ox.RdfFormat.N_TRIPLES)
    shapes.bulk_load(path=snapshot_directory / "shapes.ttl", format=ox.RdfFormat.TURTLE)
    graph = Graph(store)
    found = {one.iri: one for one in codebook.properties(graph, counted, definitions(graph, counted), shapes)}
    assert found[OZG + "awardedEur"].positive
    assert found[OZG + "serviceCount"].stated
    assert not found[OZG + "minPercent"].positive if OZG + "minPercent" in found else True
    assert found["http://www.w3.org/2004/02/skos/core#prefLabel"].lacking is None


def test_a_folder_without_queries_has_no_tables(tmp_path: Path) -> None:
    assert codebook.tables(tmp_path, {}) == ()
