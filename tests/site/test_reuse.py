"""EfA offers, badges, linksets, feeds of things, and the way of another state's links into the register of reuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pyoxigraph as ox
import pytest
from tests.conftest import ROOT, serving
from tests.contributing import BASE, Office, office
from tests.small_source import publish

from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.graph import Graph
from ozg_lod.site import efa, linkset
from ozg_lod.site.efa_pages import badge
from ozg_lod.site.page_context import PageContext
from ozg_lod.validation import documents
from ozg_lod.validation.linkset_reader import as_ntriples

OFFER = f"{BASE}id/service/ausfuhr-von-kulturguetern"
KEY = "ausfuhr-von-kulturguetern"
OZG = "https://w3id.org/ozg-lod/ontology#"
ATOM = "{http://www.w3.org/2005/Atom}"
SVG = "{http://www.w3.org/2000/svg}"
LINKS = f"""
@prefix dct: <http://purl.org/dc/terms/> .
@prefix ozg: <{OZG}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<{BASE}id/availability/16-{KEY}>
    a ozg:Availability , ozg:Reuse ;
    dct:source <{BASE}id/source/beitrag> ;
    ozg:asOf "2026-11-20"^^xsd:date ;
    ozg:availableAt <{BASE}id/state/16> ;
    ozg:contact <mailto:ozg@example.org> ;
    ozg:month "2026-03"^^xsd:gYearMonth ;
    ozg:availabilityOf <{OFFER}> ;
    ozg:status ozg:available .
"""
DEVICES = "ausfuhr-von-medizinprodukten"
LINKSET = {
    "anchor": f"{BASE}id/availability/09-{DEVICES}",
    "type": [{"href": f"{OZG}Availability"}, {"href": f"{OZG}Reuse", "title*": [{"value": "Mitnutzung"}]}],
    f"{OZG}availabilityOf": [{"href": f"{BASE}id/service/{DEVICES}"}],
    f"{OZG}availableAt": [{"href": f"{BASE}id/state/09"}],
    f"{OZG}status": [{"href": f"{OZG}planned"}],
    "http://purl.org/dc/terms/source": [{"href": f"{BASE}id/source/beitrag"}],
    "describedby": [{"href": "https://example.org/about"}],
}
PEOPLE = {"accept": "text/html", "accept-language": "de"}


def parsed(document: str | bytes) -> ET.Element:
    """Read XML that our own server wrote."""
    return ET.fromstring(document)  # noqa: S314 - not a stranger's


def test_the_page_of_offers_says_what_sources_say_and_what_they_do_not(client: httpx.Client) -> None:
    page = client.get("/efa", headers=PEOPLE)
    assert page.status_code == 200
    assert page.text.count('class="offer"') == 9
    assert "22. November 2026" in page.text
    assert "Keine Quelle nennt eine OZG-Nummer oder einen LeiKa-Schlüssel." in page.text
    assert "Keine Quelle nennt einen Kontakt" in page.text
    assert "Hessen führt acht EfA-Leistungen" in page.text
    assert "Kommunale Abgaben (EfA)" in page.text
    assert f'<code class="address">{OFFER}</code>' in page.text
    assert "https://w3id.org/ozg-lod/ontology#leadAuthority" not in page.text.lower().replace("leadauthority", "x")
    english = client.get("/efa", headers={**PEOPLE, "accept-language": "en"})
    assert "EfA offers: one for all" in english.text


def test_nobody_has_reported_a_reuse_and_the_page_says_so_plainly(client: httpx.Client) -> None:
    page = client.get("/reuse", headers=PEOPLE)
    assert "Bisher hat niemand eine Nachnutzung gemeldet." in page.text
    assert 'href="/vorlagen#nachnutzung"' in page.text
    assert 'id="nachnutzung"' in client.get("/vorlagen", headers=PEOPLE).text
    assert client.get("/linkset/reuse").json() == {"linkset": []}


def test_a_badge_is_a_picture_with_a_title_in_two_languages(client: httpx.Client) -> None:
    german, english = "wie berichtet, gelesen am 22. November 2026", "as reported, read on 22 November 2026"
    names = {KEY: (german, "Ausfuhr von Kulturgütern"), f"{KEY}.en": (english, "Export of cultural goods")}
    for name, (said, offer) in names.items():
        answer = client.get(f"/badge/{name}.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["cache-control"].startswith("public")
        picture = parsed(answer.text)
        assert picture.get("role") == "img"
        assert picture.get("aria-labelledby") == "t d"
        assert picture.findtext(f"{SVG}desc") == said
        assert (picture.findtext(f"{SVG}title") or "").endswith(offer)
        again = client.get(f"/badge/{name}.svg", headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    assert client.get("/badge/nothing.svg").status_code == 404
    assert client.get("/badge/jugendamt.svg").status_code == 404


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_the_letters_of_a_badge_can_be_read_and_are_escaped() -> None:
    store = ox.Store()
    store.load(
        f"""<{OFFER}> a <{OZG}EfaOffer> ; <http://www.w3.org/2004/02/skos/core#prefLabel> "<b>&\\"x"@de ;
        <{OZG}status> <{OZG}available> ; <{OZG}asOf> "2026-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .
        <{OZG}available> <http://www.w3.org/2000/01/rdf-schema#label> "verfügbar"@de .""".encode(),
        ox.RdfFormat.TURTLE,
    )
    register = efa.read(Graph(store))
    picture = badge(PageContext("de", Addresses(BASE, "")), register, register.offers[0]).decode()
    assert "&lt;b&gt;&amp;" in picture
    assert "<b>" not in picture
    assert "verfügbar, Stand 1. Januar 2026" in picture
    fills = re.findall(r'fill="(#\w{6})"', picture)
    assert contrast(fills[0], fills[2]) >= 7
    assert contrast(fills[1], fills[3]) >= 7


