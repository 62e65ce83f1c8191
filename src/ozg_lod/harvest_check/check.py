"""The harvest check: plays the harvester against a catalogue and says what a portal would stumble over.

`check` is the whole of it. What fetches and what reads are handed in: the command line brings a guarded network client
and a cage, the server its own answers without any network (see `client`, `reader`, `own_harvest`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.harvest_check import datasets, feed, links, mqa, paging
from ozg_lod.harvest_check.client import Fetch
from ozg_lod.harvest_check.graph import DATASET, DISTRIBUTION
from ozg_lod.harvest_check.profile import BASE, properties
from ozg_lod.harvest_check.reader import READ, Read

MAX_PAGES: Final = 200
MAX_LINKS: Final = 1000
_NOBODY: Final = frozenset({"url-invalid", "url-unreachable", "url-slow", "url-unreadable"})
_BREAKS_BASE: Final = BASE | {"url-invalid", "period-empty"}


@dataclass(frozen=True, slots=True)
class HarvestRequest:
    """What is to be checked, and how far."""

    url: str
    max_pages: int = MAX_PAGES
    downloads: bool = True
    max_links: int = MAX_LINKS
    links: bool = True


@dataclass(frozen=True, slots=True)
class HarvestResult:
    """The findings; `score` is None where the catalogue could not be read at all.

    `ran` is False where nobody answered: then nothing is known of the catalogue, neither good nor bad.
    """

    url: str
    findings: tuple[Finding, ...]
    score: mqa.Score | None = None
    counted: Mapping[str, int] = field(default_factory=dict)
    ran: bool = True

    @property
    def counts(self) -> Counter[Severity]:
        return Counter(finding.severity for finding in self.findings)

    def passes(self, *, strict: bool = False) -> bool:
        """Tell whether a portal can take the catalogue: no error, and when `strict` no warning."""
        return not self.counts[Severity.ERROR] and not (strict and self.counts[Severity.WARNING])


def check(
    request: HarvestRequest, fetch: Fetch, read: Read, *, progress: Callable[[int, int], None] | None = None
) -> HarvestResult:
    """Return what a harvester would meet; `progress` is called with how many addresses of how many have been asked."""
    first = fetch.get(request.url)
    faults = tuple(feed.reached(first))
    if faults:
        answered = not (first.trouble and first.trouble.rule in _NOBODY)
        return HarvestResult(request.url, faults, ran=answered)
    findings = [*feed.redirects(first), *feed.media_type(first), *feed.head(fetch, first)]
    if first.media_type not in READ:
        return HarvestResult(request.url, _sorted(findings))
    findings += feed.again(fetch, first, read)
    pages = paging.walk(first, fetch, read, max_pages=request.max_pages)
    findings += pages.findings
    if not pages.triples and not pages.complete:
        return HarvestResult(request.url, _sorted(findings))
    described = [*datasets.structure(pages.graph), *properties(pages.graph), *datasets.values(pages.graph)]
    most = request.max_links if request.links else 0
    link_checks = links.check(pages.graph, fetch, downloads=request.downloads, most=most, progress=progress)
    everything = _sorted([*findings, *described, *link_checks.findings])
    counted = _counted(pages, link_checks)
    score = mqa.score(pages.graph, link_checks.statuses, _breaking(described)) if counted["datasets"] else None
    return HarvestResult(request.url, everything, score, counted)


def _counted(pages: paging.CataloguePages, link_checks: links.Links) -> dict[str, int]:
    return {
        "pages": pages.count,
        "datasets": len(pages.graph.typed(DATASET)),
        "distributions": len(pages.graph.typed(DISTRIBUTION)),
        "addresses": len(link_checks.statuses),
    }


def _breaking(findings: list[Finding]) -> set[str]:
    """Return the addresses of what breaks DCAT-AP itself."""
    return {one.place.focus for one in findings if one.rule in _BREAKS_BASE and one.place.focus}


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    order = list(Severity)
    return tuple(sorted(findings, key=lambda one: (order.index(one.severity), one.rule, one.place.focus or "")))
