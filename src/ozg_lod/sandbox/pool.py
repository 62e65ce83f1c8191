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
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from typing import Final

from ozg_lod.core.errors import Busy, Interrupted, OzgLodError
from ozg_lod.sandbox.fork_server import ForkServer, Worker, WorkerFault, cause_of_death
from ozg_lod.sandbox.wire import ANSWER, failure_of
from ozg_lod.sandbox.work_kinds import WorkKind

_NICE: Final = 10
_EARLY_PART: Final = 0.25
"""The part of its time before promotion after which work must leave its place when others wait."""
_LOOK_EVERY_S: Final = 0.02
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

    answers = True

    def __init__(self, kind: WorkKind, argument: str | None = None) -> None:
        self.kind = kind
        self.failures: Counter[str] = Counter()
        self._argument = argument
        self._free = kind.places
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.jobs: set[_Job] = set()
        self._looking = False
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
        with self._counted(), self._shares.held(client):
            await self._acquire(job.deadline_s)
            server = self._server(argument or self._argument or "")
            server.users += 1
            try:
                if not server.running:
                    await asyncio.to_thread(server.start)
                with spending:
                    return await self._answered(job, server)
            finally:
                self._left(job, server)

    def begin(self, question: bytes, tell: Callable[[bytes | Exception], None]) -> Callable[[], None] | None:
        """Do work at once and `tell` the answer or the failure; return what gives it up.

        None where it cannot begin at once; then nothing was done, and nobody is told. Raises what `ask` raises.
        """
        server = self._servers.get(self._argument or "")
        if server is None or not server.idle or not self._free or self._waiting or self.kind.per_client is not None:
            return None
        job = _Job(self, question, self.kind.deadline_s)
        self._free -= 1
        server.users += 1

        def told(outcome: bytes | Exception) -> None:
            self._left(job, server)
            self._count(outcome)
            tell(outcome)

        def given_up() -> None:
            self._abandon(job, server)
            told(self.kind.busy())

        self._send(job, server, server.idle.pop(), told)
        return given_up

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
        self._give_place()
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

    @property
    def places(self) -> dict[str, int]:
        """Return how many places are free, and how much slow work has one or stands where it is."""
        return {"free": self._free, "slow": self._slow, "parked": len(self._parked)}

    @property
    def waiting(self) -> int:
        """Return how much work waits for a place."""
        return len(self._waiting)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        """Count by its cause what is refused or fails."""
        try:
            yield
        except (OzgLodError, WorkerFault) as error:
            self._count(error)
            raise

    def _count(self, outcome: object) -> None:
        if isinstance(outcome, Exception):
            self.failures[outcome.slug if isinstance(outcome, OzgLodError) else "fault"] += 1

    async def _acquire(self, deadline_s: float) -> None:
        """Take a place; `_release` and `promote` give it back."""
        if self._free and not self._waiting:
            self._free -= 1
            return
        if len(self._waiting) >= self.kind.waiting:
            raise self.kind.busy()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(deadline_s):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._give_place()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise self.kind.busy() from None
            raise

    def _give_place(self) -> None:
        """Give a place to the one who waits for longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else who waited has just given up
                turn.set_result(None)
                return
        self._free += 1

    def _release(self, job: _Job) -> None:
        """Give back what a job holds: its place, or that of slow work."""
        if not job.promoted:
            self._give_place()
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
        return await self._attempt(job, server, again=True)

    async def _attempt(self, job: _Job, server: ForkServer, *, again: bool = False) -> bytes:
        """Let a worker do it; `again` a new one, since what ended one may have ended all without being seen yet."""
        worker = server.idle.pop() if server.idle and not again else await self._forked(server)
        answered: asyncio.Future[bytes | Exception] = asyncio.get_running_loop().create_future()

        def told(outcome: bytes | Exception) -> None:
            if not answered.done():
                answered.set_result(outcome)

        self._send(job, server, worker, told)
        try:
            outcome = await answered
        except asyncio.CancelledError:
            self._abandon(job, server)
            raise
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _send(self, job: _Job, server: ForkServer, worker: Worker, tell: Callable[[bytes | Exception], object]) -> None:
        """Send a job to a worker and look after it; `tell` gets the answer, or the failure."""

        def answered(letter: bytes, payload: bytes) -> None:
            job.end()
            fresh = worker.asked < self.kind.questions and worker.age_s < self.kind.life_s
            if not letter and job.failure is None:
                self._in_background(self._died(worker, server, tell))
                return
            if letter == ANSWER and fresh and not job.promoted:
                server.idle.append(worker)
            else:
                self._renew(worker, server)
            tell(job.failure or (payload if letter == ANSWER else failure_of(letter, payload)))

        job.begin(worker)
        worker.send(job.question, answered)

    async def _died(self, worker: Worker, server: ForkServer, tell: Callable[[bytes | Exception], object]) -> None:
        status = await asyncio.to_thread(worker.kill)
        self._renew(worker, server)
        tell(cause_of_death(status))

    def _abandon(self, job: _Job, server: ForkServer) -> None:
        """End the worker of a job that nobody waits for any more."""
        if job.running:
            job.end()
            job.worker.forget()
            self._renew(job.worker, server)

    def _left(self, job: _Job, server: ForkServer) -> None:
        """Give back what a job and its server hold for each other."""
        self._release(job)
        server.users -= 1
        self._end_unused()

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._renewals.add(task)
        task.add_done_callback(self._renewals.discard)

    def look_after(self, job: _Job) -> None:
        """Look at a job again and again until it ends."""
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look)
        self.jobs.add(job)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for job in list(self.jobs):
            job.look(now)
        self._looking = bool(self.jobs)
        if self._looking:
            loop.call_later(_LOOK_EVERY_S, self._look)

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

        self._in_background(renew())


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
        """Let the pool look after the worker from now on: most work ends before the first look."""
        now = self._loop.time()
        after_s = self._pool.kind.promote_after_s
        self.worker = worker
        self._end = max(self._end, now + _LEAST_TIME_S)
        self._begun = now
        self._promote_at = None if after_s is None or self.promoted else now + after_s
        self._pool.look_after(self)
        if self.promoted:  # with an earlier worker
            self.settle()

    @property
    def running(self) -> bool:
        """Return whether a worker is at it."""
        return self in self._pool.jobs

    def end(self) -> None:
        """Look no more."""
        self._pool.jobs.discard(self)

    def settle(self) -> None:
        """Let the worker of promoted work go on and give way to others, or stand where it is until there is a place."""
        if self.slow:
            self.worker.nice(_NICE)
        self.worker.signal(signal.SIGCONT if self.slow else signal.SIGSTOP)

    def stop(self, failure: OzgLodError) -> None:
        """End the worker; the one who waits for the answer gets the failure."""
        self.failure = failure
        self.worker.signal(signal.SIGKILL)

    def look(self, now: float) -> None:
        """Make room early when others wait, in any case when the work is slow; end it at its deadline."""
        if now >= self._end:
            self.stop(self._pool.kind.late(self.deadline_s))
        elif self._promote_at is not None and self._must_leave(now, self._promote_at):
            self._promote_at = None
            self._pool.promote(self)

    def _must_leave(self, now: float, at: float) -> bool:
        early = now >= self._begun + (at - self._begun) * _EARLY_PART
        return now >= at or (early and self._pool.waiting > 0)
