"""What a contribution would change, against what is published: in words, and as the page that people would see.

Runs in the cage, over a store of its own: nothing of it is ever written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import DCT
from ozg_lod.rdf.addresses import Addresses, Target
from ozg_lod.rdf.graph import (
    LABELS,
    TYPE,
    Graph,
    Term,
    iri_of,
)
from ozg_lod.rdf.overlay import Overlay, Quads
from ozg_lod.site import pages
from ozg_lod.site.description import about
from ozg_lod.site.page_context import PageContext

NEW: Final = "new"
CHANGED: Final = "changed"
SAME: Final = "same"
MAX_LISTED: Final = 100
"""How many things are listed with what changes about them; all are counted."""
_THING: Final = re.compile(r"id/[a-z]+/[A-Za-z0-9-]+")
_MAX_PAGES: Final = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """One property: its name, what is published, what the contribution says; texts as people read them."""

    property: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThingChange:
    """One thing: its name, its kind (such as "availability"), whether it is new, and what differs."""

    name: str
    kind: str
    state: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ContributionPreview:
    """All that would change: how many things of each state, the first of them, and the pages that would show it.

    `pages` are pairs of IRI and name.
    """

    counts: Mapping[str, int]
    changes: tuple[ThingChange, ...]
    pages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _PreviewSnapshot(Addresses):
    """The addresses of a preview: what is not there yet is not linked."""

    fresh: frozenset[str] = frozenset()

    def target(self, iri: str) -> Target | None:
        """Return where an address leads, None where it must stay text."""
        return None if iri.partition("#")[0] in self.fresh else Addresses.target(self, iri)


@dataclass(frozen=True)
class PreviewGraph:
    """What is published together with what a contribution says, as one person would see it.

    `replaced` are the properties of a statement that a contribution states as a whole: what it does not say of them
    falls away, but for what follows from it (`implied`). There are none for RDF, which only adds.
    """

    store: Overlay
    published: Mapping[str, frozenset[tuple[str, Term]]]
    contributed: Mapping[str, frozenset[tuple[str, Term]]]
    site: PageContext
    replaced: frozenset[str] = frozenset()
    implied: Mapping[str, frozenset[tuple[str, Term]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, below: Quads, quads: bytes, site: PageContext, *, derived: str, replaced: frozenset[str] = frozenset()
    ) -> PreviewGraph:
        """Return the sight of these N-Quads over what is published; `derived` is the graph of what follows."""
        graph, store = Graph(below), Overlay(below)
        statements = list(ox.parse(quads, ox.RdfFormat.N_QUADS))
        contributed = _by_subject(quad.triple for quad in statements if iri_of(quad.graph_name) != derived)
        implied = _by_subject(quad.triple for quad in statements if iri_of(quad.graph_name) == derived)
        published = {
            iri: frozenset((triple.predicate.value, triple.object) for triple in graph.about(iri))
            for iri in contributed
        }
        for iri, pairs in published.items():
            for predicate, term in pairs - contributed[iri]:
                if predicate in replaced:
                    store.remove(ox.Quad(ox.NamedNode(iri), ox.NamedNode(predicate), term))
        store.extend(ox.Quad(*quad.triple) for quad in statements)
        fresh = frozenset(iri for iri, pairs in published.items() if not pairs)
        addresses = site.addresses
        foreseen = _PreviewSnapshot(addresses.base_iri, addresses.public_url, addresses.language, fresh=fresh)
        return cls(store, published, contributed, replace(site, addresses=foreseen), replaced, implied)

    def preview(self) -> ContributionPreview:
        states = {iri: self._state(iri) for iri in self.contributed if "#" not in iri}
        touched = [iri for iri, state in sorted(states.items()) if state != SAME]
        listed = tuple(self._change(iri, states[iri]) for iri in touched[:MAX_LISTED])
        return ContributionPreview(dict(Counter(states.values())), listed, tuple(self._pages(touched)))

    def page(self, iri: str) -> bytes:
        """Return the page about a thing as it would be, marked as a preview; empty where there is none."""
        thing = _THING.fullmatch(iri.removeprefix(self.site.addresses.base_iri))
        description = about(Graph(self.store), iri) if thing is not None else None
        return b"" if description is None else pages.thing(self.site, description, template="preview.html")

    def _state(self, iri: str) -> str:
        if not self.published[iri]:
            return NEW
        return CHANGED if self._predicates(iri) else SAME

    def _predicates(self, iri: str) -> set[str]:
        """Return the properties that differ; its source is named only when a contribution is accepted."""
        added = {predicate for predicate, _ in self.contributed[iri] - self.published[iri]}
        still = self.contributed[iri] | self.implied.get(iri, frozenset())
        gone = {predicate for predicate, _ in self.published[iri] - still} & self.replaced
        return (added | gone) - {DCT + "source"}

    def _change(self, iri: str, state: str) -> ThingChange:
        predicates = sorted(self._predicates(iri) - {TYPE, *LABELS[:1]})
        differences = tuple(self._difference(iri, predicate) for predicate in predicates)
        return ThingChange(self._name(iri), self._kind(iri), state, differences)

    def _difference(self, iri: str, predicate: str) -> Difference:
        before = _values(self.published[iri], predicate)
        after = _values(self.contributed[iri], predicate)
        return Difference(self._name(predicate), self._said(before, predicate), self._said(after, predicate))

    def _said(self, terms: Sequence[Term], predicate: str) -> tuple[str, ...]:
        graph = Graph(self.store)
        writer = self.site.writer({iri: graph.names(iri) for term in terms if (iri := iri_of(term))})
        return tuple(value.text for value in writer.values(terms, predicate))

    def _name(self, iri: str) -> str:
        return self.site.writer({iri: Graph(self.store).names(iri)}).name(iri).text

    def _kind(self, iri: str) -> str:
        rest = iri.removeprefix(self.site.addresses.base_iri)
        return rest.split("/")[1] if rest != iri and rest.count("/") > 1 else ""

    def _pages(self, touched: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the pages that would show it: first those of what the statements are about."""
        touched = list(touched)
        related = {iri_of(term) for iri in touched for _, term in self.contributed[iri]} - {""}
        candidates = {iri for iri in {*touched, *related} if self._kind(iri) and Graph(self.store).knows(iri)}
        for iri in sorted(candidates, key=lambda iri: (self._rank(iri), iri))[:_MAX_PAGES]:
            yield iri, self._name(iri)

    def _rank(self, iri: str) -> int:
        return self.site.kinds[self._kind(iri)].preview


def _by_subject(triples: Iterable[ox.Triple]) -> dict[str, frozenset[tuple[str, Term]]]:
    """Return what is said of each thing that has an IRI."""
    said: dict[str, set[tuple[str, Term]]] = {}
    for triple in triples:
        said.setdefault(iri_of(triple.subject), set()).add((triple.predicate.value, triple.object))
    said.pop("", None)
    return {iri: frozenset(pairs) for iri, pairs in said.items()}


def _values(pairs: Iterable[tuple[str, Term]], predicate: str) -> list[Term]:
    return sorted((term for name, term in pairs if name == predicate), key=str)
