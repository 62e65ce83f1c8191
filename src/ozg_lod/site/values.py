"""Values as people read them: months as months, amounts as amounts, dates in the precision they were stated in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_currency, format_decimal
from markupsafe import Markup, escape

from ozg_lod.core.messages import Language, _, locale_of, ngettext, say
from ozg_lod.core.vocab import (
    GEO,
    OZG,
    SCHEMA,
    WGS84,
    XSD,
)
from ozg_lod.rdf.addresses import Addresses, Target
from ozg_lod.rdf.graph import LABELS, Term, iri_of, picked
from ozg_lod.site.term_names import term_name

_FIGURE: Final = OZG + "value"
_PLAIN: Final = frozenset({SCHEMA + "position", WGS84 + "lat", WGS84 + "long"})
_AMOUNT: Final = re.compile(re.escape(OZG) + r"\w*Eur")
_NUMBER: Final = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_DURATION: Final = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?")


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its text, the language of the text where it is not the page's, where it leads, how to set it.

    `kind` is text, code, number, time or link; `machine` is the form for machines (the datetime of a time).
    """

    text: str
    language: str = ""
    target: Target | None = None
    kind: str = "text"
    machine: str = ""

    @property
    def marked(self) -> Markup:
        """Return the text as it stands in a page, marked where it is in another language."""
        return marked(self.text, self.language)


def marked(text: str, language: Language) -> Markup:
    """Return a text as HTML; `language` is "" where it is the page's."""
    return Markup('<span lang="{}">{}</span>').format(language, text) if language else escape(text)


_TRUTH: Final = {"true": _("yes"), "1": _("yes"), "false": _("no"), "0": _("no")}


