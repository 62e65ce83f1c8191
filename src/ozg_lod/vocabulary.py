"""The terms of the ontology and the rules of the shapes, as the store has them, ready to be written out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ozg_lod.graph import TYPE, Graph, collation, iri_of, names_in
from ozg_lod.vocab import ONTOLOGY, OWL, OZG, QB, RDFS, SH, SKOS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyoxigraph as ox

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
_TEXTS: Final = (SKOS + "definition", SKOS + "scopeNote", SKOS + "example")


@dataclass(frozen=True, slots=True)
class Definition:
    """One term: `texts` are definition, note and examples by language; `links` the IRIs it refers to, by role."""

    iri: str
    group: str
    names: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]
    links: Mapping[str, Sequence[str]]
    used: int

    @property
    def anchor(self) -> str:
        """Return the part after the hash: it is also the anchor on the page."""
        return self.iri.partition("#")[2]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the shapes: the sentence it says by language, the property it is about, how much it weighs.

    `target` is the class it is for, or, `by_property`, the property that everything it is for has.
    """

    iri: str
    target: str
    by_property: bool
    path: str
    messages: Mapping[str, str]
    severity: str


def definitions(store: ox.Store) -> tuple[Definition, ...]:
    """Return every term that says the ontology defines it, by group and name."""
    graph = Graph(store)
    order = [name for name, _ in GROUPS] + [OTHER]
    terms = {iri_of(triple.subject) for triple in graph.using(RDFS + "isDefinedBy", ONTOLOGY)}
    found = [_definition(graph, iri) for iri in terms if iri.startswith(OZG)]
    return tuple(sorted(found, key=lambda term: (order.index(term.group), collation(term.anchor))))


def vocabulary_graph(store: ox.Store) -> set[ox.Triple]:
    """Return all that is said of the ontology and its terms."""
    graph = Graph(store)
    terms = {iri_of(triple.subject) for triple in graph.using(RDFS + "isDefinedBy", ONTOLOGY)} | {ONTOLOGY}
    return {triple for iri in terms - {""} for triple in graph.about(iri)}


def rules(shapes: ox.Store) -> tuple[Rule, ...]:
    """Return every rule with a message, by the class it is for, then by its name."""
    graph = Graph(shapes)
    found = {}
    for predicate in ("property", "sparql", "node"):
        for triple in graph.using(SH + predicate):
            shape, owner = iri_of(triple.object), iri_of(triple.subject)
            if shape and (rule := _rule(graph, shape, owner)).messages:
                found[shape, rule.target] = rule
    for triple in graph.using(TYPE, SH + "NodeShape"):
        shape = iri_of(triple.subject)
        if (shape, "") not in found and (rule := _rule(graph, shape, shape)).messages:
            found[shape, rule.target] = rule
    return tuple(sorted(found.values(), key=lambda rule: (collation(rule.target), rule.iri)))


def covered(rules_found: Sequence[Rule]) -> Counter[str]:
    """Return how many rules are about each property or class."""
    return Counter(rule.path or rule.target for rule in rules_found)


def _definition(graph: Graph, iri: str) -> Definition:
    kinds = {iri_of(kind) for kind in graph.objects(iri, TYPE)}
    group = next((name for name, kind in GROUPS if kind in kinds), OTHER)
    texts = {predicate: names_in(iter(graph.objects(iri, predicate))) for predicate in _TEXTS}
    links = {role: sorted({iri_of(o) for o in graph.objects(iri, p)} - {""}) for role, p in _KEPT.items()}
    return Definition(iri, group, graph.names(iri), texts, links, _used(graph, iri, group))


def _used(graph: Graph, iri: str, group: str) -> int:
    """Return how often the data use the term: as class, property or value; the ontology not counted."""
    if group == "class":
        uses = graph.using(TYPE, iri)
    elif group in {"link", "attribute"}:
        uses = graph.using(iri)
    else:
        uses = graph.to(iri)
    return sum(not iri_of(triple.subject).startswith(ONTOLOGY) for triple in uses)


def _rule(graph: Graph, shape: str, owner: str) -> Rule:
    def one(subject: str, name: str) -> str:
        return next((iri_of(term) for term in graph.objects(subject, SH + name) if iri_of(term)), "")

    by_class = one(owner, "targetClass")
    by_property = one(owner, "targetSubjectsOf") or one(owner, "targetObjectsOf")
    target = by_class or by_property or owner
    messages = names_in(iter(graph.objects(shape, SH + "message")))
    severity = one(shape, "severity") or SH + "Violation"
    return Rule(
        shape, target, not by_class and bool(by_property), one(shape, "path"), messages, severity.removeprefix(SH)
    )
