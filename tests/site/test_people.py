"""Pages about no single thing, the reuse box, what crawlers read, legal texts and the doctor."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pyoxigraph as ox
import pytest
from tests.small_snapshot import small_snapshot

from ozg_lod import cli, doctor
from ozg_lod.catalogue import responsible
from ozg_lod.core.errors import UsageError
from ozg_lod.core.settings import Settings
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.graph import Graph
from ozg_lod.sandbox import seccomp
from ozg_lod.site import (
    inventory,
    legal,
    linking,
    manual,
    sitemap,
    structured_data,
    topic_pages,
)
from ozg_lod.site.description import about
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.timeline import Timeline, timeline
from ozg_lod.snapshots.snapshot import Publication, Snapshots, open_store

ROOT = Path(__file__).resolve().parents[2]
BASE = "https://w3id.org/ozg-lod/hessen/"
PUBLIC = "https://daten.example/ozg"
BROWSER = {"Accept": "text/html", "Accept-Encoding": "identity"}
PATHS = (
    "/karte",
    "/karte/06531",
    "/karte/06411",
    "/zeitleiste",
    "/foerderung",
    "/quellen",
    "/widersprueche",
    "/status",
    "/hilfe",
)
LEGAL = ("/impressum", "/datenschutz", "/barrierefreiheit")
TODAY = dt.date(2026, 11, 22)


class Page(HTMLParser):
    """A page by tags, visible text and data blocks."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.blocks: list[str] = []
        self._in_block = False
        self.feed(text)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._in_block = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_block = self._in_block and tag != "script"

    def handle_data(self, data: str) -> None:
        (self.blocks if self._in_block else self.texts).append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(client: httpx.Client, path: str, language: str = "de") -> Page:
    answer = client.get(path, headers={**BROWSER, "Accept-Language": language})
    assert answer.status_code == 200, path
    return Page(answer.text)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("path", [*PATHS, *LEGAL])
def test_every_page_is_whole_small_and_in_its_language(client: httpx.Client, path: str, language: str) -> None:
    answer = client.get(path, headers={**BROWSER, "Accept-Language": language})
    assert answer.headers["content-language"] == language
    assert len(gzip.compress(answer.content)) < 100_000
    found = Page(answer.text)
    assert found.all("html") == [{"lang": language}]
    assert len(found.all("h1")) == 1
    alternates = {link["hreflang"]: link["href"] for link in found.all("link") if "hreflang" in link}
    assert set(alternates) == {"de", "en", "x-default"}
    assert [link["href"] for link in found.all("link") if link.get("rel") == "canonical"] == [alternates["x-default"]]
    assert not any("style" in attributes or tag == "style" for tag, attributes in found.tags)
    assert all(img.get("alt") for img in found.all("img"))


@pytest.mark.parametrize("path", PATHS)
def test_every_address_on_a_page_leads_somewhere(client: httpx.Client, path: str) -> None:
    hrefs = {link["href"].partition("#")[0] for link in page(client, path).all("a") if link.get("href")}
    inner = sorted(href for href in hrefs if href.startswith("/"))
    assert inner
    for href in inner if len(inner) < 120 else inner[::11]:
        answer = client.head(href, headers=BROWSER) if "/sparql?" not in href else client.get(href)
        assert answer.status_code in (200, 303), href


