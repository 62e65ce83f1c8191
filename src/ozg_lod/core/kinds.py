"""The kinds of things a catalogue has, read from `kinds.toml` of its source folder: the one place that describes them.

What a page, a list, the search or the matching does with a kind it looks up here; a kind that the data have and the
file does not is called by its name and shown plainly.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.errors import SourceError
from ozg_lod.core.messages import Label, _
from ozg_lod.core.vocab import expanded

FILE: Final = "kinds.toml"
INVERSE: Final = "^"
PLACE: Final = "place"
SERVICE: Final = "service"
_SHELVES: Final = ("places", "services", "programmes", "evidence")
_LAST: Final = 1_000
_PATH: Final = re.compile(r"[MmZzLlHhVvCcSsQqTtAa0-9eE.,+\- ]*")  # of an SVG drawing


@dataclass(frozen=True, slots=True)
class KindColumn:
    """One column of a list: the steps from the thing to the values; a step that begins with ^ is gone backwards.

    `name` is that of the column in CSV and `heading` what people read; without them the property has both.
    """

    path: tuple[str, ...]
    name: str = ""
    heading: Label | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of one kind; `kinds.toml` explains the fields. Ranks begin at 1, 0 is none."""

    id: str
    one: Label
    many: Label
    about: Label | None = None
    without: Label | None = None
    icon: str = ""
    shelf: str = _SHELVES[-1]
    body: bool = False
    offered: bool = False
    area: bool = False
    spelled: bool = False
    located: bool = False
    columns: tuple[KindColumn, ...] = ()
    key_facts: bool = False
    schema_org: str = ""
    search: int = _LAST
    match: int = 0
    matched_as: str = ""
    number: int = 0
    number_text: Label | None = None
    example: int = _LAST
    preview: int = _LAST
    template: str = ""
    details: Label | None = None


class Kinds:
    """All kinds of a catalogue, in the order of the file."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = dict(kinds)

    @classmethod
    def read(cls, content: bytes) -> Kinds:
        """Return the kinds that a file describes; raises SourceError where it says something else than it may."""
        try:
            tables = tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SourceError(_("{file} cannot be read: {reason}.", file=FILE, reason=error)) from None
        return cls({name: _kind(name, table) for name, table in tables.items()})

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __getitem__(self, name: str) -> Kind:
        return self._kinds.get(name) or Kind(name, Label({"": name}), Label({"": name}))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._kinds)

    def ranked(self, rank: Callable[[Kind], int]) -> tuple[Kind, ...]:
        """Return the kinds that have such a rank, the first first."""
        return tuple(sorted((kind for kind in self if 0 < rank(kind) < _LAST), key=rank))

    def only(self, kinds: Iterable[Kind]) -> Kinds:
        """Return these kinds alone, in this order."""
        return Kinds({kind.id: kind for kind in kinds})

    @property
    def matched(self) -> tuple[Kind, ...]:
        """Return the kinds that lists are matched with."""
        return self.ranked(lambda kind: kind.match)

    def shelves(self) -> Iterator[tuple[str, tuple[Kind, ...]]]:
        """Yield each shelf of the start page with its kinds."""
        for shelf in _SHELVES:
            yield shelf, tuple(kind for kind in self if kind.shelf == shelf)


NO_KINDS: Final = Kinds({})


def _kind(name: str, table: object) -> Kind:
    if not isinstance(table, dict) or not {"one", "many"} <= set(table):
        raise _faulty(name, "one, many")
    known = set(Kind.__slots__) - {"id"}
    if unknown := sorted(set(table) - known):
        raise SourceError(
            _(
                "{file}, {kind}: “{field}” is not understood; right are: {listed}.",
                file=FILE,
                kind=name,
                field=unknown[0],
                listed=", ".join(sorted(known)),
            )
        )
    fields = {field: _value(name, field, value) for field, value in table.items()}
    return Kind(name, **fields)  # type: ignore[arg-type] # each is held against its field above


def _value(kind: str, field: str, value: object) -> object:
    annotation = str(Kind.__annotations__[field])
    if annotation.startswith("Label"):
        return _label(kind, field, value)
    if field == "columns" and isinstance(value, list):
        return tuple(_column(kind, column) for column in value)
    if field == "icon" and not (isinstance(value, str) and _PATH.fullmatch(value)):
        raise _faulty(kind, field)
    fits = {"int": isinstance(value, int) and not isinstance(value, bool), "bool": isinstance(value, bool)}
    if not fits.get(annotation, isinstance(value, str)) or (field == "shelf" and value not in _SHELVES):
        raise _faulty(kind, field)
    return value


def _column(kind: str, column: object) -> KindColumn:
    if isinstance(column, str):
        return KindColumn((_step(column),))
    if not isinstance(column, dict) or not isinstance(column.get("path"), list):
        raise _faulty(kind, "columns")
    heading = _label(kind, "columns", column["heading"]) if "heading" in column else None
    return KindColumn(tuple(_step(str(step)) for step in column["path"]), str(column.get("name", "")), heading)


def _step(step: str) -> str:
    inverse = INVERSE if step.startswith(INVERSE) else ""
    return inverse + expanded(step.removeprefix(INVERSE))


def _label(kind: str, field: str, value: object) -> Label:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _faulty(kind, field)
    return Label(value)


def _faulty(kind: str, field: str) -> SourceError:
    return SourceError(
        _(
            "{file}, {kind}: {field} is missing or not of the form that the file explains.",
            file=FILE,
            kind=kind,
            field=field,
        )
    )
