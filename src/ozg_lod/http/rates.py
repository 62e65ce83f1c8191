"""How often one client may do something: so many times an hour. Addresses stand in memory only, for an hour at most."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from ozg_lod.core.errors import TooManyRequests
from ozg_lod.core.messages import _

_HOUR_S: Final = 3600.0


class Rate:
    """`per_hour` times (0: any); None as the client is this machine itself, which is not counted."""

    def __init__(self, per_hour: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_hour = per_hour
        self._clock = clock
        self._times: dict[str, deque[float]] = {}

    def count(self, client: str | None) -> None:
        """Count once more; raise TooManyRequests, with the time to wait, for one time too many."""
        if client is None or not self._per_hour:
            return
        now = self._clock()
        self._forget(now - _HOUR_S)
        times = self._times.setdefault(client, deque())
        if len(times) >= self._per_hour:
            wait_s = math.ceil(times[0] + _HOUR_S - now)
            raise TooManyRequests(
                _(
                    "More than {_per_hour:g} submissions in an hour; submit the next one later.",
                    _per_hour=self._per_hour,
                ),
                retry_after_s=wait_s,
            )
        times.append(now)

    def _forget(self, before: float) -> None:
        for client, times in list(self._times.items()):
            while times and times[0] <= before:
                times.popleft()
            if not times:
                del self._times[client]
