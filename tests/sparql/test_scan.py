"""The lexical look at a query: what it refuses, what it tells, and that it never takes long."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ozg_lod.core.errors import (
    BadRequest,
    Forbidden,
    OzgLodError,
    TooLarge,
)
from ozg_lod.sparql.scan import MAX_DEPTH, MAX_OPERATORS, scan
from ozg_lod.sparql.tokens import position

SERVICES = [
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "select * { service silent ?x { ?s ?p ?o } }",
    "SELECT * { SERVICE<http://127.0.0.1:1/>{ ?s ?p ?o } }",
    "SELECT * { # a comment\n SERVICE\t<http://127.0.0.1:1/> {} }",
    "PREFIX s: <http://127.0.0.1/> SELECT * { FILTER EXISTS { SERVICE s:x {} } }",
    "DESCRIBE ?x { SeRvIcE <http://127.0.0.1:1/> { ?x ?p ?o } }",
    "SELECT * { \\u0053ERVICE <http://127.0.0.1:1/> {} }",
    "SELECT * { { SELECT * { SERVICE ?g {} } } }",
    "SELECT * { FILTER(1<2)SERVICE#>\n<http://127.0.0.1:1/>{ ?s ?p ?o } }",
    "SELECT * { BIND(?a<2 AS ?x)SERVICE#>\n<http://127.0.0.1:1/>{} }",
    "SELECT * { {SELECT(1<2AS?x){}HAVING(1<2)}SERVICE#>\n<http://127.0.0.1:1/>{} }",
    "SELECT * { FILTER(?x IN(1,2<3)&&true<4)SERVICE#>\n<http://127.0.0.1:1/>{} }",
    "SELECT * { ?s ?p trueFILTER(COUNT(DISTINCTtrue<2))SERVICE#>\n<http://127.0.0.1:1/>{} }",
    "SELECT * { FILTER EXISTS{}FILTER(<http://f>(1)<2)SERVICE#>\n<http://127.0.0.1:1/>{} }",
    "SELECT * { SERVICESILENT<http://127.0.0.1:1/>{} }",
    "SELECT * { ?s ?p 1SERVICE<http://127.0.0.1:1/>{} }",
    "SELECT * { ?s ?p 1.e5SERVICE<http://127.0.0.1:1/>{} }",
    "SELECT * { ?s ?p trueSERVICE<http://127.0.0.1:1/>{} }",
    "PREFIX : <http://127.0.0.1:1/> SELECT * { SERVICE:x {} }",
    "PREFIX : <http://127.0.0.1:1/> SELECT * { SERVICESILENT:x{} }",
]
NO_SERVICES = [
    'SELECT * { ?s ?p "SERVICE <x>" }',
    "SELECT * { ?s ?p '''SERVICE\n<x>''' }",
    "SELECT * { ?service ?p ?o }",
    "SELECT * { <http://x/SERVICE> ?p ?o }",
    "PREFIX service: <http://x/> SELECT * { service:SERVICE service: ?o }",
    "ASK { ?s ?p ?o } # SERVICE <x>",
    'ASK { ?s ?p "x"@service }',
    "ASK { ?s <http://x/(1<2)SERVICE#> ?o }".replace("<2", "2"),
    "ASK { FILTER(?x = <http://x/SERVICE>) }",
    "PREFIX service: <http://x/> ASK { GRAPH service:x { ?s ?p ?o } }",
    "ASK { ?s ?p x:a.SERVICE }",
]
HOSTILE = [
    '"""' + "a" * 60_000,
    "'" * 60_000,
    "<" * 60_000,
    '"\\' * 30_000,
    "\\u0041" * 10_000,
    "a:" * 30_000,
    "a.-" * 20_000,
    "'\\\n" * 20_000,
    "#" * 60_000,
    ":%" * 30_000,
    "1-" * 30_000,
    "(" * 60_000,
    "a.-" * 20_000 + "a",
    "BASE<h://a/>" + "BASE<a/>" * 7_000,
    "ASK{FILTER(" + "1<" * 29_000,
]


