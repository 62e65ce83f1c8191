"""The answers kept for the life of one snapshot, as bytes and within a limit; the one not used for longest goes first.

An entry is one body, plain and compressed, or a whole response as it was sent to a request, under what decides it
(`web.front`, `sparql.exchange`) or under the bytes of the request (`web.quick_answers`).
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

RequestKey = tuple[str | bytes, ...] | bytes

_FRAME: Final = 200
"""Bytes a body costs beside its contents, about."""
_SENT_FRAME: Final = 1500
"""Bytes a whole answer costs beside its body, about: its fields and its key."""
_LARGE: Final = 1 << 20  # from here on compression is quick rather than thorough


@dataclass(frozen=True)
class CachedBody:
    """One body, plain and compressed, and the header fields that belong to it."""

    plain: bytes
    fields: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def gzipped(self) -> bytes:
        """Return the compressed twin, made when it is first asked for; it has no clock in it, so it is always the same.

        That takes about 20 ms per MB: for large bodies not on the event loop.
        """
        return gzip.compress(self.plain, compresslevel=6 if len(self.plain) < _LARGE else 1, mtime=0)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the body in hexadecimal digits."""
        return hashlib.sha256(self.plain).hexdigest()

    @property
    def size(self) -> int:
        """Return the bytes it takes, the compressed twin reckoned in advance as a third of the body."""
        return len(self.plain) + len(self.plain) // 3 + _FRAME


@dataclass(frozen=True, slots=True)
class SentResponse:
    """A whole response: its fields as lines, without those that every answer gets (`web.front`)."""

    status: int
    fields: bytes
    body: bytes

    @classmethod
    def of(cls, status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes) -> SentResponse:
        """Return the response with these fields."""
        return cls(status, b"".join([b"%b: %b\r\n" % field for field in fields]), body)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the fields as pairs."""
        pairs = (line.partition(b": ") for line in self.fields.split(b"\r\n")[:-1])
        return [(name, text) for name, _, text in pairs]

    @property
    def size(self) -> int:
        """Return the bytes it takes."""
        return len(self.body) + _SENT_FRAME


class ResponseCache:
    """A bounded mapping from names to bodies and from requests to whole answers. Any thread may use it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Hashable, CachedBody | SentResponse] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0

    def get(self, name: str) -> CachedBody | None:
        """Return the body kept under this name, if any."""
        entry = self._used(name)
        return entry if isinstance(entry, CachedBody) else None

    def put(self, name: str, plain: bytes, fields: Mapping[str, str] | None = None) -> CachedBody:
        """Return the new body; it is kept unless it alone takes more than a quarter of the limit."""
        entry = CachedBody(plain, fields or {})
        self.keep(name, entry)
        return entry

    def sent(self, request: RequestKey) -> SentResponse | None:
        """Return the response that was sent to the same request before, if it is kept."""
        entry = self._used(request)
        return entry if isinstance(entry, SentResponse) else None

    def keep(self, key: Hashable, entry: CachedBody | SentResponse) -> None:
        """Keep an entry for who asks the same again, unless it takes more than a quarter of the limit."""
        if entry.size * 4 > self._max_bytes:
            return
        with self._lock:
            replaced = self._entries.pop(key, None)
            self._entries[key] = entry
            self.size += entry.size - (replaced.size if replaced is not None else 0)
            while self.size > self._max_bytes:
                self.size -= self._entries.popitem(last=False)[1].size

    def _used(self, key: Hashable) -> CachedBody | SentResponse | None:
        """Return an entry, which is the last to go from now on."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
        return entry
