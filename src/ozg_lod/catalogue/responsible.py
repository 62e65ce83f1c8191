"""Who answers for the catalogue, as the data say: its own node, what it is called, who publishes it, whom to ask."""

from __future__ import annotations

from typing import Final

from ozg_lod.core.messages import Label
from ozg_lod.core.vocab import DCAT, DCT, FOAF, VCARD
from ozg_lod.rdf.graph import TYPE, Graph, iri_of

_REACHED_BY: Final = (VCARD + "hasEmail", VCARD + "hasURL", FOAF + "mbox", FOAF + "page", FOAF + "homepage")
_MAIL: Final = "mailto:"
_WEB: Final = (_MAIL, "https://", "http://")


def catalogue(graph: Graph) -> str:
    """Return the IRI of the catalogue, the first of several, "" where the data describe none."""
    return min((iri_of(triple.subject) for triple in graph.using(TYPE, DCAT + "Catalog")), default="")


def name(graph: Graph, otherwise: Label) -> Label:
    iri = catalogue(graph)
    names = graph.names(iri) if iri else {}
    return Label(names) if names else otherwise


def named(graph: Graph, predicate: str) -> list[str]:
    """Return the IRIs that the catalogue names by a property, in order."""
    iri = catalogue(graph)
    return sorted({iri_of(term) for term in graph.objects(iri, predicate)} - {""}) if iri else []


def publisher(graph: Graph) -> str:
    """Return the IRI of who publishes the catalogue, "" while nobody does."""
    return next(iter(named(graph, DCT + "publisher")), "")


def contacts(graph: Graph) -> list[str]:
    return named(graph, DCAT + "contactPoint")


def contact(graph: Graph) -> str:
    """Return the address for questions and reports, of several ways mail first; "" while there is none."""
    ways = [iri_of(term) for point in contacts(graph) for way in _REACHED_BY for term in graph.objects(point, way)]
    return min((iri for iri in ways if iri.startswith(_WEB)), key=lambda iri: not iri.startswith(_MAIL), default="")
