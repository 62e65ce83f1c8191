"""Decisions of the editor: accept, reject, withdraw. Each is carried out wholly or not at all (see `journal`).

Who may speak for an authority is for the editor to know: accepting asks how it was made sure, and keeps the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from ozg_lod.build import build
from ozg_lod.build.build import BuildResult
from ozg_lod.build.sources import Sources, read
from ozg_lod.contributions import (
    acceptance,
    contributions,
    journal,
    submission_form,
)
from ozg_lod.contributions.acceptance import FolderChange, Shelf
from ozg_lod.contributions.editor_context import EditorContext
from ozg_lod.contributions.inbox import Inbox
from ozg_lod.contributions.provenance import Acceptance, source_iri
from ozg_lod.contributions.submissions import Event, Submission, SubmissionCase, SubmissionState, now
from ozg_lod.core.errors import InboxError, UsageError
from ozg_lod.core.messages import DEFAULT_LANGUAGE, MessageSink, _
from ozg_lod.core.settings import packaged_source
from ozg_lod.snapshots import changes
from ozg_lod.snapshots.published_index import PublishedIndex
from ozg_lod.snapshots.snapshot import Manifest, Snapshots
from ozg_lod.tables import contribution_kinds
from ozg_lod.validation import gate, rulebook
from ozg_lod.validation.check_process import examine_in_cage
from ozg_lod.validation.examination import Examination

WITHDRAWN: Final = _("The authority has withdrawn its notice")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the editor says: `role` is published, `reason` told to the sender (and for a withdrawal to everybody).

    `checked` says how it was made sure that the sender may speak for the authority; it stays in the inbox.
    """

    role: str
    reason: str = ""
    checked: str = ""


def accept(context: EditorContext, wanted: str, decision: Decision) -> BuildResult:
    """Publish a submission; where the build finds something nothing changes, and the outcome has no manifest."""
    if not decision.checked.strip():
        raise UsageError(
            _("Say with --checked how it was made sure that the sender may speak for the authority: called back, say."),
        )
    with context.inbox.locked():
        journal.recover(context.inbox, context.say)
        case = context.inbox.one(wanted)
        _must_be(case, SubmissionState.RECEIVED)
        with context.snapshots.locked():
            sources = read(context.settings.source, judge=context.settings.judge)
            time = now()
            outcome = _change(context, sources, case.submission, decision, time)
            if not isinstance(outcome, tuple):
                return build.BuildResult(None, outcome)
            kind, change = outcome
            event = Event(SubmissionState.ACCEPTED, time, decision.role, decision.reason, decision.checked, kind=kind)
            events = {case.submission.reference: event.plain()}
            for key in change.replaced:
                events |= _replaced(context.inbox, key, case.submission.key)
            return _done(context, sources, change, events)


def reject(inbox: Inbox, snapshots: Snapshots, wanted: str, decision: Decision, say: MessageSink) -> SubmissionCase:
    """Keep the reason; nothing is published. What is damaged can be rejected too, unless it is published."""
    if not decision.reason.strip():
        raise UsageError(
            _("Give the reason with --reason; the sender reads it at the status address."),
        )
    with inbox.locked():
        journal.recover(inbox, say)
        case = inbox.one(wanted)
        _must_be(case, SubmissionState.RECEIVED, SubmissionState.DAMAGED)
        if case.damage and _is_published(snapshots, case):
            raise InboxError(
                _("{reference} is published; take it out with withdraw.", reference=case.submission.reference)
            )
        event = Event(SubmissionState.REJECTED, now(), decision.role, decision.reason, decision.checked)
        inbox.add(case.submission.reference, event)
        return inbox.one(case.submission.reference)


def withdraw(context: EditorContext, wanted: str, decision: Decision, *, erase: bool) -> BuildResult:
    """Take a contribution out again, and where `erase` also from every kept version and from the inbox."""
    with context.inbox.locked():
        journal.recover(context.inbox, context.say)
        case = context.inbox.one(wanted)
        states = (SubmissionState.ACCEPTED, SubmissionState.DAMAGED)
        _must_be(case, *((*states, SubmissionState.WITHDRAWN) if erase else states))
        with context.snapshots.locked():
            sources = read(context.settings.source, judge=context.settings.judge)
            time = now()
            change = acceptance.FolderChange({})
            if case.state is SubmissionState.ACCEPTED or (
                case.damage and (context.folder / case.submission.key).is_dir()
            ):
                reason = decision.reason or WITHDRAWN[DEFAULT_LANGUAGE]
                change = acceptance.without(_shelf(context, sources), case, reason=reason, day=time[:10])
            event = Event(
                SubmissionState.WITHDRAWN, time, decision.role, decision.reason, decision.checked, erased=erase
            )
            return _done(
                context, sources, change, {case.submission.reference: event.plain()}, erase=case if erase else None
            )


