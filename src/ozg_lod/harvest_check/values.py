"""Values that are there and wrong: text where an address belongs, dates nobody can sort, periods without an end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import (
    DCAT,
    DCATDE,
    DCT,
    FOAF,
    SCHEMA,
    SPDX,
)
from ozg_lod.harvest_check.findings import error, hint, warning
from ozg_lod.harvest_check.graph import (
    CATALOG,
    DATASET,
    DISTRIBUTION,
    SERVICE,
    CatalogueGraph,
    CatalogueTerm,
)
from ozg_lod.harvest_check.profile import profile
from ozg_lod.harvest_check.properties import short
from ozg_lod.harvest_check.structure import place
from ozg_lod.rdf.lexical import is_legal, is_web_address

MEDIA_TYPE: Final = re.compile(r"https?://www\.iana\.org/assignments/media-types/")
_ATTRIBUTED: Final = re.compile(r"http://dcat-ap\.de/def/licenses/(?:dl-by-de|cc-by(?!-n))")
_PERIOD: Final = tuple(space + end for space in (DCAT, SCHEMA) for end in ("startDate", "endDate"))
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d.*)?)?)?Z?")
_ADDRESSES: Final = (
    (DATASET, DCAT + "landingPage"),
    (DISTRIBUTION, DCAT + "accessURL"),
    (DISTRIBUTION, DCAT + "downloadURL"),
    (SERVICE, DCAT + "endpointURL"),
    (CATALOG, FOAF + "homepage"),
)


def values(graph: CatalogueGraph) -> Iterator[Finding]:
    """Yield what is wrong with values."""
    for kind, predicate in _ADDRESSES:
        for subject in graph.typed(kind):
            for url in graph.of(subject, predicate):
                yield from _address(graph, subject, url)
    for dataset in graph.typed(DATASET):
        yield from _titles(graph, dataset)
        yield from _dates(graph, dataset)
        yield from _dataset(graph, dataset)
    for distribution in graph.typed(DISTRIBUTION):
        yield from _licence(graph, distribution)
        yield from _distribution(graph, distribution)


def _address(graph: CatalogueGraph, subject: CatalogueTerm, url: CatalogueTerm) -> Iterator[Finding]:
    if url.kind == "literal":
        yield warning(
            "url-literal",
            _("an address is written as text instead of as an address (in Turtle <…> instead of “…”)"),
            value=url.value,
            place=place(graph, subject),
        )
    elif url.kind == "iri" and not (is_web_address(url.value) and urlsplit(url.value).scheme in ("http", "https")):
        yield error(
            "url-invalid",
            _("this is no web address; it must start with http:// or https:// and hold no spaces"),
            value=url.value,
            place=place(graph, subject),
        )


def _titles(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    languages = [title.language for title in graph.of(dataset, DCT + "title")]
    if len(set(languages)) < len(languages):
        yield warning(
            "title-several",
            _("the dataset has several titles in one language; harvesters take any of them"),
            place=place(graph, dataset),
        )
    if languages and not {"", "de"} & {language.partition("-")[0] for language in languages}:
        yield hint(
            "title-german",
            _("there is no German title"),
            place=place(graph, dataset),
        )


def _dates(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    for date in [*graph.of(dataset, DCT + "issued"), *graph.of(dataset, DCT + "modified")]:
        if not _DATE.fullmatch(date.value) or not is_legal(date.value, date.datatype):
            yield warning(
                "date-form",
                _("the date is not written as 2021-05-17 (ISO 8601)"),
                value=date.value,
                place=place(graph, dataset),
            )
    for period in graph.of(dataset, DCT + "temporal"):
        if not graph.of(period, *_PERIOD):
            yield error(
                "period-empty",
                _("the temporal coverage has neither start nor end"),
                place=place(graph, dataset),
            )


def _dataset(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    identifiers = {term.value for term in graph.of(dataset, DCT + "identifier")}
    if identifiers and dataset.kind == "iri" and dataset.value not in identifiers:
        yield hint(
            "identifier-differs",
            _("the identifier differs from the address of the dataset; if both are the same they cannot disagree"),
            place=place(graph, dataset),
        )
    for predicate in profile().deprecated:
        if graph.of(dataset, predicate):
            yield hint(
                "property-deprecated",
                _("the property is deprecated since DCAT-AP.de 3.0"),
                value=short(predicate),
                place=place(graph, dataset),
            )


def _licence(graph: CatalogueGraph, distribution: CatalogueTerm) -> Iterator[Finding]:
    named = graph.of(distribution, DCATDE + "licenseAttributionByText")
    if not named and any(_ATTRIBUTED.match(licence.value) for licence in graph.of(distribution, DCT + "license")):
        yield warning(
            "attribution-missing",
            _("the licence asks for attribution, but its text is missing (licenseAttributionByText)"),
            place=place(graph, distribution),
        )


def _distribution(graph: CatalogueGraph, distribution: CatalogueTerm) -> Iterator[Finding]:
    where = place(graph, distribution)
    for media in graph.of(distribution, DCAT + "mediaType"):
        if not MEDIA_TYPE.match(media.value):
            yield warning(
                "media-type-unlisted",
                _("the media type is no address from the list of IANA (http://www.iana.org/assignments/media-types/…)"),
                value=media.value,
                place=where,
            )
    for checksum in graph.of(distribution, SPDX + "checksum"):
        if not (graph.of(checksum, SPDX + "algorithm") and graph.of(checksum, SPDX + "checksumValue")):
            yield error(
                "checksum-incomplete",
                _("the checksum has no algorithm or no value"),
                place=where,
            )
    if graph.of(distribution, DCAT + "accessService") and graph.of(distribution, DCAT + "downloadURL"):
        yield warning(
            "service-download",
            _("the distribution leads to a service and still names a file; keep the two apart"),
            place=where,
        )
