"""Header fields of weighted ranges (RFC 9110 §12.4.2): what a client would like, and how much.

One pass over at most `MAX_CHARACTERS`; a longer field, or one with more than `MAX_RANGES` members, says
"anything" (a field of 60 KB is no browser's, and need not be understood).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_CHARACTERS: Final = 2048
MAX_RANGES: Final = 50

_WEIGHT: Final = re.compile(r"0(?:\.\d*)?|1(?:\.0*)?|\.\d+")


@dataclass(frozen=True, slots=True)
class Range:
    """One member of the field: its name in lower case, its parameters without `q`, its weight 0..1."""

    name: str
    parameters: tuple[str, ...] = ()
    weight: float = 1.0


def ranges(field: str | None, *, anything: str = "*") -> tuple[Range, ...]:
    """Return the members of `field` in their order; none of them readable, or too many: `anything`.

    >>> ranges('text/turtle;q=0.5, application/ld+json;profile="a,b"')[1].parameters
    ('profile="a,b"',)
    >>> ranges(None)
    (Range(name='*', parameters=(), weight=1.0),)
    """
    fallback = (Range(anything),)
    if field is None or len(field) > MAX_CHARACTERS:
        return fallback
    return _ranges(field) or fallback


@functools.lru_cache(maxsize=512)
def _ranges(field: str) -> tuple[Range, ...]:
    """Return the members that can be read; the same few fields come again and again, so they are kept."""
    members = [member for member in _split(field, ",") if member]
    if len(members) > MAX_RANGES:
        return ()
    return tuple(found for member in members if (found := _range(member)))


def _range(member: str) -> Range | None:
    name, *parameters = _split(member, ";")
    weight, kept = 1.0, []
    for parameter in parameters:
        key, _, value = (part.strip() for part in parameter.partition("="))
        if key.lower() != "q":
            kept.append(f"{key.lower()}={value}")
        elif _WEIGHT.fullmatch(value):
            weight = float(value)
        else:
            return None
    return Range(name.lower(), tuple(kept), weight) if name else None


def _split(text: str, separator: str) -> Iterator[str]:
    """Yield the parts of `text` between separators that stand outside quoted strings."""
    start, quoted, escaped = 0, False, False
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = quoted
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            yield text[start:position].strip()
            start = position + 1
    yield text[start:].strip()