def _done(
    context: EditorContext,
    sources: Sources,
    change: FolderChange,
    events: Mapping[str, Mapping[str, object]],
    *,
    erase: SubmissionCase | None = None,
) -> BuildResult:
    """Try the change; only when it builds write the plan down and carry it out."""
    after = sources.with_folders(change.folders, context.folder)
    outcome = build.prepare(context.snapshots, after, context.settings, say=context.say)
    if outcome.manifest is None:
        return outcome
    graph = f"{sources.base_iri}graph/"
    key = erase.submission.key if erase else ""
    plan = journal.JournalEntry(
        source=tuple(map(str, context.settings.source)),
        target=str(context.settings.target.resolve()),
        into=str(context.folder),
        folders=change.folders,
        events=events,
        judge=context.settings.judge,
        erase=(graph + key, f"{graph}{key}-quelle") if key else (),
        forget=(erase.submission.reference,) if erase else (),
    )
    journal.begin(context.inbox, plan)
    journal.carry_out(context.inbox, plan, context.snapshots, lambda _message: None)
    return outcome


def _change(
    context: EditorContext, sources: Sources, submission: Submission, decision: Decision, time: str
) -> tuple[str, FolderChange] | Examination:
    """Return the kind of table a submission is ("": RDF) and what accepting it changes.

    The examination where it does not conform any more to what has been published since.
    """
    file = gate.SourceFile(submission.file, context.inbox.content(submission))
    examination = _examined(context, sources, submission, file)
    if not examination.conforms:
        return examination
    shelf = _shelf(context, sources)
    authority = submission.authority.rpartition("/")[0].rpartition("/")[2]
    approval = Acceptance(authority, shelf.published.name(submission.authority), decision.role, time)
    slug = submission_form.kind_of(examination, sources.base_iri)
    if not slug:
        turtle = _turtle(sources, submission, file, examination.quads)
        return "", acceptance.with_turtle(shelf, submission, turtle, approval)
    offered = contribution_kinds.kinds(sources.contributions, sources.base_iri)
    kind = next(kind for kind in offered if kind.slug == slug)
    head, *rest = (sheet.canonical for sheet in examination.sheets if sheet.kind)
    table = head + "".join(text.partition("\n")[2] for text in rest)
    return slug, acceptance.with_table(shelf, submission, kind, table, approval)


def _examined(context: EditorContext, sources: Sources, submission: Submission, file: gate.SourceFile) -> Examination:
    """Return what the check says now, with what is published now."""
    rules = rulebook.of_snapshot(context.snapshots.directory(context.snapshots.served()), sources.base_iri)
    return examine_in_cage(
        [file],
        rulebook.for_kind(rules, submission.kind) if submission.kind else rules,
        memory_mb=context.settings.check_memory_mb,
        deadline_s=context.settings.check_deadline_s,
    )


def _turtle(sources: Sources, submission: Submission, file: gate.SourceFile, quads: bytes) -> str:
    """Return the RDF of a submission with its own source."""
    provisional = f"{sources.base_iri}id/source/{contribution_kinds.PROVISIONAL}"
    graph = gate.graph_of(file.name, sources.base_iri)
    source = source_iri(sources.base_iri, submission)
    return contributions.turtle(quads, graph, provisional=provisional, source=source)


def _shelf(context: EditorContext, sources: Sources) -> Shelf:
    published = PublishedIndex.current(context.snapshots)
    return Shelf(context.folder, sources.base_iri, context.inbox.cases(), published, _notes(sources))


def _notes(sources: Sources) -> bytes:
    """Return the description of the table of withdrawals, with the base of these sources."""
    name = changes.WITHDRAWN_FILE + gate.METADATA
    metadata = json.loads(sources.data.get(name) or (packaged_source() / "data" / name).read_bytes())
    metadata["@context"][1]["@base"] = sources.base_iri
    return json.dumps(metadata, ensure_ascii=False).encode()


def _replaced(inbox: Inbox, key: str, by: str) -> dict[str, dict[str, object]]:
    """Return the event of an older submission that lost rows to a newer one; it stays accepted."""
    case = inbox.one(key)
    event = Event(**{**asdict(case.events[-1]), "time": now(), "replaced_by": by})
    return {case.submission.reference: event.plain()}


def _is_published(snapshots: Snapshots, case: SubmissionCase) -> bool:
    name = snapshots.current()
    graphs = Manifest.read(snapshots.directory(name)).graphs if name else {}
    return any(graph.endswith(f"/graph/{case.submission.key}") for graph in graphs)


def _must_be(case: SubmissionCase, *states: SubmissionState) -> None:
    if case.state in states:
        return
    listed = ", ".join(states)
    raise InboxError(
        _(
            "{reference} is {state}; this can be done with what is {listed}.",
            reference=case.submission.reference,
            state=case.state,
            listed=listed,
        ),
    )
