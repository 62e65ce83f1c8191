"""The parts of a page about a thing: facts, cards and tables, made from its one graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox
from markupsafe import Markup, escape

from ozg_lod.core.messages import _
from ozg_lod.core.vocab import (
    ADMS,
    DCAT,
    DCT,
    ORG,
    OZG,
    PROV,
    QB,
    RDFS,
    SCHEMA,
    SDMX_ATTRIBUTE,
    SDMX_DIMENSION,
    SKOS,
    WGS84,
)
from ozg_lod.rdf.graph import (
    LABELS,
    TYPE,
    Term,
    collation,
    iri_of,
)
from ozg_lod.site.description import Description
from ozg_lod.site.term_names import incoming_heading
from ozg_lod.site.values import Value, ValueWriter, unit_of

_MAX_CARDS: Final = 8
_SEVERAL: Final = 3
"""From so many statements on, what all of them say is said once."""
_LEAST_FILLED: Final = 0.4
"""What fewer of the rows of a table say stands with the notes of those that do."""
_ABOUT: Final = OZG + "subject"
_WORDING: Final = OZG + "wording"
_SOURCE: Final = DCT + "source"
_DESCRIPTIONS: Final = (DCT + "description", SKOS + "definition")
_NOTES: Final = (SKOS + "note", SKOS + "editorialNote", SKOS + "scopeNote", RDFS + "comment")
_KEYS: Final = (*(OZG + name for name in ("ags", "districtKey", "ozgId", "leikaKey")), SKOS + "notation")
"""Identifiers that say what they are: the general one beside them repeats them."""
_FOR_PROGRAMS: Final = (SDMX_DIMENSION + "refPeriod", SDMX_ATTRIBUTE + "unitMeasure", SCHEMA + "position")
"""What programs are told once more: a page has the date and the unit of a figure, and the order of rows."""
_BOUNDS: Final = frozenset({OZG + "earliest", OZG + "latest"})
_STATED_TIMES: Final = frozenset({OZG + "month", DCAT + "startDate", DCAT + "endDate"})
_ORDER: Final = tuple(
    [ORG + "classification", DCT + "type", DCT + "identifier"]
    + [OZG + name for name in ("ags", "ars", "districtKey", "ozgId", "leikaKey")]
    + [SKOS + "notation", SKOS + "prefLabel", SKOS + "altLabel", DCT + "title", SKOS + "inScheme", SKOS + "broader"]
    + [OZG + name for name in ("subject", "availabilityOf", "availableAt", "concerns", "mayConcern")]
    + [OZG + name for name in ("member", "programme", "appliesTo", "fundedFrom", "amountEur", "awardedEur")]
    + [OZG + name for name in ("amountKind", "grantUnit", "indicator", "value")]
    + [OZG + name for name in ("serviceCount", "month", "earliest", "latest", "status", "asOf", "readOn")]
    + [OZG + name for name in ("part", "whole", "validFrom", "validTo", "goal", "targetGroup", "purpose", "topic")]
    + [DCAT + "startDate", DCAT + "endDate", OZG + "applicationDeadline", OZG + "leadAuthority", OZG + "builtBy"]
    + [OZG + "selectedBy", OZG + "operator", SCHEMA + "funder", DCT + "publisher", DCT + "issued", DCT + "spatial"]
)
_LAST: Final = (WGS84 + "lat", WGS84 + "long", DCAT + "centroid", SKOS + "exactMatch", ADMS + "identifier", _SOURCE)
_RANK: Final = {predicate: rank for rank, predicate in enumerate(_ORDER)} | {
    predicate: 1000 + rank for rank, predicate in enumerate(_LAST)
}


@dataclass(frozen=True, slots=True)
class PropertyValues:
    """One property with its values."""

    name: Value
    values: Sequence[Value]
    predicate: str = ""


@dataclass(frozen=True, slots=True)
class ThingView:
    """One thing in brief: its name as a link, what it is, what it says, in which words, by which source."""

    title: Value
    descriptions: Sequence[Value]
    kinds: Sequence[Value]
    facts: Sequence[PropertyValues]
    wordings: Sequence[Value]
    sources: Sequence[Value]
    notes: Sequence[Value]
    disputes: Sequence[Value]
    anchor: str = ""

    @property
    def amount(self) -> PropertyValues | None:
        """Return the number this is about, None for all but figures."""
        return next((fact for fact in self.facts if fact.predicate == OZG + "value"), None)

    @property
    def particulars(self) -> list[PropertyValues]:
        return [fact for fact in self.facts if fact.predicate != OZG + "value"]


@dataclass(frozen=True, slots=True)
class ThingSection:
    """Things of one sort under one heading: as cards, as a table with these columns, or as a list of links.

    What all of them say alike is said once: `alike` and `sources`. The card of a row has the facts without a column.
    """

    heading: str
    total: int
    cards: Sequence[ThingView] = ()
    columns: Sequence[Value] = ()
    rows: Sequence[tuple[ThingView, Sequence[Sequence[Value]]]] = ()
    links: Sequence[Value] = ()
    alike: Sequence[PropertyValues] = ()
    sources: Sequence[Value] = ()
    property: str = ""


@dataclass(frozen=True, slots=True)
class ThingComposer:
    """Makes the parts of one page."""

    description: Description
    writer: ValueWriter

    def card(self, iri: str, *, beside: str = "", hidden: Collection[str] = ()) -> ThingView:
        """Return the card of `iri`; beside another thing it is brief, and the link back goes without saying."""
        properties = self.description.facts.get(iri, {})
        title = self.writer.name(iri)
        return ThingView(
            title=title,
            descriptions=self.writer.of(properties, _DESCRIPTIONS),
            kinds=self.kinds(iri),
            facts=self._facts(properties, title, beside, _unlisted(properties, brief=bool(beside)) | set(hidden)),
            wordings=[self.writer.value(term) for term in properties.get(_WORDING, ())],
            sources=self.writer.of(properties, (_SOURCE,)),
            notes=self.writer.of(properties, _NOTES),
            disputes=self.writer.named(
                dispute for claimed, dispute in self.description.disputes if claimed == iri and dispute != beside
            ),
            anchor=self._anchor(iri),
        )

    def _anchor(self, iri: str) -> str:
        """Return where on the page the part `iri` of the thing stands; parts of others have their place on theirs."""
        whole = self.description.iri + "#"
        return iri.removeprefix(whole) if iri.startswith(whole) else ""

    def parts(self, texts: Collection[str]) -> list[ThingView]:
        """Return the cards of the parts of the thing, without keys that have been told and say no more."""
        cards = [self.card(part, beside=self.description.iri) for part in self.description.parts]
        return [card for card in cards if not _repeats(card, texts)]

    def kinds(self, iri: str) -> list[Value]:
        """Return the names of the catalogue's own classes, the narrowest: all others say less."""
        classes = map(iri_of, self.description.facts.get(iri, {}).get(TYPE, ()))
        return self.writer.named(self.description.graph.narrowest(name for name in classes if name.startswith(OZG)))

    def incoming(self) -> tuple[list[ThingSection], list[ThingSection]]:
        """Return the sections of what points here: statements, and all other links."""
        stated: list[ThingSection] = []
        others: list[ThingSection] = []
        groups = sorted(self.description.incoming, key=lambda group: group.property == _ABOUT)
        alike = Counter((group.property, group.statement) for group in groups)
        for group in groups:
            heading = self._heading(group.property, group.statement)
            if group.status and alike[group.property, group.statement] > 1:
                heading = Markup("{}: {}").format(heading, self.writer.name(group.status).marked)
            if group.statement:
                section = self._statements(heading, group.total, group.subjects)
                stated.append(replace(section, property=group.property))
            else:
                links = self.writer.named(group.subjects)
                others.append(ThingSection(heading, group.total, links=links))
        return stated, others

    def unfolded(self, predicates: Collection[str]) -> list[ThingSection]:
        """Return the things the thing itself points to that stand on its page with all they say."""
        properties = self.description.facts[self.description.iri]
        sections = []
        for predicate in predicates:
            subjects = [
                iri_of(term) for term in properties.get(predicate, ()) if iri_of(term) in self.description.facts
            ]
            subjects = [subject for subject in subjects if subject not in self.description.parts]
            if subjects:
                name = self.writer.name(predicate).text
                sections.append(self._statements(name[:1].upper() + name[1:], len(subjects), subjects))
        return sections

    def _statements(self, heading: str, total: int, subjects: Sequence[str]) -> ThingSection:
        """Return statements as a table where they are many, else as cards."""
        cards = [self.card(subject, beside=self.description.iri) for subject in subjects]
        alike = _alike(cards) if len(cards) >= _SEVERAL and not any(card.amount for card in cards) else []
        brief = [replace(card, facts=[fact for fact in card.facts if fact not in alike]) for card in cards]
        if total <= _MAX_CARDS:
            return ThingSection(heading, total, cards=brief, alike=alike)
        columns = {fact.name.text: fact.name for card in brief for fact in card.facts}
        counts = Counter(fact.name.text for card in brief for fact in card.facts)
        shown = [name for name in columns if counts[name] >= _LEAST_FILLED * len(cards)]
        rows = []
        for card in brief:
            values = {fact.name.text: fact.values for fact in card.facts}
            rest = [fact for fact in card.facts if fact.name.text not in shown]
            rows.append((replace(card, facts=rest), [values.get(name, ()) for name in shown]))
        sources = cards[0].sources if all(card.sources == cards[0].sources for card in cards) else ()
        named = [columns[name] for name in shown]
        return ThingSection(heading, total, columns=named, rows=rows, alike=alike, sources=sources)

    def _facts(
        self, properties: Mapping[str, Sequence[Term]], title: Value, beside: str, hidden: Collection[str]
    ) -> list[PropertyValues]:
        here = self._here(beside) if beside else frozenset()
        listed = {
            predicate: [term for term in terms if term not in here]
            for predicate, terms in properties.items()
            if predicate not in hidden
        }
        facts = []
        for predicate, name, written in self.writer.each(listed, unit_of(properties)):
            values = [value for value in written if predicate not in LABELS or value.text != title.text]
            if values:
                order = (_RANK.get(predicate, len(_RANK)), collation(name.text))
                called = self._called(predicate, name, values)
                facts.append((order, PropertyValues(called, _in_order(values), predicate)))
        return _merged([fact for _, fact in sorted(facts, key=lambda entry: entry[0])])

    def _here(self, iri: str) -> frozenset[Term]:
        """Return the thing and its territory: beside a body, where it lies is said of it."""
        return frozenset({ox.NamedNode(iri), *self.description.facts.get(iri, {}).get(DCT + "spatial", ())})

    def _called(self, predicate: str, name: Value, values: Sequence[Value]) -> Value:
        """Return the name of a property; a name in the other language only is said to be one."""
        if predicate in LABELS and all(value.language for value in values):
            return Value(_("German name")[self.writer.language])
        return name

    def _heading(self, predicate: str, statement: str) -> str:
        language = self.writer.language
        known = incoming_heading(predicate, statement, language, about=predicate == _ABOUT)
        return known or escape(_("Links by “{property}”")[language]).format(property=self.writer.name(predicate).marked)