@pytest.mark.parametrize("query", SERVICES)
def test_service_is_refused_by_name_however_it_is_spelled(query: str) -> None:
    with pytest.raises(Forbidden, match="SERVICE is not offered"):
        scan(query)


@pytest.mark.parametrize("query", NO_SERVICES)
def test_the_word_service_is_allowed_where_it_is_only_text(query: str) -> None:
    assert scan(query).form in ("SELECT", "ASK")


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_text_takes_no_time(query: str) -> None:
    start = time.process_time()
    with contextlib.suppress(OzgLodError):
        scan(query)
    assert time.process_time() - start < 1


def test_nesting_is_refused_with_its_place() -> None:
    with pytest.raises(BadRequest) as caught:
        scan("ASK {\n" + "(" * 5000)
    assert caught.value.details == {"line": 2, "column": MAX_DEPTH}


def test_too_many_operators_are_refused() -> None:
    with pytest.raises(BadRequest, match=f"more than {MAX_OPERATORS} operators"):
        scan("ASK { FILTER(" + "||".join(["1"] * 3000) + ") }")


def test_a_long_query_and_a_nul_are_refused() -> None:
    with pytest.raises(TooLarge, match="at most 1,048,576"):
        scan("ASK {} #" + "x" * 1_048_576)
    with pytest.raises(TooLarge, match="expressions have more than 30000 terms"):
        scan("ASK { ?s ?p ?o FILTER(?o IN (" + "1," * 30_000 + "1)) }")
    with pytest.raises(BadRequest, match="more than 10000 variables"):
        scan("SELECT " + " ".join(f"?v{n}" for n in range(10_001)) + " {}")
    with pytest.raises(BadRequest, match="NUL"):
        scan("ASK {\x00}")


@pytest.mark.parametrize("word", ["INSERT", "delete", "LOAD", "CLEAR", "DROP", "WITH"])
def test_an_update_is_told_what_this_endpoint_does(word: str) -> None:
    with pytest.raises(BadRequest, match="only reads"):
        scan(f"PREFIX x: <http://x/>\n{word} DATA {{ x:a x:b x:c }}")


def test_the_dataset_clause_the_star_and_the_variables_are_found() -> None:
    found = scan(
        "PREFIX g: <http://g/>\nSELECT DISTINCT * FROM g:a FROM <http://g/b> FROM NAMED g:c\\- "
        "{ ?b ?p ?a FILTER(?a * 2 > 1) }"
    )
    assert found.form == "SELECT"
    assert found.graphs == ("http://g/a", "http://g/b")
    assert found.named == ("http://g/c-",)
    assert found.star == 38
    assert found.variables == ("b", "p", "a")
    assert found.missing == {}


def test_an_undeclared_prefix_is_found_with_its_place() -> None:
    query = "SELECT ?s {\n  ?s a ozg:ServiceBundle }"
    (offset,) = scan(query).missing.values()
    assert position(query, offset) == (2, 8)


def test_queries_whose_answer_moves_are_known() -> None:
    assert scan("SELECT (NOW() AS ?t) {}").volatile
    assert not scan("SELECT (1 AS ?now) {}").volatile


@given(st.text(max_size=300))
def test_any_text_raises_only_our_errors(text: str) -> None:
    with contextlib.suppress(OzgLodError):
        scan(text)


def test_relative_addresses_are_resolved_against_the_base() -> None:
    found = scan("BASE <http://x/a/b> PREFIX p: <c#> SELECT * FROM <d> FROM NAMED p:e { ?s ?p ?o }")
    assert found.graphs == ("http://x/a/d",)
    assert found.named == ("http://x/a/c#e",)


def test_bnode_with_a_label_is_refused_with_its_place_and_without_one_is_not() -> None:
    with pytest.raises(BadRequest, match="Line 2, column 8: BNODE with a label"):
        scan("SELECT\n(bnode (?x) AS ?b) { ?x ?y ?z }")
    assert scan("SELECT (BNODE( ) AS ?b) {}").volatile


