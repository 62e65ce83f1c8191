"""Datasets: named once, named stably, listed; nothing taken for one that is none; no value that nobody can use."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import DCAT, DCATDE, DCT, FOAF, SCHEMA, SPDX, XSD
from ozg_lod.harvest_check.graph import (
    CATALOG,
    DATASET,
    DISTRIBUTION,
    RECORD,
    SERVICE,
    CatalogueGraph,
    CatalogueTerm,
    error,
    hint,
    parts,
    warning,
)
from ozg_lod.harvest_check.profile import DEPRECATED, short
from ozg_lod.rdf.lexical import is_legal, is_web_address

MEDIA_TYPE: Final = re.compile(r"https?://www\.iana\.org/assignments/media-types/")
_WEB: Final = ("http", "https")
_ATTRIBUTED: Final = re.compile(r"http://dcat-ap\.de/def/licenses/(?:dl-by-de|cc-by(?!-n))")
_PERIOD: Final = tuple(space + end for space in (DCAT, SCHEMA) for end in ("startDate", "endDate"))
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d.*)?)?)?Z?")
_NOT_IN_ADDRESSES: Final = re.compile(r"""[ <>"{}|\\^`\[\]]""")
_ADDRESSES: Final = (
    (DATASET, DCAT + "landingPage"),
    (DISTRIBUTION, DCAT + "accessURL"),
    (DISTRIBUTION, DCAT + "downloadURL"),
    (SERVICE, DCAT + "endpointURL"),
    (CATALOG, FOAF + "homepage"),
)


def structure(graph: CatalogueGraph) -> Iterator[Finding]:
    """Yield what is wrong with the set of datasets."""
    datasets = graph.typed(DATASET)
    if not datasets:
        message = _("the catalogue holds no dataset (dcat:Dataset); portals then delete all they have from here")
        yield error("catalogue-empty", message)
        return
    for namespace, right in sorted(graph.misspelt.items()):
        message = _("properties of this namespace are read by nobody; it is written {right}", right=right)
        yield error("namespace-misspelt", message, value=namespace)
    yield from _catalogues(graph, datasets)
    for dataset in datasets:
        yield from _address(graph, dataset)
        yield from _classes(graph, dataset)
    yield from _twins(graph, datasets)
    for dataset in datasets:
        for distribution in graph.of(dataset, DCAT + "distribution"):
            yield from _distribution_node(graph, dataset, distribution)


def _catalogues(graph: CatalogueGraph, datasets: list[CatalogueTerm]) -> Iterator[Finding]:
    catalogues = graph.typed(CATALOG)
    if not catalogues:
        yield error("catalogue-missing", _("the catalogue itself (dcat:Catalog) is missing; DCAT-AP demands it"))
        return
    listed = {dataset for catalogue in catalogues for dataset in graph.of(catalogue, DCAT + "dataset")}
    described = {*datasets, *graph.typed(DCAT + "DatasetSeries")}
    for dataset in sorted(listed - described, key=lambda term: term.value):
        message = _("the catalogue lists a dataset that it does not describe; it does not arrive at portals")
        yield warning("dataset-not-described", message, place=graph.place(dataset))
    for dataset in datasets if listed else []:
        if dataset not in listed and not graph.is_stub(dataset) and dataset not in catalogues:
            message = _("the dataset is not in the list of the catalogue (dcat:dataset)")
            yield warning("dataset-not-listed", message, place=graph.place(dataset))


