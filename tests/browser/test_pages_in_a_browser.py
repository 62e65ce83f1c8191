"""Every kind of page as a browser shows it: accessible, within its window, quiet, from one host, without cookies."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

import pytest

HOSTILE = 'SELECT ("<img src=x onerror=alert(1)>" AS ?text) (<javascript:alert(1)> AS ?link) {}'
WRONG = "SELECT ?s WHERE {\n  ?s ozg:availabilityOf ?o .\n}"
LONG = "SELECT * WHERE { ?s ?p ?o } LIMIT 120"
OZG = "https://w3id.org/ozg-lod/ontology#"
GRAPH = "CONSTRUCT WHERE { ?s a <https://w3id.org/ozg-lod/ontology#Module> }"
DATES = "SELECT ?s ?from ?to WHERE { ?s <{0}earliest> ?from ; <{0}latest> ?to } ORDER BY ?s LIMIT 20".replace(
    "{0}", OZG
)
PLACES = f"SELECT ?member WHERE {{ ?member <{OZG}participatesIn> ?programme }}"
TRUTH = "ASK { ?s a <https://w3id.org/ozg-lod/ontology#Module> }"


def ask(query: str, **more: str) -> str:
    return "/sparql?" + urlencode({"query": query, **more})


PAGES = [
    "/",
    "/doc/participation",
    "/doc/municipality?q=bad",
    "/doc/municipality/06435014",
    "/doc/district/06531",
    "/doc/state/06",
    "/doc/bundle/jugendamt",
    "/doc/bundle/kommunale-abgaben-efa",
    "/doc/availability/jugendamt-2021-05-17",
    "/doc/concept/ozg-10169",
    "/doc/programme/ozg-modellkommunen",
    "/doc/discrepancy/neu-isenburg-fulda",
    "/doc/source/hmdis-2021-05-19",
    "/doc/bundle",
    "/doc/funding/ikz-deckel",
    "/doc/channel/website",
    "/doc/figure/buendel-tabelle",
    "/doc/dataset/authorities",
    "/harvest",
    "/karte/06531",
    "/ontology",
    "/shapes",
    "/suche",
    "/suche?q=wiesbadn",
    "/karte",
    "/zeitleiste",
    "/foerderung",
    "/widersprueche",
    "/quellen",
    "/status",
    "/hilfe",
    "/impressum",
    "/catalog",
    "/aenderungen",
    "/sparql",
    ask(LONG, iris="1", page="2"),
    ask(WRONG),
    ask(GRAPH),
    ask(TRUTH),
    ask("SELECT ?s WHERE { ?s a ?nothing . FILTER(false) }"),
    ask(DATES, view="timeline"),
    ask(PLACES, view="map"),
    "/codebuch",
    "/doc/bundle/waffen",
    "/nirgends",
]
MAIN = {
    "/",
    "/doc/municipality/06435014",
    "/doc/bundle/jugendamt",
    "/doc/programme/ozg-modellkommunen",
    "/doc/discrepancy/neu-isenburg-fulda",
    "/doc/source/hmdis-2021-05-19",
    "/ontology",
    "/suche?q=wiesbadn",
    "/karte",
    "/sparql",
    ask(WRONG),
    ask(DATES, view="timeline"),
}
FAILING = {ask(WRONG): 400, "/doc/bundle/waffen": 404, "/nirgends": 404}
WIDTHS = (320, 768, 1280)
# One after the other, so that every language meets every scheme and every width, and every scheme every width.
SETTINGS = [
    ("de", "light", 320),
    ("en", "dark", 768),
    ("de", "dark", 1280),
    ("en", "light", 320),
    ("de", "light", 768),
    ("en", "dark", 320),
    ("en", "light", 1280),
    ("de", "dark", 768),
    ("en", "dark", 1280),
    ("de", "dark", 320),
    ("en", "light", 768),
    ("de", "light", 1280),
]
AGAIN = [path for path in PAGES if path in MAIN]
VISITS = list(zip([*PAGES, *AGAIN], cycle(SETTINGS), strict=False))


@pytest.mark.parametrize(("path", "setting"), VISITS, ids=[f"{path[:40]}-{setting}" for path, setting in VISITS])
def test_a_page_is_accessible_and_keeps_to_its_window_and_host(
    page_request: Callable[..., Any], axe: str, path: str, setting: tuple[str, str, int]
) -> None:
    language, scheme, width = setting
    with page_request(width=width, scheme=scheme, language=language, script=axe) as visitor:
        assert visitor.open(path) == FAILING.get(path, 200)
        assert visitor.page.locator("html").get_attribute("lang") == language
        assert visitor.violations() == []
        for narrow_or_wide in WIDTHS:
            visitor.page.set_viewport_size({"width": narrow_or_wide, "height": 900})
            assert visitor.overflow() <= 0, narrow_or_wide
        assert [said for said in visitor.complaints if "status of 40" not in said] == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_open_list_of_proposals_is_accessible(page_request: Callable[..., Any], axe: str, language: str) -> None:
    with page_request(language=language, script=axe) as visitor:
        visitor.open(ask("SELECT * WHERE {\n  ?s ozg\n}"))
        visitor.page.locator(".cm-content").click()
        visitor.page.keyboard.press("Control+Home")
        visitor.page.keyboard.type("ozg:am")
        visitor.page.locator(".cm-tooltip-autocomplete li").first.wait_for()
        assert visitor.violations() == []
        visitor.page.keyboard.press("ArrowDown")
        visitor.page.keyboard.press("Enter")
        assert "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#>" in visitor.page.locator("#query").input_value()


def test_the_keyboard_runs_a_query_and_leaves_the_editor(page_request: Callable[..., Any]) -> None:
    with page_request() as visitor:
        visitor.open("/sparql")
        visitor.page.locator(".cm-content").focus()
        visitor.page.keyboard.press("Tab")
        assert visitor.page.evaluate("document.activeElement.tagName") == "BUTTON"
        visitor.page.locator(".cm-content").focus()
        visitor.page.keyboard.press("Control+Enter")
        visitor.page.wait_for_selector("table.result")
        assert visitor.page.locator("table.result tbody tr").count() == 17


@pytest.mark.parametrize(
    "path", ["/", "/doc/municipality/06414000", "/doc/programme/ozg-modellkommunen", "/sparql", ask(TRUTH), "/karte"]
)
def test_the_keyboard_reaches_everything_and_is_never_trapped(page_request: Callable[..., Any], path: str) -> None:
    focusable = """() => [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), select, textarea:not([hidden]), summary, [tabindex="0"]')]
        .filter(e => e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true})).length"""
    mark = """() => { const e = document.activeElement; if (e === document.body) return null;
        const known = window.seen ??= new Set(); const fresh = !known.has(e); known.add(e); return fresh; }"""
    with page_request() as visitor:
        visitor.open(path)
        visitor.page.evaluate("document.activeElement.blur?.()")
        wanted = visitor.page.evaluate(focusable)
        for _ in range(wanted + 40):
            visitor.page.keyboard.press("Tab")
            if visitor.page.evaluate(mark) is None:
                break
        reached = visitor.page.evaluate("[...window.seen].filter(e => !e.matches('.editor-host')).length")
        assert reached == wanted


def test_the_core_journeys_work_without_javascript(page_request: Callable[..., Any]) -> None:
    with page_request(javascript=False) as visitor:
        visitor.open("/")
        visitor.page.fill("input[name=q]", "06414000")
        visitor.page.click("button[type=submit]")
        assert visitor.page.locator("h1").inner_text() == "Wiesbaden"
        visitor.page.get_by_role("link", name="OZG-Modellkommunen", exact=True).first.click()
        assert visitor.page.locator("h1").inner_text() == "OZG-Modellkommunen"
        visitor.open("/sparql")
        visitor.page.get_by_role("button", name="Ausführen").click()
        assert visitor.page.locator("table.result tbody tr").count() == 17
        visitor.page.fill("#query", WRONG)
        visitor.page.get_by_role("button", name="Ausführen").click()
        assert "Zeile 2, Spalte 6" in visitor.page.locator("#failure").inner_text()
        visitor.page.locator(".failure a").click()
        assert visitor.page.locator("#query").input_value().startswith("PREFIX ozg:")


def test_on_a_telephone_the_editor_comes_when_the_field_is_used(page_request: Callable[..., Any]) -> None:
    with page_request(width=320, touch=True) as visitor:
        visitor.open("/sparql")
        assert visitor.page.locator(".editor-host").count() == 0
        visitor.page.locator("#query").tap()
        visitor.page.locator(".cm-content").wait_for()
        assert visitor.page.evaluate("document.activeElement.className") == "editor-host"
        assert visitor.complaints == []


def test_hostile_text_and_addresses_stay_text(page_request: Callable[..., Any]) -> None:
    with page_request() as visitor:
        visitor.open(ask(HOSTILE))
        cells = visitor.page.locator("table.result td")
        assert cells.first.inner_text() == "<img src=x onerror=alert(1)>"
        assert visitor.page.locator("table.result img").count() == 0
        assert visitor.page.locator('a[href^="javascript:"]').count() == 0
        assert visitor.complaints == []


def test_from_the_start_to_the_model_municipalities_it_takes_two_clicks(page_request: Callable[..., Any]) -> None:
    with page_request() as visitor:
        visitor.open("/")
        visitor.page.get_by_role("link", name="Wer hilft und fördert?").click()
        visitor.page.get_by_role("main").get_by_role("link", name="OZG-Modellkommunen", exact=True).click()
        assert visitor.page.get_by_role("link", name="OZG-Modellkommune: Wiesbaden").count() > 0


@pytest.mark.parametrize("path", ["/", "/doc/municipality/06414000", "/doc/bundle/jugendamt", "/karte"])
def test_a_page_with_all_it_needs_weighs_at_most_100_kilobytes(page_request: Callable[..., Any], path: str) -> None:
    with page_request(width=412, touch=True) as visitor:
        finished: list[Any] = []
        visitor.page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 - Playwright marks what it is given
        visitor.open(path)
        visitor.page.wait_for_load_state("networkidle")
        sizes = [request.sizes() for request in finished]
        assert len(sizes) >= 4
        assert sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) <= 100_000


def test_a_page_begins_with_what_people_come_for(page_request: Callable[..., Any]) -> None:
    with page_request(language="en") as visitor:
        visitor.open("/doc/bundle/jugendamt")
        told = visitor.page.locator(".glance").inner_text()
        assert "Services\n4" in told
        assert "November 2019" in told
        visitor.open("/")
        assert "70\nservices online, as of 17 May 2021" in visitor.page.locator(".numbers").inner_text()
        assert visitor.page.locator(".hero-map img").evaluate(
            "image => image.decode().then(() => image.naturalWidth > 0)"
        )


def test_an_answer_for_spreadsheets_holds_no_formula(page_request: Callable[..., Any]) -> None:
    with page_request() as visitor:
        visitor.open(ask('SELECT ?a WHERE { VALUES ?a { "=1+1" "-5" } }'))
        with visitor.page.expect_download() as download:
            visitor.page.get_by_role("link", name="CSV für Tabellenprogramme").click()
        text = download.value.path().read_bytes()
        assert text == b"\xef\xbb\xbfa\r\n'=1+1\r\n-5\r\n"
