"""What another SPARQL engine may be asked, so that no answer is a wrong count.

Oxigraph server evaluates as our own engine does and gets everything but questions about named graphs (a backend holds
only the merge of them). Any other engine gets the queries of a closed list: patterns of IRIs, variables and texts,
UNION, sequence, alternative and inverse paths, DISTINCT, COUNT and GROUP BY. Measured on Virtuoso 7.2.5, everything
outside of it goes wrong somewhere with status 200: a date range, OPTIONAL before a join, MINUS, `dct:isPartOf+`,
`7/2`, MIN of texts (`docs/cluster.md` has each with its query). What is not asked there is answered from the snapshot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ozg_lod.core.settings import OXIGRAPH
from ozg_lod.core.vocab import XSD
from ozg_lod.sparql import tokens as sparql_tokens
from ozg_lod.sparql.repair import rewritten
from ozg_lod.sparql.tokens import Token

_WORDS: Final = frozenset(
    {"PREFIX", "BASE", "SELECT", "ASK", "WHERE", "DISTINCT", "COUNT", "AS", "UNION", "A", "GROUP", "BY", "ORDER", "ASC"}
    | {"DESC", "LIMIT", "OFFSET"}
)
_SIGNS: Final = frozenset("{}().;,/|^*")
_SIGN_KINDS: Final = frozenset({"open", "close", "operator", "other"})
_DATASET: Final = frozenset({"FROM", "GRAPH"})
_OWN_FUNCTIONS: Final = ("bif:", "sql:", "http://www.openlinksw.com/")
KEPT: Final = frozenset(
    XSD + name for name in ("string", "integer", "decimal", "date", "dateTime", "gYear", "gYearMonth", "anyURI")
)
"""Datatypes whose values every engine tried gives back; a boolean comes back from Virtuoso as 1, P5Y as 60."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers behind an endpoint; `same` says that it evaluates as our own engine does."""

    name: str
    same: bool

    @classmethod
    def of(cls, name: str) -> Engine:
        """Return the engine of a name that an operator gives; any but Oxigraph is trusted with little."""
        return cls(name, same=name == OXIGRAPH)


def stays_here(query: str, engine: Engine) -> str | None:
    """Return why a query is answered from the snapshot and not by `engine`; None where the engine may be asked.

    >>> stays_here("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", Engine("Virtuoso/7", same=False))
    >>> stays_here("SELECT ?s { ?s <urn:p>+ ?o }", Engine("Virtuoso/7", same=False))
    "'+'"
    """
    tokens = list(sparql_tokens.tokens(query))
    words = {token.text for token in tokens if token.kind == "word"}
    if "\\" in query and not engine.same:
        return "an escape"
    if words & _DATASET:
        return "a named graph"
    if engine.same:
        return None if rewritten(query) is None else "a function that is ours"
    return _outside(tokens) or _sorted_by_text(tokens) or _joined_on_values(tokens)


def _outside(tokens: Sequence[Token]) -> str | None:
    """Return the first thing that is not on the closed list."""
    nothing = Token("", "", 0)
    for earlier, before, token in zip([nothing, nothing, *tokens], [nothing, *tokens], tokens, strict=False):
        if token.kind == "word" and token.text not in _WORDS:
            return token.text
        if token.kind == "number" and not _is_limit(before, token):
            return token.text
        if token.kind == "iri" and token.text[1:].startswith(_OWN_FUNCTIONS):
            return "a function of the engine"
        if token.kind == "text" and not _is_closed(token.text):
            return "a text without end"
        if token.kind in _SIGN_KINDS and (sign := _sign(earlier, before, token)):
            return sign
    return None


def _is_closed(text: str) -> bool:
    quote = text[:3] if text[:3] in ('"""', "'''") else text[0]
    return text.endswith(quote) and len(text) >= 2 * len(quote)


def _is_limit(before: Token, token: Token) -> bool:
    return token.text.isdigit() and before.text in ("LIMIT", "OFFSET")


def _sign(earlier: Token, before: Token, token: Token) -> str | None:
    if token.text not in _SIGNS:
        return repr(token.text)
    if token.text == "*" and (earlier.text, before.text) == ("(", "DISTINCT"):
        return "COUNT(DISTINCT *)"
    if token.text == "*" and before.text not in ("(", "SELECT", "DISTINCT"):
        return "a path with *"
    return None


def _sorted_by_text(tokens: Sequence[Token]) -> str | None:
    """Return why sorting is not left to the engine: only numbers that COUNT made are sorted alike everywhere."""
    texts = [token.text for token in tokens]
    if "ORDER" not in texts:
        return None
    numbers = {
        tokens[at + 1].text
        for at, text in enumerate(texts)
        if text == "AS" and at + 1 < len(texts) and tokens[at + 1].kind == "variable"
    }
    keys = {token.text for token in tokens[texts.index("ORDER") :] if token.kind == "variable"}
    return None if keys <= numbers else "ORDER BY a value"


def _joined_on_values(tokens: Sequence[Token]) -> str | None:
    """Return why a join is not left to the engine: a variable may be a literal on both sides, and 1 would join true."""
    texts = [token.text for token in tokens]
    start = texts.index("{") if "{" in texts else 0
    end = len(texts) - texts[::-1].index("}") if "}" in texts else len(texts)
    body = tokens[start:end]
    often = Counter(token.text for token in body if token.kind == "variable")
    subjects = {token.text for before, token in pairwise(body) if before.text in ("{", "}", ".")}
    for name, count in often.items():
        if count > 1 and name not in subjects:
            return f"a join on {name}"
    return None