def _merged(facts: Sequence[PropertyValues]) -> list[PropertyValues]:
    """Return the facts with those of the same name as one: a label and a title may both be the German name."""
    merged: dict[str, PropertyValues] = {}
    for fact in facts:
        known = merged.get(fact.name.text)
        more = [value for value in fact.values if known is None or value not in known.values]
        merged[fact.name.text] = replace(known, values=[*known.values, *more]) if known else fact
    return list(merged.values())


def _unlisted(properties: Mapping[str, Sequence[Term]], *, brief: bool) -> set[str]:
    """Return what does not stand among the facts; in brief, bounds derived from a stated time are left to the data."""
    hidden = {TYPE, _WORDING, _SOURCE, *_FOR_PROGRAMS, *_DESCRIPTIONS, *_NOTES}
    if properties.get(PROV + "wasDerivedFrom") == properties.get(_SOURCE):
        hidden.add(PROV + "wasDerivedFrom")
    for general, keys in ((DCT + "identifier", _KEYS), (SKOS + "notation", _KEYS[:-1])):
        if general in properties and any(set(properties[general]) <= set(properties.get(key, ())) for key in keys):
            hidden.add(general)
    if brief:
        hidden |= {QB + "dataSet", PROV + "wasDerivedFrom", *LABELS}
        hidden |= _BOUNDS if _STATED_TIMES & set(properties) else frozenset()
    return hidden


def _repeats(card: ThingView, texts: Collection[str]) -> bool:
    """Return whether a card holds nothing but numbers that have been told."""
    if card.wordings or card.notes or card.disputes or card.descriptions or not card.facts:
        return False
    return all(
        fact.predicate == SKOS + "notation" and all(value.text in texts for value in fact.values) for fact in card.facts
    )


def _alike(cards: Sequence[ThingView]) -> list[PropertyValues]:
    """Return the facts that all cards have in common."""
    first, *others = cards
    return [fact for fact in first.facts if all(fact in card.facts for card in others)]


def _in_order(values: Sequence[Value]) -> list[Value]:
    """Return times in time, anything else by its text."""
    return sorted(values, key=lambda value: (value.machine, collation(value.text)))
