"""An answer as a map: the areas and points its rows name, each once, on the outlines of the catalogue.

Found are the IRIs of areas that have an outline, WKT literals (points and polygons, longitude first), and a pair of
columns named like latitude and longitude.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import GEO
from ozg_lod.rdf.geometry import (
    Box,
    Frame,
    Outline,
    Point,
    outline,
)
from ozg_lod.rdf.graph import Term
from ozg_lod.site.atlas import Area, Atlas, OutlineSource
from ozg_lod.site.maps import placed_names
from ozg_lod.site.values import ValueWriter

_WIDTH: Final = 1000
_MARGIN: Final = 12
_MAX_NAMES: Final = 60
_MAX_TEXTS: Final = 3
_ROOM: Final = 0.05
"""Degrees around a map that has one point only."""
_DEGREES: Final = r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
_POINT: Final = re.compile(rf"POINT\s*\(\s*{_DEGREES}\s+{_DEGREES}\s*\)", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]+)?", re.ASCII)
_LATITUDES: Final = frozenset({"lat", "latitude", "breite"})
_LONGITUDES: Final = frozenset({"long", "lon", "lng", "longitude", "laenge", "länge"})
_WKT: Final = GEO + "wktLiteral"


@dataclass(frozen=True, slots=True)
class DrawnPlace:
    """One thing on the map: an area (`path`) or a point (`x`, `y`), where it leads ("" nowhere), what it says."""

    title: str
    href: str
    path: str = ""
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class ResultMap:
    """A map of `width` by `height` units; `unplaced` are the rows not on it.

    `land` and `borders` are the ground, and `sources` where it comes from.
    """

    width: int
    height: int
    land: Sequence[str]
    borders: Sequence[str]
    drawn: Sequence[DrawnPlace]
    names: Sequence[tuple[int, int, str, str]]
    unplaced: int
    sources: Sequence[OutlineSource]


@dataclass(slots=True)
class _Spot:
    """One place, and the numbers of the rows that name it."""

    rows: list[int]
    area: Area | None = None
    shape: Outline | None = None
    point: Point | None = None


def may_fit(columns: Sequence[str], rows: Sequence[Sequence[Term | None]], base_iri: str) -> bool:
    """Return whether it pays to read the atlas: the answer has things of ours, shapes, or a latitude."""
    return any(column.lower() in _LATITUDES for column in columns) or any(
        term.value.startswith(base_iri)
        if isinstance(term, ox.NamedNode)
        else isinstance(term, ox.Literal) and term.datatype.value == _WKT
        for row in rows
        for term in row
    )


def fits(columns: Sequence[str], rows: Sequence[Sequence[Term | None]], atlas: Atlas) -> bool:
    """Return whether any row names a place that can be drawn."""
    return any(True for row in rows for _ in _places(columns, row, atlas))


def chart(
    columns: Sequence[str], rows: Sequence[Sequence[Term | None]], atlas: Atlas, writer: ValueWriter
) -> ResultMap:
    """Return the map of an answer that `fits`."""
    spots: dict[object, _Spot] = {}
    unplaced = 0
    for number, row in enumerate(rows):
        places = list(_places(columns, row, atlas))
        unplaced += not places
        for key, spot in places:
            spots.setdefault(key, spot).rows.append(number)
    frame = Frame(_box(atlas, spots.values()), _WIDTH, _MARGIN)
    drawn = [_drawn(spot, frame, [rows[n] for n in spot.rows], writer) for spot in spots.values()]
    areas = [spot.area for spot in spots.values() if spot.area is not None]
    return ResultMap(
        _WIDTH,
        frame.height,
        [frame.path(area.outline) for area in atlas.states],
        [frame.path(area.outline) for area in atlas.districts],
        sorted(drawn, key=lambda one: not one.path),
        placed_names(frame, writer, areas, ()) if len(areas) <= _MAX_NAMES else [],
        unplaced,
        atlas.sources,
    )


def _places(columns: Sequence[str], row: Sequence[Term | None], atlas: Atlas) -> Iterator[tuple[object, _Spot]]:
    """Yield the places a row names, each with a key that is the same for the same place."""
    numbers: dict[str, float] = {}
    for column, term in zip(columns, row, strict=True):
        if isinstance(term, ox.NamedNode) and (key := atlas.located(term.value)):
            yield key, _Spot([], area=atlas.find(key))
        elif isinstance(term, ox.Literal) and term.datatype.value == _WKT:
            yield from _written(term.value)
        elif isinstance(term, ox.Literal) and _NUMBER.fullmatch(term.value):
            name = column.lower()
            kind = "lat" if name in _LATITUDES else "long" if name in _LONGITUDES else ""
            numbers[kind] = float(term.value)
    if "lat" in numbers and "long" in numbers:
        point = (numbers["long"], numbers["lat"])
        yield from [(point, _Spot([], point=point))] if _on_earth(point) else []


def _written(wkt: str) -> Iterator[tuple[object, _Spot]]:
    match = _POINT.fullmatch(wkt)
    if match is not None:
        point = (float(match[1]), float(match[2]))
        if _on_earth(point):
            yield point, _Spot([], point=point)
    elif (shape := outline(wkt)) is not None and all(map(_on_earth, (p for ring in shape.rings for p in ring))):
        yield shape, _Spot([], shape=shape)


def _on_earth(point: Point) -> bool:
    return -180 <= point[0] <= 180 and -85 <= point[1] <= 85  # noqa: PLR2004 - degrees; towards the poles a plate ends


def _box(atlas: Atlas, spots: Iterable[_Spot]) -> Box:
    """Return what the map shows: the state, and all that is found outside of it."""
    shapes = [spot.shape or spot.area.outline for spot in spots if spot.shape or spot.area]  # type: ignore[union-attr] # one is there
    points = [spot.point for spot in spots if spot.point is not None]
    if points:
        shapes.append(Outline((tuple(points),)))
    box = Box.around([*shapes, *(area.outline for area in atlas.states)])
    if box.east - box.west > _ROOM and box.north - box.south > _ROOM:
        return box
    return Box(box.west - _ROOM, box.south - _ROOM, box.east + _ROOM, box.north + _ROOM)


def _drawn(spot: _Spot, frame: Frame, rows: Sequence[Sequence[Term | None]], writer: ValueWriter) -> DrawnPlace:
    name = writer.name(spot.area.iri) if spot.area is not None else None
    literals = [
        writer.value(term).text for term in rows[0] if isinstance(term, ox.Literal) and term.datatype.value != _WKT
    ]
    things = [writer.name(term.value) for term in rows[0] if isinstance(term, ox.NamedNode)]
    lead = name or next(iter(things), None)
    texts = [lead.text if lead else "", *(text for text in literals if lead is None or text != lead.text)]
    title = ", ".join([text for text in texts if text][: _MAX_TEXTS + 1])
    more = f" (+ {writer.count(len(rows) - 1)})" if len(rows) > 1 else ""
    href = lead.target.href if lead is not None and lead.target is not None else ""
    if spot.point is not None:
        x, y = frame.point(spot.point)
        return DrawnPlace(title + more, href, x=x, y=y)
    shape = spot.shape or spot.area.outline  # type: ignore[union-attr] # what is no point has an outline
    return DrawnPlace(title + more, href, path=frame.path(shape))
