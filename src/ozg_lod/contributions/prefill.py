"""Prefilling: what is published about a thing, as the cells of the table that would say it.

It is the way back from facts to cells: every template of the description is read backwards. A fact that the table
cannot say is left out, a cell that nothing says is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

import pyoxigraph as ox

from ozg_lod.core.messages import Language
from ozg_lod.rdf.graph import Graph, Term, iri_of, pick
from ozg_lod.tables.contribution_kinds import ContributionKind
from ozg_lod.tables.schema import Column
from ozg_lod.tables.uri_template import UriTemplate

Cells = dict[str, str]
"""The texts of one row by the names of the columns."""


@dataclass(frozen=True)
class Prefill:
    """The table of one kind, read backwards from a graph."""

    kind: ContributionKind
    graph: Graph
    language: Language

    def rows(self, iri: str) -> list[Cells]:
        """Return a row for each statement about the thing; where there is none, one that only names the thing."""
        subjects = sorted({iri_of(triple.subject) for triple in self.graph.to(iri)})
        rows = [cells for subject in subjects if (cells := self._row(subject)) is not None]
        start = self._start(iri)
        return rows or ([start] if start else [])

    def helps(self, column: Column) -> Column | None:
        """Return the column whose key this one explains: it is written for reading only; None for all others."""
        if column.property is not None or column.name in self._used:
            return None
        before = self.kind.columns[: self.kind.columns.index(column)]
        return next((other for other in reversed(before) if other.name in self._keys), None)

    def things(self, column: Column) -> Iterator[UriTemplate]:
        """Yield the addresses of the things that the keys in a column stand for."""
        names = {column.name, *column.datatype.groups}
        for other in self.kind.schema.columns:
            template = other.value
            constant = template is not None and isinstance(template.parts[0], str) and len(template.parts) > 1
            if template is not None and constant and set(template.names) <= names and "/id/" in str(template.parts[0]):
                yield template

    @cached_property
    def _used(self) -> set[str]:
        """Return the names that templates use, and the columns whose formats have such a group."""
        schema = self.kind.schema
        templates = [one for column in schema.columns for one in (column.about, column.value) if one is not None]
        names = {name for template in templates for name in template.names}
        return names | {column.name for column in self.kind.columns if names & set(column.datatype.groups)}

    @cached_property
    def _keys(self) -> set[str]:
        return {column.name for column in self.kind.columns if any(True for _ in self.things(column))}

    def _start(self, iri: str) -> Cells | None:
        for column in self.kind.columns:
            for template in self.things(column):
                key = _read(template, iri)
                if key is not None and self._fits(column, next(iter(key.values()))):
                    cells = dict.fromkeys((one.name for one in self.kind.columns), "")
                    cells[column.name] = next(iter(key.values()))
                    return self._helped(cells)
        return None

    def _fits(self, column: Column, key: str) -> bool:
        form = column.datatype.format
        return column.name in self.kind.key and (form is None or form.fullmatch(key) is not None)

    def _row(self, subject: str) -> Cells | None:
        """Return the row that would say what is known of the subject, None where no row would make its address."""
        about = next(column.about for column in self.kind.schema.columns if column.about is not None)
        keys = _read(about, subject)
        if keys is None or not all(self._fits(column, keys[column.name]) for column in self._named(keys)):
            return None
        cells = dict.fromkeys((column.name for column in self.kind.columns), "") | keys
        implied = self._facts_of_keys(keys)
        for column in self.kind.columns:
            if column.property is not None and column.name not in keys:
                terms = self.graph.objects(subject, column.property)
                own = [term for term in terms if (column.property, iri_of(term)) not in implied]
                cells[column.name] = self._text(column, own)
        return self._helped(cells)

    def _facts_of_keys(self, keys: Mapping[str, str]) -> set[tuple[str, str]]:
        """Return the facts (property, address) that follow from the keys, so that no other column says them too."""
        groups: dict[str, str | None] = dict(keys)
        for column in self._named(keys):
            groups |= _groups(column, keys[column.name])
        virtual = (column for column in self.kind.schema.columns if column.virtual and column.value is not None)
        pairs = ((column.property, column.value.expand(groups)) for column in virtual if column.value is not None)
        return {(name, address) for name, address in pairs if name is not None and address is not None}

    def _named(self, keys: Mapping[str, str]) -> list[Column]:
        return [column for column in self.kind.columns if column.name in keys]

    def _text(self, column: Column, terms: list[Term]) -> str:
        """Return the cell for these values; a column for one value takes the first in order."""
        texts = sorted(text for term in terms if (text := self._value(column, term)))
        return (column.separator or "").join(texts if column.separator else texts[:1])

    def _value(self, column: Column, term: Term) -> str:
        if column.value is not None:
            parts = _read(column.value, iri_of(term)) or {}
            text = parts.get(column.name, "")
        else:
            foreign = isinstance(term, ox.Literal) and term.language and term.language != (column.lang or "de")
            text = term.value if isinstance(term, ox.Literal) and not foreign else ""
        chosen = next((choice for choice in column.datatype.choices if choice.notation == text), None)
        return chosen.name(self.language) if chosen is not None else text

    def _helped(self, cells: Cells) -> Cells:
        """Return the cells with the names beside their keys."""
        for column in self.kind.columns:
            other = self.helps(column)
            if other is not None and cells[other.name]:
                cells[column.name] = self._named_by(other, cells[other.name])
        return cells

    def _named_by(self, column: Column, key: str) -> str:
        groups: dict[str, str | None] = {column.name: key, **_groups(column, key)}
        addresses = (template.expand(groups) for template in self.things(column))
        names = (self.graph.names(address) for address in addresses if address is not None)
        return next((pick(labels, self.language)[0] for labels in names if labels), "")


def _groups(column: Column, key: str) -> dict[str, str | None]:
    """Return what the groups of the format of a column hold for this key."""
    match = column.datatype.format.fullmatch(key) if column.datatype.format is not None else None
    return match.groupdict() if match is not None else {}


def _read(template: UriTemplate, iri: str) -> dict[str, str] | None:
    """Return what the columns of a template hold for this address; None where it does not make such an address."""
    parts = (re.escape(part) if isinstance(part, str) else _variable(part) for part in template.parts)
    match = re.fullmatch("".join(parts), iri)
    return {name: unquote(text) for name, text in match.groupdict().items()} if match is not None else None


def _variable(part: tuple[str, bool]) -> str:
    name, whole = part
    return f"(?P<{name}>.+)" if whole else f"(?P<{name}>[^/#]+?)"
