"""The SPARQL endpoint described by itself (SPARQL 1.1 Service Description), always in step with the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from ozg_lod.formats import GRAPHS, RESULTS
from ozg_lod.vocab import DCT, RDF, SD, VOID, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ozg_lod.snapshot import Manifest

_FORMATS: Final = "http://www.w3.org/ns/formats/"
_NAMED_FORMATS: Final = {
    "text/turtle": "Turtle",
    "application/ld+json": "JSON-LD",
    "application/rdf+xml": "RDF_XML",
    "application/n-triples": "N-Triples",
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
}


def describe(manifest: Manifest, public_url: str) -> list[ox.Triple]:
    """Return the description: one service, one dataset, its graphs with their sizes."""
    endpoint = f"{public_url}/sparql"
    return [
        _triple(endpoint, RDF + "type", SD + "Service"),
        _triple(endpoint, SD + "endpoint", endpoint),
        _triple(endpoint, SD + "supportedLanguage", SD + "SPARQL11Query"),
        _triple(endpoint, SD + "feature", SD + "UnionDefaultGraph"),
        *(_triple(endpoint, SD + "resultFormat", _FORMATS + _NAMED_FORMATS[form.media_type]) for form in (*RESULTS, *GRAPHS)),
        _triple(endpoint, SD + "defaultDataset", endpoint + "#dataset"),
        *_dataset(manifest, endpoint),
    ]


def _dataset(manifest: Manifest, endpoint: str) -> Iterator[ox.Triple]:
    dataset, default = endpoint + "#dataset", endpoint + "#default-graph"
    yield _triple(dataset, RDF + "type", SD + "Dataset")
    yield _triple(dataset, SD + "defaultGraph", default)
    yield _triple(default, RDF + "type", SD + "Graph")
    yield _number(default, VOID + "triples", manifest.triples)
    yield ox.Triple(ox.NamedNode(dataset), ox.NamedNode(DCT + "identifier"), ox.Literal(manifest.version))
    for iri, quads in manifest.graphs.items():
        named, graph = f"{iri}#named", f"{iri}#graph"
        yield _triple(dataset, SD + "namedGraph", named)
        yield _triple(named, RDF + "type", SD + "NamedGraph")
        yield _triple(named, SD + "name", iri)
        yield _triple(named, SD + "graph", graph)
        yield _triple(graph, RDF + "type", SD + "Graph")
        yield _number(graph, VOID + "triples", quads)


def _triple(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))


def _number(subject: str, predicate: str, value: int) -> ox.Triple:
    number = ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), number)