def test_an_offer_can_be_embedded_with_text_that_is_only_text(client: httpx.Client) -> None:
    page = client.get(f"/doc/service/{KEY}", headers=PEOPLE).text
    assert f"/badge/{KEY}.svg" in page
    assert "&lt;script type=&#34;application/ld+json&#34;&gt;" in page
    assert "[![" in page
    assert "/badge/" not in client.get("/doc/bundle/jugendamt", headers=PEOPLE).text


def test_every_thing_leads_to_its_linkset_and_its_feed(client: httpx.Client) -> None:
    answer = client.get(f"/doc/service/{KEY}.ttl")
    links = dict.fromkeys(answer.links)
    assert 'rel="linkset"; type="application/linkset+json"' in answer.headers["link"]
    assert 'rel="linkset"; type="application/linkset"' in answer.headers["link"]
    assert f"/doc/service/{KEY}.atom" in answer.headers["link"]
    assert links
    found = client.get(f"/linkset/service/{KEY}")
    assert found.headers["content-type"] == "application/linkset+json"
    own = found.json()["linkset"][0]
    assert own["anchor"] == OFFER
    assert own[f"{OZG}leadAuthority"][0]["href"] == f"{BASE}id/state/06"
    assert own[f"{OZG}leadAuthority"][0]["title*"] == [{"value": "Hessen", "language": "de"}]
    assert {one["type"] for one in own["describedby"]} >= {"text/html", "text/turtle"}
    for context in found.json()["linkset"]:
        assert context["anchor"].startswith("http")
        for relation, targets in context.items():
            if relation != "anchor":
                assert all(target["href"] for target in targets)
    text = client.get(f"/linkset/service/{KEY}", headers={"accept": "application/linkset"})
    assert text.headers["content-type"] == "application/linkset"
    assert f'<{BASE}id/state/06>; rel="{OZG}leadAuthority"; anchor="{OFFER}"' in text.text
    assert client.get(f"/linkset/service/{KEY}", headers={"accept": "application/json"}).json() == found.json()
    assert client.get(f"/linkset/service/{KEY}?format=txt").text == text.text
    assert client.get("/linkset/service/nothing").status_code == 404
    assert client.get("/linkset/nothing/nothing").status_code == 404
    assert client.get(f"/linkset/service/{KEY}", headers={"accept": "image/png"}).status_code == 406
    assert client.head(f"/linkset/service/{KEY}").status_code == 200


def test_every_link_header_of_a_thing_can_be_followed(client: httpx.Client) -> None:
    header = client.get("/doc/municipality/06435014.ttl").headers["link"]
    for target, relation in re.findall(r'<(http://127[^>]+)>; rel="(\w+)"', header):
        if relation in {"linkset", "alternate"}:
            assert client.get(target, follow_redirects=True).status_code == 200, target


