"""What programs send and get: the real client where PyPI has it, else what it sends (`clients.toml`).

`docs/sparql.md` shows both as a table, which is written by `--update-golden` from what ran.
"""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pandas as pd
import pytest
import rdflib
import SPARQLWrapper
from rdflib.plugins.stores.sparqlstore import SPARQLStore

CONCEPT = "?s a <http://www.w3.org/2004/02/skos/core#Concept>"
QUERIES = {
    "S": f"SELECT ?s {{ {CONCEPT} }} ORDER BY ?s LIMIT 2",
    "A": f"ASK {{ {CONCEPT} }}",
    "C": f"CONSTRUCT {{ ?s ?p ?o }} {{ {CONCEPT} ; ?p ?o }} LIMIT 3",
    "D": "DESCRIBE <https://w3id.org/ozg-lod/hessen/id/state/06>",
}
FORMS = {"S": "SELECT", "A": "ASK", "C": "CONSTRUCT", "D": "DESCRIBE", "none": "no query"}
FORMATS = ("json", "xml", "csv", "tsv", "turtle", "n3", "rdf", "rdf+xml", "json-ld")
SENT = tomllib.loads(Path(__file__).with_name("clients.toml").read_text("utf-8"))["sent"]
DOCS = Path(__file__).parents[2] / "docs" / "sparql.md"
MARKS = ("<!-- clients -->\n", "<!-- end of clients -->\n")
TABLES = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
GRAPHS = {
    "json": "application/ld+json",
    "json-ld": "application/ld+json",
    "turtle": "text/turtle",
    "n3": "text/turtle",
} | dict.fromkeys(("rdf", "rdf+xml", "xml"), "application/rdf+xml")
"""What a format gives; one that the form of the query cannot have gives what `*/*` does."""


def _media_type(answer: httpx.Response | Any) -> str:
    return str(answer.headers["content-type"]).partition(";")[0]


def _wrapped(endpoint: str, query: str, form: str, method: str) -> tuple[str, str]:
    """Return what SPARQLWrapper sends as Accept, and the media type it gets."""
    client = SPARQLWrapper.SPARQLWrapper(f"{endpoint}/sparql")
    client.setQuery(QUERIES[query])
    client.setReturnFormat(form)
    client.setMethod(method)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accept = client._createRequest().get_header("Accept")  # noqa: SLF001
        answer = client.query()
        if form != "rdf":
            answer.convert()
    return accept, answer.info()["content-type"].partition(";")[0]


@pytest.mark.parametrize("method", [SPARQLWrapper.GET, SPARQLWrapper.POST])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("query", QUERIES)
def test_sparqlwrapper_gets_what_it_asks_for(endpoint: str, query: str, form: str, method: str) -> None:
    offered, usual = (TABLES, TABLES["json"]) if query in "SA" else (GRAPHS, "text/turtle")
    assert _wrapped(endpoint, query, form, method)[1] == offered.get(form, usual)


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["json", "xml", "csv"])
def test_rdflib_reads_a_table_and_a_truth(endpoint: str, form: str, method: Any) -> None:
    store = SPARQLStore(f"{endpoint}/sparql", method=method, returnFormat=form)
    assert len(list(store.query(QUERIES["S"]))) == 2
    if form != "csv":
        assert store.query(QUERIES["A"]).askAnswer is True


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib's own
@pytest.mark.parametrize("form", ["xml", "turtle", "json-ld", "n3"])
def test_rdflib_reads_a_graph(endpoint: str, form: str) -> None:
    store = SPARQLStore(f"{endpoint}/sparql", returnFormat="xml" if form == "n3" else form)
    assert len(store.query(QUERIES["C"]).graph) == 3
    address = f"{endpoint}/sparql?{urlencode({'query': QUERIES['C']})}"
    assert len(rdflib.Graph().parse(address, format="n3" if form == "n3" else None)) == 3


def test_pandas_reads_an_address(endpoint: str) -> None:
    parameters = urlencode({"query": QUERIES["S"], "format": "csv"})
    assert list(pd.read_csv(f"{endpoint}/sparql?{parameters}").columns) == ["s"]


