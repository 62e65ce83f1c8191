"""The tree of expected failures: each class knows its HTTP status; its sentence is a message.

What is expected may be shown to strangers. Whatever is not in this tree is a fault of ours: it is
logged under a number and only the number is shown (see `app`).
"""

from __future__ import annotations

from typing import ClassVar

from ozg_lod.core.messages import Label, Message, Sentence, Text, _


class OzgLodError(Exception):
    """One sentence about what failed, where, and what would be right.

    `details` become members of the problem document (RFC 9457 §3.2): line, column, limit, offered, …
    """

    status: ClassVar[int] = 500
    title: ClassVar[Message] = _("Internal error")

    def __init__(self, message: Sentence, **details: object) -> None:
        super().__init__(str(message))
        self.message: Text = Label({"": message}) if isinstance(message, str) else message
        self.details = details

    @property
    def slug(self) -> str:
        """Return the name that stands in the problem type: `NotFound` is `not-found`."""
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in type(self).__name__).strip("-")


class BadRequest(OzgLodError):
    """The request cannot be understood."""

    status = 400
    title = _("The request cannot be understood")


class Forbidden(OzgLodError):
    """The request is understood and not offered to anyone."""

    status = 403
    title = _("Not offered here")


class NotFound(OzgLodError):
    """There is nothing at this address."""

    status = 404
    title = _("Not found")


class MethodNotAllowed(OzgLodError):
    """The address exists, the method is not offered."""

    status = 405
    title = _("Method not offered")


class NotAcceptable(OzgLodError):
    """None of the formats asked for is offered; `details["offered"]` lists those that are."""

    status = 406
    title = _("Format not offered")


class Gone(OzgLodError):
    """It was here and has been withdrawn."""

    status = 410
    title = _("Withdrawn")


class PreconditionFailed(OzgLodError):
    """The client wants something only as long as it is what it was, and it is not."""

    status = 412
    title = _("Changed since")


class TooLarge(OzgLodError):
    """The request or the answer passes a size limit."""

    status = 413
    title = _("Too large")


class AnswerTooLarge(OzgLodError):
    """The answer passes the size limit; the client can ask for less, so it is a 400 and not our failure."""

    status = 400
    title = _("The answer would be too large")


class UnsupportedMedia(OzgLodError):
    """The body is in a format that is not read here."""

    status = 415
    title = _("Media type not supported")


class RangeNotSatisfiable(OzgLodError):
    """A part is asked for that lies beyond the end; `details["content_range"]` says how long the whole is."""

    status = 416
    title = _("There is no such part")


class Unprocessable(OzgLodError):
    """It was read, and could not be checked: neither "conforms" nor "does not conform"."""

    status = 422
    title = _("Could not be checked")


class TooManyRequests(OzgLodError):
    """One client used up its share; `details["retry_after_s"]` says when to come back."""

    status = 429
    title = _("Too many requests")


class Unavailable(OzgLodError):
    """The answer cannot be given now; `details["retry_after_s"]` says when to come back."""

    status = 503
    title = _("Not available right now")


class Busy(Unavailable):
    """Too much is being worked on already."""

    title = _("Busy")


class Late(Unavailable):
    """The work did not end before its deadline."""

    title = _("Stopped at the deadline")


class OutOfMemory(Unavailable):
    """The work needed more memory than one request may use."""

    title = _("Stopped at the memory limit")


class Interrupted(Unavailable):
    """The process that did the work was ended from outside, twice where it could be done again."""

    title = _("Ended from outside")


class SourceError(OzgLodError):
    """The source folder cannot be read as it stands."""

    title = _("The source cannot be read")


class SnapshotError(OzgLodError):
    """A snapshot is missing, damaged, or not the one it says it is."""

    status = 503
    title = _("The snapshot cannot be used")


class InboxError(OzgLodError):
    """A submission cannot be found, read, or decided on as asked."""

    title = _("The inbox")


class UsageError(OzgLodError):
    """A command or setting makes no sense."""

    title = _("Usage")
