"""One graph about one thing: the same for its page and for every RDF format.

It holds what the thing says of itself, what statements say of it (with their source, wording and dates), what
contradicts them, and the names of every neighbour. Incoming from elsewhere are counted in full and given page by page:
hundreds of places are in a state.
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
    SpelledTriple,
    Term,
    collation,
    picked,
    spelled,
)

PAGE_SIZE: Final = 50
_MAX_NAMED: Final = 5_000

_CLAIM: Final = OZG + "claim"
_UNFOLDED: Final = frozenset({_CLAIM, OZG + "condition", ADMS + "identifier"})
_SPATIAL: Final = DCT + "spatial"
_CONTAINMENT: Final = frozenset({OZG + "part", OZG + "whole"})
_WEAK: Final = frozenset({OZG + "announced", OZG + "unconfirmed"})
_SOURCE, _DERIVED = DCT + "source", PROV + "wasDerivedFrom"
_NOT_ABOUT: Final = frozenset({_SOURCE, _DERIVED, OZG + "status", OZG + "indicator"})


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
        for link in spelled(sorted(self.triples, key=str)):
            properties = facts.setdefault(link.subject, {})
            properties[link.predicate] = (*properties.get(link.predicate, ()), link.triple.object)
        return facts

    @cached_property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        """Return the names of all IRIs of the graph, properties included, by language tag."""
        iris = {iri for link in spelled(self.triples) for iri in (link.subject, link.predicate, link.object)}
        return self.graph.names_of(iris - {""})


def about(graph: Graph, iri: str, *, page: int = 1, page_size: int = PAGE_SIZE) -> Description | None:
    """Return the description of `iri`, or None where nothing is said of it or the page does not exist (1 is first)."""
    own = spelled(graph.about(iri))
    incoming = [*spelled(graph.to(iri)), *_lying(graph, own)]
    groups = _groups(graph, iri, incoming, page=page, page_size=page_size)
    pages = max((-(-group.total // page_size) for group in groups), default=1)
    if not own or not 1 <= page <= pages:
        return None
    parts = _parts(iri, own, incoming)
    statements = {subject for group in groups if group.statement for subject in group.subjects}
    statements |= {link.object for link in own if link.predicate in _UNFOLDED} - {""}
    disputes = _disputes(graph, {iri, *statements})
    shown = {subject for group in groups for subject in group.subjects} | set(parts)
    triples = {link.triple for link in own} | {link.triple for link in incoming if link.subject in shown}
    triples |= graph.described(statements | set(parts) | {dispute for _, dispute in disputes})
    return Description(iri, frozenset(graph.labelled(triples)), groups, parts, disputes, page, pages, graph)


def _lying(graph: Graph, own: Iterable[SpelledTriple]) -> list[SpelledTriple]:
    """Return where the place of an authority lies: containment belongs to places, people ask the authority."""
    places = {link.object for link in own if link.predicate == _SPATIAL} - {""}
    return graph.links_to(sorted(places), _CONTAINMENT)


def _groups(
    graph: Graph, iri: str, incoming: Iterable[SpelledTriple], *, page: int, page_size: int
) -> tuple[Incoming, ...]:
    """Group the links to `iri` by property, class and status; a link from a part of itself is none.

    By status, since what a press list announces is not what a contract says.
    """
    own = (iri + "#", OZG)
    links = [link for link in incoming if link.subject not in ("", iri) and not link.subject.startswith(own)]
    stating = {link.subject for link in links if link.predicate == _SOURCE}
    links = [link for link in links if link.predicate != _DERIVED or link.subject not in stating]
    groups: dict[tuple[str, str, bool, str], set[str]] = {}
    statements = _statements(graph, {link.subject for link in links if link.predicate not in _NOT_ABOUT})
    for link in links:
        about = link.predicate not in _NOT_ABOUT
        stated, status = statements.get(link.subject, ("", "")) if about else ("", "")
        groups.setdefault((link.predicate, stated, status in _WEAK, status), set()).add(link.subject)
    start = (page - 1) * page_size
    return tuple(
        Incoming(predicate, len(members), tuple(_ordered(graph, members)[start : start + page_size]), stated, status)
        for (predicate, stated, _, status), members in sorted(groups.items())
    )


def _statements(graph: Graph, subjects: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return class and status of those subjects that are statements."""
    classes = graph.statement_classes()
    kinds = {subject: types & classes for subject, types in graph.values(subjects, TYPE).items() if types & classes}
    statuses = graph.values(kinds, OZG + "status")
    return {
        subject: (min(kind - {STATEMENT}, default=STATEMENT), min(statuses[subject], default=""))
        for subject, kind in kinds.items()
    }


def _ordered(graph: Graph, subjects: set[str]) -> list[str]:
    """Return them in order of their names; of more than people leaf through in order of their addresses."""
    if len(subjects) > _MAX_NAMED:
        return sorted(subjects)
    names = picked(graph.names_of(subjects), "de")
    return sorted(subjects, key=lambda subject: (collation(names[subject][0]), subject))


def _parts(iri: str, own: Iterable[SpelledTriple], incoming: Iterable[SpelledTriple]) -> tuple[str, ...]:
    """Return the fragments of `iri` that it links to or that link to it (its keys, its changes, where it lies)."""
    ends = {link.object for link in own} | {link.subject for link in incoming}
    return tuple(sorted(end for end in ends if end.startswith(iri + "#")))


def _disputes(graph: Graph, statements: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return (statement, contradiction) for every statement that a contradiction claims."""
    claims = graph.links_to(sorted(statements), (_CLAIM,))
    return tuple(sorted({(claim.object, claim.subject) for claim in claims}))
