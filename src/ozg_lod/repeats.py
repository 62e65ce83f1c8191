"""Requests that came before word for word: their answers go out as they are, without being read again.

An answer about a thing depends on the snapshot and on the few fields of the request that are its key here (those that
Vary names, and If-None-Match). So what was sent once is sent again, for the life of the snapshot and within a limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Message, Scope

Key = tuple[bytes | str, ...]

_FIELDS: Final = (b"accept", b"accept-language", b"accept-encoding", b"if-none-match")
_LONGEST_KEY: Final = 1000
_FRAME: Final = 1500
"""Bytes an answer costs beside its body, about: its fields and its key."""
_KEPT: Final = frozenset({200, 304})


def key_of(scope: Scope) -> Key | None:
    """Return what decides the answer, None where it is too long to be kept."""
    fields = dict.fromkeys(_FIELDS, b"")
    size = len(scope["path"]) + len(scope["query_string"])
    for name, value in scope["headers"]:
        if name in fields:
            fields[name] += b"," + value if fields[name] else value
            size += len(value)
    if size > _LONGEST_KEY:
        return None
    return (scope["method"], scope["path"], scope["query_string"], *fields.values())


class Repeats:
    """The answers that are kept; all are forgotten when they get too many, those in use soon come again."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._known: dict[Key, tuple[Message, Message]] = {}

    def get(self, key: Key) -> tuple[Message, Message] | None:
        """Return the two messages of an answer sent before, if it is kept."""
        return self._known.get(key)

    def put(self, key: Key, response: Response, headers: list[tuple[bytes, bytes]]) -> None:
        """Keep an answer with what every answer has in its head; anything but a page as it is now is not kept."""
        size = len(response.body) + _FRAME
        if response.status_code not in _KEPT or size * 4 > self._max_bytes:
            return
        if self._size + size > self._max_bytes:
            self._known.clear()
            self._size = 0
        start = {"type": "http.response.start", "status": response.status_code}
        self._known[key] = (
            {**start, "headers": [*response.raw_headers, *headers]},
            {"type": "http.response.body", "body": response.body},
        )
        self._size += size
