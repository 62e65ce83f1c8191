"""Coverage: of how much of the territory sources say what is online there, and what money authorities receive.

A statement of availability without a place says that something is online, not where: nothing follows from it for a
town.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ozg_lod.core.kinds import Kinds
from ozg_lod.core.messages import ngettext
from ozg_lod.core.vocab import DCT, OZG
from ozg_lod.rdf.graph import Graph, Term, iri_of
from ozg_lod.site.lists import Directory
from ozg_lod.site.values import Value, ValueWriter
from ozg_lod.snapshots.summary import Dates

AT = OZG + "availableAt"
OF = OZG + "availabilityOf"
_MEMBER = OZG + "member"
_AMOUNT = OZG + "awardedEur"


@dataclass(frozen=True, slots=True)
class Coverage:
    """`known` of `authorities` have a statement; `unplaced` things are online, nobody says where, as of `days`."""

    known: int
    authorities: int
    unplaced: int
    days: Dates | None


def read(graph: Graph, directory: Directory, kinds: Kinds) -> Coverage:
    """Count; authorities are the bodies that contributions can be about, without those that are no more."""
    replaced = {iri_of(triple.subject) for triple in graph.using(DCT + "isReplacedBy")}
    places = {iri_of(triple.subject): iri_of(triple.object) for triple in graph.using(AT)}
    unplaced: dict[str, str] = {}
    for triple in graph.using(OF):
        statement = iri_of(triple.subject)
        if statement not in places and statement not in replaced:
            unplaced[statement] = iri_of(triple.object)
    days = sorted(str(getattr(day, "value", "")) for one in unplaced for day in graph.objects(one, OZG + "asOf"))
    known = {place for statement, place in places.items() if statement not in replaced}
    former = {iri_of(triple.subject) for triple in graph.using(OZG + "validTo")}
    bodies = [kind.id for kind in kinds if kind.body and kind.template]
    total = sum(len(directory.entries(kind)) for kind in bodies)
    gone = sum(1 for iri in former if iri.rpartition("/")[0].rpartition("/")[2] in bodies)
    span = (days[0], days[-1]) if days else None
    return Coverage(len(known), total - gone, len(set(unplaced.values())), span)


def awards(facts: Mapping[str, Mapping[str, Sequence[Term]]], iri: str, writer: ValueWriter) -> list[Value]:
    """Return the amounts awarded to an authority, each a link to its statement; a shared amount is said to be so."""
    return [
        _amount(writer, statement, properties)
        for statement, properties in sorted(facts.items())
        if _AMOUNT in properties and iri in _iris(properties.get(_MEMBER, ()))
    ]


def _amount(writer: ValueWriter, statement: str, properties: Mapping[str, Sequence[Term]]) -> Value:
    amount = writer.value(properties[_AMOUNT][0], _AMOUNT).text
    others = len(properties[_MEMBER]) - 1
    if others:
        amount = ngettext(
            "{amount}, shared with {count} other", "{amount}, shared with {count} others", others, amount=amount
        )[writer.language]
    return Value(amount, "", writer.addresses.target(statement), "link")


def _iris(terms: Iterable[Term]) -> set[str]:
    return {iri_of(term) for term in terms}
