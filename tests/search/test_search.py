"""Searching and looking up by key: what people type, what programs ask, and that nothing typed can break it."""

from __future__ import annotations

import concurrent.futures
import csv
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ozg_lod.core.errors import BadRequest, SnapshotError
from ozg_lod.core.folding import contract, fold, spans
from ozg_lod.core.identity import ExampleKeys
from ozg_lod.core.kinds import Kinds
from ozg_lod.search import index, keys
from ozg_lod.search.search import MATCHES, Index
from ozg_lod.snapshots.snapshot import Contents, Manifest, Snapshots

KINDS_FILE = Path(__file__).parents[2] / "data" / "kinds.toml"
KINDS = Kinds.read(KINDS_FILE.read_bytes())
EXAMPLES = ExampleKeys()
BASE = "https://w3id.org/ozg-lod/hessen/"
BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "accept-language": "de"}
SKOS = "http://www.w3.org/2004/02/skos/core#"
OZG = "https://w3id.org/ozg-lod/ontology#"

Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def real(snapshot_directory: Path) -> Index:
    """The index of the real data."""
    return Index.of(snapshot_directory)


def small(tmp_path: Path, *lines: str) -> Index:
    """An index of these N-Triples."""
    path = tmp_path / index.FILE
    path.write_bytes(index.write("".join(line + " .\n" for line in lines).encode(), BASE, KINDS))
    return Index(path)


def concept(key: str, label: str, *, language: str = "de") -> list[str]:
    iri = f"<{BASE}id/concept/{key}>"
    kind = f"{iri} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{SKOS}Concept>"
    return [kind, f"{iri} <{SKOS}prefLabel> {json.dumps(label, ensure_ascii=False)}@{language}"]


def labels(found: Index, query: str) -> list[str]:
    return [hit.thing.de for hit in found.find(query).hits]


