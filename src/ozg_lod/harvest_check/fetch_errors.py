"""Why a request brought no answer: each reason with its rule and its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ozg_lod.core.messages import Message, _


@dataclass(frozen=True, slots=True)
class FetchError:
    """Why there is no answer: a rule and a sentence."""

    rule: str
    message: Message


def too_large(most: int) -> FetchError:
    """Return the trouble with an answer of more than `most` bytes."""
    message = _(
        "the answer is larger than {size} MB, the most that harvesters read; divide it into pages",
        size=most // 1_000_000,
    )
    return FetchError("too-large", message)


LOOP: Final = FetchError("redirect-loop", _("the redirects run in a circle"))
MANY: Final = FetchError("redirect-many", _("the address redirects too often"))
SCHEME: Final = FetchError(
    "url-invalid", _("the address is no web address; it must start with http:// or https:// and hold no password")
)
PRIVATE: Final = FetchError(
    "url-private", _("the address leads into a private network that nobody reaches from outside; give the public one")
)
NAME: Final = FetchError("url-unreachable", _("the host name in the address does not exist"))
REFUSED: Final = FetchError("url-unreachable", _("nobody accepts connections at the address"))
SLOW: Final = FetchError("url-slow", _("the answer did not come in time"))
TLS: Final = FetchError("url-tls", _("the certificate of the server is not accepted; harvesters stop here"))
BROKEN: Final = FetchError(
    "body-short", _("the connection ended before the announced length (Content-Length) was reached")
)
UNREADABLE: Final = FetchError("url-unreadable", _("the answer is not readable HTTP"))
ELSEWHERE: Final = FetchError(
    "link-elsewhere", _("the address is on another host; the server asks nobody. Check it with “ozg-lod harvest-check”")
)
