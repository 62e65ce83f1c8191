"""The terms of the ontology and the rules of the shapes, as the store has them, ready to be written out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import (
    ONTOLOGY,
    OWL,
    OZG,
    PREFIXES,
    QB,
    RDFS,
    SH,
    SKOS,
)
from ozg_lod.rdf.graph import (
    TYPE,
    Graph,
    collation,
    iri_of,
    names_in,
)
from ozg_lod.site.term_usage import TermUse, use
from ozg_lod.snapshots.summary import Summary

GROUPS: Final = (
    ("class", OWL + "Class"),
    ("link", OWL + "ObjectProperty"),
    ("attribute", OWL + "DatatypeProperty"),
    ("scheme", SKOS + "ConceptScheme"),
    ("concept", SKOS + "Concept"),
    ("component", QB + "ComponentSpecification"),
)
OTHER: Final = "other"

_KEPT: Final = {
    "parents": RDFS + "subClassOf",
    "domain": RDFS + "domain",
    "range": RDFS + "range",
    "schemes": SKOS + "inScheme",
}
_COMPARING: Final = ("lessThan", "lessThanOrEquals", "equals", "disjoint")
_NAMED: Final = re.compile(r"\b([a-z0-9]+):([A-Za-z]\w*)")
_TEXTS: Final = (SKOS + "definition", SKOS + "scopeNote", SKOS + "example")


@dataclass(frozen=True, slots=True)
class TermDefinition:
    """One term: `texts` are definition, note and examples by language; `links` the IRIs it refers to, by role."""

    iri: str
    group: str
    names: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]
    links: Mapping[str, Sequence[str]]
    use: TermUse

    @property
    def anchor(self) -> str:
        """Return the part after the hash: it is also the anchor on the page."""
        return self.iri.partition("#")[2]


@dataclass(frozen=True, slots=True)
class ShapeRule:
    """One rule of the shapes: the sentence it says by language, the property it is about, how much it weighs.

    `target` is the class it is for, or, `by_property`, the property that everything it is for has. `spoken_of` are the
    properties it is about or compares.
    """

    iri: str
    target: str
    by_property: bool
    path: str
    messages: Mapping[str, str]
    severity: str
    spoken_of: frozenset[str] = frozenset()


def definitions(graph: Graph, summary: Summary) -> tuple[TermDefinition, ...]:
    """Return every term that says the ontology defines it, by group and name."""
    order = [name for name, _ in GROUPS] + [OTHER]
    terms = {iri_of(triple.subject) for triple in graph.using(RDFS + "isDefinedBy", ONTOLOGY)}
    entries = [_definition(graph, iri, summary) for iri in terms if iri.startswith(OZG)]
    return tuple(sorted(entries, key=lambda term: (order.index(term.group), collation(term.anchor))))


def vocabulary_graph(store: ox.Store) -> set[ox.Triple]:
    """Return all that is said of the ontology and its terms."""
    graph = Graph(store)
    terms = {iri_of(triple.subject) for triple in graph.using(RDFS + "isDefinedBy", ONTOLOGY)} | {ONTOLOGY}
    return {triple for iri in terms - {""} for triple in graph.about(iri)}


def rules(shapes: ox.Store) -> tuple[ShapeRule, ...]:
    """Return every rule with a message, by the class it is for, then by its name."""
    graph = Graph(shapes)
    owners: dict[str, set[str]] = {}
    for predicate in ("property", "sparql", "node"):
        for triple in graph.using(SH + predicate):
            owners.setdefault(iri_of(triple.object), set()).add(iri_of(triple.subject))
    by_target = {}
    for shape in {iri_of(triple.subject) for triple in graph.using(SH + "message")} - {""}:
        for owner in owners.get(shape, {shape}):
            rule = _rule(graph, shape, owner)
            by_target[shape, rule.target] = rule
    return tuple(sorted(by_target.values(), key=lambda rule: (collation(rule.target), rule.iri)))


def covered(rules_found: Sequence[ShapeRule]) -> Counter[str]:
    """Return how many rules are about each property or class."""
    return Counter(rule.path or rule.target for rule in rules_found)


def _definition(graph: Graph, iri: str, summary: Summary) -> TermDefinition:
    classes = {iri_of(kind) for kind in graph.objects(iri, TYPE)}
    group = next((name for name, kind in GROUPS if kind in classes), OTHER)
    texts = {predicate: names_in(iter(graph.objects(iri, predicate))) for predicate in _TEXTS}
    links = {role: sorted({iri_of(o) for o in graph.objects(iri, p)} - {""}) for role, p in _KEPT.items()}
    return TermDefinition(iri, group, graph.names(iri), texts, links, use(graph, summary, iri, group))


def _rule(graph: Graph, shape: str, owner: str) -> ShapeRule:
    def one(subject: str, name: str) -> str:
        return next((iri_of(term) for term in graph.objects(subject, SH + name) if iri_of(term)), "")

    by_class = one(owner, "targetClass")
    by_property = one(owner, "targetSubjectsOf") or one(owner, "targetObjectsOf")
    target = by_class or by_property or owner
    messages = names_in(iter(graph.objects(shape, SH + "message")))
    severity = one(shape, "severity") or SH + "Violation"
    path = one(shape, "path")
    spoken_of = {path, *(one(shape, name) for name in _COMPARING), *_asked_for(graph, shape)} - {""}
    return ShapeRule(
        shape,
        target,
        not by_class and bool(by_property),
        path,
        messages,
        severity.removeprefix(SH),
        frozenset(spoken_of),
    )


def _asked_for(graph: Graph, shape: str) -> list[str]:
    """Return the properties the query of a rule names."""
    queries = [shape, *(iri_of(query) for query in graph.objects(shape, SH + "sparql") if iri_of(query))]
    selects = [term for query in queries for term in graph.objects(query, SH + "select")]
    text = " ".join(term.value for term in selects if isinstance(term, ox.Literal))
    named = _NAMED.findall(text)
    return [PREFIXES[prefix] + name for prefix, name in named if prefix in PREFIXES]
