"""The catalogue of a stranger as plain Python: terms, what each subject says, and who names what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ozg_lod.core.vocab import (
    DCAT,
    DCT,
    FOAF,
    RDF,
    RDFS,
    XSD,
)

TYPE: Final = RDF + "type"
CATALOG: Final = DCAT + "Catalog"
DATASET: Final = DCAT + "Dataset"
DISTRIBUTION: Final = DCAT + "Distribution"
SERVICE: Final = DCAT + "DataService"
RECORD: Final = DCAT + "CatalogRecord"
_NAMES: Final = (DCT + "title", FOAF + "name", RDFS + "label", DCT + "identifier")


@dataclass(frozen=True, slots=True)
class CatalogueTerm:
    """A node or a value; `kind` is iri, blank or literal."""

    value: str
    kind: str
    datatype: str = XSD + "string"
    language: str = ""


@dataclass(slots=True)
class CatalogueGraph:
    """What is said, by subject and property. Blank nodes of different pages are kept apart by their page."""

    said: dict[CatalogueTerm, dict[str, list[CatalogueTerm]]] = field(default_factory=dict)
    pages: dict[CatalogueTerm, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, triples: Iterable[tuple[CatalogueTerm, str, CatalogueTerm]], page: int = 0) -> None:
        """Take in the triples of one page."""
        for subject, predicate, value in triples:
            here, there = _apart(subject, page), _apart(value, page)
            values = self.said.setdefault(here, {}).setdefault(predicate, [])
            if predicate == TYPE:
                self.pages[here].add(page)
            if there not in values:
                values.append(there)

    def of(self, subject: CatalogueTerm, *predicates: str) -> list[CatalogueTerm]:
        """Return the values of the first of these properties that has any."""
        own = self.said.get(subject, {})
        return next((own[predicate] for predicate in predicates if predicate in own), [])

    def typed(self, *classes: str) -> list[CatalogueTerm]:
        """Return what has one of these classes, sorted."""
        wanted = {CatalogueTerm(name, "iri") for name in classes}
        found = (subject for subject, own in self.said.items() if wanted & set(own.get(TYPE, ())))
        return sorted(found, key=lambda term: (term.kind, term.value))

    def is_a(self, subject: CatalogueTerm, name: str) -> bool:
        """Tell whether `subject` has this class."""
        return CatalogueTerm(name, "iri") in self.said.get(subject, {}).get(TYPE, ())

    def name(self, subject: CatalogueTerm, language: str) -> str:
        """Return what people call it: a name in the language, any name, else the end of its address."""
        texts = [term for predicate in _NAMES for term in self.of(subject, predicate) if term.kind == "literal"]
        texts.sort(key=lambda term: (term.language != language, term.language not in ("", "de", "en")))
        if texts:
            return " ".join(texts[0].value.split())[:80]
        return subject.value.rstrip("/").rpartition("/")[2][:80] if subject.kind == "iri" else ""


def _apart(term: CatalogueTerm, page: int) -> CatalogueTerm:
    return CatalogueTerm(f"{page}.{term.value}", "blank") if term.kind == "blank" else term
