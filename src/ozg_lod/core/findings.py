"""Findings: one sentence about one place, saying where, what, and what would be right."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ozg_lod.core.messages import Text


class Severity(enum.StrEnum):
    """How much a finding weighs; only an error refuses (a warning does so under `--strict`)."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding is. Rows count as a spreadsheet shows them: the header is row 1.

    `column` is the header of a column as the file has it, `letter` what a spreadsheet calls it.

    `subject` and `property` are labels for people, never IRIs; `focus` is the IRI, for programs.
    """

    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    line: int | None = None
    character: int | None = None
    subject: Text | None = None
    property: Text | None = None
    focus: str | None = None
    letter: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class ShaclTerms:
    """A validation result as SHACL has it (§3.6.2), for programs: terms in N-Triples, "" for what is not there.

    A path that is no address is left out, and so is the label of a shape without one.
    """

    focus: str
    path: str
    component: str
    value: str
    severity: str
    shape: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: `rule` names what was broken, `value` is what stands there (at most 200 characters)."""

    severity: Severity
    rule: str
    message: Text
    place: Location = field(default_factory=Location)
    value: str | None = None
    suggestion: str | None = None
