"""The catalogue portals harvest: DCAT-AP.de 3.0 (DCAT-AP 3.0.0 with the German additions) about one release.

Written from what `data/catalogue.ttl` and `data/datasets.ttl` say, the manifest and the publication log. Nothing has a
blank node, everything has an IRI that stays; only our own datasets are typed `dcat:Dataset`, since a harvester takes
every typed subject for a dataset. Publisher, contact and contributor ID are as configured in `catalogue.ttl`; where no
publisher is, the contributors stand in, who claim no office (docs/decisions/20261122-catalogue-for-portals.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.catalogue import responsible
from ozg_lod.catalogue.distribution_offers import (
    AVAILABLE,
    EU,
    LANGUAGES,
    SERVICES,
    Distribution,
    DistributionOffers,
    timestamp,
)
from ozg_lod.catalogue.distributions import DESCRIPTIONS_FILE, FOLDER
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import (
    DCAT,
    DCATAP,
    DCATDE,
    DCT,
    FOAF,
    QB,
    RDF,
    SKOS,
    VCARD,
    VOID,
)
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import (
    TYPE,
    Graph,
    iri_of,
    pick,
)
from ozg_lod.rdf.triples import resource, text
from ozg_lod.snapshots.releases import Release, unavailable

_NOT_PUBLISHED: Final = frozenset(
    {VOID + "uriSpace", VOID + "uriRegexPattern", SKOS + "prefLabel", QB + "structure", DCAT + "distribution"}
)
_OF_FILES: Final = frozenset({DCT + "license", DCT + "rights", DCATDE + "licenseAttributionByText"})
_CONFIGURED: Final = frozenset({DCT + "publisher", DCAT + "contactPoint", DCATDE + "contributorID"})
_CLASSES: Final = {
    DCT + "spatial": DCT + "Location",
    DCT + "conformsTo": DCT + "Standard",
    DCT + "license": DCT + "LicenseDocument",
}
"""Classes of what is referred to elsewhere; DCAT-AP shapes ask for them, and none of them is taken for a dataset."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One dataset with all that describes it, complete in itself; `modified` is xsd:dateTime."""

    iri: str
    issued: str
    modified: str
    licence: str
    attribution: str
    distributions: tuple[Distribution, ...]
    triples: frozenset[ox.Triple]

    @property
    def key(self) -> str:
        """Return the last part of the IRI."""
        return self.iri.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The catalogue: `head` says what it is and who keeps it, the entries are in order of their IRIs."""

    iri: str
    modified: str
    licence: str
    head: frozenset[ox.Triple]
    entries: tuple[CatalogueEntry, ...]

    def graph(self, entries: Sequence[CatalogueEntry]) -> set[ox.Triple]:
        """Return the graph of these entries: head, links to them, and all of each.

        A service does not list what it serves: portals show a service at each dataset that is reached through it, and
        the list would change every one of them whenever one comes or goes.
        """
        triples = set(self.head)
        for entry in entries:
            triples |= entry.triples
            triples.add(resource(self.iri, DCAT + "dataset", entry.iri))
        return triples


def compose(release: Release) -> Catalogue:
    """Return the catalogue of a release; raise Unavailable where it describes no dataset."""
    if release.record(DESCRIPTIONS_FILE) is None:
        raise unavailable(
            _("no dataset is described; data/datasets.ttl says how."),
        )
    store = ox.Store()
    store.bulk_load(path=release.path(DESCRIPTIONS_FILE), format=ox.RdfFormat.N_TRIPLES)
    return _CatalogueWriter(release, Graph(store)).catalogue()


class _CatalogueWriter:
    """Writes one catalogue."""

    def __init__(self, release: Release, graph: Graph) -> None:
        self.release = release
        self.graph = graph
        self.iri = responsible.catalogue(graph)
        self.publisher = responsible.publisher(graph) or f"{self.iri}#contributors"
        self.contacts = responsible.contacts(graph)
        self.offers = DistributionOffers(release, graph, self.iri)

    def catalogue(self) -> Catalogue:
        datasets = sorted(iri_of(triple.subject) for triple in self.graph.using(TYPE, DCAT + "Dataset"))
        entries = tuple(self._entry(iri) for iri in datasets)
        times = [entry.modified for entry in entries] + [self.release.modified(DESCRIPTIONS_FILE)]
        modified = max(times)
        head = {*self._head(modified), *self._agents(), *self._services()}
        licence = self._one(self.iri, DCT + "license")
        return Catalogue(self.iri, modified, licence, frozenset(_typed(head)), entries)

    def _head(self, modified: str) -> Iterator[ox.Triple]:
        iri = self.iri
        yield from self._said(iri, {*_NOT_PUBLISHED, *_CONFIGURED})
        yield from self._responsible(iri)
        yield timestamp(iri, DCT + "issued", self.release.issued(DESCRIPTIONS_FILE))
        yield timestamp(iri, DCT + "modified", modified)
        yield text(iri, DCT + "identifier", iri)
        yield resource(iri, DCAT + "themeTaxonomy", EU + "data-theme")
        yield resource(iri, DCATAP + "availability", AVAILABLE)

    def _agents(self) -> Iterator[ox.Triple]:
        """Yield who publishes and whom to ask, as configured; else the contributors, who are no authority."""
        yield resource(self.publisher, TYPE, FOAF + "Agent")
        names = self.graph.names(self.publisher)
        if not names:
            names = {language: _("Contributors to ozg-lod (no authority)")[language] for language in LANGUAGES}
        if not self.graph.objects(self.publisher, FOAF + "name"):
            yield text(self.publisher, FOAF + "name", pick(names, "de")[0])
        yield from self._said(self.publisher, {SKOS + "prefLabel"})
        for contact in self.contacts:
            yield resource(contact, TYPE, VCARD + "Kind")
            yield from self._said(contact, {SKOS + "prefLabel"})

    def _services(self) -> Iterator[ox.Triple]:
        for service in SERVICES:
            iri = self.offers.service_iri(service)
            yield from self.offers.service(service)
            yield from self._responsible(iri)
            yield resource(self.iri, DCAT + "service", iri)

    def _responsible(self, iri: str) -> Iterator[ox.Triple]:
        yield resource(iri, DCT + "publisher", self.publisher)
        for contact in self.contacts:
            yield resource(iri, DCAT + "contactPoint", contact)

    def _entry(self, iri: str) -> CatalogueEntry:
        key = iri.rpartition("/")[2]
        measure = f"{FOLDER}{key}.{formats.NTRIPLES.suffix}"
        issued, modified = self.release.issued(measure), self.release.modified(measure)
        distributions = tuple(self.offers.of(iri))
        triples = set(self._dataset(iri, measure, issued, modified))
        for distribution in distributions:
            triples |= set(self.offers.triples(iri, distribution, issued, modified))
        licence, attribution = (
            self._one(iri, DCT + "license"),
            self._one(iri, DCATDE + "licenseAttributionByText"),
        )
        return CatalogueEntry(iri, issued, modified, licence, attribution, distributions, frozenset(_typed(triples)))

    def _dataset(self, iri: str, measure: str, issued: str, modified: str) -> Iterator[ox.Triple]:
        yield from self._said(iri, {*_NOT_PUBLISHED, *_OF_FILES, TYPE})
        yield resource(iri, TYPE, DCAT + "Dataset")
        for part in {*self.graph.objects(iri, DCT + "temporal"), *self.graph.objects(iri, DCT + "rights")}:
            yield from self._said(iri_of(part), {SKOS + "prefLabel"})
        yield text(iri, DCT + "identifier", iri)
        yield from self._responsible(iri)
        for contributor in self.graph.objects(self.iri, DCATDE + "contributorID"):
            yield resource(iri, DCATDE + "contributorID", iri_of(contributor))
        yield timestamp(iri, DCT + "issued", issued)
        yield timestamp(iri, DCT + "modified", modified)
        yield text(iri, DCAT + "version", self.release.manifest.files[measure].sha256)
        yield resource(iri, DCAT + "landingPage", f"{self.release.public_url}/doc/dataset/{iri.rpartition('/')[2]}")

    def _said(self, iri: str, hidden: Iterable[str]) -> Iterator[ox.Triple]:
        """Yield what the descriptions say of `iri`, without the hidden properties."""
        skipped = set(hidden)
        return (triple for triple in self.graph.about(iri) if triple.predicate.value not in skipped)

    def _one(self, iri: str, predicate: str) -> str:
        return min((str(getattr(term, "value", "")) for term in self.graph.objects(iri, predicate)), default="")


def _typed(triples: Iterable[ox.Triple]) -> set[ox.Triple]:
    """Return the triples and the classes of what they refer to."""
    statements = set(triples)
    for triple in list(statements):
        kind = _CLASSES.get(triple.predicate.value)
        if kind and iri_of(triple.object):
            statements.add(resource(iri_of(triple.object), RDF + "type", kind))
    return statements