def test_a_thing_has_a_feed_of_its_own(client: httpx.Client) -> None:
    answer = client.get("/doc/bundle/jugendamt.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = parsed(answer.content)
    assert feed.findtext(f"{ATOM}title") == "Änderungen: Jugendamt"
    assert len(feed.findall(f"{ATOM}entry")) == 1
    labels = {one.get("label") for one in feed.iter(f"{ATOM}category")}
    assert f"{BASE}id/availability/jugendamt-2021-05-17" in labels
    english = parsed(client.get("/doc/bundle/jugendamt.atom?lang=en").content)
    assert english.findtext(f"{ATOM}title") == "Changes: Jugendamt"
    again = client.get("/doc/bundle/jugendamt.atom", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/doc/bundle/nothing.atom").status_code == 404


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A small catalogue with the offers of Hesse and another state, published once."""
    found = office(tmp_path_factory.mktemp("reuse"))
    data = found.source / "data"
    states = (ROOT / "data" / "states.csv").read_text("utf-8").splitlines(keepends=True)
    kept = [states[0], *(row for row in states if row[:3] in {"06,", "09,", "16,"})]
    (data / "states.csv").write_text("".join(kept), "utf-8")
    facts = (ROOT / "data" / "egov-facts.ttl").read_text("utf-8")
    head = "".join(line for line in facts.splitlines(keepends=True) if line.startswith("@"))
    offers = re.findall(r"<service/[^>]+>\n(?:    .*\n|        .*\n)+", facts)
    assert len(offers) == 9
    text = head + "".join(offers).replace("ozg:builtBy <organisation/hzd> ;\n    ", "")
    text = text.replace("<source/hzd-hessen-de-inform-1-24>", "<source/hmdis-2021-05-19>")
    (data / "offers.ttl").write_text(text, "utf-8")
    assert publish(found.source, found.target).manifest is not None
    return found


@pytest.fixture(scope="module")
def reported(place: Office) -> Iterator[tuple[httpx.Client, str]]:
    """A server of the catalogue after the links of another state went all the way, and the time it took no shortcut."""
    with serving(place.target, "--inbox", str(place.folder)) as url, httpx.Client(base_url=url, timeout=60) as client:
        file = {"file": ("links.ttl", LINKS.encode(), "text/turtle")}
        checked = client.post("/validate", files=file, headers={"accept": "application/json"})
        assert checked.json()["conforms"], checked.text
        wrong = LINKS.replace(OFFER, f"{BASE}id/bundle/jugendamt")
        other = {"file": ("links.ttl", wrong.encode(), "text/turtle")}
        refused = client.post("/validate", files=other, headers={"accept": "application/json"})
        assert not refused.json()["conforms"]
        assert "Verweisen Sie auf ein EfA-Angebot" in json.dumps(refused.json(), ensure_ascii=False)
        fields = {"authority": "16", "sender": "Stelle in Thüringen", "mail": "ozg@example.org", "consent": "1"}
        sent = client.post("/contributions", files=file, data=fields, headers={"accept": "application/json"})
        assert sent.status_code == 201, sent.text
        links = {"file": ("l.linkset", json.dumps({"linkset": [LINKSET]}).encode(), "application/linkset+json")}
        checked = client.post("/validate", files=links, headers={"accept": "application/json"})
        assert checked.json()["conforms"], checked.text
        fields |= {"authority": "09", "sender": "Stelle in Bayern"}
        sent = client.post("/contributions", files=links, data=fields, headers={"accept": "application/json"})
        assert sent.status_code == 201, sent.text
    submissions = {case.submission.authority: case.submission.reference for case in place.inbox.cases()}
    for reference in submissions.values():
        done = place.accept(reference)
        assert done.returncode == 0, done.stderr
    with serving(place.target, "--inbox", str(place.folder)) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client, submissions[f"{BASE}id/state/16"]


def test_the_links_of_another_state_are_on_the_pages_after_they_were_accepted(
    reported: tuple[httpx.Client, str],
) -> None:
    client, _ = reported
    thing = client.get(f"/doc/service/{KEY}", headers=PEOPLE)
    assert "Thüringen" in thing.text
    matrix = client.get("/reuse", headers=PEOPLE)
    assert "Thüringen" in matrix.text
    assert "ozg@example.org" in matrix.text
    assert "März 2026" in matrix.text
    assert "Bisher hat niemand" not in matrix.text
    offers = client.get("/efa", headers=PEOPLE)
    assert offers.text.count("Thüringen") == 1
    assert offers.text.count("Bayern") == 1
    assert offers.text.count("noch nicht gemeldet") == 9 - 2


def test_the_links_of_another_state_are_found_by_sparql_linkset_and_feed(reported: tuple[httpx.Client, str]) -> None:
    client, reference = reported
    query = f"SELECT ?who {{ ?reuse a <{OZG}Reuse> ; <{OZG}availabilityOf> <{OFFER}> ; <{OZG}availableAt> ?who }}"
    answer = client.get("/sparql", params={"query": query}, headers={"accept": "text/csv"})
    assert answer.text.split() == ["who", f"{BASE}id/state/16"]
    every = client.get("/linkset/reuse").json()["linkset"]
    assert [one[f"{OZG}availableAt"][0]["href"] for one in every] == [f"{BASE}id/state/09", f"{BASE}id/state/16"]
    devices, goods = every
    assert devices["anchor"] == LINKSET["anchor"]
    assert goods[f"{OZG}availabilityOf"][0]["href"] == OFFER
    assert goods["http://purl.org/dc/terms/source"][0]["href"].endswith(f"mitteilung-{reference}")
    own = client.get(f"/linkset/service/{KEY}").json()["linkset"]
    assert goods["anchor"] in {context["anchor"] for context in own}
    feed = parsed(client.get(f"/doc/service/{KEY}.atom").content)
    first = feed.find(f"{ATOM}entry")
    assert first is not None
    changed = {(one.get("term"), one.get("label")) for one in first.iter(f"{ATOM}category")}
    assert ("added", goods["anchor"]) in changed
    other = parsed(client.get("/doc/service/ein-und-ausfuhr-von-arzneimitteln.atom").content)
    assert len(other.findall(f"{ATOM}entry")) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "the file is not JSON"),
        ("[" * 100_000, "the file is not JSON"),
        ("[]", "linkset must be a list"),
        ('{"linkset": {}}', "linkset must be a list"),
        ('{"linkset": [1]}', "linkset[0] must be an object"),
        ('{"linkset": [{}]}', "linkset[0].anchor must be a whole address"),
        ('{"linkset": [{"anchor": "http://a.example/> <x:y"}]}', "linkset[0].anchor must be a whole address"),
        ('{"linkset": [{"anchor": "x:\\ud800"}]}', "linkset[0].anchor must be a whole address"),
        ('{"linkset": [{"anchor": "x:a", "license": {}}]}', "linkset[0].license must be a list"),
        ('{"linkset": [{"anchor": "x:a", "type": [1]}]}', "linkset[0].type[0].href must be a whole address"),
    ],
)
def test_a_linkset_that_is_none_gets_a_sentence_with_the_place(content: str, sentence: str) -> None:
    found = as_ntriples(content, "links.linkset")
    assert not isinstance(found, str)
    assert sentence in found.message["en"]
    document = documents.read(content.encode(), "links.linkset", base=BASE)
    assert [one.rule for one in document.findings] == ["document-linkset"]


def test_a_linkset_is_read_as_triples_and_links_between_documents_are_left_out() -> None:
    document = documents.read(json.dumps({"linkset": [LINKSET]}).encode(), "links.linkset", base=BASE)
    assert document.findings == []
    assert len(document.triples) == 6


def test_a_linkset_is_written_without_titles_and_types_where_there_are_none() -> None:
    contexts = [linkset.Context("https://a.example/", [linkset.Link("license", "https://b.example/")])]
    assert json.loads(linkset.as_json(contexts)) == {
        "linkset": [{"anchor": "https://a.example/", "license": [{"href": "https://b.example/"}]}]
    }
    assert linkset.as_text(contexts) == b'<https://b.example/>; rel="license"; anchor="https://a.example/"\n'
    assert Path(efa.__file__).is_file()


def test_a_server_of_plain_files_has_no_things_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "data.nt"
    file.write_text("<urn:a> <urn:b> <urn:c> .\n", "utf-8")
    with serving(tmp_path, "--rdf", str(file)) as url, httpx.Client(base_url=url, timeout=30) as client:
        for path in ("/linkset/bundle/a", "/doc/bundle/a.atom", "/doc/bundle/a", "/badge/a.svg", "/abgleich"):
            answer = client.get(path)
            assert answer.status_code == 404, path
            assert answer.json()["detail"]
        assert client.get("/reconcile", params={"queries": '{"q": {"query": "a"}}'}).json() == {"q": {"result": []}}
