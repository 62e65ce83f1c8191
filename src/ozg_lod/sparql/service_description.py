"""The SPARQL endpoint described by itself (SPARQL 1.1 Service Description), always in step with the dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import (
    DCT,
    RDF,
    SD,
    VOID,
)
from ozg_lod.rdf.formats import RESULTS
from ozg_lod.rdf.triples import number, resource
from ozg_lod.sparql.counts import Counts
from ozg_lod.sparql.question import GRAPHS

_FORMATS: Final = "http://www.w3.org/ns/formats/"


def describe(counts: Counts, version: str, endpoint: str, *, merged: bool) -> list[ox.Triple]:
    """Return the description of the service at `endpoint`: one dataset, its graphs with their sizes.

    `merged` says that the default graph is the merge of all named graphs.
    """
    features = [SD + "UnionDefaultGraph"] if merged else []
    return [
        resource(endpoint, RDF + "type", SD + "Service"),
        resource(endpoint, SD + "endpoint", endpoint),
        resource(endpoint, SD + "supportedLanguage", SD + "SPARQL11Query"),
        *(resource(endpoint, SD + "feature", feature) for feature in features),
        *(resource(endpoint, SD + "resultFormat", _FORMATS + form.w3c_name) for form in (*RESULTS, *GRAPHS)),
        resource(endpoint, SD + "defaultDataset", endpoint + "#dataset"),
        *_dataset(counts, version, endpoint),
    ]


def _dataset(counts: Counts, version: str, endpoint: str) -> Iterator[ox.Triple]:
    dataset, default = endpoint + "#dataset", endpoint + "#default-graph"
    yield resource(dataset, RDF + "type", SD + "Dataset")
    yield resource(dataset, SD + "defaultGraph", default)
    yield resource(default, RDF + "type", SD + "Graph")
    yield number(default, VOID + "triples", counts.triples)
    yield ox.Triple(ox.NamedNode(dataset), ox.NamedNode(DCT + "identifier"), ox.Literal(version))
    for position, (iri, triples) in enumerate(counts.graphs.items(), 1):
        named, graph = f"{endpoint}#named-graph-{position}", f"{endpoint}#graph-{position}"
        yield resource(dataset, SD + "namedGraph", named)
        yield resource(named, RDF + "type", SD + "NamedGraph")
        yield resource(named, SD + "name", iri)
        yield resource(named, SD + "graph", graph)
        yield resource(graph, RDF + "type", SD + "Graph")
        yield number(graph, VOID + "triples", triples)
