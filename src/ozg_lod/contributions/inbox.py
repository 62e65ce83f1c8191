"""The inbox: a folder of what was submitted, and nothing but files.

    INBOX/{reference}/   submission.json sender.json file report.json events.jsonl

Nothing in it is published. A submission is written aside, flushed and renamed, so that it is there whole or not at
all; its events are one small file that is replaced. Only the operator's account can read the folder.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import logging
import re
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from ozg_lod.contributions.submissions import (
    Event,
    Sender,
    Submission,
    SubmissionCase,
    SubmissionState,
    now,
    reference_of,
)
from ozg_lod.core.errors import InboxError, NotFound, Unavailable
from ozg_lod.core.messages import _
from ozg_lod.snapshots import atomic_files, checked_json

FILE: Final = "file"
REPORT: Final = "report.json"
PLAN: Final = "plan.json"
_SUBMISSION: Final = "submission.json"
_SENDER: Final = "sender.json"
_EVENTS: Final = "events.jsonl"
_PRIVATE: Final = 0o700
_TOKEN_BYTES: Final = 24
_REFERENCE: Final = re.compile(r"[0-9a-f]{8}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32}")
_RETRY_AFTER_S: Final = 86_400
_RETRY_WHEN_MENDED_S: Final = 3600
_log = logging.getLogger("ozg_lod")


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """What arrives at the door: a file that conforms, its report, and who sends it for which authority (IRI)."""

    name: str
    kind: str
    authority: str
    sender: Sender
    content: bytes = field(repr=False)
    report: bytes = field(repr=False)


class Inbox:
    """The folder; at most `most` submissions wait for a decision, with `most_bytes` in all."""

    def __init__(self, folder: Path, *, most: int = 200, most_bytes: int = 500_000_000) -> None:
        self.folder = folder
        self._most = most
        self._most_bytes = most_bytes

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the one right to decide; raise InboxError when another process holds it."""
        self._made()
        with (self.folder / "lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InboxError(
                    _("Another process is deciding in {folder}; wait until it has ended.", folder=self.folder),
                ) from None
            yield

    def submit(self, delivery: ReceivedFile) -> Submission:
        """Keep what was delivered, for good; raise Unavailable while too much waits for a decision."""
        self._made()
        self._check_room(len(delivery.content))
        token = self._new_token()
        submission = Submission(
            reference=reference_of(token),
            received=now(),
            kind=delivery.kind,
            file=delivery.name,
            bytes=len(delivery.content),
            sha256=hashlib.sha256(delivery.content).hexdigest(),
            authority=delivery.authority,
            token=token,
        )
        files = {
            _SUBMISSION: checked_json.written(asdict(submission)),
            _SENDER: checked_json.written(asdict(delivery.sender)),
            _EVENTS: checked_json.written(Event(SubmissionState.RECEIVED, submission.received).plain()),
            FILE: delivery.content,
            REPORT: delivery.report,
        }
        atomic_files.folder(self.path(submission.reference), files, mode=_PRIVATE)
        return submission

    def path(self, reference: str) -> Path:
        """Return the folder of a submission (not checked)."""
        return self.folder / reference

    def by_token(self, token: str) -> SubmissionCase:
        """Return the case of a status address; raise NotFound for one that was never given out."""
        reference = reference_of(token) if _TOKEN.fullmatch(token) else ""
        if reference and (self.path(reference) / _SUBMISSION).is_file():
            case = self.case(reference)
            if secrets.compare_digest(case.submission.token, token):
                return case
        raise NotFound(
            _("There is no submission at this address; look whether the address is complete."),
        )

    def case(self, reference: str) -> SubmissionCase:
        """Return one case; raise InboxError where its files cannot be read."""
        path = self.path(reference)
        try:
            sender = path / _SENDER
            return SubmissionCase.of(
                reference,
                checked_json.read((path / _SUBMISSION).read_bytes()),
                [checked_json.read(line) for line in _lines(path)],
                checked_json.read(sender.read_bytes()) if sender.exists() else None,
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise InboxError(_("The submission {path} cannot be read: {error}.", path=path, error=error)) from error

    def content(self, submission: Submission) -> bytes:
        """Return the file that was submitted; raise InboxError where it is gone, or is no longer the same."""
        path = self.path(submission.reference) / FILE
        try:
            found = path.read_bytes()
        except OSError as error:
            raise InboxError(_("{path} cannot be read: {reason}.", path=path, reason=error.strerror)) from error
        if hashlib.sha256(found).hexdigest() != submission.sha256:
            raise InboxError(
                _(
                    "{path} is not the file that was submitted (its SHA-256 differs); put it back, or reject it.",
                    path=path,
                ),
            )
        return found

    def cases(self) -> list[SubmissionCase]:
        """Return all cases, oldest first; what cannot be read harms only itself and comes before them."""
        names = [path.name for path in self.folder.glob("*") if _REFERENCE.fullmatch(path.name)]
        return sorted(map(self._case_or_damage, names), key=lambda case: case.submission.received)

    def _case_or_damage(self, reference: str) -> SubmissionCase:
        try:
            return self.case(reference)
        except InboxError as error:
            return SubmissionCase.damaged(reference, _readable(self.path(reference)), str(error))

    def one(self, wanted: str) -> SubmissionCase:
        """Return the one case whose reference starts with `wanted`; raise InboxError for none or several."""
        wanted = wanted.removeprefix("mitteilung-")
        found = [case for case in self.cases() if wanted and case.submission.reference.startswith(wanted)]
        if len(found) != 1:
            raise InboxError(
                _(
                    "{count} submissions start with '{wanted}'; `ozg-lod inbox list` shows them all.",
                    count=len(found),
                    wanted=wanted,
                )
            )
        return found[0]

    def add(self, reference: str, event: Event) -> None:
        """Add an event, once, to those that can be read; the caller holds the lock."""
        path = self.path(reference)
        events = _readable(path)
        if path.is_dir() and events[-1:] != [event]:  # a damaged one that was forgotten is gone as a whole
            lines = (checked_json.written(one.plain()) for one in (*events, event))
            atomic_files.replace(path / _EVENTS, b"".join(lines))

    def sweep(self, days: int) -> list[str]:
        """Delete sender, file and report of what was decided on `days` ago or longer; return the references.

        What was never kept as a whole, because somebody was killed in between, goes too.
        """
        atomic_files.sweep(self.folder)
        before = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
        swept = []
        for case in self.cases():
            decided = dt.datetime.fromisoformat(case.decided) if case.decided else None
            if decided is not None and decided <= before and self.forget(case.submission.reference):
                swept.append(case.submission.reference)
        return swept

    def forget(self, reference: str) -> bool:
        """Delete sender, file and report of one submission; return whether any of them was left.

        Of one that is damaged all goes, unless it is published: nobody knows what its files hold.
        """
        folder = self.path(reference)
        if not folder.is_dir():
            return False
        left = [path for name in (_SENDER, FILE, REPORT) if (path := folder / name).exists()]
        for path in [*left, *folder.glob("*.new")]:
            path.unlink()
        atomic_files.sync(folder)
        case = self._case_or_damage(reference)
        if case.damage and (case.last is None or case.last.state is not SubmissionState.ACCEPTED):
            atomic_files.remove(folder)
            return True
        return bool(left)

    def _made(self) -> None:
        self.folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)

    def _new_token(self) -> str:
        while True:
            token = secrets.token_urlsafe(_TOKEN_BYTES)
            if not self.path(reference_of(token)).exists():
                return token

    def _check_room(self, size: int) -> None:
        waiting = [case.submission.bytes for case in self.cases() if case.state is SubmissionState.RECEIVED]
        if len(waiting) >= self._most or sum(waiting) + size > self._most_bytes:
            raise Unavailable(
                _("So many submissions wait for a decision that no more are taken now; try again tomorrow."),
                retry_after_s=_RETRY_AFTER_S,
            )


@contextlib.contextmanager
def discreet() -> Iterator[None]:
    """Tell strangers no more of an inbox that cannot be used than that; the log has the folder and the reason."""
    try:
        yield
    except (InboxError, OSError) as error:
        _log.error("the inbox cannot be used: %s", error)  # one sentence, no traceback
        raise Unavailable(
            _(
                "Submissions cannot be taken or looked up at the moment; those that were taken are "
                "safe. Try again later."
            ),
            retry_after_s=_RETRY_WHEN_MENDED_S,
        ) from error


def _lines(folder: Path) -> list[bytes]:
    """Return the lines of the events of a submission."""
    return (folder / _EVENTS).read_bytes().removesuffix(b"\n").split(b"\n")


def _readable(folder: Path) -> list[Event]:
    """Return the events that can be read, whatever became of the others."""
    events = []
    with contextlib.suppress(OSError):
        for line in _lines(folder):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                events.append(Event.of(checked_json.read(line)))
    return events
