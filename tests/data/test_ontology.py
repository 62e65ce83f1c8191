"""The vocabulary in ontology/: small, described in two languages, readable by both libraries, and used as it says."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from ozg_lod.core.vocab import (
    OWL,
    OZG,
    QB,
    RDF,
    RDFS,
    SCHEMA,
    SH,
    SKOS,
)

ROOT = Path(__file__).parents[2]
ONTOLOGY = ROOT / "ontology" / "ozg.ttl"
ALIGNMENTS = ROOT / "ontology" / "alignments.ttl"
CONTEXT = ROOT / "ontology" / "context.jsonld"
HEADER = ox.NamedNode("https://w3id.org/ozg-lod/ontology")
KINDS = {
    OWL + "Class",
    OWL + "ObjectProperty",
    OWL + "DatatypeProperty",
    SKOS + "Concept",
    SKOS + "ConceptScheme",
    QB + "DataStructureDefinition",
    QB + "ComponentSpecification",
}
PROPERTIES = {OWL + "ObjectProperty", OWL + "DatatypeProperty"}
ROUND_TRIPS = [ONTOLOGY, *sorted((ROOT / "tests" / "shapes").glob("*.ttl"))]
NOT_AS_WRITTEN = {"bundle", "place"}
"""Their failing nodes hold values that rdflib's writer of JSON-LD spells differently or drops."""


def triples(path: Path) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(path=path)}


@cache
def terms() -> dict[str, dict[str, list[ox.NamedNode | ox.Literal]]]:
    """Each term of the vocabulary with what is said of it, by property."""
    found: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
    for triple in triples(ONTOLOGY):
        if triple.subject != HEADER:
            found.setdefault(triple.subject.value, {}).setdefault(triple.predicate.value, []).append(triple.object)
    return found


def kinds(term: str) -> set[str]:
    return {kind.value for kind in terms()[term][RDF + "type"]}


def name(term: str) -> str:
    return term.removeprefix(OZG)


def mentioned(path: Path) -> set[str]:
    return {
        node.value
        for triple in triples(path)
        for node in (triple.subject, triple.predicate, triple.object)
        if isinstance(node, ox.NamedNode) and node.value.startswith(OZG)
    }


@pytest.mark.parametrize("term", sorted(terms()), ids=name)
def test_each_term_has_one_kind_and_a_label_and_a_definition_in_both_languages(term: str) -> None:
    assert re.fullmatch(re.escape(OZG) + "[A-Za-z][A-Za-z0-9]*", term)
    assert len(kinds(term) & KINDS) == 1
    assert terms()[term][RDFS + "isDefinedBy"] == [HEADER]
    for said in (RDFS + "label", SKOS + "definition"):
        assert sorted(literal.language for literal in terms()[term][said]) == ["de", "en"]
    assert all(literal.value.endswith(".") for literal in terms()[term][SKOS + "definition"])


@pytest.mark.parametrize("said", ["label", "definition", "scopeNote"])
def test_notes_come_in_both_languages_or_not_at_all(said: str) -> None:
    for term, facts in terms().items():
        languages = sorted(literal.language for literal in facts.get(SKOS + said, ()))
        assert languages in ([], ["de", "en"]), term


def test_the_vocabulary_stays_small() -> None:
    assert len([term for term in terms() if OWL + "Class" in kinds(term)]) <= 14
    assert len([term for term in terms() if kinds(term) & PROPERTIES]) <= 56


def test_no_property_is_named_by_a_preposition() -> None:
    assert not {name(term) for term in terms()} & {"about", "at", "by", "for", "from", "in", "of", "on", "per", "to"}


def test_what_was_renamed_before_the_first_release_is_gone_and_its_successor_is_there() -> None:
    decision = (ROOT / "docs" / "decisions" / "20261130-names-of-the-first-release.md").read_text("utf-8")
    rows = [re.findall(r"ozg:\w+", line) for line in decision.splitlines() if line.startswith("| `ozg:")]
    known = {"ozg:" + name(term) for term in terms()}
    assert len(rows) == 11
    for row in rows:
        half = len(row) // 2 if len(row) > 3 else 1
        assert not set(row[:half]) & known
        assert set(row[half : 2 * half]) <= known


def test_each_class_and_property_is_used_by_the_data_or_by_a_contract() -> None:
    files = [path for folder in ("data", "contributions", "queries/derive") for path in (ROOT / folder).iterdir()]
    texts = [path.read_text("utf-8") for path in files if path.suffix in {".ttl", ".json", ".rq"}]
    used = {f"{OZG}{word}" for text in texts for word in re.findall(r"(?:ozg:|ontology#)(\w+)", text)}
    assert {term for term in terms() if kinds(term) & {OWL + "Class", *PROPERTIES}} <= used


