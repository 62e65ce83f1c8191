"""The clients people use, against our endpoint: SPARQLWrapper, pandas, rdflib."""

from __future__ import annotations

import urllib.parse
from decimal import Decimal

import pandas as pd
import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, POST, TURTLE, SPARQLExceptions, SPARQLWrapper

OZG = "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
BUNDLES = (
    OZG
    + "SELECT ?label ?n { ?a ozg:availabilityOf/skos:prefLabel ?label ; ozg:serviceCount ?n } ORDER BY DESC(?n) ?label"
)


def test_sparqlwrapper_reads_tables_graphs_and_failures(endpoint: str) -> None:
    wrapper = SPARQLWrapper(f"{endpoint}/sparql")
    wrapper.setQuery(BUNDLES)
    wrapper.setReturnFormat(JSON)
    rows = wrapper.queryAndConvert()["results"]["bindings"]  # type: ignore[index, call-overload] # a dict, for JSON
    assert sum(int(row["n"]["value"]) for row in rows) == 70
    wrapper.setMethod(POST)
    wrapper.setReturnFormat(CSV)
    assert wrapper.queryAndConvert().startswith(b"label,n")  # type: ignore[union-attr] # bytes, for CSV
    wrapper.setReturnFormat(JSON)
    wrapper.setQuery(OZG + "CONSTRUCT { ?a ozg:availabilityOf ?b } { ?a ozg:availabilityOf ?b }")
    wrapper.setReturnFormat(TURTLE)
    assert b"ozg:availabilityOf" in wrapper.queryAndConvert()  # type: ignore[operator] # bytes, for Turtle
    wrapper.setReturnFormat(JSON)
    wrapper.setQuery("SELECT {")
    with pytest.raises(SPARQLExceptions.QueryBadFormed, match="column"):
        wrapper.query()


def test_pandas_reads_the_address_of_a_query(endpoint: str) -> None:
    address = f"{endpoint}/sparql?" + urllib.parse.urlencode({"query": BUNDLES, "format": "csv"})
    frame = pd.read_csv(address)
    assert (list(frame.columns), int(frame["n"].sum()), len(frame)) == (["label", "n"], 70, 17)
    keys = OZG + "SELECT ?ags { ?m ozg:ags ?ags } ORDER BY ?ags LIMIT 1"
    address = f"{endpoint}/sparql?" + urllib.parse.urlencode({"query": keys, "format": "csv"})
    assert pd.read_csv(address, dtype=str)["ags"][0].startswith("06")


def test_rdflib_uses_the_endpoint_as_a_store(endpoint: str) -> None:
    for method in ("GET", "POST", "POST_FORM"):
        graph = rdflib.Graph(SPARQLStore(f"{endpoint}/sparql", method=method))
        count = rdflib.URIRef("https://w3id.org/ozg-lod/ontology#serviceCount")
        assert sum(Decimal(str(value)) for value in graph.objects(None, count)) == 70
        answer = graph.query("ASK { ?s a <https://w3id.org/ozg-lod/ontology#ServiceBundle> }")
        assert answer.askAnswer is True
        made = graph.query(OZG + "CONSTRUCT { ?a ozg:availabilityOf ?b } { ?a ozg:availabilityOf ?b }")
        assert made.graph is not None
        assert len(made.graph) == 18  # 17 rows of the table and the plan for 2022
