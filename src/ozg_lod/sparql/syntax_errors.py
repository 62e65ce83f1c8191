"""What the engine says about a query it cannot read, as a sentence with a place, and the cause where it is known.

The usual slips are looked for in the tokens. What mends them is proposed only if the whole query can be read with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import PREFIXES
from ozg_lod.sparql.scan import Scan
from ozg_lod.sparql.tokens import EXPRESSION, Token, position, tokens

_LONG: Final = 120
_LONGEST_MENDED: Final = 10_000
"""Characters; more is written by programs."""
_PLACE: Final = re.compile(r"error at (\d+):(\d+)")


_CAUSES: Final = (
    ("unbound", _("a variable in SELECT is neither grouped nor aggregated")),
    ("Duplicated variable", _("a variable stands twice in SELECT; name each once")),
    ("IRI parsing failed", _("this address is not absolute; write it whole, or give a BASE that is")),
)
"""What the engine says between its tokens, and what it means."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong at an offset of the query, and the edit that mends it: what stands from `offset` to `end`."""

    offset: int
    reason: Message
    end: int = 0
    instead: str | None = None


_QUOTES: Final = dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚‛", "'")
_SPACES: Final = frozenset("\u00a0\u1680\u202f\u205f\u3000\u2028\u2029\u0085\u200b\u2060") | {
    chr(code) for code in range(0x2000, 0x200B)
}
_AGGREGATES: Final = ("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT")
_OPERATORS: Final = {"AND": "&&", "OR": "||"}
_MODIFIERS: Final = frozenset({"LIMIT", "OFFSET", "ORDER", "GROUP", "HAVING"})
_MOST_SLIPS: Final = 20


def _characters(query: str, every: Sequence[Token]) -> Iterator[Slip]:
    if query.startswith("\ufeff"):
        yield Slip(0, _("a byte order mark (U+FEFF) stands before the query; leave it out"), 1, "")
    for token in every:
        sign, end = token.text, token.offset + len(token.text)
        if sign in _QUOTES:
            reason = _("{sign} is a typographic quote; write {right}", sign=sign, right=_QUOTES[sign])
            yield Slip(token.offset, reason, end, _QUOTES[sign])
        elif sign in _SPACES:
            reason = _(
                "a space stands here that is none to SPARQL ({code}); write a plain one", code=f"U+{ord(sign):04X}"
            )
            yield Slip(token.offset, reason, end, " ")
        elif sign in ("–", "—", "−"):
            yield Slip(token.offset, _("{sign} is no minus; write -", sign=sign), end, "-")


def _signs(query: str, every: Sequence[Token]) -> Iterator[Slip]:
    if every and every[-1].text == ";":
        end = every[-1].offset
        yield Slip(end, _("a query does not end with a semicolon; leave it out"), end + 1, "")
    select = False
    for before, token in pairwise([Token("", "", 0), *every]):
        select = (select or token.text == "SELECT") and not token.text.startswith(("{", "WHERE", "FROM"))
        if select and token.text == "," and token.depth == 0:
            yield Slip(
                token.offset, _("variables of SELECT are parted by spaces; leave out the comma"), token.offset + 1, ""
            )
        elif token.text == "=" and before.text == "=" and token.offset == before.offset + 1:
            yield Slip(before.offset, _("SPARQL compares with a single ="), token.offset + 1, "=")
        elif query.startswith("<>", token.offset) and token.place == EXPRESSION and before.kind in ("variable", "text"):
            yield Slip(token.offset, _("SPARQL writes != for <>"), token.offset + 2, "!=")
        elif token.place == EXPRESSION and token.kind == "word" and token.text in _OPERATORS:
            right = _OPERATORS[token.text]
            reason = _("SPARQL writes {right} for {word}", right=right, word=token.text)
            yield Slip(token.offset, reason, token.offset + len(token.text), right)


