"""What accepting and withdrawing do to the source root: which folders come, change and go.

A newer submission of the same authority takes the place of its older rows with the same key; rows of different
authorities about the same stand side by side (docs/decisions/20261124-contributed-statements.md). Every address that
vanishes is accounted for, with what takes its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ozg_lod.contributions import contributions, provenance
from ozg_lod.contributions.contributions import ContributedTable, Folder, Key
from ozg_lod.contributions.provenance import Acceptance
from ozg_lod.contributions.submissions import Submission, SubmissionCase, SubmissionState
from ozg_lod.contributions.withdrawing import SUFFIX, WithdrawalNotes, all_notes
from ozg_lod.core.messages import DEFAULT_LANGUAGE, _
from ozg_lod.snapshots.changes import Withdrawal
from ozg_lod.snapshots.published_index import PublishedIndex
from ozg_lod.tables.contribution_kinds import ContributionKind

_DERIVED: Final = "derived"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The source root with its contributions: `cases` are all of the inbox, `notes` the description of withdrawals."""

    root: Path
    base_iri: str
    cases: Sequence[SubmissionCase]
    published: PublishedIndex
    notes: bytes

    def accepted(self, kind: str) -> Iterator[tuple[SubmissionCase, ContributedTable]]:
        """Yield the accepted contributions of a kind that lie in this root, with their tables."""
        for case in self.cases:
            if case.state is SubmissionState.ACCEPTED and case.kind == kind:
                table = ContributedTable.read(self.root, case.submission.key)
                if table is not None:
                    yield case, table

    def graphs(self, keys: Iterable[str]) -> set[str]:
        """Return the graphs of these contributions, and that of what is derived from all."""
        graph = f"{self.base_iri}graph/"
        own = {name for key in keys for name in (graph + key, f"{graph}{key}-quelle")}
        return own | {graph + _DERIVED}

    def iri(self, key: str) -> str:
        return f"{self.base_iri}id/source/{key}"


@dataclass(frozen=True, slots=True)
class FolderChange:
    """What will be: the folders of the root (None: gone); `replaced` are the keys of contributions that lost rows."""

    folders: Mapping[str, Folder | None]
    replaced: tuple[str, ...] = ()


@dataclass
class _NoteTables:
    """What goes, what comes and what stays of what is touched, until it is known what vanishes."""

    folders: dict[str, Folder | None] = field(default_factory=dict)
    gone: dict[str, tuple[str, Key]] = field(default_factory=dict)
    here: dict[str, Key] = field(default_factory=dict)
    remainder: set[str] = field(default_factory=set)


def with_table(
    shelf: Shelf, submission: Submission, kind: ContributionKind, text: str, acceptance: Acceptance
) -> FolderChange:
    """Return the change that a table makes when it is accepted."""
    table = _parted(shelf, submission, kind, text)
    collector = _NoteTables()
    collector.here |= table.subjects()
    older = [
        (case.submission.key, old)
        for case, old in shelf.accepted(kind.slug)
        if case.submission.authority == submission.authority and old.keys & table.keys
    ]
    for key, old in older:
        _shorten(shelf, collector, key, old, table.keys)
    return _accepted(shelf, submission, collector, table.files(), acceptance)


def with_turtle(shelf: Shelf, submission: Submission, text: str, acceptance: Acceptance) -> FolderChange:
    """Return the change that RDF makes when it is accepted; it takes the place of nothing."""
    collector = _NoteTables()
    collector.here |= dict.fromkeys(contributions.subjects_of({"a.ttl": text}), ())
    return _accepted(shelf, submission, collector, {f"{submission.key}.ttl": text}, acceptance)


def without(shelf: Shelf, case: SubmissionCase, *, reason: str, day: str) -> FolderChange:
    """Return the change when a contribution is taken out again; others about the same are named as successors."""
    key = case.submission.key
    collector = _NoteTables()
    table = ContributedTable.read(shelf.root, key)
    collector.gone |= dict.fromkeys(contributions.subjects_of(contributions.read_folder(shelf.root, key)), (key, ()))
    collector.gone[shelf.iri(key)] = (key, ())
    if table is not None:
        collector.gone |= {iri: (key, own) for iri, own in table.subjects().items()}
    collector.folders[key] = None
    others = {
        own: iri
        for other, other_table in shelf.accepted(case.kind)
        if other.submission.key != key
        for iri, own in other_table.subjects().items()
    }
    return _noted(shelf, collector, others, reason=reason, day=day)


