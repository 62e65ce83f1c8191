"""The pages of a submission: the form for the sender, and what became of it. Pure, like `pages`."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass

from babel.dates import format_datetime

from ozg_lod.contributions.submission_form import FIELDS, SubmissionFields
from ozg_lod.contributions.submissions import SubmissionCase, SubmissionState
from ozg_lod.core.errors import OzgLodError
from ozg_lod.core.messages import locale_of
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render
from ozg_lod.site.uploads import MAX_CARRIED, Upload


@dataclass(frozen=True, slots=True)
class SubmissionForm:
    """What the form shows: the file, its kind, what was written so far, and why it was not submitted.

    `authority` is the key proposed where nothing was written yet: the one that the file is about.
    """

    upload: Upload
    kind: str
    application: SubmissionFields | None
    days: int
    failure: OzgLodError | None = None
    authority: str = ""

    @property
    def carried(self) -> str:
        """Return the file for the page to carry, "" where it is too large for that."""
        return base64.b64encode(self.upload.content).decode() if len(self.upload.content) <= MAX_CARRIED else ""


@dataclass(frozen=True, slots=True)
class SubmissionStatus:
    """What may be told of a case to whoever knows its address: `authority` is (IRI, name)."""

    case: SubmissionCase
    authority: tuple[str, str]
    address: str
    source: str

    @property
    def published(self) -> str:
        """Return the IRI of the source, "" while it is not published."""
        replaced = self.case.events[-1].replaced_by
        return self.source if self.case.state is SubmissionState.ACCEPTED and not replaced else ""

    def to_json(self) -> bytes:
        case, last = self.case, self.case.events[-1]
        document = {
            "reference": case.submission.reference,
            "state": str(case.state),
            "received": case.submission.received,
            "decided": case.decided or None,
            "authority": {"iri": self.authority[0], "name": self.authority[1]},
            "sender": case.sender.hint if case.sender else None,
            "reason": last.reason or None,
            "source": self.published or None,
            "replaced": bool(last.replaced_by),
            "status": self.address,
        }
        return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def form(site: PageContext, shown: SubmissionForm) -> bytes:
    application = shown.application
    values = (
        application.values if application is not None else dict.fromkeys(FIELDS, "") | {"authority": shown.authority}
    )
    faults = {name: text[site.language] for name, text in application.faults.items()} if application is not None else {}
    return render("einreichen.html", site, form=shown, values=values, faults=faults, fields=FIELDS)


def status(site: PageContext, shown: SubmissionStatus) -> bytes:
    case = shown.case
    return render(
        "einreichung.html",
        site,
        status=shown,
        case=case,
        last=case.events[-1],
        received=_moment(case.submission.received, site),
        decided=_moment(case.decided, site) if case.decided else "",
    )


def _moment(written: str, site: PageContext) -> str:
    """Return a moment as people read it, as UTC."""
    return format_datetime(dt.datetime.fromisoformat(written), "long", locale=locale_of(site.language))
