"""The query time one client may use: so much per minute, whoever else asks.

A client's account rises by one second for each second one of its queries is being worked on, and falls steadily by
the allowance. So one query after the other never reaches the limit, many at once do. Addresses stand in memory only,
as long as the account is above zero, and are never logged. The clock is monotonic.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.errors import TooManyRequests
from ozg_lod.core.messages import _

_MINUTE_S: Final = 60.0
_TIDY_AT: Final = 10_000


@dataclass(slots=True)
class _Account:
    """Seconds used and not yet forgotten, when that was reckoned, and how many queries are running."""

    used_s: float = 0.0
    at: float = 0.0
    running: int = 0


class Budget:
    """The accounts of all clients; `per_minute_s` seconds of query time per minute, 0 for no limit."""

    def __init__(self, per_minute_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit_s = per_minute_s
        self._clock = clock
        self._accounts: dict[str, _Account] = {}

    @contextmanager
    def spending(self, client: str | None) -> Iterator[None]:
        """Charge the time inside to this client (None: nobody); raise TooManyRequests when nothing is left."""
        if client is None or not self._limit_s:
            yield
            return
        account = self._reckoned(client)
        if account.used_s >= self._limit_s:
            raise self._spent(account)
        account.running += 1
        try:
            yield
        finally:
            self._reckoned(client).running -= 1

    def _reckoned(self, client: str) -> _Account:
        """Return the account as it stands now."""
        now = self._clock()
        account = self._accounts.get(client)
        if account is None:
            self._tidy(now)
            account = self._accounts[client] = _Account(at=now)
        self._advance(account, now)
        return account

    def _advance(self, account: _Account, now: float) -> None:
        slope = account.running - self._limit_s / _MINUTE_S
        account.used_s = max(0.0, account.used_s + slope * (now - account.at))
        account.at = now

    def _tidy(self, now: float) -> None:
        """Forget the accounts that stand at zero."""
        if len(self._accounts) < _TIDY_AT:
            return
        for account in self._accounts.values():
            self._advance(account, now)
        self._accounts = {name: one for name, one in self._accounts.items() if one.used_s or one.running}

    def _spent(self, account: _Account) -> TooManyRequests:
        limit = f"{self._limit_s:g}"
        over_s = account.used_s - self._limit_s * 0.9  # come back when a tenth is free, not for one more moment
        return TooManyRequests(
            _(
                "Your queries used the {limit} seconds of query time that a client has per minute; "
                "wait, ask one after the other, or take the dump.",
                limit=limit,
            ),
            limit_s=self._limit_s,
            retry_after_s=max(1, math.ceil(over_s * _MINUTE_S / self._limit_s)),
        )
