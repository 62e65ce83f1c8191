"""The atlas: every area of the catalogue that has an outline, with its name, its page and who takes part in what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.messages import Label
from ozg_lod.core.vocab import DCATDE, DCT, GEO, ORG, OZG
from ozg_lod.rdf.geometry import Box, Outline, outline
from ozg_lod.rdf.graph import (
    Graph,
    collation,
    iri_of,
    pick,
)
from ozg_lod.site.term_names import LICENCE_TEXTS

PARTICIPATES: Final = "participates"
ANNOUNCED: Final = "announced"
_ATTRIBUTION: Final = DCATDE + "licenseAttributionByText"
_DISTRICT: Final = 5
_MUNICIPALITY: Final = 8
_KINDS: Final = {2: "state", _DISTRICT: "district", _MUNICIPALITY: "municipality"}
_PLACE: Final = re.compile(r"id/place/([0-9]{2}|[0-9]{5}|[0-9]{8})")


@dataclass(frozen=True, slots=True)
class Area:
    """One area: its official key, its page (a body where there is one, else the place), its names and its outline.

    `mark` says how it takes part in the programme of the map: "participates", "announced" (only other sources than
    that of the programme name it) or "". `type` is the IRI of what it is classified as, "" where unknown.
    """

    key: str
    iri: str
    names: Mapping[str, str]
    outline: Outline
    mark: str
    type: str

    @property
    def district(self) -> str:
        """Return the key of the district an area of eight digits lies in, by its own key."""
        return self.key[:_DISTRICT]

    @property
    def independent(self) -> bool:
        """Return whether this is an independent city, which is a district of its own."""
        return self.type == OZG + "KreisfreieStadt"


@dataclass(frozen=True, slots=True)
class OutlineSource:
    """Where outlines come from; what its licence asks to be named, and the licence, are empty where it has none."""

    iri: str
    attribution: Label
    licence: str

    @property
    def licence_text(self) -> str:
        """Return the address that the licence wants named; of one we do not know, its own."""
        return LICENCE_TEXTS.get(self.licence, self.licence)


@dataclass(frozen=True, slots=True)
class Atlas:
    """All areas in order of their names, and the programme whose participants the map shows ("" for none).

    `keys` has the key of each area by the IRIs of its body and its place.
    """

    municipalities: Sequence[Area]
    districts: Sequence[Area]
    states: Sequence[Area]
    programme: str
    keys: Mapping[str, str]
    sources: Sequence[OutlineSource]

    def find(self, key: str) -> Area | None:
        return next((area for area in self._all if area.key == key), None)

    def located(self, iri: str) -> str:
        """Return the key of a body or its place if a map can show where it lies, else ""."""
        return self.keys.get(iri, "")

    def within(self, district: Area) -> list[Area]:
        """Return the areas of a district; of an independent city, itself."""
        return [area for area in self.municipalities if area.district == district.district]

    def marked(self, mark: str) -> list[Area]:
        """Return the districts and municipalities with this mark."""
        return [area for area in (*self.districts, *self.municipalities) if area.mark == mark]

    @property
    def box(self) -> Box | None:
        """Return what the whole map shows, None where there is nothing to show."""
        return Box.around(area.outline for area in self._all) if self.municipalities else None

    @property
    def source_terms(self) -> set[str]:
        """Return the IRIs of the sources and of their licences."""
        return {iri for source in self.sources for iri in (source.iri, source.licence)} - {""}

    @property
    def _all(self) -> tuple[Area, ...]:
        return (*self.states, *self.districts, *self.municipalities)


def atlas(store: ox.Store, base_iri: str) -> Atlas:
    """Read the atlas of a snapshot; what has no outline is not in it."""
    graph = Graph(store)
    programme = _programme(graph)
    marks = _marks(graph, programme) if programme else {}
    by_kind: dict[str, list[Area]] = {kind: [] for kind in _KINDS.values()}
    sources: set[str] = set()
    for triple in graph.using(GEO + "hasGeometry"):
        place = iri_of(triple.subject)
        key = _PLACE.fullmatch(place, len(base_iri)) if place.startswith(base_iri) else None
        shape = _shape(graph, iri_of(triple.object)) if key else None
        if key is not None and shape is not None:
            kind = _KINDS[len(key[1])]
            sources |= {iri_of(term) for term in graph.objects(iri_of(triple.object), DCT + "source")}
            by_kind[kind].append(_area(graph, f"{base_iri}id/{kind}/{key[1]}", place, shape, marks))
    ordered = {kind: tuple(sorted(areas, key=_position)) for kind, areas in by_kind.items()}
    keys = {
        iri: area.key
        for kind, areas in ordered.items()
        for area in areas
        for iri in (f"{base_iri}id/{kind}/{area.key}", f"{base_iri}id/place/{area.key}")
    }
    return Atlas(
        ordered["municipality"],
        ordered["district"],
        ordered["state"],
        programme,
        keys,
        [_source(graph, iri) for iri in sorted(sources)],
    )


def _source(graph: Graph, iri: str) -> OutlineSource:
    texts = [term for term in graph.objects(iri, _ATTRIBUTION) if isinstance(term, ox.Literal)]
    licences = sorted(iri_of(term) for term in graph.objects(iri, DCT + "license"))
    return OutlineSource(
        iri, Label({text.language or "": text.value for text in texts}), licences[0] if licences else ""
    )


def _area(graph: Graph, body: str, place: str, shape: Outline, marks: Mapping[str, str]) -> Area:
    iri = body if graph.knows(body) else place
    types = sorted(iri_of(term) for term in graph.objects(iri, ORG + "classification"))
    return Area(iri.rpartition("/")[2], iri, graph.names(iri), shape, marks.get(iri, ""), types[0] if types else "")


def _shape(graph: Graph, geometry: str) -> Outline | None:
    written = sorted(term.value for term in graph.objects(geometry, GEO + "asWKT") if isinstance(term, ox.Literal))
    return outline(written[0]) if written else None


def _programme(graph: Graph) -> str:
    """Return the programme with the most participants by its own source: that is what a map is asked for."""
    counts = Counter(iri_of(triple.object) for triple in graph.using(OZG + "participatesIn"))
    return min(counts, key=lambda iri: (-counts[iri], iri), default="")


def _marks(graph: Graph, programme: str) -> dict[str, str]:
    """Return the mark of each body: what the source of the programme says comes before what others announce."""
    marks = {
        iri_of(member): ANNOUNCED
        for triple in graph.using(OZG + "programme", programme)
        for member in graph.objects(iri_of(triple.subject), OZG + "member")
    }
    members = graph.using(OZG + "participatesIn", programme)
    return marks | {iri_of(triple.subject): PARTICIPATES for triple in members}


def _position(area: Area) -> tuple[str, str]:
    return collation(pick(area.names, "de", area.key)[0]), area.key
