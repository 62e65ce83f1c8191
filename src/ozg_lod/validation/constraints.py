"""What a constraint of SHACL asks for, in words, for shapes that say nothing themselves (SHACL §4, §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from ozg_lod.core.messages import Message, Text, _, joined
from ozg_lod.core.vocab import RDF, SH, XSD

Node = NamedNode | BlankNode | Literal | Triple
Subject = NamedNode | BlankNode | Triple
Objects = Callable[[object, str], list[Node]]
"""Returns what a graph of shapes says about a node by a property."""

_SENTENCES: Final = {
    "Class": ("class", _("the value must be of the class {expected}")),
    "Datatype": ("datatype", _("the value must have the datatype {expected} and the form that it asks for")),
    "MinCount": ("minCount", _("number of values: at least {expected}")),
    "MaxCount": ("maxCount", _("number of values: at most {expected}")),
    "MinExclusive": ("minExclusive", _("the value must be greater than {expected}")),
    "MinInclusive": ("minInclusive", _("the value must be {expected} or greater")),
    "MaxExclusive": ("maxExclusive", _("the value must be less than {expected}")),
    "MaxInclusive": ("maxInclusive", _("the value must be {expected} or less")),
    "MinLength": ("minLength", _("number of characters: at least {expected}")),
    "MaxLength": ("maxLength", _("number of characters: at most {expected}")),
    "Pattern": ("pattern", _("the value must match the pattern {expected}")),
    "LanguageIn": ("languageIn", _("the text must be in one of the languages {expected}")),
    "UniqueLang": ("uniqueLang", _("there may be only one text in each language")),
    "Equals": ("equals", _("the values must be the same as those of {expected}")),
    "Disjoint": ("disjoint", _("the value must not stand under {expected} too")),
    "LessThan": ("lessThan", _("the value must be less than that of {expected}")),
    "LessThanOrEquals": ("lessThanOrEquals", _("the value must not be greater than that of {expected}")),
    "Not": ("not", _("the shape {expected} must not apply to the value")),
    "And": ("and", _("all of these must apply to the value: {expected}")),
    "Or": ("or", _("at least one of these must apply to the value: {expected}")),
    "Xone": ("xone", _("exactly one of these must apply to the value: {expected}")),
    "Node": ("node", _("the value must conform to the shape {expected}")),
    "QualifiedMinCount": ("qualifiedMinCount", _("number of values that conform to {shape}: at least {expected}")),
    "QualifiedMaxCount": ("qualifiedMaxCount", _("number of values that conform to {shape}: at most {expected}")),
    "Closed": ("ignoredProperties", _("the shape is closed and does not have this property")),
    "HasValue": ("hasValue", _("one of the values must be {expected}")),
    "In": ("in", _("the value must be one of {expected}")),
    "SPARQL": ("sparql", _("a query of the shape says that this is wrong")),
}
_KINDS: Final = {
    "IRI": _("an address (IRI)"),
    "BlankNode": _("an entry without an address (blank node)"),
    "Literal": _("a text, number or date (literal)"),
    "BlankNodeOrIRI": _("an address or an entry without one (IRI or blank node)"),
    "BlankNodeOrLiteral": _("an entry without an address or a text (blank node or literal)"),
    "IRIOrLiteral": _("an address or a text (IRI or literal)"),
}
_LISTED: Final = 12
_DEPTH: Final = 3
_PATHS: Final = {"inversePath": "^{}", "zeroOrMorePath": "{}*", "oneOrMorePath": "{}+", "zeroOrOnePath": "{}?"}


class Wording:
    """The terms of a graph of shapes as people write them, and what its constraints ask for."""

    def __init__(self, objects: Objects, prefixes: Mapping[str, str]) -> None:
        self._objects = objects
        self._prefixes = sorted(((iri, name) for name, iri in prefixes.items()), key=lambda pair: -len(pair[0]))

    def sentence(self, component: str, shape: Node | None) -> Text:
        """Return what a constraint component (its IRI) asks for in a shape."""
        name = component.removeprefix(SH).removesuffix("ConstraintComponent")
        if name == "NodeKind":
            kinds = [getattr(kind, "value", "").removeprefix(SH) for kind in self._objects(shape, SH + "nodeKind")]
            return _("the value must be {expected}", expected=joined(_KINDS[kind] for kind in kinds if kind in _KINDS))
        if name not in _SENTENCES:
            return _("this breaks the constraint {expected}", expected=self.iri(component))
        parameter, sentence = _SENTENCES[name]
        expected, others = (
            ", ".join(self.term(node) for node in self._objects(shape, SH + asked))
            for asked in (parameter, "qualifiedValueShape")
        )
        return Message(sentence.text, {"expected": expected, "shape": others})

    def term(self, node: Node, depth: int = 0) -> str:
        """Return a term as Turtle has it, with what a blank node says about itself."""
        if isinstance(node, NamedNode):
            return self.iri(node.value)
        if isinstance(node, Literal):
            plain = node.language or node.datatype.value in {XSD + "string", XSD + "integer", XSD + "boolean"}
            text = f'"{node.value}"' if node.datatype.value not in {XSD + "integer", XSD + "boolean"} else node.value
            return text + (f"@{node.language}" if node.language else "" if plain else f"^^{self.term(node.datatype)}")
        if items := self._items(node):
            more = ", …" if len(items) > _LISTED else ""
            return ", ".join(self.term(item, depth) for item in items[:_LISTED]) + more
        if depth == _DEPTH:
            return "[…]"
        return f"[{'; '.join(self._said(node, depth + 1))}]"

    def _said(self, node: Node, depth: int) -> list[str]:
        names = ("path", *sorted({parameter for parameter, _sentence in _SENTENCES.values()}), "nodeKind", "property")
        said: list[str] = []
        for name in names:
            write = self.path if name == "path" else lambda value: self.term(value, depth)
            said += [f"{name} {write(value)}" for value in self._objects(node, SH + name)]
        return said

    def path(self, node: Node) -> str:
        """Return a property path as SPARQL writes it."""
        if isinstance(node, NamedNode):
            return self.iri(node.value)
        if items := self._items(node):
            return " / ".join(map(self.path, items))
        for alternatives in self._objects(node, SH + "alternativePath"):
            return f"({' | '.join(map(self.path, self._items(alternatives)))})"
        for name, form in _PATHS.items():
            for inner in self._objects(node, SH + name):
                text = self.path(inner)
                return form.format(f"({text})" if " " in text else text)
        return ""

    def _items(self, node: Node) -> list[Node]:
        items: list[Node] = []
        seen: set[object] = set()
        while node not in seen and (first := self._objects(node, RDF + "first")):
            seen.add(node)
            items.append(first[0])
            node = next(iter(self._objects(node, RDF + "rest")), node)
        return items

    def iri(self, iri: str) -> str:
        for namespace, prefix in self._prefixes:
            if namespace and iri.startswith(namespace) and iri != namespace:
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return f"<{iri}>"
