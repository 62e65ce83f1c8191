"""What is kept for the life of one snapshot: answers as bytes, within a limit, and a few things computed once."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from cachetools import LRUCache

Thing = TypeVar("Thing")

_FRAME: Final = 200  # bytes an entry costs beside its contents, about
_LARGE: Final = 1 << 20  # from here on compression is quick rather than thorough


class CachedBody:
    """One body, plain and compressed."""

    __slots__ = ("_gzipped", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._gzipped: bytes | None = None

    @property
    def gzipped(self) -> bytes:
        """Return the compressed twin, made when it is first asked for; it has no clock in it, so it is always the same.

        That takes about 20 ms per MB: for large bodies not on the event loop.
        """
        if self._gzipped is None:
            self._gzipped = gzip.compress(self.plain, compresslevel=6 if len(self.plain) < _LARGE else 1, mtime=0)
        return self._gzipped

    @property
    def size(self) -> int:
        """Return the bytes it takes, the compressed twin reckoned in advance as a third of the body."""
        return len(self.plain) + len(self.plain) // 3 + _FRAME


class ByteCache:
    """A bounded mapping from a name to an entry; the one not used for longest goes first. Any thread may use it."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._entries: LRUCache[str, CachedBody] = LRUCache(max_bytes, getsizeof=lambda entry: entry.size)
        self._lock = threading.Lock()
        self._made: dict[tuple[type, str], object] = {}

    @property
    def size(self) -> float:
        """Return the bytes it takes."""
        return self._entries.currsize

    def get(self, name: str) -> CachedBody | None:
        """Return the entry kept under this name, if any."""
        with self._lock:
            return self._entries.get(name)

    def put(self, name: str, plain: bytes) -> CachedBody:
        """Return the new entry; it is kept unless it alone takes more than a quarter of the limit."""
        entry = CachedBody(plain)
        if entry.size * 4 <= self.max_bytes:
            with self._lock:
                self._entries[name] = entry
        return entry

    def once(self, kind: type[Thing], make: Callable[[], Thing], *, name: str = "") -> Thing:
        """Return the one thing of this kind (and name), made at the first call; two first calls may both make it."""
        found = self._made.get((kind, name))
        if isinstance(found, kind):
            return found
        made = make()
        self._made[kind, name] = made
        return made
