"""The Metadata Quality Assessment of data.europa.eu, reckoned beforehand: 405 points in five dimensions.

Dimensions, indicators and points are those of https://data.europa.eu/mqa/methodology. Each dataset is judged by itself
and the catalogue has the mean. With several distributions the best one counts for interoperability (the methodology
takes their content to be the same); for the other indicators it is the share of the distributions, which is stricter
than what the portal does. A licence counts as known when it is from the EU's list or from that of DCAT-AP.de.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import DCAT, DCT
from ozg_lod.harvest_check.datasets import MEDIA_TYPE
from ozg_lod.harvest_check.graph import DATASET, CatalogueGraph, CatalogueTerm

_OK: Final = 200
_EU: Final = "http://publications.europa.eu/resource/authority/"
_FILE_TYPES: Final = _EU + "file-type/"
_LICENCES: Final = (_EU + "licence/", "http://dcat-ap.de/def/licenses/")
_OPEN: Final = """
    BMP CSV DBF GEOJSON GZIP HTML ICS JPEG2000 JSON JSON_LD KML KMZ NETCDF ODS PNG RDF_N_QUADS RDF_N_TRIPLES RDF_TRIG
    RDF_TURTLE RDF_XML RSS RTF TAR TIFF TSV TXT WMS_SRVC XML ZIP
"""
_MACHINE: Final = """
    CSV GEOJSON ICS JSON JSON_LD KML KMZ NETCDF ODS RDFA RDF_N_QUADS RDF_N_TRIPLES RDF_TRIG RDF_TURTLE RDF_XML RSS SHP
    XLS XLSX XML
"""
"""Which file types of the EU's list count as open and as machine-readable: the two lists the portal keeps."""
RATINGS: Final = ((351, "excellent"), (221, "good"), (121, "sufficient"), (0, "bad"))


@dataclass(frozen=True, slots=True)
class Metric:
    """One indicator, with the name it has in the methodology; `how` says what would raise it."""

    slug: str
    dimension: str
    points: int
    name: str
    how: Message


METRICS: Final = (
    Metric("keyword", "findability", 30, "Keywords", _("give every dataset keywords")),
    Metric("theme", "findability", 30, "Theme", _("give every dataset a theme from the EU list")),
    Metric("spatial", "findability", 20, "Spatial coverage", _("say which area the data are about")),
    Metric(
        "temporal", "findability", 20, "Temporal coverage", _("say which time the data are about, with start and end")
    ),
    Metric(
        "access-url", "accessibility", 50, "Access URL answers 200", _("make every access URL answer with status 200")
    ),
    Metric("download-url", "accessibility", 20, "Download URL", _("give every file a download URL")),
    Metric(
        "download-answers", "accessibility", 30, "Download URL answers 200", _("make every file answer with status 200")
    ),
    Metric("format", "interoperability", 20, "Format", _("name the file format")),
    Metric("media-type", "interoperability", 10, "Media type", _("name the media type")),
    Metric(
        "vocabulary",
        "interoperability",
        10,
        "Format or media type from the list",
        _("take file formats from the EU list and media types from IANA"),
    ),
    Metric(
        "open-format",
        "interoperability",
        20,
        "Non-proprietary format",
        _("offer a non-proprietary format, such as CSV"),
    ),
    Metric(
        "machine-format",
        "interoperability",
        20,
        "Machine-readable format",
        _("offer a machine-readable format, such as CSV or Turtle"),
    ),
    Metric("dcat-ap", "interoperability", 30, "DCAT-AP compliance", _("add what DCAT-AP demands")),
    Metric("licence", "reusability", 20, "Licence", _("give every distribution a licence")),
    Metric(
        "known-licence",
        "reusability",
        10,
        "Licence from the list",
        _("take a licence from the list of DCAT-AP.de or the EU"),
    ),
    Metric("access-rights", "reusability", 10, "Access rights", _("name the access rights, such as public (PUBLIC)")),
    Metric(
        "known-rights", "reusability", 5, "Access rights from the list", _("take the access rights from the EU list")
    ),
    Metric("contact", "reusability", 20, "Contact point", _("name a contact point")),
    Metric("publisher", "reusability", 10, "Publisher", _("name the publisher")),
    Metric("rights", "contextuality", 5, "Rights", _("add a rights statement to every distribution (dct:rights)")),
    Metric("size", "contextuality", 5, "File size", _("give the size of every file in bytes")),
    Metric("issued", "contextuality", 5, "Date of publication", _("give the date of publication")),
    Metric("modified", "contextuality", 5, "Date of change", _("give the date of change")),
)
"""The indicators with their points; docs/harvest-check.md shows this table, and a test holds the two together."""


@dataclass(frozen=True, slots=True)
class MetricResult:
    """What one indicator earned over all datasets, and in how many it is not full."""

    metric: Metric
    earned: float
    lacking: int

    @property
    def lost(self) -> float:
        """Return the points that could still be earned."""
        return self.metric.points - self.earned


@dataclass(frozen=True, slots=True)
class Score:
    """The results of all indicators, in the order of the methodology."""

    results: tuple[MetricResult, ...]
    datasets: int

    @property
    def points(self) -> int:
        """Return the points of the catalogue, rounded down: no point is claimed that is not there."""
        return int(sum(result.earned for result in self.results) + 1e-6)

    @property
    def rating(self) -> str:
        """Return excellent, good, sufficient or bad."""
        return next(name for least, name in RATINGS if self.points >= least)

    def of(self, dimension: str) -> tuple[float, int]:
        """Return points earned and points possible in one dimension."""
        own = [result for result in self.results if result.metric.dimension == dimension]
        return sum(result.earned for result in own), sum(result.metric.points for result in own)


