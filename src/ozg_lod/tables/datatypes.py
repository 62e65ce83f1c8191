"""Datatypes: what a description says the cells of a column may be."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from ozg_lod.core.messages import _
from ozg_lod.tables.cells import BASES, DERIVED, Datatype
from ozg_lod.tables.choices import AllowedValue
from ozg_lod.tables.metadata import Node

MEMBER_TERMS: Final = ("skos:notation", "skos:prefLabel", "skos:altLabel")
_GROUP: Final = re.compile(r"\(\?<(?=[A-Za-z])")


def of_column(node: Node) -> Datatype:
    """Return the datatype of a column with its allowed values and the example of one; raises SourceError."""
    return _with_choices(_datatype(node.at("datatype")), node)


def _datatype(node: Node) -> Datatype:
    if not node.given:
        return Datatype()
    if isinstance(node.value, str):
        base, pattern = node, None
    else:
        node.only(("@id", "base", "format"))
        base, pattern = node.at("base"), node.at("format")
    if base.text() not in BASES:
        listed = ", ".join(BASES)
        base.fail(
            _('"{value}" is not offered; right are: {listed}', value=base.text(), listed=listed),
        )
    iri = _derived(node, base.text())
    if pattern is None or not pattern.given:
        return Datatype(base.text(), derived=iri)
    if base.text() != "string":
        pattern.fail(_("only a string has a format"))
    try:
        return Datatype("string", re.compile(_GROUP.sub("(?P<", pattern.text())), iri)
    except re.error as error:
        pattern.fail(_("is not a regular expression: {error}", error=error))


def _with_choices(datatype: Datatype, node: Node) -> Datatype:
    """Add the allowed values of a column and the example of one."""
    members = node.at("skos:member")
    choices = tuple(_choice(member) for member in members.items())
    if choices and (datatype.base != "string" or datatype.format is not None):
        members.fail(
            _("allowed values belong to a column of datatype string without format"),
        )
    example = node.at("skos:example").text() if node.at("skos:example").given else ""
    return replace(datatype, choices=choices, example=example)


def _choice(node: Node) -> AllowedValue:
    node.only(MEMBER_TERMS)
    names = node.at("skos:prefLabel").by_language()
    return AllowedValue(node.at("skos:notation").text(), names, node.at("skos:altLabel").titles())


def _derived(node: Node, base: str) -> str:
    """Return the IRI of a datatype derived from string (CSVW metadata vocabulary §5.11.1, @id), "" for none."""
    named = node.at("@id") if not isinstance(node.value, str) else None
    if named is None or not named.given:
        return ""
    if named.text() not in DERIVED or base != "string":
        listed = ", ".join(DERIVED)
        named.fail(_("offered for a string: {listed}", listed=listed))
    return named.text()
