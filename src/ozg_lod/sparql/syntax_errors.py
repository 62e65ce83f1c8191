"""What the engine says about a query it cannot read, as a sentence with a place, and the cause where it is known."""

from __future__ import annotations

import re
from typing import Final

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import PREFIXES
from ozg_lod.sparql.scan import Scan
from ozg_lod.sparql.tokens import position

_LONG: Final = 120
_PLACE: Final = re.compile(r"error at (\d+):(\d+)")


_CAUSES: Final = (
    ("unbound", _("a variable in SELECT is neither grouped nor aggregated")),
    ("Duplicated variable", _("a variable stands twice in SELECT; name each once")),
    ("IRI parsing failed", _("this address is not absolute; write it whole, or give a BASE that is")),
)
"""What the engine says between its tokens, and what it means."""


def syntax(query: str, query_scan: Scan, complaint: str) -> BadRequest:
    """Return the engine's complaint as a sentence with a place, and the cause where the scan knows it.

    `details["declaration"]` is the line that is missing, where a prefix that everybody knows is not declared.
    """
    place = _PLACE.search(complaint)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    details: dict[str, object] = {}
    if query_scan.missing:
        prefix, offset = next(iter(query_scan.missing.items()))
        line, column = position(query, offset)
        known = PREFIXES.get(prefix)
        reason = _(
            'the prefix "{prefix}:" is not declared; add PREFIX {prefix}: <{known}>', prefix=prefix, known=known or "…"
        )
        if known:
            details["declaration"] = f"PREFIX {prefix}: <{known}>"
    else:
        reason = _explained(query, line, column, complaint)
    return BadRequest(
        _("Line {line}, column {column}: {reason}.", line=line, column=column, reason=reason),
        line=line,
        column=column,
        **details,
    )


def _explained(query: str, line: int, column: int, complaint: str) -> Message:
    """Return the cause: what is known of it, else what is expected if that can be read."""
    for sign, sentence in _CAUSES:
        if sign in complaint:
            return sentence
    if (line, column) >= position(query, len(query.rstrip())):
        missing = max(query.count("{") - query.count("}"), 0)
        hint = _("; {missing} }} may be missing", missing=missing) if missing else ""
        return _("the query ends too early here{hint}", hint=hint)
    expected = complaint.partition(": ")[2]
    if not expected or len(expected) > _LONG or "[" in expected:
        return _("the query cannot be read on from here")
    return _("the query cannot be read on from here; {expected}", expected=expected)
