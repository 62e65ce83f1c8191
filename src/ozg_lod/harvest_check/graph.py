"""The catalogue of a stranger as plain Python: what each subject says, who names what, and findings about it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.core.messages import DEFAULT_LANGUAGE, LANGUAGES, Label, Language, Message
from ozg_lod.core.vocab import ADMS, DCAT, DCATAP, DCATDE, DCT, FOAF, RDF, SCHEMA, VCARD, XSD
from ozg_lod.rdf.graph import LABELS

TYPE: Final = RDF + "type"
CATALOG: Final = DCAT + "Catalog"
DATASET: Final = DCAT + "Dataset"
DISTRIBUTION: Final = DCAT + "Distribution"
SERVICE: Final = DCAT + "DataService"
RECORD: Final = DCAT + "CatalogRecord"
_NAMES: Final = (*LABELS, DCT + "identifier")
NOWHERE: Final = Location()
_OTHER_SPELLINGS: Final = (
    (re.compile(r"https?://schema\.org/"), SCHEMA),
    (re.compile(r"https?://dcat-ap\.de/def/dcatde/(?:\d[\d._]*/)?"), DCATDE),
)
"""Namespaces that harvesters read in several spellings: ckanext-dcat both of schema.org, GovData the older dcatde."""
_NEAR: Final = {
    re.sub(r"^https?://(?:www\.)?|[#/]$", "", iri).lower(): iri
    for iri in (ADMS, DCAT, DCATAP, DCATDE, DCT, FOAF, VCARD)
}


class CatalogueTerm(msgspec.Struct, frozen=True, array_like=True):
    """A node or a value; `kind` is iri, blank or literal."""

    value: str
    kind: str
    datatype: str = XSD + "string"
    language: str = ""


Triples = list[tuple[CatalogueTerm, str, CatalogueTerm]]


@dataclass(slots=True)
class CatalogueGraph:
    """The statements by subject and property. Blank nodes of different pages are kept apart by their page.

    `misspelt` are namespaces that no harvester knows, with those that they are nearly like.
    """

    statements: dict[CatalogueTerm, dict[str, list[CatalogueTerm]]] = field(default_factory=dict)
    pages: dict[CatalogueTerm, set[int]] = field(default_factory=lambda: defaultdict(set))
    misspelt: dict[str, str] = field(default_factory=dict)

    def add(self, triples: Iterable[tuple[CatalogueTerm, str, CatalogueTerm]], page: int = 0) -> None:
        """Take in the triples of one page."""
        for subject, written, value in triples:
            predicate = self._known(written)
            here, there = _apart(subject, page), _apart(value, page)
            values = self.statements.setdefault(here, {}).setdefault(predicate, [])
            if predicate == TYPE:
                self.pages[here].add(page)
            if there not in values:
                values.append(there)

    def _known(self, predicate: str) -> str:
        """Return a property in the one spelling of its namespace."""
        for spelling, namespace in _OTHER_SPELLINGS:
            if match := spelling.match(predicate):
                return namespace + predicate[match.end() :]
        namespace = predicate[: re.match(r".*[#/]|", predicate).end()]  # type: ignore[union-attr] # it matches nothing too
        right = _NEAR.get(re.sub(r"^https?://(?:www\.)?|[#/]+$", "", namespace).lower(), namespace)
        if right != namespace:
            self.misspelt[namespace] = right
        return predicate

    def of(self, subject: CatalogueTerm, *predicates: str) -> list[CatalogueTerm]:
        """Return the values of the first of these properties that has any."""
        own = self.statements.get(subject, {})
        return next((own[predicate] for predicate in predicates if predicate in own), [])

    def typed(self, *classes: str) -> list[CatalogueTerm]:
        """Return what has one of these classes, sorted."""
        wanted = {CatalogueTerm(name, "iri") for name in classes}
        members = (subject for subject, own in self.statements.items() if wanted & set(own.get(TYPE, ())))
        return sorted(members, key=lambda term: (term.kind, term.value))

    def is_a(self, subject: CatalogueTerm, name: str) -> bool:
        return CatalogueTerm(name, "iri") in self.statements.get(subject, {}).get(TYPE, ())

    def is_stub(self, dataset: CatalogueTerm) -> bool:
        """Tell whether a dataset has nothing but its class and perhaps its name: a reference, not a description."""
        return not self.of(dataset, DCT + "description", DCAT + "distribution", DCT + "publisher", DCT + "identifier")

    def name(self, subject: CatalogueTerm, language: Language) -> str:
        """Return what people call it: a name in the language, any name, else the end of its address."""
        texts = [term for predicate in _NAMES for term in self.of(subject, predicate) if term.kind == "literal"]
        texts.sort(key=lambda term: (term.language != language, term.language not in ("", *LANGUAGES)))
        if texts:
            return " ".join(texts[0].value.split())[:80]
        return subject.value.rstrip("/").rpartition("/")[2][:80] if subject.kind == "iri" else ""

    def place(self, subject: CatalogueTerm) -> Location:
        """Return where a finding about `subject` is: its name for people, its address for programs."""
        names = {language: self.name(subject, language) for language in LANGUAGES}
        label = Label(names) if names[DEFAULT_LANGUAGE] else None
        return Location(subject=label, focus=subject.value if subject.kind == "iri" else None)


def _apart(term: CatalogueTerm, page: int) -> CatalogueTerm:
    return CatalogueTerm(f"{page}.{term.value}", "blank") if term.kind == "blank" else term


def parts(address: str) -> SplitResult:
    """Return the parts of a stranger's address; of one that cannot be read only the scheme.

    >>> parts("https://a/b").netloc, parts("https://[a/b").scheme
    ('a', 'https')
    """
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult(address.partition(":")[0].lower(), "", "", "", "")


def error(rule: str, message: Message, *, value: str | None = None, place: Location = NOWHERE) -> Finding:
    """Make a finding that loses or damages data at the harvester; only these refuse (exit 1)."""
    return finding(Severity.ERROR, rule, message, value=value, place=place)


def warning(rule: str, message: Message, *, value: str | None = None, place: Location = NOWHERE) -> Finding:
    """Make a finding that has a portal show less, or something else than was meant."""
    return finding(Severity.WARNING, rule, message, value=value, place=place)


def hint(rule: str, message: Message, *, value: str | None = None, place: Location = NOWHERE) -> Finding:
    """Make a finding about what would be better still."""
    return finding(Severity.HINT, rule, message, value=value, place=place)


def finding(
    severity: Severity, rule: str, message: Message, *, value: str | None = None, place: Location = NOWHERE
) -> Finding:
    return Finding(severity, rule, message, place, value[:200] if value else None)
