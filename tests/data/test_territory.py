"""The territory and the catalogue of 2019: counts, sums and keys of the tables in data/, as their sources give them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from ozg_lod.core.vocab import (
    DCAT,
    DCT,
    GEO,
    ORG,
    OZG,
    PREFIXES,
    RDF,
    SKOS,
)
from ozg_lod.tables import tables

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
THING = "https://w3id.org/ozg-lod/hessen/id/"
TABLES = (
    "states",
    "regierungsbezirke",
    "districts",
    "municipalities",
    "unincorporated",
    "containment",
    "figures-territory",
    "ozg-services",
    "ozg-fields",
    "ozg-situations",
)
GRAPHS = ("territory", "sources-territory", "ozg-catalogue")
DERIVED = ("part-of", "centroid", "identifier", "main-key", "notation")
IN_FORCE = """
SELECT (COUNT(DISTINCT ?authority) AS ?count) WHERE {
  ?authority a ozg:TerritorialAuthority ; ozg:ags ?ags .
  OPTIONAL { ?authority ozg:validFrom ?from }
  OPTIONAL { ?authority ozg:validTo ?to }
  FILTER ((!BOUND(?from) || ?from <= DAY) && (!BOUND(?to) || ?to >= DAY))
}"""
HOMES = """
SELECT ?authority (COUNT(?whole) AS ?homes) WHERE {
  ?authority ozg:ags ?ags ; dct:spatial ?place .
  OPTIONAL { ?authority ozg:validFrom ?from }
  OPTIONAL { ?authority ozg:validTo ?to }
  FILTER ((!BOUND(?from) || ?from <= DAY) && (!BOUND(?to) || ?to >= DAY))
  OPTIONAL {
    ?containment ozg:part ?place ; ozg:whole ?whole .
    OPTIONAL { ?containment ozg:validFrom ?begin }
    OPTIONAL { ?containment ozg:validTo ?end }
    FILTER ((!BOUND(?begin) || ?begin <= DAY) && (!BOUND(?end) || ?end >= DAY))
  }
} GROUP BY ?authority HAVING (COUNT(?whole) != 1)"""


@cache
def reading(name: str) -> tables.TableReading:
    table = tables.describe((DATA / f"{name}.csv-metadata.json").read_bytes(), file=f"{name}.csv-metadata.json")
    return table.read((DATA / f"{name}.csv").read_bytes(), file=f"{name}.csv")


def records(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def territory() -> ox.Store:
    store = ox.Store()
    for name in TABLES:
        store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in reading(name).triples)
    for name in GRAPHS:
        parsed = ox.parse((DATA / f"{name}.ttl").read_bytes(), ox.RdfFormat.TURTLE)
        store.extend(ox.Quad(q.subject, q.predicate, q.object) for q in parsed)
    derived = [t for name in DERIVED for t in store.query((ROOT / "queries/derive" / f"{name}.rq").read_text("utf-8"))]
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in derived)
    return store


def rows(query: str, day: str = "") -> list[ox.QuerySolution]:
    return list(territory().query(query.replace("DAY", f'"{day}"^^xsd:date'), prefixes=PREFIXES))


def number(query: str, day: str = "") -> Decimal:
    return Decimal(rows(query, day)[0][0].value)


def objects(subject: str, predicate: str) -> set[str]:
    quads = territory().quads_for_pattern(ox.NamedNode(THING + subject), ox.NamedNode(predicate), None)
    return {quad.object.value for quad in quads}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_reads_without_a_finding(name: str) -> None:
    assert reading(name).findings == []


@pytest.mark.parametrize(
    ("classification", "count"),
    [("Land", 16), ("Landkreis", 21), ("KreisfreieStadt", 5), ("Stadt", 186), ("Gemeinde", 231)],
)
def test_the_authorities_of_each_kind_are_all_there(classification: str, count: int) -> None:
    query = (
        f"SELECT (COUNT(?a) AS ?n) WHERE {{ ?a a ozg:TerritorialAuthority ; org:classification ozg:{classification} }}"
    )
    assert number(query) == count


def test_there_are_424_municipalities_past_ones_included() -> None:
    assert number("SELECT (COUNT(?a) AS ?n) WHERE { ?a a ozg:TerritorialAuthority ; ozg:ags ?ags }") == 424
    assert len(records("municipalities")) == 424


@pytest.mark.parametrize(("kind", "count"), [("GemeindefreiesGebiet", 4), ("Regierungsbezirk", 3)])
def test_areas_without_an_authority_are_places_only(kind: str, count: int) -> None:
    query = f"""SELECT (COUNT(?place) AS ?count) WHERE {{
      ?place a dct:Location ; dct:type ozg:{kind} FILTER NOT EXISTS {{ ?authority dct:spatial ?place }} }}"""
    assert number(query) == count


@pytest.mark.parametrize(
    ("day", "count"),
    [
        ("2019-10-31", 423),
        ("2019-12-31", 423),
        ("2020-01-01", 422),
        ("2021-05-17", 422),
        ("2022-12-31", 422),
        ("2023-01-01", 421),
        ("2026-11-22", 421),
    ],
)
def test_the_municipalities_in_force_on_a_day_can_be_counted(day: str, count: int) -> None:
    assert number(IN_FORCE, day) == count


@pytest.mark.parametrize("day", ["2019-10-31", "2021-05-17", "2023-01-01", "2025-12-31", "2026-01-01"])
def test_every_municipality_in_force_lies_in_exactly_one_territory(day: str) -> None:
    assert rows(HOMES, day) == []


@pytest.mark.parametrize(("indicator", "total"), [("population", "6293154"), ("areaKm2", "21115.69")])
def test_municipalities_and_unincorporated_areas_add_up_to_the_state(indicator: str, total: str) -> None:
    query = f"""SELECT (SUM(?value) AS ?total) WHERE {{
      ?figure ozg:indicator ozg:{indicator} ; ozg:asOf "2020-12-31"^^xsd:date ; ozg:value ?value ; ozg:subject ?about .
      FILTER NOT EXISTS {{ ?about org:classification ozg:Landkreis }} }}"""
    assert number(query) == Decimal(total)


@pytest.mark.parametrize("column", ["population", "area_km2"])
def test_the_members_of_a_district_add_up_to_the_district(column: str) -> None:
    figures = {row["key"]: Decimal(row[column]) for row in records("figures-territory")}
    districts = {row["district_key"] for row in records("districts")}
    sums = {
        district: sum(v for k, v in figures.items() if len(k) == 8 and k.startswith(district)) for district in districts
    }
    assert sums == {district: figures[district] for district in districts}


def test_every_key_starts_with_the_key_of_its_district_or_region() -> None:
    for row in records("containment"):
        moved = row["part"] == "06435014" and row["valid_from"] == "2026-01-01"
        assert moved or row["part"].startswith(row["whole"])
    for row in records("municipalities"):
        assert re.fullmatch(r"06\d{6}", row["ags"])
        assert row["ars"] in {"", row["ags"][:5] + row["ars"][5:9] + row["ags"][5:]}
        assert row["ags"].startswith(row["district_key"])


def test_nothing_is_described_by_two_files() -> None:
    homes: dict[str, set[str]] = {}
    for name in TABLES:
        for triple in reading(name).triples:
            homes.setdefault(triple.subject.value, set()).add(name)
    for name in GRAPHS:
        for quad in ox.parse((DATA / f"{name}.ttl").read_bytes(), ox.RdfFormat.TURTLE):
            if quad.predicate.value == RDF + "type":
                homes.setdefault(quad.subject.value, set()).add(name)
    assert {iri: names for iri, names in homes.items() if len(names) > 1} == {}


def test_every_address_is_ascii_and_nothing_is_a_blank_node() -> None:
    nodes = {term for quad in territory() for term in (quad.subject, quad.object) if not isinstance(term, ox.Literal)}
    assert all(isinstance(node, ox.NamedNode) and node.value.isascii() for node in nodes)


def test_everything_has_exactly_one_german_label() -> None:
    labels = list(territory().quads_for_pattern(None, ox.NamedNode(SKOS + "prefLabel"), None))
    german = Counter(quad.subject for quad in labels if quad.object.language == "de")
    assert {quad.subject for quad in territory()} == set(german)
    assert set(german.values()) == {1}


def test_every_text_has_a_language() -> None:
    keys = {OZG + name for name in ("ags", "ars", "districtKey", "ozgId", "leikaKey")}
    keys |= {DCT + "identifier", SKOS + "notation"}
    plain = [
        quad
        for quad in territory()
        if isinstance(quad.object, ox.Literal)
        and quad.object.datatype.value == PREFIXES["xsd"] + "string"
        and quad.predicate.value not in keys
    ]
    assert plain == []


def test_every_authority_place_and_statement_has_a_source_that_is_described() -> None:
    missing = """SELECT ?thing WHERE {
      VALUES ?type { ozg:TerritorialAuthority ozg:Containment ozg:Figure dct:Location org:ChangeEvent skos:Concept }
      ?thing a ?type FILTER NOT EXISTS { ?thing dct:source ?source . ?source a foaf:Document } }"""
    assert rows(missing) == []
    several = """SELECT ?thing WHERE { VALUES ?type { ozg:Containment ozg:Figure } ?thing a ?type ; dct:source ?source }
      GROUP BY ?thing HAVING (COUNT(?source) != 1)"""
    assert rows(several) == []


def test_a_place_is_called_like_its_authority() -> None:
    query = "SELECT ?a WHERE { ?a dct:spatial ?p ; skos:prefLabel ?n . ?p skos:prefLabel ?m FILTER (?n != ?m) }"
    assert rows(query) == []


def test_a_place_has_its_centre_as_a_point_with_the_longitude_first() -> None:
    (quad,) = territory().quads_for_pattern(
        ox.NamedNode(THING + "place/06411000"), ox.NamedNode(DCAT + "centroid"), None
    )
    assert quad.object == ox.Literal("POINT(8.653838 49.872238)", datatype=ox.NamedNode(GEO + "wktLiteral"))


def test_an_independent_city_is_one_body_with_two_keys() -> None:
    assert objects("municipality/06411000", OZG + "districtKey") == {"06411"}
    assert objects("municipality/06411000", DCT + "identifier") == {"06411000"}
    assert objects("municipality/06411000#districtKey", SKOS + "notation") == {"06411"}
    assert rows("SELECT ?a WHERE { ?a a ozg:TerritorialAuthority FILTER STRENDS(STR(?a), 'district/06411') }") == []


def test_hanau_moves_in_2026_and_its_new_key_stays_unconfirmed() -> None:
    assert objects("place/06435014", DCT + "isPartOf") == {THING + "place/06435", THING + "place/064"}
    assert objects("municipality/06435014", OZG + "ags") == {"06435014"}
    assert objects("municipality/06435014", ORG + "classification") == {OZG + "Stadt"}
    assert objects("municipality/06435014#ags-2026", OZG + "status") == {OZG + "unconfirmed"}


def test_what_no_source_says_of_oberweser_and_wahlsburg_is_left_out() -> None:
    for ags in ("06633021", "06633027"):
        assert objects(f"municipality/{ags}", ORG + "classification") == set()
        assert objects(f"municipality/{ags}", OZG + "ars") == set()
        assert objects(f"municipality/{ags}", OZG + "validTo") == {"2019-12-31"}


@pytest.mark.parametrize(
    ("table", "count"), [("ozg-services", 557), ("ozg-fields", 14), ("ozg-situations", 55), ("figures-territory", 447)]
)
def test_the_lists_are_complete(table: str, count: int) -> None:
    assert len(reading(table).records) == count


def test_an_ozg_service_stands_in_the_topic_field_of_its_situation() -> None:
    fields = {row["key"]: row["field"] for row in records("ozg-situations")}
    assert all(row["field"] == fields[row["situation"]] for row in records("ozg-services"))
    assert {row["field"] for row in records("ozg-services")} == {row["key"] for row in records("ozg-fields")}


def test_the_copy_of_the_catalogue_says_that_it_is_unofficial() -> None:
    for scheme in ("ozg-katalog-2019", "leika-2019"):
        assert any(
            note.startswith("Inoffizielle Kopie von 2019") for note in objects(f"concept/{scheme}", SKOS + "note")
        )
