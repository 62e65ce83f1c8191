"""One graph about one thing: the same for its page and for every RDF format.

It holds what the thing says of itself, what statements say of it (with their source, wording and dates), what
contradicts them, and the names of every neighbour. Incoming from elsewhere are counted in full and given page by page:
hundreds of places are in Hesse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import (
    ADMS,
    DCT,
    OZG,
    PROV,
)
from ozg_lod.rdf.graph import (
    STATEMENT,
    TYPE,
    Graph,
    Term,
    collation,
    iri_of,
    pick,
)

PAGE_SIZE: Final = 50

_CLAIM: Final = OZG + "claim"
_UNFOLDED: Final = frozenset({_CLAIM, OZG + "condition", ADMS + "identifier"})
_SPATIAL: Final = DCT + "spatial"
_CONTAINMENT: Final = frozenset({OZG + "part", OZG + "whole"})
_WEAK: Final = frozenset({OZG + "announced", OZG + "unconfirmed"})
_NOT_ABOUT: Final = frozenset({DCT + "source", PROV + "wasDerivedFrom", OZG + "status", OZG + "indicator"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """The links to a thing by one property: how many in all, and the subjects on this page, in order of their names.

    `statement` is the class of the subjects where they are statements about the thing, which stand in the graph with
    all they say, and `status` is the status they share; both are "" for all other links.
    """

    property: str
    total: int
    subjects: tuple[str, ...]
    statement: str = ""
    status: str = ""


@dataclass(frozen=True)
class Description:
    """The graph about `iri`.

    `parts` are the fragments of the thing that the graph describes too; `disputes` are pairs of a statement and a
    contradiction that claims it. What only a page needs is worked out when a page asks for it.
    """

    iri: str
    triples: frozenset[ox.Triple]
    incoming: tuple[Incoming, ...]
    parts: tuple[str, ...]
    disputes: tuple[tuple[str, str], ...]
    page: int
    pages: int
    graph: Graph = field(repr=False, compare=False)

    @cached_property
    def facts(self) -> Mapping[str, Mapping[str, tuple[Term, ...]]]:
        """Return the triples by subject and property, in fixed order."""
        facts: dict[str, dict[str, tuple[Term, ...]]] = {}
        for triple in sorted(self.triples, key=str):
            said = facts.setdefault(iri_of(triple.subject), {})
            said[triple.predicate.value] = (*said.get(triple.predicate.value, ()), triple.object)
        return facts

    @cached_property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        """Return the names of all IRIs of the graph, properties included, by language tag."""
        iris = _ends(self.triples) | {triple.predicate.value for triple in self.triples}
        return {iri: self.graph.names(iri) for iri in iris}


def about(graph: Graph, iri: str, *, page: int = 1, page_size: int = PAGE_SIZE) -> Description | None:
    """Return the description of `iri`, or None where nothing is said of it or the page does not exist (1 is first)."""
    own = set(graph.about(iri))
    incoming = [*graph.to(iri), *_lying(graph, own)]
    groups = _groups(graph, iri, incoming, page=page, page_size=page_size)
    pages = max((-(-group.total // page_size) for group in groups), default=1)
    if not own or not 1 <= page <= pages:
        return None
    parts = _parts(iri, own, incoming)
    statements = {subject for group in groups if group.statement for subject in group.subjects}
    statements |= {iri_of(triple.object) for triple in own if triple.predicate.value in _UNFOLDED} - {""}
    disputes = _disputes(graph, {iri, *statements})
    shown = {subject for group in groups for subject in group.subjects} | set(parts)
    triples = own | {triple for triple in incoming if iri_of(triple.subject) in shown}
    for subject in statements | set(parts) | {dispute for _, dispute in disputes}:
        triples |= set(graph.about(subject))
    triples.update(*map(graph.naming, _ends(triples)))
    return Description(iri, frozenset(triples), groups, parts, disputes, page, pages, graph)


def _lying(graph: Graph, own: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return where the place of an authority lies: containment belongs to places, people ask the authority."""
    places = {iri_of(triple.object) for triple in own if triple.predicate.value == _SPATIAL} - {""}
    return [triple for place in sorted(places) for triple in graph.to(place) if triple.predicate.value in _CONTAINMENT]


def _groups(
    graph: Graph, iri: str, incoming: Iterable[ox.Triple], *, page: int, page_size: int
) -> tuple[Incoming, ...]:
    """Group the links to `iri` by property, class and status; a link from a part of itself is none.

    By status, since what a press list announces is not what a contract says.
    """
    classes = graph.statement_classes()
    groups: dict[tuple[str, str, bool, str], set[str]] = {}
    for triple in incoming:
        subject, predicate = iri_of(triple.subject), triple.predicate.value
        if not subject or subject.startswith((iri + "#", OZG)) or subject == iri:
            continue
        kinds = {iri_of(kind) for kind in graph.objects(subject, TYPE)} & classes
        stated = "" if predicate in _NOT_ABOUT or not kinds else min(kinds - {STATEMENT}, default=STATEMENT)
        status = min(map(iri_of, graph.objects(subject, OZG + "status")), default="") if stated else ""
        groups.setdefault((predicate, stated, status in _WEAK, status), set()).add(subject)
    start = (page - 1) * page_size
    return tuple(
        Incoming(predicate, len(subjects), _in_order(graph, subjects)[start : start + page_size], stated, status)
        for (predicate, stated, _, status), subjects in sorted(groups.items())
    )


def _in_order(graph: Graph, subjects: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(subjects, key=lambda subject: (collation(pick(graph.names(subject), "de")[0]), subject)))


def _parts(iri: str, own: Iterable[ox.Triple], incoming: Iterable[ox.Triple]) -> tuple[str, ...]:
    """Return the fragments of `iri` that it links to or that link to it (its keys, its changes, where it lies)."""
    ends = {iri_of(triple.object) for triple in own} | {iri_of(triple.subject) for triple in incoming}
    return tuple(sorted(end for end in ends if end.startswith(iri + "#")))


def _disputes(graph: Graph, statements: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return (statement, contradiction) for every statement that a contradiction claims."""
    pairs = {
        (statement, iri_of(triple.subject))
        for statement in statements
        for triple in graph.to(statement)
        if triple.predicate.value == _CLAIM
    }
    return tuple(sorted(pairs))


def _ends(triples: Iterable[ox.Triple]) -> set[str]:
    """Return the IRIs of all subjects and objects."""
    return {iri_of(end) for triple in triples for end in (triple.subject, triple.object)} - {""}