def _accepted(
    shelf: Shelf, submission: Submission, collector: _NoteTables, files: Folder, acceptance: Acceptance
) -> FolderChange:
    source = provenance.source(shelf.base_iri, submission, acceptance)
    collector.folders[submission.key] = {**files, **contributions.source_file(submission.key, source)}
    collector.here[shelf.iri(submission.key)] = ()
    successors = {own: iri for iri, own in collector.here.items() if own}
    successors[()] = shelf.iri(submission.key)
    reason = _("A newer notice of the same authority has taken its place")[DEFAULT_LANGUAGE]
    return _noted(shelf, collector, successors, reason=reason, day=acceptance.time[:10])


def _parted(shelf: Shelf, submission: Submission, kind: ContributionKind, text: str) -> ContributedTable:
    """Return the table; where somebody else speaks under the same address, the sender's key parts the addresses."""
    own = [case.submission.key for case in shelf.cases if case.submission.authority == submission.authority]
    table = ContributedTable.of(kind, submission.key, text)
    foreign_subjects = shelf.published.outside(shelf.graphs(own))
    if foreign_subjects.isdisjoint(table.subjects()):
        return table
    return ContributedTable.of(kind, submission.key, text, according_to=submission.authority.rpartition("/")[2])


def _shorten(shelf: Shelf, collector: _NoteTables, key: str, old: ContributedTable, keys: set[Key]) -> None:
    """Take rows out of an older contribution; one without rows goes as a whole."""
    rest = old.without(keys)
    left = rest.subjects() if rest.rows else {}
    collector.gone |= {iri: (key, own) for iri, own in old.subjects().items() if iri not in left}
    if rest.rows:
        collector.remainder |= {*left, shelf.iri(key)}
        collector.folders[key] = {**contributions.read_folder(shelf.root, key), **rest.files()}
    else:
        collector.folders[key] = None
        collector.gone[shelf.iri(key)] = (key, ())


def _noted(
    shelf: Shelf, collector: _NoteTables, successors: Mapping[Key, str], *, reason: str, day: str
) -> FolderChange:
    """Return the change with the tables of what vanishes; addresses that are there again are in none of them."""
    touched = [key for key in collector.folders if collector.folders[key] is None or key in _keys(collector.gone)]
    present = set(collector.here) | collector.remainder | shelf.published.outside(shelf.graphs(touched))
    notes = {withdrawal_notes.key: withdrawal_notes for withdrawal_notes in all_notes(shelf.root)}
    for iri, (key, own) in collector.gone.items():
        if iri not in present:
            row = Withdrawal(iri, day, reason, successors.get(own, ""))
            notes[key] = notes.get(key, WithdrawalNotes(key, {})).with_rows([row])
    gone = {row.iri for withdrawal_notes in notes.values() for row in withdrawal_notes.rows.values()} - set(
        collector.here
    )
    for key, withdrawal_notes in notes.items():
        collector.folders[key + SUFFIX] = _known(withdrawal_notes.without(collector.here), present | gone).folder(
            shelf.notes
        )
    return FolderChange(dict(collector.folders), tuple(sorted(set(touched) & _keys(collector.gone))))


def _known(notes: WithdrawalNotes, known: Collection[str]) -> WithdrawalNotes:
    """Return the notes with the successors that exist or are accounted for themselves."""
    rows = {
        iri: row if not row.successor or row.successor in known else Withdrawal(iri, row.day, row.reason, "")
        for iri, row in notes.rows.items()
    }
    return WithdrawalNotes(notes.key, rows)


def _keys(gone: Mapping[str, tuple[str, Key]]) -> set[str]:
    return {key for key, _ in gone.values()}
