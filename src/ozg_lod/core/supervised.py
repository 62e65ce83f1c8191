"""Tasks that go on for as long as the program does: no single failure ends one, and each cause is logged once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from ozg_lod.core.errors import OzgLodError

_log = logging.getLogger("ozg_lod")
_STALE_S: Final = 60.0
"""An attempt that takes longer than this counts as failing, whatever holds it."""


class Supervised:
    """What is attempted every `every_s` seconds; the pause between two attempts is what bounds the retries."""

    def __init__(self, name: str, attempt: Callable[[], Awaitable[None]], every_s: float) -> None:
        self._name = name
        self._attempt = attempt
        self._every_s = every_s
        self._cause = ""
        self._good_at = time.monotonic()
        self._called = asyncio.Event()

    @property
    def age_s(self) -> float:
        """Return how long ago an attempt last went well, or this was made."""
        return time.monotonic() - self._good_at

    @property
    def stale(self) -> bool:
        """Return whether the last attempt failed, or one is overdue."""
        return bool(self._cause) or self.age_s > self._every_s + _STALE_S

    async def run(self) -> None:
        """Attempt it again and again until cancelled; log what fails when the cause changes, and when it has ended."""
        while True:
            try:
                await self._attempt()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may go well
                self._failed(f"{type(error).__name__}: {error}", error)
            else:
                if self._cause:
                    _log.warning("%s: it goes on, after %.0f s", self._name, self.age_s)
                self._cause, self._good_at = "", time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), self._every_s)
            self._called.clear()

    def now(self) -> None:
        """Attempt it at once."""
        self._called.set()

    def _failed(self, cause: str, error: Exception) -> None:
        if cause != self._cause:
            _log.error(
                "%s failed and is tried again every %g s: %s", self._name, self._every_s, cause, exc_info=_trace(error)
            )
        self._cause = cause


def _trace(error: Exception) -> Exception | None:
    """Return a failure of our own with its traceback; what is expected, or the system says, is one sentence."""
    return None if isinstance(error, (OzgLodError, OSError)) else error
