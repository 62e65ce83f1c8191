"""Key facts: what people come for stands first on the page of a thing. It is what the list of its kind shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.kinds import Kind
from ozg_lod.core.messages import ngettext
from ozg_lod.core.vocab import OZG
from ozg_lod.rdf.graph import Graph, Term, iri_of
from ozg_lod.site import list_columns
from ozg_lod.site.description import Description
from ozg_lod.site.list_columns import ListColumn
from ozg_lod.site.values import Value, ValueWriter

_MAX_VALUES: Final = 6
_MEMBER: Final = OZG + "member"
_AWARDED: Final = OZG + "awardedEur"


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


def received(facts: Mapping[str, Mapping[str, Sequence[Term]]], iri: str, writer: ValueWriter) -> list[Value]:
    """Return the amounts awarded to an authority, each a link to its statement; a shared amount is said to be so."""
    return [
        _amount(writer, statement, properties)
        for statement, properties in sorted(facts.items())
        if _AWARDED in properties and iri in map(iri_of, properties.get(_MEMBER, ()))
    ]


def _amount(writer: ValueWriter, statement: str, properties: Mapping[str, Sequence[Term]]) -> Value:
    amount = writer.value(properties[_AWARDED][0], _AWARDED).text
    others = len(properties[_MEMBER]) - 1
    if others:
        amount = ngettext(
            "{amount}, shared with {count} other", "{amount}, shared with {count} others", others, amount=amount
        )[writer.language]
    return Value(amount, "", writer.addresses.target(statement), "link")
