"""As of when: the days that the statements shown were made for, as they or their sources give them.

A figure whose day is only bounded has the last it may have (`ozg:latest`). A statement without a day of its own
(`ozg:asOf`) has that of its source; a source that gives none, as most web pages, leaves its statements without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ozg_lod.core.messages import _
from ozg_lod.core.vocab import DCT, OZG
from ozg_lod.rdf.graph import TYPE, Graph, Term, iri_of
from ozg_lod.site.values import ValueWriter
from ozg_lod.snapshots.summary import Dates

_AS_OF = OZG + "asOf"
_LATEST = OZG + "latest"
_FIGURE = OZG + "Figure"
_SOURCE = DCT + "source"


def of_facts(facts: Mapping[str, Mapping[str, Sequence[Term]]], graph: Graph) -> Dates | None:
    """Return the days of the statements among these facts (by subject and property), None where none has one."""
    return _span(day for properties in facts.values() for day in _stated(properties, graph))


def _stated(values: Mapping[str, Sequence[Term]], graph: Graph) -> list[str]:
    """Return the days of one statement, by the values of its properties."""
    own = _days(values.get(_AS_OF, ()))
    if not own and _FIGURE in map(iri_of, values.get(TYPE, ())):
        own = _days(values.get(_LATEST, ()))
    return own or _of_sources(graph, values.get(_SOURCE, ()))


def days(dates: Dates, writer: ValueWriter) -> str:
    first, last = (writer.date(day, "").text for day in dates)
    return first if first == last else _("{first} to {last}", first=first, last=last)[writer.language]


def sentence(dates: Dates | None, writer: ValueWriter) -> str:
    """Return what a page says about the days of its statements; nothing is said of those that have none."""
    if dates is None:
        return _("Every statement names its source.")[writer.language]
    shown = days(dates, writer)
    if dates[0] == dates[1]:
        return _("As of {day} unless stated otherwise. Every statement names its source.", day=shown)[writer.language]
    return _("As of {days}. Every statement names its source.", days=shown)[writer.language]


def _days(terms: Iterable[Term]) -> list[str]:
    return [str(getattr(term, "value", "")) for term in terms]


def _of_sources(graph: Graph, sources: Iterable[Term]) -> list[str]:
    return [day for source in sources for day in _days(graph.objects(iri_of(source), _AS_OF))]


def _span(values: Iterable[str]) -> Dates | None:
    known = sorted(values)
    return (known[0], known[-1]) if known else None
