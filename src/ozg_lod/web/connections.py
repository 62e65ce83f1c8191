"""The connections of a server: how many there may be, whose they are, and what ends them.

No connection has timers of its own: each has deadlines, and all are looked at twice a second.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Final, Protocol

from ozg_lod.core.settings import Settings
from ozg_lod.http.clients import client

_log = logging.getLogger("ozg_lod")
_LOOK_EVERY_S: Final = 0.5


class Connection(Protocol):
    """What is known of a connection here; `peer` is whose it is, empty behind a proxy."""

    peer: str

    def look(self, now: float) -> None:
        """End it if it passed a deadline."""

    def abort(self) -> None:
        """End it at once."""


class Connections:
    """All connections of a server: how many there may be, whose they are, which wait for their client, what is unsent.

    Who comes when all places are taken gets that of the one whose client is silent for longest, in the middle of a
    request or before it; so silence shuts nobody out. `refused` counts what was not passed on, by cause.
    """

    def __init__(self, settings: Settings, most: int | None = None) -> None:
        self.settings = settings
        self.refused: Counter[str] = Counter()
        self.open: set[Connection] = set()
        self.waiting: dict[Connection, None] = {}
        self.unsent_bytes = 0
        self.requests = 0
        self._unsent: dict[Connection, int] = {}
        self._name = secrets.token_hex(4)
        self._most = most or settings.connections
        self._clients: dict[str, set[Connection]] = {}

    def admit(self, connection: Connection) -> bool:
        """Take in a new connection where there is a place or one can be made."""
        self.open.add(connection)
        own = self._clients.setdefault(connection.peer, set()) if connection.peer else set()
        own.add(connection)
        self.waiting[connection] = None
        if len(own) > self.settings.connections_per_client:
            return self._give_way(connection, (one for one in self.waiting if one in own))
        return len(self.open) <= self._most or self._give_way(connection, iter(self.waiting))

    def discard(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        self.open.discard(connection)
        self.waiting.pop(connection, None)
        self.note_unsent(connection, 0)
        own = self._clients.get(connection.peer, set())
        own.discard(connection)
        if not own:
            self._clients.pop(connection.peer, None)

    def wait(self, connection: Connection, *, waiting: bool) -> None:
        """Keep in mind that it is the client's turn from now on, or that it is not."""
        self.waiting.pop(connection, None)
        if waiting:
            self.waiting[connection] = None

    def request_id(self) -> str:
        """Return a name for the next request; nobody outside has a say in it."""
        self.requests += 1
        return f"{self._name}-{self.requests:08x}"

    def note_unsent(self, connection: Connection, size: int) -> None:
        """Keep account of what a client has not taken; above the limit those who hold longest are cut off."""
        self.unsent_bytes += size - self._unsent.pop(connection, 0)
        if size:
            self._unsent[connection] = size
        while self.unsent_bytes > self.settings.unsent_bytes:
            self.drop(next(iter(self._unsent)), "answers not taken")

    def drop(self, connection: Connection, cause: str) -> None:
        """End a connection at once."""
        self.refused[cause] += 1
        connection.abort()
        self.discard(connection)

    def _give_way(self, connection: Connection, candidates: Iterator[Connection]) -> bool:
        """Make room for a connection by ending the one that waits longest for its client; tell if there was any."""
        longest = next((one for one in candidates if one is not connection), None)
        if longest is not None:
            self.drop(longest, "made room")
        return longest is not None

    def look(self, now: float) -> None:
        """End what has passed its deadline, and those who do not take what they asked for."""
        for connection in list(self.open):
            try:
                connection.look(now)
            except Exception:  # noqa: BLE001 - the others are looked at all the same
                _log.exception("a connection was ended")
                self.drop(connection, "fault")

    async def watch(self) -> None:
        """Look again and again."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.look(loop.time())


def peer(host: str, settings: Settings) -> str:
    """Return whose connection it is: as it is known to budgets; empty for a trusted proxy, behind which are many."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if any(address in network for network in settings.trusted_proxies):
        return ""
    return client(host, (), (), ()) or "loopback"
