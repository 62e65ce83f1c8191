"""What the list of each kind shows beside name and key: a property of the thing, or one further along a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import (
    DCAT,
    DCT,
    FOAF,
    ORG,
    OZG,
    SCHEMA,
    SKOS,
)
from ozg_lod.rdf.graph import Graph, Term, iri_of

INVERSE: Final = "^"


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column: the steps from the thing to the values; a step that begins with ^ is gone the other way.

    `name` is that of the column of the CSV file and the key of its heading; without one the property has the word.
    """

    path: tuple[str, ...]
    name: str = ""

    @property
    def predicate(self) -> str:
        """Return the property the values are values of."""
        return self.path[-1].removeprefix(INVERSE)

    @property
    def own(self) -> str:
        """Return the property of the thing itself that this is, "" where the values lie further along a path."""
        return self.path[0] if len(self.path) == 1 and not self.path[0].startswith(INVERSE) else ""

    @property
    def field(self) -> str:
        """Return the name of the column in a CSV file."""
        return self.name or re.split("[#/]", self.predicate)[-1]

    def cell(self, graph: Graph, iri: str) -> tuple[Term, ...]:
        """Return the values, in fixed order, each once."""
        front: set[Term] = {ox.NamedNode(iri)}
        for step in self.path:
            front = {end for start in front if iri_of(start) for end in _ends(graph, iri_of(start), step)}
        return tuple(sorted(front, key=str))

    def triples(self, graph: Graph, iri: str) -> set[ox.Triple]:
        """Return the triples along the path."""
        found: set[ox.Triple] = set()
        front = {iri}
        for step in self.path:
            taken = [triple for start in sorted(front) for triple in _step(graph, start, step)]
            found.update(taken)
            front = {iri_of(triple.subject if step.startswith(INVERSE) else triple.object) for triple in taken} - {""}
        return found


def of(kind: str) -> tuple[ListColumn, ...]:
    """Return the columns of the list of this kind."""
    return _COLUMNS.get(kind, ())


def _step(graph: Graph, iri: str, step: str) -> list[ox.Triple]:
    if step.startswith(INVERSE):
        return [triple for triple in graph.to(iri) if triple.predicate.value == step.removeprefix(INVERSE)]
    return [triple for triple in graph.about(iri) if triple.predicate.value == step]


def _ends(graph: Graph, iri: str, step: str) -> list[Term]:
    if step.startswith(INVERSE):
        return [triple.subject for triple in _step(graph, iri, step)]
    return graph.objects(iri, step)


def _ozg(*names: str) -> tuple[ListColumn, ...]:
    return tuple(ListColumn((OZG + name,)) for name in names)


_CLASSIFIED: Final = ListColumn((ORG + "classification",))
_PROGRAMMES: Final = ListColumn((OZG + "participatesIn",), "programmes")
_DISTRICT: Final = ListColumn((DCT + "spatial", DCT + "isPartOf", INVERSE + DCT + "spatial"), "district")
_AVAILABLE: Final = INVERSE + OZG + "of"

_COLUMNS: Final = {
    "state": (ListColumn((DCT + "identifier",)),),
    "municipality": (_CLASSIFIED, _DISTRICT, _PROGRAMMES, *_ozg("validTo")),
    "district": (_CLASSIFIED, _PROGRAMMES, *_ozg("ars")),
    "place": (ListColumn((DCT + "isPartOf",)),),
    "bundle": (
        ListColumn((_AVAILABLE, OZG + "serviceCount"), "services"),
        ListColumn((_AVAILABLE, OZG + "month"), "months"),
        ListColumn((_AVAILABLE, OZG + "status"), "status"),
        *_ozg("efaMarked"),
    ),
    "availability": _ozg("of", "serviceCount", "month", "status"),
    "service": _ozg("leadAuthority", "builtBy"),
    "programme": (
        ListColumn((DCAT + "startDate",)),
        ListColumn((DCAT + "endDate",)),
        ListColumn((SCHEMA + "funder",), "payer"),
        *_ozg("operator"),
        ListColumn((INVERSE + OZG + "funds", OZG + "amountEur"), "amounts"),
    ),
    "module": (ListColumn((SCHEMA + "position",)), *_ozg("moduleGroup"), ListColumn((DCT + "isPartOf",), "programme")),
    "funding": _ozg("funds", "amountEur", "amountKind", "per"),
    "condition": (ListColumn((INVERSE + OZG + "condition",), "programme"), *_ozg("wording")),
    "participation": _ozg("member", "programme", "status", "awardedEur"),
    "figure": _ozg("about", "indicator", "value", "asOf"),
    "discrepancy": _ozg("status", "claim"),
    "statement": _ozg("about"),
    "channel": (ListColumn((DCT + "audience",)), ListColumn((FOAF + "page",))),
    "source": (ListColumn((DCT + "publisher",)), ListColumn((DCT + "issued",)), ListColumn((DCT + "isPartOf",))),
    "concept": (
        *_ozg("ozgId", "leikaKey"),
        ListColumn((SKOS + "broader",), "field"),
        ListColumn((SKOS + "inScheme",)),
    ),
    "organisation": (
        ListColumn((INVERSE + OZG + "operator",), "operates"),
        ListColumn((INVERSE + OZG + "builtBy",), "builds"),
        ListColumn((INVERSE + DCT + "publisher",), "publishes"),
    ),
}
