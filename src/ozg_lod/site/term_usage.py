"""Where the data use a term: how often, and one place that shows it best."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from ozg_lod.rdf.graph import TYPE, Graph, iri_of
from ozg_lod.snapshots.summary import CLASS, PROPERTY, VALUE, Summary


@dataclass(frozen=True, slots=True)
class TermUse:
    """How often the data use a term, and one statement that does, None where none has a thing with a name."""

    count: int
    example: ox.Triple | None


def use(graph: Graph, summary: Summary, iri: str, group: str) -> TermUse:
    """Return how the data use the term: as class, property or value; the ontology not counted."""
    way = CLASS if group == "class" else PROPERTY if group in {"link", "attribute"} else VALUE
    counted = summary.terms.get(way, {}).get(iri)
    if counted is None:
        return TermUse(0, None)
    example = next(iter(ox.parse(f"{counted.example} .", ox.RdfFormat.N_TRIPLES))).triple
    return TermUse(counted.count, example if graph.names(iri_of(example.subject)) else None)


def snippet(graph: Graph, example: ox.Triple) -> set[ox.Triple]:
    """Return the statement with what its subject is and is called."""
    subject = iri_of(example.subject)
    types = [triple for triple in graph.about(subject) if triple.predicate.value == TYPE]
    return {example, *types, *graph.naming(subject)}
