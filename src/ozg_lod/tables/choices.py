"""Choices: the allowed values of a column, each with what people may write for it.

A description lists them as members of a collection (`skos:member`) with notation and names; CSVW itself knows no lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ozg_lod.core import spelling as likeness
from ozg_lod.core.messages import Label, Message, joined


@dataclass(frozen=True, slots=True)
class AllowedValue:
    """One allowed value: `notation` is what the data say, `names` what people see, `others` what is understood too."""

    notation: str
    names: Mapping[str, str]
    others: Mapping[str, tuple[str, ...]]

    def name(self, language: str) -> str:
        """Return what people call the value, in German where there is no name in `language`."""
        return self.names.get(language) or self.names.get("de") or self.notation

    @property
    def label(self) -> Label:
        """Return the names, the notation where there is none."""
        return Label({"": self.notation, **self.names})

    @property
    def spellings(self) -> tuple[str, ...]:
        """Return every text that means this value."""
        return (self.notation, *self.names.values(), *(text for texts in self.others.values() for text in texts))


def chosen(text: str, choices: Iterable[AllowedValue]) -> str | None:
    """Return the notation of the value that a text means, without regard to capitals and spaces.

    >>> chosen(" Geplant", [AllowedValue("planned", {"de": "geplant"}, {})])
    'planned'
    """
    said = _folded(text)
    return next((choice.notation for choice in choices if said in map(_folded, choice.spellings)), None)


def nearest(text: str, choices: Iterable[AllowedValue]) -> AllowedValue | None:
    """Return the value whose spelling is nearest to a text, if any is near."""
    owners = {_folded(spelling): choice for choice in choices for spelling in choice.spellings}
    near = likeness.nearest(_folded(text), owners)
    return owners[near[0]] if near else None


def listed(choices: Iterable[AllowedValue]) -> Message:
    """Return the values as a list in words."""
    return joined(choice.label for choice in choices)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