@dataclass(frozen=True, slots=True)
class _MetricCase:
    """One dataset with what is known beyond the graph: statuses by address, and whether DCAT-AP is kept to."""

    graph: CatalogueGraph
    dataset: CatalogueTerm
    distributions: list[CatalogueTerm]
    statuses: Mapping[str, int]
    complies: bool

    def has(self, *predicates: str) -> float:
        return float(bool(self.graph.of(self.dataset, *predicates)))

    def share(self, holds: Callable[[CatalogueTerm], bool], among: list[CatalogueTerm] | None = None) -> float:
        members = self.distributions if among is None else among
        return sum(map(holds, members)) / len(members) if members else 0.0

    @property
    def with_files(self) -> list[CatalogueTerm]:
        """Return the distributions that are files; one that is reached through a service has no download."""
        return [one for one in self.distributions if not self.graph.of(one, DCAT + "accessService")]

    def answers(self, distribution: CatalogueTerm, predicate: str) -> bool:
        """Tell whether the first address that was asked answered 200."""
        statuses = [self.statuses[u.value] for u in self.graph.of(distribution, predicate) if u.value in self.statuses]
        return bool(statuses) and statuses[0] == _OK

    def given(self, predicate: str) -> float:
        return self.share(lambda one: bool(self.graph.of(one, predicate)))

    def either(self, predicate: str) -> float:
        """Return whether the dataset says it, else the share of distributions that do."""
        return self.has(predicate) or self.given(predicate)

    def best(self, slug: str) -> float:
        """Return what the best distribution earns of one indicator of interoperability."""
        judged = [_formats(self.graph, one) for one in self.distributions]
        points = {metric.slug: metric.points for metric in METRICS}
        top = max(judged, key=lambda own: sum(points[name] for name in own), default=frozenset())
        return float(slug in top)


_CHECKS: Final[Mapping[str, Callable[[_MetricCase], float]]] = {
    "keyword": lambda case: case.has(DCAT + "keyword"),
    "theme": lambda case: case.has(DCAT + "theme"),
    "spatial": lambda case: case.has(DCT + "spatial"),
    "temporal": lambda case: case.has(DCT + "temporal"),
    "access-url": lambda case: case.share(lambda one: case.answers(one, DCAT + "accessURL")),
    "download-url": lambda case: case.share(
        lambda one: bool(case.graph.of(one, DCAT + "downloadURL")), case.with_files
    ),
    "download-answers": lambda case: case.share(lambda one: case.answers(one, DCAT + "downloadURL"), case.with_files),
    "format": lambda case: case.best("format"),
    "media-type": lambda case: case.best("media-type"),
    "vocabulary": lambda case: case.best("vocabulary"),
    "open-format": lambda case: case.best("open-format"),
    "machine-format": lambda case: case.best("machine-format"),
    "dcat-ap": lambda case: float(case.complies),
    "licence": lambda case: case.given(DCT + "license"),
    "known-licence": lambda case: case.share(
        lambda one: any(term.value.startswith(_LICENCES) for term in case.graph.of(one, DCT + "license"))
    ),
    "access-rights": lambda case: case.has(DCT + "accessRights"),
    "known-rights": lambda case: float(
        any(t.value.startswith(_EU + "access-right/") for t in case.graph.of(case.dataset, DCT + "accessRights"))
    ),
    "contact": lambda case: case.has(DCAT + "contactPoint"),
    "publisher": lambda case: case.has(DCT + "publisher"),
    "rights": lambda case: case.given(DCT + "rights"),
    "size": lambda case: case.share(lambda one: bool(case.graph.of(one, DCAT + "byteSize")), case.with_files),
    "issued": lambda case: case.either(DCT + "issued"),
    "modified": lambda case: case.either(DCT + "modified"),
}


def score(graph: CatalogueGraph, statuses: Mapping[str, int], failing: Collection[str] = ()) -> Score:
    """Return the points of a catalogue.

    `statuses` holds what each address answered, `failing` the addresses of datasets and distributions that break
    DCAT-AP.
    """
    cases = [_case(graph, dataset, statuses, failing) for dataset in graph.typed(DATASET)]
    results = []
    for metric in METRICS:
        shares = [_CHECKS[metric.slug](case) for case in cases]
        mean = sum(shares) / len(shares) if shares else 0.0
        results.append(MetricResult(metric, metric.points * mean, sum(share < 1 for share in shares)))
    return Score(tuple(results), len(cases))


def _case(
    graph: CatalogueGraph, dataset: CatalogueTerm, statuses: Mapping[str, int], failing: Collection[str]
) -> _MetricCase:
    distributions = graph.of(dataset, DCAT + "distribution")
    complies = not any(term.value in failing for term in (dataset, *distributions))
    return _MetricCase(graph, dataset, distributions, statuses, complies)


def _formats(graph: CatalogueGraph, distribution: CatalogueTerm) -> frozenset[str]:
    """Return the indicators of interoperability that this distribution meets."""
    named = [term.value for term in graph.of(distribution, DCT + "format")]
    types = {value.removeprefix(_FILE_TYPES) for value in named if value.startswith(_FILE_TYPES)}
    media = [term.value for term in graph.of(distribution, DCAT + "mediaType")]
    met = {
        "format": bool(named),
        "media-type": bool(media),
        "vocabulary": bool(types) or any(MEDIA_TYPE.match(value) for value in media),
        "open-format": bool(types & set(_OPEN.split())),
        "machine-format": bool(types & set(_MACHINE.split())),
    }
    return frozenset(name for name, holds in met.items() if holds)
