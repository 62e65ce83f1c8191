"""The files portals download: each dataset in four RDF formats, its flat tables, and the description of them all.

They are written at build, so that size and hash stand in the manifest and every server gives the same bytes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import pyoxigraph as ox

from ozg_lod.catalogue import datasets, flat_tables
from ozg_lod.core.errors import NotAcceptable
from ozg_lod.core.vocab import DCAT, DCT
from ozg_lod.rdf import formats
from ozg_lod.rdf.triples import resource, text
from ozg_lod.tables.metadata import METADATA

DESCRIPTIONS_FILE: Final = "catalogue.nt"
FOLDER: Final = "dump/"
RDF_FORMATS: Final = formats.GRAPHS
"""The formats of every dataset; the N-Triples file, sorted, is what tells whether a dataset has changed."""


def files(
    triples: Collection[ox.Triple], shapes: bytes, queries: Mapping[str, bytes], *, base_iri: str
) -> dict[str, bytes]:
    """Return the files by name: `dump/…` and what is said about the catalogue; nothing where no dataset is described.

    `triples` is the merged graph, `shapes` the rules as Turtle, `queries` those for flat tables.
    """
    offered_datasets = datasets.described(triples)
    if not offered_datasets:
        return {}
    everything = {*triples, *(quad.triple for quad in ox.parse(shapes, ox.RdfFormat.TURTLE))}
    written: dict[str, bytes] = {}
    contents = datasets.divide(everything, offered_datasets)
    offered_datasets = tuple(dataset for dataset in offered_datasets if dataset.iri in contents)
    for iri, content in contents.items():
        key = iri.rpartition("/")[2]
        for form in RDF_FORMATS:
            with contextlib.suppress(NotAcceptable):  # a format that cannot hold the graph is not offered for it
                written[f"{FOLDER}{key}.{form.suffix}"] = formats.serialize(content, form)
    described = datasets.descriptions(triples, offered_datasets)
    store = ox.Store()
    store.bulk_extend(ox.Quad(*triple) for triple in everything)
    owners = {dataset.key: dataset.iri for dataset in offered_datasets}
    for question in flat_tables.questions(queries):
        if question.dataset in owners:
            written[FOLDER + question.file] = question.table(store)
            written[FOLDER + question.file + METADATA] = question.metadata(base_iri)
            described |= set(_named(owners[question.dataset], question))
    return {**written, DESCRIPTIONS_FILE: formats.serialize(described, formats.NTRIPLES)}


def _named(dataset: str, question: flat_tables.FlatQuery) -> Iterator[ox.Triple]:
    """Yield what the catalogue needs to know of a table: its dataset, its file, its titles."""
    iri = f"{dataset}#csv-{question.name}"
    yield resource(dataset, DCAT + "distribution", iri)
    yield text(iri, DCT + "identifier", question.file)
    yield text(iri, DCT + "title", question.de, "de")
    yield text(iri, DCT + "title", question.en, "en")
