"""JSON-LD 1.1 that reads like JSON: one object per subject, an inline context, nothing to fetch.

A property whose values are all of one sort says so once in the context (IRIs, months, text by language), so the
values stand bare. Whole numbers and truth values in their canonical form become JSON's own. Nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from json.encoder import encode_basestring as _quoted
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import RDF, XSD

_TYPE: Final = RDF + "type"
_STRING: Final = XSD + "string"
_LANGUAGE: Final = "@language"
_MAX_DIGITS: Final = 15  # JSON numbers are exact up to 2**53 in every reader

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


class JsonLdWriter:
    """Writes a document in blocks of whole subjects; raises ValueError for a triple term.

    `like` has every namespace, property and datatype to come.
    """

    def __init__(self, like: Sequence[ox.Triple], prefixes: Mapping[str, str]) -> None:
        self._names = _Names(like, prefixes)
        self._sorts = _sorts(like)
        self._between = "\n"
        context: dict[str, Json] = dict(self._names.prefixes)
        for predicate, sort in sorted(self._sorts.items()):
            if sort == _LANGUAGE:
                context[self._names.short(predicate)] = {"@container": "@language"}
            elif sort not in {"", _STRING} and predicate != _TYPE:
                context[self._names.short(predicate)] = {"@type": self._names.short(sort)}
        self.head = f'{{\n  "@context": {_indented(context, "  ")},\n  "@graph": ['.encode()

    @property
    def tail(self) -> bytes:
        return b"]\n}\n" if self._between == "\n" else b"\n  ]\n}\n"

    def block(self, triples: Sequence[ox.Triple]) -> bytes:
        """Return the next subjects, which are sorted."""
        parts: list[str] = []
        for subject, group in groupby(triples, key=lambda triple: _identifier(triple.subject)):
            node = _node(subject, list(group), names=self._names, sorts=self._sorts)
            parts += (self._between, "    ", _indented(node, "    "))
            self._between = ",\n"
        return "".join(parts).encode()


def _indented(value: Json, indent: str) -> str:
    """Return a value as `json.dumps` writes it with an indent of two spaces, which is slow (it is pure Python)."""
    further = indent + "  "
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict) and value:
        entries = [f"{further}{_quoted(name)}: {_indented(entry, further)}" for name, entry in value.items()]
        return "{\n" + ",\n".join(entries) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join([further + _indented(entry, further) for entry in value]) + f"\n{indent}]"
    return json.dumps(value)


class _Names:
    """Short names; a prefix that is also the scheme of some IRI in the graph is not used (it would swallow it)."""

    def __init__(self, triples: Sequence[ox.Triple], prefixes: Mapping[str, str]) -> None:
        terms = {term.value for triple in triples for term in triple if isinstance(term, ox.NamedNode)}
        schemes = {iri.partition(":")[0] for iri in terms}
        self.prefixes = {name: iri for name, iri in sorted(prefixes.items()) if name not in schemes}
        self._by_namespace = {iri: name for name, iri in self.prefixes.items()}

    def short(self, iri: str) -> str:
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        name = self._by_namespace.get(iri[:cut])
        return f"{name}:{iri[cut:]}" if name and cut < len(iri) else iri


def _node(subject: str, triples: Sequence[ox.Triple], *, names: _Names, sorts: Mapping[str, str]) -> dict[str, Json]:
    node: dict[str, Json] = {"@id": subject}
    for predicate, group in groupby(triples, key=lambda triple: triple.predicate.value):
        objects = [triple.object for triple in group]
        sort = sorts[predicate]
        if predicate == _TYPE and sort == "@id":
            node["@type"] = _one_or_all([names.short(_identifier(term)) for term in objects])
        elif sort == _LANGUAGE:
            node[names.short(predicate)] = _by_language(objects)
        else:
            node[names.short(predicate)] = _one_or_all([_value(term, sort, names) for term in objects])
    return node


def _sorts(triples: Sequence[ox.Triple]) -> dict[str, str]:
    """Return what all values of each property are: "@id", "@language", a datatype IRI, or "" for a mixture."""
    sorts: dict[str, str] = {}
    for triple in triples:
        sort = _sort(triple.object)
        predicate = triple.predicate.value
        sorts[predicate] = sort if sorts.get(predicate, sort) == sort else ""
    return sorts


def _sort(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    if not isinstance(term, ox.Literal):
        return "@id"
    if term.direction is not None:
        return ""
    return _LANGUAGE if term.language else term.datatype.value


def _value(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, sort: str, names: _Names) -> Json:
    if not isinstance(term, ox.Literal):
        identifier = _identifier(term)
        short = identifier if isinstance(term, ox.BlankNode) else names.short(identifier)
        return short if sort == "@id" else {"@id": short}
    if sort in {_STRING, term.datatype.value}:
        return _native(term)
    if term.direction is not None:
        return {"@language": term.language, "@direction": term.direction.value, "@value": term.value}
    if term.language:
        return {"@language": term.language, "@value": term.value}
    if term.datatype.value == _STRING:
        return term.value
    return {"@type": names.short(term.datatype.value), "@value": term.value}


def _native(term: ox.Literal) -> Json:
    kind, value = term.datatype.value, term.value
    if kind == XSD + "boolean" and value in {"true", "false"}:
        return value == "true"
    if kind == XSD + "integer" and value.isascii() and len(value) <= _MAX_DIGITS:
        digits = value.removeprefix("-")
        if digits.isdigit() and str(int(value)) == value:
            return int(value)
    return value


def _by_language(objects: Sequence[object]) -> Json:
    texts: dict[str, list[Json]] = {}
    for term in objects:
        if isinstance(term, ox.Literal) and term.language:
            texts.setdefault(term.language, []).append(term.value)
    return {language: _one_or_all(values) for language, values in sorted(texts.items())}


def _one_or_all(values: Sequence[Json]) -> Json:
    return values[0] if len(values) == 1 else list(values)


def _identifier(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        return term.value
    if isinstance(term, ox.BlankNode):
        return str(term)
    raise ValueError("it has a triple term")
