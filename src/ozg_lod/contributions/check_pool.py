"""The inspection: files of strangers, checked in memory and forgotten.

A check runs in a child of a template that was started once for a snapshot and holds all it needs: rdflib and pySHACL,
the rules, and what is published (`check_worker` is the other side). Starting those costs seconds, forking milliseconds.
At most `CHECKS` run at once, `WAITING` wait and
`RECEIVING` files are on their way; the next is told to come back. Nothing is written to disk or to
the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from typing import Final

from ozg_lod.contributions.check_request import (
    CORRECTED,
    LIST,
    MARKED,
    PAGE,
    PREVIEW,
    REPORT,
    CheckAnswer,
    CheckRequest,
)
from ozg_lod.core.errors import (
    Busy,
    Late,
    TooManyRequests,
    Unavailable,
    Unprocessable,
)
from ozg_lod.core.messages import Message, _
from ozg_lod.core.settings import Settings
from ozg_lod.sandbox import fork_server
from ozg_lod.sandbox.fork_server import Worker
from ozg_lod.site.served_snapshot import ServedSnapshot

__all__ = ["CORRECTED", "LIST", "MARKED", "PAGE", "PREVIEW", "REPORT", "CheckAnswer", "CheckPool", "CheckRequest"]

_log = logging.getLogger("ozg_lod")
CHECKS: Final = 2
WAITING: Final = 8
RECEIVING: Final = 16


class CheckPool:
    """The one place where a server checks files; follows the snapshot that is served."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(CHECKS)
        self._waiting = 0
        self._receiving = 0
        self._snapshot = ""
        self._template: asyncio.Task[fork_server.ForkServer] | None = None
        self._children: dict[fork_server.ForkServer, int] = {}

    async def check(
        self, order: CheckRequest, opened: ServedSnapshot, *, spending: AbstractContextManager[None]
    ) -> CheckAnswer:
        """Return what the check says, whether or not the file conforms.

        Raises Unprocessable when it could not be checked, Late, OutOfMemory, Busy when too many wait, and
        TooManyRequests when the client behind `spending` has used up its share. Cancelling ends the child.
        """
        end = time.monotonic() + self._settings.check_deadline_s
        await self._enter()
        try:
            template = await self._warm(opened)
            with _charged(spending):
                return await self._checked(order, template, end)
        finally:
            self._places.release()

    def prepare(self, opened: ServedSnapshot) -> None:
        """Start the template, so that the one who will send a file soon need not wait for it."""
        self._begun(opened)

    @contextlib.asynccontextmanager
    async def receiving(self) -> AsyncIterator[None]:
        """Hold one of the few places for a file that is being read into memory; raise Busy where there is none."""
        if self._receiving >= RECEIVING:
            raise _busy()
        self._receiving += 1
        try:
            yield
        finally:
            self._receiving -= 1

    def close(self) -> None:
        """End everything."""
        for template in self._children:
            template.close()
        self._children.clear()

    async def _enter(self) -> None:
        if self._waiting >= WAITING:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._settings.check_deadline_s):
                await self._places.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1

    async def _checked(self, order: CheckRequest, template: fork_server.ForkServer, end: float) -> CheckAnswer:
        self._children[template] += 1
        try:
            child = await self._forked(template)
            try:
                async with asyncio.timeout(max(end - time.monotonic(), 0.1)):
                    return CheckAnswer.from_bytes(b"".join([piece async for piece in child.ask(order.to_bytes())]))
            except TimeoutError:
                raise _late(self._settings.check_deadline_s) from None
            except fork_server.WorkerFault as fault:
                raise _failed_on(fault) from None
            finally:
                await asyncio.shield(asyncio.to_thread(child.kill))
        finally:
            self._children[template] -= 1
            self._tidy()

    async def _forked(self, template: fork_server.ForkServer) -> Worker:
        forking = asyncio.ensure_future(asyncio.to_thread(template.child))
        try:
            return await asyncio.shield(forking)
        except asyncio.CancelledError:
            forking.add_done_callback(_ended)
            raise
        except (EOFError, OSError):  # the template is gone, which only the system can have done: the next starts anew
            self._snapshot = ""
            raise _not_now(_("it had to be started anew")) from None

    async def _warm(self, opened: ServedSnapshot) -> fork_server.ForkServer:
        return await asyncio.shield(self._begun(opened))

    def _begun(self, opened: ServedSnapshot) -> asyncio.Task[fork_server.ForkServer]:
        """Return the start of the template for this snapshot: the first who needs it starts it, all wait for it."""
        if self._template is None or self._snapshot != opened.name or _failed(self._template):
            self._snapshot = opened.name
            self._template = asyncio.create_task(self._started(opened))
            self._template.add_done_callback(_failed)  # who prepares does not wait to hear of a failure
        return self._template

    async def _started(self, opened: ServedSnapshot) -> fork_server.ForkServer:
        settings = self._settings
        argument = json.dumps(
            {
                "snapshot": str(opened.directory),
                "public_url": opened.public_url,
                "official": settings.official_label,
            }
        )
        limits = fork_server.WorkerLimits(memory_mb=settings.check_memory_mb, cpu_s=int(settings.check_deadline_s) + 1)
        template = await asyncio.to_thread(
            fork_server.ForkServer, "ozg_lod.contributions.check_worker:inspecting", argument, limits
        )
        self._children[template] = 0
        return template

    def _tidy(self) -> None:
        """End the templates of snapshots that are no longer served, once their last child is done."""
        current = None if self._template is None or not self._template.done() else self._template
        for template, children in list(self._children.items()):
            if not children and current is not None and not _failed(current) and template is not current.result():
                del self._children[template]
                template.close()


def _ended(forking: asyncio.Future[Worker]) -> None:
    """End a child that came when nobody waited for it any more."""
    if not forking.cancelled() and forking.exception() is None:
        asyncio.get_running_loop().run_in_executor(None, forking.result().kill)


def _failed(task: asyncio.Task[fork_server.ForkServer]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


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


def _busy() -> Busy:
    return Busy(
        _("Several files are being checked already; send yours again in a few seconds."),
        retry_after_s=5,
    )


def _failed_on(fault: fork_server.WorkerFault) -> Unprocessable:
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


def _late(deadline_s: float) -> Late:
    return Late(
        _(
            "The check did not end within {deadline_s:g} seconds and was stopped; split the file into smaller ones.",
            deadline_s=deadline_s,
        ),
        limit_s=deadline_s,
        retry_after_s=10,
    )


def _not_now(reason: Message) -> Unavailable:
    return Unavailable(
        _("The check is not available right now: {reason}; try again.", reason=reason),
        retry_after_s=2,
    )
