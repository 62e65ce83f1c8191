"""The journal: what a decision will do, written down before it is done, so that it is done wholly or not at all.

Before the plan is there nothing has happened; once it is there the next command carries it out to its end, whoever
was killed in between. Every step can be done twice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from ozg_lod.build import build
from ozg_lod.contributions.inbox import PLAN, Inbox
from ozg_lod.contributions.submissions import Event
from ozg_lod.core.errors import InboxError
from ozg_lod.core.messages import LANGUAGES, Label, Message, _
from ozg_lod.core.settings import Settings
from ozg_lod.snapshots import atomic_files, checked_json, erasure
from ozg_lod.snapshots.snapshot import Snapshots
from ozg_lod.validation import report

Say = Callable[[Message], None]

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
"""Names of folders and files a decision writes; none leads out of its folder."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What will be: the folders in the source root `into` (None: gone), then a build, then the events by reference.

    `erase` are the graphs that no kept version may hold afterwards.
    """

    source: tuple[str, ...]
    target: str
    into: str
    folders: Mapping[str, Mapping[str, str] | None]
    events: Mapping[str, Mapping[str, object]]
    erase: tuple[str, ...] = ()
    forget: tuple[str, ...] = field(default=())
    judge: str = Settings.judge

    @property
    def settings(self) -> Settings:
        """Return the settings the plan was made with."""
        return Settings(source=tuple(map(Path, self.source)), target=Path(self.target), judge=self.judge)


def begin(inbox: Inbox, plan: JournalEntry) -> None:
    """Write the plan down: from here on it will be carried out."""
    atomic_files.replace(inbox.folder / PLAN, checked_json.written(asdict(plan)))


def pending(inbox: Inbox) -> JournalEntry | None:
    """Return the plan that was begun and not ended."""
    try:
        said = checked_json.read((inbox.folder / PLAN).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _unreadable(inbox) from error
    try:
        plan = JournalEntry(**{**said, **{name: tuple(said[name]) for name in ("source", "erase", "forget")}})
        if all(
            map(_NAME.fullmatch, (*plan.folders, *(file for files in plan.folders.values() for file in files or ())))
        ):
            return plan
    except (TypeError, KeyError, AttributeError) as error:
        raise _unreadable(inbox) from error
    raise _unreadable(inbox)


def carry_out(inbox: Inbox, plan: JournalEntry, snapshots: Snapshots, say: Say) -> build.BuildResult:
    """Do what the plan says and end it; the caller holds both locks.

    Raises InboxError where the sources have changed since so that they cannot be built; the plan stays.
    """
    for name, files in plan.folders.items():
        _place(Path(plan.into) / name, files)
    outcome = build.build_locked(snapshots, plan.settings, say=say)
    if outcome.manifest is None:
        raise _unfinished(plan, outcome)
    if plan.erase:
        erasure.erase(snapshots, plan.erase, day=dt.datetime.now(dt.UTC).date().isoformat())
    for reference, event in plan.events.items():
        inbox.add(reference, Event.of(event))
    for reference in plan.forget:
        inbox.forget(reference)
    (inbox.folder / PLAN).unlink()
    atomic_files.sync(inbox.folder)
    return outcome


def recover(inbox: Inbox, say: Say) -> bool:
    """Carry out what a command before was kept from ending; return whether there was any. The caller holds the lock."""
    (inbox.folder / PLAN).with_suffix(".new").unlink(missing_ok=True)  # a plan that was never begun
    plan = pending(inbox)
    if plan is None:
        return False
    say(
        _("The last decision was interrupted; it is carried out to its end."),
    )
    snapshots = Snapshots(Path(plan.target))
    with snapshots.locked():
        carry_out(inbox, plan, snapshots, say)
    return True


def _unreadable(inbox: Inbox) -> InboxError:
    path = inbox.folder / PLAN
    return InboxError(
        _("{path} is no plan of a decision; look what became of the last one, and delete the file.", path=path),
    )


def _place(path: Path, files: Mapping[str, str] | None) -> None:
    if files is None:
        atomic_files.remove(path)
        return
    wanted = {name: text.encode() for name, text in files.items()}
    if not path.is_dir() or {file.name: file.read_bytes() for file in path.iterdir()} != wanted:
        atomic_files.folder(path, wanted)


def _unfinished(plan: JournalEntry, outcome: build.BuildResult) -> InboxError:
    examination = outcome.examination
    texts = {language: report.to_text(examination, language) if examination else "" for language in LANGUAGES}
    return InboxError(
        _(
            "The files of the decision lie in {into}, but the sources cannot be built any more; "
            "correct them and run the command again.\n{reason}",
            into=plan.into,
            reason=Label(texts),
        ),
    )
