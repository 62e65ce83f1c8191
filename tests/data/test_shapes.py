"""The rules in shapes/: each refuses what it should and nothing else, and says in two languages what to write."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from ozg_lod.core.vocab import (
    ONTOLOGY,
    OWL,
    OZG,
    OZGSH,
    RDF,
    RDFS,
    SH,
    SHAPES,
    SKOS,
)
from ozg_lod.site import vocabulary
from ozg_lod.snapshots import rule_examples

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "shapes").glob("*.ttl"))
CASES = sorted((ROOT / "tests" / "shapes").glob("*.ttl"))
PASSING = "https://example.org/passing/"
FAILING = "https://example.org/failing/"
EXPECTS = ox.NamedNode("https://example.org/expects")
CLOSED_LISTS = {
    "statement-status-known": "StatusScheme",
    "funding-kind-known": "AmountKindScheme",
    "funding-unit-known": "GrantUnitScheme",
}


def term(address: str) -> ox.NamedNode:
    return ox.NamedNode(address)


def triples(*paths: Path) -> list[ox.Triple]:
    return [quad.triple for path in paths for quad in ox.parse(path=path)]


@cache
def shapes() -> ox.Store:
    store = ox.Store()
    for path in FILES:
        store.load(path=path, format=ox.RdfFormat.TURTLE)
    return store


def objects(store: ox.Store, subject: ox.NamedNode, predicate: str) -> list[ox.NamedNode | ox.Literal]:
    return [quad.object for quad in store.quads_for_pattern(subject, term(predicate), None)]


def members(store: ox.Store, head: ox.NamedNode | ox.BlankNode) -> list[ox.NamedNode]:
    if head == term(RDF + "nil"):
        return []
    (first,), (rest,) = objects(store, head, RDF + "first"), objects(store, head, RDF + "rest")
    return [first, *members(store, rest)]


@cache
def rules() -> frozenset[ox.NamedNode]:
    """What can be reported: every shape with a message."""
    return frozenset(quad.subject for quad in shapes().quads_for_pattern(None, term(SH + "message"), None))


@cache
def findings(path: Path) -> frozenset[tuple[str, str, str]]:
    """What plain pySHACL says about a file of cases: triples of focus node, value and rule."""
    rule_examples, report = rdflib.Graph(), rdflib.Graph()
    for source in (path, ROOT / "ontology" / "ozg.ttl"):
        rule_examples.parse(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, report, _ = pyshacl.validate(rule_examples, shacl_graph=rules_for_pyshacl(), inference="none")
    names = [rdflib.SH[name] for name in ("focusNode", "value", "sourceShape")]
    results = report.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult)
    return frozenset(tuple(str(report.value(result, name)) for name in names) for result in results)


@cache
def rules_for_pyshacl() -> rdflib.Graph:
    graph = rdflib.Graph()
    for path in FILES:
        graph.parse(path)
    return graph


def refused(path: Path, namespace: str) -> dict[str, set[str]]:
    """The nodes of a namespace that are refused, each with the rules that refuse it.

    The rule about unknown terms looks at the vocabulary once and names the thing as the value of its finding.
    """
    found: dict[str, set[str]] = {}
    for focus, value, rule in findings(path):
        thing = value if focus == ONTOLOGY else focus
        if thing.startswith(namespace):
            found.setdefault(thing, set()).add(rule)
    return found


def expected(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for triple in triples(path):
        if triple.predicate == EXPECTS:
            found.setdefault(triple.subject.value, set()).add(triple.object.value)
    return found


def things(path: Path, namespace: str) -> set[ox.NamedNode]:
    nodes = {triple.subject for triple in triples(path)}
    return {node for node in nodes if isinstance(node, ox.NamedNode) and node.value.startswith(namespace)}


def targets(rule: ox.NamedNode) -> set[tuple[str, str]]:
    """What a rule is about, by itself or through the shape of its class: pairs of kind of target and term."""
    owners = {rule, *(quad.subject for quad in shapes().quads_for_pattern(None, term(SH + "property"), rule))}
    kinds = ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
    return {(kind, found.value) for owner in owners for kind in kinds for found in objects(shapes(), owner, SH + kind)}


@cache
def looked_at_and_passed() -> frozenset[tuple[str, str]]:
    """Every target that a passing node of the cases is hit by, superclasses included."""
    parents: dict[str, set[str]] = {}
    for triple in triples(ROOT / "ontology" / "ozg.ttl"):
        if triple.predicate == term(RDFS + "subClassOf"):
            parents.setdefault(triple.subject.value, set()).add(triple.object.value)
    hit = {("targetNode", ONTOLOGY)}
    for triple in (triple for path in CASES for triple in triples(path)):
        if triple.subject.value.startswith(PASSING):
            hit.add(("targetSubjectsOf", triple.predicate.value))
            if triple.predicate == term(RDF + "type"):
                hit |= {("targetClass", name) for name in {triple.object.value, *parents.get(triple.object.value, ())}}
        if isinstance(triple.object, ox.NamedNode) and triple.object.value.startswith(PASSING):
            hit.add(("targetObjectsOf", triple.predicate.value))
    return frozenset(hit)


def test_every_file_of_rules_has_its_cases() -> None:
    with_rules = {path.name for path in FILES if any(t.predicate == term(SH + "message") for t in triples(path))}
    assert with_rules == {path.name for path in CASES}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_failing_nodes_are_refused_by_exactly_the_rules_they_name(path: Path) -> None:
    assert refused(path, FAILING) == expected(path)
    assert set(expected(path)) == {node.value for node in things(path, FAILING)}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_passing_nodes_are_refused_by_none(path: Path) -> None:
    assert things(path, PASSING)
    assert refused(path, PASSING) == {}


@pytest.mark.parametrize("rule", sorted(rules(), key=str), ids=lambda rule: rule.value.removeprefix(OZGSH))
def test_each_rule_refuses_one_case_and_lets_another_pass(rule: ox.NamedNode) -> None:
    assert any(rule.value in names for path in CASES for names in expected(path).values())
    assert targets(rule)
    assert targets(rule) & looked_at_and_passed()


@pytest.mark.parametrize("rule", sorted(rules(), key=str), ids=lambda rule: rule.value.removeprefix(OZGSH))
def test_each_rule_has_an_address_a_severity_a_name_and_a_sentence_in_both_languages(rule: ox.NamedNode) -> None:
    assert re.fullmatch(re.escape(OZGSH) + "[a-z]+(-[a-z]+)*", rule.value)
    assert [severity.value for severity in objects(shapes(), rule, SH + "severity")] in (
        [SH + "Violation"],
        [SH + "Warning"],
    )
    for text in ("message", "name"):
        assert sorted(literal.language for literal in objects(shapes(), rule, SH + text)) == ["de", "en"]
    for literal in objects(shapes(), rule, SH + "message"):
        assert literal.value.endswith(".")
        assert not re.search(r"http|sh:|xsd:|ozg:|rdf:|skos:|[{}]|\bIRI\b|\bURI\b|Literal|literal", literal.value)


@pytest.mark.parametrize("rule", sorted(rules(), key=str), ids=lambda rule: rule.value.removeprefix(OZGSH))
def test_each_rule_is_shown_with_an_example_it_lets_pass_and_one_it_refuses(rule: ox.NamedNode) -> None:
    example = examples()[rule.value]
    file = ROOT / "tests" / "shapes" / example.file
    assert rule.value in refused(file, FAILING)[example.failing]
    assert example.passing in {node.value for node in things(file, PASSING)}
    assert refused(file, PASSING) == {}
    assert example.good != example.bad
    assert len(example.good) == len(example.bad) <= 4


def test_the_page_of_the_rules_has_all_that_can_refuse() -> None:
    listed = vocabulary.rules(shapes())
    assert {rule.iri for rule in listed} == {rule.value for rule in rules()}
    assert set(examples()) >= {rule.iri for rule in listed}
    order = next(rule for rule in listed if rule.iri == OZGSH + "period-order")
    assert order.spoken_of == {"http://www.w3.org/ns/dcat#startDate", "http://www.w3.org/ns/dcat#endDate"}


@cache
def examples() -> dict[str, rule_examples.RuleExample]:
    quads = rule_examples.as_quads({path.name: path.read_bytes() for path in CASES})
    return rule_examples.examples(quads, "https://w3id.org/ozg-lod/hessen/", {})


def test_what_can_refuse_can_also_speak() -> None:
    used = {quad.object for quad in shapes().quads_for_pattern(None, term(SH + "property"), None)}
    helpers = {
        quad.object
        for name in ("node", "not", "qualifiedValueShape")
        for quad in shapes().quads_for_pattern(None, term(SH + name), None)
    }
    helpers |= {
        member
        for quad in shapes().quads_for_pattern(None, term(SH + "or"), None)
        for member in members(shapes(), quad.object)
    }
    inside = {found for helper in helpers for found in objects(shapes(), helper, SH + "property")}
    assert used - inside <= rules()


def test_no_shape_is_a_blank_node() -> None:
    for name in ("NodeShape", "PropertyShape", "SPARQLConstraint", "PrefixDeclaration"):
        for quad in shapes().quads_for_pattern(None, term(RDF + "type"), term(SH + name)):
            assert isinstance(quad.subject, ox.NamedNode)


def test_no_query_is_run_for_every_thing_of_a_class() -> None:
    for quad in shapes().quads_for_pattern(None, term(SH + "sparql"), None):
        assert {kind for kind, _ in targets(quad.subject)} <= {"targetNode", "targetSubjectsOf"}


def test_patterns_are_anchored_and_repeat_nothing_inside_a_repetition() -> None:
    for quad in shapes().quads_for_pattern(None, term(SH + "pattern"), None):
        assert quad.object.value.startswith("^") or quad.object.value.endswith("$")
        assert not re.search(r"\)[*+]|\)\{", quad.object.value)
        re.compile(quad.object.value)


@pytest.mark.parametrize("profile", ["cpov-2.1.2", "cpsv-ap-3.2.0"])
def test_bodies_that_pass_our_rules_pass_the_european_profiles(profile: str, shared: Path) -> None:
    checker = shared / "standards" / "check_profile.py"
    files = [ROOT / "tests" / "shapes" / "authority.ttl", ROOT / "ontology" / "ozg.ttl"]
    command = [sys.executable, checker, profile, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert lines[-1].startswith(f"{profile}: "), done.stderr
    assert [line for line in lines if PASSING in line] == []
    assert [line for line in lines if FAILING in line]


@pytest.mark.parametrize(("rule", "scheme"), CLOSED_LISTS.items())
def test_closed_lists_are_those_of_the_vocabulary(rule: str, scheme: str) -> None:
    (head,) = objects(shapes(), term(OZGSH + rule), SH + "in")
    in_scheme = term(SKOS + "inScheme")
    concepts = {
        triple.subject
        for triple in triples(ROOT / "ontology" / "ozg.ttl")
        if triple.predicate == in_scheme and triple.object == term(OZG + scheme)
    }
    assert set(members(shapes(), head)) == concepts


def test_the_rules_as_a_whole_have_a_title_a_licence_and_a_version() -> None:
    said = {quad.predicate.value for quad in shapes().quads_for_pattern(term(SHAPES), None, None)}
    assert {
        "http://purl.org/dc/terms/title",
        "http://purl.org/dc/terms/license",
        OWL + "versionIRI",
        OWL + "versionInfo",
    } <= said
