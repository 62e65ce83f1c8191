"""Query files: what the comments at the head of a `.rq` file say of the query, by language, and the query.

    # title: Gebietsänderungen
    # title-en: Territorial changes
    # key: iri
    # column day: date! | Tag | Day

A field without a language is German; one may be about something that the query names, as `column` is about `day`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.messages import DEFAULT_LANGUAGE, Label, Language

_FIELD: Final = re.compile(r"#\s*([a-z]+)(?:-([a-z]{2}))?(?: ([a-z][a-z0-9_]*))?:\s*(\S.*?)\s*")


@dataclass(frozen=True, slots=True)
class HeadField:
    """One line of the head; `about` is "" where it is about the query."""

    name: str
    language: Language
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class QueryFile:
    """A query and what its head says; `query` has every line but those fields."""

    fields: tuple[HeadField, ...]
    query: str

    def label(self, name: str) -> Label:
        """Return the texts of a field; it has none where the head does not have the field."""
        return Label({field.language: field.text for field in self._named(name)})

    def text(self, name: str) -> str:
        """Return the text of a field that says the same in every language, "" where there is none."""
        return next((field.text for field in self._named(name)), "")

    def about(self, name: str) -> list[tuple[str, str]]:
        """Return what each field of this name is about, and its text, in the order of the file."""
        return [(field.about, field.text) for field in self.fields if field.name == name and field.about]

    def _named(self, name: str) -> Iterator[HeadField]:
        return (field for field in self.fields if field.name == name and not field.about)


def parsed(text: str) -> QueryFile:
    r"""Return the query of a file and what its head says.

    >>> parsed("# title: Alles\n# title-en: All\nSELECT * {}").label("title")["en"]
    'All'
    """
    lines = text.splitlines(keepends=True)
    end = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    matches = [_FIELD.fullmatch(line) for line in lines[:end]]
    fields = tuple(
        HeadField(match[1], match[2] or DEFAULT_LANGUAGE, match[3] or "", match[4]) for match in matches if match
    )
    rest = [line for line, match in zip(lines, matches, strict=False) if match is None]
    return QueryFile(fields, "".join([*rest, *lines[end:]]).lstrip())
