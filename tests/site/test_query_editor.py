"""The query page through its door: the page, its answers and failures, the examples, the words the editor proposes."""

from __future__ import annotations

import csv
import html
import io
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest

from ozg_lod.core.errors import NotFound
from ozg_lod.site import (
    example_queries,
    query_results,
    query_snippets,
    static_files,
)

ROOT = Path(__file__).resolve().parents[2]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "de"}
MODULES = "SELECT ?m WHERE { ?m a <https://w3id.org/ozg-lod/ontology#Module> } ORDER BY ?m"


class Reader(HTMLParser):
    """The texts and links of a page, by tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.texts.setdefault(tag, []).append("")
        self.links += [str(value) for name, value in attrs if tag == "a" and name == "href"]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data


def page(client: httpx.Client, query: str | None = None, status: int = 200, **more: str) -> Reader:
    params = {**({"query": query} if query is not None else {}), **more}
    answer = client.get("/sparql", params=params, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert status == 404 or answer.headers["x-ozg-version"]
    return Reader(answer.text)


def test_the_page_opens_with_a_query_that_runs(client: httpx.Client) -> None:
    query = page(client).texts["textarea"][0]
    assert len(page(client, query).texts["tr"]) == 18


@pytest.mark.parametrize("accept", ["*/*", "application/sparql-results+json", "text/turtle, */*;q=0.1"])
def test_programs_get_what_they_always_got(client: httpx.Client, accept: str) -> None:
    assert "html" not in client.get("/sparql", headers={"Accept": accept}).headers["content-type"]
    if "turtle" not in accept:
        answer = client.get("/sparql", params={"query": MODULES}, headers={"Accept": accept})
        assert "html" not in answer.headers["content-type"]


def test_a_program_can_ask_for_the_page_by_its_format(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": MODULES, "format": "html"}, headers={"Accept": "*/*"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_rows_show_names_as_links_and_addresses_on_demand(client: httpx.Client) -> None:
    plain = page(client, MODULES)
    assert any(link.startswith("/doc/module/") for link in plain.links)
    iri = "https://w3id.org/ozg-lod/hessen/id/module/"
    assert not any(iri in cell for cell in plain.texts["td"])
    assert all(iri in cell for cell in page(client, MODULES, iris="1").texts["td"])


def test_a_long_answer_is_paged_and_says_that_its_limit_was_reached(client: httpx.Client) -> None:
    query = "SELECT * WHERE { ?s ?p ?o } LIMIT 120"
    first, last = page(client, query), page(client, query, page="3", lang="en")
    assert (len(first.texts["tr"]), len(last.texts["tr"])) == (51, 21)
    assert any("höchstens 120 Zeilen" in text for text in first.texts["p"])
    assert any("101 to 120 of 120" in text for text in last.texts["p"])
    assert not any("höchstens" in text for text in page(client, MODULES + " LIMIT 50").texts["p"])
    page(client, query, status=404, page="4")


@pytest.mark.parametrize(
    ("query", "place", "said"),
    [
        ("SELECT ?s WHERE {\n  ?s ozg:availabilityOf ?o\n}", "  ?s ozg:availabilityOf ?o", "Zeile 2, Spalte 6"),
        ("SELECT ?s WHERE { ?s ", "", "endet die Abfrage zu früh"),
        ("SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }", "", ""),
    ],
)
def test_a_mistake_is_shown_with_its_place(client: httpx.Client, query: str, place: str, said: str) -> None:
    answer = client.get("/sparql", params={"query": query}, headers=BROWSER)
    assert 400 <= answer.status_code < 500
    assert answer.headers["cache-control"] == "no-store"
    text = html.unescape(re.sub(r"<[^>]+>", "", answer.text))
    assert said in text
    assert place in text


def test_a_missing_prefix_is_one_click_away(client: httpx.Client) -> None:
    found = page(client, "SELECT ?s WHERE { ?s ozg:availabilityOf ?o }", status=400)
    mended = next(link for link in found.links if "PREFIX" in link)
    assert client.get(mended, headers=BROWSER).status_code == 200


def test_a_slip_is_mended_by_one_click(client: httpx.Client) -> None:
    found = page(client, "SELECT (COUNT(?s)) WHERE { ?s ?p “x” };", status=400)
    mended = next(link for link in found.links if "AS+%3Fcount" in link)
    assert client.get(mended, headers=BROWSER).status_code == 200


@pytest.mark.parametrize(
    ("query", "language", "said"),
    [
        ("ASK {}", "de", "Ja"),
        ("ASK { FILTER(false) }", "en", "No"),
        ("SELECT ?s { ?s a ?s }", "de", "Keine Zeilen"),
        ("CONSTRUCT WHERE { ?s a <https://w3id.org/ozg-lod/ontology#Module> }", "en", "a ozg:Module"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "de", "Hier steht nur der Anfang"),
    ],
)
def test_every_form_of_query_has_an_answer_to_look_at(
    client: httpx.Client, query: str, language: str, said: str
) -> None:
    assert said in client.get("/sparql", params={"query": query, "lang": language}, headers=BROWSER).text


def test_an_answer_too_large_for_a_page_is_said_to_be_and_not_cut(client: httpx.Client) -> None:
    found = page(client, "SELECT * WHERE { ?s ?p ?o . ?o ?q ?r }", status=400)
    assert not found.texts.get("td")
    assert any("Bytes" in text for text in found.texts["p"])


def test_a_page_shows_the_first_columns_and_the_beginning_of_a_long_cell_and_says_so(client: httpx.Client) -> None:
    wide = "SELECT " + " ".join(f"?v{n}" for n in range(3000)) + " { VALUES ?v1 { 1 } }"
    text = client.get("/sparql", params={"query": wide}, headers=BROWSER).text
    assert text.count("<td") == 100
    assert "Gezeigt werden die ersten 100 von 3.000 Spalten" in text
    long = "SELECT ?x { BIND('" + "x" * 5000 + "' AS ?x) }"
    assert "x" * 1000 + "…<" in client.get("/sparql", params={"query": long}, headers=BROWSER).text


def test_the_page_in_the_other_language_keeps_the_query(client: httpx.Client) -> None:
    found = page(client, MODULES)
    twin = next(link for link in found.links if "lang=en" in link)
    assert "Result" in client.get(twin, headers=BROWSER).text


def test_what_has_not_changed_is_not_sent_again(client: httpx.Client) -> None:
    for params in ({}, {"query": MODULES}):
        tag = client.get("/sparql", params=params, headers=BROWSER).headers["etag"]
        assert client.get("/sparql", params=params, headers={**BROWSER, "If-None-Match": tag}).status_code == 304


def test_the_addresses_under_an_answer_lead_to_it_in_every_format(client: httpx.Client) -> None:
    links = [link for link in page(client, MODULES).links if "format=" in link and "query=" in link]
    assert len(links) == 5
    for link in links:
        assert client.get(link).status_code == 200


def test_a_table_for_spreadsheets_is_german_and_holds_no_formula(client: httpx.Client) -> None:
    query = 'SELECT ?a ?b { VALUES (?a ?b) { ("=1+1" "@x") ("-5" "a;b") } }'
    answer = client.get("/sparql", params={"query": query, "format": "csv", "sheet": "1"})
    assert answer.content == b"\xef\xbb\xbfa;b\r\n'=1+1;'@x\r\n-5;\"a;b\"\r\n"
    assert "attachment" in answer.headers["content-disposition"]


EXAMPLES = sorted(path.stem for path in (ROOT / "queries" / "examples").glob("*.rq"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_a_link_to_its_query_and_its_answer(client: httpx.Client, name: str) -> None:
    assert client.get(f"/queries/{name}.rq").headers["content-type"].startswith("application/sparql-query")
    rows = list(csv.reader(io.StringIO(client.get(f"/queries/{name}.csv").text)))
    bindings = client.get(f"/queries/{name}.json").json()["results"]["bindings"]
    assert len(rows) - 1 == len(bindings) > 0


def test_what_is_no_example_is_not_found(client: httpx.Client) -> None:
    for name in ("nirgends", "nirgends.csv", f"{EXAMPLES[0]}.exe"):
        assert client.get(f"/queries/{name}").status_code == 404


def test_every_example_has_a_topic_and_both_languages() -> None:
    for one in example_queries.read(ROOT / "queries" / "examples"):
        assert set(one.titles) == set(one.questions) == {"de", "en"}
        assert f"# topic: {one.topic}\n" in (ROOT / "queries" / "examples" / f"{one.name}.rq").read_text("utf-8")
        assert not one.query.startswith("#")


def test_a_folder_without_examples_has_none(tmp_path: Path) -> None:
    assert example_queries.read(tmp_path / "nirgends") == ()
    (tmp_path / "a.rq").write_text("ASK {}", "utf-8")
    assert example_queries.read(tmp_path) == ()
    (tmp_path / "b.rq").write_text("# title: Ja?\nASK {}", "utf-8")
    assert [one.topic for one in example_queries.read(tmp_path)] == ["evidence"]


def test_the_examples_are_published_as_executables(client: httpx.Client) -> None:
    answer = client.get("/.well-known/sparql-examples", headers={"Accept": "text/turtle"})
    store = ox.Store()
    store.load(answer.content, format=ox.RdfFormat.TURTLE)
    found = store.query(
        "PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT ?e { ?e a sh:SPARQLExecutable ; sh:select|sh:ask ?query }"
    )
    assert len(list(found)) == len(EXAMPLES)  # type: ignore[arg-type]  # a SELECT has solutions


def test_the_editor_proposes_terms_with_labels_in_the_readers_language(client: httpx.Client) -> None:
    for language, label in (("de", "Anzahl Leistungen"), ("en", "number of services")):
        said = client.get("/editor/words.json", params={"lang": language}).json()
        assert said["prefixes"]["ozg"] == "https://w3id.org/ozg-lod/ontology#"
        terms = {term["name"]: term for term in said["terms"]}
        assert terms["ozg:serviceCount"]["label"].casefold() == label.casefold()
        assert terms["dct:source"]["type"] == "property"


QUERY = 'SELECT ?a { VALUES ?a { "it\'s" "q\\"" } }\n'


def test_the_command_and_the_python_program_ask_the_same(endpoint: str) -> None:
    shown = {one.key: one.text for one in query_snippets.programs(QUERY, f"{endpoint}/sparql", "")}
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("there is no curl")
    said = subprocess.run([bash, "-c", shown["curl"]], capture_output=True, check=True, timeout=30)
    assert list(csv.reader(io.StringIO(said.stdout.decode()))) == [["a"], ["it's"], ['q"']]
    values: dict[str, Any] = {}
    exec(shown["python"].partition("import pandas as pd\n\n")[2].partition("\ntable")[0], values)  # noqa: S102 - our own text
    assert values["query"].strip() == QUERY.strip()


def test_a_query_can_hold_what_would_end_a_quotation() -> None:
    shown = {one.key: one.text for one in query_snippets.programs('ASK {} # )-" """\nSPARQL', "http://h/sparql", "")}
    assert shown["curl"].endswith("SPARQL_")
    assert 'r"--(' in shown["r"]
    compile(shown["python"], "shown", "exec")


