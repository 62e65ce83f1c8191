"""The timeline: since when what is available, in the precision the source gives.

Several months bound the start, they are no period: "November 2019 / Januar 2020 / Oktober 2020" means that the first of
four services came in November 2019 and the last in October 2020, and nothing says that any of them ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import DCT, OZG
from ozg_lod.rdf.graph import (
    Graph,
    Term,
    iri_of,
)
from ozg_lod.search.search import Index
from ozg_lod.snapshots.summary import AvailabilityCount

_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_YEAR_MONTHS: Final = 12
PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One statement of availability. `months` are those it names, sorted; `bar` is (start, start, end) in per cent.

    From the first to the second number the start is bounded, from there to the third the thing is there for certain.
    """

    iri: str
    of: str
    at: str
    names: Mapping[str, str]
    months: Sequence[Term]
    count: int | None
    as_of: Sequence[Term]
    latest: Sequence[Term]
    status: Sequence[Term]
    wording: Sequence[Term]
    sources: Sequence[Term]
    bar: tuple[float, float, float] = (0, 0, 0)

    @property
    def single(self) -> bool:
        """Return whether the start is known to the month."""
        return len(self.months) == 1


@dataclass(frozen=True, slots=True)
class KnownCount:
    """How many services there were at the end of a month: at least and at most."""

    month: str
    certain: int
    possible: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of the timeline: `rows` name months, `others` name none, the rest is about all of them.

    `dated` statements name a month, and `counting` of these `total` services; `days` are those they are as of.
    `years` are (year, start, width) on the axis in per cent.
    """

    rows: Sequence[TimelineRow]
    others: Sequence[TimelineRow]
    months: Sequence[str]
    years: Sequence[tuple[str, float, float]]
    known: Sequence[KnownCount]
    dated: int
    counting: int
    total: int
    days: Sequence[str]
    pages: int


def timeline(graph: Graph, index: Index, counted: AvailabilityCount, page: int = 1) -> Timeline:
    iris = index.line(limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    axis = _axis(counted.axis)
    rows = [_row(graph, iri) for iri in iris]
    return Timeline(
        rows=[_placed(row, axis) for row in rows if row.months],
        others=[row for row in rows if not row.months],
        months=axis,
        years=_years(axis),
        known=_known(counted, axis),
        dated=counted.dated,
        counting=counted.counting,
        total=counted.services,
        days=counted.days,
        pages=max(1, -(-counted.statements // PAGE_SIZE)),
    )


def _row(graph: Graph, iri: str) -> TimelineRow:
    def values(name: str) -> list[Term]:
        return sorted(graph.objects(iri, name), key=str)

    of = next((iri_of(term) for term in values(OZG + "availabilityOf")), "")
    counts = [term.value for term in values(OZG + "serviceCount") if isinstance(term, ox.Literal)]
    return TimelineRow(
        iri=iri,
        of=of,
        at=next((iri_of(term) for term in values(OZG + "availableAt")), ""),
        names=(graph.names(of) if of else {}) or graph.names(iri),
        months=[term for term in values(OZG + "month") if _month(term)],
        count=int(counts[0]) if counts and counts[0].isdecimal() else None,
        as_of=values(OZG + "asOf"),
        latest=values(OZG + "latest"),
        status=values(OZG + "status"),
        wording=values(OZG + "wording"),
        sources=values(DCT + "source"),
    )


def _month(term: Term) -> str:
    match = _MONTH.match(getattr(term, "value", ""))
    return match.group() if match else ""


def _axis(span: tuple[str, str] | None) -> list[str]:
    """Return every month from the first that is named to the last, or to that of the last as-of date."""
    if span is None:
        return []
    first, last = map(_number, span)
    return [f"{n // _YEAR_MONTHS:04}-{n % _YEAR_MONTHS + 1:02}" for n in range(first, last + 1)]


def _number(month: str) -> int:
    """Return the months since the year 0.

    >>> _number("2020-01") - _number("2019-11")
    2
    """
    return int(month[:4]) * _YEAR_MONTHS + int(month[5:7]) - 1


def _placed(row: TimelineRow, axis: Sequence[str]) -> TimelineRow:
    """Return the row with its bar; it ends with the month of the as-of date, for nothing is known of later."""
    unit, origin = 100 / len(axis), _number(axis[0])
    first, last = _month(row.months[0]), _month(row.months[-1])
    known = max([_month(term) for term in row.as_of], default=axis[-1])
    ends = (_number(first), _number(last) + 1, _number(max(known, last)) + 1)
    bar = [(end - origin) * unit for end in ends]
    rounded = (round(bar[0], 3), round(bar[1], 3), round(bar[2], 3))
    return replace(row, bar=rounded)


def _years(axis: Sequence[str]) -> list[tuple[str, float, float]]:
    unit = 100 / len(axis) if axis else 0
    years = sorted({month[:4] for month in axis})
    spans = [(year, [n for n, month in enumerate(axis) if month.startswith(year)]) for year in years]
    return [(year, round(span[0] * unit, 3), round(len(span) * unit, 3)) for year, span in spans]


def _known(counted: AvailabilityCount, axis: Sequence[str]) -> list[KnownCount]:
    """Return the counts at the end of each month, as running sums."""
    certain, possible = (
        accumulate([counts.get(month, 0) for month in axis]) for counts in (counted.last, counted.first)
    )
    return [KnownCount(month, least, most) for month, least, most in zip(axis, certain, possible, strict=True)]
