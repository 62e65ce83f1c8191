"""Datatypes: what the cells of a column may be, the values to choose from, and why a text is none of them.

A description lists choices as members of a collection (`skos:member`) with notation and names; CSVW itself knows no
lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ozg_lod.core import spelling
from ozg_lod.core.messages import Label, Message, Text, joined
from ozg_lod.core.vocab import XSD

SHOWN: Final = 60
"""How many characters of a cell a sentence repeats."""


@dataclass(frozen=True, slots=True)
class AllowedValue:
    """One allowed value: `notation` is what the data say, `names` what people see, `others` what is understood too."""

    notation: str
    names: Mapping[str, str]
    others: Mapping[str, tuple[str, ...]]

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names.get("de") or self.notation

    @property
    def label(self) -> Label:
        return Label({"": self.notation, **self.names})

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.notation, *self.names.values(), *(text for texts in self.others.values() for text in texts))


@dataclass(frozen=True, slots=True)
class Datatype:
    """The datatype of a column: `base` is a local name of XSD, `format` a regular expression for the whole text.

    `derived` is the IRI of a datatype of other texts than plain ones, for example geo:wktLiteral. `choices` are the
    only values there are, if any; `example` is one as it would be right. The named groups of `format` can be used in
    templates like columns, so that one cell may hold one of several kinds of keys.
    """

    base: str = "string"
    format: re.Pattern[str] | None = None
    derived: str = ""
    choices: tuple[AllowedValue, ...] = ()
    example: str = ""

    @property
    def iri(self) -> str:
        return self.derived or XSD + self.base

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(self.format.groupindex) if self.format is not None else ()


@dataclass(frozen=True, slots=True)
class CellFault:
    """Why a text is not a value: the sentence, and the right text where it is sure."""

    message: Text
    suggestion: str | None = None


def shown(text: str) -> str:
    r"""Return `text` on one line, at most `SHOWN` characters long.

    >>> shown("a\nb" + 100 * "c")[-3:]
    'cc…'
    """
    line = " ".join(text[: SHOWN + 1].split())
    return line if len(text) <= SHOWN else line[:SHOWN] + "…"


def chosen(text: str, choices: Iterable[AllowedValue]) -> str | None:
    """Return the notation of the value that a text means, without regard to capitals and spaces.

    >>> chosen(" Geplant", [AllowedValue("planned", {"de": "geplant"}, {})])
    'planned'
    """
    written = _folded(text)
    return next((choice.notation for choice in choices if written in map(_folded, choice.spellings)), None)


def nearest_choice(text: str, choices: Iterable[AllowedValue]) -> AllowedValue | None:
    """Return the value that somebody mistyped; no word with a meaning of its own is offered another for it.

    >>> choices = [AllowedValue("a", {"de": "verfügbar"}, {})]
    >>> [nearest_choice(text, choices) is None for text in ("verfügbr", "nicht verfügbar")]
    [False, True]
    """
    owners = {_folded(written): choice for choice in choices for written in choice.spellings}
    written = _folded(text)
    near = spelling.nearest(written, owners, least=_MISTYPED)
    return owners[near[0]] if near and _NEGATED.sub("", written) not in owners else None


_MISTYPED: Final = 80.0
"""Percent of letters that agree where somebody mistyped a word; below it stand other words."""
_NEGATED: Final = re.compile(r"^(?:nicht|kein\w*|noch nicht|not|no|un|in|nicht-|non-?) ?")


def listed(choices: Iterable[AllowedValue]) -> Message:
    return joined(choice.label for choice in choices)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
