"""The inventory: the sources of a snapshot with what rests on them, and its contradictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.vocab import DCT, FOAF, OZG
from ozg_lod.rdf.graph import Graph, Term, iri_of
from ozg_lod.search.search import Index
from ozg_lod.site.lists import ListEntry

PAGE_SIZE: Final = 50
_CLAIM: Final = OZG + "claim"


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


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page of the sources, and how many there are that are no passage of another."""

    shown: Sequence[SourceSummary]
    total: int
    pages: int


def sources(graph: Graph, index: Index, counts: Mapping[str, int], page: int = 1) -> SourcePage:
    """Return the sources, the one most rests on first; passages stand in their document."""
    known = list(index.iris("source").values())
    place = {iri: number for number, iri in enumerate(known)}
    within: dict[str, list[str]] = {}
    for iri in known:
        whole = next((iri_of(term) for term in graph.objects(iri, DCT + "isPartOf") if iri_of(term) in place), "")
        within.setdefault(whole, []).append(iri)

    def total(iri: str) -> int:
        return counts.get(iri, 0) + sum(total(part) for part in within.get(iri, ()))

    def ranked(iris: Sequence[str]) -> list[str]:
        return sorted(iris, key=lambda iri: (-total(iri), place[iri]))

    def summary(iri: str) -> SourceSummary:
        passages = tuple(summary(part) for part in ranked(within.get(iri, ())))
        return _source(graph, iri, counts.get(iri, 0), total(iri), passages)

    top = ranked(within.get("", ()))
    shown = [summary(iri) for iri in top[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
    return SourcePage(shown, len(top), max(1, -(-len(top) // PAGE_SIZE)))


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


def disputes(graph: Graph, entries: Sequence[ListEntry]) -> tuple[Contradiction, ...]:
    """Return what these contradictions say."""
    return tuple(_dispute(graph, entry.iri) for entry in entries)


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


def names(graph: Graph, terms: Sequence[Term | str]) -> dict[str, dict[str, str]]:
    """Return the names of the IRIs among the terms."""
    iris = {term if isinstance(term, str) else iri_of(term) for term in terms} - {""}
    return graph.names_of(iris)
