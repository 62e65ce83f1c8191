"""Wordings: what the German words of a source say in numbers and days, held against what was read from them.

A statement of which a person decided otherwise says so itself: it was generated (`prov:wasGeneratedBy`) by an activity
whose label gives the reason, as where rows were counted and the wording is the heading of their column.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import DCAT, DCT, OZG
from ozg_lod.tables.repairs import MONTHS
from ozg_lod.validation.source_locations import SourceLocations

_COUNTED: Final = ("drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf")
_WORDS: Final = {
    **dict.fromkeys(("ein", "eine", "einer", "eines", "einem", "einen"), Decimal(1)),
    **dict.fromkeys(("anderthalb", "eineinhalb"), Decimal("1.5")),
    **dict.fromkeys(("zwei", "beide", "beiden"), Decimal(2)),
    "zweieinhalb": Decimal("2.5"),
    **{word: Decimal(number) for number, word in enumerate(_COUNTED, 3)},
}
_SCALES: Final = {
    "tausend": 3,
    "tsd": 3,
    "million": 6,
    "millionen": 6,
    "mio": 6,
    "milliarden": 9,
    "thousand": 3,
    "billion": 9,
    "mrd": 9,
}
_AMOUNT: Final = re.compile(
    rf"(?<![\w,.§-])(?:(?P<digits>\d{{1,3}}(?:\.\d{{3}})+|\d+)(?:,(?P<part>\d+|-+))?|(?P<word>{'|'.join(_WORDS)}))"
    rf"(?![\w])(?:\s*(?P<scale>{'|'.join(_SCALES)})\b\.?)?(?:\s*(?P<unit>Euros?|EUR\b|€|%|Prozent))?",
    re.IGNORECASE,
)
_PARTIES: Final = {"einzel": Decimal(1), "gemeinschaft": Decimal(2)}
_MORE: Final = re.compile(r"mehr als\s+$", re.IGNORECASE)
_SEPARATORS: Final = str.maketrans(",.", ".,")
_FEW: Final = 20
_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_NO_NUMBER: Final = re.compile(
    r"https?://\S+|www\.\S+|§+\s*\d+\w*|\b(?:Nr|Nummer|Zeile|Module?|Phase)\.?\s*\d+(?:\s*(?:und|bis|,)\s*\d+)*",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    rf"(?<![\d.])(?P<day>\d{{1,2}})\.\s*(?:(?P<number>\d{{1,2}})\.|(?P<name>{_MONTH})\b\.?)\s*(?P<year>[12]\d{{3}})"
    rf"|(?P<roman>I{{1,3}}|IV|[1-4])\.\s*Quartal\s+(?P<quarter>[12]\d{{3}})"
    rf"|\b(?P<season>Frühjahr|Sommer|Herbst)\s+(?P<seasonal>[12]\d{{3}})"
    rf"|\b(?P<months>(?:{_MONTH})\b\.?(?:\s*(?:/|,|und|bis)\s*(?:{_MONTH})\b\.?)*)\s+(?P<monthly>[12]\d{{3}})"
    r"|(?<![\d.,-])(?P<alone>(?:19|20)\d{2})(?![\d.,]*\d|\s*(?:Euro|Leistung|Antr|Kommun|Gemeind|km))",
    re.IGNORECASE,
)
_ONLY_MONTHS: Final = re.compile(r"[\s/,.]*(?:seit|ab|und|bis)?[\s/,.]*", re.IGNORECASE)
_SEASONS: Final = {"frühjahr": (3, 5), "sommer": (6, 8), "herbst": (9, 11)}
_IN_LABELS: Final = ("value", "awardedEur", "amountEur", "serviceCount")
_NUMBERS: Final = (*_IN_LABELS, "minPercent", "minDuration", "minParties", "maxParties", "entitlementCount")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as words give it; `unit` is "euro", "percent" or "" for none."""

    value: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a date in words may be, as ISO dates; `precise` where it is a month or a day."""

    first: str
    last: str
    precise: bool = False


def amounts(text: str) -> list[Amount]:
    """Return the numbers of a German text, without those of dates, addresses and paragraphs.

    >>> [str(amount.value) for amount in amounts("rund 3,5 Mio. Euro für acht Städte, Stand 1. März 2021")]
    ['3500000', '8']
    """
    plain = _DATE.sub(lambda match: " " * len(match[0]), _NO_NUMBER.sub(lambda match: " " * len(match[0]), text))
    found = []
    for match in _AMOUNT.finditer(plain):
        amount = _amount(match)
        found.append(amount)
        if _MORE.search(plain[: match.start()]) and amount.value < _FEW and not amount.unit:
            found.append(Amount(amount.value + 1))
    found += [Amount(value) for word, value in _PARTIES.items() if word in text.casefold()]
    return found


def spans(text: str) -> list[Span]:
    """Return the days, months, quarters and years that a German text names.

    >>> spans("Oktober / November 2019")[0]
    Span(first='2019-10-01', last='2019-10-31', precise=True)
    """
    return [span for match in _DATE.finditer(_NO_NUMBER.sub(" ", text)) for span in _spans(match)]


def _amount(match: re.Match[str]) -> Amount:
    if match["word"]:
        number = _WORDS[match["word"].casefold()]
    else:
        part = (match["part"] or "").strip("-")
        number = Decimal(f"{match['digits'].replace('.', '')}.{part or 0}")
    scaled = number.scaleb(_SCALES[match["scale"].casefold()]) if match["scale"] else number
    unit = (match["unit"] or "").casefold()
    kind = "percent" if unit in {"%", "prozent"} else "euro" if unit else ""
    return Amount(Decimal(int(scaled)) if scaled == int(scaled) else scaled.normalize(), kind)


def _spans(match: re.Match[str]) -> Iterator[Span]:
    if match["day"]:
        month = int(match["number"] or MONTHS[match["name"].casefold()])
        day = f"{match['year']}-{month:02}-{int(match['day']):02}"
        yield Span(day, day, precise=True)
    elif match["months"]:
        for name in re.findall(rf"\b(?:{_MONTH})\b", match["months"], re.IGNORECASE):
            month = MONTHS[name.casefold()]
            yield _months(match["monthly"], month, month, precise=True)
    elif match["quarter"]:
        quarter = {"i": 1, "ii": 2, "iii": 3, "iv": 4}.get(match["roman"].casefold()) or int(match["roman"])
        yield _months(match["quarter"], 3 * quarter - 2, 3 * quarter)
    elif match["season"]:
        yield _months(match["seasonal"], *_SEASONS[match["season"].casefold()])
    else:
        yield _months(match["alone"], 1, 12)


def _months(year: str, first: int, last: int, *, precise: bool = False) -> Span:
    end = calendar.monthrange(int(year), last)[1]
    return Span(f"{year}-{first:02}-01", f"{year}-{last:02}-{end:02}", precise)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement as its words and its values are compared: properties by their local names."""

    subject: str
    wordings: tuple[str, ...]
    labels: tuple[str, ...]
    translated: tuple[str, ...]
    names: tuple[str, ...]
    values: dict[str, list[Literal]]
    indicator: str
    decided: bool

    def each(self, names: Iterable[str]) -> Iterator[tuple[str, Literal]]:
        return ((name, value) for name in names for value in self.values.get(name, ()))


