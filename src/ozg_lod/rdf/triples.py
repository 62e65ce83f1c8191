"""Triples as the program writes them itself."""

from __future__ import annotations

import pyoxigraph as ox

from ozg_lod.core.vocab import XSD


def resource(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))


def number(subject: str, predicate: str, value: int) -> ox.Triple:
    literal = ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), literal)


def text(subject: str, predicate: str, value: str, language: str | None = None) -> ox.Triple:
    """Return a triple with a text, or with a plain string when it is in no language."""
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.Literal(value, language=language))
