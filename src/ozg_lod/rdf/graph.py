"""Reading the merged graph by pattern, without SPARQL: what a thing says, what says something of it, its names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

import pyoxigraph as ox

from ozg_lod.core.vocab import (
    DCT,
    FOAF,
    OZG,
    RDF,
    RDFS,
    SCHEMA,
    SKOS,
)
from ozg_lod.rdf.overlay import Quads

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

TYPE: Final = RDF + "type"
LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCT + "title", FOAF + "name", SCHEMA + "name")
STATEMENT: Final = OZG + "Statement"

_MERGED: Final = ox.DefaultGraph()
_DIGITS: Final = re.compile(r"\d+")


_MAX_NAMES: Final = 50_000
"""About 50 MB of names; past that all are forgotten, and those in use are soon known again."""


class Memory:
    """What a graph that never changes has said before: names of things, and the classes of statements."""

    def __init__(self) -> None:
        self.named: dict[str, tuple[list[ox.Triple], dict[str, str]]] = {}
        self.classes: frozenset[str] = frozenset()

    def keep(self, iri: str, naming: list[ox.Triple]) -> tuple[list[ox.Triple], dict[str, str]]:
        """Keep and return what names `iri`, as triples and by language."""
        if len(self.named) >= _MAX_NAMES:
            self.named.clear()
        entry = self.named[iri] = naming, names_in(triple.object for triple in naming)
        return entry


@dataclass(frozen=True, slots=True)
class Graph:
    """The default graph of a store: the merge of all its graphs, each triple once; it must not change meanwhile."""

    store: Quads
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    def about(self, iri: str) -> list[ox.Triple]:
        """Return the triples whose subject is `iri`."""
        return [quad.triple for quad in self.store.quads_for_pattern(ox.NamedNode(iri), None, None, _MERGED)]

    def to(self, iri: str) -> list[ox.Triple]:
        """Return the triples whose object is `iri`."""
        return [quad.triple for quad in self.store.quads_for_pattern(None, None, ox.NamedNode(iri), _MERGED)]

    def using(self, predicate: str, value: str | None = None) -> Iterator[ox.Triple]:
        """Yield the triples with this predicate (and this IRI as object)."""
        wanted = None if value is None else ox.NamedNode(value)
        for quad in self.store.quads_for_pattern(None, _node(predicate), wanted, _MERGED):
            yield quad.triple

    def knows(self, iri: str) -> bool:
        """Return whether anything is said of `iri`."""
        return next(self.store.quads_for_pattern(ox.NamedNode(iri), None, None, _MERGED), None) is not None

    def is_linked_by_few(self, iri: str, most: int) -> bool:
        """Return whether at most so many triples have `iri` as object, without reading more."""
        links = self.store.quads_for_pattern(None, None, ox.NamedNode(iri), _MERGED)
        return sum(1 for _ in islice(links, most + 1)) <= most

    def objects(self, iri: str, predicate: str) -> list[Term]:
        """Return the values of one property."""
        pattern = (ox.NamedNode(iri), _node(predicate), None, _MERGED)
        return [quad.object for quad in self.store.quads_for_pattern(*pattern)]

    def naming(self, iri: str) -> list[ox.Triple]:
        """Return the triples that name `iri`: those of the first naming property it has."""
        return (self.memory.named.get(iri) or self.memory.keep(iri, naming(self.about(iri))))[0]

    def names(self, iri: str) -> dict[str, str]:
        """Return the names of `iri` by language tag ("" for none); of several in one language the first in order."""
        return (self.memory.named.get(iri) or self.memory.keep(iri, naming(self.about(iri))))[1]

    def names_of(self, iris: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the names of all these IRIs by language tag."""
        return {iri: self.names(iri) for iri in iris}

    def described(self, iris: Iterable[str]) -> set[ox.Triple]:
        """Return the triples whose subjects are these IRIs."""
        return {triple for iri in iris for triple in self.about(iri)}

    def labelled(self, triples: set[ox.Triple]) -> set[ox.Triple]:
        """Return the triples, and those that name what they are about."""
        ends = {end for link in spelled(triples) for end in (link.subject, link.object)} - {""}
        return triples.union(*map(self.naming, ends))

    def values(self, iris: Iterable[str], predicate: str) -> dict[str, set[str]]:
        """Return the IRIs that are values of one property, for each of these subjects."""
        return {iri: {iri_of(term) for term in self.objects(iri, predicate)} - {""} for iri in iris}

    def links_to(self, iris: Iterable[str], predicates: Collection[str]) -> list[SpelledTriple]:
        """Return what links to these IRIs by one of the properties, in their order."""
        return [link for iri in iris for link in spelled(self.to(iri)) if link.predicate in predicates]

    def narrowest(self, classes: Iterable[str]) -> list[str]:
        """Return the classes that are above none of the others."""
        classes = list(classes)
        above = set().union(*self.values(classes, RDFS + "subClassOf").values())
        return [name for name in classes if name not in above]

    def statement_classes(self) -> frozenset[str]:
        """Return ozg:Statement and every class below it."""
        if not self.memory.classes:
            classes, queue = {STATEMENT}, [STATEMENT]
            while queue:
                parent = queue.pop()
                below = {iri_of(triple.subject) for triple in self.using(RDFS + "subClassOf", parent)} - classes - {""}
                classes |= below
                queue += below
            self.memory.classes = frozenset(classes)
        return self.memory.classes


