"""Positions: an outline held against the centre of its place, its area, and the territory that it lies in.

A query cannot do this: the coordinates of an outline are one text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, QuerySolution, QuerySolutions, Store

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.core.messages import Text, _
from ozg_lod.core.vocab import GEO
from ozg_lod.rdf.geometry import Outline, outline
from ozg_lod.validation.source_locations import SourceLocations

_MARGIN: Final = 0.02
"""Degrees, about two kilometres: outlines are simplified, and a centre may lie at an edge."""
_AREA_RATIO: Final = 1.25
"""Simplified outlines of small towns are up to a tenth larger or smaller than their areas."""
_PLACES: Final = """
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX ozg: <https://w3id.org/ozg-lod/ontology#>
PREFIX wgs84: <http://www.w3.org/2003/01/geo/wgs84_pos#>

SELECT DISTINCT ?place ?outline ?wkt ?long ?lat ?area ?whole
WHERE {
  ?place geo:hasGeometry ?outline .
  ?outline geo:asWKT ?wkt .
  OPTIONAL { ?place wgs84:long ?long ; wgs84:lat ?lat }
  OPTIONAL { ?figure ozg:indicator ozg:areaKm2 ; ozg:subject/dct:spatial ?place ; ozg:value ?area }
  OPTIONAL { ?place dct:isPartOf+ ?whole }
}
ORDER BY ?place ?whole
"""


def misplaced(store: Store, places: SourceLocations) -> Iterator[Finding]:
    """Yield a finding for each outline that does not fit what else is said about its place."""
    rows = store.query(_PLACES)
    if not isinstance(rows, QuerySolutions):
        return
    solutions = list(rows)
    outlines = {row["wkt"]: outline(_text(row["wkt"])) for row in solutions}
    of_place = {row["place"]: outlines[row["wkt"]] for row in solutions}
    faults = {(row["outline"], *fault) for row in solutions for fault in _faults(row, outlines[row["wkt"]], of_place)}
    for node, rule, message in sorted(faults, key=str):
        yield Finding(Severity.ERROR, rule, message, places.of(_text(node), GEO + "asWKT"))


def _faults(
    row: QuerySolution, shape: Outline | None, of_place: dict[object, Outline | None]
) -> Iterator[tuple[str, Text]]:
    """Yield the name and the sentence of each rule that a row of the query breaks."""
    if shape is None:
        return
    if row["long"] is not None and not shape.holds(_point(row["long"], row["lat"]), margin=_MARGIN):
        yield "outline-centre", _CENTRE
    if row["area"] is not None and not 1 / _AREA_RATIO < shape.km2 / float(_text(row["area"])) < _AREA_RATIO:
        yield "outline-area", _AREA
    whole = of_place.get(row["whole"])
    if whole is not None and not whole.holds(shape.middle, margin=_MARGIN):
        yield "outline-within", _WITHIN


def _point(long: object, lat: object) -> tuple[float, float]:
    return float(_text(long)), float(_text(lat))


def _text(term: object) -> str:
    return term.value if isinstance(term, Literal | NamedNode) else ""


_CENTRE: Final = _("the centre of the place lies outside its outline; correct the coordinates or the outline")
_AREA: Final = _("the outline is much larger or smaller than the area stated; correct the outline or the area")
_WITHIN: Final = _(
    "the outline lies outside the territory that the place is part of; correct the outline or the containment"
)
