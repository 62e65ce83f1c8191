"""An answer as a timeline: each row a line, each date in it a mark as long as the precision it is stated in.

A month is drawn as the whole month and a year as the whole year, because that is all that is said. Two dates of a row
are two marks: whether they begin, end or bound something only the query knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import XSD
from ozg_lod.rdf.graph import Term

MAX_ROWS: Final = 200
_MAX_COLUMNS: Final = 3
_DATED: Final = frozenset({XSD + "date", XSD + "dateTime", XSD + "gYearMonth", XSD + "gYear"})
_TEXTS: Final = frozenset({XSD + "string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"})
_STATED: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?:T.*|Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_LEAST_PERCENT: Final = 0.6
_LEAST_DAYS: Final = 31
_YEAR_PERCENT: Final = 8
"""The first year is written only where the next one leaves it so much room."""
_MAX_TICKS: Final = 12
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """One date of one row: in which of the dated columns, and where on the axis, in per cent."""

    column: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Track:
    """One row: what it is about (None: its number must do), the dates as they stand, and their marks."""

    number: int
    label: Term | None
    dates: Sequence[Term | None]
    marks: Sequence[TimelineMark]


@dataclass(frozen=True, slots=True)
class ResultTimeline:
    """All rows with a date. `columns` are the dated ones, `years` are (year, start in per cent) on the axis."""

    label: str
    columns: Sequence[str]
    tracks: Sequence[Track]
    years: Sequence[tuple[int, float]]
    undated: int


def fits(columns: Sequence[str], rows: Sequence[Sequence[Term | None]]) -> bool:
    """Return whether the answer has a column of dates."""
    return bool(_date_columns(columns, rows))


def timeline(columns: Sequence[str], rows: Sequence[Sequence[Term | None]]) -> ResultTimeline:
    """Return the timeline of an answer that `fits`; `rows` are drawn in their order, at most MAX_ROWS of them."""
    dated = _date_columns(columns, rows)
    candidates = [(number, row, [stated(row[n]) for n in dated]) for number, row in enumerate(rows, 1)]
    drawn = [one for one in candidates if any(one[2])][:MAX_ROWS]
    known = [period for _, _, periods in drawn for period in periods if period]
    first, last = min(start for start, _ in known).replace(day=1), max(end for _, end in known)
    days = max((last - first).days + 1, _LEAST_DAYS)
    about = _label(columns, rows, dated)
    tracks = [
        Track(
            number,
            None if about is None else row[about],
            [row[n] for n in dated],
            [_mark(n, period, first, days) for n, period in enumerate(periods) if period],
        )
        for number, row, periods in drawn
    ]
    undated = sum(not any(periods) for _, _, periods in candidates)
    label = "" if about is None else columns[about]
    return ResultTimeline(label, [columns[n] for n in dated], tracks, _years(first, last, days), undated)


def stated(term: Term | None) -> tuple[date, date] | None:
    """Return the first and the last day of what a date, month or year states, None for anything else.

    >>> stated(ox.Literal("2020-02", datatype=ox.NamedNode(XSD + "gYearMonth")))
    (datetime.date(2020, 2, 1), datetime.date(2020, 2, 29))
    """
    if not isinstance(term, ox.Literal) or term.datatype.value not in _DATED:
        return None
    match = _STATED.fullmatch(term.value)
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        start = date(year, month or 1, day or 1)
        if day:
            return start, start
        if month and month < _DECEMBER:
            return start, date(year, month + 1, 1) - timedelta(days=1)
        return start, date(year, _DECEMBER, 31)
    except ValueError:  # the year 0, or the 30th of February
        return None


def _date_columns(columns: Sequence[str], rows: Sequence[Sequence[Term | None]]) -> list[int]:
    """Return the first columns in which every value is a date."""
    indexes = []
    for n in range(len(columns)):
        values = [row[n] for row in rows if row[n] is not None]
        if values and all(map(stated, values)):
            indexes.append(n)
    return indexes[:_MAX_COLUMNS]


def _label(columns: Sequence[str], rows: Sequence[Sequence[Term | None]], dated: Sequence[int]) -> int | None:
    """Return the column that says what a row is about: the first one of texts or things."""
    for n in range(len(columns)):
        values = [row[n] for row in rows if row[n] is not None]
        if n not in dated and values and all(map(_names, values)):
            return n
    return None


def _names(term: Term | None) -> bool:
    return isinstance(term, ox.NamedNode) or (isinstance(term, ox.Literal) and term.datatype.value in _TEXTS)


def _mark(column: int, period: tuple[date, date], first: date, days: int) -> TimelineMark:
    start = (period[0] - first).days * 100 / days
    width = ((period[1] - period[0]).days + 1) * 100 / days
    return TimelineMark(column, round(start, 3), round(max(width, _LEAST_PERCENT), 3))


def _years(first: date, last: date, days: int) -> list[tuple[int, float]]:
    """Return the years to write on the axis: all of them, or every second, fifth, tenth … so that they can be read."""
    count = last.year - first.year + 1
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if count <= s * _MAX_TICKS or s == 1000)  # noqa: PLR2004
    later = [year for year in range(first.year + 1, last.year + 1) if year % step == 0]
    ticks = [(year, round((date(year, 1, 1) - first).days * 100 / days, 3)) for year in later]
    return [(first.year, 0.0), *ticks] if not ticks or ticks[0][1] >= _YEAR_PERCENT else ticks