@lru_cache(maxsize=1024)
def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


class SpelledTriple(NamedTuple):
    """A triple with the IRIs of its parts, "" for what is none."""

    triple: ox.Triple
    subject: str
    predicate: str
    object: str


def spelled(triples: Iterable[ox.Triple]) -> list[SpelledTriple]:
    """Return the triples with the IRIs of their parts."""
    return [
        SpelledTriple(triple, iri_of(triple.subject), triple.predicate.value, iri_of(triple.object))
        for triple in triples
    ]


def naming(about: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return which of the triples about a thing name it: the texts of the first of `LABELS` that it has."""
    texts: dict[str, list[ox.Triple]] = {}
    for triple in about:
        if triple.predicate.value in LABELS and isinstance(triple.object, ox.Literal):
            texts.setdefault(triple.predicate.value, []).append(triple)
    return next((texts[predicate] for predicate in LABELS if predicate in texts), [])


def names_in(terms: Iterable[Term]) -> dict[str, str]:
    """Return the texts among `terms` by language tag."""
    texts = sorted((term.language or "", term.value) for term in terms if isinstance(term, ox.Literal))
    return dict(reversed(texts))


def pick(names: Mapping[str, str], language: str, otherwise: str = "") -> tuple[str, str]:
    """Return (text, its language): the asked language, German, English, none, any, else `otherwise` and ""."""
    for candidate in (language, "de", "en", "", *names):
        if candidate in names:
            return names[candidate], candidate
    return otherwise, ""


def picked(names: Mapping[str, Mapping[str, str]], language: str) -> dict[str, tuple[str, str]]:
    """Return (text, its language) for each IRI, as `pick` does."""
    return {iri: pick(texts, language) for iri, texts in names.items()}


def iri_of(term: Term) -> str:
    """Return the IRI of a named node and "" for anything else."""
    return term.value if isinstance(term, ox.NamedNode) else ""


def folded(text: str) -> str:
    """Return the text without case and accents, as people type it into a search.

    >>> folded("Großmuster"), folded("Ärzte")
    ('grossmuster', 'arzte')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


@lru_cache(maxsize=8192)
def collation(text: str) -> str:
    """Return a key that sorts as people do: no case, no accents, numbers by value (DIN 5007-1).

    >>> sorted(["Zoo", "Ärzte", "Modul 10", "Modul 2", "Groß-Bach", "Großmuster"], key=collation)
    ['Ärzte', 'Groß-Bach', 'Großmuster', 'Modul 2', 'Modul 10', 'Zoo']
    """
    return _DIGITS.sub(lambda digits: digits.group().zfill(12), folded(text))
