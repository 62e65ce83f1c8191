"""What is kept for the life of one snapshot: answers as bytes, within a limit, and a few things computed once."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Thing = TypeVar("Thing")

_FRAME: Final = 200  # bytes an entry costs beside its contents, about


@dataclass(frozen=True, slots=True)
class Entry:
    """One body, plain and compressed; the compressed one has no clock in it, so it is the same every time."""

    plain: bytes
    gzipped: bytes = field(default=b"")

    @classmethod
    def of(cls, plain: bytes) -> Entry:
        """Return the entry with its compressed twin."""
        return cls(plain, gzip.compress(plain, compresslevel=6, mtime=0))

    @property
    def size(self) -> int:
        """Return the bytes it takes."""
        return len(self.plain) + len(self.gzipped) + _FRAME


class ByteCache:
    """A bounded mapping from a name to an entry; the one not used for longest goes first. Any thread may use it."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._made: dict[str, object] = {}

    def get(self, name: str) -> Entry | None:
        """Return the entry kept under this name, if any."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is not None:
                self._entries.move_to_end(name)
            return entry

    def put(self, name: str, plain: bytes) -> Entry:
        """Return the new entry; it is kept unless it alone takes more than a quarter of the limit."""
        entry = Entry.of(plain)
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
        key = f"{kind.__qualname__} {name}"
        found = self._made.get(key)
        if isinstance(found, kind):
            return found
        made = make()
        self._made[key] = made
        return made
