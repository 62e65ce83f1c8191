"""The tokens of a SPARQL query, read in one pass that is linear in its length, whatever it contains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\r\n]*)
      | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      | (?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\")?|'''(?:[^'\\]|\\.|'(?!''))*+(?:''')?
               |"(?:[^"\\\r\n]|\\.)*+"?|'(?:[^'\\\r\n]|\\.)*+'?)  # unclosed, it runs on: no second look
      | (?P<variable>[?$]\w+)
      | (?P<language>@[A-Za-z][A-Za-z0-9-]*)
      | (?P<name>(?:\w[\w.-]*+)?:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*)
      | (?P<word>\w[\w.-]*+)  # taken as far as a prefix might go, so that nothing is read twice
      | (?P<open>[({[])
      | (?P<close>[)}\]])
      | (?P<operator>\|\||&&|[!|/^*+-])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(query: str) -> Iterator[tuple[str, str, int]]:
    """Yield kind, text and offset of each token; spaces and comments are left out."""
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or ""
        if kind != "space":
            yield kind, match[0], match.start()


def position(query: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of `offset` in `query`.

    >>> position("ASK {", 4)
    (1, 5)
    """
    before = query[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
