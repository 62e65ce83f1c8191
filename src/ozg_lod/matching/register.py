"""The register that lists are matched against: who and what has a name or key here, read once per snapshot.

Authorities are found by the parts of their names (`placenames`), services by their whole names. What else bears a name
(statements, figures, sources) is nobody's row in a list and stays out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.folding import contract, fold
from ozg_lod.core.kinds import PLACE, Kind, Kinds
from ozg_lod.core.vocab import ORG, OZG
from ozg_lod.matching.place_names import PlaceName, take_apart
from ozg_lod.rdf.graph import Graph, iri_of
from ozg_lod.search import entries
from ozg_lod.search.entries import SearchEntry
from ozg_lod.site.page_snapshot import PageSnapshot, SnapshotValue

_REGION_KEY: Final = 3
_STATE_KEY: Final = 2
_WRAPPED: Final = re.compile(
    r"^(?:umsetzungs|leistungs|ozg )?bundel |^(?:ozg )?leistung |^(?:online ?)?(?:dienst|antrag) | \d+ leistung(?:en)?$"
)


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One thing of the register. `district` is the German name of the district it lies in, "" for none.

    `until` is the last day it existed, "" while it does; `successor` the id of what took its place, "" for none.
    """

    id: str
    described: Kind
    key: str
    iri: str
    de: str
    en: str
    type_de: str
    type_en: str
    district: str
    official: str
    until: str = ""
    successor: str = ""
    names: tuple[PlaceName, ...] = ()
    forms: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return self.described.id

    @property
    def is_place(self) -> bool:
        """Tell whether lists name it by a name made of parts, as places are."""
        return self.described.matched_as == PLACE


@dataclass(frozen=True, slots=True)
class Register:
    """All records, and where to look one up. `kinds` are those that lists are matched with, first first.

    `marks` are what people write behind a name to say that it lies in the territory of the catalogue.
    `addresses` are what the addresses of things begin with.
    `keys` by (scheme, key), `heads` by the head of a place's name, `forms` by the whole name of a service, `spelled` by
    every way to write a place's name without spaces. `states` are the keys of the states the municipalities lie in,
    `elsewhere` the names of places in all other states, `strangers` those of them that are no name here.
    """

    kinds: Kinds
    marks: frozenset[str]
    records: Mapping[str, RegisterEntry]
    keys: Mapping[tuple[str, str], tuple[str, ...]]
    heads: Mapping[str, tuple[str, ...]]
    forms: Mapping[str, tuple[str, ...]]
    addresses: tuple[str, ...]
    states: frozenset[str]
    elsewhere: frozenset[str]
    spelled: Mapping[str, tuple[str, ...]] = field(repr=False)
    strangers: tuple[str, ...] = field(repr=False)


def register(
    store: ox.Store, base_iri: str, public_url: str = "", *, kinds: Kinds, marks: frozenset[str] = frozenset()
) -> Register:
    """Return the register of a snapshot: about half a second of work for 3,000 things, so it is kept."""
    graph = Graph(store)
    matched = kinds.only(kinds.matched)
    listed_entries = [entry for entry in entries.read(graph, base_iri, matched, only=True) if _listed(entry)]
    succession = _successors(graph, base_iri)
    records = {
        record.id: record
        for record in (_record(graph, entry, matched[entry.kind], succession) for entry in listed_entries)
    }
    keys: dict[tuple[str, str], list[str]] = {}
    for entry in listed_entries:
        for scheme, key, _ in entry.keys:
            keys.setdefault((scheme, key), []).append(_id(entry))
    heads, forms = _looked_up(records.values())
    states = frozenset(record.key[:_STATE_KEY] for record in records.values() if record.kind == "municipality")
    elsewhere = _elsewhere(states)
    spelled = _spelled(records.values())
    return Register(
        kinds=matched,
        marks=marks,
        records=records,
        keys={place: tuple(ids) for place, ids in keys.items()},
        heads=heads,
        forms=forms,
        addresses=(f"{base_iri}id/", *((f"{public_url}/id/", f"{public_url}/doc/") if public_url else ())),
        states=states,
        elsewhere=elsewhere,
        spelled=spelled,
        strangers=tuple(sorted(elsewhere - spelled.keys())),
    )


