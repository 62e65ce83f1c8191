"""Folding: one spelling for what people type and for what the data say, and the way back to mark it.

A folded text has small letters, digits and single spaces. Of umlauts there are two readings, and both are indexed:
*plain* takes the dots away (`Bauanträge` is `bauantrage`), *contracted* also takes `ae`, `oe` and `ue` for umlauts
(`Bauantraege` is `bauantrage` too). Contracted alone would lose words inside compounds: `Bauerlaubnis` becomes
`baurlaubnis`, in which nobody finds `erlaubnis`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final

SHORTEST_PART: Final = 3
"""Shorter words are found where a word begins, longer ones inside words too (the index is of three letters each)."""

_VOWELS: Final = frozenset("aou")
_DIGRAPH: Final = re.compile("([aou])e")
_CHARACTERS: Final = 4096


def fold(text: str) -> str:
    """Return the plain reading.

    >>> fold("Groß-Muster, Straße 5")
    'gross muster strasse 5'
    """
    return " ".join("".join(map(_pieces, text)).split())


def contract(folded: str) -> str:
    """Return the contracted reading of a plain one.

    >>> contract(fold("Bauantraege")) == contract(fold("Bauanträge"))
    True
    """
    return _DIGRAPH.sub(r"\1", folded)


def readings(text: str) -> tuple[str, ...]:
    """Return the plain and, where it differs, the contracted reading."""
    plain = fold(text)
    return tuple(dict.fromkeys((plain, contract(plain))))


def spans(text: str, words: Collection[str]) -> list[tuple[int, int]]:
    """Return where folded words stand in `text` as (start, end), in order and not overlapping.

    >>> spans("Meißener Straße", ["strasse", "meiss"])
    [(0, 4), (9, 15)]
    """
    plain = list(_plain(text))
    ranges: list[tuple[int, int]] = []
    for reading, letters in ((str, plain), (contract, list(_contracted(plain)))):
        line = "".join(letter for letter, _ in letters)
        for word in {reading(word) for word in words} - {""}:
            ranges += [_origin(letters, text, at, len(word)) for at in _occurrences(line, word)]
    return _joined(ranges)


def _plain(text: str) -> Iterator[tuple[str, int]]:
    """Yield each folded letter with the place it comes from; whatever is no letter or digit parts words."""
    after_space = True
    for place, character in enumerate(text):
        for letter in _pieces(character):
            if letter != " " or not after_space:
                yield letter, place
            after_space = letter == " "


@lru_cache(_CHARACTERS)
def _pieces(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character.casefold())
    letters = (letter for letter in plain.casefold() if not unicodedata.combining(letter))
    return "".join(letter if letter.isalnum() else " " for letter in letters)


def _contracted(letters: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    before = ""
    for letter, place in letters:
        if not (letter == "e" and before in _VOWELS):
            yield letter, place
        before = letter


def _occurrences(line: str, word: str) -> Iterator[int]:
    at = line.find(word)
    while at >= 0:
        if len(word) >= SHORTEST_PART or line[at - 1 : at] in {"", " "}:
            yield at
        at = line.find(word, at + len(word))


def _origin(letters: list[tuple[str, int]], text: str, at: int, length: int) -> tuple[int, int]:
    """Return the part of the text that `length` folded letters from `at` come from, its last accents included."""
    following = at + length
    last = letters[following - 1][1] + 1
    end = letters[following][1] if following < len(letters) else len(text)
    while last < end and not _pieces(text[last]):
        last += 1
    return letters[at][1], last


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    whole: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole
