"""A look at the tokens of a SPARQL query: linear, without recursion, before any parser sees it.

It gives a clean refusal for what the engine must never be asked (5,000 nested parentheses end the process
with SIGSEGV; SERVICE opens connections) and tells what the engine does not: the form of the query, the
graphs its dataset clause names, and the order in which variables appear. It is courtesy; the cage is the
barrier.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.errors import BadRequest, Forbidden, TooLarge
from ozg_lod.core.messages import Message, _
from ozg_lod.core.settings import QUERY_BYTES
from ozg_lod.sparql.tokens import EXPRESSION, PATTERN, TERMS, Token, position, tokens

MAX_DEPTH: Final = 100
MAX_OPERATORS: Final = 2000
MAX_VARIABLES: Final = 10_000
"""The engine takes quadratic time for columns: 0.2 s for so many, 17 s for 100,000."""
MAX_OPERANDS: Final = 30_000
MAX_TERMS: Final = 6_000
"""Outside of expressions and VALUES. A list of 8,000 ends the process (pyoxigraph 0.5.13), whose algebra is a tree."""

_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES: Final = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"})
_TERMS: Final = frozenset({"iri", "name", "blank", "variable", "text", "number"})
_VOLATILE: Final = ("NOW", "RAND", "UUID", "BNODE")
_OPERATOR_WORDS: Final = frozenset(
    {"UNION", "OPTIONAL", "MINUS", "BIND", "FILTER", "NOT", "EXISTS", "AS", "GRAPH", "LATERAL", "VALUES"}
)
_KEYWORD: Final = re.compile(
    "SELECT|ASK|CONSTRUCT|DESCRIBE|SERVICE|FROM|NAMED|DISTINCT|REDUCED|UNION|OPTIONAL|MINUS|BIND|FILTER|NOT|EXISTS"
)
"""What an engine without a tokenizer also finds inside a word or a name: `1SERVICE`, `FROMNAMED`, `trueFILTER`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look at a query tells.

    `graphs` and `named` are the IRIs of FROM and FROM NAMED; `star` is the offset of the `*` of an outermost
    `SELECT *`; `variables` are in order of appearance; `missing` maps each prefix that is used and not
    declared to the offset of its first use; `volatile` says that asking twice may give two answers (NOW, RAND, …).
    """

    form: str | None
    graphs: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    star: int | None = None
    variables: tuple[str, ...] = ()
    missing: dict[str, int] = field(default_factory=dict)
    volatile: bool = False


_PROLOGUE: Final = re.compile(
    r"[ \t\r\n]*+(?:(?:PREFIX[ \t\r\n]++[\w.-]*+:|BASE)[ \t\r\n]*+<[^<>\"{}|^`\\\s]*+>[ \t\r\n]*+)*+"
    r"(SELECT|ASK|CONSTRUCT|DESCRIBE)(?=[ \t\r\n{(<?$])",
    re.IGNORECASE,
)
_WANTS_SCAN: Final = ("SERVICE", "FROM", *_VOLATILE, "\\", "*", "\0")
"""What a scan is for, wherever it stands, in strings and names too."""
_SHORT: Final = 2000
"""Characters; what is as short passes no limit but that of open brackets."""


def short_scan(query: str, *, max_bytes: int = QUERY_BYTES) -> Scan:
    """Return what `scan` tells, but neither variables nor undeclared prefixes of a query that is plainly harmless.

    Such a query is short, says its form after nothing but declarations, has few brackets, and nothing that a scan is
    for; so it is never taken for harmless where it is not.
    """
    prologue = _PROLOGUE.match(query) if len(query) <= min(_SHORT, max_bytes // 4) else None
    if prologue is not None:
        upper = query.upper()
        brackets = upper.count("(") + upper.count("{") + upper.count("[")
        if brackets < MAX_DEPTH and not any(word in upper for word in _WANTS_SCAN):
            return Scan(form=prologue[1].upper())
    return scan(query, max_bytes=max_bytes)


@functools.lru_cache(maxsize=16)
def scan(query: str, *, max_bytes: int = QUERY_BYTES) -> Scan:
    """Return what a look at `query` tells, or raise `TooLarge`, `BadRequest` or `Forbidden` with a place."""
    _check_size(query, max_bytes)
    if "\\" in query:  # an escaped keyword is not one to the engine we have; the next engine may differ
        _Reader().read(_ESCAPE.sub(_unescaped, query))
    return _Reader().read(query)


def _check_size(query: str, max_bytes: int) -> None:
    size = len(query.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise TooLarge(
            _(
                "The query has {size:,} bytes; at most {max_bytes:,} are read. Shorten it or split it.",
                size=size,
                max_bytes=max_bytes,
            ),
            limit_bytes=max_bytes,
        )
    offset = query.find("\x00")
    if offset >= 0:
        raise _at(query, offset, _("NUL is not allowed in a query"))


def _unescaped(match: re.Match[str]) -> str:
    return chr(min(int(match[1] or match[2], 16), 0x10FFFF))


def _at(query: str, offset: int, reason: Message) -> BadRequest:
    line, column = position(query, offset)
    return BadRequest(
        _("Line {line}, column {column}: {reason}.", line=line, column=column, reason=reason), line=line, column=column
    )


def _resolved(base: str, iri: str) -> str:
    """Return an IRI against the base, if there is one, as the engine does it (RFC 3986 §5)."""
    if not base:
        return iri
    try:
        subject = next(iter(ox.parse(f"<{iri}> <> <> .", ox.RdfFormat.TURTLE, base_iri=base))).subject
        return subject.value if isinstance(subject, ox.NamedNode) else iri
    except (SyntaxError, ValueError):
        return iri


def _bnode(query: str, offset: int) -> BadRequest:
    """Return why BNODE with a label is not offered: pyoxigraph 0.5.13 gives all rows the same node for a label."""
    return _at(
        query,
        offset,
        _("BNODE with a label is not offered: different rows would get the same node; write BNODE() or an IRI"),
    )


def _service() -> Forbidden:
    return Forbidden(
        _(
            "SERVICE is not offered: this endpoint never contacts other servers. Query the "
            "other endpoint yourself and join the answers."
        ),
    )


class _Reader:
    """One pass over the tokens; the state that the pass needs."""

    def __init__(self) -> None:
        self.form: str | None = None
        self.operators = 0
        self.terms = 0
        self.operands = 0
        self.base = ""
        self.prefixes: dict[str, str] = {}
        self.used: dict[str, int] = {}
        self.graphs: list[str] = []
        self.named: list[str] = []
        self.variables: dict[str, None] = {}
        self.star: int | None = None
        self.volatile = False
        self.words = ("", "")  # the last two tokens, words one by one
        self.labelled: int | None = None
        self.service_name = False

    def read(self, query: str) -> Scan:
        for token in tokens(query):
            self._check_pair(query, token)
            if (token.place in (PATTERN, TERMS) and token.kind in _TERMS) or token.kind == "open":
                self._count_term(query, token.offset)
            elif token.place == EXPRESSION and token.kind in _TERMS:
                self._count_operand()
            if token.kind == "word":
                self._keywords(query, token)
            else:
                self._other(query, token)
                self.words = (self.words[1], token.text)
        missing = {prefix: offset for prefix, offset in self.used.items() if prefix not in self.prefixes}
        return Scan(
            form=self.form,
            graphs=tuple(self.graphs),
            named=tuple(self.named),
            star=self.star,
            variables=tuple(self.variables),
            missing=missing,
            volatile=self.volatile,
        )

    def _check_pair(self, query: str, token: Token) -> None:
        """Refuse what only two tokens show: a label of BNODE, and `SERVICE:x {`, where SERVICE:x looks like a name."""
        if self.labelled is not None and token.text != ")":
            raise _bnode(query, self.labelled)
        if self.service_name and token.text == "{":
            raise _service()
        self.labelled = token.offset if self.words[1] == "BNODE" and token.text == "(" else None
        self.service_name = False

    def _keywords(self, query: str, token: Token) -> None:
        """Look at each keyword of a word."""
        known = token.text in _OPERATOR_WORDS or token.text in _UPDATES
        for word in [token.text] if known else _KEYWORD.findall(token.text) or [token.text]:
            self._keyword(query, word, token)
            self.words = (self.words[1], word)
        self.volatile |= any(word in token.text for word in _VOLATILE)

    def _keyword(self, query: str, word: str, token: Token) -> None:
        if word == "SERVICE":
            raise _service()
        if self.form is None and token.depth == 0:
            if word in _FORMS:
                self.form = word
            elif word in _UPDATES:
                raise _at(
                    query,
                    token.offset,
                    _(
                        "{word} would change data; this endpoint only reads. Write SELECT, ASK, CONSTRUCT or DESCRIBE",
                        word=word,
                    ),
                )
        if word in _OPERATOR_WORDS:
            self._count(query, token.offset)

    def _other(self, query: str, token: Token) -> None:
        if token.kind == "iri":
            self._iri(token)
        elif token.kind == "name":
            self._name(token)
        elif token.kind == "variable":
            self._variable(query, token)
        elif token.kind == "open" and token.depth > MAX_DEPTH:
            raise _at(
                query,
                token.offset,
                _("more than {MAX_DEPTH} brackets are open here; write it flatter", MAX_DEPTH=MAX_DEPTH),
            )
        elif token.kind == "operator" or (token.kind == "number" and token.text[0] in "+-"):
            if token.text == "*" and token.depth == 0 and self.words[1] in ("SELECT", "DISTINCT", "REDUCED"):
                self.star = token.offset
            self._count(query, token.offset)

    def _variable(self, query: str, token: Token) -> None:
        self.variables.setdefault(token.text[1:])
        if len(self.variables) > MAX_VARIABLES:
            reason = _("the query has more than {MAX_VARIABLES} variables", MAX_VARIABLES=MAX_VARIABLES)
            raise _at(query, token.offset, reason)

    def _iri(self, token: Token) -> None:
        iri = _resolved(self.base, token.text[1:-1])
        before, last = self.words
        if before == "PREFIX":
            self.prefixes[last.removesuffix(":")] = iri
        elif last == "BASE":
            self.base = iri
        elif token.depth == 0:
            self._dataset(self.words, iri)

    def _name(self, token: Token) -> None:
        prefix = token.text.partition(":")[0]
        if self.words[1] == "PREFIX":
            return
        keywords = ["", *_KEYWORD.findall(prefix.upper())]
        if token.depth == 0 and prefix not in self.prefixes and "FROM" in keywords:
            self._dataset(keywords[-2:], self._full(token.text[len(prefix) :]))
            return
        self.service_name = "SERVICE" in keywords and self.words[1] != "GRAPH"
        self.used.setdefault(prefix, token.offset)
        if token.depth == 0:
            self._dataset(self.words, self._full(token.text))

    def _dataset(self, words: Sequence[str], iri: str) -> None:
        """Take an IRI into the dataset if the two words before it say so."""
        if self.form is not None and words[1] == "FROM":
            self.graphs.append(iri)
        elif self.form is not None and tuple(words) == ("FROM", "NAMED"):
            self.named.append(iri)

    def _full(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return self.prefixes.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)

    def _count_operand(self) -> None:
        """Count a term of an expression, all of which are looked at for each row."""
        self.operands += 1
        if self.operands > MAX_OPERANDS:
            reason = _(
                "The expressions have more than {MAX_OPERANDS} terms; put data into VALUES.", MAX_OPERANDS=MAX_OPERANDS
            )
            raise TooLarge(reason, limit=MAX_OPERANDS)

    def _count_term(self, query: str, offset: int) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise _at(
                query,
                offset,
                _("the patterns have more than {MAX_TERMS} terms; put data into VALUES", MAX_TERMS=MAX_TERMS),
            )

    def _count(self, query: str, offset: int) -> None:
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            raise _at(
                query,
                offset,
                _(
                    "the query has more than {MAX_OPERATORS} operators; ask in several queries",
                    MAX_OPERATORS=MAX_OPERATORS,
                ),
            )
