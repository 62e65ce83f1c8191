"""Key facts: what people come for stands first on the page of a thing. It is what the list of its kind shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.kinds import Kind
from ozg_lod.rdf.graph import Graph, Term, iri_of
from ozg_lod.site import list_columns
from ozg_lod.site.description import Description
from ozg_lod.site.list_columns import ListColumn

_MAX_VALUES: Final = 6


@dataclass(frozen=True, slots=True)
class KeyFact:
    """One column of the list with the values of this thing."""

    column: ListColumn
    terms: Sequence[Term]


def of(description: Description, kind: Kind) -> list[KeyFact]:
    """Return the facts that stand first; what has more values than can be seen at once does not."""
    if not kind.key_facts:
        return []
    facts = (KeyFact(column, column.cell(description.graph, description.iri)) for column in list_columns.of(kind))
    return [fact for fact in facts if 1 <= len(fact.terms) <= _MAX_VALUES]


def names(facts: Sequence[KeyFact], graph: Graph) -> Mapping[str, Mapping[str, str]]:
    iris = {iri_of(term) for fact in facts for term in fact.terms} | {fact.column.predicate for fact in facts}
    return graph.names_of(iris - {""})
