"""What the search index holds of each thing: its names, official keys, type, district, and all texts about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.kinds import Kind, Kinds
from ozg_lod.core.vocab import (
    DCT,
    ORG,
    OZG,
    SKOS,
)
from ozg_lod.rdf.graph import (
    LABELS,
    TYPE,
    Graph,
    Term,
    collation,
    iri_of,
    pick,
)

_KEYED: Final = (
    (OZG + "ags", "ags"),
    (OZG + "districtKey", "ags"),
    (OZG + "ars", "ars"),
    (OZG + "leikaKey", "leika"),
    (OZG + "ozgId", "ozg"),
)
_FRAGMENTS: Final = (("ags", "ags"), ("districtKey", "ags"), ("ars", "ars"))
_OFFICIAL: Final = (DCT + "identifier", OZG + "ozgId", OZG + "leikaKey")
_TYPES: Final = (ORG + "classification", SKOS + "inScheme")
_NO_END: Final = "9999"
_AVAILABILITY: Final = OZG + "Availability"
_MONTH: Final = len("2020-01")
_NAMES: Final = frozenset({*LABELS, SKOS + "altLabel", SKOS + "hiddenLabel"})


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """One thing as it goes into the index; `keys` are (scheme, key, fragment), `passages` (language, text).

    `line` is where it stands on the timeline: by the first and the last month it names, then by what it is about.
    """

    iri: str
    kind: str
    key: str
    official: str
    names: Mapping[str, str]
    type_names: Mapping[str, str]
    district: str
    other_names: tuple[tuple[str, str], ...]
    passages: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str, str], ...]
    line: tuple[str, ...] = ()

    @property
    def de(self) -> str:
        """Return the German name, else what there is."""
        return pick(self.names, "de", self.key)[0]

    @property
    def en(self) -> str:
        """Return the English name, "" where there is none."""
        return self.names.get("en", "")


def read(graph: Graph, base_iri: str, kinds: Kinds, *, only: bool = False) -> Iterator[SearchEntry]:
    """Yield every thing with an address of the form {base}id/{kind}/{key}; `only` those of these kinds."""
    shape = re.compile(re.escape(base_iri) + r"id/([a-z]+)/([A-Za-z0-9-]+)(?:#(.+))?")
    fragments: dict[str, list[str]] = {}
    things: list[tuple[str, str, str]] = []
    for iri in sorted({iri_of(triple.subject) for triple in graph.using(TYPE)}):
        parts = shape.fullmatch(iri)
        if parts is None:
            continue
        kind, key, fragment = parts.groups()
        if fragment:
            fragments.setdefault(iri.partition("#")[0], []).append(iri)
        elif kind in kinds or not only:
            things.append((iri, kind, key))
    districts = _districts(graph, base_iri)
    for iri, kind, key in things:
        yield _entry(graph, (iri, kinds[kind], key), fragments.get(iri, ()), districts)


def _entry(
    graph: Graph, thing: tuple[str, Kind, str], fragments: Sequence[str], districts: Mapping[str, str]
) -> SearchEntry:
    iri, kind, key = thing
    names = graph.names(iri)
    type_iri = next((type_iri for predicate in _TYPES for type_iri in _iris(graph, iri, predicate)), "")
    places = [iri, *_iris(graph, iri, DCT + "spatial")]
    texts = [text for part in (iri, *_changes(graph, fragments)) for text in _texts(graph, part, naming=part != iri)]
    return SearchEntry(
        iri=iri,
        kind=kind.id,
        key=key,
        official=next((text for name in _OFFICIAL for text in _plain(graph.objects(iri, name))), ""),
        names=names,
        type_names=graph.names(type_iri) if type_iri else {},
        district=next((districts[place] for place in places if place in districts), ""),
        other_names=tuple(_others(graph, iri, names)),
        passages=tuple(dict.fromkeys(texts)),
        keys=tuple(_keys(graph, iri, kind, fragments)),
        line=_line(graph, iri),
    )


def _line(graph: Graph, iri: str) -> tuple[str, ...]:
    """Return the place of a statement of availability on the timeline, those without a month last; () for the rest."""
    about = graph.about(iri)
    if not any(iri_of(fact.object) == _AVAILABILITY and fact.predicate.value == TYPE for fact in about):
        return ()
    values: dict[str, list[Term]] = {}
    for fact in about:
        values.setdefault(fact.predicate.value, []).append(fact.object)
    months = [text[:_MONTH] for text in _plain(values.get(OZG + "month", ())) if re.match(r"[0-9]{4}-[0-9]{2}", text)]
    of = min((iri_of(term) for term in values.get(OZG + "availabilityOf", ())), default="")
    name = collation(pick((graph.names(of) if of else {}) or graph.names(iri), "de", iri)[0])
    return (months[0], months[-1], name) if months else (_NO_END, _NO_END, name)


def _others(graph: Graph, iri: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names that are not the first in their language: official, former, titles."""
    stated_names = {
        (term.language or "", term.value)
        for predicate in _NAMES
        for term in graph.objects(iri, predicate)
        if isinstance(term, ox.Literal)
    }
    yield from sorted(stated_names - set(names.items()))


