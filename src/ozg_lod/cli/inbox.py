"""The command `inbox`: the list of what was submitted, one case, and what comes of a decision; as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final, cast

import click

from ozg_lod.cli.options import (
    INBOX_DAYS,
    JSON,
    JUDGE,
    PATH,
    SOURCE,
    TARGET,
    Command,
    setting,
)
from ozg_lod.cli.serve import built
from ozg_lod.cli.terminal import (
    language,
    note,
    plain,
    progress,
    say,
    table,
)
from ozg_lod.contributions.decisions import Decision
from ozg_lod.contributions.editor_context import EditorContext
from ozg_lod.contributions.inbox import Inbox
from ozg_lod.contributions.submissions import SubmissionCase
from ozg_lod.core.errors import InboxError
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings

_NOTHING: Final = _("The inbox is empty.")
_DELETED: Final = _("(deleted)")


@click.command(cls=Command)
@click.argument("action", type=click.Choice(("list", "show", "accept", "reject", "withdraw")))
@click.argument("reference", default="", help="the submission, or the beginning of its reference")
@setting("inbox", "folder of submissions", required=True, type=PATH, metavar="DIR")
@SOURCE
@TARGET
@click.option("--into", type=PATH, metavar="DIR", help="source folder of contributions (default: last --source)")
@click.option("--role", default="Redaktion", show_default=True, help="who decides, as it is published; no name")
@click.option("--checked", default="", metavar="TEXT", help="for accept: how the sender's authority was checked")
@click.option("--reason", default="", metavar="TEXT", help="for reject and withdraw: the reason, in German")
@click.option("--erase", is_flag=True, help="for withdraw: also from every kept version")
@INBOX_DAYS
@JUDGE
@setting("public_url", "address that status addresses start with", metavar="URL")
@JSON
def inbox(
    settings: Settings, action: str, reference: str, *, into: Path | None, erase: bool, as_json: bool, **decision: str
) -> None:
    """Look at what was submitted, and decide: accept, reject, withdraw."""
    from ozg_lod.contributions import decisions, editor_context, inbox
    from ozg_lod.snapshots.snapshot import Snapshots

    folder = inbox.Inbox(cast("Path", settings.inbox))  # --inbox is required
    decided = decisions.Decision(**decision)
    if action in ("list", "show"):
        cases = _cases(folder, settings.inbox_days, reference if action == "show" else None)
    elif action == "reject":
        cases = [decisions.reject(folder, Snapshots(settings.target), reference, decided, say)]
    else:
        context = editor_context.context(folder, settings, into, say)
        cases = [_published(context, reference, decided, withdraw=action == "withdraw", erase=erase)]
    if as_json:
        print(json.dumps([_described(case) for case in cases], ensure_ascii=False, indent=2))
    elif action == "show":
        _show(folder, cases[0], settings.public_url)
    elif cases:
        table(map(_row, cases), "{} {}  {}  {:<9}  {:<8}  {}")
    else:
        print(_NOTHING[language()])


def _cases(inbox: Inbox, days: int, reference: str | None) -> list[SubmissionCase]:
    """Return the case, or all, after what was left undone and what is due."""
    from ozg_lod.contributions import journal

    with inbox.locked():
        journal.recover(inbox, say)
        inbox.sweep(days)
    return inbox.cases() if reference is None else [inbox.one(reference)]


def _published(
    context: EditorContext, reference: str, decision: Decision, *, withdraw: bool, erase: bool
) -> SubmissionCase:
    """Accept or withdraw, which builds; return the case, or exit where nothing was published."""
    from ozg_lod.contributions import decisions, editor_context

    before = context.inbox.one(reference)
    full = before.submission.reference
    with progress():
        if withdraw:
            outcome = decisions.withdraw(context, full, decision, erase=erase)
        else:
            outcome = decisions.accept(context, full, decision)
    if code := built(outcome):
        click.get_current_context().exit(code)
    case = next((case for case in context.inbox.cases() if case.submission.reference == full), before)
    for line in editor_context.remaining_steps(context, case, language()):
        note(line)
    return case


def _described(case: SubmissionCase) -> dict[str, object]:
    """Return the case with the sender while he is known and without the secret of the status address."""
    submission = asdict(case.submission) | {"kind": case.submission.kind or None}
    names = ("received", "authority", "kind", "file", "bytes", "sha256")
    return {
        "reference": case.submission.reference,
        "state": str(case.state),
        **{name: submission[name] for name in names},
        "sender": asdict(case.sender) if case.sender else None,
        "events": [event.plain() for event in case.events],
        **({"damage": case.damage} if case.damage else {}),
    }


def _row(case: SubmissionCase) -> list[str]:
    """Return a line of the list, where what waits for a decision is marked."""
    submission, mark = case.submission, {"received": "*", "damaged": "!"}.get(case.state, " ")
    authority = submission.authority.rpartition("/")[2]
    return [mark, submission.reference, submission.day, str(case.state), authority, submission.file or case.damage]


def _show(inbox: Inbox, case: SubmissionCase, public_url: str) -> None:
    """Print all about one case."""
    from ozg_lod.contributions.inbox import REPORT
    from ozg_lod.contributions.submissions import STATE_NAMES

    spoken, submission = language(), case.submission
    facts = {
        _("Reference"): submission.reference,
        _("Received on"): submission.received,
        _("For"): submission.authority,
        _("Submitted by"): f"{case.sender.name} <{case.sender.mail}>" if case.sender else _DELETED[language()],
        _("File"): f"{submission.file} ({submission.bytes} B, SHA-256 {submission.sha256[:12]})",
        _("Status address"): f"{public_url}/einreichung/{submission.token}",
    }
    lines = [f"{name[spoken]}: {text}" for name, text in facts.items() if not case.damage]
    lines += [f"{submission.reference}: {case.damage}"] if case.damage else []
    for event in case.events:
        rest = ", ".join(part for part in (event.role, event.reason, event.checked, event.replaced_by) if part)
        lines.append(f"{event.time}  {STATE_NAMES[event.state][spoken]}{f': {rest}' if rest else ''}")
    report = inbox.path(submission.reference) / REPORT
    lines += _findings(report.read_bytes() if report.exists() else b"")
    print("\n".join(map(plain, lines)))


def _findings(report: bytes) -> list[str]:
    """Return the warnings and hints of the check, which refuse nothing and are for the editor to weigh."""
    try:
        return [f"- {finding['message'][language()]}" for finding in json.loads(report or b"{}").get("findings", [])]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InboxError(
            _("The report of the check (report.json) cannot be read; check the file again with `ozg-lod validate`."),
        ) from None
