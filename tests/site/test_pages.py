"""Pages: what people see, what programs get at the same address, and that hostile text stays text."""

from __future__ import annotations

import asyncio
import gzip
import html
import itertools
import json
import re
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pyoxigraph as ox
import pytest
from starlette.applications import Starlette
from tests.conftest import KINDS
from tests.small_snapshot import SHAPES, small_snapshot

from ozg_lod.core import errors
from ozg_lod.core.messages import LANGUAGES, Label, Language, _
from ozg_lod.core.vocab import (
    OZG,
    PREFIXES,
    SCHEMA,
    XSD,
    prefixed,
)
from ozg_lod.http.response_cache import ResponseCache
from ozg_lod.http.responses import wants_gzip
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.graph import Graph, pick
from ozg_lod.search.search import Index
from ozg_lod.site import pages
from ozg_lod.site.description import about
from ozg_lod.site.page_snapshot import PageSnapshot, SnapshotValue
from ozg_lod.site.term_names import term_name
from ozg_lod.site.values import ValueWriter
from ozg_lod.snapshots import rule_examples
from ozg_lod.tables import tables
from ozg_lod.web import app

HERE = Path(__file__).parents[1]
DATA = HERE.parent / "data"
BASE = "https://w3id.org/ozg-lod/hessen/"
PUBLIC = "https://daten.example/ozg"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Client:
    """Asks the application itself, without a network."""

    def __init__(self, opened: PageSnapshot) -> None:
        self.opened = opened
        self.app = Starlette()
        self.app.state.opened = opened
        app.serve(self.app, {f"ozg_lod.web.{name}_routes": app.SUBJECTS[name] for name in ("reuse", "thing")})

    def get(self, path: str, headers: Mapping[str, str] = BROWSER, method: str = "GET") -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as client:
                return await client.request(method, path, headers={"Accept-Encoding": "identity", **headers})

        return asyncio.run(ask())