def _texts(graph: Graph, iri: str, *, naming: bool) -> Iterator[tuple[str, str]]:
    """Yield (language, text) of all texts about `iri`, its names only where `naming`."""
    for triple in sorted(graph.about(iri), key=lambda triple: (triple.predicate.value, str(triple.object))):
        term = triple.object
        if isinstance(term, ox.Literal) and term.language and (naming or triple.predicate.value not in _NAMES):
            yield term.language, term.value


def _changes(graph: Graph, fragments: Iterable[str]) -> list[str]:
    """Return the parts that tell of a change: names of predecessors stand there."""
    return [part for part in fragments if ORG + "ChangeEvent" in _iris(graph, part, TYPE)]


def _keys(graph: Graph, iri: str, kind: Kind, fragments: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (scheme, key, fragment): the keys it states and, where only a part of it states one, that part."""
    fragments_by_key = {
        (scheme, key): "" for predicate, scheme in _KEYED for key in _plain(graph.objects(iri, predicate))
    }
    if kind.area:
        fragments_by_key |= {("ags", key): "" for key in _plain(graph.objects(iri, DCT + "identifier"))}
    for part in sorted(fragments):
        fragment = part.partition("#")[2]
        for start, scheme in _FRAGMENTS:
            if fragment == start or fragment.startswith(start + "-"):
                for key in _plain(graph.objects(part, SKOS + "notation")):
                    fragments_by_key.setdefault((scheme, key), "#" + fragment)
    return [(scheme, key, fragment) for (scheme, key), fragment in sorted(fragments_by_key.items())]


def _districts(graph: Graph, base_iri: str) -> dict[str, str]:
    """Return the name of the district each place lies in, or lay in last."""
    last: dict[str, tuple[str, str]] = {}
    for triple in graph.using(TYPE, OZG + "Containment"):
        containment = iri_of(triple.subject)
        until = next(iter(_plain(graph.objects(containment, OZG + "validTo"))), _NO_END)
        for part in _iris(graph, containment, OZG + "part"):
            for whole in _iris(graph, containment, OZG + "whole"):
                last[part] = max(last.get(part, ("", "")), (until, whole))
    districts: dict[str, str] = {}
    for place, (_, whole) in last.items():
        district = whole.replace(f"{base_iri}id/place/", f"{base_iri}id/district/")
        if district != whole and graph.knows(district):
            districts[place] = pick(graph.names(district), "de")[0]
    return districts


def _iris(graph: Graph, iri: str, predicate: str) -> list[str]:
    return sorted(object_iri for term in graph.objects(iri, predicate) if (object_iri := iri_of(term)))


def _plain(terms: Iterable[Term]) -> list[str]:
    return sorted(term.value for term in terms if isinstance(term, ox.Literal))
