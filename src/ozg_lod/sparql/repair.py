"""Queries that the engine would answer wrongly, rewritten so that it answers them right, or refused.

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
from ozg_lod.sparql.tokens import Token, position, tokens

MAX_CHARACTERS: Final = 400_000
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
