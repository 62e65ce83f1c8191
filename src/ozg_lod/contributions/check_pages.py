"""The pages of the check: the form, and what came of a file. Pure, like `pages`: same input, same bytes."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ozg_lod.contributions.preview import ContributionPreview
from ozg_lod.core.errors import OzgLodError
from ozg_lod.core.findings import Severity
from ozg_lod.core.messages import Label, Language, _
from ozg_lod.rdf.formats import (
    CSV,
    JSON,
    TEXT,
    TURTLE,
)
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render
from ozg_lod.site.uploads import MAX_BYTES, MAX_CARRIED, Upload
from ozg_lod.validation import corrected_workbook, documents, report
from ozg_lod.validation.examination import Examination
from ozg_lod.validation.grouped_findings import FindingGroup

FEW: Final = 5
"""Up to so many errors a file is nearly done."""
LISTED: Final = 20
"""How many places of one group are listed."""
REPORTS: Final = (TEXT, CSV, JSON, TURTLE)
"""The forms in which people take a report along."""
_AUTHORITY: Final = ("ags", "nachnutzer")
"""The columns of the tables that name whom a row is about."""
_MEBI: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CheckForm:
    """What the form offers: kinds of tables (key, title), endings of tables and graphs, how to submit.

    `submits` says that submissions are accepted here, `contact` is where the catalogue is asked, "" for nowhere.
    """

    kinds: Sequence[tuple[str, Label]]
    tables: Sequence[str]
    graphs: Sequence[str]
    submits: bool = False
    contact: str = ""

    @property
    def accepted(self) -> str:
        """Return the endings for the file field."""
        return ",".join((*self.tables, *self.graphs))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one file: its kind as asked for, whether warnings count, what would change where that is known."""

    upload: Upload
    kind: str
    examination: Examination
    strict: bool = False
    preview: ContributionPreview | None = None

    @property
    def conforms(self) -> bool:
        return report.conforms(self.examination, strict=self.strict)

    @property
    def is_table(self) -> bool:
        """Tell whether there are cells to mark."""
        return not self.upload.name.lower().endswith(tuple(documents.FORMATS))

    @property
    def suggestions(self) -> int:
        """Return how many cells have a sure suggestion."""
        return len(corrected_workbook.changes(self.examination))

    @property
    def authority(self) -> str:
        """Return the key of the one authority that the tables are about, "" where there are several or none."""
        tables = (csv.DictReader(io.StringIO(sheet.canonical)) for sheet in self.examination.sheets)
        keys = {row[name] for table in tables for row in table for name in _AUTHORITY if row.get(name)}
        return keys.pop() if len(keys) == 1 else ""

    @property
    def carried(self) -> str:
        """Return the file for the page to carry, "" where it is too large for that."""
        return base64.b64encode(self.upload.content).decode() if len(self.upload.content) <= MAX_CARRIED else ""


_VERDICTS: Final = {
    "clean": _("All is well: {summary}"),
    "nearly_clean": _("It conforms: {summary}"),
    "nearly": _("Nearly done: {summary}"),
    "not_yet": _("Not done yet: {summary}"),
}


def blank(site: PageContext, check_form: CheckForm, *, failure: OzgLodError | None = None, kind: str = "") -> bytes:
    """Return the form; `failure` says why the last file was not checked."""
    return render("check.html", site, check_form=check_form, failure=failure, kind=kind, limit=MAX_BYTES // _MEBI)


def result(site: PageContext, check_form: CheckForm, outcome: CheckResult) -> bytes:
    return render(
        "checked.html",
        site,
        check_form=check_form,
        kind=outcome.kind,
        limit=MAX_BYTES // _MEBI,
        outcome=outcome,
        headline=_VERDICTS[_state(outcome)][site.language].format(
            summary=report.summary(outcome.examination, site.language)
        ),
        state=_state(outcome),
        groups=_groups(outcome.examination, site.language),
        listed=LISTED,
        reports=REPORTS,
    )


def _groups(examination: Examination, language: Language) -> tuple[FindingGroup, ...]:
    """Return the findings by sentence; the page is about one file, so no place names it."""
    here = tuple(replace(finding, place=replace(finding.place, file=None)) for finding in examination.findings)
    return report.grouped(replace(examination, findings=here), language).groups


def _state(outcome: CheckResult) -> str:
    counts = outcome.examination.counts
    if outcome.conforms:
        return "nearly_clean" if any(counts.values()) else "clean"
    refusing = counts.get(Severity.ERROR, 0) + (counts.get(Severity.WARNING, 0) if outcome.strict else 0)
    return "nearly" if refusing <= FEW else "not_yet"