def test_a_citation_names_title_publisher_version_and_address() -> None:
    bibtex, cff = query_snippets.citations("A & B", ["Amt"], "0123456789abcdef", "http://h/x")
    assert "A \\& B" in bibtex.text
    assert "author = {{Amt}}" in bibtex.text
    assert 'title: "A & B"' in cff.text
    assert "version: 0123456789abcdef" in cff.text
    nameless, _ = query_snippets.citations("A", [], "0" * 64, "http://h/x")
    assert "author" not in nameless.text


def test_an_unbound_cell_is_empty() -> None:
    body = b'{"head":{"vars":["a","b"]},"results":{"bindings":[{"a":{"type":"literal","value":"x"}}]}}'
    found = query_results.read(body, 1)
    assert isinstance(found, query_results.Solutions)
    assert found.rows[0][1] is None


def test_files_of_the_looks_are_known_by_name_and_marked_by_content() -> None:
    assert re.fullmatch(r"/static/site\.css\?v=[0-9a-f]{10}", static_files.address("site.css"))
    assert not static_files.has("../pages.py")
    with pytest.raises(NotFound):
        static_files.find("../pages.py")


def test_without_node_the_looks_are_plain_and_one_sentence_says_so(tmp_path: Path) -> None:
    for name in ("web/src", "src/ozg_lod/templates", "src/ozg_lod/static"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "build.mjs"):
        shutil.copy(ROOT / "web" / name, tmp_path / "web" / name)
    shutil.copy(ROOT / "src/ozg_lod/static/site.css", tmp_path / "src/ozg_lod/static")
    (tmp_path / "web" / "build.mjs").write_text("throw new Error('no')", "utf-8")
    shutil.copy(ROOT / "hatch_build.py", tmp_path)
    said = subprocess.run(
        [sys.executable, "hatch_build.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={
            "PATH": "/nirgends",
            "npm_config_registry": "http://127.0.0.1:9/",
            "npm_config_fetch_retry_mintimeout": "1",
            "npm_config_cache": str(tmp_path / "cache"),
        },
    )
    assert len(said.stderr.strip().splitlines()) == 1
    assert "plain style" in said.stderr
    assert not (tmp_path / "src/ozg_lod/static/built").exists()
