"""What each rule lets pass and what it refuses: examples, taken from the cases the rules are tested with.

A case is a node of `tests/shapes/*.ttl`: `passing:…`, or `failing:…` with the rules it expects to be refused by. The
tests hold both against the rules, so an example cannot differ from what the rules do. Each file is a graph of its own
(two may use the same name). Of the passing nodes the one most like the failing one is taken, and only the properties
in which the two differ are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

import pyoxigraph as ox

from ozg_lod.core.errors import SourceError
from ozg_lod.core.messages import _
from ozg_lod.rdf.graph import TYPE, Term, iri_of

FILE: Final = "cases.nq"
SPACE: Final = "https://example.org/"
PASSING: Final = SPACE + "passing/"
FAILING: Final = SPACE + "failing/"
_FILES: Final = "urn:cases:"
_EXPECTS: Final = SPACE + "expects"
_THINGS: Final = SPACE + "id/"
INVERSE: Final = "^"
"""In front of a property: the thing is its value, and what it is said of is shown."""

Said = dict[str, set["Term"]]


@dataclass(frozen=True, slots=True)
class ExampleLine:
    """One property of an example with its values, none where it is missing."""

    predicate: str
    values: Sequence[Term]

    @property
    def inverse(self) -> bool:
        """Return whether the values say this of the thing."""
        return self.predicate.startswith(INVERSE)

    @property
    def property(self) -> str:
        """Return the property itself."""
        return self.predicate.removeprefix(INVERSE)


@dataclass(frozen=True, slots=True)
class RuleExample:
    """A good and a bad example of one rule: the file and the nodes, and the lines in which they differ."""

    file: str
    passing: str
    failing: str
    good: Sequence[ExampleLine]
    bad: Sequence[ExampleLine]


def as_quads(files: Mapping[str, bytes]) -> bytes:
    """Return the cases as N-Quads, each file a graph; raise SourceError for a file that is not Turtle."""
    quads = [quad for name, content in files.items() for quad in _read(name, content)]
    return b"".join(sorted((ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True)))


def _read(name: str, content: bytes) -> list[ox.Quad]:
    graph = ox.NamedNode(_FILES + quote(name))
    try:
        return [
            ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in ox.parse(content, ox.RdfFormat.TURTLE)
        ]
    except SyntaxError as error:
        raise SourceError(
            _(
                "The cases of the rules in {name} cannot be read: {msg}. Write them as Turtle.",
                name=name,
                msg=error.msg,
            ),
        ) from error


def examples(quads: bytes, base_iri: str, spoken_of: Mapping[str, Collection[str]]) -> dict[str, RuleExample]:
    """Return an example by the IRI of the rule; the things in it get the base of the catalogue, so they have names.

    `spoken_of` are the properties each rule speaks of: they are shown where the example has them.
    """
    graphs: dict[str, dict[str, Said]] = {}
    for quad in ox.parse(quads, ox.RdfFormat.N_QUADS):
        nodes = graphs.setdefault(unquote(iri_of(quad.graph_name).removeprefix(_FILES)), {})
        subject, predicate = iri_of(quad.subject), quad.predicate.value
        nodes.setdefault(subject, {}).setdefault(predicate, set()).add(quad.object)
        end = iri_of(quad.object)
        if end.startswith((PASSING, FAILING)) and predicate != _EXPECTS:
            nodes.setdefault(end, {}).setdefault(INVERSE + predicate, set()).add(quad.subject)
    found: dict[str, list[tuple[int, str, RuleExample]]] = {}
    for file, nodes in graphs.items():
        for failing, said in nodes.items():
            rules = sorted(iri_of(rule) for rule in said.pop(_EXPECTS, ()))
            passing = _nearest(nodes, failing) if rules else ""
            for rule in rules if passing else ():
                pair = nodes[passing], said
                shown = _shown(*pair, spoken_of.get(rule, ()))
                good, bad = ([ExampleLine(p, _values(one, p, base_iri)) for p in shown] for one in pair)
                found.setdefault(rule, []).append((len(rules), failing, RuleExample(file, passing, failing, good, bad)))
    return {rule: min(candidates, key=lambda found: found[:2])[2] for rule, candidates in found.items()}


def _nearest(nodes: Mapping[str, Said], failing: str) -> str:
    """Return the passing node most like the failing one, "" where none is of its kind."""
    bad, kinds = _pairs(nodes[failing]), nodes[failing].get(TYPE, set())
    good = {
        name: _pairs(said)
        for name, said in nodes.items()
        if name.startswith(PASSING) and (not kinds or kinds & said.get(TYPE, set()))
    }
    return min(good, key=lambda name: (len(good[name] ^ bad), name), default="")


def _shown(good: Said, bad: Said, spoken_of: Collection[str]) -> list[str]:
    """Return the properties in which the two differ, and those the rule compares them with."""
    differing = {predicate for predicate, _ in _pairs(good) ^ _pairs(bad)}
    return sorted(differing) + sorted({p for p in spoken_of if p in good or p in bad} - differing)


def _pairs(said: Said) -> set[tuple[str, Term]]:
    return {(predicate, term) for predicate, terms in said.items() if predicate != _EXPECTS for term in terms}


def _values(said: Said, predicate: str, base_iri: str) -> Sequence[Term]:
    return [_named(term, base_iri) for term in sorted(said.get(predicate, ()), key=str)]


def _named(term: Term, base_iri: str) -> Term:
    iri = iri_of(term)
    return ox.NamedNode(f"{base_iri}id/{iri.removeprefix(_THINGS)}") if iri.startswith(_THINGS) else term


def ends(found: Iterable[RuleExample]) -> Collection[str]:
    """Return the IRIs in the examples, properties too."""
    lines = [line for example in found for line in (*example.good, *example.bad)]
    return {line.property for line in lines} | {iri_of(term) for line in lines for term in line.values} - {""}
