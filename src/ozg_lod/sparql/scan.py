"""A lexical look at a SPARQL query: linear, without recursion, before any parser sees it.

It gives a clean refusal for what the engine must never be asked (5,000 nested parentheses end the process
with SIGSEGV; SERVICE opens connections) and tells what the engine does not: the form of the query, the
graphs its dataset clause names, and the order in which variables appear. It is courtesy; the cage is the
barrier.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from ozg_lod.core.errors import BadRequest, Forbidden, TooLarge
from ozg_lod.core.messages import Message, _
from ozg_lod.sparql.tokens import position, tokens

MAX_DEPTH: Final = 100
MAX_OPERATORS: Final = 2000

_APART: Final = re.compile(r"[.-]+")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES: Final = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"})
_VOLATILE: Final = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
_OPERATOR_WORDS: Final = frozenset({"UNION", "OPTIONAL", "MINUS", "BIND", "FILTER", "NOT", "EXISTS"})


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


@functools.lru_cache(maxsize=256)
def scan(query: str, *, max_bytes: int = 64 * 1024) -> Scan:
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
    """Return an IRI against the base, if there is one; urljoin loses the "#" of an empty fragment."""
    if not base:
        return iri
    return urljoin(base, iri) + ("#" if iri.endswith("#") else "")


def _bnode(query: str, offset: int) -> BadRequest:
    """Return why BNODE with a label is not offered: pyoxigraph 0.5.13 gives all rows the same node for a label."""
    return _at(
        query,
        offset,
        _("BNODE with a label is not offered: different rows would get the same node; write BNODE() or an IRI"),
    )


class _Reader:
    """One pass over the tokens; the state that the pass needs."""

    def __init__(self) -> None:
        self.form: str | None = None
        self.depth = 0
        self.operators = 0
        self.base = ""
        self.prefixes: dict[str, str] = {}
        self.used: dict[str, int] = {}
        self.graphs: list[str] = []
        self.named: list[str] = []
        self.variables: dict[str, None] = {}
        self.star: int | None = None
        self.volatile = False
        self.previous: list[str] = ["", ""]  # the last two tokens, words in capitals

    def read(self, query: str) -> Scan:
        labelled: int | None = None
        for kind, text, offset in tokens(query):
            self.previous = [self.previous[1], self._token(query, kind, text, offset)]
            if self.previous == ["BNODE", "("]:
                labelled = offset
            elif labelled is not None and text != ")":
                raise _bnode(query, labelled)
            else:
                labelled = None
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

    def _token(self, query: str, kind: str, text: str, offset: int) -> str:
        """Look at one token; return it as the next one sees it."""
        if kind == "word":
            return self._words(query, text.upper(), offset)
        if kind in ("open", "close", "operator"):
            self._symbol(query, kind, text, offset)
        elif kind in ("iri", "name"):
            self._name(kind, text, offset)
        elif kind == "variable":
            self.variables.setdefault(text[1:])
        return text

    def _words(self, query: str, words: str, offset: int) -> str:
        """Look at each word of `a.b-c`; return the last."""
        last = ""
        for last in _APART.split(words):
            self._word(query, last, offset)
        for _hyphen in range(words.count("-")):
            self._count(query, offset)
        return last

    def _word(self, query: str, word: str, offset: int) -> None:
        if word == "SERVICE":
            raise Forbidden(
                _(
                    "SERVICE is not offered: this endpoint never contacts other servers. Query the "
                    "other endpoint yourself and join the answers."
                ),
            )
        if self.form is None and self.depth == 0:
            if word in _FORMS:
                self.form = word
            elif word in _UPDATES:
                raise _at(
                    query,
                    offset,
                    _(
                        "{word} would change data; this endpoint only reads. Write SELECT, ASK, CONSTRUCT or DESCRIBE",
                        word=word,
                    ),
                )
        self.volatile |= word in _VOLATILE
        if word in _OPERATOR_WORDS:
            self._count(query, offset)

    def _symbol(self, query: str, kind: str, token: str, offset: int) -> None:
        if kind == "open":
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise _at(
                    query,
                    offset,
                    _("more than {MAX_DEPTH} brackets are open here; write it flatter", MAX_DEPTH=MAX_DEPTH),
                )
        elif kind == "close":
            self.depth = max(0, self.depth - 1)
        else:
            if token == "*" and self.depth == 0 and self.previous[1] in ("SELECT", "DISTINCT", "REDUCED"):  # noqa: S105
                self.star = offset
            self._count(query, offset)

    def _name(self, kind: str, token: str, offset: int) -> None:
        before, last = self.previous
        if kind == "iri" and before == "PREFIX":
            self.prefixes[last.removesuffix(":")] = self._iri(kind, token)
        elif kind == "iri" and last == "BASE":
            self.base = self._iri(kind, token)
        elif kind == "name" and last != "PREFIX":
            self.used.setdefault(token.partition(":")[0], offset)
        if self.depth == 0 and self.form is not None:
            if last == "FROM":
                self.graphs.append(self._iri(kind, token))
            elif (before, last) == ("FROM", "NAMED"):
                self.named.append(self._iri(kind, token))

    def _iri(self, kind: str, token: str) -> str:
        if kind == "iri":
            return _resolved(self.base, token[1:-1])
        prefix, _, local = token.partition(":")
        return self.prefixes.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)

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
