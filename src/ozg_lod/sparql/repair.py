"""Queries that the engine would answer wrongly, rewritten so that it answers them right, or refused.

REGEX and REPLACE, where XPath and Rust may differ, call functions of ours (`xpath_regex`). GROUP_CONCAT of texts that
share a language keeps it in pyoxigraph 0.5.13; it is a simple literal (SPARQL 1.1 §18.5.1.7), so STR is put around it.

`GRAPH ?g { … }` around a subquery, VALUES or MINUS comes out wrong in pyoxigraph 0.5.13: the engine carries ?g into
the patterns inside, where a subquery drops it, VALUES has no pattern to carry it, and MINUS finds it shared. So such a
group is written out once for each named graph, which is what SPARQL 1.1 §18.6 defines it to mean:

    { VALUES ?g { <a> } GRAPH <a> { … } } UNION { VALUES ?g { <b> } GRAPH <b> { … } }
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import _
from ozg_lod.sparql import xpath_regex
from ozg_lod.sparql.tokens import Token, position, tokens

MAX_CHARACTERS: Final = 400_000
_CALLS: Final = (*xpath_regex.NAMES, "GROUP_CONCAT")
_SPOILERS: Final = ("SELECT", "VALUES", "MINUS")


@dataclass(slots=True)
class _Group:
    """`GRAPH ?variable {` at `start`, its bracket at `opened` with nesting `depth`; `end` is after its last bracket."""

    start: int
    variable: str
    opened: int
    depth: int
    spoiled: bool = False
    holds: bool = False
    end: int = 0


def rewritten(query: str) -> str | None:
    """Return the query with the functions above called as they must be, None where it calls them rightly."""
    upper = query.upper()
    if not any(name in upper for name in _CALLS):
        return None
    every = list(tokens(query))
    edits: dict[int, tuple[int, str]] = {}
    for number, token in enumerate(every[:-1]):
        name = next((name for name in _CALLS if token.kind == "word" and token.text.endswith(name)), None)
        if name is None or every[number + 1].text != "(":
            continue
        start, call = token.offset + len(token.text) - len(name), every[number + 1 :]
        if name == "GROUP_CONCAT":
            edits[start] = (start, "STR(")
            end = next((one.offset for one in call if one.kind == "close" and one.depth == call[0].depth), None)
            edits |= {} if end is None else {end: (end, ")")}
        elif not _plain(call, pattern_only=name == "REGEX"):
            edits[start] = (start + len(name), f"<{xpath_regex.NAMES[name]}>")
    pieces, at = [], 0
    for start, (end, text) in sorted(edits.items()):
        pieces += [query[at:start], text]
        at = end
    return "".join([*pieces, query[at:]]) if edits else None


def _plain(call: Sequence[Token], *, pattern_only: bool) -> bool:
    """Return whether all arguments but the first are texts that mean the same in Rust; `call` begins with its `(`."""
    depth = call[0].depth
    arguments: list[list[Token]] = [[]]
    for token in call[1:]:
        if token.kind == "close" and token.depth == depth:
            break
        if token.text == "," and token.depth == depth:
            arguments.append([])
        else:
            arguments[-1].append(token)
    texts = [_unquoted(tokens[0].text) for tokens in arguments[1:] if len(tokens) == 1 and tokens[0].kind == "text"]
    if len(texts) != len(arguments) - 1 or not texts or (not pattern_only and len(texts) == 1):
        return False
    replacement = None if pattern_only else texts.pop(1)
    return xpath_regex.same_in_rust(texts[0], "".join(texts[1:]), replacement)


def _unquoted(text: str) -> str:
    """Return the value of a quoted text; of escapes only that of a backslash, for none of the others is plain."""
    return text.strip(text[0]).replace("\\\\", "\\")


def written_out(query: str, graphs: Sequence[str]) -> str | None:
    """Return the query with every faulty group written out for `graphs`, or None when it has no such group.

    Raises BadRequest, with the place, for groups inside each other, blank nodes with a label, and what grows too long.
    """
    if "GRAPH" not in query.upper():
        return None
    pieces: list[str] = []
    end = 0
    for group in _groups(query):
        if not group.spoiled:
            continue
        inside = query[group.opened : group.end]
        if group.holds or "_:" in inside or len(inside) * len(graphs) > MAX_CHARACTERS:
            raise _refusal(query, group.start)
        copies = (f"{{ VALUES {group.variable} {{ <{iri}> }} GRAPH <{iri}> {inside} }}" for iri in graphs)
        pieces += [query[end : group.start], " UNION ".join(copies) or f"{{ VALUES {group.variable} {{ }} }}"]
        end = group.end
    return "".join([*pieces, query[end:]]) if pieces else None


def _groups(query: str) -> Iterable[_Group]:
    """Return the outermost GRAPH groups with a variable, in order; `holds` says that another one is inside."""
    found: list[_Group] = []
    current: _Group | None = None
    word = variable = Token("", "", 0)
    for token in tokens(query):
        if token.text == "{" and variable.kind == "variable" and word.text.endswith("GRAPH"):
            if current is None:
                start = word.offset + len(word.text) - len("GRAPH")
                current = _Group(start, variable.text, token.offset, token.depth)
            else:
                current.holds = True
        elif current is not None and token.kind == "word":
            current.spoiled |= any(spoiler in token.text for spoiler in _SPOILERS)
        elif current is not None and token.kind == "close" and token.depth == current.depth:
            current.end = token.offset + 1
            found.append(current)
            current = None
        word, variable = variable, token
    return found


def _refusal(query: str, offset: int) -> BadRequest:
    line, column = position(query, offset)
    return BadRequest(
        _(
            "Line {line}, column {column}: this engine would answer GRAPH with a variable around a "
            "subquery, VALUES or MINUS wrongly here; put them outside of it, name the graph, or "
            "leave out inner GRAPH groups and labelled blank nodes.",
            line=line,
            column=column,
        ),
        line=line,
        column=column,
    )
