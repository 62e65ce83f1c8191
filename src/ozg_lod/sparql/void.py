"""The dataset described for machines that look at /.well-known/void (VoID, W3C Interest Group Note 2011).

Everything is counted in the data themselves: a description written by hand goes stale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import (
    DCT,
    FOAF,
    ONTOLOGY,
    OWL,
    RDF,
    VOID,
)
from ozg_lod.rdf.triples import number, resource, text
from ozg_lod.sparql.counts import Counts

_FEATURES: Final = "http://www.w3.org/ns/formats/"
_OFFERED: Final = ("Turtle", "JSON-LD", "RDF_XML", "N-Triples")


def describe(
    counts: Counts, version: str, public_url: str, *, base_iri: str, dumps: Mapping[str, str]
) -> Iterator[ox.Triple]:
    """Yield the description: the dataset, its partitions by class and property, the vocabularies, where to get it.

    `dumps` maps the path of each dump on this host to its media type.
    """
    document = f"{public_url}/.well-known/void"
    dataset = document + "#dataset"
    yield resource(document, RDF + "type", VOID + "DatasetDescription")
    yield resource(document, FOAF + "primaryTopic", dataset)
    yield from _whole(counts, version, dataset)
    yield resource(dataset, VOID + "sparqlEndpoint", f"{public_url}/sparql")
    for path in dumps:
        yield resource(dataset, VOID + "dataDump", public_url + path)
    if base_iri:
        yield text(dataset, VOID + "uriSpace", base_iri)
    for name in _OFFERED:
        yield resource(dataset, VOID + "feature", _FEATURES + name)
    for vocabulary in sorted({_namespace(iri) for iri in (*counts.classes, *(p.iri for p in counts.properties))}):
        yield resource(dataset, VOID + "vocabulary", vocabulary)
    yield from _partitions(counts, document, dataset)


def _whole(counts: Counts, version: str, dataset: str) -> Iterator[ox.Triple]:
    yield resource(dataset, RDF + "type", VOID + "Dataset")
    yield text(dataset, DCT + "identifier", version)
    yield text(dataset, OWL + "versionInfo", version)
    yield number(dataset, VOID + "triples", counts.triples)
    yield number(dataset, VOID + "distinctSubjects", counts.subjects)
    yield number(dataset, VOID + "distinctObjects", counts.objects)
    yield number(dataset, VOID + "classes", len(counts.classes))
    yield number(dataset, VOID + "properties", len(counts.properties))
    yield number(dataset, VOID + "entities", counts.subjects)


def _partitions(counts: Counts, document: str, dataset: str) -> Iterator[ox.Triple]:
    for iri, entities in counts.classes.items():
        part = _part(document, "class", iri)
        yield resource(dataset, VOID + "classPartition", part)
        yield resource(part, VOID + "class", iri)
        yield number(part, VOID + "entities", entities)
    for usage in counts.properties:
        part = _part(document, "property", usage.iri)
        yield resource(dataset, VOID + "propertyPartition", part)
        yield resource(part, VOID + "property", usage.iri)
        yield number(part, VOID + "triples", usage.triples)
        yield number(part, VOID + "distinctSubjects", usage.subjects)
        yield number(part, VOID + "distinctObjects", usage.objects)


def _part(document: str, kind: str, iri: str) -> str:
    """Return an address for a partition that stays the same when others come and go."""
    return f"{document}#{kind}-{hashlib.sha256(iri.encode()).hexdigest()[:16]}"


def _namespace(iri: str) -> str:
    """Return the vocabulary a term is of; ours is named as its document is."""
    namespace = iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] or iri
    return ONTOLOGY if namespace == ONTOLOGY + "#" else namespace
