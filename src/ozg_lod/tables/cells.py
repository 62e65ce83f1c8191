"""Cells: the text of one cell read as a value, or one sentence that says why not and what would be right.

Nothing is guessed and nothing is changed silently. A suggestion is made only where the text has one reading:
"Oktober 2020" is the month 2020-10, "Herbst 20" is nothing in particular, "1.000" may be one or a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.messages import Message, _
from ozg_lod.core.spelling import nearest
from ozg_lod.core.vocab import GEO
from ozg_lod.rdf.lexical import canonical, is_legal
from ozg_lod.tables import repairs
from ozg_lod.tables.datatypes import AllowedValue, CellFault, Datatype, chosen, listed, nearest_choice, shown


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a datatype is called, how it is written, and what else certainly means it."""

    name: Message
    example: str
    sure: Callable[[str], str | None]


def read(text: str, datatype: Datatype) -> str | CellFault:
    """Return the canonical lexical form of `text` in `datatype`, or what is wrong with it.

    Space around a value that is not text does not count (CSVW metadata vocabulary §6.4).
    """
    if datatype.choices:
        return _read_choice(text, datatype.choices)
    if datatype.base == "string":
        return _read_string(text, datatype.format, datatype.example)
    kind = _KINDS[datatype.base]
    value = " ".join(text.split())
    if is_legal(value, datatype.iri) and not _has_zone(value, datatype.base):
        return _ADDRESS_START.sub(lambda start: start[0].lower(), canonical(value, datatype.base))
    sure = kind.sure(value)
    if sure is not None and is_legal(sure, datatype.iri):
        return CellFault(_sentence(text, kind.name, sure=sure), sure)
    return CellFault(_sentence(text, kind.name, example=datatype.example or kind.example))


def example(datatype: Datatype) -> str | None:
    """Return a value as it would be right, or None where nothing general can be said."""
    if datatype.example or datatype.choices:
        return datatype.example or datatype.choices[0].name("de")
    return _KINDS[datatype.base].example if datatype.base in _KINDS else None


def _has_zone(value: str, base: str) -> bool:
    """Tell whether a date carries a time zone: a comparison with one that has none is an error in SPARQL."""
    return base in {"date", "gYear", "gYearMonth"} and re.search(r"Z$|[+-]\d\d:\d\d$", value) is not None


def _sentence(text: str, wanted: Message, *, sure: str = "", example: str = "") -> Message:
    if sure:
        return _('"{value}" is not {wanted}; write {sure}', value=shown(text), wanted=wanted, sure=sure)
    return _(
        '"{value}" is not {wanted}; write for example {example}', value=shown(text), wanted=wanted, example=example
    )


def _read_choice(text: str, allowed: tuple[AllowedValue, ...]) -> str | CellFault:
    notation = chosen(text, allowed)
    if notation is not None:
        return notation
    near = nearest_choice(text, allowed)
    hint = _("; did you mean {name}?", name=near.label) if near else ""
    return CellFault(
        _(
            '"{value}" is not offered; write one of: {choices}{hint}',
            value=shown(text),
            choices=listed(allowed),
            hint=hint,
        )
    )


def _read_string(text: str, form: re.Pattern[str] | None, sample: str) -> str | CellFault:
    if form is None or form.fullmatch(text):
        return text
    wanted, words = _described(form.pattern)
    guesses = [] if repairs.is_short(text.strip(), form) else _spellings(text, words)
    sure = next((guess for guess in guesses if form.fullmatch(guess)), None)
    if sure is not None:
        return CellFault(
            _(
                '"{value}" does not have the right form ({wanted}); write {sure}',
                value=shown(text),
                wanted=wanted,
                sure=sure,
            ),
            sure,
        )
    near = nearest(text, words)
    hint: Message | str = _("; did you mean {near}?", near=near[0]) if near else ""
    if sample and not near:
        hint = _("; write for example {sample}", sample=sample)
    return CellFault(
        _(
            '"{value}" does not have the right form; right is: {wanted}{hint}',
            value=shown(text),
            wanted=wanted,
            hint=hint,
        )
    )


def _spellings(text: str, words: list[str]) -> list[str]:
    """Return what the text means when a program or a habit changed it: lost leading zero, spaces, capitals."""
    bare = text.strip()
    joined = re.sub(r"\s", "", bare)
    digits = joined[:-2] if re.fullmatch(r"\d+[.,]0", joined, re.ASCII) else joined
    zero = ["0" + digits] if digits.isascii() and digits.isdigit() else []
    folded = [word for word in words if word.casefold() == bare.casefold()]
    return [bare, bare.lower(), *folded, *([joined, digits, *zero] if zero else [])]


def _described(pattern: str) -> tuple[Message, list[str]]:
    """Return a regular expression in words, and its choices where it is a plain list of words."""
    if parts := _GROUP.findall(pattern):
        return _either([_described(part)[0] for part in parts]), []
    if match := re.fullmatch(r"(\d*)(?:\[0-9\]|\\d)\{(\d+)\}", pattern):
        return _digits(match[1], len(match[1]) + int(match[2])), []
    words = pattern.removeprefix("(").removesuffix(")").removeprefix("?:").split("|")
    if all(re.fullmatch(r"[\w ./-]+", word) for word in words):
        return _("one of {listed}", listed=", ".join(words)), words
    return _PATTERNS.get(pattern, _("the pattern {pattern}", pattern=pattern)), []


def _either(forms: Sequence[Message]) -> Message:
    pause = "," if any("," in str(form) for form in forms) else ""
    either = forms[0]
    for form in forms[1:]:
        either = _("{first}{pause} or {second}", first=either, pause=pause, second=form)
    return either


def _digits(start: str, count: int) -> Message:
    if start:
        return _("{count} digits, starting with {start}", count=count, start=start)
    return _("{count} digits", count=count)


_ADDRESS_START: Final = re.compile(r"^[A-Za-z]+://[^/?#]*")
"""What of an address is the same in capitals (RFC 3986 §6.2.2.1)."""
_GROUP: Final = re.compile(r"\(\?P<\w+>([^()]*)\)")
_SMALL: Final = _("only small letters a to z, digits and hyphen")
_PATTERNS: Final = {
    r"[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+": _("an e-mail address"),
    "[A-Za-z0-9-]+": _("only letters a to z, digits and hyphen"),
    **dict.fromkeys(("[a-z0-9-]+", "[a-z][a-z0-9-]*", "[a-z0-9][a-z0-9-]*"), _SMALL),
}
"""Forms that have a name."""
_KINDS: Final = {
    "integer": _Kind(_("a whole number"), "12", repairs.integer),
    "decimal": _Kind(_("a number"), "15.5", repairs.decimal),
    "boolean": _Kind(_("true or false"), "true", repairs.boolean),
    "date": _Kind(_("a date"), "2020-10-01", repairs.date),
    "gYear": _Kind(_("a year"), "2020", repairs.year),
    "gYearMonth": _Kind(_("a month"), "2020-10", repairs.month),
    "anyURI": _Kind(_("a web address"), "https://www.example.de/", repairs.address),
    "yearMonthDuration": _Kind(_("a duration"), "P5Y", repairs.duration),
}

BASES: Final = ("string", *_KINDS)
"""The datatypes a column may have."""

DERIVED: Final = (GEO + "wktLiteral",)
"""The datatypes a string may be given as."""