@dataclass(frozen=True)
class ValueWriter:
    """Writes terms in one language, with names instead of IRIs."""

    language: Language
    addresses: Addresses
    names: Mapping[str, Mapping[str, str]]

    @property
    def locale(self) -> str:
        return locale_of(self.language)

    def name(self, iri: str) -> Value:
        """Return the name of `iri` as a link where there is a page for it, the IRI itself where it has no name."""
        return self._named.get(iri) or self._nameless(iri)

    def named(self, iris: Iterable[str]) -> list[Value]:
        return [self.name(iri) for iri in iris]

    @cached_property
    def _named(self) -> dict[str, Value]:
        """Return the links of all that has a name, made in one go."""
        targets = self.addresses.targets(self.names)
        return {
            iri: Value(text, self._foreign(language), targets[iri], "link")
            for iri, (text, language) in picked(self.names, self.language).items()
            if text
        }

    def _nameless(self, iri: str) -> Value:
        text = term_name(iri, self.language) or self._last_part(iri)
        value = self._named[iri] = Value(text, "", self.addresses.target(iri), "link")
        return value

    def of(self, facts: Mapping[str, Iterable[Term]], predicates: Iterable[str]) -> list[Value]:
        """Return the values of these properties, one after the other."""
        return [value for predicate in predicates for value in self.values(facts.get(predicate, ()), predicate)]

    def each(self, facts: Mapping[str, Sequence[Term]], unit: str) -> list[tuple[str, Value, list[Value]]]:
        """Return each property with its name and its values: names in all languages, a number in the unit given."""
        return [
            (predicate, self.name(predicate), self._written(predicate, facts[predicate], unit)) for predicate in facts
        ]

    def _written(self, predicate: str, terms: Sequence[Term], unit: str) -> list[Value]:
        if predicate in LABELS:
            return [self.value(term) for term in terms]
        return self.values(terms, predicate, unit if predicate == _FIGURE else "")

    def values(self, terms: Iterable[Term], predicate: str, unit: str = "") -> list[Value]:
        """Return the values of one property; of a text in both languages only the page's (`chosen`)."""
        return [self.value(term, predicate, unit) for term in self.chosen(terms)]

    def chosen(self, terms: Iterable[Term]) -> list[Term]:
        """Return all terms, but of texts with a language those in the page's language if there are any."""
        terms = list(terms)
        tagged = [term for term in terms if isinstance(term, ox.Literal) and term.language]
        ours = [term for term in tagged if term.language == self.language]
        return [term for term in terms if term not in tagged or term in ours] if ours else terms

    def value(self, term: Term, predicate: str = "", unit: str = "") -> Value:
        """Return one value; a literal that is not what its datatype says is written as it stands."""
        if isinstance(term, ox.NamedNode):
            return self.name(term.value)
        if not isinstance(term, ox.Literal):
            return Value(str(term), kind="code")
        if term.language:
            return Value(term.value, self._foreign(term.language))
        write = _WRITERS.get(term.datatype.value.removeprefix(XSD))
        if write is not None:
            with suppress(ValueError, KeyError, OverflowError):
                return write(self, term.value, unit or predicate)
        return Value(term.value, kind="code")

    def count(self, number: int) -> str:
        """Return a whole number with its thousands set apart."""
        return format_decimal(number, locale=self.locale)

    def date(self, text: str, _predicate: str) -> Value:
        """Write an xsd:date."""
        return Value(format_date(date.fromisoformat(text), "long", locale=self.locale), kind="time", machine=text)

    def timestamp(self, text: str, _predicate: str) -> Value:
        """Write an xsd:dateTime, as UTC."""
        timestamp = datetime.fromisoformat(text).astimezone(UTC)
        return Value(format_datetime(timestamp, "long", locale=self.locale), kind="time", machine=text)

    def month(self, text: str, _predicate: str) -> Value:
        """Write an xsd:gYearMonth."""
        day = date.fromisoformat(f"{text}-01")
        return Value(format_skeleton("yMMMM", day, locale=self.locale), kind="time", machine=text)

    def year(self, text: str, _predicate: str) -> Value:
        """Write an xsd:gYear."""
        return Value(str(int(text)), kind="time", machine=text)

    def boolean(self, text: str, _predicate: str) -> Value:
        """Write an xsd:boolean."""
        return Value(_TRUTH[text][self.language])

    def duration(self, text: str, _predicate: str) -> Value:
        """Write an xsd:yearMonthDuration of years, months or both."""
        parts = _DURATION.fullmatch(text)
        if parts is None or not any(parts.groups()):
            raise ValueError(text)
        years, months = (int(number or 0) for number in parts.groups())
        stated = (
            ngettext("{count} year", "{count} years", years) if years else "",
            ngettext("{count} month", "{count} months", months) if months else "",
        )
        return Value(", ".join(say(part, self.language) for part in stated if part))

    def shape(self, text: str, _predicate: str) -> Value:
        """Write a WKT outline as the number of its points; a point as it stands."""
        if "POLYGON" not in text:
            return Value(text, kind="code")
        return Value(
            _("Outline of {count} points, simplified for maps", count=self.count(text.count(",") + 1))[self.language]
        )

    def number(self, text: str, predicate: str) -> Value:
        """Write an xsd:integer or xsd:decimal in the unit its property or indicator has."""
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        amount = Decimal(text)
        if predicate in _PLAIN:
            return Value(text, kind="number")
        if _AMOUNT.fullmatch(predicate):
            pattern = Locale.parse(self.locale).currency_formats["standard"].pattern
            chosen = pattern if amount % 1 else pattern.replace(".00", "")
            display = format_currency(amount, "EUR", chosen, locale=self.locale, currency_digits=False)
            return Value(display.replace("\N{NO-BREAK SPACE}", " "), kind="number")
        display = format_decimal(amount, locale=self.locale, decimal_quantization=False)
        return Value(display + self._unit(predicate), kind="number")

    def _unit(self, predicate: str) -> str:
        if predicate.endswith("Percent"):
            pattern = Locale.parse(self.locale).percent_formats[None].pattern
            return " %" if pattern.endswith("\N{NO-BREAK SPACE}%") else "%"
        return " km²" if predicate.endswith("Km2") else ""

    def _foreign(self, language: str) -> str:
        return "" if language == self.language else language

    def _last_part(self, iri: str) -> str:
        if self.addresses.target(iri) is None or not iri.startswith(self.addresses.base_iri):
            return iri
        return iri.rstrip("/").rpartition("/")[2]


def unit_of(properties: Mapping[str, Sequence[Term]]) -> str:
    """Return the indicator of a figure, whose name says the unit of its value."""
    return next((iri_of(term) for term in properties.get(OZG + "indicator", ())), "")


_WRITERS: Final[Mapping[str, Callable[[ValueWriter, str, str], Value]]] = {
    "date": ValueWriter.date,
    "dateTime": ValueWriter.timestamp,
    "gYearMonth": ValueWriter.month,
    "gYear": ValueWriter.year,
    "boolean": ValueWriter.boolean,
    "yearMonthDuration": ValueWriter.duration,
    "integer": ValueWriter.number,
    "decimal": ValueWriter.number,
    GEO + "wktLiteral": ValueWriter.shape,
}
