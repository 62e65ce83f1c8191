"""What the inbox says on the command line: the list, one case, and what came of a decision; as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from ozg_lod.contributions.submissions import STATE_NAMES, SubmissionCase, SubmissionState
from ozg_lod.core.errors import InboxError
from ozg_lod.core.messages import Language, _
from ozg_lod.rdf.lexical import CONTROL

_NOTHING: Final = _("The inbox is empty.")
_DELETED: Final = _("(deleted)")


def listed(cases: Sequence[SubmissionCase], language: Language) -> str:
    """Return one line for each case, oldest first; what waits for a decision is marked."""
    if not cases:
        return _NOTHING[language]
    return "\n".join(_line(case) for case in cases)


def shown(case: SubmissionCase, report: bytes, public_url: str, language: Language) -> str:
    """Return all about one case."""
    submission = case.submission
    facts = (
        (_("Reference")[language], submission.reference),
        (_("Received on")[language], submission.received),
        (_("For")[language], submission.authority),
        (
            _("Submitted by")[language],
            f"{case.sender.name} <{case.sender.mail}>" if case.sender else _DELETED[language],
        ),
        (_("File")[language], f"{submission.file} ({submission.bytes} B, SHA-256 {submission.sha256[:12]})"),
        (_("Status address")[language], f"{public_url}/einreichung/{submission.token}"),
    )
    lines = [*(f"{name}: {text}" for name, text in facts), *_history(case, language), *_findings(report, language)]
    return "\n".join(_plain(line) for line in lines)


def as_json(cases: Sequence[SubmissionCase]) -> str:
    """Return the cases as JSON, with the sender while he is known and without the secret of the status address."""
    return json.dumps([_described(case) for case in cases], ensure_ascii=False, indent=2)


def _described(case: SubmissionCase) -> dict[str, object]:
    submission = case.submission
    return {
        "reference": submission.reference,
        "state": str(case.state),
        "received": submission.received,
        "authority": submission.authority,
        "kind": submission.kind or None,
        "file": submission.file,
        "bytes": submission.bytes,
        "sha256": submission.sha256,
        "sender": {"name": case.sender.name, "mail": case.sender.mail} if case.sender else None,
        "events": [event.plain() for event in case.events],
    }


def _line(case: SubmissionCase) -> str:
    mark = "*" if case.state is SubmissionState.RECEIVED else " "
    submission = case.submission
    authority = submission.authority.rpartition("/")[2]
    return _plain(
        f"{mark} {submission.reference}  {submission.day}  {case.state:<9}  {authority:<8}  {submission.file}"
    )


def _history(case: SubmissionCase, language: Language) -> list[str]:
    lines = []
    for event in case.events:
        rest = ", ".join(part for part in (event.role, event.reason, event.checked, event.replaced_by) if part)
        lines.append(f"{event.time}  {STATE_NAMES[event.state][language]}{f': {rest}' if rest else ''}")
    return lines


def _findings(report: bytes, language: Language) -> list[str]:
    """Return the warnings and hints of the check, which refuse nothing and are for the editor to weigh."""
    try:
        found = json.loads(report or b"{}").get("findings", [])
        return [f"- {finding['message'][language]}" for finding in found]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InboxError(
            _("The report of the check (report.json) cannot be read; check the file again with `ozg-lod validate`."),
        ) from None


def _plain(text: str) -> str:
    """Return text without control characters, which a terminal would obey."""
    return CONTROL.sub("\ufffd", text)
