"""What is kept for the life of one snapshot: answers as bytes, within a limit, and a few things computed once."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

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
        self.size = 0
        self._entries: OrderedDict[str, CachedBody] = OrderedDict()
        self._lock = threading.Lock()
        self._made: dict[tuple[type, str], object] = {}

    def get(self, name: str) -> CachedBody | None:
        """Return the entry kept under this name, if any."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is not None:
                self._entries.move_to_end(name)
            return entry

    def put(self, name: str, plain: bytes) -> CachedBody:
        """Return the new entry; it is kept unless it alone takes more than a quarter of the limit."""
        entry = CachedBody(plain)
        if entry.size * 4 > self.max_bytes:
            return entry
        with self._lock:
            replaced = self._entries.pop(name, None)
            self.size += entry.size - (replaced.size if replaced else 0)
            self._entries[name] = entry
            while self.size > self.max_bytes:
                _, oldest = self._entries.popitem(last=False)
                self.size -= oldest.size
        return entry

    def once(self, kind: type[Thing], make: Callable[[], Thing], *, name: str = "") -> Thing:
        """Return the one thing of this kind (and name), made at the first call; two first calls may both make it."""
        found = self._made.get((kind, name))
        if isinstance(found, kind):
            return found
        made = make()
        self._made[kind, name] = made
        return made
