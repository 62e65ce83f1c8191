"""As of when: the days that the statements shown were made for, as their sources give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ozg_lod.core.messages import _
from ozg_lod.core.vocab import DCT, OZG
from ozg_lod.rdf.graph import Graph, Term, iri_of
from ozg_lod.site.values import ValueWriter

Dates = tuple[str, str]
"""The first and the last day (xsd:date)."""

_AS_OF = OZG + "asOf"


def by_kind(graph: Graph, base_iri: str) -> Mapping[str, Dates]:
    """Return the days of the statements that things of each kind are, or are named in; "" is all of them."""
    days: dict[str, set[str]] = {"": set()}
    for triple in graph.using(_AS_OF):
        day = str(getattr(triple.object, "value", ""))
        named = [
            iri_of(fact.object)
            for fact in graph.about(iri_of(triple.subject))
            if fact.predicate.value != DCT + "source"
        ]
        for iri in (iri_of(triple.subject), *named):
            kind = iri.removeprefix(f"{base_iri}id/").partition("/")[0] if iri.startswith(f"{base_iri}id/") else ""
            days.setdefault(kind, set()).add(day)
            days[""].add(day)
    return {kind: dates for kind, values in days.items() if (dates := _span(values))}


def of_facts(facts: Mapping[str, Mapping[str, Sequence[Term]]]) -> Dates | None:
    """Return the days of the statements among these facts (by subject and property), None where none has one."""
    return _span(str(getattr(term, "value", "")) for said in facts.values() for term in said.get(_AS_OF, ()))


def sentence(dates: Dates | None, writer: ValueWriter) -> str:
    """Return what a page says about the days of its statements; nothing is said of those that have none."""
    if dates is None:
        return _("Every statement names its source.")[writer.language]
    first, last = (writer.date(day, "").text for day in dates)
    if first == last:
        return _("As of {day} unless stated otherwise. Every statement names its source.", day=first)[writer.language]
    return _("As of {first} to {last}. Every statement names its source.", first=first, last=last)[writer.language]


def _span(days: Iterable[str]) -> Dates | None:
    known = sorted(days)
    return (known[0], known[-1]) if known else None
