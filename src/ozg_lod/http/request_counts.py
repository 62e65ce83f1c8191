"""What is counted of requests while they are answered: a few additions each, told elsewhere (`web.metrics`)."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

BOUNDS_S: Final = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
"""Upper bounds of the classes of duration in seconds; beyond the last is one more."""


class RequestCounts:
    """Requests by kind and status, and how long each kind took. Other threads may read while the server adds."""

    def __init__(self) -> None:
        self.statuses: dict[tuple[str, int], int] = {}
        self.durations: dict[str, list[int]] = {}
        self.seconds: dict[str, float] = {}
        self.repeated = 0
        self.lag_s = 0.0

    def count(self, kind: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.statuses[kind, status] = self.statuses.get((kind, status), 0) + 1
        if kind not in self.durations:
            self.durations[kind] = [0] * (len(BOUNDS_S) + 1)
        self.durations[kind][bisect_left(BOUNDS_S, seconds)] += 1
        self.seconds[kind] = self.seconds.get(kind, 0.0) + seconds

    def observe_lag(self, seconds: float) -> None:
        """Keep how late the event loop was at most since `lag_taken`."""
        self.lag_s = max(self.lag_s, seconds)

    def lag_taken(self) -> float:
        """Return how late the event loop was at most since it was asked last, in seconds."""
        lag_s, self.lag_s = self.lag_s, 0.0
        return lag_s
