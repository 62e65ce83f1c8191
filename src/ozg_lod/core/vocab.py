"""Namespaces and the few terms that the program itself knows by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

ONTOLOGY: Final = "https://w3id.org/ozg-lod/ontology"
OZG: Final = ONTOLOGY + "#"
SHAPES: Final = "https://w3id.org/ozg-lod/shapes"
OZGSH: Final = SHAPES + "#"

ADMS: Final = "http://www.w3.org/ns/adms#"
CV: Final = "http://data.europa.eu/m8g/"
DC: Final = "http://purl.org/dc/elements/1.1/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
DCATAP: Final = "http://data.europa.eu/r5r/"
DCATDE: Final = "http://dcat-ap.de/def/dcatde/"
DCT: Final = "http://purl.org/dc/terms/"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
GEO: Final = "http://www.opengis.net/ont/geosparql#"
HYDRA: Final = "http://www.w3.org/ns/hydra/core#"
ORG: Final = "http://www.w3.org/ns/org#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
PROV: Final = "http://www.w3.org/ns/prov#"
QB: Final = "http://purl.org/linked-data/cube#"
QUDT: Final = "http://qudt.org/schema/qudt/"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
SCHEMA: Final = "https://schema.org/"
SD: Final = "http://www.w3.org/ns/sparql-service-description#"
SDMX_ATTRIBUTE: Final = "http://purl.org/linked-data/sdmx/2009/attribute#"
SDMX_DIMENSION: Final = "http://purl.org/linked-data/sdmx/2009/dimension#"
SH: Final = "http://www.w3.org/ns/shacl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SPDX: Final = "http://spdx.org/rdf/terms#"
VANN: Final = "http://purl.org/vocab/vann/"
VCARD: Final = "http://www.w3.org/2006/vcard/ns#"
VOID: Final = "http://rdfs.org/ns/void#"
WGS84: Final = "http://www.w3.org/2003/01/geo/wgs84_pos#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

PREFIXES: Final[dict[str, str]] = {
    "adms": ADMS,
    "cv": CV,
    "dc": DC,
    "dcat": DCAT,
    "dcatap": DCATAP,
    "dcatde": DCATDE,
    "dct": DCT,
    "foaf": FOAF,
    "geo": GEO,
    "hydra": HYDRA,
    "org": ORG,
    "owl": OWL,
    "ozg": OZG,
    "ozgsh": OZGSH,
    "prov": PROV,
    "qb": QB,
    "qudt": QUDT,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "sd": SD,
    "sdmx-attribute": SDMX_ATTRIBUTE,
    "sdmx-dimension": SDMX_DIMENSION,
    "sh": SH,
    "skos": SKOS,
    "spdx": SPDX,
    "vann": VANN,
    "vcard": VCARD,
    "void": VOID,
    "wgs84": WGS84,
    "xsd": XSD,
}


def prefixed(iri: str) -> str:
    """Return the short name of an IRI where there is a prefix for it, else the IRI.

    >>> prefixed("http://purl.org/dc/terms/source")
    'dct:source'
    """
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    name = _names_by_namespace().get(iri[:cut])
    return f"{name}:{iri[cut:]}" if name else iri


def expanded(name: str) -> str:
    """Return the IRI of a short name; anything else as it stands.

    >>> expanded("dct:source")
    'http://purl.org/dc/terms/source'
    """
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else name


@cache
def _names_by_namespace() -> Mapping[str, str]:
    return {iri: name for name, iri in PREFIXES.items()}
