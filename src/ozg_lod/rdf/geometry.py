"""Outlines: polygons as the data have them (WKT, longitude first) and as a drawing needs them (SVG paths).

A drawing is a plain plate: degrees of longitude are shortened by the cosine of the middle latitude, which is true to a
hundredth over a state of 20,000 km². Points are rounded to whole units of the drawing, so neighbours, which share their
points, still fit without a gap.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]
Ring = tuple[Point, ...]

_SHAPE: Final = re.compile(r"(?:MULTI)?POLYGON\s*\([0-9., ()+-]+\)")
_RING: Final = re.compile(r"\(([0-9., +-]+)\)")
_KM_PER_DEGREE: Final = 111.2
_LEAST_RING: Final = 4
"""A ring comes back to where it began, so a triangle has four points (OGC 06-103r4 §6.1.11)."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is shown: degrees west, south, east, north."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, outlines: Iterable[Outline]) -> Box:
        """Return the smallest box around all outlines; there must be one."""
        points = [point for outline in outlines for ring in outline.rings for point in ring]
        longitudes, latitudes = [point[0] for point in points], [point[1] for point in points]
        return cls(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


@dataclass(frozen=True, slots=True)
class Outline:
    """One area: its rings in degrees. Holes are rings too; the even-odd rule of SVG tells them apart."""

    rings: tuple[Ring, ...]

    @property
    def middle(self) -> Point:
        """Return the centre of gravity of the largest ring, for a mark or a name."""
        return _centre(max(self.rings, key=lambda ring: abs(_area(ring))))

    @property
    def km2(self) -> float:
        """Return the area in square kilometres, true to a hundredth over a state."""
        box = Box.around([self])
        shortened = math.cos(math.radians((box.south + box.north) / 2))
        return abs(sum(_area(ring) for ring in self.rings)) / 2 * _KM_PER_DEGREE**2 * shortened

    def holds(self, point: Point, *, margin: float = 0) -> bool:
        """Tell whether a point lies inside, or at most `margin` degrees from a corner."""
        x, y = point
        crossings = (
            (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] > x
            for ring in self.rings
            for a, b in itertools.pairwise(ring)
            if (a[1] > y) != (b[1] > y)
        )
        near = (math.dist(point, corner) <= margin for ring in self.rings for corner in ring)
        return sum(crossings) % 2 == 1 or (margin > 0 and any(near))


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing of `width` by `height` units that shows a box, with a margin around it."""

    box: Box
    width: int
    margin: int = 0

    @property
    def height(self) -> int:
        """Return the height that keeps the shape of the land."""
        return round((self.box.north - self.box.south) * self._scale) + 2 * self.margin

    def point(self, point: Point) -> tuple[int, int]:
        """Return where a point in degrees lies in the drawing, from its upper left corner."""
        x = (point[0] - self.box.west) * self._scale * self._shortened
        y = (self.box.north - point[1]) * self._scale
        return round(x) + self.margin, round(y) + self.margin

    def path(self, outline: Outline) -> str:
        """Return the path data (SVG 2 §9.3); a ring that is smaller than a few units is left out."""
        return "".join(_drawn([self.point(point) for point in ring]) for ring in outline.rings)

    @property
    def _shortened(self) -> float:
        return math.cos(math.radians((self.box.south + self.box.north) / 2))

    @property
    def _scale(self) -> float:
        return (self.width - 2 * self.margin) / ((self.box.east - self.box.west) * self._shortened)


def outline(wkt: str) -> Outline | None:
    """Return the outline of a WKT polygon or multipolygon in degrees, None for anything else.

    >>> outline("POLYGON ((8 50,9 50,9 51,8 50))").rings
    (((8.0, 50.0), (9.0, 50.0), (9.0, 51.0), (8.0, 50.0)),)
    """
    if _SHAPE.fullmatch(wkt) is None:
        return None
    try:
        rings = tuple(_ring(text) for text in _RING.findall(wkt))
    except ValueError:  # a dot or a sign alone, or two numbers in one
        return None
    whole = all(len(ring) >= _LEAST_RING and ring[0] == ring[-1] and all(map(_on_earth, ring)) for ring in rings)
    return Outline(rings) if rings and whole else None


def _ring(text: str) -> Ring:
    numbers = [part.split() for part in text.split(",")]
    return tuple((float(pair[0]), float(pair[1])) for pair in numbers if len(pair) == len(("x", "y")))


def _on_earth(point: Point) -> bool:
    return abs(point[0]) <= 180 and abs(point[1]) <= 90  # noqa: PLR2004 - degrees


def _drawn(points: Sequence[tuple[int, int]]) -> str:
    """Return one closed ring as relative lines, which are short and compress well."""
    steps = []
    here = points[0]
    for there in points[1:-1]:
        if there != here:
            steps.append(f"{there[0] - here[0]} {there[1] - here[1]}")
            here = there
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps).replace(' -', '-')}z" if len(steps) > 1 else ""


def _area(ring: Ring) -> float:
    """Return twice the area in square degrees, negative where the ring runs clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))


def _centre(ring: Ring) -> Point:
    area = _area(ring)
    if not area:
        return ring[0]
    edges = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in itertools.pairwise(ring)]
    x = sum((a[0] + b[0]) * cross for a, b, cross in edges) / (3 * area)
    y = sum((a[1] + b[1]) * cross for a, b, cross in edges) / (3 * area)
    return x, y
