"""Shapes: a shapes graph with the sentences of its rules, and what a result of applying it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, RdfFormat, Store, Triple, parse, serialize

from ozg_lod.core.findings import Severity, ShaclTerms
from ozg_lod.core.messages import LANGUAGES, Label, Text, _, joined
from ozg_lod.core.vocab import OWL, RDF, RDFS, SH, XSD
from ozg_lod.rdf.lexical import is_legal
from ozg_lod.validation.constraints import Node, Subject, Wording

_SEVERITIES: Final = {f"<{SH}Warning>": Severity.WARNING, f"<{SH}Info>": Severity.HINT}
_CLASSES: Final = (NamedNode(RDFS + "Class"), NamedNode(OWL + "Class"))
_SHORT: Final = 200


@dataclass(frozen=True, slots=True)
class ShaclResult:
    """One result of validation: `value` is None where something is missing, `path` where it is about a whole thing.

    `name` is what the rule calls the property, or a path that is no property; `terms` are the result for programs.
    """

    focus: str
    path: str | None
    value: Node | None
    rule: str
    severity: Severity
    message: Text
    terms: ShaclTerms
    name: Text | None = None


@dataclass(frozen=True, slots=True)
class ShapeCoverage:
    """How many focus nodes a shape had, and what it looks for."""

    shape: str
    targets: tuple[str, ...]
    focus_nodes: int


class Shapes:
    """A shapes graph (Turtle): `triples` as they are written, `prefixes` those of the file."""

    def __init__(self, turtle: bytes) -> None:
        parser = parse(turtle, RdfFormat.TURTLE)
        self.triples = [quad.triple for quad in parser]  # a store would make "1"^^xsd:boolean "true"
        self.prefixes: Mapping[str, str] = parser.prefixes
        self._about: dict[Subject, list[Triple]] = defaultdict(list)
        for triple in self.triples:
            self._about[triple.subject].append(triple)
        self.wording = Wording(self.objects, self.prefixes)

    @property
    def ntriples(self) -> bytes:
        return serialize(self.triples, format=RdfFormat.N_TRIPLES) or b""

    def objects(self, subject: object, predicate: str) -> list[Node]:
        about = self._about.get(subject, ()) if isinstance(subject, Subject) else ()
        return [triple.object for triple in about if triple.predicate.value == predicate]

    def result(self, parts: Mapping[str, Sequence[Node]]) -> ShaclResult:
        """Return the result with these parts, by the local names of their properties (SHACL §3.6.2)."""
        focus, path, value, rule = (_one(parts, name) for name in ("focusNode", "resultPath", "value", "sourceShape"))
        terms = ShaclTerms(
            focus=str(focus),
            path=str(path) if isinstance(path, NamedNode) else "",
            value="" if value is None else str(value),
            component=str(_one(parts, "sourceConstraintComponent") or ""),
            severity=str(_one(parts, "resultSeverity") or ""),
            shape=str(rule) if isinstance(rule, NamedNode) else "",
        )
        return ShaclResult(
            focus=str(getattr(focus, "value", "")),
            path=path.value if isinstance(path, NamedNode) else None,
            value=value,
            rule=rule.value if isinstance(rule, NamedNode) else "shape",
            severity=_SEVERITIES.get(terms.severity, Severity.ERROR),
            message=self._with_datatype(self._message(parts), value, rule),
            terms=terms,
            name=self._name(rule),
        )

    def _message(self, parts: Mapping[str, Sequence[Node]]) -> Text:
        """Return the sentence of a rule in its languages; of one that has none, what its constraint asks for."""
        rule, component = _one(parts, "sourceShape"), getattr(_one(parts, "sourceConstraintComponent"), "value", "")
        for node in (_one(parts, "sourceConstraint"), rule):
            if own := self.objects(node, SH + "message"):
                return Label(_texts(parts.get("resultMessage") or own))
        if not component.startswith(SH) and parts.get("resultMessage"):  # the sentence of a component of their own
            return Label(_texts(parts["resultMessage"]))
        return self.wording.sentence(component, rule)

    def _with_datatype(self, message: Text, value: Node | None, rule: Node | None) -> Text:
        """Add to a sentence that nothing but the datatype is missing, where that is so."""
        if not isinstance(value, Literal) or value.datatype.value != XSD + "string":
            return message
        for datatype in self.objects(rule, SH + "datatype"):
            if isinstance(datatype, NamedNode) and datatype != value.datatype and is_legal(value.value, datatype.value):
                written = f'"{value.value[:_SHORT]}"^^{self.wording.term(datatype)}'
                return _("{message} – only the datatype is missing: write {written}", message=message, written=written)
        return message

    def _name(self, rule: Node | None) -> Text | None:
        """Return what a rule calls the property it is about, if it does, or its path if that is no property."""
        if texts := _texts(self.objects(rule, SH + "name")):
            return Label(texts)
        paths = self.objects(rule, SH + "path")
        return Label({"": self.wording.path(paths[0])}) if paths and isinstance(paths[0], BlankNode) else None

    def completed(self, report: Sequence[Triple]) -> Iterator[Triple]:
        """Yield a report with what its blank nodes are in the shapes, and a sentence for each result that has none."""
        parts: dict[Subject, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
        for triple in report:
            parts[triple.subject][triple.predicate.value.removeprefix(SH)].append(triple.object)
        rules = {term for said in parts.values() for name in ("sourceShape", "sourceConstraint") for term in said[name]}
        for node, said in parts.items():
            message = self._message(said) if said["sourceConstraintComponent"] else Label({})
            if not isinstance(message, Label):
                said["resultMessage"] = list(self._told(said, message))
            for number, path in enumerate(said["resultPath"]):
                if isinstance(path, BlankNode) and path not in parts:
                    mark = str(node)[2:]
                    said["resultPath"][number] = BlankNode(f"{mark}_{path.value}")
                    yield from (_renamed(triple, f"{mark}_") for triple in self.closure([path]))
            yield from (Triple(node, _sh(name), value) for name, values in said.items() for value in values)
        yield from self.closure([node for node in rules if isinstance(node, BlankNode)])

    def _told(self, parts: Mapping[str, Sequence[Node]], message: Text) -> Iterator[Literal]:
        """Yield a sentence of ours in each language, with property and value before it."""
        path, value = _one(parts, "resultPath"), _one(parts, "value")
        rule_paths = self.objects(_one(parts, "sourceShape"), SH + "path")
        about = rule_paths[:1] if isinstance(path, BlankNode) else [path]
        start = [self.wording.path(node) for node in about if node is not None]
        start += [self.wording.term(value)[:_SHORT]] if value is not None and not isinstance(value, BlankNode) else []
        sentence = joined([*start, message], ": ")
        return (Literal(sentence[language], language=language) for language in LANGUAGES)

    def closure(self, nodes: Sequence[Node]) -> Iterator[Triple]:
        """Yield what is said of nodes, of the blank nodes in it, and of the prefixes of its queries."""
        waiting, seen = list(nodes), set(nodes)
        while waiting:
            node = waiting.pop()
            for triple in self._about.get(node, ()) if isinstance(node, Subject) else ():
                yield triple
                inside = isinstance(triple.object, BlankNode) or triple.predicate.value == SH + "prefixes"
                if inside and triple.object not in seen:
                    seen.add(triple.object)
                    waiting.append(triple.object)

    def parts(self) -> Iterator[tuple[Node, bytes]]:
        """Yield each rule with a shapes graph (Turtle) that has it alone, those with the least in them first."""
        closures = [(node, list(self.closure([node]))) for node in self._about]
        for node, triples in sorted(closures, key=lambda pair: len(pair[1])):
            if any(triple.predicate.value.startswith(SH) for triple in triples):
                aim = [Triple(node, _sh("targetNode"), NamedNode(SH))]
                yield node, serialize([*triples, *aim], format=RdfFormat.N_TRIPLES) or b""

    def described(self, node: Node) -> str:
        """Return the name of a rule, or of the nearest that has one and contains it, and the path it is about."""
        paths = [self.wording.path(path) for path in self.objects(node, SH + "path")]
        inside, seen = node, {node}
        while isinstance(inside, BlankNode):
            outer = next((t.subject for t in self.triples if t.object == inside and t.subject not in seen), None)
            if outer is None:
                break
            paths += [self.wording.path(path) for path in self.objects(outer, SH + "path")]
            inside = outer
            seen.add(outer)
        name = self.wording.term(inside) if isinstance(inside, NamedNode) else "[…]"
        return f"{name} ({', '.join(paths[:1])})" if paths else name

    @cached_property
    def unread(self) -> tuple[str, ...]:
        """The addresses of shapes that these import and that were not read with them."""
        return tuple(sorted({t.object.value for t in self.triples if t.predicate.value == OWL + "imports"}))

    def coverage(self, data: Store) -> tuple[ShapeCoverage, ...]:
        """Return each shape that has targets (SHACL §2.1.3), with how many nodes of the data they are."""
        covered: list[ShapeCoverage] = []
        for shape, about in self._about.items():
            targets: dict[str, list[Node]] = {}
            for triple in about:
                if triple.predicate.value.startswith(SH + "target"):
                    targets.setdefault(triple.predicate.value.removeprefix(SH), []).append(triple.object)
            kinds = self.objects(shape, RDF + "type")
            if any(kind in kinds for kind in _CLASSES) and _is_shape(kinds):
                targets.setdefault("targetClass", []).append(shape)
            if targets:
                nodes = {node for name, terms in targets.items() for term in terms for node in _focus(data, name, term)}
                names = tuple(self.wording.term(term) for terms in targets.values() for term in terms)
                covered.append(ShapeCoverage(self.wording.term(shape), names, len(nodes)))
        return tuple(sorted(covered, key=lambda one: (-one.focus_nodes, one.shape)))


def _is_shape(kinds: Sequence[Node]) -> bool:
    return any(kind in kinds for kind in (_sh("NodeShape"), _sh("PropertyShape")))


def _focus(data: Store, target: str, term: Node) -> Iterator[object]:
    """Yield the nodes of a target."""
    if target == "targetNode":
        yield term
    elif isinstance(term, NamedNode):
        of_class = target == "targetClass"
        pairs = [(NamedNode(RDF + "type"), kind) for kind in _subclasses(data, term)] if of_class else [(term, None)]
        for predicate, value in pairs:
            quads = data.quads_for_pattern(None, predicate, value, DefaultGraph())
            yield from (quad.object if target == "targetObjectsOf" else quad.subject for quad in quads)


def _subclasses(data: Store, kind: NamedNode) -> set[NamedNode]:
    kinds, waiting = {kind}, [kind]
    while waiting:
        for quad in data.quads_for_pattern(None, NamedNode(RDFS + "subClassOf"), waiting.pop(), DefaultGraph()):
            if isinstance(quad.subject, NamedNode) and quad.subject not in kinds:
                kinds.add(quad.subject)
                waiting.append(quad.subject)
    return kinds


def _renamed(triple: Triple, mark: str) -> Triple:
    subject, value = triple.subject, triple.object
    return Triple(
        BlankNode(mark + subject.value) if isinstance(subject, BlankNode) else subject,
        triple.predicate,
        BlankNode(mark + value.value) if isinstance(value, BlankNode) else value,
    )


def _sh(name: str) -> NamedNode:
    return NamedNode(name if ":" in name else SH + name)


def _one(parts: Mapping[str, Sequence[Node]], name: str) -> Node | None:
    return next(iter(parts.get(name, ())), None)


def _texts(values: Sequence[Node]) -> dict[str, str]:
    """Return texts by language, those of one language one after the other."""
    texts: dict[str, str] = {}
    for value in sorted((value for value in values if isinstance(value, Literal)), key=str):
        tag = value.language or ""
        texts[tag] = f"{texts[tag]}; {value.value}" if tag in texts else value.value
    return texts


shapes_of: Final = lru_cache(maxsize=1)(Shapes)
"""Reads shapes once in a process that checks several files."""