def _address(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    if dataset.kind == "blank":
        message = _("the dataset has no address (blank node); portals create it anew each time")
        yield error("dataset-unnamed", message, place=graph.place(dataset))
    elif parts(dataset.value).scheme not in _WEB:
        message = _("the address of the dataset does not start with http:// or https://")
        yield error("dataset-address", message, value=dataset.value, place=graph.place(dataset))


def _classes(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    if graph.is_stub(dataset):
        message = _(
            "a mere reference is typed as a dataset; harvesters import it as an empty dataset. Leave out its class"
        )
        yield error("dataset-stub", message, place=graph.place(dataset))
    for name, rule in ((CATALOG, "dataset-is-catalogue"), (RECORD, "dataset-is-record")):
        if graph.is_a(dataset, name):
            message = _("the same address is a dataset and a catalogue or catalogue record; harvesters merge the two")
            yield error(rule, message, place=graph.place(dataset))
    if (count := len(graph.pages[dataset])) > 1:
        message = _("the dataset is on {count} pages of the catalogue; it may be on one only", count=count)
        yield error("dataset-twice", message, place=graph.place(dataset))


def _twins(graph: CatalogueGraph, datasets: list[CatalogueTerm]) -> Iterator[Finding]:
    """Yield datasets that share an identifier (the key for duplicates in Germany) or a title."""
    for twins in _sharing(graph, datasets, DCT + "identifier"):
        message = _("{count} datasets have the same identifier; portals take them for one", count=len(twins))
        yield error("identifier-twice", message, place=graph.place(twins[0]))
    for twins in _sharing(graph, datasets, DCT + "title"):
        message = _("{count} datasets have the same title; people cannot tell them apart", count=len(twins))
        yield warning("title-twice", message, place=graph.place(twins[0]))


def _sharing(graph: CatalogueGraph, datasets: list[CatalogueTerm], predicate: str) -> list[list[CatalogueTerm]]:
    """Return the groups of datasets that have a value of this property in common."""
    groups: defaultdict[tuple[str, str], list[CatalogueTerm]] = defaultdict(list)
    for dataset in datasets:
        for term in graph.of(dataset, predicate):
            groups[(term.value, term.language)].append(dataset)
    return [twins for _key, twins in sorted(groups.items()) if len(twins) > 1]


def _distribution_node(graph: CatalogueGraph, dataset: CatalogueTerm, distribution: CatalogueTerm) -> Iterator[Finding]:
    if distribution.kind == "blank":
        message = _("a distribution has no address (blank node); some harvesters merge several of them into one")
        yield warning("distribution-unnamed", message, place=graph.place(dataset))
    if not graph.is_a(distribution, DISTRIBUTION):
        message = _("the dataset names a distribution that is not described as dcat:Distribution")
        yield warning("distribution-not-described", message, place=graph.place(dataset))


def values(graph: CatalogueGraph) -> Iterator[Finding]:
    """Yield what is wrong with values: text where an address belongs, dates nobody can sort, periods without an end."""
    for kind, predicate in _ADDRESSES:
        for subject in graph.typed(kind):
            for url in graph.of(subject, predicate):
                yield from _url(graph, subject, url)
    for dataset in graph.typed(DATASET):
        yield from _titles(graph, dataset)
        yield from _dates(graph, dataset)
        yield from _dataset(graph, dataset)
    for distribution in graph.typed(DISTRIBUTION):
        yield from _licence(graph, distribution)
        yield from _distribution(graph, distribution)


def _url(graph: CatalogueGraph, subject: CatalogueTerm, url: CatalogueTerm) -> Iterator[Finding]:
    if url.kind == "literal":
        message = _("an address is written as text instead of as an address (in Turtle <…> instead of “…”)")
        yield warning("url-literal", message, value=url.value, place=graph.place(subject))
    elif url.kind == "iri" and not (is_web_address(url.value) and parts(url.value).scheme in _WEB):
        message = _("this is no web address; it must start with http:// or https:// and hold no spaces")
        if wrong := _NOT_IN_ADDRESSES.search(url.value):
            message = _(
                'the address holds "{character}", which may not stand there; write %{code}',
                character=wrong[0],
                code=f"{ord(wrong[0]):02X}",
            )
        yield error("url-invalid", message, value=url.value, place=graph.place(subject))


def _titles(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    languages = [title.language for title in graph.of(dataset, DCT + "title")]
    if len(set(languages)) < len(languages):
        message = _("the dataset has several titles in one language; harvesters take any of them")
        yield warning("title-several", message, place=graph.place(dataset))
    regional = sorted(tag for tag in languages if tag.startswith("de-"))
    if regional and not {"", "de"} & set(languages):
        message = _("the German title has a language of its own kind; CKAN looks for de and does not find it")
        yield warning("title-language", message, value=", ".join(regional), place=graph.place(dataset))
    if languages and not {"", "de"} & {language.partition("-")[0] for language in languages}:
        yield hint("title-german", _("there is no German title"), place=graph.place(dataset))


def _dates(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    for date in [*graph.of(dataset, DCT + "issued"), *graph.of(dataset, DCT + "modified")]:
        if not _DATE.fullmatch(date.value) or not is_legal(date.value, date.datatype):
            message = _("the date is not written as 2021-05-17 (ISO 8601)")
            if _DATE.fullmatch(date.value) and not is_legal(date.value[:10], XSD + "date"):
                message = _("this day does not exist; harvesters leave the date out or stop")
            yield warning("date-form", message, value=date.value, place=graph.place(dataset))
    for period in graph.of(dataset, DCT + "temporal"):
        if not graph.of(period, *_PERIOD):
            message = _("the temporal coverage has neither start nor end")
            yield error("period-empty", message, place=graph.place(dataset))


def _dataset(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    identifiers = {term.value for term in graph.of(dataset, DCT + "identifier")}
    if identifiers and dataset.kind == "iri" and dataset.value not in identifiers:
        message = _("the identifier differs from the address of the dataset; if both are the same they cannot disagree")
        yield hint("identifier-differs", message, place=graph.place(dataset))
    for predicate in DEPRECATED:
        if graph.of(dataset, predicate):
            message = _("the property is deprecated since DCAT-AP.de 3.0")
            yield hint("property-deprecated", message, value=short(predicate), place=graph.place(dataset))


def _licence(graph: CatalogueGraph, distribution: CatalogueTerm) -> Iterator[Finding]:
    attribution = graph.of(distribution, DCATDE + "licenseAttributionByText")
    if not attribution and any(_ATTRIBUTED.match(term.value) for term in graph.of(distribution, DCT + "license")):
        message = _("the licence asks for attribution, but its text is missing (licenseAttributionByText)")
        yield warning("attribution-missing", message, place=graph.place(distribution))


def _distribution(graph: CatalogueGraph, distribution: CatalogueTerm) -> Iterator[Finding]:
    where = graph.place(distribution)
    for media in graph.of(distribution, DCAT + "mediaType"):
        if not MEDIA_TYPE.match(media.value):
            message = _(
                "the media type is no address from the list of IANA (http://www.iana.org/assignments/media-types/…)"
            )
            yield warning("media-type-unlisted", message, value=media.value, place=where)
    for checksum in graph.of(distribution, SPDX + "checksum"):
        if not (graph.of(checksum, SPDX + "algorithm") and graph.of(checksum, SPDX + "checksumValue")):
            yield error("checksum-incomplete", _("the checksum has no algorithm or no value"), place=where)
    if graph.of(distribution, DCAT + "accessService") and graph.of(distribution, DCAT + "downloadURL"):
        message = _("the distribution leads to a service and still names a file; keep the two apart")
        yield warning("service-download", message, place=where)
