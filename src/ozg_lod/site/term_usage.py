"""Where the data use a term: how often, and one place that shows it best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.kinds import Kinds
from ozg_lod.core.vocab import ONTOLOGY
from ozg_lod.rdf.graph import TYPE, Graph, collation, iri_of

_LONG: Final = 120


@dataclass(frozen=True, slots=True)
class TermUse:
    """How often the data use a term, and one statement that does, None where none has a thing with a name."""

    count: int
    example: ox.Triple | None


def use(graph: Graph, iri: str, group: str, kinds: Kinds) -> TermUse:
    """Return how the data use the term: as class, property or value; the ontology not counted."""
    if group == "class":
        triples: Iterable[ox.Triple] = graph.using(TYPE, iri)
    elif group in {"link", "attribute"}:
        triples = graph.using(iri)
    else:
        triples = graph.to(iri)
    uses = [triple for triple in triples if not iri_of(triple.subject).startswith(ONTOLOGY)]
    ranked = min(((_rank(triple, kinds), str(triple)), triple) for triple in uses)[1] if uses else None
    return TermUse(len(uses), ranked if ranked and graph.names(iri_of(ranked.subject)) else None)


def snippet(graph: Graph, example: ox.Triple) -> set[ox.Triple]:
    """Return the statement with what its subject is and is called."""
    subject = iri_of(example.subject)
    types = [triple for triple in graph.about(subject) if triple.predicate.value == TYPE]
    return {example, *types, *graph.naming(subject)}


def _rank(triple: ox.Triple, kinds: Kinds) -> tuple[bool, int, bool, int, str]:
    """Return how well a statement shows a term, the best first: a thing of its own, one people know, a short value."""
    subject = iri_of(triple.subject)
    kind = subject.partition("/id/")[2].partition("/")[0]
    known = kinds[kind].example
    length = len(getattr(triple.object, "value", ""))
    return "#" in subject or not subject, known, length > _LONG, length // _LONG, collation(subject)
