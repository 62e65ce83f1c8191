"""Data extension (Reconciliation Service API): the values of chosen properties for things found before (pure reading).

A property reads one predicate of the thing, or of the statements about a bundle; a value that is a thing of this
catalogue is given as one, with its id and name. Beside those that are listed here, every other property that the list
of a matched kind has as a column can be fetched, under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.messages import LANGUAGES, Label, Language, Text, _
from ozg_lod.core.vocab import (
    DCT,
    ORG,
    OZG,
    SKOS,
    WGS84,
    XSD,
)
from ozg_lod.matching.register import Register, RegisterEntry
from ozg_lod.rdf.graph import (
    Graph,
    Term,
    iri_of,
    pick,
)
from ozg_lod.site import list_columns
from ozg_lod.site.list_columns import ListColumn
from ozg_lod.site.page_snapshot import PageSnapshot, SnapshotValue
from ozg_lod.site.term_names import term_name

_BODIES: Final = ("municipality", "district")
_NUMBERS: Final = {XSD + "integer": "int", XSD + "decimal": "float", XSD + "double": "float"}
_MOST: Final = 100
_LIMIT: Final = re.compile(r"[0-9]{1,9}")

Value = dict[str, object]


@dataclass(frozen=True, slots=True)
class ExtensionProperty:
    """A property of things of `kinds` (none: all).

    `about` is the predicate by which statements lead to the thing, `via` the one by which the thing leads to its place.
    """

    id: str
    predicate: str = ""
    kinds: tuple[str, ...] = ()
    about: str = ""
    via: str = ""
    entity: str = ""
    label: Label | None = None

    @property
    def name(self) -> Text:
        return self.label or NAMES[self.id]


PROPERTIES: Final = (
    ExtensionProperty("address"),
    ExtensionProperty("page"),
    ExtensionProperty("key"),
    ExtensionProperty("name-de"),
    ExtensionProperty("name-en"),
    ExtensionProperty("ags", OZG + "ags", ("municipality", "state")),
    ExtensionProperty("ars", OZG + "ars", _BODIES),
    ExtensionProperty("district-key", OZG + "districtKey", _BODIES),
    ExtensionProperty("district", kinds=("municipality",), entity="district"),
    ExtensionProperty("classification", ORG + "classification", (*_BODIES, "state")),
    ExtensionProperty("valid-to", OZG + "validTo", _BODIES),
    ExtensionProperty("successor", kinds=("municipality",), entity="municipality"),
    ExtensionProperty("latitude", WGS84 + "lat", _BODIES, via=DCT + "spatial"),
    ExtensionProperty("longitude", WGS84 + "long", _BODIES, via=DCT + "spatial"),
    ExtensionProperty("leika-key", OZG + "leikaKey", ("concept",)),
    ExtensionProperty("ozg-id", OZG + "ozgId", ("concept",)),
    ExtensionProperty("scheme", SKOS + "inScheme", ("concept",)),
    ExtensionProperty("concept", OZG + "concerns", ("bundle", "service"), entity="concept"),
    ExtensionProperty("possible-concept", OZG + "mayConcern", ("bundle", "service"), entity="concept"),
    ExtensionProperty("status", OZG + "status", ("bundle",), about=OZG + "availabilityOf"),
    ExtensionProperty("service-count", OZG + "serviceCount", ("bundle",), about=OZG + "availabilityOf"),
    ExtensionProperty("since", OZG + "month", ("bundle",), about=OZG + "availabilityOf"),
    ExtensionProperty("as-of", OZG + "asOf", ("bundle",), about=OZG + "availabilityOf"),
    ExtensionProperty("lead-authority", OZG + "leadAuthority", ("service",), entity="state"),
    ExtensionProperty("built-by", OZG + "builtBy", ("service",), entity="organisation"),
    ExtensionProperty("topic", OZG + "topic", ("service",)),
    ExtensionProperty("read-on", OZG + "readOn", ("service",)),
    ExtensionProperty("source", DCT + "source"),
)

NAMES: Final = {
    "address": _("Lasting address"),
    "page": _("Address of the page"),
    "key": _("Official key"),
    "name-de": _("Name, German"),
    "name-en": _("Name, English"),
    "ags": _("Municipality key (AGS)"),
    "ars": _("Regional key (ARS)"),
    "district-key": _("District key"),
    "district": _("District"),
    "state": _("State"),
    "classification": _("Kind of body"),
    "valid-to": _("Exists until"),
    "successor": _("Merged into"),
    "latitude": _("Latitude of the centre"),
    "longitude": _("Longitude of the centre"),
    "leika-key": _("LeiKa key"),
    "ozg-id": _("OZG id"),
    "scheme": _("Catalogue the entry comes from"),
    "concept": _("OZG service, supported by the label"),
    "possible-concept": _("OZG service, a candidate"),
    "status": _("Status"),
    "service-count": _("Number of services"),
    "since": _("Started in the month"),
    "as-of": _("As of"),
    "lead-authority": _("Lead authority"),
    "built-by": _("Built by"),
    "topic": _("Topic"),
    "read-on": _("Source read on"),
    "source": _("Source"),
}
"""What the properties are called, those that are compared too."""


@SnapshotValue
def properties(snapshot: PageSnapshot) -> Mapping[str, ExtensionProperty]:
    """Return all properties of a snapshot that is served, by their ids."""
    listed = {one.id: one for one in PROPERTIES}
    fixed = {one.predicate for one in PROPERTIES}
    for kind in snapshot.kinds.matched:
        for column in list_columns.of(kind):
            known = listed.get(column.field) or ExtensionProperty(
                column.field, column.direct_predicate, label=_label(snapshot.graph, column)
            )
            if (
                column.direct_predicate
                and column.direct_predicate not in fixed
                and known.predicate == column.direct_predicate
            ):
                listed[column.field] = replace(known, kinds=(*known.kinds, kind.id))
    return listed


def _label(graph: Graph, column: ListColumn) -> Label:
    names = graph.names(column.predicate) or {tag: term_name(column.predicate, tag) for tag in LANGUAGES}
    return column.heading or Label(names)


def proposed(properties: Iterable[ExtensionProperty], kind: str, limit: int) -> list[ExtensionProperty]:
    """Return the properties things of this kind have; all of them for ""."""
    return [one for one in properties if not (kind and one.kinds) or kind in one.kinds][:limit]


def described(one: ExtensionProperty, language: Language) -> dict[str, str]:
    """Return a property as the protocol names it."""
    return {"id": one.id, "name": one.name[language]}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads values: the graph, the register, the properties, the words of the answer, and where pages are."""

    graph: Graph
    register: Register
    properties: Mapping[str, ExtensionProperty]
    language: Language
    base_iri: str
    public_url: str

    def values(self, thing: str, name: str, settings: Mapping[str, object] | None = None) -> list[Value]:
        """Return the values of a property; none for a thing or property that is not known."""
        record, one = self.register.records.get(thing), self.properties.get(name)
        if record is None or one is None:
            return []
        values: list[Value] = [{"str": text} for text in self._own(record, name) if text] or list(
            self._read(record, one)
        )
        limit = str((settings or {}).get("limit"))
        return values[: (int(limit) if _LIMIT.fullmatch(limit) else 0) or _MOST]

    def _own(self, record: RegisterEntry, name: str) -> Sequence[str]:
        own = {
            "address": record.iri,
            "page": f"{self.public_url}/doc/{record.id}",
            "key": record.official,
            "name-de": record.de,
            "name-en": record.en,
        }
        return [own[name]] if name in own else []

    def _read(self, record: RegisterEntry, one: ExtensionProperty) -> Iterator[Value]:
        if one.id == "district":
            yield from (self._thing(entry) for entry in self.register.records.values() if _is(entry, record.district))
        elif one.id == "successor" and record.successor in self.register.records:
            yield self._thing(self.register.records[record.successor])
        elif one.predicate:
            subjects = self._subjects(record.iri, one)
            terms = [term for subject in subjects for term in self.graph.objects(subject, one.predicate)]
            yield from (self._value(term) for term in sorted(dict.fromkeys(self._in_language(terms)), key=str))

    def _in_language(self, terms: Sequence[Term]) -> Sequence[Term]:
        """Return the texts of the answer's language where there are any, else all."""
        fitting = [t for t in terms if isinstance(t, ox.Literal) and t.language in {self.language, None}]
        return [t for t in terms if not isinstance(t, ox.Literal)] + fitting or list(terms)

    def _subjects(self, iri: str, one: ExtensionProperty) -> list[str]:
        """Return what says the value: the thing, its place, or the statements about it."""
        if one.about:
            return sorted(iri_of(triple.subject) for triple in self.graph.using(one.about, iri))
        return [iri_of(term) for term in self.graph.objects(iri, one.via)] if one.via else [iri]

    def _value(self, term: Term) -> Value:
        iri = iri_of(term)
        if iri:
            start = f"{self.base_iri}id/"
            name = pick(self.graph.names(iri), self.language, iri)[0]
            return {"id": iri.removeprefix(start), "name": name} if iri.startswith(start) else {"str": name}
        if not isinstance(term, ox.Literal):
            return {}
        form = _NUMBERS.get(term.datatype.value, "")
        if form:
            return {form: int(term.value) if form == "int" else float(term.value)}
        if term.datatype.value == XSD + "date":
            return {"date": f"{term.value}T00:00:00"}
        return {"str": term.value}

    def _thing(self, record: RegisterEntry) -> Value:
        return {"id": record.id, "name": record.de}


def _is(record: RegisterEntry, district: str) -> bool:
    return record.kind == "district" and record.de == district