class _Page(HTMLParser):
    """The links, the marked pieces and the tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.marked: list[str] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open = tag == "mark"
        self.links += [value or "" for name, value in attrs if tag == "a" and name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "mark"

    def handle_data(self, data: str) -> None:
        if self._open:
            self.marked.append(data)


# Folding


def test_what_is_marked_is_what_was_looked_for() -> None:
    text = "Die Großstraße in GROSS-GERAU; Bauträger"
    assert [text[start:end] for start, end in spans(text, ["strasse", "gross", "bautraeger"])] == [
        "Großstraße",
        "GROSS",
        "Bauträger",
    ]
    assert spans("Bad Nauheim am Taunus", ["am"]) == [(12, 14)]


def test_an_accent_written_apart_is_marked_with_its_letter() -> None:
    text = "Ba\u0308ume fa\u0308llen"
    assert [text[start:end] for start, end in spans(text, ["fall"])] == ["fa\u0308ll"]


@given(st.text(max_size=60), st.text(max_size=8))
def test_marks_lie_within_the_text_in_order_and_fold_to_the_word(text: str, typed: str) -> None:
    words = fold(typed).split()
    last = 0
    for start, end in spans(text, words):
        assert last <= start < end <= len(text)
        last = end
        marked = fold(text[start:end])
        assert any(word in marked or contract(word) in contract(marked) for word in words)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert contract(fold(text.upper().lower())) == contract(fold(text.lower()))


# What people look for


def test_an_official_key_leads_to_its_page_in_one_step(client: httpx.Client) -> None:
    for typed in ("06414000", " 06 4 14 000 ", "6414000", "064140000000", f"{BASE}id/municipality/06414000"):
        answer = client.get("/suche", params={"q": typed}, headers=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (303, "/doc/municipality/06414000"), typed


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Waffe", "Waffenrechtliche Erlaubnisse"),
        ("waffenueberlassung", "Waffenüberlassungs-, -verlust- und -inbesitznahmeanzeige"),
        ("gross gerau", "Groß-Gerau"),
        ("GROß-GERAU", "Groß-Gerau"),
        ("Giessen", "Gießen"),
        ("landkreis giessen", "Landkreis Gießen"),
        ("Fuehrerschein", "Führerschein"),
        ("Bad Homburg v.d.Höhe", "Bad Homburg v. d. Höhe"),
        ("frankfurt a m", "Frankfurt am Main"),
        ("Brüder-Grimm-Stadt", "Hanau"),
        ("Digitalisierungs Beratung", "Digitalisierungsberatung"),
    ],
)
def test_the_first_hit_is_what_was_meant(real: Index, typed: str, first: str) -> None:
    assert labels(real, typed)[0] == first


def test_words_inside_compounds_are_found(real: Index) -> None:
    assert "Parkausweise für Betriebe" in labels(real, "ausweis")
    assert {"Waffenerlaubnis"} <= set(labels(real, "erlaubnis waffe"))


def test_both_readings_of_ae_oe_ue_are_found(tmp_path: Path) -> None:
    found = small(tmp_path, *concept("a", "Bauanträge"), *concept("b", "Bauerlaubnis"), *concept("c", "Sauerei"))
    assert labels(found, "Bauantraege") == labels(found, "bauanträge") == labels(found, "ANTRÄGE") == ["Bauanträge"]
    assert labels(found, "erlaubnis") == labels(found, "Bauerlaubnis") == ["Bauerlaubnis"]


def test_the_predecessor_of_a_municipality_leads_to_it_too(real: Index) -> None:
    assert labels(real, "Oberweser") == ["Oberweser", "Oberweser", "Wesertal"]


def test_better_matches_come_first(tmp_path: Path) -> None:
    named = [("a", "Ausweis"), ("b", "Ausweise"), ("c", "Der Ausweis"), ("d", "Parkausweis"), ("e", "Ohne")]
    lines = [line for key, label in named for line in concept(key, label)]
    note = f'<{BASE}id/concept/e> <{SKOS}note> "Kein Ausweis."@de'
    other = [*concept("f", "Pass"), f'<{BASE}id/concept/f> <{SKOS}altLabel> "Ausweis"@de']
    found = small(tmp_path, *lines, note, *other).find("ausweis").hits
    assert [(hit.thing.key, hit.match) for hit in found] == [
        ("a", "label"),
        ("f", "name"),
        ("b", "prefix"),
        ("c", "word"),
        ("d", "part"),
        ("e", "text"),
    ]
    assert {hit.match for hit in found} <= set(MATCHES)


def test_a_short_word_is_found_where_a_word_begins(tmp_path: Path) -> None:
    found = small(tmp_path, *concept("a", "Bad Soden am Taunus"), *concept("b", "Damm"), *concept("c", "Amt"))
    assert labels(found, "am") == ["Amt", "Bad Soden am Taunus"]
    assert labels(found, "soden am") == ["Bad Soden am Taunus"]
    assert labels(found, "amm") == ["Damm"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("Giesen", "Gießen"),
        ("Wisbaden", "Wiesbaden"),
        ("grossgerau", "Groß-Gerau"),
        ("Fürherschein", "Führerschein"),
        ("Landkries Giesen", "Landkreis Gießen"),
        ("Fuehrerschien zzzzzzzz", "Führerschein"),
        ("Modellkomune", "Modellkommunen"),
    ],
)
def test_who_mistypes_is_offered_what_was_meant(real: Index, typed: str, offered: str) -> None:
    outcome = real.find(typed)
    assert outcome.suggestions[0] == offered
    assert all(real.find(text).total for text in outcome.suggestions)


def test_nothing_is_offered_where_nothing_is_like_it_or_it_was_found(real: Index) -> None:
    assert real.find("Wiesbaden").suggestions == ()
    assert real.find("zzzzzzzz").suggestions == ()
    assert real.find("qq").suggestions == ()
    assert real.find("zz zzzzzz").suggestions == ()


def test_the_district_of_a_place_is_the_one_it_lies_in_now(real: Index) -> None:
    assert real.find("06633021").hits[0].thing.district == "Landkreis Kassel"
    assert real.find("06435014").hits[0].thing.district == ""  # Hanau left its district in 2026
    assert real.find("Schlüchtern").hits[0].thing.district == "Main-Kinzig-Kreis"


def test_searching_takes_less_than_a_frame_of_film(real: Index) -> None:
    for typed in ("Waffe", "Giesen", "a", "am", "einwohner", "die der das ein am im zu an", "x" * 100):
        times = []
        for _ in range(15):
            begun = time.process_time()
            real.find(typed)
            times.append(time.process_time() - begun)
        assert statistics.median(times) < 0.04, typed


def test_threads_get_the_same_answers(real: Index) -> None:
    typed = ["Waffe", "Giesen", "06414000", "am", "gross gerau", "ausweis"] * 20
    alone = [real.find(text) for text in typed]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert list(threads.map(real.find, typed)) == alone


# The page


def test_a_page_of_results_shows_counts_facets_and_marks(client: httpx.Client) -> None:
    answer = client.get("/suche", params={"q": "waffe"}, headers=BROWSER)
    page = _Page(answer.text)
    assert answer.status_code == 200
    assert answer.headers["content-language"] == "de"
    assert "10 Treffer" in answer.text
    assert set(page.marked) == {"Waffe"}
    assert "/doc/bundle/waffenrechtliche-erlaubnisse" in page.links
    assert "/suche?q=waffe&kind=bundle" in page.links
    assert "/suche.csv?q=waffe" in page.links
    narrowed = client.get("/suche", params={"q": "waffe", "kind": "bundle"}, headers=BROWSER)
    assert "1 Treffer" in narrowed.text
    assert "/suche?q=waffe&kind=concept" in _Page(narrowed.text).links
    none = client.get("/suche", params={"q": "waffe", "kind": "state"}, headers=BROWSER)
    assert "Nichts gefunden zu „waffe“ unter „Länder“." in none.text


def test_pages_lead_through_all_results(client: httpx.Client) -> None:
    seen: list[str] = []
    path: str | None = "/suche?q=einwohner&kind=figure"
    while path:
        page = _Page(client.get(path, headers=BROWSER).text)
        seen += [link for link in page.links if link.startswith("/doc/figure/")]
        following = f"page={len(seen) // 20 + 1}"
        path = next((link for link in page.links if link.endswith(following)), None)
    total = client.get("/search.json?q=einwohner&kind=figure").json()["total"]
    assert len(seen) == len(set(seen)) == total > 400
    assert client.get("/suche?q=einwohner&page=999", headers=BROWSER).status_code == 404
    assert client.get("/suche?q=einwohner&page=x", headers=BROWSER).status_code == 400


def test_what_a_source_says_is_shown_where_the_words_stand_there(client: httpx.Client) -> None:
    text = client.get("/suche?q=Oberweser", headers=BROWSER).text
    assert "aus <mark>Oberweser</mark> und Wahlsburg." in text


def test_an_english_page_says_which_words_are_german(client: httpx.Client) -> None:
    text = client.get("/suche?q=waffe&lang=en", headers=BROWSER).text
    assert "10 results" in text
    assert '<span lang="de"><mark>Waffe</mark>nrechtliche Erlaubnisse</span>' in text
    assert 'name="lang" value="en"' in text
    consulting = client.get("/suche?q=consulting&lang=en", headers=BROWSER).text
    assert "Digitalisation <mark>consulting</mark>" in consulting


def test_a_result_says_what_it_is_where_it_lies_and_its_key(client: httpx.Client) -> None:
    text = client.get("/suche?q=Oberursel", headers=BROWSER).text
    assert "Stadt · Hochtaunuskreis · 06434008" in text
    assert "Kommune" not in text.partition("<ol")[2].partition("</li>")[0]


def test_the_empty_search_page_explains_itself(client: httpx.Client) -> None:
    text = client.get("/suche", headers=BROWSER).text
    assert "<h1>Suche</h1>" in text
    assert "Gemeinde- und Kreisschlüssel" in text
    assert "noindex" not in text
    assert client.get("/suche?q=die+der+das+ein+zz", headers=BROWSER).text.count("Meinten Sie") == 0
    missed = client.get("/suche?q=Giesen", headers=BROWSER).text
    assert '<a href="/suche?q=Gie%C3%9Fen">Gießen</a>' in missed
    assert "noindex" in missed
    long = client.get("/suche", params={"q": "Waffe " * 60}, headers=BROWSER).text
    assert "ersten 100 Zeichen" in long


def test_hostile_words_stay_text(client: httpx.Client) -> None:
    text = client.get("/suche", params={"q": '"><script>alert(1)</script><mark>'}, headers=BROWSER).text
    page = _Page(text)
    assert "script" not in page.tags
    assert page.marked == []
    assert "&lt;script&gt;" in text


# Programs


def test_programs_get_json_page_by_page(client: httpx.Client) -> None:
    first = client.get("/search.json", params={"q": "ausweis", "limit": 3}).json()
    assert (first["query"], first["kind"], first["limit"], first["offset"]) == ("ausweis", None, 3, 0)
    assert sum(facet["count"] for facet in first["facets"]) == first["total"] > 3
    rest = client.get("/search.json?" + first["next"].partition("?")[2]).json()
    assert rest["offset"] == 3
    assert not {hit["iri"] for hit in first["results"]} & {hit["iri"] for hit in rest["results"]}
    whole = client.get("/search.json", params={"q": "06414000"}).json()
    assert whole["next"] is None
    wiesbaden = whole["results"][0]
    assert wiesbaden["iri"] == f"{BASE}id/municipality/06414000"
    assert wiesbaden["page"].endswith("/doc/municipality/06414000")
    assert (wiesbaden["match"], wiesbaden["official_key"], wiesbaden["name"]) == (
        "key",
        "06414000",
        {"de": "Wiesbaden"},
    )
    assert wiesbaden["type"] == {"de": "kreisfreie Stadt", "en": "independent city"}


def test_programs_get_all_hits_as_csv(client: httpx.Client) -> None:
    answer = client.get("/suche.csv", params={"q": "ausweis"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == client.get("/search.json?q=ausweis").json()["total"]
    assert "Parkausweise für Betriebe" in {row["name_de"] for row in rows}
    asked = client.get("/suche?q=ausweis", headers={"accept": "text/csv"})
    assert asked.text == answer.text


def test_answers_have_validators_and_name_their_other_formats(client: httpx.Client) -> None:
    answer = client.get("/suche?q=waffe", headers=BROWSER)
    assert "/search.json?q=waffe>" in answer.headers["link"]
    same = client.get("/suche?q=waffe", headers={**BROWSER, "if-none-match": answer.headers["etag"]})
    assert same.status_code == 304
    other = client.get("/suche?q=waffen", headers={**BROWSER, "if-none-match": answer.headers["etag"]})
    assert other.status_code == 200
    head = client.head("/suche?q=waffe", headers=BROWSER)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/search.json", "q is missing"),
        ("/search.json?q=%20", "q is missing"),
        ("/suche.csv?kind=bundle", "q is missing"),
        ("/search.json?q=a&limit=0", "limit is a whole number from 1 to 100"),
        ("/search.json?q=a&limit=ten", "limit is a whole number from 1 to 100"),
        ("/search.json?q=" + "a" * 101, "q has 101 characters; at most 100 are looked for"),
        ("/suche.csv?q=" + "a" * 101, "q has 101 characters; at most 100 are looked for"),
        ("/search.json?q=a&offset=-1", "offset is a whole number from 0"),
        ("/search.json?q=a&kind=tree", "kind is one of: municipality, district, state"),
        ("/search.json?q=a&page=x", "page is not a page number"),
    ],
)
def test_parameters_that_make_no_sense_are_answered_with_a_sentence(client: httpx.Client, path: str, said: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert said in answer.json()["detail_en"]
    assert answer.json()["detail_de"]


def test_formats_that_are_not_offered_are_refused_with_a_list(client: httpx.Client) -> None:
    answer = client.get("/suche.pdf?q=waffe")
    assert answer.status_code == 406
    assert "text/csv (.csv)" in answer.json()["detail_en"]


HOSTILE = [
    '"',
    '""" OR 1=1 --',
    "label:waffe",
    "NEAR(a b, 2)",
    "waffe* OR ^x",
    "{label names}: x",
    "AND OR NOT",
    "'; DROP TABLE entry; --",
    "%" * 50,
    "\\",
    "|",
    "a|b",
    "\x00\x01\x1f",
    "\u202e\ufeff",
    "🏛️🏛️🏛️",
    "中文搜索",
    "ﬁﬁﬁ",
    "é" * 5000,
    "a " * 5000,
    "-" * 10_000,
    "9" * 10_000,
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_nothing_typed_makes_a_search_fail(client: httpx.Client, typed: str) -> None:
    assert client.get("/suche", params={"q": typed}, headers=BROWSER).status_code == 200
    answer = client.get("/search.json", params={"q": typed})
    says_something = any(character.isprintable() for character in typed)
    assert answer.status_code == (200 if says_something and len(typed.strip()) <= 100 else 400)