@pytest.mark.parametrize(
    ("query", "graphs", "named"),
    [
        ("ASKFROM<http://g/a>{}", ("http://g/a",), ()),
        ("SELECT*FROMNAMED<http://g/a>{}", (), ("http://g/a",)),
        ("PREFIX :<http://g/>SELECT*FROM:a FROMNAMED:b{}", ("http://g/a",), ("http://g/b",)),
        ("PREFIX FROM:<http://f/>DESCRIBE FROM:a FROM <http://g/a>{}", ("http://g/a",), ()),
        ("SELECT(1<2AS?x)FROM<http://g/a>#>\n{}", ("http://g/a",), ()),
        ("BASE <http://g/x/>BASE <../y/>ASK FROM <a#>FROM<?q>{}", ("http://g/y/a#", "http://g/y/?q"), ()),
        ("BASE <urn:x:y> ASK FROM <#a> {}", ("urn:x:y#a",), ()),
        ("ASK { ?s ?p <http://g/FROM> . ?s ?FROM ?o }", (), ()),
    ],
)
def test_no_spelling_hides_a_graph_from_the_scan(query: str, graphs: tuple[str, ...], named: tuple[str, ...]) -> None:
    look = scan(query)
    assert (look.graphs, look.named) == (graphs, named)


@pytest.mark.parametrize(
    "query", ["ASK{FILTER(IF(0<RAND(),1,2)>1)}", "SELECT(1<NOW()AS?x){}", "ASK{FILTER(1<2&&2<UUID())}"]
)
def test_what_moves_behind_a_comparison_is_known(query: str) -> None:
    assert scan(query).volatile


LARGE = {
    "projections": "SELECT " + " ".join(f"(1 AS ?x{n})" for n in range(4000)) + " {}",
    "aggregates": "SELECT " + " ".join(f"(SUM(?o) AS ?x{n})" for n in range(4000)) + " { ?s ?p ?o }",
    "objects": "ASK { ?s ?p " + ",".join(map(str, range(15_000))) + "}",
    "triples": "ASK { " + "?s ?p ?o." * 6_000 + "}",
    "collection": "ASK { ?s ?p (" + "1 " * 8_000 + ") }",
    "nodes": "ASK { ?s ?p " + ",".join(["[?p ?o]"] * 6_000) + "}",
    "quoted triples": "ASK { " + "<<" * 20_000 + "?s ?p ?o" + ">> ?p ?o" * 200 + "}",
    "paths": "ASK { ?s " + "/".join(["<a:b>"] * 9_000) + " ?o }",
    "unions": "ASK { " + "UNION".join(["{}"] * 8_000) + "}",
    "bindings": "ASK { " + "BIND(1 AS?x)" * 4_000 + "}",
    "groups": "SELECT (1 AS ?c) {} GROUP BY " + " ".join(f"(1 AS ?g{n})" for n in range(4000)),
    "conditions": "SELECT * {} HAVING " + "(1)" * 16_000,
    "differences": "ASK { " + "MINUS{?s ?p ?o}" * 4_000 + "}",
    "graphs": "ASK { " + "GRAPH ?g{}" * 6_000 + "}",
}


@pytest.mark.parametrize("name", LARGE)
def test_a_query_whose_tree_the_engine_could_not_hold_is_refused(name: str) -> None:
    with pytest.raises(BadRequest, match=r"more than"):
        scan(LARGE[name], max_bytes=1 << 20)


def test_rows_of_data_are_limited_by_their_bytes_only() -> None:
    rows = " ".join(f"(<http://example.org/{n}> {n})" for n in range(2_000))
    assert scan("SELECT * { VALUES (?a ?b) { " + rows + " } ?a ?p ?b }", max_bytes=1 << 20).form == "SELECT"
    assert scan("ASK { ?s ?p ?o FILTER(?o IN (" + ",".join(["1"] * 9_000) + ")) }").form == "ASK"
