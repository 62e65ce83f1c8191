"""Checking files of strangers: in memory, and forgotten.

A check runs in a worker of a fork server that was started once for a snapshot and holds all it needs: rdflib and
pySHACL, the rules, and what is published (`check_worker` is the other side). Starting those costs seconds, forking
milliseconds. How many run and wait, and how many for one client, is a row of `work_kinds`; `RECEIVING` files are on
their way, the next is told to come back. A client that keeps several of these places for long uses up its time per
minute. Nothing is written to disk or to the log.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Final

import msgspec
from starlette.applications import Starlette

from ozg_lod.contributions.check_request import (
    CORRECTED,
    MARKED,
    PAGE,
    PREVIEW,
    REPORT,
    CheckAnswer,
    CheckRequest,
    CheckSubject,
)
from ozg_lod.core.errors import TooManyRequests, Unprocessable
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.http.budget import Budget
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.fork_server import NotStarted, WorkerFault
from ozg_lod.sandbox.pool import ClientShares, WorkerPool
from ozg_lod.sandbox.work_kinds import CHECK, too_many_checks, work_kinds
from ozg_lod.site.served_snapshot import ServedSnapshot

__all__ = ["CORRECTED", "MARKED", "PAGE", "PREVIEW", "REPORT", "CheckAnswer", "CheckPool", "CheckRequest"]

_log = logging.getLogger("ozg_lod")
RECEIVING: Final = 16


def check_pool(app: Starlette) -> CheckPool:
    """Return the pool of an application, which is made when it is first asked for."""
    if not hasattr(app.state, "check_pool"):
        app.state.check_pool = CheckPool(app.state.settings)
    pool: CheckPool = app.state.check_pool
    return pool


class CheckPool:
    """The one place where a server checks files; follows the snapshot that is served."""

    def __init__(self, settings: Settings) -> None:
        kind = work_kinds(settings)[CHECK]
        self.pool = WorkerPool(kind)
        self._rows = settings.check_rows
        self._deliveries = ClientShares(too_many_checks, kind.per_client, RECEIVING)
        self._delivery_time = Budget(settings.client_seconds)

    async def check(
        self,
        check_request: CheckRequest,
        snapshot: ServedSnapshot,
        *,
        spending: AbstractContextManager[None],
        client: str | None = None,
    ) -> CheckAnswer:
        """Return what the check says, whether or not the file conforms.

        Raises Unprocessable when it could not be checked, Late, OutOfMemory, Busy when too many wait, and
        TooManyRequests when the client behind `spending` has used up its share. Cancelling ends the worker.
        """
        question, argument = wire.encode(check_request), self._argument(snapshot)
        try:
            answer = await self.pool.ask(question, argument=argument, client=client, spending=_charged(spending))
        except NotStarted:
            raise
        except WorkerFault as fault:
            raise _failed_on(fault) from None
        return wire.decode(CheckAnswer, answer)

    def prepare(self, snapshot: ServedSnapshot) -> None:
        """Start the fork server, so that the one who will send a file soon need not wait for it."""
        self.pool.prepare(self._argument(snapshot))

    @contextlib.contextmanager
    def receiving(self, client: str | None = None) -> Iterator[None]:
        """Hold one of the few places for a file that is being read into memory.

        Raises Busy where there is none, or none for this client; TooManyRequests where it kept them for too long.
        """
        with self._deliveries.held(client), _charged(self._delivery_time.spending(client)):
            yield

    def close(self) -> None:
        self.pool.close()

    def _argument(self, snapshot: ServedSnapshot) -> str:
        subject = CheckSubject(str(snapshot.directory), snapshot.public_url, self._rows, not snapshot.in_memory)
        return msgspec.json.encode(subject).decode()


@contextlib.contextmanager
def _charged(spending: AbstractContextManager[None]) -> Iterator[None]:
    """Charge a client; the refusal speaks of checks, where the account knows queries."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(spending)
        except TooManyRequests as error:
            raise TooManyRequests(
                _("Your requests used the time that one client has per minute; wait a little and check again."),
                **error.details,
            ) from None
        yield


def _failed_on(fault: WorkerFault) -> Unprocessable:
    """Return the failure of a check that broke; the log gets the kind of the fault, never its text: it may quote."""
    number = secrets.token_hex(4)
    _log.error("a check failed, number %s: %s", number, str(fault).partition(":")[0][:80])
    return Unprocessable(
        _(
            "The check failed on this file, through a fault of ours. Please report it with the number {number}.",
            number=number,
        ),
        number=number,
    )
