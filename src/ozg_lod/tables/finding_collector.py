"""The findings of one check are collected: the first findings of each severity and the exact number of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from ozg_lod.core.findings import Finding, Severity

MAX_FINDINGS: Final = 1_000
"""How many findings are kept; 20,000 of them were a report of 6 MB (measured)."""


class FindingCollector:
    """Collects findings; past `MAX_FINDINGS` of one severity they are only counted."""

    def __init__(self) -> None:
        self.counts: Counter[Severity] = Counter()
        self._findings: dict[Severity, list[Finding]] = {severity: [] for severity in Severity}

    def add(self, finding: Finding) -> None:
        self.counts[finding.severity] += 1
        findings = self._findings[finding.severity]
        if len(findings) < MAX_FINDINGS:
            findings.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.add(finding)

    def merge(self, other: FindingCollector) -> None:
        """Take over what another collector kept and counted."""
        self.take(other.findings, other.counts)

    def take(self, findings: Iterable[Finding], counts: Mapping[Severity, int]) -> None:
        """Take over findings that were kept, of as many as were counted."""
        beyond = Counter(counts)
        for finding in findings:
            self.add(finding)
            beyond[finding.severity] -= 1
        self.counts.update(beyond)

    @property
    def findings(self) -> list[Finding]:
        """Return the findings kept: errors, then warnings, then hints, each in the order of writing."""
        return [finding for severity in Severity for finding in self._findings[severity]]
