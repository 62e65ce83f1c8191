"""The description of a table: a closed subset of CSV on the Web (W3C Recommendations of 17 December 2015).

Every term that is not in the lists below is refused, so that what a description says is what happens. Two points are
stricter or wider than the recommendation: a column has either a `propertyUrl` or `suppressOutput` (nothing gets the
default property of CSVW), and a template that uses a column with a `separator` yields one address for each item. A
named group of a column's format, `(?<ags>[0-9]{8})|(?<district>[0-9]{5})`, is a variable of templates; where it took no
part in the match, a template that needs it makes nothing. `skos:example` and `skos:member` (allowed values, each with
`skos:notation`, `skos:prefLabel` and `skos:altLabel`) are annotations of CSVW (§5.8) that we act on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ozg_lod.core.messages import _
from ozg_lod.rdf.lexical import is_web_address
from ozg_lod.tables.cells import BASES, DERIVED
from ozg_lod.tables.csv_rows import folded
from ozg_lod.tables.datatypes import AllowedValue, Datatype
from ozg_lod.tables.metadata import LANGUAGE, Node, parsed
from ozg_lod.tables.schema import Column, ForeignKey, Schema
from ozg_lod.tables.uri_template import MAILTO, UriTemplate, template

CONTEXT: Final = "http://www.w3.org/ns/csvw"
TABLE_TERMS: Final = ("@context", "url", "dc:title", "dc:description", "schema:position", "tableSchema")
SCHEMA_TERMS: Final = ("aboutUrl", "primaryKey", "foreignKeys", "columns")
COLUMN_TERMS: Final = (
    "name",
    "titles",
    "dc:description",
    "skos:example",
    "skos:member",
    "datatype",
    "required",
    "null",
    "lang",
    "separator",
    "default",
    "suppressOutput",
    "aboutUrl",
    "propertyUrl",
    "valueUrl",
    "virtual",
)
MEMBER_TERMS: Final = ("skos:notation", "skos:prefLabel", "skos:altLabel")
_GROUP: Final = re.compile(r"\(\?<(?=[A-Za-z])")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def schema(metadata: bytes, *, file: str) -> Schema:
    """Read the description of a table.

    Raises SourceError with the file, the place in it and the term, and what would be right.
    """
    root = Node(parsed(metadata, file), "$", file)
    root.only(TABLE_TERMS)
    base = _base(root.at("@context"), needed=any(term in metadata for term in _ADDRESSES))
    url = root.at("url").text()
    body = root.at("tableSchema")
    body.only(SCHEMA_TERMS)
    about = body.at("aboutUrl")
    columns = tuple(_column(node, about, base) for node in body.at("columns").items())
    described = Schema(
        url=url,
        base=base,
        title=root.at("dc:title").by_language(),
        description=root.at("dc:description").by_language(),
        columns=columns,
        primary_key=body.at("primaryKey").texts(),
        foreign_keys=tuple(_foreign_key(node) for node in body.at("foreignKeys").items()),
    )
    _check(described, body)
    return described


_ADDRESSES: Final = (b'"aboutUrl"', b'"propertyUrl"', b'"valueUrl"')


def _base(context: Node, *, needed: bool) -> str:
    """Return what addresses are resolved against; a table that makes no statements needs none."""
    match context.value:
        case [str(name), {"@language": str(), **rest}] if name == CONTEXT and not rest and not needed:
            return ""
        case [str(name), {"@language": str(), "@base": str(base), **rest}] if name == CONTEXT and not rest:
            if is_web_address(base) and base.endswith("/"):
                return base
    return context.fail(
        _('must be ["{context}", {{"@language": "de", "@base": "https://…/"}}]', context=CONTEXT),
    )


def _column(node: Node, about: Node, base: str) -> Column:
    node.only(COLUMN_TERMS)
    name = node.at("name").text()
    if not _NAME.fullmatch(name):
        node.fail(_('"{name}" is not a column name', name=name))
    own_about = node.at("aboutUrl") if node.at("aboutUrl").given else about
    column = Column(
        name=name,
        titles=node.at("titles").titles(),
        datatype=_datatype_of(node),
        description=node.at("dc:description").by_language(),
        required=node.at("required").flag(),
        null=node.at("null").texts() if node.at("null").given else ("",),
        lang=node.at("lang").text() if node.at("lang").given else None,
        separator=node.at("separator").text() if node.at("separator").given else None,
        default=node.at("default").text() if node.at("default").given else "",
        virtual=node.at("virtual").flag(),
        about=template(own_about, base) if own_about.given else None,
        property=_property(node, base),
        value=template(node.at("valueUrl"), base) if node.at("valueUrl").given else None,
    )
    _check_column(column, node)
    return column


def _datatype_of(node: Node) -> Datatype:
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


def _check_column(column: Column, node: Node) -> None:
    if column.lang is not None and (column.datatype.base != "string" or not LANGUAGE.fullmatch(column.lang)):
        node.at("lang").fail(
            _("a language such as de belongs to a column of datatype string"),
        )
    if column.separator == "":
        node.at("separator").fail(_("must not be empty"))
    if column.property is not None and column.about is None:
        node.fail(_("has no aboutUrl, nor has the table"))
    if column.virtual and (column.property is None or (column.value is None and not column.default)):
        node.fail(
            _("a virtual column needs propertyUrl and valueUrl or default"),
        )


def _property(node: Node, base: str) -> str | None:
    given, suppressed = node.at("propertyUrl").given, node.at("suppressOutput").flag()
    if given == suppressed:
        node.fail(
            _("needs either propertyUrl or suppressOutput: true"),
        )
    if suppressed:
        return None
    address = template(node.at("propertyUrl"), base)
    if address.names:
        node.at("propertyUrl").fail(_("must be without {…}"))
    return address.expand({})


def _foreign_key(node: Node) -> ForeignKey:
    node.only(("columnReference", "reference"))
    reference = node.at("reference")
    reference.only(("resource", "columnReference"))
    key = ForeignKey(
        columns=node.at("columnReference").texts(),
        resource=reference.at("resource").text(),
        targets=reference.at("columnReference").texts(),
    )
    if not key.columns or len(key.columns) != len(key.targets):
        node.fail(_("needs as many columns here as there"))
    return key


def _check(schema: Schema, body: Node) -> None:
    """Check what concerns several columns: names, titles, and what keys and templates refer to."""
    if not schema.columns:
        body.at("columns").fail(_("needs at least one column"))
    real = {column.name: column for column in schema.columns if not column.virtual}
    _check_headers(schema, body)
    _check_groups(schema, body)
    for name in (*schema.primary_key, *(name for key in schema.foreign_keys for name in key.columns)):
        if name not in real:
            body.fail(_('a key names "{name}", which is not a column', name=name))
    for index, column in enumerate(schema.columns):
        node = Node(None, f"{body.path}.columns[{index}]", body.file)
        for used, several in ((column.about, 0), (column.value, 1)):
            if used is not None:
                _check_template(used, schema.variables, several, node)


def _check_headers(schema: Schema, body: Node) -> None:
    seen: dict[str, str] = {}
    names = [column.name for column in schema.columns]
    for column in schema.columns:
        titles = [title for texts in column.titles.values() for title in texts]
        if names.count(column.name) > 1:
            body.fail(_('two columns are named "{name}"', name=column.name))
        for header in (column.name, *titles):
            if seen.setdefault(folded(header), column.name) != column.name:
                body.fail(_('two columns have the title "{header}"', header=header))


def _check_groups(schema: Schema, body: Node) -> None:
    """Check that a variable of templates means one thing."""
    names = [column.name for column in schema.columns]
    for column in schema.columns:
        for group in column.datatype.groups:
            if group in names or column.separator is not None:
                body.fail(
                    _(
                        'the group "{group}" must be named unlike any column, in a column without separator',
                        group=group,
                    ),
                )
            names.append(group)


def _check_template(template: UriTemplate, real: Mapping[str, Column], several: int, node: Node) -> None:
    for part in template.parts:
        if isinstance(part, str):
            continue
        column = real.get(part[0])
        if column is None:
            node.fail(_("{{{part}}} is not a column with cells", part=part[0]))
        if part[1] is not (column.datatype.base == "anyURI" or template.parts[0] == MAILTO):
            node.fail(
                _("write {{+{part}}} for a column of datatype anyURI and {{{part}}} for every other", part=part[0]),
            )
    if sum(real[name].separator is not None for name in set(template.names)) > several:
        node.fail(
            _("only a valueUrl may use a column with a separator, and only one"),
        )