def test_bytes_that_are_no_text_make_no_search_fail(client: httpx.Client) -> None:
    assert client.get("/suche?q=%ff%fe%00waffe", headers=BROWSER).status_code == 200


@settings(max_examples=150, deadline=None)
@given(typed=st.text(max_size=120))
def test_any_text_is_answered_in_fixed_order(real: Index, typed: str) -> None:
    outcome = real.find(typed)
    assert outcome == real.find(typed)
    assert outcome.total == sum(count for _, count in outcome.facets)
    assert all(0 <= MATCHES.index(hit.match) < len(MATCHES) for hit in outcome.hits)


# Keys


def test_every_key_there_is_leads_to_its_page_in_one_request(client: httpx.Client, snapshot_directory: Path) -> None:
    stated = {OZG + "ags": "ags", OZG + "districtKey": "ags", OZG + "ars": "ars"}
    stated |= {OZG + "leikaKey": "leika", OZG + "ozgId": "ozg"}
    wanted: dict[str, str] = {}
    for line in (snapshot_directory / "data.nt").read_text("utf-8").splitlines():
        subject, predicate, value = line.split(" ", 2)
        scheme = stated.get(predicate[1:-1])
        if scheme and subject.startswith(f"<{BASE}id/"):
            key = value.split('"')[1]
            wanted[f"/{scheme}/{key}"] = "/doc/" + subject[1:-1].removeprefix(f"{BASE}id/")
    assert len(wanted) > 1400
    found = {path: client.get(path).headers.get("location") for path in wanted}
    assert found == wanted


