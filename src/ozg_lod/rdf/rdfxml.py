"""RDF/XML for harvesters that read nothing else: one rdf:Description per subject, namespaces in fixed order.

XML 1.0 has no control characters and reads a carriage return as a line feed, so the first are refused and the second
is written as a character reference. The writer of pyoxigraph (0.5.13) puts both out raw, and its elements for classes
and properties without an XML name (`ex:01001000`) have an empty one, which no other parser reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

from ozg_lod.core.vocab import RDF, XSD

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class RdfXmlWriter:
    """Writes a document in blocks of whole subjects; `like` has every property that there will be."""

    tail: Final = b"</rdf:RDF>\n"

    def __init__(self, like: Sequence[ox.Triple], prefixes: Mapping[str, str]) -> None:
        self._names = _names(like, prefixes)
        spaces = sorted(self._names.items(), key=lambda entry: entry[1])
        attributes = "\n".join(f"  xmlns:{name}={quoteattr(iri)}" for iri, name in spaces)
        self.head = f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF\n{attributes}>\n'.encode()

    def block(self, triples: Sequence[ox.Triple]) -> bytes:
        """Return the next subjects, which are sorted; raise ValueError for what XML cannot say."""
        lines: list[str] = []
        for subject, group in groupby(triples, key=lambda triple: triple.subject):
            lines.append(f"  <rdf:Description {_reference(subject, 'rdf:about')}>\n")
            lines += [f"    {_property(triple, self._names)}\n" for triple in group]
            lines.append("  </rdf:Description>\n")
        return "".join(lines).encode()


def _property(triple: ox.Triple, names: Mapping[str, str]) -> str:
    namespace, local = _split(triple.predicate.value)
    name = f"{names[namespace]}:{local}"
    term = triple.object
    if not isinstance(term, ox.Literal):
        return f"<{name} {_reference(term, 'rdf:resource')}/>"
    if _FORBIDDEN.search(term.value) or term.direction is not None:
        raise ValueError("a text has a control character or a direction")
    attribute = ""
    if term.language:
        attribute = f" xml:lang={quoteattr(term.language)}"
    elif term.datatype.value != XSD + "string":
        attribute = f" rdf:datatype={quoteattr(term.datatype.value)}"
    return f"<{name}{attribute}>{escape(term.value, {chr(13): '&#13;'})}</{name}>"


def _reference(term: object, attribute: str) -> str:
    if isinstance(term, ox.NamedNode):
        return f"{attribute}={quoteattr(term.value)}"
    if isinstance(term, ox.BlankNode):
        return f"rdf:nodeID={quoteattr(term.value)}"
    raise ValueError("it has a triple term")


@lru_cache(maxsize=1024)
def _split(iri: str) -> tuple[str, str]:
    """Return the namespace and the local name that XML allows, which may be shorter than the part after the slash."""
    cut = max(iri.rfind("#"), iri.rfind("/"), iri.rfind(":")) + 1
    match = _NAME.search(iri, cut)
    if match is None:
        raise ValueError(f"the property {iri} has no XML name")
    return iri[: match.start()], match.group()


def _names(triples: Sequence[ox.Triple], prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return a prefix for every property namespace: the known one, else a numbered one."""
    known = {iri: name for name, iri in prefixes.items()}
    spaces = sorted({_split(triple.predicate.value)[0] for triple in triples} - {RDF})
    unknown = [space for space in spaces if space not in known]
    generated = {space: f"ns{number}" for number, space in enumerate(unknown, 1)}
    return {RDF: "rdf"} | {space: known.get(space) or generated[space] for space in spaces}
