"""Submissions: what somebody sent for publication, who sent it, and what became of it since.

A submission is received, then accepted or rejected; what was accepted can be withdrawn. Each step is an event. The
reference (eight hexadecimal digits) is made from the secret token of the status address and can be told to anybody.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from ozg_lod.core.messages import _
from ozg_lod.rdf.lexical import is_web_address


class SubmissionState(StrEnum):
    """What became of a submission."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DAMAGED = "damaged"
    """Its files cannot be read; no event leads here."""


STATE_NAMES: Final = {
    "received": _("Received, waiting for a decision"),
    "accepted": _("Accepted and published"),
    "rejected": _("Rejected"),
    "withdrawn": _("Withdrawn"),
    "damaged": _("Damaged"),
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent it; stays in the inbox and is deleted some days after the decision."""

    name: str
    mail: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Sender:
        """Return the sender from its JSON form; raise ValueError or TypeError for what is none."""
        sender = cls(**document)
        _check(sender)
        return sender

    @property
    def hint(self) -> str:
        """Return what only the sender recognises.

        >>> Sender("x", "rathaus@example.org").hint
        'r…@e…'
        """
        local, _, domain = self.mail.partition("@")
        return f"{local[:1]}…@{domain[:1]}…"


@dataclass(frozen=True, slots=True)
class Submission:
    """What was sent: the kind of table ("": RDF), the name and digest of the file, for which authority (IRI)."""

    reference: str
    received: str
    kind: str
    file: str
    bytes: int
    sha256: str
    authority: str
    token: str = field(repr=False)

    @property
    def key(self) -> str:
        """Return the key of the source this becomes, and of its files."""
        return f"mitteilung-{self.reference}"

    @property
    def day(self) -> str:
        """Return the day it was received, UTC."""
        return self.received[:10]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Submission:
        """Return the submission from its JSON form; raise ValueError, TypeError or KeyError for what is none."""
        submission = cls(**document)
        _check(submission)
        _check_moment(submission.received)
        if reference_of(submission.token) != submission.reference or not is_web_address(submission.authority):
            raise ValueError("the reference or the authority is none")
        return submission


@dataclass(frozen=True, slots=True)
class Event:
    """One step: `role` decided (never a name), `reason` is told to the sender, `checked` only to the operator.

    `checked` says how it was made sure that the sender may speak for the authority. `kind` is the kind of table it was
    accepted as. `replaced_by` is the source key of a newer submission that took over statements.
    """

    state: SubmissionState
    time: str
    role: str = ""
    reason: str = ""
    checked: str = ""
    erased: bool = False
    kind: str = ""
    replaced_by: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Event:
        """Return the event from its JSON form; raise ValueError, TypeError or KeyError for what is none."""
        event = cls(**{**document, "state": SubmissionState(document["state"])})
        _check(event)
        _check_moment(event.time)
        return event

    def plain(self) -> dict[str, object]:
        """Return the JSON form: what is empty is left out."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class SubmissionCase:
    """A submission with its events, oldest first, and its sender (None once deleted).

    Where its files cannot be read `damage` says why, and nothing is known but the reference and what is left of events.
    """

    submission: Submission
    events: tuple[Event, ...]
    sender: Sender | None
    damage: str = ""

    @classmethod
    def of(
        cls,
        reference: str,
        document: Mapping[str, Any],
        events: Sequence[Mapping[str, Any]],
        sender: Mapping[str, Any] | None,
    ) -> SubmissionCase:
        """Return the case with this reference from its JSON forms; raise as they do, and where they do not fit."""
        submission = Submission.of(document)
        if submission.reference != reference:
            raise ValueError(f"it is that of {submission.reference}")
        if not events:
            raise ValueError("it has no event")
        return cls(submission, tuple(map(Event.of, events)), Sender.of(sender) if sender is not None else None)

    @classmethod
    def damaged(cls, reference: str, events: Sequence[Event], damage: str) -> SubmissionCase:
        """Return what stands for one whose files cannot be read."""
        return cls(Submission(reference, "", "", "", 0, "", "", ""), tuple(events), None, damage)

    @property
    def last(self) -> Event | None:
        """Return the last event, None where none can be read."""
        return self.events[-1] if self.events else None

    @property
    def state(self) -> SubmissionState:
        """Return what became of it."""
        return SubmissionState.DAMAGED if self.damage or self.last is None else self.last.state

    @property
    def decided(self) -> str:
        """Return when it was last decided on, "" while it waits."""
        return "" if self.last is None or self.last.state is SubmissionState.RECEIVED else self.last.time

    @property
    def kind(self) -> str:
        """Return the kind of table it was accepted as, "" where it was not, or as RDF."""
        return self.last.kind if self.last else ""


def reference_of(token: str) -> str:
    """Return the reference that belongs to a token; the way back is closed.

    >>> reference_of("a")
    'ca978112'
    """
    return hashlib.sha256(token.encode()).hexdigest()[:8]


def now() -> str:
    """Return the present moment as it is written: UTC, whole seconds."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _check(record: Sender | Submission | Event) -> None:
    """Raise ValueError where a field has another type than it is declared with; a file may have been edited."""
    types = {"str": str, "int": int, "bool": bool, "SubmissionState": SubmissionState}
    for item in fields(record):
        if type(getattr(record, item.name)) is not types[str(item.type)]:
            raise ValueError(f"{item.name} is of the wrong type")


def _check_moment(text: str) -> None:
    """Raise ValueError where this is no moment with an offset."""
    if dt.datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{text[:40]} has no offset")