def _answer(client: httpx.Client, sent: dict[str, Any]) -> httpx.Response:
    fields = {} if sent["query"] == "none" else {"query": QUERIES[sent["query"]]}
    fields |= sent.get("parameters", {})
    headers = [("accept", line) for line in sent.get("accept", ())]
    if sent.get("method") == "POST form":
        body = urlencode(fields)
        headers.append(("content-type", "application/x-www-form-urlencoded"))
        return client.post("/sparql", content=body, headers=headers)
    return client.get("/sparql", params=fields, headers=headers)


@pytest.fixture
def bare(endpoint: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=endpoint) as client:
        del client.headers["accept"]
        yield client


@pytest.mark.parametrize("number", range(len(SENT)))
def test_other_programs_get_what_they_ask_for(bare: httpx.Client, number: int) -> None:
    answer = _answer(bare, SENT[number])
    assert (answer.status_code, _media_type(answer)) == (200, SENT[number]["gets"]), answer.text[:300]


def test_the_table_in_the_docs_is_what_ran(endpoint: str, bare: httpx.Client, update_golden: bool) -> None:
    rows: dict[tuple[str, str, str], list[str]] = {}
    for form in FORMATS:
        for query in QUERIES:
            accept, gets = _wrapped(endpoint, query, form, SPARQLWrapper.GET)
            rows.setdefault((f"SPARQLWrapper, `{form}`", _cell(accept), gets), []).append(FORMS[query])
    for sent in SENT:
        more = "".join(f"`{name}={value}` " for name, value in sent.get("parameters", {}).items())
        accept = _cell("<br>".join(sent.get("accept", ["none"])))
        gets = _media_type(_answer(bare, sent))
        rows.setdefault((sent["client"], more + accept, gets), []).append(FORMS[sent["query"]])
    lines = ["| program | query | sends | gets |", "|---|---|---|---|"]
    lines += [f"| {key[0]} | {', '.join(queries)} | {key[1]} | `{key[2]}` |" for key, queries in rows.items()]
    before, _, rest = DOCS.read_text("utf-8").partition(MARKS[0])
    written = "\n".join(lines) + "\n"
    if update_golden:
        DOCS.write_text(f"{before}{MARKS[0]}{written}{MARKS[1]}{rest.partition(MARKS[1])[2]}", "utf-8")
    assert DOCS.read_text("utf-8").partition(MARKS[0])[2].partition(MARKS[1])[0] == written


def _cell(accept: str) -> str:
    return "Accept " + " ".join(f"`{line}`" for line in accept.replace(",", ", ").replace("  ", " ").split("<br>"))


@pytest.mark.parametrize(
    ("forms", "accept", "query", "gets"),
    [
        (["csv", "text/csv"], "*/*", "S", "text/csv"),
        (["json", "application/json"], None, "S", "application/sparql-results+json"),
        (["", "csv"], None, "S", "text/csv"),
        (["csv", "ttl"], None, "C", "text/turtle"),
        (["csv", "ttl"], None, "S", "text/csv"),
        (["nonsense"], "text/csv", "S", "text/csv"),
        (["nonsense"], "*/*", "S", 406),
        (["nonsense"], None, "S", 406),
        (["ttl"], "*/*", "S", "application/sparql-results+json"),
        (["csv"], None, "C", 406),
        (["csv", "tsv"], "*/*", "S", 400),
        (["csv"], "image/png", "S", "text/csv"),
        (["ttl"], "image/png", "S", 406),
    ],
)
def test_a_known_format_decides_and_others_are_ignored_where_accept_fits(
    bare: httpx.Client, forms: list[str], accept: str | None, query: str, gets: str | int
) -> None:
    fields = [("query", QUERIES[query]), *(("format", form) for form in forms)]
    for method in ("GET", "POST"):
        headers = {"accept": accept} if accept else {}
        if method == "GET":
            answer = bare.get("/sparql", params=fields, headers=headers)
        else:
            headers["content-type"] = "application/x-www-form-urlencoded"
            answer = bare.post("/sparql", content=urlencode(fields), headers=headers)
        assert (answer.status_code if isinstance(gets, int) else _media_type(answer)) == gets, answer.text[:300]
