"""What the engine says about a query it cannot read, as a sentence with a place, and the cause where it is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ozg_lod.errors import BadRequest
from ozg_lod.tokens import position
from ozg_lod.vocab import PREFIXES

if TYPE_CHECKING:
    from ozg_lod.scan import Scan

_LONG: Final = 120
_PLACE: Final = re.compile(r"error at (\d+):(\d+)")


def syntax(query: str, found: Scan, said: str) -> BadRequest:
    """Return the engine's complaint as a sentence with a place, and the cause where the scan knows it."""
    place = _PLACE.search(said)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    if found.missing:
        prefix, offset = next(iter(found.missing.items()))
        line, column = position(query, offset)
        known = PREFIXES.get(prefix)
        en = f'the prefix "{prefix}:" is not declared'
        de = f"das Präfix „{prefix}:“ ist nicht erklärt"
        if known:
            en, de = f"{en}; add PREFIX {prefix}: <{known}>", f"{de}; ergänzen Sie PREFIX {prefix}: <{known}>"
    else:
        rest = said.partition(": ")[2] or said
        expected = rest if len(rest) < _LONG else "something else"
        en, de = f"the query cannot be read on from here; {expected}", f"ab hier ist die Abfrage nicht lesbar; {rest}"
        if "unbound" in said:
            en = "a variable in SELECT is neither grouped nor aggregated"
            de = "eine Variable in SELECT ist weder gruppiert noch zusammengefasst"
    return BadRequest(
        f"Line {line}, column {column}: {en}.",
        f"Zeile {line}, Spalte {column}: {de}.",
        line=line,
        column=column,
    )
