"""Sheets: the empty or prefilled table of one kind of contribution, before it becomes a file.

Everything in it comes from the description of the kind and from what is published; nothing is computed by the sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.contributions.prefill import Prefill
from ozg_lod.core.messages import Language, _
from ozg_lod.rdf.graph import Graph, pick
from ozg_lod.site.lists import Directory
from ozg_lod.tables.contribution_kinds import ContributionKind
from ozg_lod.tables.schema import Column
from ozg_lod.tables.uri_template import UriTemplate
from ozg_lod.tables.workbooks import HELP_SHEET

ROWS: Final = 2000
"""As many rows have lists to choose from."""
_NARROW, _WIDE, _WIDEST = 16, 28, 40


_HELP: Final = (
    HELP_SHEET,
    _("1. Fill in the second sheet: one row for each statement. The first row with the headings stays as it is."),
    _("2. The comment on a heading says what belongs into its column. Columns with a darker heading are required."),
    _("3. Where there is a list, choose from it. Keys and their names are in the sheet “Look up”."),
    _("4. Leave empty what you do not know. Delete rows you do not need."),
    _("5. Save the file and upload it on the page “Check data”: {address}"),
    _("6. There you see what is not right yet and what would be right. Checking stores nothing."),
    _("7. Enter no data about private persons."),
)


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """One column: its heading, what belongs there, an example, the values to choose from.

    `choices` are the only values there are; `lookup` is the number of the list of keys that fit, None for no list.
    `day` says that its values are days: the one kind of value that is not text in a sheet, since people write days in
    many ways and their program knows which.
    """

    name: str
    title: str
    help: str
    example: str
    required: bool
    choices: tuple[str, ...] = ()
    lookup: int | None = None
    width: int = _NARROW
    day: bool = False

    def note(self, language: Language) -> str:
        """Return what the comment on the heading says."""
        rest = [(_("required") if self.required else _("optional"))[language].capitalize() + "."]
        if self.choices:
            rest.append(_("Allowed: {values}", values=", ".join(self.choices))[language] + ".")
        if self.example:
            rest.append(f"{_('Example')[language]}: {self.example}")
        return "\n".join([self.help, *rest])


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A list of keys with their names."""

    title: str
    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TemplateSheet:
    """A table to fill in: `rows` has one text for each column; `version` says from which data it is."""

    kind: str
    title: str
    about: str
    language: Language
    columns: tuple[TemplateColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    lookups: tuple[LookupTable, ...]
    version: str
    key: str = ""

    @property
    def file(self) -> str:
        """Return the name of the file, without its ending."""
        return f"{self.kind}-{self.key}" if self.key else self.kind

    def help(self, address: str) -> list[str]:
        """Return the lines of the help sheet; `address` is where the filled file can be checked."""
        return [self.about, *(line[self.language].format(address=address) for line in _HELP)]


def blank(
    kind: ContributionKind, store: ox.Store, directory: Directory, *, language: Language, version: str
) -> TemplateSheet:
    prefill = Prefill(kind, Graph(store), language)
    lookups: list[LookupTable] = []
    columns = []
    for column in kind.columns:
        lookup = _lookup(prefill, column, directory, language)
        if lookup is not None and lookup not in lookups:
            lookups.append(lookup)
        columns.append(_column(column, language, None if lookup is None else lookups.index(lookup)))
    return TemplateSheet(
        kind=kind.slug,
        title=kind.title(language),
        about=kind.help(language),
        language=language,
        columns=tuple(columns),
        rows=(),
        lookups=tuple(lookups),
        version=version,
    )


def version_lines(sheet: TemplateSheet) -> list[tuple[str, str]]:
    """Return what the hidden sheet says: for which kind and key, from which data."""
    return [("template", sheet.kind), ("key", sheet.key), ("data", sheet.version), ("language", sheet.language)]


def filled(sheet: TemplateSheet, kind: ContributionKind, store: ox.Store, iri: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of what is published about a thing."""
    rows = Prefill(kind, Graph(store), sheet.language).rows(iri)
    return tuple(tuple(row[column.name] for column in sheet.columns) for row in rows)


def explained(kind: ContributionKind, language: Language) -> list[TemplateColumn]:
    """Return the columns of a kind as people need them explained."""
    return [_column(column, language, None) for column in kind.columns]


def _column(column: Column, language: Language, lookup: int | None) -> TemplateColumn:
    choices = tuple(choice.name(language) for choice in column.datatype.choices)
    texts: Mapping[str, str] = column.description
    address = column.datatype.base == "anyURI"
    return TemplateColumn(
        name=column.name,
        title=column.title(language),
        help=pick(texts, language)[0],
        example=column.datatype.example,
        required=column.required,
        choices=choices,
        lookup=lookup,
        day=column.datatype.base == "date",
        width=_WIDEST if address else _WIDE if column.datatype.format is None and not choices else _NARROW + 4,
    )


def _lookup(prefill: Prefill, column: Column, directory: Directory, language: Language) -> LookupTable | None:
    """Return the keys that fit into a column, with the names of what they stand for."""
    fitting = [
        (key, name)
        for template in prefill.things(column)
        for key, name in _keyed(template, directory, language)
        if _fits(column, template, key)
    ]
    if not fitting or len(fitting) > ROWS:
        return None
    return LookupTable(
        _("What fits into the column “{title}”", title=column.title(language))[language],
        tuple(sorted(fitting, key=lambda entry: entry[0].isdigit())),
    )


def _fits(column: Column, template: UriTemplate, key: str) -> bool:
    """Tell whether a key in the column stands for a thing of this template, and not for one of another."""
    form = column.datatype.format
    match = form.fullmatch(key) if form is not None else None
    if form is None or match is None:
        return form is None
    return all({column.name: key, **match.groupdict()}.get(name) == key for name in template.names)


def _keyed(template: UriTemplate, directory: Directory, language: Language) -> Iterator[tuple[str, str]]:
    """Yield (key, name) of all things whose address a template of one variable makes."""
    start = str(template.parts[0])
    kind, _, prefix = start.partition("/id/")[2].partition("/")
    for entry in directory.entries(kind):
        if entry.key.startswith(prefix):
            yield entry.key.removeprefix(prefix), pick(entry.names, language, entry.key)[0]
