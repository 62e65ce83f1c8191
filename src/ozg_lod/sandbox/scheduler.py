"""Lanes: how many questions are worked on at once, and which of them wait.

Every question starts in the fast lane. After `promote_after_s`, or a quarter of that when others wait, its child moves
to the slow lane: it gives way to others (nice), and if the slow lane is full it is stopped where it stands until there
is room. Its place in the fast
lane is free at once, so that small questions are answered while large ones are being worked on. Nothing is restarted
for that, and whatever happens a child is killed at its deadline.
"""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.errors import Busy, OzgLodError
from ozg_lod.core.messages import _
from ozg_lod.sandbox.fork_server import (
    ForkServer,
    Worker,
    WorkerLimits,
    late,
)

_NICE: Final = 10
_HURRY: Final = 0.25
"""The part of its time in the fast lane after which a question must leave it when others wait."""


@dataclass(frozen=True)
class SchedulerLimits:
    """Places in each lane, questions that may wait for one, seconds until a question counts as slow.

    `parked` are the questions that may stand stopped before the slow lane: each keeps what memory it has taken.
    """

    fast: int = 2
    slow: int = 2
    waiting: int = 32
    promote_after_s: float = 0.2
    parked: int = 8


class QueryScheduler:
    """The children of one template, and who may use them."""

    def __init__(self, entry: str, argument: str, limits: WorkerLimits, widths: SchedulerLimits) -> None:
        self._order = (entry, argument, limits)
        self.widths = widths
        self._template = ForkServer(*self._order)
        self._idle = [self._template.child() for _ in range(widths.fast)]
        self._fast = asyncio.Semaphore(widths.fast)
        self._replacing = asyncio.Lock()
        self._queued = 0
        self._slow_running = 0
        self._slow_waiting: deque[_ScheduledQuery] = deque()
        self._renewing: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def crowded(self) -> bool:
        """Return whether a question waits for a place in the fast lane."""
        return self._queued > 0

    async def ask(self, question: bytes, *, deadline_s: float) -> bytes:
        """Return the whole answer; raise what the child raised, Late, OutOfMemory, or Busy when too many wait."""
        end = asyncio.get_running_loop().time() + deadline_s
        await self._enter(deadline_s)
        run = _ScheduledQuery(self, await self._child(), end, deadline_s)
        try:
            return b"".join([piece async for piece in run.child.ask(question)])
        except BaseException:
            run.spent = True
            if run.refusal is not None:
                raise run.refusal from None
            raise
        finally:
            run.end()

    def close(self) -> None:
        """End all children."""
        self._closed = True
        for child in self._idle:
            child.kill()
        self._template.close()

    def leave_fast(self, run: _ScheduledQuery) -> None:
        """Promote a run to the slow lane."""
        self._fast.release()
        if self._slow_running < self.widths.slow:
            self._start_slow(run)
        elif len(self._slow_waiting) < self.widths.parked:
            run.child.signal(signal.SIGSTOP)
            self._slow_waiting.append(run)
        else:
            run.stop(busy())

    def leave(self, run: _ScheduledQuery) -> None:
        """Free the place of a run that has ended; its child is used again only if it is as good as new."""
        if not run.promoted:
            self._fast.release()
        elif run in self._slow_waiting:
            self._slow_waiting.remove(run)
        elif run.slow:
            self._slow_running -= 1
            if self._slow_waiting:
                self._start_slow(self._slow_waiting.popleft())
        if self._closed:
            return
        if run.spent or run.promoted:
            self._renew(run.child)
        else:
            self._idle.append(run.child)

    async def _enter(self, deadline_s: float) -> None:
        """Wait for a place in the fast lane; `leave` or `leave_fast` give it back."""
        if self._queued >= self.widths.waiting:
            raise busy()
        if not self._fast.locked():
            await self._fast.acquire()  # at once, and without a timer
            return
        self._queued += 1
        try:
            async with asyncio.timeout(deadline_s):
                await self._fast.acquire()
        except TimeoutError:
            raise busy() from None
        finally:
            self._queued -= 1

    def _start_slow(self, run: _ScheduledQuery) -> None:
        self._slow_running += 1
        run.slow = True
        run.child.nice(_NICE)
        run.child.signal(signal.SIGCONT)

    async def _child(self) -> Worker:
        if self._idle:
            return self._idle.pop()
        forking = asyncio.ensure_future(self._fork())
        try:
            return await asyncio.shield(forking)
        except BaseException:
            self._fast.release()
            forking.add_done_callback(self._take_back)  # who asked may have gone in between; the child is there
            raise

    def _take_back(self, forking: asyncio.Future[Worker]) -> None:
        """End a child that came when nobody waited for it any more."""
        if not forking.cancelled() and forking.exception() is None:
            self._renew(forking.result())

    async def _fork(self) -> Worker:
        """Return a new child, of a new template should the old one have died."""
        template = self._template
        try:
            return await asyncio.to_thread(template.child)
        except (EOFError, OSError):
            async with self._replacing:
                if self._template is template:  # nobody else has replaced it meanwhile
                    template.close()
                    self._template = await asyncio.to_thread(ForkServer, *self._order)
            return await asyncio.to_thread(self._template.child)

    def _renew(self, child: Worker) -> None:
        async def renew() -> None:
            await asyncio.to_thread(child.kill)
            if len(self._idle) + len(self._renewing) <= self.widths.fast and not self._closed:
                self._idle.append(await self._fork())

        task = asyncio.get_running_loop().create_task(renew())
        self._renewing.add(task)
        task.add_done_callback(self._renewing.discard)


class _ScheduledQuery:
    """One question on its way: where it is and what becomes of it."""

    def __init__(self, lanes: QueryScheduler, child: Worker, end: float, deadline_s: float) -> None:
        loop = asyncio.get_running_loop()
        self.child = child
        self.promoted = False
        self.slow = False
        self.spent = False
        self.refusal: OzgLodError | None = None
        self._lanes = lanes
        self._loop = loop
        self._end = end
        self._deadline_s = deadline_s
        promote_after_s = lanes.widths.promote_after_s
        self._promote_at = loop.time() + promote_after_s
        self._timer = loop.call_at(min(end, self._promote_at - promote_after_s * (1 - _HURRY)), self._look)

    def stop(self, refusal: OzgLodError) -> None:
        """End the child; the one who waits for the answer gets the refusal."""
        self.refusal = refusal
        self.spent = True
        self.child.signal(signal.SIGKILL)

    def end(self) -> None:
        """Give back what the run holds."""
        self._timer.cancel()
        self._lanes.leave(self)

    def _look(self) -> None:
        """Look how long it takes, with one timer for all: most questions are answered before the first look.

        It makes room early when others wait, in any case when it is slow, and ends at its deadline.
        """
        now = self._loop.time()
        if now >= self._end:
            self.stop(late(self._deadline_s))
            return
        if self._lanes.crowded or now >= self._promote_at:
            self._promote()
        self._timer = self._loop.call_at(self._end if self.promoted else min(self._end, self._promote_at), self._look)

    def _promote(self) -> None:
        if not self.promoted:
            self.promoted = True
            self._lanes.leave_fast(self)


def busy() -> Busy:
    """Return the failure of a question that found no place."""
    return Busy(
        _("Too many queries are being worked on; try again in a few seconds."),
        retry_after_s=5,
    )
