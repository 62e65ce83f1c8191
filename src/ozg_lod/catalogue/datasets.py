"""The datasets of a catalogue: how they are described, and which statements belong to each.

A dataset is everything that is said about the things in its `void:uriSpace`s (the longest one that fits wins, so that
every thing is in one dataset), with the sources those statements name, so that a file explains itself. Derived
statements follow the thing they are about. Parts of things can make a dataset of their own: what a
`void:uriRegexPattern` fits wholly belongs there and nowhere else (outlines are under another licence than names).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
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

_DATASET: Final = f" <{RDF}type> <{DCAT}Dataset> .\n".encode()
_CATALOGUE: Final = f" <{DCAT}Catalog> .\n".encode()
_SPACES: Final = f" <{VOID}uri".encode()
_CITES: Final = frozenset({DCT + "source", PROV + "wasDerivedFrom"})
_CITED: Final = _CITES | {DCT + "publisher", DCT + "isPartOf"}
_CONFIGURES: Final = frozenset({DCT + "publisher", DCAT + "contactPoint"})


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


def described(lines: Iterable[bytes]) -> tuple[Dataset, ...]:
    """Return the datasets that say what they speak of, in order of their IRIs; `lines` are N-Triples."""
    types: set[str] = set()
    spaces: dict[str, list[str]] = defaultdict(list)
    patterns: dict[str, list[str]] = defaultdict(list)
    telling = [line for line in lines if _SPACES in line or line.endswith(_DATASET)]
    for triple in (quad.triple for quad in ox.parse(b"".join(telling), ox.RdfFormat.N_TRIPLES)):
        subject, value = _iri(triple.subject), triple.object
        if isinstance(value, ox.NamedNode):
            types.add(subject)
        elif isinstance(value, ox.Literal) and triple.predicate.value == VOID + "uriSpace":
            spaces[subject].append(value.value)
        elif isinstance(value, ox.Literal) and triple.predicate.value == VOID + "uriRegexPattern":
            patterns[subject].append(value.value)
    own = sorted(types & {*spaces, *patterns})
    return tuple(Dataset(iri, tuple(sorted(spaces[iri])), tuple(sorted(patterns[iri]))) for iri in own)


def divide(lines: Sequence[bytes], datasets: Sequence[Dataset]) -> dict[str, list[bytes]]:
    """Return the statements of each dataset by its IRI: about its things, about itself, and about what they cite.

    All are N-Triples, sorted, each line once. A dataset about nothing that is there is left out.
    """
    contents: dict[str, list[bytes]] = defaultdict(list)
    for subject, about in groupby(lines, _subject):
        if dataset_iri := _owner(subject, datasets):
            contents[dataset_iri] += about
    for iri, own in contents.items():
        further = _closure(own, lines, first=_CITES, further=_CITED).union(_about(iri, lines))
        contents[iri] = sorted({*own, *further}) if further else own
    return {dataset.iri: contents[dataset.iri] for dataset in datasets if dataset.iri in contents}


def descriptions(lines: Sequence[bytes], datasets: Iterable[Dataset]) -> set[bytes]:
    """Return what is said about the catalogue and its datasets, and about the publisher and contact they name."""
    catalogues = {_subject(line).partition("#")[0] for line in lines if line.endswith(_CATALOGUE)}
    own = {line for iri in (*catalogues, *(dataset.iri for dataset in datasets)) for line in _about(iri, lines)}
    return own | _closure(own, lines, first=_CONFIGURES, further=frozenset())


def _about(thing: str, lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the sorted lines about a thing: its IRI, with any fragment or none."""
    for start in (f"<{thing}#".encode(), f"<{thing}>".encode()):
        number = bisect_left(lines, start)
        while number < len(lines) and lines[number].startswith(start):
            yield lines[number]
            number += 1


def _owner(subject: str, datasets: Sequence[Dataset]) -> str:
    """Return the IRI of the dataset a subject belongs to, "" for none; only shapes have blank nodes (lists)."""
    for dataset in datasets:
        if any(re.fullmatch(pattern, subject) for pattern in dataset.patterns):
            return dataset.iri
    name = subject or SHAPES
    fitting = [(len(space), d.iri) for d in datasets for space in d.spaces if name.startswith(space)]
    return max(fitting, default=(0, ""))[1]


def _closure(
    own: Iterable[bytes], lines: Sequence[bytes], *, first: frozenset[str], further: frozenset[str]
) -> set[bytes]:
    """Return what is said about the things reached from `own` by the predicates."""
    level = _reached(own, first)
    reached: set[str] = set()
    closure: set[bytes] = set()
    while level:
        reached |= level
        level_lines = [line for thing in level for line in _about(thing, lines)]
        closure.update(level_lines)
        level = _reached(level_lines, further) - reached
    return closure


def _reached(lines: Iterable[bytes], predicates: frozenset[str]) -> set[str]:
    """Return the things that are objects of these predicates."""
    starts = tuple(f"<{predicate}> <".encode() for predicate in predicates)
    objects = {rest.partition(b"> <")[2] for line in lines if (rest := line.partition(b" ")[2]).startswith(starts)}
    return {value[: value.index(b">")].partition(b"#")[0].decode() for value in objects}


def _subject(line: bytes) -> str:
    """Return the IRI that a line is about, "" for a blank node."""
    return line[1 : line.index(b"> ")].decode() if line.startswith(b"<") else ""


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
