"""Submissions: what somebody sent for publication, who sent it, and what became of it since.

A submission is received, then accepted or rejected; what was accepted can be withdrawn. Each step is an event. The
reference (eight hexadecimal digits) is made from the secret token of the status address and can be told to anybody.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(StrEnum):
    """What became of a submission."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent it; stays in the inbox and is deleted some days after the decision."""

    name: str
    mail: str

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
    def of(cls, said: Mapping[str, Any]) -> Submission:
        """Return the submission from its JSON form."""
        return cls(**{item.name: said[item.name] for item in fields(cls)})


@dataclass(frozen=True, slots=True)
class Event:
    """One step: `role` decided (never a name), `reason` is told to the sender, `checked` only to the operator.

    `checked` says how it was made sure that the sender may speak for the authority. `kind` is the kind of table it was
    accepted as. `replaced_by` is the source key of a newer submission that took over statements.
    """

    state: State
    time: str
    role: str = ""
    reason: str = ""
    checked: str = ""
    erased: bool = False
    kind: str = ""
    replaced_by: str = ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Event:
        """Return the event from its JSON form."""
        return cls(**{**said, "state": State(said["state"])})

    def plain(self) -> dict[str, object]:
        """Return the JSON form: what is empty is left out."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class Case:
    """A submission with its events, oldest first, and its sender (None once deleted)."""

    submission: Submission
    events: tuple[Event, ...]
    sender: Sender | None

    @property
    def state(self) -> State:
        """Return what became of it."""
        return self.events[-1].state

    @property
    def decided(self) -> str:
        """Return when it was last decided on, "" while it waits."""
        return "" if self.state is State.RECEIVED else self.events[-1].time


def reference_of(token: str) -> str:
    """Return the reference that belongs to a token; the way back is closed.

    >>> reference_of("a")
    'ca978112'
    """
    return hashlib.sha256(token.encode()).hexdigest()[:8]


def now() -> str:
    """Return the present moment as it is written: UTC, whole seconds."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