def test_keys_of_states_regions_and_free_areas_lead_to_their_pages(client: httpx.Client) -> None:
    expected = {
        "/ags/06": "/doc/state/06",
        "/ags/064": "/doc/place/064",
        "/ags/06431200": "/doc/place/06431200",
        "/ars/064319200200": "/doc/place/06431200#ars",
        "/ags/06415000": "/doc/municipality/06435014#ags-2026",
    }
    assert {path: client.get(path).headers["location"] for path in expected} == expected


def test_a_key_leads_to_data_by_suffix_or_accept_field(client: httpx.Client) -> None:
    assert client.get("/ags/06414000.ttl").headers["location"] == "/doc/municipality/06414000.ttl"
    followed = client.get("/ags/06414000", headers={"accept": "application/ld+json"}, follow_redirects=True)
    assert followed.headers["content-type"] == "application/ld+json"
    assert client.get("/ags/06414000?lang=en").headers["location"] == "/doc/municipality/06414000?lang=en"
    assert client.get("/ags/06414000.pdf").status_code == 406
    assert client.head("/ags/06414000").status_code == 303


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/ags/06.4.14.000", "/doc/municipality/06414000"),
        ("/ags/6414000", "/doc/municipality/06414000"),
        ("/ags/6531", "/doc/district/06531"),
        ("/ags/06414", "/doc/municipality/06414000"),
        ("/ars/06 4 35 0014 014", "/doc/municipality/06435014"),
        ("/ars/64350014014.ttl", "/doc/municipality/06435014.ttl"),
        ("/ars/06531", "/doc/district/06531"),
        ("/leika/99 010 005 000 000", "/doc/concept/leika-99010005000000"),
        ("/leika/urn:de:fim:leika:leistung:99010005000000", "/doc/concept/leika-99010005000000"),
        ("/ozg/OZG-10169", "/doc/concept/ozg-10169"),
    ],
)
def test_keys_are_understood_as_people_write_them(client: httpx.Client, path: str, leads_to: str) -> None:
    answer = client.get(quote(path, safe="/:"))
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


