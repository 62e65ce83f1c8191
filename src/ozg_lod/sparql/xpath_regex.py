"""REGEX and REPLACE by the rules of XPath (Functions and Operators §7.6, XML Schema Datatypes appendix F), not of Rust.

An engine on Rust's `regex` reads `$1_` as a group of that name, takes a backslash in a replacement as it stands, knows
no back-references, and accepts what XPath calls an error. A pattern is translated to one of Python here.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

_FLAGS: Final = frozenset("smixq")
_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??")
_CATEGORY: Final = re.compile(r"\{(Is[A-Za-z0-9-]+|[LMNPZSC][a-z]?)\}")
_LAST: Final = sys.maxunicode
_ONE: Final = 2
"""Characters of an escape that stands for a single one."""
_SPACES: Final = " \\t\\n\\r"
_NAME_START: Final = (
    r"A-Z_a-z:\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
)
_NAME_START_2: Final = r"\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
_NAME: Final = _NAME_START + _NAME_START_2 + r"\-.0-9\u00b7\u0300-\u036f\u203f\u2040"
_BLOCKS: Final = {
    "BasicLatin": "\\x00-\\x7f",
    "Latin-1Supplement": "\\x80-\\xff",
    "LatinExtended-A": "\\u0100-\\u017f",
    "LatinExtended-B": "\\u0180-\\u024f",
    "Greek": "\\u0370-\\u03ff",
    "GreekandCoptic": "\\u0370-\\u03ff",
    "Cyrillic": "\\u0400-\\u04ff",
    "GeneralPunctuation": "\\u2000-\\u206f",
    "CurrencySymbols": "\\u20a0-\\u20cf",
}
"""Blocks that texts in Latin letters are asked for; another one is an error, as an unknown name is."""


class XPathError(ValueError):
    """A pattern, a replacement or flags that XPath calls an error (FORX0001 to FORX0004)."""


@functools.lru_cache(maxsize=256)
def pattern(text: str, flags: str = "") -> re.Pattern[str]:
    r"""Return the pattern of Python that matches what the pattern of XPath does; raise XPathError.

    >>> bool(pattern(r"^\p{Lu}(.)\1$").search("Ärr"))
    True
    """
    if not _FLAGS.issuperset(flags):
        raise XPathError(flags)
    translated = re.escape(text) if "q" in flags else _Translation(text, flags).whole()
    try:
        return re.compile(translated, re.DOTALL | (re.IGNORECASE if "i" in flags else re.NOFLAG))
    except (re.error, OverflowError, RecursionError) as error:
        raise XPathError(str(error)) from None


def replaced(text: str, regex: str, replacement: str, flags: str = "") -> str:
    r"""Return the text with each match replaced (fn:replace); raise XPathError, also where the empty text matches.

    >>> replaced("12345678", "^(..)(...)", "$1_$2\\$")
    '12_345$678'
    """
    compiled = pattern(regex, flags)
    if compiled.search(""):
        raise XPathError(regex)
    pieces: list[str | int] = [replacement] if "q" in flags else list(_pieces(replacement, compiled.groups))

    def written(match: re.Match[str]) -> str:
        return "".join(piece if isinstance(piece, str) else match[piece] or "" for piece in pieces)

    return compiled.sub(written, text)


def _pieces(replacement: str, groups: int) -> Iterator[str | int]:
    """Yield texts and numbers of groups; of the digits after `$` as many as make a number of a group, at least one."""
    at = 0
    while at < len(replacement):
        character, following = replacement[at], replacement[at + 1 : at + 2]
        if character == "\\" and following in ("\\", "$"):
            yield following
            at += 2
        elif character == "$" and following.isascii() and following.isdigit():
            end = at + 2
            while replacement[end : end + 1].isdigit() and int(replacement[at + 1 : end + 1]) <= groups:
                end += 1
            number = int(replacement[at + 1 : end])
            yield number if number <= groups else ""
            at = end
        elif character in "\\$":
            raise XPathError(replacement)
        else:
            yield character
            at += 1


class _Translation:
    """One pass over a pattern."""

    def __init__(self, text: str, flags: str) -> None:
        self._text = text
        self._flags = flags
        self._at = 0
        self._opened: list[int] = []
        self._groups = 0

    def whole(self) -> str:
        pieces = []
        while self._at < len(self._text):
            pieces.append(self._piece())
        return "".join(pieces)

    def _piece(self) -> str:
        character = self._text[self._at]
        if quantifier := _QUANTIFIER.match(self._text, self._at):
            self._at = quantifier.end()
            if _QUANTIFIER.match(self._text, self._at):  # possessive to Python, twice to Rust
                raise XPathError(self._text)
            return quantifier[0]
        self._at += 1
        if "x" in self._flags and character in " \t\r\n":
            return ""
        special = {"[": self._class, "\\": self._escape, "(": self._open, ")": self._close}.get(character)
        if special:
            return special()
        if character in "]{}":
            raise XPathError(self._text)
        return self._signs.get(character) or (character if character == "|" else re.escape(character))

    @functools.cached_property
    def _signs(self) -> dict[str, str]:
        lines = "m" in self._flags
        return {
            ".": "." if "s" in self._flags else r"[^\n]",
            "^": r"(?:\A|(?<=\n)(?=.))" if lines else r"\A",
            "$": r"(?:(?=\n)|\Z)" if lines else r"\Z",
        }

    def _open(self) -> str:
        if self._text.startswith("?:", self._at):
            self._at += 2
            self._opened.append(0)
            return "(?:"
        if self._text.startswith("?", self._at):
            raise XPathError(self._text)
        self._groups += 1
        self._opened.append(self._groups)
        return "("

    def _close(self) -> str:
        if not self._opened:
            raise XPathError(self._text)
        self._opened.pop()
        return ")"

    def _escape(self) -> str:
        character = self._text[self._at : self._at + 1]
        if not character.isdigit():
            content, negated = self._escaped()
            return f"(?-i:[{'^' * negated}{content}])"  # a category keeps its case whatever the flags
        end = self._at + 1
        while self._text[end : end + 1].isdigit() and int(self._text[self._at : end + 1]) <= self._groups:
            end += 1
        number, self._at = int(self._text[self._at : end]), end
        if not 0 < number <= self._groups or number in self._opened:
            raise XPathError(self._text)
        return rf"(?:\{number})"

    def _escaped(self) -> tuple[str, bool]:
        """Return what an escape stands for as the content of a class, and whether it is all but that."""
        character = self._text[self._at : self._at + 1]
        self._at += 1
        lower = character.lower()
        if character in "nrt" and character:
            return f"\\{character}", False
        if character and character in r"\|.?*+(){}-[]^$":
            return f"\\{character}", False
        if lower in ("s", "d", "i", "c"):
            content = {"s": _SPACES, "d": r"\d", "i": _NAME_START + _NAME_START_2, "c": _NAME}[lower]
            return content, character != lower
        if lower == "w":
            return _category("P") + _category("Z") + _category("C"), character == "w"
        named = _CATEGORY.match(self._text, self._at) if lower == "p" else None
        if named is None:
            raise XPathError(self._text)
        self._at = named.end()
        content = _BLOCKS.get(named[1][2:], "") if named[1].startswith("Is") else _category(named[1])
        if not content:
            raise XPathError(self._text)
        return content, character == "P"

    def _class(self) -> str:
        """Translate a class from after its `[` to its `]`, with what is subtracted (`[a-z-[aeiou]]`)."""
        negated = self._text.startswith("^", self._at)
        self._at += negated
        kept, more, less = "", [], ""
        while (character := self._text[self._at : self._at + 1]) != "]":
            self._at += 1
            if character == "-" and self._text.startswith("[", self._at):
                self._at += 1
                less = f"(?!{self._class()})"
            elif character == "\\":
                content, others = self._escaped()
                if others or len(content) > _ONE:
                    more.append(f"(?-i:[{'^' * others}{content}])")
                else:
                    kept += content
            elif character in ("", "["):
                raise XPathError(self._text)
            elif character == "-" and kept and not self._text.startswith("]", self._at):
                kept += "-"
            else:
                kept += re.escape(character)
        self._at += 1
        union = "|".join([f"[{kept}]"] * bool(kept) + more)
        return f"(?:{less}(?!{union}).)" if negated else f"(?:{less}(?:{union}))"


@functools.lru_cache(maxsize=64)
def _category(name: str) -> str:
    """Return the characters of a general category as the content of a class."""
    ranges, start = [], -1
    for code in range(_LAST + 2):
        inside = code <= _LAST and unicodedata.category(chr(code)).startswith(name)
        if inside and start < 0:
            start = code
        elif not inside and start >= 0:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = -1
    return "".join(ranges)


_STRING: Final = ox.NamedNode("http://www.w3.org/2001/XMLSchema#string")


def _texts(*terms: object) -> list[str]:
    """Return the texts; raise XPathError for what is none, and for a pattern or the like with a language."""
    texts = [term.value for term in terms if isinstance(term, ox.Literal) and term.datatype == _STRING]
    if len(texts) != len(terms):
        raise XPathError
    return texts


def _subject(term: object) -> ox.Literal:
    if not isinstance(term, ox.Literal) or (term.language is None and term.datatype != _STRING):
        raise XPathError
    return term


def _regex(term: object, *more: object) -> ox.Literal | None:
    try:
        return ox.Literal(bool(pattern(*_texts(*more)).search(_subject(term).value)))
    except XPathError:
        return None


def _replace(term: object, *more: object) -> ox.Literal | None:
    try:
        text = _subject(term)
        return ox.Literal(replaced(text.value, *_texts(*more)), language=text.language)
    except XPathError:
        return None


NAMES: Final = {"REGEX": "urn:ozg-lod:xpath#regex", "REPLACE": "urn:ozg-lod:xpath#replace"}
FUNCTIONS: Final = {ox.NamedNode(NAMES["REGEX"]): _regex, ox.NamedNode(NAMES["REPLACE"]): _replace}
"""What the engine calls in place of its own; None is an error to it."""
_NOT_PLAIN: Final = re.compile(r"[\\\[\]{}]|\(\?|[*+?][*+]|[*+?]\?[?*+]")
_SAME_ESCAPES: Final = re.compile(
    r"\\(?:[\\|.?*+(){}\[\]^$-]|[pP]\{[LMNPZSC][a-z]?\}|d)|\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 ])+\]"
)
_PLAIN_FLAGS: Final = frozenset("is")


def same_in_rust(regex: str, flags: str, replacement: str | None) -> bool:
    """Return whether Rust does the same with this pattern, flags and replacement, which is much quicker."""
    plain = regex if "i" in flags else _SAME_ESCAPES.sub("x", regex)
    if _NOT_PLAIN.search(plain) or not _PLAIN_FLAGS.issuperset(flags):
        return False
    if replacement is None:
        return True
    try:
        return not pattern(regex, flags).search("") and not set(replacement) & {"$", "\\"}
    except XPathError:
        return False
