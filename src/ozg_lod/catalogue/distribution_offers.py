"""How a dataset can be had: its files with size and hash, and the services that answer about it, as DCAT-AP.de says it.

A service stands beside the files as a distribution with `dcat:accessService` and without a download, since CKAN shows
services only there (Konvention 41; ckanext-dcat 2.4.4). A checksum has an IRI, so that nothing changes its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.catalogue.distributions import FOLDER, RDF_FORMATS
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import (
    DCAT,
    DCATAP,
    DCATDE,
    DCT,
    FOAF,
    ONTOLOGY,
    SPDX,
    VOID,
    XSD,
)
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format
from ozg_lod.rdf.graph import TYPE, Graph, iri_of
from ozg_lod.rdf.triples import resource, text
from ozg_lod.snapshots.releases import Release
from ozg_lod.tables.metadata import METADATA

EU: Final = "http://publications.europa.eu/resource/authority/"
AVAILABLE: Final = EU + "planned-availability/AVAILABLE"
LANGUAGES: Final = ("de", "en")
HVD: Final = (DCATAP + "applicableLegislation", DCATAP + "hvdCategory")
"""What makes a dataset one of high value (Regulation (EU) 2023/138); only an authority says it of its own data."""
OF_DISTRIBUTIONS: Final = (
    DCT + "license",
    DCT + "rights",
    DCATDE + "licenseAttributionByText",
    DCT + "language",
    DCATAP + "applicableLegislation",
)
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
_FILE_TYPES: Final = {
    formats.TURTLE: "RDF_TURTLE",
    formats.JSONLD: "JSON_LD",
    formats.RDFXML: "RDF_XML",
    formats.NTRIPLES: "RDF_N_TRIPLES",
    formats.CSV: "CSV",
    formats.SPARQL_JSON: "SPARQLQRES",
    formats.JSON: "JSON",
}


@dataclass(frozen=True, slots=True)
class DataService:
    """A service of this host: where it answers, what describes it, where people meet it, what it conforms to."""

    name: str
    endpoint: str
    description: str
    page: str
    form: Format
    conforms_to: str = ""


SERVICES: Final = (
    DataService(
        "sparql", "/sparql", "/sparql", "/sparql", formats.SPARQL_JSON, "http://www.w3.org/TR/sparql11-protocol/"
    ),
    DataService("search", "/search.json", "/openapi.json", "/suche", formats.JSON),
)


@dataclass(frozen=True, slots=True)
class Distribution:
    """One way to get a dataset: `file` is its name under `dump/`, "" where `service` answers instead."""

    iri: str
    url: str
    form: Format
    titles: Mapping[str, str]
    file: str = ""
    bytes: int = 0
    service: DataService | None = None


@dataclass(frozen=True, slots=True)
class DistributionOffers:
    """Writes the distributions and services of one catalogue, whose IRI is `catalogue`."""

    release: Release
    graph: Graph
    catalogue: str

    def service_iri(self, service: DataService) -> str:
        return f"{self.catalogue}#{service.name}"

    def service(self, service: DataService) -> Iterator[ox.Triple]:
        """Yield what a service is; who publishes it is the catalogue's to say."""
        iri, host = self.service_iri(service), self.release.public_url
        yield resource(iri, TYPE, DCAT + "DataService")
        yield from spoken(iri, DCT + "title", _TEXTS[service.name])
        yield from spoken(iri, DCT + "description", _TEXTS[f"{service.name}_text"])
        yield resource(iri, DCAT + "endpointURL", host + service.endpoint)
        yield resource(iri, DCAT + "endpointDescription", host + service.description)
        yield resource(iri, DCT + "format", f"{EU}file-type/{_FILE_TYPES[service.form]}")
        yield resource(iri, DCT + "accessRights", EU + "access-right/PUBLIC")
        yield resource(iri, DCATAP + "availability", AVAILABLE)
        yield resource(iri, DCAT + "theme", EU + "data-theme/GOVE")
        yield text(iri, DCAT + "keyword", _TEXTS[service.name]["de"], "de")
        if service.conforms_to:
            yield resource(iri, DCT + "conformsTo", service.conforms_to)
        high_value = {(triple.predicate, triple.object) for name in HVD for triple in self.graph.using(name)}
        for predicate, value in high_value:
            yield ox.Triple(ox.NamedNode(iri), predicate, value)
        if high_value:
            yield resource(iri, FOAF + "page", host + service.page)

    def of(self, dataset: str) -> Iterator[Distribution]:
        """Yield the files of a dataset that the manifest has, its tables, and the services that know it."""
        titles = self.graph.names(dataset)
        key = dataset.rpartition("/")[2]
        for form in RDF_FORMATS:
            named = {language: f"{title} ({form.label})" for language, title in titles.items()}
            yield from self._file(f"{dataset}#{form.suffix}", f"{key}.{form.suffix}", form, named)
        for table in sorted(map(iri_of, self.graph.objects(dataset, DCAT + "distribution"))):
            file = min(str(getattr(name, "value", "")) for name in self.graph.objects(table, DCT + "identifier"))
            yield from self._file(table, file, formats.CSV, self.graph.names(table))
        for service in SERVICES:
            if self._knows(service, dataset):
                word = {language: _TEXTS[service.name][language] for language in LANGUAGES}
                named = {language: f"{title} ({word.get(language, word['de'])})" for language, title in titles.items()}
                url = self.release.public_url + service.page
                yield Distribution(f"{dataset}#{service.name}", url, service.form, named, service=service)

    def triples(self, dataset: str, one: Distribution, issued: str, modified: str) -> Iterator[ox.Triple]:
        """Yield what the catalogue says of a distribution of a dataset."""
        iri = one.iri
        yield resource(dataset, DCAT + "distribution", iri)
        yield resource(iri, TYPE, DCAT + "Distribution")
        for language, title in one.titles.items():
            yield text(iri, DCT + "title", title, language)
        kind = "service" if one.service else "table" if one.form is formats.CSV else "file"
        yield from spoken(iri, DCT + "description", _TEXTS[f"{kind}_text"])
        yield resource(iri, DCAT + "accessURL", one.url)
        yield resource(iri, DCT + "format", f"{EU}file-type/{_FILE_TYPES[one.form]}")
        yield resource(iri, DCAT + "mediaType", _MEDIA_TYPES + one.form.media_type)
        yield resource(iri, DCATAP + "availability", AVAILABLE)
        yield timestamp(iri, DCT + "issued", issued)
        yield timestamp(iri, DCT + "modified", modified)
        for predicate in OF_DISTRIBUTIONS:
            for value in self.graph.objects(dataset, predicate):
                yield ox.Triple(ox.NamedNode(iri), ox.NamedNode(predicate), value)
        if one.service:
            yield resource(iri, DCAT + "accessService", self.service_iri(one.service))
        else:
            yield resource(iri, DCT + "conformsTo", one.url + METADATA if one.form is formats.CSV else ONTOLOGY)
            yield from self._measured(one)

    def _file(self, iri: str, file: str, form: Format, titles: Mapping[str, str]) -> Iterator[Distribution]:
        record = self.release.record(FOLDER + file)
        if record is not None:
            url = f"{self.release.root}/dump/{file}"
            yield Distribution(iri, url, form, titles, file=file, bytes=record.bytes)

    def _knows(self, service: DataService, dataset: str) -> bool:
        """Return whether a service answers about a dataset: rules are in neither, terms not in the search."""
        spaces = [str(getattr(space, "value", "")) for space in self.graph.objects(dataset, VOID + "uriSpace")]
        things = any(space.startswith(f"{self.release.manifest.base_iri}id/") for space in spaces)
        return things or (service.name == "sparql" and not any(space.endswith("/shapes") for space in spaces))

    def _measured(self, one: Distribution) -> Iterator[ox.Triple]:
        """Yield address, size and hash of a file."""
        record = self.release.manifest.files[FOLDER + one.file]
        checksum = f"{one.iri}-sha256"
        yield resource(one.iri, DCAT + "downloadURL", one.url)
        yield typed(one.iri, DCAT + "byteSize", str(record.bytes), "nonNegativeInteger")
        yield resource(one.iri, SPDX + "checksum", checksum)
        yield resource(checksum, TYPE, SPDX + "Checksum")
        yield resource(checksum, SPDX + "algorithm", SPDX + "checksumAlgorithm_sha256")
        yield typed(checksum, SPDX + "checksumValue", record.sha256, "hexBinary")


