"""An answer as a timeline and as a map: what is drawn, what cannot be, and that the table is always there."""

from __future__ import annotations

import re
from datetime import date

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ozg_lod.core.vocab import GEO, XSD
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.site import query_results, result_map, result_timeline
from ozg_lod.site.atlas import Atlas
from ozg_lod.site.page_context import PageContext

BROWSER = {"Accept": "text/html", "Accept-Language": "de"}
PREFIXES = """PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX geo: <http://www.opengis.net/ont/geosparql#> PREFIX wgs84: <http://www.w3.org/2003/01/geo/wgs84_pos#>
"""
MONTHS = PREFIXES + "SELECT ?row ?earliest ?latest { ?row ozg:month ?m ; ozg:earliest ?earliest ; ozg:latest ?latest }"
MEMBERS = PREFIXES + "SELECT ?member ?programme { ?member ozg:participatesIn ?programme }"
POINTS = PREFIXES + "SELECT ?name ?lat ?long { ?p wgs84:lat ?lat ; wgs84:long ?long ; skos:prefLabel ?name } LIMIT 30"
SHAPES = PREFIXES + "SELECT ?wkt { ?g geo:asWKT ?wkt } LIMIT 5"
EMPTY = Atlas((), (), (), "", {}, ())
WRITER = PageContext("en", Addresses("https://example.org/", "http://127.0.0.1:8000")).writer({})


def shown(client: httpx.Client, query: str, view: str, **more: str) -> str:
    answer = client.get("/sparql", params={"query": query, "view": view, **more}, headers=BROWSER)
    assert answer.status_code == 200
    return answer.text