@SnapshotValue
def of(snapshot: PageSnapshot) -> Register:
    return register(
        snapshot.store,
        snapshot.base_iri,
        snapshot.public_url,
        kinds=snapshot.kinds,
        marks=snapshot.identity.territory.marks,
    )


def form(text: str) -> str:
    """Return the form of a service's name that is compared: folded, contracted, without words that say "service".

    >>> form("Umsetzungsbündel Bestattung und Tod (8 Leistungen)")
    'bestattung und tod'
    """
    return _WRAPPED.sub("", _WRAPPED.sub("", contract(fold(text))))


def _listed(entry: SearchEntry) -> bool:
    if entry.kind == "place":
        return len(entry.key) == _REGION_KEY
    return entry.kind != "concept" or bool(entry.keys)


def _id(entry: SearchEntry) -> str:
    return f"{entry.kind}/{entry.key}"


def _record(graph: Graph, entry: SearchEntry, kind: Kind, succession: Mapping[str, str]) -> RegisterEntry:
    texts = [entry.de, entry.en, *(text for _, text in entry.other_names)]
    return RegisterEntry(
        id=_id(entry),
        described=kind,
        key=entry.key,
        iri=entry.iri,
        de=entry.de,
        en=entry.en,
        type_de=entry.type_names.get("de", ""),
        type_en=entry.type_names.get("en", ""),
        district=entry.district,
        official=entry.official,
        until=next((term.value for term in graph.objects(entry.iri, OZG + "validTo") if not iri_of(term)), ""),  # type: ignore[union-attr] # a date is a literal
        successor=succession.get(entry.iri, ""),
        names=tuple(dict.fromkeys(take_apart(text) for text in texts if text)) if kind.matched_as == PLACE else (),
        forms=tuple(dict.fromkeys(contract(fold(text)) for text in texts if text)),
    )


def _successors(graph: Graph, base_iri: str) -> dict[str, str]:
    """Return the id of what took the place of each body that went."""
    successors: dict[str, str] = {}
    for triple in graph.using(ORG + "resultingOrganization"):
        event, after = iri_of(triple.subject), iri_of(triple.object)
        for before in map(iri_of, graph.objects(event, ORG + "originalOrganization")):
            if before != after:
                successors[before] = after.removeprefix(f"{base_iri}id/")
    return successors


def _looked_up(records: Iterable[RegisterEntry]) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    heads: dict[str, list[str]] = {}
    forms: dict[str, list[str]] = {}
    for record in records:
        for head in dict.fromkeys(name.joined for name in record.names):
            heads.setdefault(head, []).append(record.id)
        if not record.names:
            for one in dict.fromkeys((*record.forms, *map(form, record.forms))):
                forms.setdefault(one, []).append(record.id)
    return ({head: tuple(ids) for head, ids in heads.items()}, {one: tuple(ids) for one, ids in forms.items()})


def _spelled(records: Iterable[RegisterEntry]) -> dict[str, tuple[str, ...]]:
    """Return the ids of places by their names without spaces: the head, the head with its marks, all as it stands."""
    ids_by_spelling: dict[str, list[str]] = {}
    for record in records:
        ways = [way for name in record.names for way in (name.joined, name.whole)]
        if record.names:
            for way in dict.fromkeys((*ways, *(one.replace(" ", "") for one in record.forms))):
                ids_by_spelling.setdefault(way, []).append(record.id)
    return {way: tuple(ids) for way, ids in sorted(ids_by_spelling.items()) if way}


def _elsewhere(ours: frozenset[str]) -> frozenset[str]:
    """Return the names of places in other states, folded and without spaces; empty where this is not Germany."""
    return frozenset(name for state, names in _places().items() if state not in ours for name in names)


@cache
def _places() -> Mapping[str, frozenset[str]]:
    text = files("ozg_lod").joinpath("placenames.txt").read_text("utf-8")
    lines = (line.partition("\t") for line in text.splitlines() if not line.startswith("#"))
    return {state: frozenset(take_apart(name).whole for name in names.split("|")) for state, _, names in lines}
