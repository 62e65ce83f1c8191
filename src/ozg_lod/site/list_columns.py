"""What the list of each kind shows beside name and key, as `kinds.toml` states: a property, or one along a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.kinds import INVERSE, Kind
from ozg_lod.core.messages import Label
from ozg_lod.rdf.graph import Graph, Term, iri_of

MOST: Final = 20
"""So many links to a thing are followed; where there are more its page has them, since their number has no bound."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column: the steps from the thing to the values; a step that begins with ^ is gone the other way.

    `name` is that of the column of the CSV file; without a name and a heading the property has both.
    """

    path: tuple[str, ...]
    name: str = ""
    heading: Label | None = None

    @property
    def predicate(self) -> str:
        """Return the property the values are values of."""
        return self.path[-1].removeprefix(INVERSE)

    @property
    def direct_predicate(self) -> str:
        """Return the property of the thing itself that this is, "" where the values lie further along a path."""
        return self.path[0] if len(self.path) == 1 and not self.path[0].startswith(INVERSE) else ""

    @property
    def field(self) -> str:
        """Return the name of the column in a CSV file."""
        return self.name or re.split("[#/]", self.predicate)[-1]

    def cell(self, graph: Graph, iri: str) -> tuple[Term, ...]:
        """Return the values, in fixed order, each once; only "…" where more lead there than are followed."""
        nodes: set[Term] = {ox.NamedNode(iri)}
        for step in self.path:
            ends: set[Term] = set()
            for start in filter(None, map(iri_of, nodes)):
                triples = _step(graph, start, step)
                if len(triples) > MOST and step.startswith(INVERSE):
                    return (ox.Literal("…"),)
                ends.update(triple.subject if step.startswith(INVERSE) else triple.object for triple in triples)
            nodes = ends
        return tuple(sorted(nodes, key=str))

    def triples(self, graph: Graph, iri: str) -> set[ox.Triple]:
        path_triples: set[ox.Triple] = set()
        nodes = {iri}
        for step in self.path:
            step_triples = [triple for start in sorted(nodes) for triple in _step(graph, start, step)]
            if len(step_triples) > MOST and step.startswith(INVERSE):
                return set()
            path_triples.update(step_triples)
            nodes = {
                iri_of(triple.subject if step.startswith(INVERSE) else triple.object) for triple in step_triples
            } - {""}
        return path_triples


def of(kind: Kind) -> tuple[ListColumn, ...]:
    return tuple(ListColumn(column.path, column.name, column.heading) for column in kind.columns)


def _step(graph: Graph, iri: str, step: str) -> list[ox.Triple]:
    if step.startswith(INVERSE):
        return list(islice(graph.using(step.removeprefix(INVERSE), iri), MOST + 1))
    return [triple for triple in graph.about(iri) if triple.predicate.value == step]
