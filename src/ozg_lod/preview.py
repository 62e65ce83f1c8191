"""What a contribution would change, against what is published: in words, and as the page that people would see.

Runs in the cage, over a store of its own: nothing of it is ever written.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from ozg_lod import pages
from ozg_lod.describe import about
from ozg_lod.graph import LABELS, TYPE, Graph, iri_of
from ozg_lod.vocab import DCT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ozg_lod.graph import Term
    from ozg_lod.site import Site

NEW: Final = "new"
CHANGED: Final = "changed"
SAME: Final = "same"
MOST_LISTED: Final = 100
"""How many things are listed with what changes about them; all are counted."""
_MOST_PAGES: Final = 12
_FIRST: Final = ("municipality", "district", "bundle", "organisation", "programme", "state")
"""The kinds whose pages people look at; a statement stands on the page of what it is about."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One property: its name, what is published, what the contribution says; texts as people read them."""

    property: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing: its name, its kind (such as "availability"), whether it is new, and what differs."""

    name: str
    kind: str
    state: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """All that would change: how many things of each state, the first of them, and the pages that would show it.

    `pages` are pairs of IRI and name.
    """

    counts: Mapping[str, int]
    changes: tuple[Change, ...]
    pages: tuple[tuple[str, str], ...]

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Preview:
        """Return what `to_bytes` wrote."""
        said = json.loads(content)
        changes = tuple(
            Change(
                one["name"],
                one["kind"],
                one["state"],
                tuple(Difference(d["property"], tuple(d["before"]), tuple(d["after"])) for d in one["differences"]),
            )
            for one in said["changes"]
        )
        return cls(said["counts"], changes, tuple((iri, name) for iri, name in said["pages"]))


@dataclass(frozen=True)
class Sight:
    """What is published together with what a contribution says, as one person would see it."""

    store: ox.Store
    published: Mapping[str, frozenset[tuple[str, Term]]]
    contributed: Mapping[str, frozenset[tuple[str, Term]]]
    site: Site

    @classmethod
    def of(cls, store: ox.Store, quads: bytes, site: Site, *, derived: str) -> Sight:
        """Return the sight of these N-Quads over `store`, which gets them; `derived` is the graph of what follows."""
        graph = Graph(store)
        said = list(ox.parse(quads, ox.RdfFormat.N_QUADS))
        own = [quad.triple for quad in said if iri_of(quad.graph_name) != derived]
        contributed: dict[str, set[tuple[str, Term]]] = {}
        for triple in own:
            contributed.setdefault(iri_of(triple.subject), set()).add((triple.predicate.value, triple.object))
        contributed.pop("", None)
        published = {
            iri: frozenset((triple.predicate.value, triple.object) for triple in graph.about(iri))
            for iri in contributed
        }
        store.extend(ox.Quad(*quad.triple) for quad in said)
        return cls(store, published, {iri: frozenset(pairs) for iri, pairs in contributed.items()}, site)

    def preview(self) -> Preview:
        """Return what would change."""
        states = {iri: self._state(iri) for iri in self.contributed if "#" not in iri}
        touched = [iri for iri, state in sorted(states.items()) if state != SAME]
        listed = tuple(self._change(iri, states[iri]) for iri in touched[:MOST_LISTED])
        return Preview(dict(Counter(states.values())), listed, tuple(self._pages(touched)))

    def page(self, iri: str) -> bytes:
        """Return the page about a thing as it would be, marked as a preview; empty where there is none."""
        description = about(self.store, iri)
        return b"" if description is None else pages.thing(self.site, description, template="preview.html")

    def _state(self, iri: str) -> str:
        if not self.published[iri]:
            return NEW
        return CHANGED if any(name != DCT + "source" for name, _ in self._added(iri)) else SAME

    def _added(self, iri: str) -> frozenset[tuple[str, Term]]:
        """Return what is said of a thing and not published; its source is named when it is accepted."""
        return self.contributed[iri] - self.published[iri]

    def _change(self, iri: str, state: str) -> Change:
        predicates = sorted({predicate for predicate, _ in self.contributed[iri]} - {TYPE, *LABELS[:1]})
        found = (self._difference(iri, predicate) for predicate in predicates if predicate != DCT + "source")
        return Change(self._name(iri), self._kind(iri), state, tuple(one for one in found if one is not None))

    def _difference(self, iri: str, predicate: str) -> Difference | None:
        before = _values(self.published[iri], predicate)
        after = _values(self.contributed[iri], predicate)
        if set(after) <= set(before):
            return None
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
        found = {iri for iri in {*touched, *related} if self._kind(iri) and Graph(self.store).knows(iri)}
        for iri in sorted(found, key=lambda iri: (self._rank(iri), iri))[:_MOST_PAGES]:
            yield iri, self._name(iri)

    def _rank(self, iri: str) -> int:
        kind = self._kind(iri)
        return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _values(pairs: Iterable[tuple[str, Term]], predicate: str) -> list[Term]:
    return sorted((term for found, term in pairs if found == predicate), key=str)