def test_a_page_is_kept_and_a_second_reading_costs_nothing(client: httpx.Client) -> None:
    first = client.get("/karte", headers=BROWSER)
    again = client.get("/karte", headers={**BROWSER, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/karte", headers=BROWSER).headers["content-length"] == str(len(first.content))


def test_what_a_page_is_not_offered_in_is_refused_and_what_is_not_there_is_not_found(client: httpx.Client) -> None:
    assert client.get("/karte", headers={"Accept": "text/turtle"}).status_code == 406
    for path in ("/karte/99999", "/karte/06534014", "/karte/06", "/karte/x", "/karte/0643.svg", "/sitemap-9.xml"):
        assert client.get(path, headers=BROWSER).status_code == 404, path


def test_the_map_draws_every_municipality_as_a_link_with_a_name(client: httpx.Client) -> None:
    answer = client.get("/karte", headers=BROWSER).text
    svg = ET.fromstring(answer[answer.index('<svg class="map"') : answer.index("</svg>") + 6])  # noqa: S314
    links = list(svg.iter("a"))
    assert len(links) == 426
    assert all(link.findtext("path/title") for link in links)
    reachable = [link for link in links if "tabindex" not in link.attrib]
    assert len(reachable) == 12 + 8
    assert {path.get("fill") for link in reachable for path in link} == {"url(#participates)", "url(#announced)"}
    assert "Marburg (Landkreis Marburg-Biedenkopf): nimmt teil" in answer
    assert "Verwaltungsgebiete VG250, Stand 31.12.2018" in answer
    assert "© GeoBasis-DE / BKG 2019 (Daten verändert)" in answer
    assert "https://www.govdata.de/dl-de/by-2-0" in answer


def test_the_map_of_a_district_reaches_every_municipality_by_keyboard(client: httpx.Client) -> None:
    found = page(client, "/karte/06531")
    assert not [link for link in found.all("a") if link.get("tabindex") == "-1"]
    assert {link["href"] for link in found.all("a")} >= {f"/doc/municipality/065310{n:02}" for n in range(1, 19)}


def test_choosing_a_district_leads_to_its_map_and_the_language_goes_along(client: httpx.Client) -> None:
    for asked, leads in (("06531", "/karte/06531"), ("06411000", "/karte/06411"), ("06411", "/karte/06411")):
        answer = client.get("/karte", params={"kreis": asked}, headers=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (303, leads)
    answer = client.get("/karte", params={"kreis": "06531", "lang": "en"}, headers=BROWSER)
    assert answer.headers["location"] == "/karte/06531?lang=en"
    assert client.get("/karte", params={"kreis": "x"}, headers=BROWSER).status_code == 404


def test_a_page_about_a_body_shows_where_it_lies(client: httpx.Client) -> None:
    (picture,) = page(client, "/doc/municipality/06534014").all("img")
    assert picture["alt"] == "Lage in Hessen: Marburg"
    answer = client.get(picture["src"])
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ET.fromstring(answer.content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own bytes
    assert not page(client, "/doc/bundle/jugendamt").all("img")


def line_of(store: ox.Store) -> Timeline:
    opened = small_snapshot(store)
    return timeline(opened.graph, opened.index, opened.summary.availability)


def sources_of(store: ox.Store) -> list[inventory.SourceSummary]:
    opened = small_snapshot(store)
    return list(inventory.sources(opened.graph, opened.index, opened.summary.sources).shown)


def test_the_timeline_says_seventy_services_once_and_bounds_the_start_of_a_range(snapshot_directory: Path) -> None:
    found = line_of(open_store(snapshot_directory))
    assert (len(found.rows), found.dated, found.total) == (17, 17, 70)
    assert (found.months[0], found.months[-1], len(found.months)) == ("2019-10", "2021-05", 20)
    assert [year for year, _, _ in found.years] == ["2019", "2020", "2021"]
    youth = next(row for row in found.rows if row.of.endswith("/jugendamt"))
    assert (len(youth.months), youth.single, youth.bar) == (3, False, (5.0, 65.0, 100.0))
    known = {one.month: (one.certain, one.possible) for one in found.known}
    assert known["2019-11"] == (13, 17)
    assert known["2020-09"] == (15, 19)
    assert known["2020-10"] == (19, 19)
    assert known["2021-05"] == (70, 70)
    assert [row.iri.rpartition("/")[2] for row in found.others] == ["plan-2022"]


def test_the_timeline_is_a_table_with_months_as_said(client: httpx.Client) -> None:
    assert "November 2019 Januar 2020 Oktober 2020" in page(client, "/zeitleiste").text
    english = page(client, "/zeitleiste", "en").text
    assert "November 2019 January 2020 October 2020" in english
    assert "17 bundles with 70 services in all" in english
    assert "by 31 December 2022 at the latest" in english


def test_a_catalogue_that_says_nothing_has_pages_that_say_so() -> None:
    store, site = ox.Store(), PageContext("de", Addresses(BASE, PUBLIC))
    assert "keine Verfügbarkeit mit Monat" in topic_pages.timeline(site, line_of(store), {}).decode()
    assert "keine Widersprüche bekannt" in topic_pages.disputes(site, (), {}).decode()
    assert sources_of(store) == []
    assert responsible.contact(Graph(store)) == responsible.publisher(Graph(store)) == ""
    assert manual.steps(ROOT / "nothing") == ()
    assert 'id="sparql"' not in topic_pages.manual(site, ()).decode()


def test_a_row_without_number_or_later_than_its_as_of_date_is_placed_all_the_same() -> None:
    store = ox.Store()
    store.load(
        b"""@prefix ozg: <https://w3id.org/ozg-lod/ontology#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        @base <https://w3id.org/ozg-lod/hessen/id/> .
        <availability/a> a ozg:Availability ; ozg:month "2021-02"^^xsd:gYearMonth, "kaputt" ;
          ozg:serviceCount "viele" .
        <availability/b> a ozg:Availability ; ozg:month "2021-03"^^xsd:gYearMonth ;
          ozg:asOf "2021-01-05"^^xsd:date .""",
        format=ox.RdfFormat.TURTLE,
    )
    found = line_of(store)
    assert [row.bar for row in found.rows] == [(33.333, 66.667, 100.0), (66.667, 100.0, 100.0)]
    assert [row.count for row in found.rows] == [None, None]
    assert "2021" in topic_pages.timeline(PageContext("en", Addresses(BASE, PUBLIC)), found, {}).decode()


def test_sources_count_what_rests_on_them_and_hold_their_passages(snapshot_directory: Path) -> None:
    store = open_store(snapshot_directory)
    found = sources_of(store)
    deck = next(one for one in found if one.iri.endswith("/hmdis-2021-05-19"))
    assert len(deck.passages) == 9
    assert deck.all_statements == deck.statements + sum(one.statements for one in deck.passages)
    assert [one.all_statements for one in found] == sorted((one.all_statements for one in found), reverse=True)


def test_contradictions_stand_side_by_side_with_their_wording(client: httpx.Client) -> None:
    text = page(client, "/widersprueche").text
    assert "Seite 1" in text
    assert "Seite 2" in text
    assert "„70 Leistungen aus 9 Umsetzungsbündeln“" in text or "70 Leistungen aus 9 Umsetzungsbündeln" in text


def test_the_status_page_tells_version_findings_and_completeness(client: httpx.Client) -> None:
    text = page(client, "/status").text
    version = client.get("/health/ready").json()["version"]
    assert version in text
    assert "31. Dezember 2018 bis 22. August 2025" in text
    assert "Nichts zu beanstanden." in text
    assert re.search(r"Umsetzungsbündel 17 100 %", text)


def test_shares_are_rounded_down_and_little_is_not_nothing() -> None:
    numbers = topic_pages.NumberFormat(PageContext("en", Addresses(BASE, PUBLIC)).writer({}))
    assert [numbers.share(given, 1000) for given in (0, 1, 999, 1000)] == ["0%", "< 1%", "99%", "100%"]
    assert numbers.share(0, 0) == "0%"
    assert [numbers.size(count) for count in (999, 12_000, 7_372_513, 2_000_000_000)] == [
        "999 byte",
        "12 kB",
        "7.4 MB",
        "2 GB",
    ]


def test_the_five_steps_run_as_they_stand(client: httpx.Client) -> None:
    rows = []
    for step in manual.steps(ROOT / "queries" / "help"):
        assert all((*step.titles.values(), *step.texts.values()))
        answer = client.get("/sparql", params={"query": step.query}, headers={"Accept": "text/csv"})
        assert answer.status_code == 200, step.titles["en"]
        rows.append(answer.text.splitlines())
    assert len(rows) == 5
    assert len(rows[0]) == 1 + 17
    assert rows[3] == ["rows,total", "17,70"]
    assert all(len(found) > 1 for found in rows)


def blocks(client: httpx.Client, path: str, language: str = "de") -> dict[str, Any]:
    (block,) = page(client, path, language).blocks
    found = json.loads(block)
    assert isinstance(found, dict)
    return found


def test_search_engines_read_what_the_page_says(client: httpx.Client) -> None:
    marburg = blocks(client, "/doc/municipality/06534014")["mainEntity"]
    assert marburg["@type"] == "GovernmentOrganization"
    assert marburg["@id"] == f"{BASE}id/municipality/06534014"
    assert {"@type": "PropertyValue", "propertyID": "AGS", "value": "06534014"} in marburg["identifier"]
    place = blocks(client, "/doc/place/06534014")["mainEntity"]
    assert place["geo"]["latitude"] == pytest.approx(50.8, abs=0.1)
    assert place["containedInPlace"]["@type"] == "AdministrativeArea"
    award = blocks(client, "/doc/participation/award-modellkommunen-lk-giessen")["mainEntity"]
    assert award["@type"] == "MonetaryGrant"
    assert award["amount"]["currency"] == "EUR"
    assert blocks(client, "/doc/source/hmdis-2021-05-19")["mainEntity"]["datePublished"] == "2021-05-19"
    assert blocks(client, "/doc/concept/ozg-10169")["mainEntity"]["termCode"] == "10169"
    assert blocks(client, "/doc/organisation/bkg")["mainEntity"]["@type"] == "Organization"
    assert blocks(client, "/")["@type"] == "WebSite"


def test_a_rule_is_no_grant_and_a_statement_has_a_page_only(client: httpx.Client) -> None:
    for path in ("/doc/funding", "/doc/condition", "/doc/figure", "/doc/participation"):
        first = next(
            link["href"]
            for link in page(client, path).all("a")
            if link.get("href", "").startswith(path + "/") and "award" not in link["href"]
        )
        assert "mainEntity" not in blocks(client, first)


def test_a_data_block_cannot_be_ended_by_what_stands_in_it() -> None:
    hostile = {"name": "</script><script>alert(1)</script><!-- \u2028 '&\""}
    written = str(structured_data.block(hostile))
    assert not set("<>&'\u2028") & set(written)
    assert json.loads(written) == hostile


def test_the_box_holds_address_citation_and_snippets(client: httpx.Client) -> None:
    found = page(client, "/doc/bundle/jugendamt")
    assert f"{BASE}id/bundle/jugendamt" in found.text
    assert "Sie dürfen diese Seite verlinken und zitieren, ohne zu fragen." in found.text
    version = client.get("/health/ready").json()["version"][:12]
    assert f"„Jugendamt“. In: Kommunales E-Government in Hessen (OZG). Datenversion {version}." in found.text
    assert f"rdfs:seeAlso <{BASE}id/bundle/jugendamt> ." in found.text
    assert "[Jugendamt](http" in found.text
    assert "noch keine Kontaktadresse" in found.text


def test_snippets_stay_whole_with_hostile_names_and_an_error_is_reported_where_the_catalogue_says() -> None:
    store = ox.Store()
    store.load(ROOT.joinpath("tests/small_catalogue.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
    extra = b"""@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
    @prefix dct: <http://purl.org/dc/terms/> .
    @base <https://w3id.org/ozg-lod/hessen/> .
    <catalog> dct:publisher <id/organisation/amt> ; dcat:contactPoint <id/organisation/amt#contact> .
    <id/organisation/amt#contact> vcard:hasURL <urn:x:y> ; vcard:hasEmail <mailto:ozg@amt.example> ."""
    store.load(extra, format=ox.RdfFormat.TURTLE)
    site = PageContext("en", Addresses(BASE, PUBLIC), "0123456789abcdef", "/doc/statement/boese")
    description = about(Graph(store), f"{BASE}id/statement/boese")
    assert description is not None
    box = linking.reuse(site, description, "statement", Graph(store))
    snippets = {snippet.name: snippet.text for snippet in box.snippets}
    assert snippets["Markdown"].startswith("[\\<script\\>alert\\(1\\)\\</script\\>")
    assert snippets["HTML"].startswith(f'<a href="{PUBLIC}/doc/statement/boese">&lt;script&gt;')
    assert box.report.startswith("mailto:ozg@amt.example?subject=Error%20in%20the%20catalogue%3A%20%3Cscript%3E")
    assert "In: Small catalogue. Data version 0123456789ab." in box.citation
    assert linking.report_address("https://amt.example/fehler", site, "x") == "https://amt.example/fehler"
    assert responsible.publisher(Graph(store)) == f"{BASE}id/organisation/amt"


def test_the_sitemap_names_every_thing_with_the_day_it_changed(client: httpx.Client) -> None:
    answer = client.get("/sitemap.xml")
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    urls = ET.fromstring(answer.content)  # noqa: S314 - our own bytes
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    days = {url.findtext(f"{space}loc"): url.findtext(f"{space}lastmod") for url in urls}
    base = str(client.base_url).rstrip("/")
    assert {f"{base}/", f"{base}/karte", f"{base}/impressum", f"{base}/doc/bundle/jugendamt"} <= set(days)
    assert len(days) > 2500
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", days[f"{base}/doc/bundle/jugendamt"] or "")
    assert client.get("/sitemap-1.xml").content == answer.content


def test_a_large_sitemap_is_an_index_and_an_old_log_gives_no_days(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ox.Store()
    store.load(ROOT.joinpath("tests/small_catalogue.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
    opened = small_snapshot(store)
    things, addresses = opened.things, Addresses(BASE, PUBLIC)
    iri = f"{BASE}id/bundle/jugendamt"
    log = [
        Publication(1, "2026-01-01T00:00:00Z", "v", "s"),
        Publication(2, "2026-02-01T00:00:00Z", "w", "t", added=(iri,), changed=(), withdrawn=()),
        Publication(3, "2026-03-01T00:00:00Z", "x", "u", added=(), changed=(iri,), withdrawn=()),
    ]
    days = dict(sitemap.pages(things, ("/",), log, 1))
    assert (days["/doc/bundle/jugendamt"], days["/doc/source/folien"], days["/"]) == ("2026-03-01", "", "2026-03-01")
    assert dict(sitemap.pages(things, ("/",), [], 1))["/"] == ""
    monkeypatch.setattr(sitemap, "MAX_ADDRESSES", 10)
    count = sitemap.parts(things, ("/",))
    assert count == -(-len(days) // 10)
    assert sitemap.index(count, addresses).count(b"<loc>https://daten.example/ozg/sitemap-") == count
    parts = [sitemap.pages(things, ("/",), log, part) for part in range(1, count + 1)]
    assert [entry for part in parts for entry in part] == list(days.items())
    assert sum(sitemap.urlset(part, addresses).count(b"<loc>") for part in parts) == len(days)


def test_crawlers_are_told_what_has_no_end(client: httpx.Client) -> None:
    text = client.get("/robots.txt").text
    assert "Disallow: /sparql?" in text
    assert f"Sitemap: {str(client.base_url).rstrip('/')}/sitemap.xml" in text
    icon = client.get("/favicon.ico")
    assert icon.headers["content-type"] == "image/svg+xml"
    assert icon.content == (ROOT / "data" / "icon.svg").read_bytes()


def test_an_empty_slot_is_plainly_a_placeholder(client: httpx.Client) -> None:
    for path in LEGAL:
        found = page(client, path)
        assert "Platzhalter. Diese Seite hat noch niemand ausgefüllt." in found.text
        assert found.all("mark")
        assert {"name": "robots", "content": "noindex"} in found.all("meta")


def test_the_operator_s_text_is_only_text(tmp_path: Path) -> None:
    tmp_path.joinpath("impressum.de.md").write_text(
        "# Wer <b>wir</b> sind\nAmt\nStraße 1\n\n- eins\n- [zwei](https://amt.example/?a=1&b=2)\n\n"
        "[böse](javascript:alert(1)) und [Post](mailto:a@amt.example), [[Lücke]]\r\n\r\n# Ende\n"
        "Bürger*innen und Besucher*innen, [[<i>]] ![x](data:image/png;base64,AA) <https://x.example>\n",
        "utf-8",
    )
    found = legal.page(tmp_path, "impressum", "en")
    assert (found.language, found.own, found.gaps, found.dated) == ("de", True, ["Lücke", "<i>"], "")
    html = topic_pages.legal(PageContext("en", Addresses(BASE, PUBLIC)), found).decode()
    seen = Page(html)
    assert "Wer <b>wir</b> sind" in seen.text
    assert {"lang": "de", "class": "legal-text"} in seen.all("div")
    hrefs = {link.get("href") for link in seen.all("a")}
    assert {"https://amt.example/?a=1&b=2", "mailto:a@amt.example"} <= hrefs
    assert not any(str(href).startswith("javascript:") for href in hrefs)
    assert "[böse](javascript:alert(1)) und" in seen.text
    assert "Amt<br>\nStraße 1" in html
    assert "Bürger*innen und Besucher*innen" in html
    assert "&lt;i&gt;</mark> ![x](data:image/png;base64,AA) &lt;https://x.example&gt;</p>" in html
    assert 'href="https://amt.example/?a=1&amp;b=2" rel="external noopener noreferrer" class="external">zwei' in html
    assert '<a href="mailto:a@amt.example">Post</a>' in html
    assert html.count("<h2>") == 2


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 200_001])
def test_a_text_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    tmp_path.joinpath("impressum.de.md").write_bytes(content)
    with pytest.raises(UsageError, match=r"impressum\.de\.md"):
        legal.page(tmp_path, "impressum", "de")
    checks = {check.name: check for check in doctor.examine(Settings(target=tmp_path, legal=tmp_path), production=True)}
    assert not checks["impressum"].well


def filled(folder: Path, stand: str = "2026-01-01") -> Path:
    folder.mkdir(exist_ok=True)
    for slot in legal.SLOTS:
        folder.joinpath(f"{slot}.de.md").write_text(f"# {slot}\n\nText.\n\nStand: {stand}\n", "utf-8")
    return folder


def test_the_doctor_lists_what_a_public_site_still_lacks(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", "--target", str(target), "--lang", "de"])
    assert ended.value.code == 0
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", "--production", "--target", str(target), "--lang", "de"])
    assert ended.value.code == 1
    said = capsys.readouterr().out
    for name in ("public-url", "impressum", "datenschutz", "barrierefreiheit", "publisher", "contact", "base-iri"):
        assert re.search(rf"^FEHLT +{name}:", said, re.MULTILINE), name
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", "--json", "--target", str(tmp_path)])
    assert ended.value.code == 1
    checks = {check["name"]: check["well"] for check in json.loads(capsys.readouterr().out)}
    assert checks["snapshot"] is False


def test_the_doctor_sees_a_damaged_snapshot(target: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(target, copy)
    snapshots = Snapshots(copy)
    data = snapshots.directory(snapshots.current() or "") / "data.nq"
    data.write_bytes(data.read_bytes()[:-1])
    found = {check.name: check for check in doctor.examine(Settings(target=copy), production=False)}
    assert not found["snapshot"].well
    assert "data.nq" in found["snapshot"].message["de"]
    assert "data.nq" in found["snapshot"].message["en"]


@pytest.mark.parametrize(
    ("stand", "well"),
    [("2026-01-01", True), ("2025-11-22", True), ("2025-11-21", False), ("2027-01-01", False), ("2026-02-30", False)],
)
def test_an_accessibility_statement_is_no_older_than_a_year(tmp_path: Path, stand: str, *, well: bool) -> None:
    settings = Settings(target=tmp_path / "none", legal=filled(tmp_path / "legal", stand))
    checks = {check.name: check for check in doctor.examine(settings, production=True, today=TODAY)}
    assert checks["barrierefreiheit"].well is well
    assert checks["impressum"].well


def test_a_gap_in_the_operator_s_text_is_named(tmp_path: Path) -> None:
    folder = filled(tmp_path / "legal")
    folder.joinpath("datenschutz.de.md").write_text("Wer: [[Name]]", "utf-8")
    settings = Settings(target=tmp_path / "none", legal=folder, public_url="https://ozg.example.org")
    checks = {check.name: check for check in doctor.examine(settings, production=True, today=TODAY)}
    assert checks["datenschutz"].message["de"] == "datenschutz.de.md hat noch Lücken: Name."
    assert checks["public-url"].well


@pytest.mark.parametrize(("proxies", "well"), [((), False), (("0.0.0.0/0",), False), (("127.0.0.1", "::1"), True)])
def test_the_server_in_front_is_named(tmp_path: Path, proxies: tuple[str, ...], *, well: bool) -> None:
    settings = Settings(target=tmp_path, trusted_proxies=tuple(map(ip_network, proxies)))
    checks = {check.name: check for check in doctor.examine(settings, production=True)}
    assert checks["proxy"].well is well


@pytest.mark.parametrize("url", ["http://ozg.example.org", "https://localhost", "https://10.0.0.1", "https://a.local"])
def test_an_address_nobody_can_reach_is_not_public(tmp_path: Path, url: str) -> None:
    found = {check.name: check for check in doctor.examine(Settings(target=tmp_path, public_url=url), production=True)}
    assert not found["public-url"].well


def test_root_and_a_system_without_a_cage_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for user, well in ((0, False), (1000, True)):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        found = {check.name: check for check in doctor.examine(Settings(target=tmp_path), production=True)}
        assert found["account"].well is well
    monkeypatch.setattr(seccomp, "available", lambda: False)
    assert not doctor.examine(Settings(target=tmp_path), production=False)[0].well


@contextmanager
def redirecting(answers: Callable[[str], tuple[int, str]]) -> Iterator[str]:
    """Run a server that answers HEAD with a status and a location."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            status, location = answers(self.path)
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (lambda _: (303, "https://ozg.example.org/doc/x"), ""),
        (lambda path: (303, "/2") if path != "/2" else (302, "https://ozg.example.org/x"), ""),
        (lambda _: (404, ""), "status 404"),
        (lambda _: (302, "/again"), "too many redirects"),
        (lambda _: (302, "gopher://x"), "UnsupportedProtocol"),
    ],
)
def test_the_base_iri_must_lead_here(tmp_path: Path, answers: Callable[[str], tuple[int, str]], said: str) -> None:
    with redirecting(answers) as base:
        target = small_catalogue(tmp_path, f"{base}/")
        settings = Settings(target=target, public_url="https://ozg.example.org")
        checks = {check.name: check for check in doctor.examine(settings, production=True)}
    assert checks["base-iri"].well is (said == "")
    assert said in checks["base-iri"].message["en"]
    assert checks["publisher"].well
    assert checks["contact"].well


def small_catalogue(folder: Path, base: str) -> Path:
    """Write a snapshot of a catalogue that names all it should."""
    from ozg_lod.snapshots.snapshot import Contents  # noqa: PLC0415

    catalogue = f"<{base}catalog>"
    dcat, vcard = "http://www.w3.org/ns/dcat#", "http://www.w3.org/2006/vcard/ns#"
    a = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    lines = [
        f"{catalogue} {a} <{dcat}Catalog>",
        f"{catalogue} <http://purl.org/dc/terms/publisher> <{base}id/organisation/amt>",
        f"{catalogue} <{dcat}contactPoint> <{base}id/organisation/amt>",
        f"<{base}id/organisation/amt> {a} <http://www.w3.org/ns/org#Organization>",
        f"<{base}id/organisation/amt> <{vcard}hasURL> <https://amt.example/>",
    ]
    snapshots = Snapshots(folder / "target")
    with snapshots.locked():
        snapshots.write(
            Contents(
                build_key="a" * 64,
                base_iri=base,
                nquads="".join(f"{line} <{base}graph/x> .\n" for line in sorted(lines)).encode(),
                ntriples="".join(f"{line} .\n" for line in sorted(lines)).encode(),
                shapes=b"",
                report=b"{}",
            )
        )
        snapshots.publish("a" * 64)
    return folder / "target"


def test_files_served_as_they_are_have_no_map_and_no_status(
    tmp_path: Path, serve: Callable[..., AbstractContextManager[str]]
) -> None:
    tmp_path.joinpath("x.ttl").write_text("<urn:x:a> <urn:x:b> <urn:x:c> .", "utf-8")
    with serve(tmp_path / "none", "--rdf", str(tmp_path / "x.ttl")) as url:
        assert httpx.get(f"{url}/status", headers=BROWSER).status_code == 404
        assert "keine Umrisse" in httpx.get(f"{url}/karte", headers=BROWSER).text
        assert httpx.get(f"{url}/sitemap.xml").status_code == 200


def test_the_legal_folder_is_served(
    target: Path, tmp_path: Path, serve: Callable[..., AbstractContextManager[str]]
) -> None:
    with serve(target, "--legal", str(filled(tmp_path / "legal"))) as url:
        answer = httpx.get(f"{url}/barrierefreiheit", headers=BROWSER)
    assert "Stand: 2026-01-01" in answer.text
    assert "Platzhalter" not in answer.text
