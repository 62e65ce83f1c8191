"""The schema of a table: its columns, keys and references, as a description gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ozg_lod.core.messages import Label
from ozg_lod.tables.datatypes import Datatype
from ozg_lod.tables.uri_template import UriTemplate


@dataclass(frozen=True, slots=True)
class Column:
    """One column; a virtual one has no cells and gets its value from `value` or `default`.

    `titles` are what may stand in the header, `description` says what belongs into the cells, by language.
    """

    name: str
    titles: Mapping[str, tuple[str, ...]]
    datatype: Datatype
    required: bool
    null: tuple[str, ...]
    lang: str | None
    separator: str | None
    default: str
    virtual: bool
    about: UriTemplate | None
    property: str | None
    value: UriTemplate | None
    description: Mapping[str, str] = field(default_factory=dict)

    def label(self) -> Label:
        """Return the first title in each language, the name where there is none."""
        return Label({"": self.name, **{language: titles[0] for language, titles in self.titles.items() if titles}})

    def title(self, language: str) -> str:
        """Return what people call the column: its first title in `language`, else in German, else its name."""
        titles = self.titles.get(language) or self.titles.get("de") or (self.name,)
        return titles[0]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """The values of `columns` must stand in the columns `targets` of the table `resource`."""

    columns: tuple[str, ...]
    resource: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A whole description; `url` is the name of the CSV file, `title` and `description` are by language."""

    url: str
    base: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def variables(self) -> dict[str, Column]:
        """Return what templates may use: the columns with cells, also by the groups of their formats."""
        real = [column for column in self.columns if not column.virtual]
        return {name: column for column in real for name in (column.name, *column.datatype.groups)}

    @property
    def named(self) -> dict[str, str]:
        """Return the columns that repeat a key in words, by the column of the key, which stands right before them."""
        real = [column for column in self.columns if not column.virtual]
        return {
            before.name: column.name
            for before, column in pairwise(real)
            if before.name in self.primary_key and column.name not in self.primary_key and column.property is None
        }
