"""What is published now, as far as a decision needs it: which graphs speak of a thing, and what things are called."""

from __future__ import annotations

from collections import defaultdict

import pyoxigraph as ox

from ozg_lod.core.vocab import SKOS
from ozg_lod.snapshots.data_files import DATA_FILE
from ozg_lod.snapshots.snapshot import Snapshots
from ozg_lod.snapshots.verified_files import checked


class PublishedIndex:
    """The current snapshot, read once; nothing where there is none."""

    def __init__(self, nquads: bytes) -> None:
        self.graphs: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}
        for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS):
            subject, value = _value(quad.subject), quad.object
            self.graphs[subject.partition("#")[0]].add(_value(quad.graph_name))
            if quad.predicate.value == SKOS + "prefLabel" and isinstance(value, ox.Literal) and value.language == "de":
                self._names[subject] = value.value

    @classmethod
    def current(cls, snapshots: Snapshots) -> PublishedIndex:
        """Return what the current snapshot publishes."""
        name = snapshots.current()
        return cls((checked(snapshots.directory(name), DATA_FILE) / DATA_FILE).read_bytes() if name else b"")

    def name(self, iri: str) -> str:
        """Return the German name of a thing, else the last part of its IRI."""
        return self._names.get(iri) or iri.rpartition("/")[2]

    def outside(self, graphs: set[str]) -> set[str]:
        """Return the things that other graphs than these speak of."""
        return {thing for thing, own in self.graphs.items() if own - graphs}


def _value(term: object) -> str:
    return str(getattr(term, "value", ""))