def disagreements(store: Store, subjects: set[str] | None, places: SourceLocations) -> Iterator[Finding]:
    """Yield a finding for each value of these subjects (None: of all) that is not the one of their wording or label."""
    for statement in _statements(store, subjects):
        for name, value, message in (*_numbers(statement), *_days(statement)):
            rule = "wording-number" if name in _NUMBERS else "wording-day"
            place = places.of(statement.subject, _PROPERTIES.get(name, OZG + name), value.value)
            yield Finding(Severity.ERROR, rule, message, place, value=value.value)


def _numbers(statement: _Statement) -> Iterator[tuple[str, Literal, Message]]:
    """Yield what is not among the numbers of the wording, or not among those of the label."""
    named = {amount.value for name in statement.names for amount in amounts(name)}
    worded = [] if statement.decided else _amounts(statement.wordings)
    english = [text.translate(_SEPARATORS) for text in statement.translated]
    texts = (statement.wordings, statement.labels, statement.translated)
    labelled = [amount for amount in _amounts(statement.labels) if amount.value not in named]
    for name, value in statement.each(_NUMBERS):
        number = _number(value)
        in_labels = name in _IN_LABELS
        numbers = (worded, labelled if in_labels else [], _amounts(english) if in_labels else [])
        for text, stated in zip(texts, numbers, strict=True):
            units = {amount.unit for amount in stated if amount.value == number}
            if stated and not units:
                yield name, value, _other_number(text, stated)
            elif units and not _unit(statement, name) & units:
                yield name, value, _other_unit(text)


def _unit(statement: _Statement, name: str) -> set[str]:
    """Return the units that a number may have in words; what is counted has none."""
    told = statement.indicator if name == "value" else name
    return {"euro"} if told.endswith("Eur") else {"percent"} if told.endswith("Percent") else {""}


def _days(statement: _Statement) -> Iterator[tuple[str, Literal, Message]]:
    """Yield what is not among the days of wording and label."""
    worded = [span for text in statement.wordings for span in spans(text)]
    every = worded + [span for text in statement.labels for span in spans(text)]
    told = (*statement.wordings, *statement.labels)
    months = {value.value[:7] for value in statement.values.get("month", ())}
    precise = {span.first[:7] for span in worded if span.precise}
    only = {span.first[:7] for text in statement.wordings if _is_months(text) for span in spans(text)}
    for name, value in statement.each(("month",)):
        if precise and value.value[:7] not in precise:
            yield name, value, _other_day(told)
        elif only - months:
            yield name, value, _more_months(told, only - months)
    days = ("startDate", "endDate", "date", "applicationDeadline", *(() if months else ("asOf",)))
    for name, value in statement.each(days):
        if every and not any(_within(value.value, span) for span in every):
            yield name, value, _other_day(told)
    bounds = list(statement.each(("earliest", "latest")))
    reach = sorted(value.value for _name, value in (*bounds, *statement.each(("asOf",))))
    if bounds and not months and any(span.last < reach[0] or span.first > reach[-1] for span in every):
        yield *bounds[0], _other_day(told)