def _aggregates(query: str, every: Sequence[Token]) -> Iterator[Slip]:
    """Yield each aggregate among the columns that has no name, or no brackets around it and its name."""
    select = False
    for number, token in enumerate(every[:-1]):
        select = (select or token.text == "SELECT") and token.text not in ("{", "WHERE", "FROM")
        if not select or token.text not in _AGGREGATES or every[number + 1].text != "(":
            continue
        opened = every[number + 1]
        end = next((at for at in range(number, len(every)) if every[at][::3] == ("close", opened.depth)), None)
        if end is None:
            return
        after = [*every[end + 1 : end + 3], Token("", "", len(query)), Token("", "", len(query))]
        named = after[0].text == "AS" and after[1].kind == "variable"
        if every[number - 1].text != "(":
            stop = after[1].offset + len(after[1].text) if named else every[end].offset + 1
            name = "" if named else f" AS {_free(every, token.text)}"
            instead = f"({query[token.offset : stop]}{name})"
            yield Slip(token.offset, _("an aggregate needs brackets and a name: {right}", right=instead), stop, instead)
        elif after[0].text == ")":
            name = f" AS {_free(every, token.text)}"
            reason = _(
                "an aggregate in SELECT needs a name: {right}", right=f"({query[token.offset : after[0].offset]}{name})"
            )
            yield Slip(after[0].offset, reason, after[0].offset, name)


def _free(every: Sequence[Token], aggregate: str) -> str:
    """Return a name for a column that no variable has."""
    taken = {token.text for token in every if token.kind == "variable"}
    name = "?" + aggregate.lower().replace("group_", "")
    return next(tried for tried in (name, *(f"{name}{n}" for n in range(2, len(taken) + 3))) if tried not in taken)


def _foreign(query: str, every: Sequence[Token]) -> Iterator[Slip]:
    for number, token in enumerate(every[1:-1], 1):
        if token.text in ("LIKE", "ILIKE") and token.kind == "word":
            before, after = every[number - 1], every[number + 1]
            instead = _like(before.text, after.text) if before.kind == "variable" and after.kind == "text" else None
            reason = _('LIKE is SQL; write CONTAINS(STR(?x), "…"), STRSTARTS or REGEX')
            start, end = (before.offset, after.offset + len(after.text)) if instead else (token.offset, 0)
            yield Slip(start, reason, end, instead)
        elif token.text == "VALUES" and token.depth == 0 and (moved := _last(query, every[number:])):
            yield Slip(
                token.offset, _("VALUES at the end of a query stands after ORDER BY and LIMIT"), len(query), moved
            )
    words = [token.text for token in every if token.depth == 0]
    if words[:2] == ["SELECT", "*"] and "GROUP" in words:
        star = next(token.offset for token in every if token.text == "*")
        yield Slip(star, _("SELECT * does not go with GROUP BY; name the grouped variables and aggregates"))


def _like(variable: str, text: str) -> str | None:
    """Return what LIKE says in SPARQL, where it has nothing but % at its ends."""
    inner = text[1:-1].strip("%")
    if "%" in inner or "_" in inner or "%" not in text:
        return None
    name = {(True, True): "CONTAINS", (True, False): "STRENDS", (False, True): "STRSTARTS"}
    return f"{name[text[1] == '%', text[-2] == '%']}(STR({variable}), {text[0]}{inner}{text[0]})"


def _last(query: str, rest: Sequence[Token]) -> str | None:
    """Return the end of the query with VALUES, which `rest` begins with, behind the modifiers after it."""
    end = next((at for at, token in enumerate(rest) if token.text == "}" and token.depth == 1), None)
    if end is None or end + 1 >= len(rest) or rest[end + 1].text not in _MODIFIERS:
        return None
    stop = rest[end].offset + 1
    return f"{query[stop:].strip()} {query[rest[0].offset : stop]}"


