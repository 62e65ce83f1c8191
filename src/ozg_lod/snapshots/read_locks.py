"""Read locks: whoever reads the store of a snapshot from disk keeps it from being pruned, in any process.

Children open the store anew, long after the server has; one that is pruned in between would be missing to them.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


class ReadLock:
    """A shared lock on a file of the snapshot, until it is let go."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("rb")
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def let_go(self) -> None:
        """Give the lock back; once more does nothing."""
        self._file.close()


@contextlib.contextmanager
def alone(file: Path) -> Iterator[bool]:
    """Yield whether nobody holds the file; nobody gets to hold it until the end."""
    with file.open("r+b") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
