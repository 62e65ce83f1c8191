"""The harvest check: plays the harvester against a catalogue and says what a portal would stumble over.

`check` is the whole of it. What fetches and what reads are handed in: the command line brings a guarded network client
and a cage, the server its own answers without any network (see `harvest_client`, `harvest_reading`, `own_harvest`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.harvest_check import (
    feed as harvest_feed,
)
from ozg_lod.harvest_check import (
    links as harvest_links,
)
from ozg_lod.harvest_check import (
    mqa,
    paging,
)
from ozg_lod.harvest_check.client import Fetch
from ozg_lod.harvest_check.graph import DATASET, DISTRIBUTION
from ozg_lod.harvest_check.profile import profile
from ozg_lod.harvest_check.properties import properties
from ozg_lod.harvest_check.reader import READ, Read
from ozg_lod.harvest_check.structure import structure
from ozg_lod.harvest_check.values import values

MAX_PAGES: Final = 200
MAX_LINKS: Final = 1000
_NOBODY: Final = frozenset({"url-invalid", "url-unreachable", "url-slow", "url-unreadable"})
_BREAKS_BASE: Final = frozenset({"url-invalid", "period-empty"})


@dataclass(frozen=True, slots=True)
class HarvestRequest:
    """What is to be checked, and how far."""

    url: str
    max_pages: int = MAX_PAGES
    downloads: bool = True
    max_links: int = MAX_LINKS


@dataclass(frozen=True, slots=True)
class HarvestResult:
    """What was found; `score` is None where the catalogue could not be read at all.

    `ran` is False where nobody answered: then nothing is known of the catalogue, neither good nor bad.
    """

    url: str
    findings: tuple[Finding, ...]
    score: mqa.Score | None = None
    counted: Mapping[str, int] = field(default_factory=dict)
    ran: bool = True

    @property
    def counts(self) -> Counter[Severity]:
        """Return how many findings there are of each severity."""
        return Counter(finding.severity for finding in self.findings)

    def passes(self, *, strict: bool = False) -> bool:
        """Tell whether a portal can take the catalogue: no error, and when `strict` no warning."""
        return not self.counts[Severity.ERROR] and not (strict and self.counts[Severity.WARNING])


def check(
    order: HarvestRequest, fetch: Fetch, read: Read, *, said: Callable[[int, int], None] | None = None
) -> HarvestResult:
    """Return what a harvester would meet; `said` is told how many addresses of how many have been asked."""
    first = fetch.get(order.url)
    if first.trouble and first.trouble.rule in _NOBODY:
        return HarvestResult(order.url, tuple(harvest_feed.reached(first)), ran=False)
    problems = list(harvest_feed.reached(first))
    if problems:
        return HarvestResult(order.url, _sorted(problems))
    findings = [*harvest_feed.redirects(first), *harvest_feed.media_type(first), *harvest_feed.head(fetch, first)]
    if first.media_type not in READ:
        return HarvestResult(order.url, _sorted(findings))
    findings += harvest_feed.again(fetch, first, read)
    feed = paging.walk(first, fetch, read, max_pages=order.max_pages)
    findings += feed.findings
    graph = feed.graph
    if not feed.triples and not feed.complete:
        return HarvestResult(order.url, _sorted(findings))
    described = [*structure(graph), *properties(graph), *values(graph)]
    links = harvest_links.check(graph, fetch, downloads=order.downloads, most=order.max_links, said=said)
    breaking = profile().base | _BREAKS_BASE
    failing = {finding.place.focus for finding in described if finding.rule in breaking and finding.place.focus}
    counted = {
        "pages": feed.pages,
        "datasets": len(graph.typed(DATASET)),
        "distributions": len(graph.typed(DISTRIBUTION)),
        "addresses": len(links.statuses),
    }
    everything = _sorted([*findings, *described, *links.findings])
    score = mqa.score(graph, links.statuses, failing) if counted["datasets"] else None
    return HarvestResult(order.url, everything, score, counted)


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    order = list(Severity)
    return tuple(sorted(findings, key=lambda one: (order.index(one.severity), one.rule, one.place.focus or "")))
