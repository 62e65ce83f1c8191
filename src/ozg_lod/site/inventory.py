"""The inventory: what a snapshot holds and how complete it is, its sources and its contradictions, counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import (
    DCT,
    FOAF,
    OZG,
    WGS84,
)
from ozg_lod.rdf.graph import (
    Graph,
    Term,
    collation,
    iri_of,
    pick,
)
from ozg_lod.site.lists import Directory, ListEntry

MEASURES: Final[Mapping[str, tuple[str, ...]]] = {
    "source": (DCT + "source",),
    "date": (
        *(OZG + name for name in ("asOf", "readOn", "month", "latest", "validFrom", "validTo")),
        DCT + "issued",
        DCT + "date",
    ),
    "position": (WGS84 + "lat",),
    "wording": (OZG + "wording",),
}
"""What is measured for each kind, and by which properties it counts as given."""
ENGLISH: Final = "english"
_PLACED: Final = frozenset(MEASURES["position"])
_CLAIM: Final = OZG + "claim"


@dataclass(frozen=True, slots=True)
class KindCount:
    """One kind: how many things it has, and how many of them have what is measured (by name of the measure)."""

    kind: str
    total: int
    given: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One source or passage: how many statements rest on it, on its passages too, and what is said of it."""

    iri: str
    statements: int
    all_statements: int
    issued: Sequence[Term]
    read: Sequence[Term]
    publisher: Sequence[Term]
    licence: Sequence[Term]
    page: Sequence[Term]
    passages: Sequence[SourceSummary]


@dataclass(frozen=True, slots=True)
class Claim:
    """One side of a contradiction."""

    iri: str
    wording: Sequence[Term]
    value: Sequence[Term]
    indicator: str
    sources: Sequence[Term]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One contradiction with its sides."""

    iri: str
    descriptions: Sequence[Term]
    about: Sequence[Term]
    status: Sequence[Term]
    claims: Sequence[Claim]


def stocks(store: ox.Store, directory: Directory) -> tuple[KindCount, ...]:
    """Return the kinds that have entries, with what their entries give."""
    graph = Graph(store)
    return tuple(
        KindCount(kind, len(entries), _given(graph, entries)) for kind, entries in directory.kinds.items() if entries
    )


def _given(graph: Graph, entries: Sequence[ListEntry]) -> dict[str, int]:
    counts = dict.fromkeys((*MEASURES, ENGLISH), 0)
    for entry in entries:
        properties = {triple.predicate.value for triple in graph.about(entry.iri)}
        properties |= {
            triple.predicate.value for iri in _places(graph, entry.iri) for triple in graph.about(iri)
        } & _PLACED
        for measure, predicates in MEASURES.items():
            counts[measure] += not properties.isdisjoint(predicates)
        counts[ENGLISH] += "en" in entry.names
    return counts


def _places(graph: Graph, iri: str) -> list[str]:
    """Return the places of a body: where it lies stands there."""
    return [iri_of(term) for term in graph.objects(iri, DCT + "spatial") if iri_of(term)]


def sources(store: ox.Store, directory: Directory) -> tuple[SourceSummary, ...]:
    """Return the sources, the one most rests on first; passages stand in their document."""
    graph = Graph(store)
    counts = Counter(iri_of(triple.object) for triple in graph.using(DCT + "source"))
    entries = {entry.iri: entry for entry in directory.kinds.get("source", ())}
    within: dict[str, list[str]] = {}
    for iri in entries:
        whole = next((iri_of(term) for term in graph.objects(iri, DCT + "isPartOf") if iri_of(term) in entries), "")
        within.setdefault(whole, []).append(iri)

    def summary(iri: str) -> SourceSummary:
        passages = tuple(sorted((summary(part) for part in within.get(iri, ())), key=rank))
        total = counts[iri] + sum(passage.all_statements for passage in passages)
        return _source(graph, iri, counts[iri], total, passages)

    def rank(source: SourceSummary) -> tuple[int, str]:
        return -source.all_statements, collation(pick(entries[source.iri].names, "de", source.iri)[0])

    return tuple(sorted((summary(iri) for iri in within.get("", ())), key=rank))


def _source(graph: Graph, iri: str, statements: int, total: int, passages: tuple[SourceSummary, ...]) -> SourceSummary:
    def terms(predicate: str) -> list[Term]:
        return sorted(graph.objects(iri, predicate), key=str)

    return SourceSummary(
        iri,
        statements,
        total,
        issued=terms(DCT + "issued") or terms(OZG + "asOf"),
        read=terms(OZG + "readOn"),
        publisher=terms(DCT + "publisher"),
        licence=terms(DCT + "license"),
        page=terms(FOAF + "page"),
        passages=passages,
    )


def disputes(store: ox.Store, directory: Directory) -> tuple[Contradiction, ...]:
    """Return the contradictions in order of their names."""
    graph = Graph(store)
    return tuple(_dispute(graph, entry.iri) for entry in directory.kinds.get("discrepancy", ()))


def _dispute(graph: Graph, iri: str) -> Contradiction:
    def terms(predicate: str, of: str = iri) -> list[Term]:
        return sorted(graph.objects(of, predicate), key=str)

    claims = [iri_of(term) for term in terms(_CLAIM)]
    return Contradiction(
        iri,
        descriptions=terms(DCT + "description"),
        about=terms(OZG + "subject"),
        status=terms(OZG + "status"),
        claims=[
            Claim(
                claim,
                wording=terms(OZG + "wording", claim),
                value=terms(OZG + "value", claim),
                indicator=next((iri_of(term) for term in terms(OZG + "indicator", claim)), ""),
                sources=terms(DCT + "source", claim),
            )
            for claim in claims
        ],
    )


def names(store: ox.Store, terms: Sequence[Term | str]) -> dict[str, dict[str, str]]:
    """Return the names of the IRIs among the terms."""
    graph = Graph(store)
    iris = {term if isinstance(term, str) else iri_of(term) for term in terms} - {""}
    return graph.names_of(iris)
