"""Maps as people see them: what is drawn where, which name it has, where it leads. The templates write the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.messages import _
from ozg_lod.rdf.geometry import Box, Frame
from ozg_lod.rdf.graph import pick
from ozg_lod.site.atlas import PARTICIPATES, Area, Atlas
from ozg_lod.site.values import Value, ValueWriter

_WIDTH: Final = 1000
_MARGIN: Final = 6
_LOCATOR_WIDTH: Final = 160
_EMBLEM_WIDTH: Final = 300
_LOCATOR_MARGIN: Final = 8
_LETTER: Final = (11.5, 26)
"""About how wide and how high a letter of a name is, in units of the drawing."""
_TRIES: Final = (0, 1, -1, 2, -2)
_SMALL: Final = 9
"""An area of fewer units than this across gets a ring around it in the locator map, or nobody would see it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One area to draw: the path, its name, its page, the whole sentence for the pointer and the screen reader.

    It is tinted where it lies in a district that takes part as a whole.
    """

    key: str
    name: str
    href: str
    title: str
    path: str
    mark: str
    tinted: bool = False


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """A map of `width` by `height` units. `shapes` are links, `borders` lines over them, `names` (x, y, text, mark)."""

    width: int
    height: int
    shapes: Sequence[Shape]
    borders: Sequence[tuple[str, str]]
    names: Sequence[tuple[int, int, str, str]]


@dataclass(frozen=True, slots=True)
class MapRow:
    """One line of the table beside a map: the area as a link, its type, its mark, and what lies in it."""

    key: str
    name: Value
    type: Value | None
    mark: str
    inside: Sequence[tuple[Value, str]] = ()


def overview(atlas: Atlas, writer: ValueWriter) -> MapDrawing | None:
    """Return the map of the whole state, None where no area has an outline."""
    box = atlas.box
    if box is None:
        return None
    frame = Frame(box, _WIDTH, _MARGIN)
    plain = [area for area in atlas.municipalities if not area.mark]
    marked = [area for area in atlas.municipalities if area.mark]
    return MapDrawing(
        _WIDTH,
        frame.height,
        [_shape(area, frame, writer, atlas) for area in (*plain, *marked)],
        [(frame.path(area.outline), area.mark) for area in sorted(atlas.districts, key=lambda area: area.mark)],
        placed_names(frame, writer, [*marked, *atlas.districts], marked),
    )


def part(atlas: Atlas, district: Area, writer: ValueWriter) -> MapDrawing:
    """Return the map of one district with the names of its municipalities."""
    areas = atlas.within(district)
    frame = Frame(Box.around([district.outline]), _WIDTH, _MARGIN)
    return MapDrawing(
        _WIDTH,
        frame.height,
        [_shape(area, frame, writer, atlas) for area in sorted(areas, key=lambda area: area.mark)],
        [(frame.path(district.outline), district.mark)],
        placed_names(frame, writer, areas, ()),
    )


def locator(atlas: Atlas, area: Area) -> bytes:
    """Return a small map that shows where in the state an area lies: an image of its own, in colours for any ground."""
    box = atlas.box
    assert box is not None  # noqa: S101 - an area was found, so there is something to show
    frame = Frame(box, _LOCATOR_WIDTH, _LOCATOR_MARGIN)
    land = "".join(frame.path(one.outline) for one in atlas.states)
    lines = "".join(frame.path(one.outline) for one in atlas.districts)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height}" fill-rule="evenodd">',
        f'<path d="{land}" fill="#8496a9" fill-opacity=".25"/>',
        f'<path d="{lines}" fill="none" stroke="#8496a9" stroke-width=".7"/>',
        f'<path d="{frame.path(area.outline)}" fill="#d4570a" stroke="#d4570a" stroke-linejoin="round"/>',
    ]
    if _across(frame, area) < _SMALL:
        x, y = frame.point(area.outline.middle)
        parts.append(f'<circle cx="{x}" cy="{y}" r="{_SMALL}" fill="none" stroke="#d4570a" stroke-width="2"/>')
    return "".join((*parts, "</svg>")).encode()


def emblem(atlas: Atlas, colour: str) -> bytes | None:
    """Return the picture of the start page: the land, its districts, who takes part; None where nothing is drawn."""
    box = atlas.box
    if box is None:
        return None
    frame = Frame(box, _EMBLEM_WIDTH, _LOCATOR_MARGIN)
    land = "".join(frame.path(one.outline) for one in atlas.states)
    lines = "".join(frame.path(one.outline) for one in atlas.districts)
    taking = {kind: "".join(frame.path(one.outline) for one in areas) for kind, areas in _taking_part(atlas).items()}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height}" fill-rule="evenodd">',
        f'<path d="{land}" fill="#7f93b8" fill-opacity=".28"/>',
        f'<path d="{taking["district"]}" fill="{colour}" fill-opacity=".45"/>',
        f'<path d="{lines}" fill="none" stroke="#7f93b8" stroke-opacity=".8" stroke-width="1"/>',
        f'<path d="{taking["municipality"]}" fill="{colour}"/>',
        "</svg>",
    ]
    return "".join(parts).encode()


def _taking_part(atlas: Atlas) -> dict[str, list[Area]]:
    """Return the districts and the municipalities that take part."""
    by_kind = {"district": atlas.districts, "municipality": atlas.municipalities}
    return {kind: [area for area in areas if area.mark == PARTICIPATES] for kind, areas in by_kind.items()}


def marked(atlas: Atlas, mark: str, writer: ValueWriter) -> list[MapRow]:
    """Return the table of the bodies with this mark."""
    return [_row(area, writer) for area in atlas.marked(mark)]


def districts(atlas: Atlas, writer: ValueWriter) -> list[MapRow]:
    """Return the table of the districts and independent cities, with the municipalities of each."""
    cities = [area for area in atlas.municipalities if area.independent]
    return [
        _row(area, writer, inside=[(_name(one, writer), one.mark) for one in atlas.within(area)])
        for area in atlas.districts
    ] + [_row(area, writer) for area in cities]


def inside(atlas: Atlas, district: Area, writer: ValueWriter) -> list[MapRow]:
    """Return the table of the municipalities of one district."""
    return [_row(area, writer) for area in atlas.within(district)]


def _row(area: Area, writer: ValueWriter, inside: Sequence[tuple[Value, str]] = ()) -> MapRow:
    kind = writer.name(area.type) if area.type else None
    return MapRow(area.key, _name(area, writer), kind, area.mark, inside)


def _name(area: Area, writer: ValueWriter) -> Value:
    return writer.name(area.iri)


def _short(area: Area, writer: ValueWriter) -> str:
    """Return the name for the drawing: of "Landkreis Nienburg" what tells it apart."""
    return pick(area.names, writer.language, area.key)[0].removeprefix("Landkreis ")


_MARKS: Final = {
    "participates": _("takes part"),
    "announced": _("named in other sources only"),
}


def _shape(area: Area, frame: Frame, writer: ValueWriter, atlas: Atlas) -> Shape:
    name = _name(area, writer)
    district = atlas.find(area.district)
    around = f" ({_name(district, writer).text})" if district is not None else ""
    mark = f": {_MARKS[area.mark][writer.language]}" if area.mark else ""
    href = name.target.href if name.target else ""
    tinted = district is not None and district.mark == PARTICIPATES
    return Shape(area.key, name.text, href, f"{name.text}{around}{mark}", frame.path(area.outline), area.mark, tinted)


def placed_names(
    frame: Frame, writer: ValueWriter, areas: Sequence[Area], avoided: Sequence[Area]
) -> list[tuple[int, int, str, str]]:
    """Return the names that fit, those of the first areas first: none covers another, or an area to be avoided.

    A name that must not stand on its own area stands above or below it.
    """
    extents = [_extent(frame, area) for area in avoided]
    placed = []
    for area in areas:
        text = _short(area, writer)
        x, y = frame.point(area.outline.middle)
        half = len(text) * _LETTER[0] / 2
        x = round(min(max(x, half), frame.width - half))
        low = [_extent(frame, area)[3] + _LETTER[1] * 0.6, _extent(frame, area)[1] - _LETTER[1] * 0.6]
        lines = low if area in avoided else [y + step * _LETTER[1] for step in _TRIES]
        for line in map(round, lines):
            room = (x - half, line - _LETTER[1] / 2, x + half, line + _LETTER[1] / 2)
            if not any(_meet(room, other) for other in extents):
                extents.append(room)
                placed.append((x, line, text, area.mark if area in avoided else ""))
                break
    return placed


def _extent(frame: Frame, area: Area) -> tuple[float, float, float, float]:
    points = [frame.point(point) for ring in area.outline.rings for point in ring]
    columns, lines = [x for x, _ in points], [y for _, y in points]
    return min(columns), min(lines), max(columns), max(lines)


def _meet(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _across(frame: Frame, area: Area) -> float:
    west, north, east, south = _extent(frame, area)
    return max(east - west, south - north)
