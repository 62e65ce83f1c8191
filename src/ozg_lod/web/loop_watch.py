"""Watches the event loop: how late it is, and who held it when it was very late."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Final

from ozg_lod.http.request_counts import RequestCounts

EVERY_S: Final = 0.1
LATE_S: Final = 0.5
"""From here on the log says who holds the loop."""
_FRAMES: Final = 6
_log = logging.getLogger("ozg_lod")


@contextlib.contextmanager
def watched(counts: RequestCounts) -> Iterator[None]:
    """Watch the running loop as long as the context lasts: its lag goes to `counts`, who held it to the log."""
    watch = _LoopWatch(counts)
    beating = asyncio.get_running_loop().create_task(watch.beat())
    threading.Thread(target=watch.look, name="loop watch", daemon=True).start()
    try:
        yield
    finally:
        watch.ended.set()
        beating.cancel()


class _LoopWatch:
    """The loop says that it lives, a thread looks whether it did."""

    def __init__(self, counts: RequestCounts) -> None:
        self.ended = threading.Event()
        self._counts = counts
        self._loop_thread = threading.get_ident()
        self._last = time.monotonic()

    async def beat(self) -> None:
        while True:
            self._last = time.monotonic()
            await asyncio.sleep(EVERY_S)
            self._counts.observe_lag(max(0.0, time.monotonic() - self._last - EVERY_S))

    def look(self) -> None:
        told = 0.0
        while not self.ended.wait(EVERY_S):
            last = self._last
            if time.monotonic() - last > EVERY_S + LATE_S and told != last:
                told = last  # once for each time it is held
                _log.warning("the event loop is held: %s", held_by(sys._current_frames().get(self._loop_thread)))  # noqa: SLF001 - the one way to see another thread's stack


def held_by(frame: FrameType | None) -> str:
    """Return the innermost calls of a stack, the last first; no values, which may be a stranger's."""
    calls = traceback.extract_stack(frame)[-_FRAMES:] if frame is not None else []
    return " < ".join(f"{call.name} ({call.filename.rpartition('/')[2]}:{call.lineno})" for call in reversed(calls))
