"""The tokens of a query are those that the engine reads: held against it on generated and mutated queries.

The engine tells no tokens, so it is asked twice: for the query as it is, and for its tokens with spaces between them.
Where it can read the first it must read the second, and find the same. A service that no token shows must never be
contacted either.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyoxigraph as ox
import pytest

from ozg_lod.core.errors import OzgLodError
from ozg_lod.sparql.scan import scan, short_scan
from ozg_lod.sparql.tokens import tokens

COUNT = int(os.environ.get("OZG_GENERATED", "20000"))
TERMS = ["?s", "?o", "$x", "<a:a>", "<a:b>", ":a", "p:b.c", "p:", "1", "-2.5", "1.e5", ".5", "true", "false"]
TEXTS = ['"a"', "'b'@en-DE", '"""x"y"""', '"1"^^<a:t>', "'a<b'", '"#"', "'''q'''"]
COMPARED = ["<", "<=", ">", ">=", "=", "!=", "&&", "||", "+", "-", "*", "/"]


class Writer:
    """Writes random queries; each piece is one token, so that what stands between them can be anything or nothing."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.pieces: list[str] = []

    def query(self) -> list[str]:
        self.pieces = ["PREFIX", ":", "<a:>", "PREFIX", "p:", "<a:p>"]
        form = self.random.choice(["ASK", "SELECT", "SELECT", "DESCRIBE"])
        self.pieces.append(form)
        if form == "SELECT":
            self._projection()
        if form == "DESCRIBE":
            self.pieces.append(self._one("<a:a>", "?s", ":a"))
        if self._chance(0.2):
            self.pieces += [*self._one(["FROM"], ["FROM", "NAMED"]), self._one("<a:g>", ":g")]
        self.pieces += self._one(["WHERE"], [])
        self._group(2)
        if form == "SELECT" and self._chance(0.3):
            self.pieces += ["ORDER", "BY", self._one("ASC", "DESC"), "("]
            self._expression(1)
            self.pieces.append(")")
        return self.pieces

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def _projection(self) -> None:
        if self._chance(0.4):
            self.pieces.append("*")
            return
        self.pieces += self._one(["DISTINCT"], [])
        for number in range(self.random.randint(1, 3)):
            self.pieces.append("(")
            self._expression(2)
            self.pieces += ["AS", f"?n{number}", ")"]

    def _group(self, depth: int) -> None:
        self.pieces.append("{")
        for _ in range(self.random.randint(0, 3)):
            self._one(self._triple, self._filter, self._bind, self._values, lambda: self._nested(depth))()
        self.pieces.append("}")

    def _triple(self) -> None:
        self.pieces += [self._one("?s", "<a:a>", ":a", "_:b1"), self._one("?p", "<a:b>", ":b", "a", "^ <a:b>")]
        if self._chance(0.2):
            self.pieces += ["(", self._one(*TERMS), self._one(*TEXTS), "<a:c>", ")"]
        elif self._chance(0.2):
            self.pieces += ["<<", "<a:a>", "<a:b>", "?q", ">>"]
        else:
            self.pieces.append(self._one(*TERMS, *TEXTS))
        self.pieces += self._one(["."], ["."], [])

    def _filter(self) -> None:
        self.pieces.append("FILTER")
        if self._chance(0.2):
            self.pieces += self._one(["EXISTS"], ["NOT", "EXISTS"])
            self._group(0)
            return
        self.pieces += self._one([], [], ["ABS"], ["!"][:0])
        self.pieces.append("(")
        self._expression(2)
        self.pieces.append(")")

    def _bind(self) -> None:
        self.pieces += ["BIND", "("]
        self._expression(2)
        self.pieces += ["AS", f"?b{len(self.pieces)}", ")"]

    def _values(self) -> None:
        self.pieces += ["VALUES", "?v", "{", self._one(*TERMS[3:]), "<a:a>", "UNDEF", "}"]

    def _nested(self, depth: int) -> None:
        if depth:
            self.pieces += self._one(["OPTIONAL"], ["MINUS"], [], ["GRAPH", "<a:g>"], ["GRAPH", "?g"])
            self._group(depth - 1)
            if self._chance(0.3):
                self.pieces.append("UNION")
                self._group(depth - 1)

    def _expression(self, depth: int) -> None:
        if self._chance(0.2):
            self.pieces.append(self._one("!", "-", "+"))
        choice = self.random.random()
        if depth and choice < 0.2:
            self.pieces.append("(")
            self._expression(depth - 1)
            self.pieces.append(")")
        elif depth and choice < 0.4:
            self.pieces += ["IF", "("]
            for comma in (",", ",", ")"):
                self._expression(depth - 1)
                self.pieces.append(comma)
        elif choice < 0.5:
            self.pieces += [self._one("?o", "1"), *self._one(["IN"], ["NOT", "IN"]), "(", "<a:a>", ",", "2", ")"]
        else:
            self.pieces.append(self._one(*TERMS, *TEXTS))
        if depth and self._chance(0.6):
            self.pieces.append(self._one(*COMPARED))
            self._expression(depth - 1)


def joined(pieces: list[str], chooser: random.Random) -> str:
    """Return the pieces with nothing, a space or a comment between them."""
    return "".join(piece + chooser.choice(["", "", "", " ", "\n", "#>\n", "#c<\n"]) for piece in pieces)


def mutated(query: str, chooser: random.Random) -> str:
    """Return the query with a piece of it cut out, doubled or moved, or a sign put in."""
    start = chooser.randrange(len(query))
    end = min(len(query), start + chooser.randint(1, 6))
    piece = query[start:end]
    at = chooser.randrange(len(query))
    return chooser.choice(
        [
            query[:start] + query[end:],
            query[:end] + piece + query[end:],
            query[:at] + piece + query[at:],
            query[:at] + chooser.choice("<>()#\"'?:.;,_@^|{}[]1aA-") + query[at:],
        ]
    )


@pytest.fixture(scope="module")
def store() -> ox.Store:
    store = ox.Store()
    store.load(
        b"<a:a> <a:b> 1, 'a', <a:c>, true . <a:c> <a:b> 2.5, 'b'@en . <a:a> a <a:b> .", format=ox.RdfFormat.TURTLE
    )
    store.load(b"<a:a> <a:b> 3 .", format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("a:g"))
    return store


def answer(store: ox.Store, query: str) -> list[str] | str | None:
    """Return what the engine finds, in an order of its own; None where it cannot read the query."""
    try:
        results = store.query(query)
    except (SyntaxError, ValueError, RuntimeError):
        return None
    if isinstance(results, ox.QueryBoolean):
        return str(bool(results))
    try:
        return sorted(str(result) for result in results)
    except (ValueError, RuntimeError, OSError):
        return "no answer"


def generated(seed: int) -> str:
    chooser = random.Random(seed)  # noqa: S311
    query = joined(Writer(seed).query(), chooser)
    for _ in range(chooser.choice([0, 0, 1, 2])):
        query = mutated(query, chooser)
    return query


def test_the_tokens_of_what_the_engine_reads_mean_the_same_apart(store: ox.Store) -> None:
    read = 0
    for seed in range(COUNT):
        query = generated(seed)
        with contextlib.suppress(OzgLodError):
            scan(query)
            found = answer(store, query)
            if found is not None:
                read += 1
                apart = " ".join(query[token.offset : token.offset + len(token.text)] for token in tokens(query))
                assert answer(store, apart) == found, (seed, query, apart)
    assert read > COUNT / 10


def test_a_short_scan_never_misses_what_a_scan_tells() -> None:
    short = 0
    for seed in range(COUNT):
        query = generated(seed)
        try:
            known = short_scan(query)
        except OzgLodError:
            continue
        if known.variables or known.missing:
            continue  # it was a whole one
        whole = scan(query)  # which raises nothing either
        short += 1
        assert replace(whole, variables=(), missing={}) == known, (seed, query)
    assert short > COUNT / 40


@pytest.fixture(scope="module")
def canary() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def test_a_service_that_no_token_shows_is_never_contacted(store: ox.Store, canary: socket.socket) -> None:
    address = f"<http://127.0.0.1:{canary.getsockname()[1]}/>"
    refused = 0
    for seed in range(COUNT // 4):
        chooser = random.Random(seed)  # noqa: S311
        pieces = Writer(seed).query()
        at = chooser.choice([n for n, piece in enumerate(pieces) if piece in ("{", "}")])
        pieces[at + (pieces[at] == "{") : at + (pieces[at] == "{")] = ["SERVICE", address, "{", "}"]
        query = joined(pieces, chooser)
        query = mutated(query, chooser) if chooser.random() < 0.3 else query
        try:
            scan(query)
        except OzgLodError:
            refused += 1
            continue
        answer(store, query)
        with pytest.raises(BlockingIOError):
            canary.accept()
    assert refused > COUNT // 8
