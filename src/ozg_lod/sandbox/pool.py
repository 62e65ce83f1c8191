"""The pool: how much of a kind of work is done at once, what waits, what is promoted or parked, and what ends it.

Work takes a place, then a worker, which is killed at the deadline, when nobody waits for its answer any more, after
every failure, and when it has answered enough. Where the kind promotes (`work_kinds`), work that takes longer than
`promote_after_s`, or than a quarter of that when others wait, leaves its place: its worker gives way to others (nice),
and if all slow places are taken it is stopped where it stands until one is free. So small work is done while large work
goes on, and nothing is restarted for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final

from ozg_lod.core.errors import Busy, Interrupted, OzgLodError
from ozg_lod.sandbox.fork_server import ForkServer, Worker
from ozg_lod.sandbox.work_kinds import WorkKind

_NICE: Final = 10
_EARLY_PART: Final = 0.25
"""The part of its time before promotion after which work must leave its place when others wait."""
_LEAST_TIME_S: Final = 0.1
"""What is left to work that has waited for the fork server to start."""
_FREE: Final = contextlib.nullcontext()


class ClientShares:
    """What is in hand: at most `most` in all, and `per_client` for one client (None: any number)."""

    def __init__(self, busy: Callable[[], Busy], per_client: int | None, most: int | None = None) -> None:
        self._busy = busy
        self._per_client = per_client
        self._most = most
        self._in_hand: Counter[str | None] = Counter()

    @contextlib.contextmanager
    def held(self, client: str | None) -> Iterator[None]:
        """Count one more (None: this machine itself, which has no share); raise Busy when it is one too many."""
        full = self._most is not None and self._in_hand.total() >= self._most
        shared_out = self._per_client is not None and client and self._in_hand[client] >= self._per_client
        if full or shared_out:
            raise self._busy()
        self._in_hand[client] += 1
        try:
            yield
        finally:
            self._in_hand.subtract([client])
            self._in_hand += Counter()  # forgets who has nothing in hand


class WorkerPool:
    """The workers of one kind, and who may use them.

    With an argument the pool is ready when it is made, which blocks, and all its work is for that argument. Else each
    piece of work brings its own, such as the snapshot that is served now: the fork server is started for the first that
    needs it, and an earlier one is ended when its last work has.
    """

    def __init__(self, kind: WorkKind, argument: str | None = None) -> None:
        self.kind = kind
        self.waiting = 0
        self._argument = argument
        self._places = asyncio.Semaphore(kind.places)
        self._shares = ClientShares(kind.busy, kind.per_client)
        self._slow = 0
        self._parked: deque[_Job] = deque()
        self._servers: dict[str, ForkServer] = {}
        self._renewals: set[asyncio.Task[None]] = set()
        if argument is not None:
            server = self._server(argument)
            server.idle = [server.fork() for _ in range(kind.places)]

    async def ask(
        self,
        question: bytes,
        *,
        argument: str | None = None,
        deadline_s: float | None = None,
        client: str | None = None,
        spending: AbstractContextManager[None] = _FREE,
    ) -> bytes:
        """Return the whole answer; raise what the worker raised, Late, OutOfMemory, or Busy when too much waits.

        `spending` is entered while the work is done, neither while it waits nor while the fork server starts.
        Cancelling ends the worker.
        """
        job = _Job(self, question, self.kind.deadline_s if deadline_s is None else deadline_s)
        with self._shares.held(client):
            await self._acquire(job.deadline_s)
            server = self._server(argument or self._argument or "")
            server.users += 1
            try:
                if not server.running:
                    await asyncio.to_thread(server.start)
                with spending:
                    return await self._answered(job, server)
            finally:
                self._release(job)
                server.users -= 1
                self._end_unused()

    def prepare(self, argument: str) -> None:
        """Start the fork server, so that the one who will need it soon need not wait for it."""
        server = self._server(argument)
        if not server.prepared:
            server.prepared = True
            starting = asyncio.get_running_loop().run_in_executor(None, server.start)
            starting.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever needs it is told

    def promote(self, job: _Job) -> None:
        """Give the place of slow work to others."""
        job.promoted = True
        self._places.release()
        if self._slow < self.kind.slow_places:
            self._resume(job)
        elif len(self._parked) < self.kind.parked:
            self._parked.append(job)
            job.settle()
        else:
            job.stop(self.kind.busy())

    def close(self) -> None:
        """End all workers."""
        for server in self._servers.values():
            server.close()

    async def _acquire(self, deadline_s: float) -> None:
        """Take a place; `_release` and `promote` give it back."""
        if self.waiting >= self.kind.waiting:
            raise self.kind.busy()
        if not self._places.locked():
            await self._places.acquire()  # at once, and without a timer
            return
        self.waiting += 1
        try:
            async with asyncio.timeout(deadline_s):
                await self._places.acquire()
        except TimeoutError:
            raise self.kind.busy() from None
        finally:
            self.waiting -= 1

    def _release(self, job: _Job) -> None:
        """Give back what a job holds: its place, or that of slow work."""
        if not job.promoted:
            self._places.release()
        elif job in self._parked:
            self._parked.remove(job)
        elif job.slow:
            self._slow -= 1
            if self._parked:
                self._resume(self._parked.popleft())

    def _resume(self, job: _Job) -> None:
        """Let promoted work go on in a place for slow work."""
        self._slow += 1
        job.slow = True
        job.settle()

    def _server(self, argument: str) -> ForkServer:
        """Return the fork server of an argument, which is the last and current one from now on."""
        server = self._servers.pop(argument, None) or ForkServer(self.kind.entry, argument, self.kind.limits)
        self._servers[argument] = server
        self._end_unused()
        return server

    def _end_unused(self) -> None:
        """End the fork servers of earlier arguments that nobody uses any more."""
        if len(self._servers) > 1:
            for server in list(self._servers.values())[:-1]:
                if not server.users:
                    self._servers.pop(server.argument).close()

    async def _answered(self, job: _Job, server: ForkServer) -> bytes:
        try:
            return await self._attempt(job, server)
        except Interrupted:
            pass  # the work is not what ended the worker, and nothing of an answer is out: it is done once more
        for worker in [worker for worker in server.idle if worker.ended]:
            server.idle.remove(worker)
            self._renew(worker, server)
        return await self._attempt(job, server)

    async def _attempt(self, job: _Job, server: ForkServer) -> bytes:
        worker = server.idle.pop() if server.idle else await self._forked(server)
        job.begin(worker)
        reusable = False
        try:
            answer = await worker.ask(job.question)
            fresh = worker.asked < self.kind.questions and worker.age_s < self.kind.life_s
            reusable = fresh and not job.promoted
        except BaseException:
            if job.failure is not None:
                raise job.failure from None
            raise
        else:
            return answer
        finally:
            job.end()
            if reusable:
                server.idle.append(worker)
            else:
                self._renew(worker, server)

    async def _forked(self, server: ForkServer) -> Worker:
        """Return a new worker; one that comes when nobody waits for it any more is ended."""
        forking = asyncio.ensure_future(asyncio.to_thread(server.fork))

        def take_back(_: object) -> None:
            if not forking.cancelled() and forking.exception() is None:
                self._renew(forking.result(), server)

        try:
            return await asyncio.shield(forking)
        except asyncio.CancelledError:
            forking.add_done_callback(take_back)
            raise

    def _renew(self, worker: Worker, server: ForkServer) -> None:
        """End a worker; where they are reused another one takes its place."""
        worker.hang_up()

        async def renew() -> None:
            await asyncio.to_thread(worker.kill)
            if (
                self.kind.questions > 1
                and len(server.idle) + len(self._renewals) <= self.kind.places
                and not server.closed
            ):
                with contextlib.suppress(Exception):  # whoever needs a worker next hears of it
                    server.idle.append(await asyncio.to_thread(server.fork))

        renewal = asyncio.get_running_loop().create_task(renew())
        self._renewals.add(renewal)
        renewal.add_done_callback(self._renewals.discard)


class _Job:
    """One piece of work on its way: where it is and what becomes of it."""

    worker: Worker

    def __init__(self, pool: WorkerPool, question: bytes, deadline_s: float) -> None:
        self.question = question
        self.deadline_s = deadline_s
        self.promoted = False
        self.slow = False
        self.failure: OzgLodError | None = None
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + deadline_s

    def begin(self, worker: Worker) -> None:
        """Look after the worker from now on, with one timer for all: most work ends before the first look."""
        now = self._loop.time()
        after_s = self._pool.kind.promote_after_s
        self.worker = worker
        self._end = max(self._end, now + _LEAST_TIME_S)
        self._promote_at = None if after_s is None or self.promoted else now + after_s
        self._set_timer(self._end if after_s is None else now + after_s * _EARLY_PART)
        if self.promoted:  # with an earlier worker
            self.settle()

    def end(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def settle(self) -> None:
        """Let the worker of promoted work go on and give way to others, or stand where it is until there is a place."""
        if self.slow:
            self.worker.nice(_NICE)
        self.worker.signal(signal.SIGCONT if self.slow else signal.SIGSTOP)

    def stop(self, failure: OzgLodError) -> None:
        """End the worker; the one who waits for the answer gets the failure."""
        self.failure = failure
        self.worker.signal(signal.SIGKILL)

    def _on_timer(self) -> None:
        """Make room early when others wait, in any case when the work is slow; end it at its deadline."""
        now = self._loop.time()
        if now >= self._end:
            self.stop(self._pool.kind.late(self.deadline_s))
            return
        if self._promote_at is not None and (self._pool.waiting or now >= self._promote_at):
            self._promote_at = None
            self._pool.promote(self)
        self._set_timer(self._promote_at or self._end)

    def _set_timer(self, timestamp: float) -> None:
        self._timer = self._loop.call_at(min(timestamp, self._end), self._on_timer)
