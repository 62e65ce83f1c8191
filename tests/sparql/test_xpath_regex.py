"""Regular expressions and REPLACE by XPath's rules, and GROUP_CONCAT, through the code that answers /sparql."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyoxigraph as ox
import pytest

from ozg_lod.sparql.repair import rewritten
from ozg_lod.sparql.store import EmbeddedStore, SparqlQuery

CASES = tomllib.loads(Path(__file__).with_name("regex.toml").read_text("utf-8"))
STORE = EmbeddedStore(ox.Store())


def value(query: str) -> str:
    """Return the one value of a query as TSV writes it."""
    written = bytearray()
    STORE.answer(SparqlQuery(query, "tsv"), written.extend)
    return bytes(written).decode().split("\n", 1)[1].rstrip("\n")


@pytest.mark.parametrize("expression", CASES)
@pytest.mark.parametrize("form", ["SELECT ({} AS ?x) {{}}", "SELECT ?x {{ BIND({} AS ?x) }}"])
def test_an_expression_gives_what_xpath_says(expression: str, form: str) -> None:
    assert value(form.format(expression)) == CASES[expression]


@pytest.mark.parametrize("expression", [name for name in CASES if name.startswith("REGEX")])
def test_a_filter_keeps_what_xpath_matches(expression: str) -> None:
    for filtering in (f"FILTER {expression}", f"FILTER({expression})", f"FILTER{expression}"):
        rows = value(f"SELECT (COUNT(*) AS ?n) {{ VALUES ?a {{ 1 }} {filtering} }}")
        assert rows == str(int(CASES[expression] == "true"))


@pytest.mark.parametrize(
    ("values", "text"),
    [('"a"@de "b"@de', '"a b"'), ('"a"@de "b"@en', '"a b"'), ('"a"', '"a"'), ("", '""')],
)
def test_texts_put_together_have_no_language(values: str, text: str) -> None:
    for call in ("GROUP_CONCAT(?a)", 'group_concat(DISTINCT ?a; separator=" ")', "STR(GROUP_CONCAT(?a))"):
        assert value(f"SELECT ({call} AS ?x) {{ VALUES ?a {{ {values} }} }}") == text
        assert value(f"SELECT (COUNT(*) AS ?n) {{ {{ SELECT ({call} AS ?x) {{ VALUES ?a {{ {values} }} }} }} }}") == "1"


def test_what_rust_does_as_xpath_is_left_to_it() -> None:
    plain = 'SELECT * { ?s ?p ?o FILTER(REGEX(?o, "^Gie.en|a(b)?$", "i") && REPLACE(?o, "ß", "ss") = "x") }'
    assert rewritten(plain) is None
    assert rewritten('SELECT ?REGEX { ?REGEX <urn:REPLACE> "GROUP_CONCAT(" }') is None
