"""Outlines: the table of outlines fits together, and what is drawn from it is what it says."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest

from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.geometry import (
    Box,
    Frame,
    Outline,
    outline,
)
from ozg_lod.rdf.graph import Graph
from ozg_lod.site import maps
from ozg_lod.site.atlas import Atlas, atlas
from ozg_lod.site.values import ValueWriter
from ozg_lod.snapshots.snapshot import open_store
from ozg_lod.tables.tables import describe

ROOT = Path(__file__).resolve().parents[2]
BASE = "https://w3id.org/ozg-lod/hessen/"
Edges = Counter[frozenset[tuple[float, float]]]


@pytest.fixture(scope="module")
def outlines() -> dict[str, Outline]:
    with (ROOT / "data" / "geometry.csv").open(encoding="utf-8", newline="") as file:
        found = {row["key"]: outline(row["outline"]) for row in csv.DictReader(file)}
    assert all(found.values())
    return {key: one for key, one in found.items() if one is not None}


@pytest.fixture(scope="module")
def real(snapshot_directory: Path) -> Atlas:
    return atlas(open_store(snapshot_directory), BASE)


def edges(one: Outline) -> Edges:
    return Counter(frozenset(pair) for ring in one.rings for pair in pairwise(ring))


def area(one: Outline) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for ring in one.rings for a, b in pairwise(ring))) / 2


def test_there_is_an_outline_for_every_place_on_the_day_of_the_deck(outlines: dict[str, Outline]) -> None:
    assert Counter(len(key) for key in outlines) == {8: 426, 5: 21, 2: 1}


def test_neighbours_share_their_borders_so_that_no_edge_belongs_to_three(outlines: dict[str, Outline]) -> None:
    total: Edges = Counter()
    for key, one in outlines.items():
        if len(key) == 8:
            total += edges(one)
    assert max(total.values()) == 2


def test_a_district_is_its_municipalities(outlines: dict[str, Outline]) -> None:
    for key, one in outlines.items():
        if len(key) == 5:
            inside = [edges(other) for name, other in outlines.items() if len(name) == 8 and name.startswith(key)]
            outer = {edge for edge, count in sum(inside, Counter()).items() if count == 1}
            assert set(edges(one)) == outer, key
            covered = sum(area(other) for name, other in outlines.items() if len(name) == 8 and name.startswith(key))
            assert area(one) == pytest.approx(covered, rel=1e-3)


def test_the_centre_points_of_the_register_lie_in_the_outlines_but_for_one_on_the_edge(real: Atlas) -> None:
    with (ROOT / "data" / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        centres = {row["ags"]: (float(row["long"]), float(row["lat"])) for row in csv.DictReader(file) if row["lat"]}
    outside = [
        one.key for one in real.municipalities if one.key in centres and not holds(one.outline, centres[one.key])
    ]
    assert outside == ["06440014"]


def holds(one: Outline, point: tuple[float, float]) -> bool:
    x, y = point
    crossings = [
        (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] > x
        for ring in one.rings
        for a, b in pairwise(ring)
        if (a[1] > y) != (b[1] > y)
    ]
    return sum(crossings) % 2 == 1


def test_the_outlines_are_linked_data_with_their_source_and_licence(snapshot_directory: Path) -> None:
    graph = Graph(open_store(snapshot_directory))
    node = f"{BASE}id/place/06534014#outline"
    geo = "http://www.opengis.net/ont/geosparql#"
    assert [str(term) for term in graph.objects(f"{BASE}id/place/06534014", geo + "hasGeometry")] == [f"<{node}>"]
    (written,) = graph.objects(node, geo + "asWKT")
    assert isinstance(written, ox.Literal)
    assert written.datatype.value == geo + "wktLiteral"
    assert outline(written.value) is not None
    (source,) = graph.objects(node, "http://purl.org/dc/terms/source")
    assert isinstance(source, ox.NamedNode)
    licences = graph.objects(source.value, "http://purl.org/dc/terms/license")
    assert [str(term) for term in licences] == ["<http://dcat-ap.de/def/licenses/dl-by-de/2.0>"]


@pytest.mark.parametrize(
    "wkt",
    [
        "",
        "POINT (8 50)",
        "POLYGON EMPTY",
        "POLYGON ((+ -,9 50,9 51,+ -))",
        "POLYGON ((8-1 50,9 50,9 51,8-1 50))",
        "POLYGON ((999 50,9 50,9 51,999 50))",
        "POLYGON ((8 50,9 50,8 50))",
        "POLYGON ((8 50,9 50,9 51,8 51))",
        "<svg/>",
    ],
)
def test_what_is_no_closed_polygon_is_no_outline(wkt: str) -> None:
    assert outline(wkt) is None


def test_a_drawing_keeps_the_shape_of_the_land() -> None:
    square = outline("POLYGON ((8 50,9 50,9 51,8 51,8 50))")
    assert square is not None
    frame = Frame(Box.around([square]), 1000, 10)
    assert frame.height == pytest.approx(1000 / 0.6361, rel=0.01)  # a degree of longitude is 0.636 of one of latitude
    assert frame.point((8, 51)) == (10, 10)
    assert frame.path(square) == f"M10 {frame.height - 10}l980 0 0-{frame.height - 20}-980 0z"
    assert frame.point(square.middle) == (500, pytest.approx(frame.height / 2, abs=1))


def test_a_ring_too_small_to_be_seen_is_left_out_and_a_line_has_a_middle_all_the_same() -> None:
    large, tiny = (
        outline("POLYGON ((8 50,9 50,9 51,8 50))"),
        outline("POLYGON ((8 50,8.00001 50,8.00001 50.00001,8 50))"),
    )
    flat = outline("POLYGON ((8 50,9 50,8.5 50,8 50))")
    assert large is not None
    assert tiny is not None
    assert flat is not None
    assert Frame(Box.around([large]), 100).path(tiny) == ""
    assert flat.middle == (8, 50)


def test_the_map_marks_the_fifteen_of_the_deck_and_apart_from_them_what_others_announce(real: Atlas) -> None:
    assert real.programme == f"{BASE}id/programme/ozg-modellkommunen"
    assert len(real.marked("participates")) == 15
    assert {area.key for area in real.marked("announced")} >= {"06631009"}
    assert {area.key for area in real.marked("participates") if len(area.key) == 5} == {"06433", "06531", "06534"}


def test_no_name_on_the_map_covers_another(real: Atlas) -> None:
    drawing = maps.overview(real, writer(real))
    assert drawing is not None
    names = [text for _, _, text, _ in drawing.names]
    assert {"Marburg", "Fulda", "Waldeck-Frankenberg"} <= set(names)
    rooms = [(x - len(text) * 5.7, y - 13, x + len(text) * 5.7, y + 13) for x, y, text, _ in drawing.names]
    for n, one in enumerate(rooms):
        assert not any(one[0] < b[2] and b[0] < one[2] and one[1] < b[3] and b[1] < one[3] for b in rooms[:n])


def test_a_small_area_gets_a_ring_in_the_locator_and_a_large_one_does_not(real: Atlas) -> None:
    for key, circles in (("06431200", 1), ("06412000", 0), ("06531", 0), ("06", 0)):
        found = real.find(key)
        assert found is not None
        picture = ET.fromstring(maps.locator(real, found))  # noqa: S314 - our own bytes
        assert len(picture.findall("{http://www.w3.org/2000/svg}circle")) == circles, key


def test_a_catalogue_without_outlines_has_an_empty_atlas() -> None:
    found = atlas(ox.Store(), BASE)
    assert found.box is None
    assert maps.overview(found, writer(found)) is None
    assert (found.find("06"), found.located(f"{BASE}id/state/06"), found.programme) == (None, "", "")


def test_an_outline_that_is_none_and_a_place_of_another_base_are_left_out() -> None:
    store = ox.Store()
    store.load(
        b"""@prefix geo: <http://www.opengis.net/ont/geosparql#> .
        @base <https://w3id.org/ozg-lod/hessen/id/place/> .
        <06> geo:hasGeometry <06#a> . <06#a> geo:asWKT "POINT (8 50)"^^geo:wktLiteral .
        <07> geo:hasGeometry <07#a> .
        <081> geo:hasGeometry <081#a> . <081#a> geo:asWKT "POLYGON ((8 50,9 50,9 51,8 50))"^^geo:wktLiteral .
        <https://other.example/id/place/06> geo:hasGeometry <081#a> .
        <06999001> geo:hasGeometry <081#a> .""",
        format=ox.RdfFormat.TURTLE,
    )
    found = atlas(store, BASE)
    assert [(area.key, area.iri) for area in found.municipalities] == [("06999001", f"{BASE}id/place/06999001")]
    assert not found.states


def test_a_string_may_be_given_as_wkt_and_as_nothing_else() -> None:
    described = json.loads((ROOT / "data" / "geometry.csv-metadata.json").read_text("utf-8"))
    column = described["tableSchema"]["columns"][1]
    for wrong in ("http://www.w3.org/2001/XMLSchema#hexBinary", "wktLiteral"):
        column["datatype"]["@id"] = wrong
        with pytest.raises(Exception, match=re.escape("offered for a string: http://www.opengis.net")):
            describe(json.dumps(described).encode(), file="geometry.csv-metadata.json")


def writer(found: Atlas) -> ValueWriter:
    names = {area.iri: dict(area.names) for area in (*found.states, *found.districts, *found.municipalities)}
    return ValueWriter("de", Addresses(BASE, "http://127.0.0.1"), names)