def _dots(query: str, every: Sequence[Token]) -> Iterator[Slip]:
    """Yield the one place before which a full stop makes the query readable, and the brackets missing at its end."""
    complaint = _complaint(query)
    missing = sum(query.count(sign) * (1 if sign == "{" else -1) for sign in "{}")
    if missing > 0 and complaint and _complaint(query + " }" * missing) is None:
        reason = _("the query ends too early here{hint}", hint=_("; {missing} }} may be missing", missing=missing))
        yield Slip(len(query.rstrip()), reason, len(query), " }" * missing)
        return
    place = _PLACE.search(complaint or "")
    near = [token for token in every if place and _before(position(query, token.offset), place)][-3:]
    good = [token.offset for token in near if _complaint(f"{query[: token.offset]}. {query[token.offset :]}") is None]
    if len(good) == 1:
        yield Slip(good[0], _("a full stop is missing before this"), good[0], ". ")


def _before(at: tuple[int, int], place: re.Match[str]) -> bool:
    return at <= (int(place[1]), int(place[2]))


def _complaint(query: str) -> str | None:
    """Return what the engine says of a query that it cannot read."""
    try:
        ox.Store().query(query)
    except SyntaxError as error:
        return str(error)
    except (ValueError, RuntimeError):
        return None
    return None


_LOOKS: Final[tuple[Callable[[str, Sequence[Token]], Iterator[Slip]], ...]] = (
    _characters,
    _signs,
    _aggregates,
    _foreign,
    _dots,
)


def slip(query: str) -> tuple[Slip | None, str | None]:
    """Return the first slip of the query, and the query without any of them where it can be read then."""
    first, mended = None, query
    for look in _LOOKS:
        slips = list(look(mended, list(tokens(mended))))[:_MOST_SLIPS]
        first = first or (slips[0] if slips else None)
        for one in sorted(slips, key=lambda one: one.offset, reverse=True):
            if one.instead is not None:
                mended = mended[: one.offset] + one.instead + mended[one.end :]
    return first, mended if mended != query and _complaint(mended) is None else None


def syntax(query: str, query_scan: Scan, complaint: str) -> BadRequest:
    """Return the engine's complaint as a sentence with a place, and the cause where the scan knows it.

    `details["declaration"]` is the line that is missing, where a prefix that everybody knows is not declared, and
    `details["corrected"]` the whole query as it can be read.
    """
    place = _PLACE.search(complaint)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    details: dict[str, object] = {}
    if query_scan.missing:
        prefix, offset = next(iter(query_scan.missing.items()))
        line, column = position(query, offset)
        known = PREFIXES.get(prefix)
        reason = _(
            'the prefix "{prefix}:" is not declared; add PREFIX {prefix}: <{known}>', prefix=prefix, known=known or "…"
        )
        if known:
            details["declaration"] = f"PREFIX {prefix}: <{known}>"
            details["corrected"] = f"PREFIX {prefix}: <{known}>\n{query}"
    else:
        slipped, corrected = slip(query) if len(query) <= _LONGEST_MENDED else (None, None)
        if slipped is not None:
            line, column = position(query, slipped.offset)
        if corrected is not None:
            details["corrected"] = corrected
        reason = slipped.reason if slipped is not None else _explained(query, line, column, complaint)
    return BadRequest(
        _("Line {line}, column {column}: {reason}.", line=line, column=column, reason=reason),
        line=line,
        column=column,
        **details,
    )


def _explained(query: str, line: int, column: int, complaint: str) -> Message:
    """Return the cause: what is known of it, else what is expected if that can be read."""
    for sign, sentence in _CAUSES:
        if sign in complaint:
            return sentence
    if (line, column) >= position(query, len(query.rstrip())):
        missing = max(query.count("{") - query.count("}"), 0)
        hint = _("; {missing} }} may be missing", missing=missing) if missing else ""
        return _("the query ends too early here{hint}", hint=hint)
    expected = complaint.partition(": ")[2]
    if not expected or len(expected) > _LONG or "[" in expected:
        return _("the query cannot be read on from here")
    return _("the query cannot be read on from here; {expected}", expected=expected)
