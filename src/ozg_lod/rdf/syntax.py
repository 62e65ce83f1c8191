"""Syntax: what the parser says about an RDF file, in words that say what would be right.

The parser speaks English and of grammar. Each of its sentences that people meet has one of ours; the rest keep theirs
in quotation marks, unless it holds an address or a word of the trade.
"""

from __future__ import annotations

import re
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Message, _

_SENTENCES: Final = (
    (
        r"The prefix (?P<it>[\w.-]*:) has not been declared",
        _('the prefix "{it}" is not declared; add a line "@prefix {it} … ." at the top'),
    ),
    (
        r"Unexpected end of file|should end with|should not be empty",
        _("the file ends in the middle of a statement; add the quotation mark, the bracket or the full stop"),
    ),
    (
        r"followed by a dot|A dot is expected",
        _('a full stop is missing before this place; end the statement with " ."'),
    ),
    (
        r"Line jumps are not allowed",
        _('the text runs over the end of the line; close it or put it in """…"""'),
    ),
    (
        r"IRI|in host|scheme|port",
        _(
            "the address holds a character that may not stand there, or is incomplete; write it in "
            "full and a space as %20"
        ),
    ),
    (
        r"subtag|language tag",
        _("the language tag is not valid; write for example @de or @en"),
    ),
    (
        r"escape|unicode",
        _("the character after \\ has no meaning; write \\\\ for the backslash itself"),
    ),
    (
        r"not a valid (?:RDF object|predicate|subject)",
        _('an address in <…>, a name with a prefix or a text in "…" must stand here'),
    ),
    (
        r"LoadDocumentCallback",
        _("the file refers to a context on the web, which is not loaded; write the context into the file"),
    ),
    (
        r"namespaces are required|RDF/XML parser",
        _("the file is not RDF/XML in UTF-8; save it anew or send Turtle"),
    ),
    (
        r"comma to add|must be followed|was expected",
        _("the JSON is not complete here; check commas, brackets and quotation marks"),
    ),
)


def explained(error: Exception, text: str, file: str) -> Finding:
    """Return the finding for an exception of the parser, with the line it stopped in."""
    line = getattr(error, "lineno", None)
    character = getattr(error, "offset", None)
    place = Location(file=file, line=line, character=character)
    lines = text.splitlines() if line is not None else []
    value = lines[line - 1].strip()[:200] if line is not None and line <= len(lines) else None
    return Finding(Severity.ERROR, "document-syntax", _sentence(str(error)), place, value=value or None)


def _sentence(reason: str) -> Message:
    for pattern, sentence in _SENTENCES:
        if match := re.search(pattern, reason):
            values = {name: text or "" for name, text in match.groupdict().items()}
            return Message(sentence.text, values)
    complaint = re.sub(r"^Parser error at line .*?: | \(line \d+\)$", "", reason)
    if not complaint or re.search(r"[<>/]|blank|sh:", complaint) or len(complaint) > 100:  # noqa: PLR2004 - a sentence
        return _("the file cannot be read from here on; check this place and the end of the statement before it")
    return _(
        "the file cannot be read from here on (the parser says: {complaint}); check this place and the end of the "
        "statement before it",
        complaint=complaint,
    )
