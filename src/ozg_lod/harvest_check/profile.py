"""What the profiles ask of a catalogue: what must be there, be single, or be from a list.

Obligations are those of the official shapes (DCAT-AP 3.0.0 and the German files of DCAT-AP.de 3.0 on top): error. What
GovData's import and the EU's quality assessment use beyond them: warning. What the profiles recommend: hint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import DCAT, DCATAP, DCATDE, DCT, FOAF, OWL, SPDX, VCARD
from ozg_lod.harvest_check.graph import (
    CATALOG,
    DATASET,
    DISTRIBUTION,
    SERVICE,
    CatalogueGraph,
    CatalogueTerm,
    error,
    finding,
    warning,
)

_KINDS: Final = {"catalogue": CATALOG, "dataset": DATASET, "distribution": DISTRIBUTION, "service": SERVICE}
_WARNING: Final = Severity.WARNING
_HINT: Final = Severity.HINT
_EU: Final = "http://publications.europa.eu/resource/authority/"
_DE: Final = "http://dcat-ap.de/def/"
_FILES_ONLY: Final = frozenset({"size", "checksum", "media-type"})
"""What a distribution that is reached through a service need not have: it is no file."""
_WAYS: Final = (VCARD + "hasEmail", VCARD + "hasURL", VCARD + "hasTelephone")


@dataclass(frozen=True, slots=True)
class ProfileRule:
    """One rule about a property of a kind of thing.

    `base` says that DCAT-AP itself demands it, not only the German profile; `start` is how addresses of the list begin.
    """

    kind: str
    slug: str
    predicate: str
    text: Message
    severity: Severity = Severity.ERROR
    base: bool = False
    start: str = ""


REQUIRED: Final = (
    ProfileRule("catalogue", "title", DCT + "title", _("the catalogue has no title"), base=True),
    ProfileRule("catalogue", "description", DCT + "description", _("the catalogue has no description"), base=True),
    ProfileRule("catalogue", "publisher", DCT + "publisher", _("the catalogue has no publisher"), base=True),
    ProfileRule("catalogue", "modified", DCT + "modified", _("the catalogue has no date of change"), _HINT),
    ProfileRule("catalogue", "issued", DCT + "issued", _("the catalogue has no date of publication"), _HINT),
    ProfileRule("catalogue", "language", DCT + "language", _("the catalogue has no language"), _HINT),
    ProfileRule("catalogue", "license", DCT + "license", _("the catalogue has no licence"), _HINT),
    ProfileRule("catalogue", "spatial", DCT + "spatial", _("the catalogue has no spatial coverage"), _HINT),
    ProfileRule("catalogue", "homepage", FOAF + "homepage", _("the catalogue has no homepage"), _HINT),
    ProfileRule(
        "dataset", "title", DCT + "title", _("the dataset has no title; CKAN stops the whole run here"), base=True
    ),
    ProfileRule("dataset", "description", DCT + "description", _("the dataset has no description"), base=True),
    ProfileRule("dataset", "publisher", DCT + "publisher", _("the dataset has no publisher")),
    ProfileRule(
        "dataset",
        "contributor-id",
        DCATDE + "contributorID",
        _("the dataset has no contributor ID; GovData must else set it in its harvest source"),
        _WARNING,
    ),
    ProfileRule(
        "dataset",
        "identifier",
        DCT + "identifier",
        _("the dataset has no identifier (dct:identifier); portals recognise duplicates by it"),
        _WARNING,
    ),
    ProfileRule("dataset", "keyword", DCAT + "keyword", _("the dataset has no keywords"), _WARNING),
    ProfileRule("dataset", "theme", DCAT + "theme", _("the dataset has no theme"), _WARNING),
    ProfileRule(
        "dataset",
        "distribution",
        DCAT + "distribution",
        _("the dataset has no distribution; without one there is nothing to download"),
        _WARNING,
    ),
    ProfileRule("dataset", "modified", DCT + "modified", _("the dataset has no date of change"), _WARNING),
    ProfileRule("dataset", "contact", DCAT + "contactPoint", _("the dataset has no contact point"), _WARNING),
    ProfileRule("dataset", "issued", DCT + "issued", _("the dataset has no date of publication"), _HINT),
    ProfileRule("dataset", "spatial", DCT + "spatial", _("the dataset has no spatial coverage"), _HINT),
    ProfileRule("dataset", "temporal", DCT + "temporal", _("the dataset has no temporal coverage"), _HINT),
    ProfileRule("dataset", "frequency", DCT + "accrualPeriodicity", _("the dataset has no update frequency"), _HINT),
    ProfileRule("dataset", "language", DCT + "language", _("the dataset has no language"), _HINT),
    ProfileRule("dataset", "access-rights", DCT + "accessRights", _("the dataset has no access rights"), _HINT),
    ProfileRule(
        "dataset",
        "geocoding-level",
        DCATDE + "politicalGeocodingLevelURI",
        _("the dataset has no administrative level (politicalGeocodingLevelURI)"),
        _HINT,
    ),
    ProfileRule("distribution", "access-url", DCAT + "accessURL", _("the distribution has no access URL"), base=True),
    ProfileRule(
        "distribution",
        "licence",
        DCT + "license",
        _("the distribution has no licence; GovData then shows the data as not open"),
    ),
    ProfileRule(
        "distribution", "format", DCT + "format", _("the distribution has no file format (dct:format)"), _WARNING
    ),
    ProfileRule("distribution", "media-type", DCAT + "mediaType", _("the distribution has no media type"), _HINT),
    ProfileRule("distribution", "modified", DCT + "modified", _("the distribution has no date of change"), _HINT),
    ProfileRule(
        "distribution",
        "availability",
        DCATAP + "availability",
        _("the distribution has no planned availability"),
        _HINT,
    ),
    ProfileRule("distribution", "size", DCAT + "byteSize", _("the distribution has no size in bytes"), _HINT),
    ProfileRule("distribution", "checksum", SPDX + "checksum", _("the distribution has no checksum"), _HINT),
    ProfileRule("service", "title", DCT + "title", _("the data service has no title"), base=True),
    ProfileRule("service", "endpoint", DCAT + "endpointURL", _("the data service has no endpoint URL"), base=True),
    ProfileRule("service", "publisher", DCT + "publisher", _("the data service has no publisher")),
    ProfileRule(
        "service", "description", DCAT + "endpointDescription", _("the data service has no endpoint description"), _HINT
    ),
)
"""What must be there; the text is the sentence where it is missing."""

SINGLE: Final = (
    ProfileRule("distribution", "licence", DCT + "license", _("licences")),
    ProfileRule("dataset", "publisher", DCT + "publisher", _("publishers")),
    ProfileRule("catalogue", "publisher", DCT + "publisher", _("publishers")),
    ProfileRule("dataset", "contributor-id", DCATDE + "contributorID", _("contributor IDs")),
    ProfileRule("dataset", "modified", DCT + "modified", _("dates of change")),
)
"""What may be there once; the text is what several of them are called."""

LISTED: Final = (
    ProfileRule("dataset", "language", DCT + "language", _("the language"), start=_EU + "language/"),
    ProfileRule("catalogue", "language", DCT + "language", _("the language"), start=_EU + "language/"),
    ProfileRule("dataset", "theme", DCAT + "theme", _("the theme"), start=_EU + "data-theme/"),
    ProfileRule("dataset", "frequency", DCT + "accrualPeriodicity", _("the frequency"), start=_EU + "frequency/"),
    ProfileRule("dataset", "access-rights", DCT + "accessRights", _("the access right"), start=_EU + "access-right/"),
    ProfileRule(
        "dataset", "contributor-id", DCATDE + "contributorID", _("the contributor ID"), start=_DE + "contributors/"
    ),
    ProfileRule("distribution", "format", DCT + "format", _("the file format"), start=_EU + "file-type/"),
    ProfileRule("distribution", "licence", DCT + "license", _("the licence"), start=_DE + "licenses/"),
    ProfileRule(
        "distribution",
        "availability",
        DCATAP + "availability",
        _("the availability"),
        start=_EU + "planned-availability/",
    ),
)
"""What must be from one list; the text is its name at the start of a sentence."""
DEPRECATED: Final = (
    DCATDE + "politicalGeocodingURI",
    DCATDE + "geocodingDescription",
    DCATDE + "legalBasis",
    DCATDE + "originator",
    DCATDE + "qualityProcessURI",
    DCATDE + "maintainer",
    DCATDE + "plannedAvailability",
    OWL + "versionInfo",
)
BASE: Final = frozenset(f"{rule.kind}-{rule.slug}-missing" for rule in REQUIRED if rule.base)
"""The findings that break DCAT-AP itself."""


def properties(graph: CatalogueGraph) -> Iterator[Finding]:
    """Yield what breaks the rules of the profiles, and agents and contacts without a name or a way to reach them."""
    yield from _missing(graph)
    yield from _several(graph)
    yield from _unlisted(graph)
    yield from _agents(graph)


def _missing(graph: CatalogueGraph) -> Iterator[Finding]:
    for rule, subject, values in _used(graph, REQUIRED):
        if not values and not _is_excused(graph, subject, rule):
            name = f"{rule.kind}-{rule.slug}-missing"
            yield finding(rule.severity, name, rule.text, place=graph.place(subject))


def _several(graph: CatalogueGraph) -> Iterator[Finding]:
    for rule, subject, values in _used(graph, SINGLE):
        if len(values) > 1:
            message = _("{count} {names} are given; exactly one is allowed", count=len(values), names=rule.text)
            value = ", ".join(sorted(short(term.value) for term in values))
            yield error(f"{rule.kind}-{rule.slug}-several", message, value=value, place=graph.place(subject))


def _unlisted(graph: CatalogueGraph) -> Iterator[Finding]:
    for rule, subject, values in _used(graph, LISTED):
        message = _(
            "{name} is not from the list that the profile asks for; its addresses start with {start}",
            name=rule.text,
            start=rule.start,
        )
        for value in values:
            if not value.value.startswith(rule.start):
                name = f"{rule.kind}-{rule.slug}-unlisted"
                yield warning(name, message, value=value.value, place=graph.place(subject))


def _used(
    graph: CatalogueGraph, rules: Sequence[ProfileRule]
) -> Iterator[tuple[ProfileRule, CatalogueTerm, list[CatalogueTerm]]]:
    """Yield each rule with each thing it is about and the values that stand there."""
    for rule in rules:
        for subject in graph.typed(_KINDS[rule.kind]):
            yield rule, subject, graph.of(subject, rule.predicate)


def short(iri: str) -> str:
    """Return the end of an address, which people can read.

    >>> short("http://dcat-ap.de/def/licenses/dl-by-de/2.0")
    'dl-by-de/2.0'
    """
    start, licences, licence = iri.partition("/licenses/")
    return licence if licences else re.split(r"[#/]", start.rstrip("/"))[-1]


def _is_excused(graph: CatalogueGraph, subject: CatalogueTerm, rule: ProfileRule) -> bool:
    """Tell whether a rule has nothing to say here: of what is no file, or no dataset and has its finding already."""
    if rule.kind == "dataset":
        return graph.is_stub(subject) or graph.is_a(subject, CATALOG)
    return rule.kind == "distribution" and rule.slug in _FILES_ONLY and bool(graph.of(subject, DCAT + "accessService"))


def _agents(graph: CatalogueGraph) -> Iterator[Finding]:
    for agent in _named_by(graph, DCT + "publisher"):
        if agent in graph.statements and not graph.of(agent, FOAF + "name"):
            message = _("the publisher has no name (foaf:name)")
            yield error("publisher-name-missing", message, place=graph.place(agent))
    for contact in _named_by(graph, DCAT + "contactPoint"):
        if not any(graph.of(contact, way) for way in _WAYS):
            message = _("the contact point has neither e-mail nor web address nor telephone")
            yield error("contact-empty", message, place=graph.place(contact))


def _named_by(graph: CatalogueGraph, predicate: str) -> list[CatalogueTerm]:
    agents = {term for own in graph.statements.values() for term in own.get(predicate, ())}
    return sorted(agents, key=lambda term: term.value)