def test_the_vocabulary_has_no_blank_nodes() -> None:
    assert not any(isinstance(node, ox.BlankNode) for triple in triples(ONTOLOGY) for node in triple)


def test_the_vocabulary_describes_only_its_own_terms() -> None:
    assert all(term.startswith(OZG) for term in terms())


def test_each_concept_is_in_a_scheme_and_has_its_name_as_notation() -> None:
    for term, facts in terms().items():
        if SKOS + "Concept" in kinds(term):
            (scheme,) = facts[SKOS + "inScheme"]
            assert SKOS + "ConceptScheme" in kinds(scheme.value)
            assert [literal.value for literal in facts[SKOS + "notation"]] == [name(term)]
            assert set(facts[SKOS + "prefLabel"]) == set(facts[RDFS + "label"])


@pytest.mark.parametrize("path", [ONTOLOGY, ALIGNMENTS], ids=lambda path: path.stem)
def test_both_libraries_read_the_same_number_of_triples(path: Path) -> None:
    graph = rdflib.Graph()
    graph.parse(path)
    assert len(graph) == len(triples(path))


def test_the_subjects_stand_in_order() -> None:
    subjects = re.findall(r"^(ozg:\w+)$", ONTOLOGY.read_text("utf-8"), re.MULTILINE)
    assert subjects == sorted(subjects)
    assert len(subjects) == len(terms())


def test_alignments_make_no_class_a_subclass() -> None:
    statements = triples(ALIGNMENTS)
    strong = {RDFS + "subClassOf", RDFS + "subPropertyOf", OWL + "equivalentClass", OWL + "sameAs"}
    assert not [triple for triple in statements if triple.predicate.value in strong]
    assert any(str(triple.object.value) == SCHEMA + "FundingScheme" for triple in statements)
    assert not [triple for triple in triples(ONTOLOGY) if str(getattr(triple.object, "value", "")).startswith(SCHEMA)]


@pytest.mark.parametrize("path", [ALIGNMENTS, *sorted((ROOT / "shapes").glob("*.ttl"))], ids=lambda path: path.stem)
def test_each_term_that_alignments_and_rules_mention_exists(path: Path) -> None:
    assert mentioned(path) <= set(terms())


def test_each_property_has_a_rule() -> None:
    ruled = set().union(*(mentioned(path) for path in (ROOT / "shapes").glob("*.ttl")))
    properties = {term for term in terms() if kinds(term) & {OWL + "ObjectProperty", OWL + "DatatypeProperty"}}
    assert properties <= ruled


def context() -> dict[str, object]:
    found: dict[str, object] = json.loads(CONTEXT.read_text("utf-8"))["@context"]
    return found


@pytest.mark.parametrize("term", sorted(terms()), ids=name)
def test_the_context_knows_each_term(term: str) -> None:
    entry = context()[name(term)]
    assert (entry["@id"] if isinstance(entry, dict) else entry) == "ozg:" + name(term)


def test_the_context_gives_links_and_dates_their_type() -> None:
    for term, facts in terms().items():
        entry = context()[name(term)]
        if OWL + "ObjectProperty" in kinds(term):
            assert entry == {"@id": "ozg:" + name(term), "@type": "@id"}
        ranges = [found.value.rpartition("#")[2] for found in facts.get(RDFS + "range", ())]
        if ranges and ranges[0] in {"date", "gYearMonth", "yearMonthDuration"}:
            assert entry == {"@id": "ozg:" + name(term), "@type": "xsd:" + ranges[0]}


@pytest.mark.parametrize(
    "path", [path for path in ROUND_TRIPS if path.stem not in NOT_AS_WRITTEN], ids=lambda p: p.stem
)
def test_data_written_with_the_context_read_back_as_the_same_data(path: Path) -> None:
    graph = rdflib.Graph()
    graph.parse(path)
    written = graph.serialize(format="json-ld", context=context(), auto_compact=False)
    read = {quad.triple for quad in ox.parse(written.encode(), format=ox.RdfFormat.JSON_LD)}
    blank = {triple for triple in read | triples(path) if any(isinstance(node, ox.BlankNode) for node in triple)}
    assert not blank
    assert read == triples(path)


def test_no_rule_and_no_term_speaks_of_shacl_to_people() -> None:
    for path in (ROOT / "shapes").glob("*.ttl"):
        for triple in triples(path):
            if triple.predicate.value in {SH + "name", RDFS + "label"}:
                assert not re.search(r"shape|shacl|:", triple.object.value, re.IGNORECASE)