class Reader(HTMLParser):
    """Reads a page as a person does: visible text; and as a browser does: tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def store() -> ox.Store:
    store = ox.Store()
    for path in (HERE / "small_catalogue.ttl", HERE.parent / "ontology" / "ozg.ttl"):
        store.load(path=path, format=ox.RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def small(store: ox.Store) -> Client:
    return Client(small_snapshot(store))


PATHS = [
    "/",
    "/doc/bundle/jugendamt",
    "/doc/programme/modell",
    "/doc/municipality/06435014",
    "/doc/place/06411000",
    "/doc/discrepancy/zeilen",
    "/doc/statement/boese",
    "/doc/source/folien",
    "/doc/municipality",
    "/doc/channel",
    "/ontology",
    "/shapes",
]


def write(term: ox.Literal, language: Language = "de", predicate: str = "", unit: str = "") -> str:
    return ValueWriter(language, Addresses(BASE, PUBLIC), {}).value(term, predicate, unit).text


def typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


@pytest.mark.parametrize(
    ("text", "kind", "predicate", "unit", "german", "english"),
    [
        ("2019-10", "gYearMonth", "", "", "Oktober 2019", "October 2019"),
        ("2021-05-17", "date", "", "", "17. Mai 2021", "17 May 2021"),
        ("2020", "gYear", "", "", "2020", "2020"),
        ("100000", "integer", OZG + "amountEur", "", "100.000 €", "€100,000"),
        ("1500000.5", "decimal", OZG + "value", OZG + "budgetEur", "1.500.000,50 €", "€1,500,000.50"),
        ("122.07", "decimal", OZG + "value", OZG + "areaKm2", "122,07 km²", "122.07 km²"),
        ("159174", "integer", OZG + "value", "", "159.174", "159,174"),
        ("15.0", "decimal", OZG + "minPercent", "", "15 %", "15%"),
        ("49.872238", "decimal", PREFIXES["wgs84"] + "lat", "", "49.872238", "49.872238"),
        ("2017", "integer", SCHEMA + "position", "", "2017", "2017"),
        ("true", "boolean", "", "", "ja", "yes"),
        ("P5Y", "yearMonthDuration", "", "", "5 Jahre", "5 years"),
        ("P1Y1M", "yearMonthDuration", "", "", "1 Jahr, 1 Monat", "1 year, 1 month"),
        ("P18M", "yearMonthDuration", "", "", "18 Monate", "18 months"),
        ("P", "yearMonthDuration", "", "", "P", "P"),
        ("Herbst 20", "gYearMonth", "", "", "Herbst 20", "Herbst 20"),
        ("2021-13-45", "date", "", "", "2021-13-45", "2021-13-45"),
        ("1e9", "decimal", "", "", "1e9", "1e9"),
        ("9" * 5000, "integer", "", "", "9" * 5000, "9" * 5000),
        ("vielleicht", "boolean", "", "", "vielleicht", "vielleicht"),
        ("06411000", "string", "", "", "06411000", "06411000"),
        ("x", "anyType", "", "", "x", "x"),
    ],
)
def test_values_are_written_as_they_were_stated(
    text: str, kind: str, predicate: str, unit: str, german: str, english: str
) -> None:
    assert write(typed(text, kind), "de", predicate, unit) == german
    assert write(typed(text, kind), "en", predicate, unit) == english


def test_a_text_in_both_languages_is_shown_in_the_readers() -> None:
    writer = ValueWriter("en", Addresses(BASE, PUBLIC), {})
    both = [ox.Literal("Hinweis", language="de"), ox.Literal("Note", language="en"), typed("7", "integer")]
    assert [value.text for value in writer.values(both, "")] == ["Note", "7"]
    assert [value.language for value in writer.values(both[:1], "")] == ["de"]
    assert writer.value(ox.BlankNode("x")).text == "_:x"


def test_a_thing_without_a_name_is_called_by_its_key_and_a_foreign_one_by_its_address() -> None:
    writer = ValueWriter("de", Addresses(BASE, PUBLIC), {})
    assert writer.name(BASE + "id/bundle/ohne-namen").text == "ohne-namen"
    assert writer.name("urn:de:fim:leika:leistung:99").text == "urn:de:fim:leika:leistung:99"
    assert writer.name(PREFIXES["dct"] + "source").text == "Quelle"
    assert writer.name("http://other.example/x").text == "http://other.example/x"


@pytest.mark.parametrize(
    ("iri", "href"),
    [
        (BASE + "id/bundle/jugendamt", "/ozg/doc/bundle/jugendamt?lang=en"),
        (BASE + "id/place/06#in-x", "/ozg/doc/place/06?lang=en#in-x"),
        (OZG + "month", "/ozg/ontology?lang=en#month"),
        ("https://w3id.org/ozg-lod/shapes#x", "/ozg/shapes?lang=en#x"),
        ("https://w3id.org/ozg-lod/ontology", "/ozg/ontology?lang=en"),
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("javascript:alert(1)", None),
        ("JavaScript:alert(1)", None),
        ("data:text/html,x", None),
        ("vbscript:x", None),
        ("//example.org", None),
        ('http://example.org/"onclick=', None),
        ("urn:x:y", None),
        (BASE + "graph/bundles", BASE + "graph/bundles"),
    ],
)
def test_only_what_is_safe_becomes_a_link(iri: str, href: str | None) -> None:
    target = Addresses(BASE, PUBLIC, "en").target(iri)
    assert (target.href if target else None) == href


def test_the_order_of_a_source_is_called_as_its_rule_calls_it() -> None:
    assert term_name("https://schema.org/position", "de") == "Reihenfolge in der Quelle"
    assert term_name("https://schema.org/position", "en") == "Position in the source"


def test_every_kind_has_its_words() -> None:
    for kind in KINDS:
        for label in (kind.one, kind.many, kind.about):
            assert label is not None
            assert {"de", "en"} <= set(label.texts), kind.id


def test_short_names_are_made_from_known_prefixes_only() -> None:
    assert prefixed(OZG + "month") == "ozg:month"
    assert prefixed("urn:x:y") == "urn:x:y"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_and_in_one_language(small: Client, path: str, language: Language) -> None:
    answer = small.get(path, {**BROWSER, "Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == language
    page = Reader(answer.text)
    assert page.all("html") == [{"lang": language}]
    assert len(page.all("h1")) == 1
    skip = _("Skip to content")
    assert skip[language] in page.text
    assert skip["en" if language == "de" else "de"] not in page.text
    alternates = {link["hreflang"]: link["href"] for link in page.all("link") if "hreflang" in link}
    assert alternates["en"] == f"{PUBLIC}{path}?lang=en"
    assert [link["href"] for link in page.all("link") if link.get("rel") == "canonical"] == [PUBLIC + path]
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))
    assert "style" not in {tag for tag, _ in page.tags}
    assert {script.get("type") for script in page.all("script")} <= {"application/ld+json"}, "data, nothing that runs"
    assert not [
        attributes
        for _, attributes in page.tags
        if any(name.startswith("on") or name == "style" for name in attributes)
    ]
    names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", [path for path in PATHS if path.count("/") == 3])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_a_thing_and_of_its_statements_stands_on_its_page(
    small: Client, store: ox.Store, path: str, language: Language
) -> None:
    description = about(Graph(store), f"{BASE}id{path.removeprefix('/doc')}")
    assert description is not None
    text = Reader(small.get(f"{path}?lang={language}").text).text
    writer = ValueWriter(language, Addresses(BASE, PUBLIC), description.names)
    shown = {description.iri} | {one for group in description.incoming for one in group.subjects if group.statement}
    left_out = {PREFIXES["rdf"] + "type", PREFIXES["qb"] + "dataSet", OZG + "earliest", OZG + "latest"}
    for subject in shown:
        assert writer.name(subject).text in text
        for predicate, terms in description.facts[subject].items():
            if predicate in left_out or predicate == PREFIXES["skos"] + "prefLabel":
                continue
            for value in writer.values(terms, predicate, ""):
                digits = value.text if value.kind != "number" else value.text.split()[0].strip("€")
                assert " ".join(digits.split()) in text, (subject, predicate)


def test_amounts_months_and_quotations_stand_as_the_source_makes_them(small: Client) -> None:
    german = Reader(small.get("/doc/programme/modell?lang=de").text)
    assert "100.000 €" in german.text
    assert "1.500.000 €" in german.text
    assert "Widerspruch. Zu dieser Angabe gibt es einen Widerspruch: 17 oder 1,5 Millionen" in german.text
    bundle = Reader(small.get("/doc/bundle/jugendamt?lang=de").text)
    assert "November 2019 Januar 2020 Oktober 2020" in bundle.text
    assert {"datetime": "2019-11"} in bundle.all("time")
    assert "„" not in bundle.text.split("Jugendamt (4 Leistungen)")[0][-3:]
    english = Reader(small.get("/doc/programme/modell?lang=en").text)
    assert "€100,000" in english.text
    assert {"lang": "de"} in english.all("blockquote")


def test_hostile_text_stays_text(small: Client) -> None:
    for path in ("/doc/statement/boese", "/doc/programme/modell", "/doc/statement"):
        answer = small.get(path)
        page = Reader(answer.text)
        assert "<script>alert(1)</script>" not in answer.text
        assert "alert(1)" in page.text
        assert not page.all("img")
        schemes = {attributes["href"].partition(":")[0] for attributes in page.all("a") if ":" in attributes["href"]}
        assert schemes <= {"https", "http", "mailto"}
    assert "javascript:alert(1)" in Reader(small.get("/doc/programme/modell").text).text
    assert "<script>alert(1)</script>" in html.unescape(small.get("/doc/statement/boese").text)


def test_the_language_a_reader_chose_goes_along_and_the_browsers_does_not(small: Client) -> None:
    chosen = Reader(small.get("/doc/bundle/jugendamt?lang=en").text)
    inside = [a["href"] for a in chosen.all("a") if a["href"].startswith("/ozg/")]
    assert inside
    assert all("lang=" in href for href in inside)
    accepted = Reader(small.get("/doc/bundle/jugendamt", {**BROWSER, "Accept-Language": "en"}).text)
    assert [a["href"] for a in accepted.all("a") if "lang=" in a["href"]] == ["/ozg/doc/bundle/jugendamt?lang=de"]


@pytest.mark.parametrize("form", formats.GRAPHS, ids=lambda form: form.suffix)
def test_page_and_data_at_one_address_hold_the_same_graph(small: Client, store: ox.Store, form: formats.Format) -> None:
    description = about(Graph(store), BASE + "id/bundle/jugendamt")
    assert description is not None
    by_suffix = small.get(f"/doc/bundle/jugendamt.{form.suffix}", {})
    by_query = small.get(f"/doc/bundle/jugendamt?format={form.suffix}")
    by_accept = small.get("/doc/bundle/jugendamt", {"Accept": form.media_type})
    assert by_suffix.content == by_query.content == by_accept.content
    assert by_suffix.headers["content-type"] == form.content_type
    parsed = {quad.triple for quad in ox.parse(by_suffix.content, format=form.rdf)}
    assert parsed == description.triples


def test_a_program_without_wishes_gets_turtle_and_a_browser_a_page(small: Client) -> None:
    for path in ("/doc/bundle/jugendamt", "/doc/bundle", "/ontology", "/shapes"):
        assert small.get(path, {"Accept": "*/*"}).headers["content-type"].startswith("text/turtle")
        assert small.get(path).headers["content-type"].startswith("text/html")
    assert small.get("/", {"Accept": "*/*"}).headers["content-type"].startswith("text/html")
    catalogue = small.get("/", {"Accept": "text/turtle"})
    assert (catalogue.status_code, catalogue.headers["location"]) == (303, "/ozg/catalog")


def test_a_thing_leads_to_its_page(small: Client) -> None:
    answer = small.get("/id/bundle/jugendamt?lang=en", {"Accept": "image/png"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ozg/doc/bundle/jugendamt?lang=en")
    assert small.get("/id/bundle/jugendamt").headers["location"] == "/ozg/doc/bundle/jugendamt"
    assert small.get("/id/bundle/nichts").status_code == 404


@pytest.mark.parametrize(
    "path",
    [*PATHS, "/doc/bundle/jugendamt.ttl", "/doc/bundle.csv", "/static/site.css", "/id/bundle/jugendamt", "/doc/x/y"],
)
def test_head_is_get_without_the_body(small: Client, path: str) -> None:
    for coding in ("identity", "gzip"):
        fields = {**BROWSER, "Accept-Encoding": coding}
        got, head = small.get(path, fields), small.get(path, fields, method="HEAD")
        assert head.status_code == got.status_code
        if got.status_code == 200:
            assert dict(head.headers) == dict(got.headers)
            assert head.content == b""
            assert "content-length" in got.headers


@pytest.mark.parametrize("path", [*PATHS, "/static/site.css", "/doc/bundle.csv", "/ontology.ttl"])
def test_what_has_not_changed_is_not_sent_again(small: Client, path: str) -> None:
    first = small.get(path)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = small.get(path, {**BROWSER, "If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert "content-type" not in again.headers
    assert small.get(path, {**BROWSER, "If-None-Match": '"other"'}).status_code == 200


def test_each_representation_has_its_own_tag(small: Client, store: ox.Store) -> None:
    path = "/doc/bundle/jugendamt"
    tags = [
        small.get(path, {**BROWSER, **fields}).headers["etag"]
        for fields in ({}, {"Accept-Language": "en"}, {"Accept": "text/turtle"}, {"Accept-Encoding": "gzip"})
    ]
    others = (small_snapshot(store, version="f" * 64), small_snapshot(store, code="newer"))
    tags += [Client(other).get(path).headers["etag"] for other in others]
    assert len(set(tags)) == len(tags)
    assert {"Accept", "Accept-Language", "Accept-Encoding"} <= set(small.get(path).headers["vary"].split(", "))


def test_compressed_answers_hold_the_same_bytes_and_are_made_once(small: Client) -> None:
    plain = small.get("/ontology").content
    zipped = small.get("/ontology", {**BROWSER, "Accept-Encoding": "br, gzip;q=0.5"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.content == plain
    assert int(zipped.headers["content-length"]) < len(plain) / 3
    for refused in ("gzip;q=0", "br", "identity"):
        assert "content-encoding" not in small.get("/ontology", {**BROWSER, "Accept-Encoding": refused}).headers
    assert small.get("/ontology", {**BROWSER, "Accept-Encoding": "*"}).headers["content-encoding"] == "gzip"
    assert not wants_gzip(None)


def test_links_in_the_header_come_from_the_public_address(small: Client) -> None:
    links = small.get("/doc/municipality/06411000").headers["link"]
    assert f'<{PUBLIC}/doc/municipality/06411000.ttl>; rel="alternate"; type="text/turtle"' in links
    assert f'<{PUBLIC}/doc/municipality/06411000>; rel="canonical"' in links
    assert f'<{PUBLIC}/ontology>; rel="describedby"' in links
    assert f'<{BASE}id/municipality/06411000>; rel="describes"' in links
    assert '<http://dcat-ap.de/def/licenses/dl-by-de/2.0>; rel="license"' in links
    assert "host.example" not in links
    assert "dl-zero-de" in small.get("/doc/bundle/jugendamt").headers["link"]
    assert "license" not in small.get("/doc/bundle").headers["link"]
    assert "creativecommons.org/publicdomain/zero" in small.get("/ontology").headers["link"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/doc/bundle/jugendamt.exe", 406),
        ("/doc/bundle/jugendamt.", 406),
        ("/doc/bundle/jugendamt?format=exe", 406),
        ("/doc/bundle.nq", 406),
        ("/ontology.csv", 406),
        ("/doc/bundle/nichts", 404),
        ("/doc/bundle/%00", 404),
        ("/doc/bundle/..%2f..%2fetc", 404),
        ("/doc/b%C3%BCndel/x", 404),
        ("/doc/nichts", 404),
        ("/doc/nichts/x", 404),
        ("/doc/bundle/jugendamt?page=2", 404),
        ("/doc/bundle?page=2", 404),
        ("/doc/bundle?page=0", 400),
        ("/doc/bundle?page=zwei", 400),
        ("/static/nichts.css", 404),
        ("/static/site.css.map", 404),
        ("/static/..%2fpages.py", 404),
    ],
)
def test_what_is_not_there_is_said_with_the_right_status(small: Client, path: str, status: int) -> None:
    answer = small.get(path)
    assert answer.status_code == status
    if "%2f" not in path:  # these reach no route of ours
        assert len(Reader(answer.text).all("h1")) == 1
        problem = small.get(path, {"Accept": "application/json"})
        if status == 406:
            assert "text/turtle" in problem.json()["offered"]


def test_an_accept_field_nobody_can_satisfy_lists_the_formats(small: Client) -> None:
    answer = small.get("/doc/bundle/jugendamt", {"Accept": "image/png"})
    assert answer.status_code == 406
    assert answer.json()["offered"] == [form.media_type for form in formats.PAGES]


def test_a_wrong_key_names_the_nearest_right_one(small: Client) -> None:
    answer = small.get("/doc/bundle/jugendamd?lang=de")
    assert answer.status_code == 404
    assert "Unter „Umsetzungsbündel“ gibt es „jugendamd“ nicht; ähnlich: Jugendamt." in Reader(answer.text).text
    problem = small.get("/doc/bundle/jugendamd", {}).json()
    assert problem["suggestions"] == [{"iri": BASE + "id/bundle/jugendamt", "name": "Jugendamt"}]
    assert small.get("/doc/bundel", {}).json()["suggestions"][0]["name"] == "bundle"


def test_lists_are_filtered_and_what_was_typed_comes_back_escaped(small: Client) -> None:
    page = Reader(small.get("/doc/municipality?q=hana&lang=en").text)
    assert "Hanau" in page.text
    assert "Darmstadt" not in page.text
    assert "1 entry" in page.text
    assert {"type": "hidden", "name": "lang", "value": "en"} in page.all("input")
    hostile = small.get('/doc/municipality?q="><script>x</script>')
    assert "<script>" not in hostile.text
    assert "Nothing found" in Reader(small.get("/doc/municipality?q=xyz&lang=en").text).text
    assert "Nichts gefunden zu „xyz“." in Reader(small.get("/doc/municipality?q=xyz&lang=de").text).text


def test_searches_are_not_kept_since_they_have_no_end(store: ox.Store) -> None:
    opened = small_snapshot(store)
    client = Client(opened)
    client.get("/doc/municipality")
    size = opened.cache.size
    tags = {client.get(f"/doc/municipality?q=x{number}").headers["etag"] for number in range(5)}
    assert opened.cache.size == size
    assert len(tags) == 5


def test_a_long_list_is_paged_with_links_to_both_sides(store: ox.Store) -> None:
    crowded = ox.Store()
    crowded.extend(store)
    for number in range(250):
        thing = ox.NamedNode(f"{BASE}id/channel/k{number}")
        crowded.add(ox.Quad(thing, ox.NamedNode(PREFIXES["rdf"] + "type"), ox.NamedNode(PREFIXES["foaf"] + "Document")))
        crowded.add(
            ox.Quad(thing, ox.NamedNode(PREFIXES["skos"] + "prefLabel"), ox.Literal(f"Kanal {number}", language="de"))
        )
        crowded.add(ox.Quad(thing, ox.NamedNode(PREFIXES["dct"] + "source"), ox.NamedNode(BASE + "id/source/liste")))
    client = Client(small_snapshot(crowded))
    middle = client.get("/doc/channel?page=2&lang=de")
    page = Reader(middle.text)
    assert "101 bis 200 von 250" in page.text
    assert {a["rel"] for a in page.all("a") if a.get("rel") in {"prev", "next"}} == {"prev", "next"}
    assert 'page=1>; rel="prev"' in middle.headers["link"]
    assert 'page=3>; rel="next"' in client.get("/doc/channel?page=2&lang=de").headers["link"]
    assert len(client.get("/doc/channel.csv", {}).text.splitlines()) == 251
    source = Reader(client.get("/doc/source/liste?page=6&lang=de").text)
    assert "Seite 6 von 6" in source.text
    assert "page=6" in next(a["href"] for a in source.all("a") if a.get("hreflang") == "en")


def test_a_table_is_used_where_statements_are_many_and_alike(store: ox.Store) -> None:
    crowded = ox.Store()
    crowded.extend(store)
    for number in range(12):
        figure = ox.NamedNode(f"{BASE}id/figure/n{number}")
        for name, value in (
            (PREFIXES["rdf"] + "type", ox.NamedNode(OZG + "Figure")),
            (PREFIXES["skos"] + "prefLabel", ox.Literal(f"Zahl {number}", language="de")),
            (OZG + "subject", ox.NamedNode(BASE + "id/bundle/jugendamt")),
            (OZG + "value", typed(str(number), "integer")),
            (OZG + "wording", ox.Literal(f"Wort {number}", language="de")),
            (PREFIXES["skos"] + "note", ox.Literal(f"Hinweis {number}", language="de")),
            (PREFIXES["dct"] + "source", ox.NamedNode(BASE + "id/source/liste")),
        ):
            crowded.add(ox.Quad(figure, ox.NamedNode(name), value))
    page = Reader(Client(small_snapshot(crowded)).get("/doc/bundle/jugendamt?lang=de").text)
    assert len(page.all("table")) == 1
    for text in ("Zahlen dazu 12", "Wort 11", "Hinweis 11", "Pressemitteilung"):
        assert text in page.text


def test_rules_and_terms_are_reachable_by_their_anchor(small: Client) -> None:
    ontology = Reader(small.get("/ontology?lang=de").text)
    anchors = {attributes.get("id") for _, attributes in ontology.tags}
    assert {"month", "Figure", "available"} <= anchors
    assert "Prüfregeln dazu" in ontology.text
    assert "3-mal verwendet" in ontology.text
    shapes = Reader(small.get("/shapes?lang=en").text)
    assert {"figure-value", "period-end"} <= {attributes.get("id") for _, attributes in shapes.tags}
    assert "Give the value." in shapes.text
    assert "Single facts, wherever they stand" in shapes.text
    assert "About: End" in shapes.text
    assert "Warning" in shapes.text
    data = {quad.triple for quad in ox.parse(small.get("/shapes.nt", {}).content, format=ox.RdfFormat.N_TRIPLES)}
    assert len(data) == len(list(ox.parse(SHAPES, format=ox.RdfFormat.TURTLE)))


def test_each_term_in_use_stands_with_a_statement_of_the_data_that_uses_it(small: Client, store: ox.Store) -> None:
    page = small.get("/ontology?lang=de").text
    entry = page.partition('id="serviceCount"')[2].partition("</article>")[0]
    read = Reader(entry)
    assert "zum Beispiel: " in read.text
    assert any("/doc/availability/jugendamt-2021-05-17" in attributes["href"] for attributes in read.all("a"))
    turtle = html.unescape(entry.partition("<code>ozg:serviceCount</code>")[2].partition("<pre")[2])
    snippet = turtle.partition("<code>")[2].partition("</code>")[0]
    said = {quad.triple for quad in ox.parse(snippet, format=ox.RdfFormat.TURTLE)}
    assert OZG + "serviceCount" in {triple.predicate.value for triple in said}
    assert said <= {quad.triple for quad in store}
    unused = page.partition('id="ars"')[2].partition("</article>")[0]
    assert "Noch nicht verwendet" in unused
    assert "<pre" not in unused


def test_rules_stand_with_a_good_and_a_bad_example_where_they_have_cases(store: ox.Store, tmp_path: Path) -> None:
    turtle = """
        @prefix ozg: <https://w3id.org/ozg-lod/ontology#> . @prefix passing: <https://example.org/passing/> .
        @prefix failing: <https://example.org/failing/> . @prefix ozgsh: <https://w3id.org/ozg-lod/shapes#> .
        passing:figure a ozg:Figure ; ozg:value 5 ; ozg:subject <https://example.org/id/bundle/jugendamt> .
        failing:figure a ozg:Figure ; <https://example.org/expects> ozgsh:figure-value ;
            ozg:subject <https://example.org/id/bundle/jugendamt> .
        passing:named a ozg:Named ; ozg:label "10169" .
        failing:named a ozg:Named ; <https://example.org/expects> ozgsh:period-end ; ozg:label "10169"@de, "10169"@x-y .
        <https://example.org/other> ozg:part passing:named .
        failing:nothing-like-it a ozg:Bundle ; <https://example.org/expects> ozgsh:period-end .
    """
    (tmp_path / rule_examples.FILE).write_bytes(rule_examples.as_quads({"figure.ttl": turtle.encode()}))
    page = Client(small_snapshot(store, directory=tmp_path)).get("/shapes?lang=en").text
    assert page.count('class="verdicts"') == 2
    apart = Reader(page.partition('id="period-end"')[2].partition("</li>")[0]).text
    assert "10169 (text without a language)" in apart
    assert "10169 (German)" in apart
    assert "“smaller area” of: other" in apart
    told = Reader(page.partition('id="figure-value"')[2].partition("</li>")[0]).text
    assert "Right value: 5 Wrong value: missing" in told


def test_without_rules_the_page_says_so(store: ox.Store) -> None:
    assert "Es sind keine Regeln geladen." in Client(small_snapshot(store, shapes=b"")).get("/shapes?lang=de").text


def test_the_catalogue_is_called_what_its_data_say(small: Client, store: ox.Store) -> None:
    assert "Small catalogue" in Reader(small.get("/?lang=en").text).text
    nameless = ox.Store()
    nameless.extend(quad for quad in store if quad.subject != ox.NamedNode(BASE + "catalog"))
    assert "OZG catalogue Hesse" in Reader(Client(small_snapshot(nameless)).get("/?lang=en").text).text
    assert "license" not in Client(small_snapshot(nameless)).get("/doc/bundle/jugendamt").headers["link"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 410, 413, 415, 422, 429, 500, 503])
def test_every_failure_has_a_page_with_a_next_step(status: int) -> None:
    kinds = {kind.status: kind for kind in (errors.OzgLodError, *errors.OzgLodError.__subclasses__())}
    kinds[500] = errors.OzgLodError
    failure = kinds[status](Label({"en": "It went wrong.", "de": "Es ging schief."}), offered=["text/turtle"])
    for language, sentence in (("de", "Es ging schief."), ("en", "It went wrong.")):
        page = Reader(pages.error(failure, language).decode())
        assert sentence in page.text
        assert str(status) in page.text
        assert pages._NEXT_STEPS[status][language] in page.text  # noqa: SLF001 - what the page is made of
        assert "text/turtle" in page.text


def test_a_failure_without_a_step_of_its_own_has_the_general_one() -> None:
    class Teapot(errors.OzgLodError):
        status = 418
        title = _("Teapot")

    failure = Teapot("Tee.", suggestions=[{"iri": "urn:x", "name": "Kaffee"}])
    page = Reader(pages.error(failure, "de").decode())
    assert "Der Fehler liegt bei uns" in page.text
    assert "Kaffee" in page.text
    assert pages.error(failure, "de", Addresses(BASE, PUBLIC)).count(b"/ozg/static/site.css") == 1


def test_the_cache_keeps_what_was_used_last_within_its_limit() -> None:
    cache = ResponseCache(4000)
    for number in range(50):
        cache.put(f"a{number}", b"x" * 300)
        cache.get("a0")
    assert cache.size <= 4000
    assert cache.get("a0") is not None
    assert cache.get("a1") is None
    cache.put("a0", b"y" * 300, {"link": "<x>"})
    kept = cache.get("a0")
    assert kept is not None
    assert (kept.plain, gzip.decompress(kept.gzipped), kept.fields) == (b"y" * 300, b"y" * 300, {"link": "<x>"})
    assert cache.put("large", b"z" * 2000).plain == b"z" * 2000
    assert cache.get("large") is None


def test_what_belongs_to_a_snapshot_is_computed_once_while_others_wait(store: ox.Store) -> None:
    computed: list[str] = []

    def read(opened: PageSnapshot) -> list[str]:
        time.sleep(0.05)
        computed.append(opened.code)
        return [opened.code]

    value = SnapshotValue(read)
    one, other = small_snapshot(store, code="one"), small_snapshot(store, code="other")
    with ThreadPoolExecutor(4) as threads:
        values = list(threads.map(value, [one] * 4))
    assert computed == ["one"]
    assert all(found is values[0] for found in values)
    assert value(other) == ["other"]


def test_what_could_not_be_computed_is_tried_again(store: ox.Store) -> None:
    tries: list[int] = []

    def read(_opened: PageSnapshot) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise LookupError
        return len(tries)

    value, opened = SnapshotValue(read), small_snapshot(store)
    with pytest.raises(LookupError):
        value(opened)
    assert value(opened) == 2


def test_the_looks_are_files_of_ours_and_the_icon_is_well_formed(small: Client) -> None:
    css = small.get("/static/site.css")
    assert css.headers["content-type"] == "text/css; charset=utf-8"
    assert "http" not in css.text.replace("@media", "")
    icon = small.get("/static/icon.svg")
    assert ET.fromstring(icon.text).tag.endswith("svg")  # noqa: S314 - our own file


def test_routes_are_described_for_programs(small: Client) -> None:
    described = small.app.state.openapi()["paths"]
    assert {"/doc/{kind}/{name}", "/doc/{name}", "/id/{kind}/{key}", "/ontology", "/shapes", "/"} <= set(described)
    assert all(json.dumps(operation["summary"]) for path in described.values() for operation in path.values())


@pytest.fixture(scope="module")
def everything() -> Client:
    """The pages over the whole source folder of the catalogue, without its derived triples."""
    store = ox.Store()
    for path in sorted((HERE.parent / "data").glob("*.csv")):
        metadata = Path(f"{path}-metadata.json").read_bytes()
        reading = tables.describe(metadata, file=path.name).read(path.read_bytes(), file=path.name)
        store.extend(ox.Quad(*triple) for triple in reading.triples)
    for path in (*sorted((HERE.parent / "data").glob("*.ttl")), HERE.parent / "ontology" / "ozg.ttl"):
        store.load(path=path, format=ox.RdfFormat.TURTLE, base_iri=BASE)
    shapes = b"".join(path.read_bytes() for path in sorted((HERE.parent / "shapes").glob("*.ttl")))
    return Client(small_snapshot(store, shapes=shapes))


@pytest.mark.parametrize("kind", KINDS.names)
def test_the_pages_of_the_real_catalogue_name_everything_and_lead_somewhere(everything: Client, kind: str) -> None:
    opened = everything.opened
    entries = opened.things.kinds[kind]
    assert entries, "the catalogue has things of every kind"
    for entry in entries[:: max(1, len(entries) // 4)]:
        page = Reader(everything.get(f"/doc/{kind}/{entry.key}?lang=de").text)
        assert page.text.count(pick(entry.names, "de")[0]) >= 2
        inside = {a["href"].partition("#")[0] for a in page.all("a") if a["href"].startswith("/ozg/doc/")}
        for href in sorted(inside)[:12]:
            assert everything.get(href.removeprefix("/ozg"), method="HEAD").status_code == 200, (entry.iri, href)


@pytest.mark.parametrize("path", ["/doc/state/06", "/doc/place/06", "/doc/place/064", "/doc/municipality/06435014"])
def test_an_anchor_stands_once_on_a_page_that_shows_parts_of_others(everything: Client, path: str) -> None:
    page = Reader(everything.get(f"{path}?lang=de").text)
    names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(names) == len(set(names))


def test_a_part_stands_where_its_address_points_to(everything: Client) -> None:
    names = {attributes.get("id") for _, attributes in Reader(everything.get("/doc/place/064?lang=de").text).tags}
    assert "in-06" in names


def test_every_property_of_the_real_catalogue_has_a_name_in_both_languages(everything: Client) -> None:
    opened = everything.opened
    things = [
        quad for quad in opened.store if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(BASE)
    ]
    graph = Graph(opened.store)
    for predicate in sorted({quad.predicate.value for quad in things}):
        for language in LANGUAGES:
            assert language in graph.names(predicate) or term_name(predicate, language), predicate


@pytest.mark.parametrize(
    "path", ["/doc/X_/a", "/doc/bundle/a_b", "/doc/dataset/a_b", "/id/X_/a", "/linkset/X_/a", "/doc/X_/a.atom"]
)
def test_a_key_that_cannot_be_one_is_looked_for_beside_the_event_loop(
    store: ox.Store, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = []

    kinds = Index.kinds

    def noted(index: Index) -> dict[str, int]:
        readers.append(threading.current_thread())
        return kinds(index)

    monkeypatch.setattr(Index, "kinds", noted)
    answer = Client(small_snapshot(store)).get(path)
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert len(readers) == 1
    assert threading.current_thread() not in readers, "the loop of the test runs in its own thread"
