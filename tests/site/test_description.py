"""The graph about one thing: what is in it, what is counted, and that it ends."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.conftest import KINDS
from tests.small_snapshot import small_snapshot

from ozg_lod.core.messages import Label
from ozg_lod.core.vocab import DCT, OZG, RDFS, SCHEMA, SKOS
from ozg_lod.rdf.graph import (
    Graph,
    collation,
    names_in,
    pick,
)
from ozg_lod.rdf.labels import Labels
from ozg_lod.site.description import Description, about
from ozg_lod.site.lists import (
    list_graph,
    pages,
    table,
    write_csv,
)
from ozg_lod.site.vocabulary import rules

HERE = Path(__file__).parents[1]
BASE = "https://w3id.org/ozg-lod/hessen/"
MANY = 130


@pytest.fixture(scope="module")
def store() -> ox.Store:
    store = ox.Store()
    for path in (HERE / "small_catalogue.ttl", HERE.parent / "ontology" / "ozg.ttl"):
        store.load(path=path, format=ox.RdfFormat.TURTLE)
    return store


def described(store: ox.Store, name: str, **options: int) -> Description:
    description = about(Graph(store), f"{BASE}id/{name}", **options)
    assert description is not None
    return description


def incoming(description: Description) -> dict[tuple[str, str], list[str]]:
    return {
        (group.property.rpartition("#")[2].rpartition("/")[2], group.status.removeprefix(OZG)): [
            subject.removeprefix(BASE + "id/") for subject in group.subjects
        ]
        for group in description.incoming
    }


def test_a_thing_brings_the_statements_about_it_with_source_wording_and_dates(store: ox.Store) -> None:
    description = described(store, "bundle/jugendamt")
    said = description.facts[BASE + "id/availability/jugendamt-2021-05-17"]
    assert {DCT + "source", OZG + "wording", OZG + "month", OZG + "asOf"} <= set(said)
    assert len(said[OZG + "month"]) == 3


def test_everything_the_thing_says_is_in_its_graph(store: ox.Store) -> None:
    for name in ("bundle/jugendamt", "municipality/06435014", "discrepancy/zeilen", "programme/modell"):
        iri = f"{BASE}id/{name}"
        assert set(Graph(store).about(iri)) <= described(store, name).triples


def test_every_neighbour_has_its_names_in_the_graph(store: ox.Store) -> None:
    description = described(store, "bundle/jugendamt")
    assert description.names[BASE + "id/source/folien"] == {
        "de": "Folien vom 19. Mai 2021",
        "en": "Slides of 19 May 2021",
    }
    label = ox.NamedNode(SKOS + "prefLabel")
    named = {triple.subject for triple in description.triples if triple.predicate == label}
    assert {ox.NamedNode(BASE + "id/source/folien"), ox.NamedNode(OZG + "available")} <= named


def test_properties_have_names_that_are_not_part_of_the_graph(store: ox.Store) -> None:
    description = described(store, "bundle/jugendamt")
    assert description.names[OZG + "serviceCount"]["de"] == "Anzahl Leistungen"
    assert all(triple.subject != ox.NamedNode(OZG + "serviceCount") for triple in description.triples)


def test_links_are_grouped_by_property_and_what_is_only_announced_stands_apart(store: ox.Store) -> None:
    found = incoming(described(store, "programme/modell"))
    assert found["programme", "contractBeingConcluded"] == ["participation/modell-06411000"]
    assert found["programme", "announced"] == ["participation/modell-06411000-liste"]
    assert found["appliesTo", ""] == ["funding/einzeln"]
    assert [key for key in found if key[0] == "programme"] == [
        ("programme", "contractBeingConcluded"),
        ("programme", "announced"),
    ]


def test_a_source_lists_what_comes_from_it_without_repeating_it(store: ox.Store) -> None:
    description = described(store, "source/liste")
    (group,) = description.incoming
    assert (group.property, group.statement, group.total) == (DCT + "source", "", 1)
    assert set(description.facts[group.subjects[0]]) == {DCT + "source", SKOS + "prefLabel"}


def test_parts_of_a_thing_are_described_with_it(store: ox.Store) -> None:
    description = described(store, "municipality/06435014")
    assert description.parts == (BASE + "id/municipality/06435014#ags-2026",)
    assert SKOS + "notation" in description.facts[description.parts[0]]


def test_an_authority_says_where_its_place_lies(store: ox.Store) -> None:
    assert incoming(described(store, "municipality/06411000"))["part", ""] == ["place/06411000#in-06"]


def test_claims_conditions_and_contradictions_come_along(store: ox.Store) -> None:
    claims = described(store, "discrepancy/zeilen")
    assert OZG + "value" in claims.facts[BASE + "id/figure/zeilen"]
    programme = described(store, "programme/modell")
    assert OZG + "minDuration" in programme.facts[BASE + "id/condition/laufzeit"]
    assert (BASE + "id/figure/zeilen", BASE + "id/discrepancy/zeilen") in programme.disputes
    assert DCT + "description" in programme.facts[BASE + "id/discrepancy/zeilen"]


def test_what_nothing_is_said_of_is_not_described(store: ox.Store) -> None:
    assert about(Graph(store), BASE + "id/bundle/nichts") is None
    assert about(Graph(store), BASE + "id/bundle/jugendamt", page=0) is None
    assert about(Graph(store), BASE + "id/bundle/jugendamt", page=2) is None


def test_a_place_with_many_parts_is_counted_in_full_and_given_page_by_page(store: ox.Store) -> None:
    crowded = ox.Store()
    crowded.extend(store)
    whole = ox.NamedNode(BASE + "id/place/06")
    for number in range(MANY):
        part = ox.NamedNode(f"{BASE}id/place/x{number}")
        crowded.add(ox.Quad(part, ox.NamedNode(DCT + "isPartOf"), whole))
        crowded.add(ox.Quad(part, ox.NamedNode(SKOS + "prefLabel"), ox.Literal(f"Ort {number}", language="de")))
    seen: list[str] = []
    for page in (1, 2, 3):
        description = described(crowded, "place/06", page=page)
        (group,) = (group for group in description.incoming if group.property == DCT + "isPartOf")
        assert (group.total, description.pages) == (MANY, 3)
        assert len(description.triples) < 200
        seen += group.subjects
    assert seen == [f"{BASE}id/place/x{number}" for number in range(MANY)]


def test_names_are_taken_in_the_asked_language_then_german_then_any(store: ox.Store) -> None:
    names = names_in(iter([ox.Literal("b", language="de"), ox.Literal("a", language="de"), ox.Literal("c")]))
    assert names == {"de": "a", "": "c"}
    assert pick(names, "en") == ("a", "de")
    assert pick({"fr": "x"}, "de") == ("x", "fr")
    assert pick({}, "de", "sonst") == ("sonst", "")
    assert Graph(store).names(BASE + "id/nothing/here") == {}


def test_pages_and_findings_call_a_thing_by_the_same_name() -> None:
    turtle = "<x:a> <{0}> <x:b>, 'two'@de, 'one'@de . <x:a> <{1}> 'three'@de . <x:c> <{2}> 'four' ."
    store = ox.Store()
    store.load(turtle.format(RDFS + "label", DCT + "title", SCHEMA + "name").encode(), ox.RdfFormat.TURTLE)
    graph, labels = Graph(store), Labels(store)
    assert [labels.of(iri) for iri in ("x:a", "x:c")] == [Label({"de": "one"}), Label({"": "four"})]
    assert [graph.names(iri) for iri in ("x:a", "x:c")] == [{"de": "one"}, {"": "four"}]


def test_lists_are_sorted_as_people_sort() -> None:
    assert sorted(["Zoo", "ÄRZTE", "Aßlar", "Asbach", "Modul 10", "Modul 9"], key=collation) == [
        "ÄRZTE",
        "Asbach",
        "Aßlar",
        "Modul 9",
        "Modul 10",
        "Zoo",
    ]


def test_the_directory_has_every_thing_under_its_kind(store: ox.Store) -> None:
    found = small_snapshot(store).things
    assert [entry.key for entry in found.kinds["municipality"]] == ["06411000", "06435014"]
    assert list(found.kinds["channel"]) == []
    assert sum(len(entries) for entries in found.kinds.values()) == 19
    assert found.nearest("bundle", "jugendamd")[0].key == "jugendamt"
    assert found.nearest_kinds("bundel") == ["bundle"]


def test_a_list_is_filtered_by_words_in_name_or_key(store: ox.Store) -> None:
    entries = small_snapshot(store).things.kinds["municipality"]
    assert [entry.key for entry in entries.with_words("darm 0641")] == ["06411000"]
    assert list(entries.with_words("nirgends")) == []
    assert list(entries.with_words("  ")) == list(entries)


def test_a_list_has_a_first_page_even_when_it_is_empty(store: ox.Store) -> None:
    empty = table(Graph(store), KINDS["channel"], [], page=1, query="")
    assert (empty.total, empty.pages) == (0, 1)
    assert pages([], 100) == 1


def test_a_list_as_csv_has_no_formula(store: ox.Store) -> None:
    entry = small_snapshot(store).things.kinds["condition"][0]
    hostile = ox.Store()
    hostile.add(ox.Quad(ox.NamedNode(entry.iri), ox.NamedNode(OZG + "wording"), ox.Literal('=cmd|" /C calc"!A0')))
    assert "'=cmd" in write_csv(Graph(hostile), KINDS["condition"], [entry]).decode()
    text = write_csv(Graph(store), KINDS["funding"], small_snapshot(store).things.kinds["funding"]).decode()
    assert text.startswith("key,name,iri,appliesTo,amountEur,amountKind,grantUnit\r\n")
    assert ",100000," in text


def test_the_graph_of_a_list_names_its_things_and_their_columns(store: ox.Store) -> None:
    graph = list_graph(Graph(store), KINDS["funding"], small_snapshot(store).things.kinds["funding"])
    assert {triple.predicate.value for triple in graph} >= {OZG + "amountEur", SKOS + "prefLabel"}
    assert all(triple.predicate.value != DCT + "source" for triple in graph)


def test_terms_are_counted_where_the_data_use_them(store: ox.Store) -> None:
    used = {term.anchor: term.use.count for term in small_snapshot(store).terms}
    assert (used["Figure"], used["serviceCount"], used["month"], used["unresolved"], used["ServiceBundle"]) == (
        2,
        1,
        3,
        1,
        1,
    )


def test_rules_are_sentences_for_a_class() -> None:
    shapes = ox.Store()
    shapes.load(
        b"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ozg: <https://w3id.org/ozg-lod/ontology#> .
        @prefix s: <https://w3id.org/ozg-lod/shapes#> .
        s:F a sh:NodeShape ; sh:targetClass ozg:Figure ; sh:property s:v, s:silent ; sh:sparql s:q .
        s:v sh:path ozg:value ; sh:message "Wert fehlt"@de, "value missing"@en ; sh:severity sh:Warning .
        s:silent sh:path ozg:asOf . s:q sh:message "Summe"@de .
        s:Own a sh:NodeShape ; sh:targetSubjectsOf ozg:ags ; sh:message "Eigene Regel"@de .""",
        format=ox.RdfFormat.TURTLE,
    )
    found = {rule.iri.partition("#")[2]: rule for rule in rules(shapes)}
    assert set(found) == {"v", "q", "Own"}
    assert (found["v"].target, found["v"].path, found["v"].severity) == (OZG + "Figure", OZG + "value", "Warning")
    assert (found["q"].target, found["q"].severity) == (OZG + "Figure", "Violation")
    assert (found["Own"].target, found["Own"].by_property) == (OZG + "ags", True)
