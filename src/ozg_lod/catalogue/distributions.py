"""The files portals download: each dataset in four RDF formats, its flat tables, and the description of them all.

They are written at build, so that size and hash stand in the manifest and every server gives the same bytes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.catalogue import datasets, flat_tables
from ozg_lod.core.errors import NotAcceptable
from ozg_lod.core.vocab import DCAT, DCT
from ozg_lod.rdf import formats, graph_files
from ozg_lod.rdf.triples import resource, text
from ozg_lod.snapshots.snapshot import PublishedFiles
from ozg_lod.tables.metadata import METADATA

DESCRIPTIONS_FILE: Final = "catalogue.nt"
FOLDER: Final = "dump/"
RDF_FORMATS: Final = formats.GRAPHS
"""The formats of every dataset; the N-Triples file, sorted, is what tells whether a dataset has changed."""


@dataclass(frozen=True)
class MergedGraph:
    """The merge of all graphs as sorted N-Triples, each line once (`path` is the file), and the shapes beside it."""

    base_iri: str
    lines: Sequence[bytes]
    path: Path
    shapes: Sequence[ox.Triple]

    @cached_property
    def store(self) -> ox.Store:
        store = ox.Store()
        store.bulk_load(path=self.path, format=ox.RdfFormat.N_TRIPLES)
        return store

    def with_shapes(self) -> ox.Store:
        """Return the store with the shapes in it, for good."""
        self.store.extend(ox.Quad(*triple) for triple in self.shapes)
        return self.store


def write(
    directory: Path,
    graph: MergedGraph,
    queries: Mapping[str, bytes],
    previous: PublishedFiles,
    progress: Callable[[int, int], None],
) -> None:
    """Write `dump/…` and what is said about the catalogue into a snapshot; nothing where no dataset is described.

    `queries` are those for flat tables, `progress` is told how many statements are written. Files of a dataset that has
    not changed are copied from a snapshot before.
    """
    offered_datasets = datasets.described(graph.lines)
    if not offered_datasets:
        return
    (directory / FOLDER).mkdir()
    lines = [line for line, _same in groupby(sorted([*graph.lines, *_lines(graph.shapes)]))]
    contents = datasets.divide(lines, offered_datasets)
    del lines
    offered_datasets = tuple(dataset for dataset in offered_datasets if dataset.iri in contents)
    done, total = 0, sum(map(len, contents.values()))
    for iri in list(contents):
        own = contents.pop(iri)
        _write_dataset(directory, f"{FOLDER}{iri.rpartition('/')[2]}", own, previous)
        done += len(own)
        progress(done, total)
    described = datasets.descriptions(graph.lines, offered_datasets)
    owners = {dataset.key: dataset.iri for dataset in offered_datasets}
    store = graph.with_shapes()
    for question in flat_tables.questions(queries):
        if question.dataset in owners:
            (directory / FOLDER / question.file).write_bytes(question.table(store))
            (directory / FOLDER / (question.file + METADATA)).write_bytes(question.metadata())
            described |= set(_lines(_named(owners[question.dataset], question)))
    (directory / DESCRIPTIONS_FILE).write_bytes(b"".join(sorted(described)))


def _write_dataset(directory: Path, name: str, lines: list[bytes], previous: PublishedFiles) -> None:
    names = {form: f"{name}.{form.suffix}" for form in RDF_FORMATS}
    if any(b" _:" in line or line.startswith(b"_:") for line in lines):
        content = {quad.triple for quad in ox.parse(b"".join(lines), ox.RdfFormat.N_TRIPLES)}
        for form, file in names.items():
            with contextlib.suppress(NotAcceptable):  # a format that cannot hold the graph is not offered for it
                (directory / file).write_bytes(formats.serialize(content, form))
    elif not previous.copied(directory, names[formats.NTRIPLES], lines, names.values()):
        graph_files.write(lines, {form: directory / file for form, file in names.items()})


def _lines(triples: Iterable[ox.Triple]) -> list[bytes]:
    return (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").splitlines(keepends=True)


def _named(dataset: str, question: flat_tables.FlatQuery) -> Iterator[ox.Triple]:
    """Yield what the catalogue needs to know of a table: its dataset, its file, its titles."""
    iri = f"{dataset}#csv-{question.name}"
    yield resource(dataset, DCAT + "distribution", iri)
    yield text(iri, DCT + "identifier", question.file)
    yield text(iri, DCT + "title", question.de, "de")
    yield text(iri, DCT + "title", question.en, "en")