_TEXTS: Final = {
    "sparql": _("SPARQL endpoint"),
    "sparql_text": _(
        "Answers queries in SPARQL 1.1 over all datasets of the catalogue. Without a query the "
        "service describes itself."
    ),
    "search": _("Search"),
    "search_text": _("Finds entries of the catalogue by words and official keys and answers in JSON."),
    "service_text": _("The dataset as part of a service that answers about all datasets."),
    "file_text": _("All statements of the dataset as RDF, with the sources they name."),
    "table_text": _(
        "Flat table in UTF-8 with a header row. The file of the same name ending in -metadata.json "
        "describes the columns (CSVW)."
    ),
}


def spoken(iri: str, predicate: str, message: Message) -> Iterator[ox.Triple]:
    """Yield one of our texts in every language."""
    for language in LANGUAGES:
        yield text(iri, predicate, message[language], language)


def timestamp(iri: str, predicate: str, value: str) -> ox.Triple:
    """Return a triple with an xsd:dateTime."""
    return typed(iri, predicate, value, "dateTime")


def typed(iri: str, predicate: str, value: str, datatype: str) -> ox.Triple:
    """Return a triple with a literal of an XML Schema datatype."""
    literal = ox.Literal(value, datatype=ox.NamedNode(XSD + datatype))
    return ox.Triple(ox.NamedNode(iri), ox.NamedNode(predicate), literal)