def dated(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


def test_dates_are_drawn_as_a_timeline_with_every_date_as_text(client: httpx.Client) -> None:
    page = shown(client, MONTHS, "timeline")
    assert 'aria-current="true">Zeitleiste' in page
    marks, rows = page.count('class="mark-'), len(re.findall(r'<th scope="row">', page))
    assert rows > 10
    assert marks == 2 * rows + 2  # and one each in the legend
    assert "1. Oktober 2019" in page
    assert '<table class="result">' in page
    assert 'name="view" value="timeline"' in page  # the next query keeps the choice


@pytest.mark.parametrize(
    ("query", "drawn"), [(MEMBERS, 'class="found"'), (POINTS, "<circle"), (SHAPES, 'class="found"')]
)
def test_places_are_drawn_as_a_map_with_their_names(client: httpx.Client, query: str, drawn: str) -> None:
    page = shown(client, query, "map")
    assert drawn in page
    assert "<title>" in page
    assert '<table class="result">' in page
    assert "GeoBasis-DE" in page


def test_each_member_is_on_the_map_once_and_leads_to_its_page(client: httpx.Client) -> None:
    page = shown(client, MEMBERS, "map")
    found = re.findall(r'<a href="([^"]+)"><path class="found"', page)
    assert len(found) == len(set(found)) == 15
    assert client.get(found[0], headers=BROWSER).status_code == 200


@pytest.mark.parametrize("view", ["map", "timeline", "table", "pie", "<script>"])
def test_a_view_that_does_not_fit_is_a_table(client: httpx.Client, view: str) -> None:
    page = shown(client, "SELECT ?n { VALUES ?n { 1 2 } }", view)
    assert "<table" in page
    assert 'class="views"' not in page
    assert "<script>" not in page


def test_the_views_stand_in_both_languages_and_pages_keep_them(client: httpx.Client) -> None:
    query = PREFIXES + "SELECT ?place { ?place geo:hasGeometry ?g }"
    page = shown(client, query, "map", lang="en")
    assert "Map of the result" in page
    assert re.search(r'rel="next" href="[^"]*view=map', page)
    assert re.search(r'href="[^"]*view=map[^"]*lang=de|href="[^"]*lang=de[^"]*view=map', page)


@pytest.mark.parametrize(
    ("term", "period"),
    [
        (dated("2020-02-03", "date"), (date(2020, 2, 3), date(2020, 2, 3))),
        (dated("2020-12", "gYearMonth"), (date(2020, 12, 1), date(2020, 12, 31))),
        (dated("2021", "gYear"), (date(2021, 1, 1), date(2021, 12, 31))),
        (dated("2021-03-04T05:06:07Z", "dateTime"), (date(2021, 3, 4), date(2021, 3, 4))),
        (dated("2021-02-30", "date"), None),
        (dated("0000", "gYear"), None),
        (dated("-0044", "gYear"), None),
        (ox.Literal("2020-02"), None),
        (ox.NamedNode("https://example.org/2020"), None),
        (None, None),
    ],
)
def test_a_date_covers_what_it_states(term: ox.Literal | None, period: tuple[date, date] | None) -> None:
    assert result_timeline.stated(term) == period


def test_rows_without_date_or_name_are_counted_and_numbered() -> None:
    rows = [[None, dated("2020", "gYear")], [None, None], [None, dated("2150", "gYear")]]
    found = result_timeline.timeline(["a", "b"], rows)
    assert (found.label, found.undated, [track.number for track in found.tracks]) == ("", 1, [1, 3])
    assert len(found.years) <= 13
    assert found.years[0] == (2020, 0.0)


def test_a_long_answer_is_drawn_in_part(client: httpx.Client) -> None:
    query = (
        'SELECT ?d { VALUES ?a {1 2 3 4 5 6 7} VALUES ?b {1 2 3 4 5 6 7} VALUES ?c {1 2 3 4 5 6 7} BIND("2020-01-01"^^'
    )
    page = shown(client, query + "<http://www.w3.org/2001/XMLSchema#date> AS ?d) }", "timeline")
    assert page.count('class="mark-0"') == result_timeline.MAX_ROWS
    assert f"weitere {343 - result_timeline.MAX_ROWS} Zeilen" in page


@given(st.lists(st.dates(), min_size=1, max_size=20))
def test_every_mark_lies_on_the_axis(days: list[date]) -> None:
    rows: list[list[ox.Literal]] = [[dated(day.isoformat(), "date")] for day in days]
    found = result_timeline.timeline(["day"], rows)
    for track in found.tracks:
        assert all(0 <= mark.start <= 100 and mark.start + mark.width <= 100.7 for mark in track.marks)
    assert all(0 <= start <= 100 for _, start in found.years)


def test_one_point_has_room_around_it_and_no_link() -> None:
    rows = [[ox.Literal("Here"), ox.Literal("POINT(8.5 50.1)", datatype=ox.NamedNode(GEO + "wktLiteral"))]] * 2
    chart = result_map.chart(["name", "wkt"], rows, EMPTY, WRITER)
    assert [(one.title, one.href) for one in chart.drawn] == [("Here (+ 1)", "")]
    assert 0 < chart.drawn[0].x < chart.width
    assert 0 < chart.drawn[0].y < chart.height


@pytest.mark.parametrize(
    "text",
    [
        "POINT(800 50)",
        "POINT(1.2.3 50)",
        "POINT(. .)",
        "POINT(8)",
        "LINESTRING(1 2, 3 4)",
        "POINT(NaN 1)",
        "POLYGON((1.2.3 4,5 6,7 8,1.2.3 4))",
        "POLYGON((- -,- -,- -,- -))",
        "POINT(- +)",
        "POLYGON((. .,. .,. .,. .))",
    ],
)
def test_what_is_no_place_on_earth_is_not_drawn(text: str) -> None:
    row = [ox.Literal(text, datatype=ox.NamedNode(GEO + "wktLiteral"))]
    assert not result_map.fits(["wkt"], [row], EMPTY)


def test_a_moment_before_all_days_is_written_as_it_stands() -> None:
    text = "0001-01-01T00:00:00+05:00"
    timestamp = ox.Literal(text, datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#dateTime"))
    assert WRITER.value(timestamp).text == text


def test_only_a_pair_of_latitude_and_longitude_is_a_point() -> None:
    number = ox.Literal("50.1")
    assert result_map.fits(["Breite", "Länge"], [[number, number]], EMPTY)
    assert not result_map.fits(["lat", "x"], [[number, number]], EMPTY)
    assert result_map.may_fit(["lat"], [], "https://example.org/")
    assert not result_map.may_fit(["x"], [[number, None]], "https://example.org/")
    beyond = [[ox.Literal("99"), ox.Literal("8")]]
    assert not result_map.fits(["lat", "long"], beyond, EMPTY)


def test_the_rows_of_a_page_and_of_a_drawing_are_those_of_the_answer() -> None:
    bindings = ", ".join(f'{{"n": {{"type": "literal", "value": "{n}"}}}}' for n in range(130))
    body = f'{{"head": {{"vars": ["n"]}}, "results": {{"bindings": [{bindings}]}}}}'.encode()
    found = query_results.read(body, 3)
    assert isinstance(found, query_results.Solutions)
    assert ([row[0].value for row in found.rows if row[0]], found.total) == ([str(n) for n in range(100, 130)], 130)
    assert len(found.first_rows) == 130