def test_a_key_nobody_has_is_answered_with_the_nearest_ones(client: httpx.Client) -> None:
    problem = client.get("/ags/06414001").json()
    assert problem["status"] == 404
    near = {"iri": f"{BASE}id/municipality/06414000", "key": "06414000", "name": "Wiesbaden (06414000)"}
    assert problem["suggestions"][0] == near
    assert "06414000 Wiesbaden" in problem["detail_en"]
    page = client.get("/ags/06414001", headers=BROWSER)
    assert page.status_code == 404
    assert "/doc/municipality/06414000" in _Page(page.text).links
    short = client.get("/ags/6414001").json()
    assert "the key 06414001 (typed: 6414001, completed with zeros)" in short["detail_en"]
    assert "Den Schlüssel 06414001 (eingegeben: 6414001, mit Nullen ergänzt) kennt" in short["detail_de"]
    assert "typed" not in client.get("/ags/06 414 001").json()["detail_en"]
    swapped = client.get("/ozg/11069").json()
    assert "10169" in [near["key"] for near in swapped["suggestions"]]


@pytest.mark.parametrize(
    "path", ["/ags/abc", "/ags/064140", "/ags/064140000", "/ars/1", "/leika/123", "/ozg/1", "/ags/" + "9" * 5000]
)
def test_what_can_be_no_key_is_refused_with_a_sentence_about_keys(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert "for example" in answer.json()["detail_en"]
    assert "zum Beispiel" in answer.json()["detail_de"]
    assert len(answer.text) < 2000


@given(st.sampled_from(sorted(keys.SCHEMES)), st.text(max_size=40) | st.text("0123456789. -", max_size=20))
def test_a_key_once_understood_is_understood_as_itself(scheme: str, text: str) -> None:
    read = keys.SCHEMES[scheme]
    key = read.guess(text)
    if key is None:
        with pytest.raises(BadRequest):
            read.read(text, EXAMPLES)
    else:
        assert len(key) in read.lengths
        assert read.read(key, EXAMPLES) == key


def test_several_things_with_one_key_are_listed(tmp_path: Path, serve: Serve) -> None:
    lines = [*concept("one", "Ein <b>Eintrag</b>"), *concept("two", "Zweiter")]
    lines += [f'<{BASE}id/concept/{key}> <{OZG}ozgId> "10169"' for key in ("one", "two")]
    triples = "".join(line + " .\n" for line in sorted(lines)).encode()
    quads = "".join(f"{line} <{BASE}graph/x> .\n" for line in sorted(lines)).encode()
    snapshots = Snapshots(tmp_path)
    files = {index.FILE: index.write(triples, BASE, KINDS)}
    with snapshots.locked():
        snapshots.write(Contents("one", BASE, quads, triples, b"", b"{}\n", files))
        snapshots.publish("one")
    with serve(tmp_path) as url:
        listed = httpx.get(url + "/ozg/10169")
        assert listed.status_code == 300
        assert [choice["key"] for choice in listed.json()["choices"]] == ["one", "two"]
        page = httpx.get(url + "/ozg/10169", headers=BROWSER)
        assert page.status_code == 300
        assert {"/doc/concept/one", "/doc/concept/two"} <= set(_Page(page.text).links)
        assert "Ein &lt;b&gt;Eintrag&lt;/b&gt;" in page.text
        assert httpx.get(url + "/suche?q=10169", headers=BROWSER).status_code == 200


# The file


def test_the_index_has_the_same_bytes_for_the_same_data(snapshot_directory: Path) -> None:
    program = (
        "import hashlib, pathlib, sys; from ozg_lod.core import search_words; from ozg_lod.core.kinds import Kinds\n"
        "from ozg_lod.search import index\n"
        "lines = pathlib.Path(sys.argv[1]).read_bytes().splitlines(keepends=True)\n"
        "lines = lines[::-1] if sys.argv[2] == 'turned' else lines\n"
        "kinds = Kinds.read(pathlib.Path(sys.argv[3]).read_bytes())\n"
        "folder = pathlib.Path(sys.argv[3]).parent\n"
        "words = search_words.read({name: (folder / name).read_bytes() for name in search_words.FILES})\n"
        f"print(hashlib.sha256(index.write(b''.join(lines), {BASE!r}, kinds, words)).hexdigest())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program, str(snapshot_directory / "data.nt"), order, str(KINDS_FILE)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed, order in (("1", "sorted"), ("2", "turned"))
    }
    assert made == {Manifest.read(snapshot_directory).files[index.FILE].sha256}


def test_a_damaged_index_is_found_by_the_check_of_the_snapshot(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    files = {index.FILE: index.write(b"", BASE, KINDS)}
    quad, triple = b'<http://x/a> <http://x/p> "1" <http://x/g> .\n', b'<http://x/a> <http://x/p> "1" .\n'
    with snapshots.locked():
        snapshots.write(Contents("one", BASE, quad, triple, b"", b"{}\n", files))
    path = snapshots.directory("one") / index.FILE
    spoilt = bytearray(path.read_bytes())
    spoilt[5000] ^= 1
    path.write_bytes(spoilt)
    with pytest.raises(SnapshotError, match=r"search\.db is not what was written"):
        snapshots.verified("one")


def test_a_snapshot_without_a_readable_index_says_so(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="has no search index; build again"):
        Index.of(tmp_path)
    (tmp_path / index.FILE).write_bytes(b"no database at all" * 500)
    with pytest.raises(SnapshotError, match="cannot be read"):
        Index.of(tmp_path)


def test_the_index_is_never_written_to(tmp_path: Path) -> None:
    found = small(tmp_path, *concept("a", "Waffe"))
    before = (tmp_path / index.FILE).read_bytes()
    (tmp_path / index.FILE).chmod(0o444)
    assert labels(found, "waffe") == ["Waffe"]
    assert [path.name for path in tmp_path.iterdir()] == [index.FILE]
    assert (tmp_path / index.FILE).read_bytes() == before


def test_everything_that_has_a_page_is_in_the_index(client: httpx.Client, real: Index) -> None:
    for kind in ("municipality", "bundle", "concept", "programme", "discrepancy", "channel", "condition"):
        rows = list(csv.DictReader(io.StringIO(client.get(f"/doc/{kind}.csv").text)))
        assert rows
        for row in rows[:40]:
            found = real.find(row["name"], kind=kind, limit=100).hits
            assert row["iri"] in {hit.thing.iri for hit in found}, row["name"]


# Other readings, everyday words, pages


def test_a_programme_that_contains_a_word_comes_before_a_concept_that_contains_it(tmp_path: Path) -> None:
    programme = [line.replace("/concept/", "/programme/") for line in concept("p", "Musterförderung")]
    found = small(tmp_path, *concept("a", "Agrarförderung"), *programme).find("förderung")
    assert [hit.thing.kind for hit in found.hits] == ["programme", "concept"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Musterscheine", "Musterschein"),  # an ending
        ("Musterschein beantragen", "Musterschein"),  # a word too many
        ("Mustershcein", "Musterschein"),  # two letters that changed places
        ("Musterscheinverlängerung", "Musterschein"),  # a compound
    ],
)
def test_what_no_name_has_is_read_otherwise(tmp_path: Path, typed: str, first: str) -> None:
    found = small(tmp_path, *concept("a", "Musterschein"), *concept("b", "Anderes"))
    assert labels(found, typed) == [first]


def test_what_is_said_of_a_thing_stays_found_after_other_readings(tmp_path: Path) -> None:
    note = f'<{BASE}id/concept/b> <{SKOS}note> "Auch für Musterscheine."@de'
    found = small(tmp_path, *concept("a", "Musterschein"), *concept("b", "Anderes"), note)
    assert labels(found, "Musterscheine") == ["Musterschein", "Anderes"]


def test_a_name_spelled_otherwise_is_shown_and_said(client: httpx.Client) -> None:
    text = client.get("/suche?q=Wezlar", headers=BROWSER).text
    assert "Kein Name schreibt sich „Wezlar“" in text
    assert "/doc/municipality/06532023" in _Page(text).links
    answer = client.get("/search.json?q=Wezlar").json()
    assert (answer["read_as"], answer["results"][0]["key"]) == ("Wetzlar", "06532023")
    assert client.get("/search.json?q=Wetzlar").json()["read_as"] is None


def test_pages_and_lists_of_the_site_are_found(client: httpx.Client) -> None:
    for typed, path in (("Liste abgleichen", "/abgleich"), ("help", "/hilfe"), ("Landkreise", "/doc/district")):
        answer = client.get("/search.json", params={"q": typed}).json()["results"][0]
        assert (answer["iri"], answer["kind"]) == (None, "page")
        assert answer["page"].endswith(path)
        assert client.get(path, headers=BROWSER).status_code == 200
        assert path in _Page(client.get("/suche", params={"q": typed}, headers=BROWSER).text).links
    assert client.get("/search.json?q=karte&kind=page").json()["total"] >= 1
    assert "/doc/page" not in client.get("/suche?q=karte", headers=BROWSER).text


def test_every_page_found_is_there(client: httpx.Client, real: Index) -> None:
    for key, path in real.iris("page").items():
        assert client.get(path, headers=BROWSER).status_code == 200, key


def test_every_header_has_one_search_box(client: httpx.Client) -> None:
    for path in ("/", "/suche", "/hilfe", "/sparql", "/doc/municipality", "/doc/municipality/06532023", "/nirgends"):
        text = client.get(path, headers=BROWSER).text
        assert text.count('action="/suche"') == 1, path
    assert 'name="lang" value="en"' in client.get("/hilfe?lang=en", headers=BROWSER).text
