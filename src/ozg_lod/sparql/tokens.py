"""The tokens of a SPARQL query by the terminals of its grammar (SPARQL 1.1 §19.8), read in one pass that is linear.

A `<` begins an IRI, a quoted triple or a comparison. The grammar takes the longest match, engines that parse without
a tokenizer take what fits: for them `1<2)SERVICE#>` is no IRI. So it is read here as they read it, by where it stands:
after an operand inside the brackets of an expression it compares, everywhere else it opens.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_BASE: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME: Final = f"{_BASE}_0-9\u00b7\u0300-\u036f\u203f-\u2040"
_DOTTED: Final = rf"(?:[{_NAME}-]|\.+(?=[{_NAME}-]))*+"
_ESCAPED: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_PART: Final = rf"(?:[{_NAME}:-]|{_ESCAPED})"
_LOCAL: Final = rf":(?:(?:[{_BASE}_0-9:]|{_ESCAPED})(?:{_PART}|\.+(?={_PART}))*+)?+"
_NUMBER: Final = r"[+-]?(?:[0-9]++(?:\.[0-9]*+[eE][+-]?[0-9]|\.[0-9])?|\.[0-9])[0-9]*+(?:[eE][+-]?[0-9]++)?"
_TOKEN: Final = rf"""(?P<space>[ \t\r\n]+|\#[^\r\n]*+)
      | (?P<iri><[^<>"{{}}|^`\\\x00-\x20]*+>)
      | (?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\")?|'''(?:[^'\\]|\\.|'(?!''))*+(?:''')?
               |"(?:[^"\\\r\n]|\\.)*+"?|'(?:[^'\\\r\n]|\\.)*+'?)  # unclosed, it runs on: no second look
      | (?P<variable>[?$][{_BASE}_0-9][{_NAME}]*+)
      | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
      | (?P<blank>_:[{_BASE}_0-9]{_DOTTED})
      | (?P<name>[{_BASE}]{_DOTTED}(?:{_LOCAL})?+|{_LOCAL})
      | (?P<number>{_NUMBER})
      | (?P<open>\{{\||[({{[])
      | (?P<close>\|\}}|[)}}\]])
      | (?P<operator>\|\||&&|!=|\^\^|[!|/^*+-])
      | (?P<other>>=|.)"""
_PIECE: Final = rf"(?P<number>{_NUMBER})|(?P<word>a(?=[0-9])|[{_BASE}][{_NAME}]*+)|(?P<operator>-)|(?P<other>.)"
"""What a name without a colon is made of: no second look for a colon, which would make reading quadratic."""
_OPERANDS: Final = frozenset({"iri", "text", "variable", "language", "name", "blank", "number", "close"})
QUERY, PATTERN, EXPRESSION, TERMS, ROWS = range(5)
"""What stands in a bracket: a query with its clauses, a group of patterns, an expression, terms, or rows of VALUES."""


class Token(NamedTuple):
    """One token: `kind` is the name of a group above, `text` as it is written, words in capitals.

    `depth` brackets are open around it, and `place` says what stands in the inner one; a bracket is inside of itself.
    """

    kind: str
    text: str
    offset: int
    depth: int = 0
    place: int = 0


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds a token, and a piece of a name; made when first needed, which a server never does itself."""
    return re.compile(_TOKEN, re.VERBOSE | re.DOTALL), re.compile(_PIECE)


def tokens(query: str) -> Iterator[Token]:
    """Yield the tokens; spaces and comments are left out. Kinds: those of the groups above but space."""
    token, part = _patterns()
    nesting, offset = _Nesting(), 0
    while found := token.match(query, offset):
        kind, offset = found.lastgroup or "", found.end()
        if kind == "space":
            continue
        text, start = found[0], found.start()
        if kind == "name" and ":" not in text:
            for piece in part.finditer(text):
                kind, text = piece.lastgroup or "", piece[0]
                yield nesting.take(kind, text.upper() if kind == "word" else text, start + piece.start())
            continue
        if query[start] == "<" and (kind == "other" or nesting.compares):
            kind, text = nesting.angle(query, start)
            offset = start + len(text)
        elif kind == "other" and nesting.closes_triple(query, start):
            kind, text, offset = "close", ">>", start + 2
        yield nesting.take(kind, text, start)


class _Nesting:
    """The brackets that are open where a token stands, and what may stand in them."""

    def __init__(self) -> None:
        self._contexts = [QUERY]
        self._brackets = [""]
        self._operand = False
        self._constraint = False
        self._values = False
        self._group_begins = False

    @property
    def compares(self) -> bool:
        """Return whether a `<` that stands here compares."""
        return self._operand and self._contexts[-1] == EXPRESSION

    def angle(self, query: str, start: int) -> tuple[str, str]:
        """Return kind and text of a `<` that begins no IRI."""
        following = query[start + 1 : start + 2]
        if not self.compares and following == "<":
            return "open", "<<"
        return "other", "<=" if following == "=" else "<"

    def closes_triple(self, query: str, start: int) -> bool:
        """Return whether a quoted triple ends here."""
        return self._brackets[-1] == "<<" and query.startswith(">>", start)

    def take(self, kind: str, text: str, offset: int) -> Token:
        """Return the token, and know where the next one stands."""
        if kind == "open":
            self._open(text)
        depth, place = len(self._contexts) - 1, self._contexts[-1]
        if kind == "close":
            self._close()
        elif kind == "word":
            self._word(text)
        self._group_begins = text == "{" and kind == "open"
        self._operand = kind in _OPERANDS or (kind == "word" and text.endswith(("TRUE", "FALSE")))
        return Token(kind, text, offset, depth, place)

    def _word(self, text: str) -> None:
        if self._group_begins and text.startswith("SELECT"):
            self._contexts[-1] = QUERY
        self._constraint |= ("FILTER" in text or "BIND" in text) and self._contexts[-1] == PATTERN
        self._values |= text.endswith("VALUES")

    def _open(self, bracket: str) -> None:
        self._contexts.append(self._context(bracket, self._contexts[-1]))
        self._brackets.append(bracket)
        if bracket != "[":
            self._constraint = False
        if bracket == "{":
            self._values = False

    def _context(self, bracket: str, around: int) -> int:
        """Return what stands in a bracket that opens here."""
        if around == ROWS:
            return ROWS
        if bracket == "{":
            return ROWS if self._values and around != EXPRESSION else PATTERN
        if bracket == "(" and not self._values and around != TERMS:
            return EXPRESSION if around != PATTERN or self._constraint else TERMS
        return TERMS

    def _close(self) -> None:
        if len(self._contexts) > 1:
            self._contexts.pop()
            self._brackets.pop()


def position(query: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of `offset` in `query`.

    >>> position("ASK {", 4)
    (1, 5)
    """
    before = query[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
