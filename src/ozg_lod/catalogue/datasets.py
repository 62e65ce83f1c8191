"""The datasets of a catalogue: how they are described, and which statements belong to each.

A dataset is everything that is said about the things in its `void:uriSpace`s (the longest one that fits wins, so that
every thing is in one dataset), with the sources those statements name, so that a file explains itself. Derived
statements follow the thing they are about. Parts of things can make a dataset of their own: what a
`void:uriRegexPattern` fits wholly belongs there and nowhere else (outlines are under another licence than names).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import (
    DCAT,
    DCT,
    PROV,
    RDF,
    SHAPES,
    VOID,
)

_TYPE: Final = RDF + "type"
_CITES: Final = frozenset({DCT + "source", PROV + "wasDerivedFrom"})
_CITED: Final = _CITES | {DCT + "publisher", DCT + "isPartOf"}
_CONFIGURES: Final = frozenset({DCT + "publisher", DCAT + "contactPoint"})

Things = dict[str, list[ox.Triple]]


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: its IRI, the beginnings of the IRIs of the things it speaks of, and patterns for parts of things."""

    iri: str
    spaces: tuple[str, ...]
    patterns: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return the last part of the IRI, which names its files."""
        return self.iri.rpartition("/")[2]


def described(triples: Iterable[ox.Triple]) -> tuple[Dataset, ...]:
    """Return the datasets that say what they speak of, in order of their IRIs."""
    types: set[str] = set()
    spaces: dict[str, list[str]] = defaultdict(list)
    patterns: dict[str, list[str]] = defaultdict(list)
    for triple in triples:
        subject, value = _iri(triple.subject), triple.object
        if triple.predicate.value == _TYPE and _iri(value) == DCAT + "Dataset":
            types.add(subject)
        elif isinstance(value, ox.Literal) and triple.predicate.value == VOID + "uriSpace":
            spaces[subject].append(value.value)
        elif isinstance(value, ox.Literal) and triple.predicate.value == VOID + "uriRegexPattern":
            patterns[subject].append(value.value)
    own = sorted(types & {*spaces, *patterns})
    return tuple(Dataset(iri, tuple(sorted(spaces[iri])), tuple(sorted(patterns[iri]))) for iri in own)


def divide(triples: Iterable[ox.Triple], datasets: Sequence[Dataset]) -> dict[str, set[ox.Triple]]:
    """Return the statements of each dataset by its IRI: about its things, about itself, and about what they cite.

    A dataset about nothing that is there is left out.
    """
    things = by_thing(triples)
    owner = cache(partial(_owner, datasets=tuple(datasets)))
    contents: dict[str, set[ox.Triple]] = {dataset.iri: set() for dataset in datasets}
    for triple in (triple for statements in things.values() for triple in statements):
        if dataset_iri := owner(_iri(triple.subject)):
            contents[dataset_iri].add(triple)
    for iri in [iri for iri, own in contents.items() if not own]:
        del contents[iri]
    for iri, own in contents.items():
        own.update(_closure(own, things, first=_CITES, further=_CITED), things.get(iri, ()))
    return contents


def descriptions(triples: Iterable[ox.Triple], datasets: Sequence[Dataset]) -> set[ox.Triple]:
    """Return what is said about the catalogue and its datasets, and about the publisher and contact they name."""
    things = by_thing(triples)
    catalogues = [
        iri for iri, statements in things.items() if any(_iri(t.object) == DCAT + "Catalog" for t in statements)
    ]
    own = {triple for iri in (*catalogues, *(d.iri for d in datasets)) for triple in things.get(iri, ())}
    return own | _closure(own, things, first=_CONFIGURES, further=frozenset())


def by_thing(triples: Iterable[ox.Triple]) -> Things:
    """Return the triples by the thing they are about: its IRI without fragment, "" for blank nodes."""
    things: Things = defaultdict(list)
    for triple in triples:
        things[_iri(triple.subject).partition("#")[0]].append(triple)
    return things


def _owner(subject: str, *, datasets: Sequence[Dataset]) -> str:
    """Return the IRI of the dataset a subject belongs to, "" for none; only shapes have blank nodes (lists)."""
    for dataset in datasets:
        if any(re.fullmatch(pattern, subject) for pattern in dataset.patterns):
            return dataset.iri
    name = subject or SHAPES
    fitting = [(len(space), d.iri) for d in datasets for space in d.spaces if name.startswith(space)]
    return max(fitting, default=(0, ""))[1]


def _closure(
    own: Iterable[ox.Triple],
    things: Mapping[str, Sequence[ox.Triple]],
    *,
    first: frozenset[str],
    further: frozenset[str],
) -> set[ox.Triple]:
    """Return what is said about the things reached from `own` by the predicates."""
    level = {_iri(t.object).partition("#")[0] for t in own if t.predicate.value in first} - {""}
    reached: set[str] = set()
    closure: set[ox.Triple] = set()
    while level:
        reached |= level
        level_triples = [triple for thing in level for triple in things.get(thing, ())]
        closure.update(level_triples)
        level = (
            {_iri(t.object).partition("#")[0] for t in level_triples if t.predicate.value in further} - reached - {""}
        )
    return closure


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
