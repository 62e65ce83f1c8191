"""Shapes: a shapes graph with the sentences of its rules, and what a result of applying it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from ozg_lod.core.findings import Severity, ShaclTerms
from ozg_lod.core.messages import Label, Text, _
from ozg_lod.core.vocab import RDFS, SH

Node = NamedNode | BlankNode | Literal | Triple
_SEVERITIES: Final = {f"<{SH}Warning>": Severity.WARNING, f"<{SH}Info>": Severity.HINT}


@dataclass(frozen=True, slots=True)
class ShaclResult:
    """One result of validation: `value` is None where something is missing, `path` where it is about a whole thing.

    `name` is what the rule calls the property, `terms` are the result for programs.
    """

    focus: str
    path: str | None
    value: Node | None
    rule: str
    severity: Severity
    message: Text
    terms: ShaclTerms
    name: Text | None = None


class Shapes:
    """A shapes graph (Turtle): `triples` as they are written, `prefixes` those of the file."""

    def __init__(self, turtle: bytes) -> None:
        parser = parse(turtle, RdfFormat.TURTLE)
        self.triples = [quad.triple for quad in parser]  # a store would make "1"^^xsd:boolean "true"
        self.prefixes: Mapping[str, str] = parser.prefixes
        self._store = Store()
        self._store.extend(Quad(t.subject, t.predicate, t.object) for t in self.triples)

    @property
    def ntriples(self) -> bytes:
        return serialize(self.triples, format=RdfFormat.N_TRIPLES) or b""

    def result(self, parts: Mapping[str, Node]) -> ShaclResult:
        """Return the result with these parts, by the local names of their properties (SHACL §3.6.2)."""
        focus, path, value, rule = (parts.get(name) for name in ("focusNode", "resultPath", "value", "sourceShape"))
        terms = ShaclTerms(
            focus=str(focus),
            path=str(path) if isinstance(path, NamedNode) else "",
            value="" if value is None else str(value),
            component=str(parts.get("sourceConstraintComponent", "")),
            severity=str(parts.get("resultSeverity", "")),
            shape=str(rule) if isinstance(rule, NamedNode) else "",
        )
        return ShaclResult(
            focus=str(getattr(focus, "value", "")),
            path=path.value if isinstance(path, NamedNode) else None,
            value=value,
            rule=rule.value if isinstance(rule, NamedNode) else "shape",
            severity=_SEVERITIES.get(terms.severity, Severity.ERROR),
            message=self._message(rule, parts.get("sourceConstraint")),
            terms=terms,
            name=self._name(rule),
        )

    def _message(self, rule: Node | None, constraint: Node | None) -> Text:
        """Return the sentence of a rule in both languages; without one, the name of the rule."""
        for node in (constraint, rule):
            if texts := self._by_language(node, SH + "message"):
                return Label(texts)
        for label in (SH + "name", RDFS + "label"):
            if texts := self._by_language(rule, label):
                return _('this breaks the rule "{name}"', name=Label(texts))
        return _("this breaks a rule")

    def _name(self, rule: Node | None) -> Text | None:
        """Return what a rule calls the property it is about, if it does."""
        texts = self._by_language(rule, SH + "name")
        return Label(texts) if texts else None

    def _by_language(self, subject: Node | None, predicate: str) -> dict[str, str]:
        if subject is None or isinstance(subject, Literal | Triple):
            return {}
        values = [quad.object for quad in self._store.quads_for_pattern(subject, NamedNode(predicate), None)]
        texts = [value for value in values if isinstance(value, Literal)]
        return {text.language or "": text.value for text in sorted(texts, key=str)}


shapes_of: Final = lru_cache(maxsize=1)(Shapes)
"""Reads shapes once in a process that checks several files."""
