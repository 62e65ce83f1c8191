"""The outcome of a harvest check for people (text) and programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from itertools import groupby
from typing import Final

from babel.numbers import format_decimal

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.core.messages import LANGUAGES, Label, Language, Message, Text, _, joined, locale_of, ngettext
from ozg_lod.harvest_check.check import HarvestResult
from ozg_lod.harvest_check.mqa import Score
from ozg_lod.rdf.lexical import CONTROL

LISTED: Final = 5
"""How many places one finding lists in the text."""
DIMENSIONS: Final = {
    "findability": _("Findability"),
    "accessibility": _("Accessibility"),
    "interoperability": _("Interoperability"),
    "reusability": _("Reusability"),
    "contextuality": _("Contextuality"),
}
RATINGS: Final = {
    "excellent": _("excellent"),
    "good": _("good"),
    "sufficient": _("sufficient"),
    "bad": _("bad"),
}
SEVERITIES: Final = {
    Severity.ERROR: _("errors"),
    Severity.WARNING: _("warnings"),
    Severity.HINT: _("hints"),
}


@dataclass(frozen=True, slots=True)
class FindingSummary:
    """One sentence and where it holds: names of things and values that stand there, the first few."""

    severity: Severity
    rule: str
    sentence: str
    count: int
    places: tuple[str, ...]


def summaries(outcome: HarvestResult, language: Language) -> list[FindingSummary]:
    """Return each sentence once, errors first."""
    order = list(Severity)

    def key(finding: Finding) -> tuple[int, str, str]:
        return order.index(finding.severity), finding.rule, finding.message[language]

    result = []
    for (_severity, rule, sentence), members in groupby(sorted(outcome.findings, key=key), key):
        group = list(members)
        places = dict.fromkeys(_place(finding, language) for finding in group)
        shown = tuple(place for place in places if place)[:LISTED]
        result.append(FindingSummary(group[0].severity, rule, _capital(sentence), len(group), shown))
    return result


def summary(outcome: HarvestResult) -> Message:
    """Return the headline, such as "2 errors, 1 hint"."""
    counts = outcome.counts
    parts = (
        (counts[Severity.ERROR], ngettext("{count} error", "{count} errors", counts[Severity.ERROR])),
        (counts[Severity.WARNING], ngettext("{count} warning", "{count} warnings", counts[Severity.WARNING])),
        (counts[Severity.HINT], ngettext("{count} hint", "{count} hints", counts[Severity.HINT])),
    )
    return joined(part for count, part in parts if count) or _("No findings")


def to_text(outcome: HarvestResult, language: Language) -> str:
    """Return the outcome as text: what was read, findings with places, the points and what would raise them."""
    head = [outcome.url, *([_counted(outcome)[language]] if outcome.counted else []), summary(outcome)[language]]
    parts = ["\n".join(head)]
    finding_summaries = summaries(outcome, language)
    for severity, name in SEVERITIES.items():
        own = [_line(one) for one in finding_summaries if one.severity is severity]
        if own:
            parts.append("\n".join([name[language].capitalize(), *own]))
    if outcome.score is not None:
        parts.append("\n".join(_points(outcome.score, language)))
    return "\n\n".join(parts) + "\n"


def to_html(outcome: HarvestResult, language: Language) -> str:
    """Return the outcome as a page of its own, to keep or to send on."""
    title = _("Harvest check of {url}", url=outcome.url)[language]
    sections: list[str] = []
    for severity, name in SEVERITIES.items():
        items = [
            f"<li><strong>{escape(one.sentence)}</strong> <small>{escape(one.rule)} · {one.count}</small>"
            f"<ul>{''.join(f'<li>{escape(place)}</li>' for place in one.places)}</ul></li>"
            for one in summaries(outcome, language)
            if one.severity is severity
        ]
        sections += [f"<h2>{escape(name[language].capitalize())}</h2><ul>{''.join(items)}</ul>"] if items else []
    points = _points(outcome.score, language) if outcome.score is not None else []
    head = [_counted(outcome)[language] if outcome.counted else "", summary(outcome)[language]]
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1>{''.join(f'<p>{escape(line)}</p>' for line in head if line)}"
        f"{''.join(sections)}<pre>{escape(chr(10).join(points))}</pre></html>\n"
    )


def to_json(outcome: HarvestResult, *, strict: bool = False) -> bytes:
    """Return the outcome as JSON.

    Members: url, passes, counts by severity, read (pages, datasets, distributions, addresses), findings with severity,
    rule, message (by language), place and value; score with points, of, rating, dimensions and metrics.
    """
    document = {
        "url": outcome.url,
        "passes": outcome.passes(strict=strict),
        "counts": {severity.value: outcome.counts[severity] for severity in Severity},
        "read": dict(outcome.counted),
        "findings": [_known(asdict(finding)) for finding in outcome.findings],
        "score": _score(outcome.score) if outcome.score else None,
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _counted(outcome: HarvestResult) -> Message:
    return _(
        "pages: {pages}, datasets: {datasets}, distributions: {distributions}, addresses asked: {addresses}",
        **outcome.counted,
    )


def _place(finding: Finding, language: Language) -> str:
    subject = finding.place.subject
    line = _("line {number}", number=finding.place.line)[language] if finding.place.line else ""
    parts = [line, subject[language] if subject else "", finding.value or ""]
    return CONTROL.sub("", ": ".join(part for part in parts if part))


def _line(finding: FindingSummary) -> str:
    times = f" ({finding.count}×)" if finding.count > 1 else ""
    more = ["…"] if finding.count > len(finding.places) and len(finding.places) == LISTED else []
    return "\n".join(
        [f"- {finding.sentence}{times}. [{finding.rule}]", *(f"    {place}" for place in [*finding.places, *more])]
    )


def _points(score: Score, language: Language) -> Iterator[str]:
    rating = RATINGS[score.rating]
    yield _("Metadata quality (MQA): {points} of 405 points, {rating}", points=score.points, rating=rating)[language]
    for dimension, name in DIMENSIONS.items():
        earned, possible = score.of(dimension)
        yield f"  {name[language]:<22}{_number(earned, language):>6} / {possible}"
    steps = raising(score, language)
    if steps:
        yield _("What would raise it:")[language]
    for points, how in steps:
        yield f"  +{points}  {how}"


def raising(score: Score, language: Language) -> list[tuple[str, str]]:
    """Return what would raise the points, most first: how many, and what to do."""
    lost = sorted((result for result in score.results if result.lost > 0), key=lambda result: -result.lost)
    steps = []
    for result in lost:
        step = _(
            "{how} (in {lacking} of {datasets} datasets)",
            how=result.metric.how,
            lacking=result.lacking,
            datasets=score.datasets,
        )
        steps.append((_number(result.lost, language), _capital(step[language])))
    return steps


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _number(value: float, language: Language) -> str:
    return format_decimal(round(value, 1), locale=locale_of(language))


def _score(score: Score) -> dict[str, object]:
    return {
        "points": score.points,
        "of": sum(result.metric.points for result in score.results),
        "rating": score.rating,
        "dimensions": {name: round(score.of(name)[0], 2) for name in DIMENSIONS},
        "metrics": [
            {
                "metric": result.metric.slug,
                "earned": round(result.earned, 2),
                "of": result.metric.points,
                "datasets_lacking": result.lacking,
                "how": by_language(result.metric.how),
            }
            for result in score.results
        ],
    }


def by_language(text: Text) -> dict[Language, str]:
    """Return a text in every language of the site, for programs."""
    return {language: text[language] for language in LANGUAGES}


def _known(record: dict[str, object]) -> dict[str, object]:
    """Return what is known, without empty members, texts by language."""
    members: dict[str, object] = {}
    for name, value in record.items():
        if isinstance(value, Label | Message):
            members[name] = by_language(value)
        elif value is not None and value != {}:
            members[name] = _known(value) if isinstance(value, dict) else value
    return members
