"""The tree of expected failures: each class knows its HTTP status and speaks German and English.

What is expected may be shown to strangers. Whatever is not in this tree is a fault of ours: it is
logged under a number and only the number is shown (see `app`).
"""

from __future__ import annotations

from typing import ClassVar


class OzgLodError(Exception):
    """One sentence about what failed, where, and what would be right.

    `details` become members of the problem document (RFC 9457 §3.2): line, column, limit, offered, …
    """

    status: ClassVar[int] = 500
    title: ClassVar[tuple[str, str]] = ("Internal error", "Interner Fehler")

    def __init__(self, en: str, de: str, **details: object) -> None:
        super().__init__(en)
        self.en = en
        self.de = de
        self.details = details

    @property
    def slug(self) -> str:
        """Return the name that stands in the problem type: `NotFound` is `not-found`."""
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in type(self).__name__).strip("-")

    def sentence(self, language: str) -> str:
        """Return the sentence in `language` ("de" or "en")."""
        return self.de if language == "de" else self.en


class BadRequest(OzgLodError):
    """The request cannot be understood."""

    status = 400
    title = ("The request cannot be understood", "Die Anfrage ist nicht verständlich")


class Forbidden(OzgLodError):
    """The request is understood and not offered to anyone."""

    status = 403
    title = ("Not offered here", "Das wird hier nicht angeboten")


class NotFound(OzgLodError):
    """There is nothing at this address."""

    status = 404
    title = ("Not found", "Nicht gefunden")


class MethodNotAllowed(OzgLodError):
    """The address exists, the method is not offered."""

    status = 405
    title = ("Method not offered", "Diese Methode wird nicht angeboten")


class NotAcceptable(OzgLodError):
    """None of the formats asked for is offered; `details["offered"]` lists those that are."""

    status = 406
    title = ("Format not offered", "Dieses Format wird nicht angeboten")


class Gone(OzgLodError):
    """It was here and has been withdrawn."""

    status = 410
    title = ("Withdrawn", "Zurückgezogen")


class TooLarge(OzgLodError):
    """The request or the answer passes a size limit."""

    status = 413
    title = ("Too large", "Zu groß")


class AnswerTooLarge(OzgLodError):
    """The answer passes the size limit; the client can ask for less, so it is a 400 and not our failure."""

    status = 400
    title = ("The answer would be too large", "Die Antwort wäre zu groß")


class UnsupportedMedia(OzgLodError):
    """The body is in a format that is not read here."""

    status = 415
    title = ("Media type not supported", "Dieses Dateiformat wird nicht gelesen")


class RangeNotSatisfiable(OzgLodError):
    """A part is asked for that lies beyond the end; `details["content_range"]` says how long the whole is."""

    status = 416
    title = ("There is no such part", "Diesen Teil gibt es nicht")


class Unprocessable(OzgLodError):
    """It was read, and could not be checked: neither "conforms" nor "does not conform"."""

    status = 422
    title = ("Could not be checked", "Konnte nicht geprüft werden")


class TooManyRequests(OzgLodError):
    """One client used up its share; `details["retry_after_s"]` says when to come back."""

    status = 429
    title = ("Too many requests", "Zu viele Anfragen")


class Unavailable(OzgLodError):
    """The answer cannot be given now; `details["retry_after_s"]` says when to come back."""

    status = 503
    title = ("Not available right now", "Zurzeit nicht verfügbar")


class Busy(Unavailable):
    """Too much is being worked on already."""

    title = ("Busy", "Ausgelastet")


class Late(Unavailable):
    """The work did not end before its deadline."""

    title = ("Stopped at the deadline", "An der Zeitgrenze abgebrochen")


class OutOfMemory(Unavailable):
    """The work needed more memory than one request may use."""

    title = ("Stopped at the memory limit", "An der Speichergrenze abgebrochen")


class SourceError(OzgLodError):
    """The source folder cannot be read as it stands."""

    title = ("The source cannot be read", "Die Quelle ist nicht lesbar")


class SnapshotError(OzgLodError):
    """A snapshot is missing, damaged, or not the one it says it is."""

    status = 503
    title = ("The snapshot cannot be used", "Der Datenstand ist nicht benutzbar")


class InboxError(OzgLodError):
    """A submission cannot be found, read, or decided on as asked."""

    title = ("The inbox", "Der Eingang")


class UsageError(OzgLodError):
    """A command or setting makes no sense."""

    title = ("Usage", "Aufruf")