def _other_number(texts: Iterable[str], stated: Iterable[Amount]) -> Message:
    listed = ", ".join(sorted({str(amount.value) for amount in stated}))
    return _('"{text}" names {listed}; write the number that is read from it', text=_shown(texts), listed=listed)


def _other_unit(texts: Iterable[str]) -> Message:
    return _(
        '"{text}" names the number with another unit; choose the field or indicator of that unit', text=_shown(texts)
    )


def _other_day(texts: Iterable[str]) -> Message:
    return _('"{text}" names another time; write the one that is read from it', text=_shown(texts))


def _more_months(texts: Iterable[str], months: Iterable[str]) -> Message:
    listed = ", ".join(sorted(months))
    return _('"{text}" also names {listed}; write every month that is read from it', text=_shown(texts), listed=listed)


def _shown(texts: Iterable[str]) -> str:
    return " / ".join(texts)[:160]


def _is_months(text: str) -> bool:
    return bool(spans(text)) and _ONLY_MONTHS.fullmatch(_DATE.sub("", text)) is not None


def _within(value: str, span: Span) -> bool:
    """Tell whether a day, month or year may be meant by a span: one lies in the other."""
    size = len(value)
    return span.first[:size] <= value <= span.last[:size]


def _amounts(texts: Iterable[str]) -> list[Amount]:
    return [amount for text in texts for amount in amounts(text)]


def _number(value: Literal) -> Decimal:
    """Return a number, or the years of a duration."""
    text = re.sub(r"^P(\d+)Y$", r"\1", value.value)
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else Decimal("NaN")


def _statements(store: Store, subjects: set[str] | None) -> Iterator[_Statement]:
    rows = store.query(_QUERY)
    if not isinstance(rows, QuerySolutions):
        return
    by_subject: dict[str, list[tuple[str, object]]] = {}
    for row in rows:
        subject, name = _text(row["subject"]), _text(row["property"])
        if subjects is None or subject in subjects:
            by_subject.setdefault(subject, []).append((re.split("[/#]", name)[-1], row["value"]))
    for subject, pairs in sorted(by_subject.items()):
        yield _Statement(
            subject,
            wordings=_in_language(pairs, "wording"),
            labels=_in_language(pairs, "prefLabel"),
            translated=_in_language(pairs, "prefLabel", "en"),
            names=_in_language(pairs, "name"),
            values={name: [v for n, v in pairs if n == name and isinstance(v, Literal)] for name in dict(pairs)},
            indicator=next((_text(value) for name, value in pairs if name == "indicator"), ""),
            decided=any(name == "wasGeneratedBy" for name, _value in pairs),
        )


def _in_language(pairs: Sequence[tuple[str, object]], name: str, language: str = "de") -> tuple[str, ...]:
    literals = [value for told, value in pairs if told == name and isinstance(value, Literal)]
    return tuple(sorted(value.value for value in literals if value.language == language))


def _text(term: object) -> str:
    return term.value if isinstance(term, Literal | NamedNode) else ""


_QUERY: Final = """
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX ozg: <https://w3id.org/ozg-lod/ontology#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT DISTINCT ?subject ?property ?value
WHERE {
  {
    ?subject ozg:wording|ozg:value|ozg:awardedEur|ozg:serviceCount|dct:date ?compared .
    VALUES ?property {
      ozg:wording skos:prefLabel ozg:indicator prov:wasGeneratedBy ozg:month ozg:asOf ozg:earliest ozg:latest
      ozg:value ozg:awardedEur ozg:amountEur ozg:serviceCount ozg:minPercent ozg:minDuration ozg:minParties
      ozg:maxParties ozg:entitlementCount dcat:startDate dcat:endDate dct:date
    }
    ?subject ?property ?value .
  }
  UNION
  {
    ?subject ozg:availabilityOf|ozg:subject|ozg:programme ?thing .
    ?thing skos:prefLabel ?value .
    BIND(<urn:wording#name> AS ?property)
  }
  UNION
  {
    ?subject a ozg:Programme ;
      dct:source ?source .
    { ?subject ?property ?value . VALUES ?property { dcat:startDate dcat:endDate ozg:applicationDeadline } }
    UNION
    { ?statement ozg:subject ?subject ; dct:source ?source ; ozg:wording ?value . BIND(ozg:wording AS ?property) }
  }
}
"""
_PROPERTIES: Final = {"startDate": DCAT + "startDate", "endDate": DCAT + "endDate", "date": DCT + "date"}
