"""The pool: places, queue, deadline, promotion, parking, refusals, and that every place and every worker comes back."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.conftest import patience

from ozg_lod.core.errors import Busy, Late, OutOfMemory, TooManyRequests, Unavailable
from ozg_lod.core.settings import Settings
from ozg_lod.http.budget import Budget
from ozg_lod.sandbox import fork_server as fork_server_module
from ozg_lod.sandbox.fork_server import ForkServer, NotStarted, Worker
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.sandbox.work_kinds import QUERY, WorkKind, work_kinds
from ozg_lod.sandbox.worker_process import WorkerLimits

KINDS = work_kinds(Settings())
Trial = Callable[[WorkerPool], Awaitable[None]]


def small(kind: WorkKind) -> WorkKind:
    """Return a kind with one place of each sort, whose workers do the deeds of `cage_work`."""
    changes = {"entry": "tests.cage_work:setup", "limits": WorkerLimits(memory_mb=200), "deadline_s": 5}
    if kind.promote_after_s is not None:
        changes |= {"promote_after_s": 0.1, "slow_places": 1, "parked": 1}
    return replace(kind, places=1, waiting=2, **changes)  # type: ignore[arg-type] # as named above


def run(trial: Trial, kind: WorkKind, *, ready: bool = True) -> None:
    """Try a pool, and whether it still answers after all; with `ready` as snapshots use it, else as checks do."""

    async def inside() -> None:
        pool = await asyncio.to_thread(WorkerPool, kind, "here") if ready else WorkerPool(kind)
        try:
            await trial(pool)
            await asyncio.sleep(0.1)
            assert await ask(pool, b"after all", deadline_s=5) == b"here after all"
        finally:
            await asyncio.gather(*pool._renewals, return_exceptions=True)  # noqa: SLF001 - none is forked after the end
            pool.close()

    asyncio.run(inside())


def ask(pool: WorkerPool, question: bytes, **options: float) -> Awaitable[bytes]:
    return pool.ask(question, argument="here", **options)  # type: ignore[arg-type] # numbers only


def fork_server(pool: WorkerPool) -> ForkServer:
    return list(pool._servers.values())[-1]  # noqa: SLF001 - there is no door to it


def kill(pool: WorkerPool) -> None:
    """End the fork server as the kernel does when memory is short."""
    process = fork_server(pool)._process  # noqa: SLF001 - as above
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> WorkKind:
    return small(KINDS[request.param])


def test_every_kind_names_work_that_is_there() -> None:
    for row in KINDS.values():
        module, _, name = row.entry.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


def test_of_every_kind_the_queue_has_an_end(kind: WorkKind) -> None:
    async def trial(pool: WorkerPool) -> None:
        asked = [asyncio.ensure_future(ask(pool, b"spin", deadline_s=1)) for _ in range(6)]
        start = time.monotonic()
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert time.monotonic() - start < 0.9
        refusal = done.pop().exception()
        assert isinstance(refusal, Busy)
        assert str(refusal) == str(kind.busy())
        await asyncio.gather(*asked, return_exceptions=True)

    run(trial, kind)


def test_of_every_kind_work_ends_at_its_deadline(kind: WorkKind) -> None:
    async def trial(pool: WorkerPool) -> None:
        start = time.monotonic()
        with pytest.raises(Late) as caught:
            await ask(pool, b"spin", deadline_s=0.4)
        assert str(caught.value) == str(kind.late(0.4))
        assert time.monotonic() - start < 2 * patience()
        pool.kind = replace(kind, deadline_s=0.3)
        with pytest.raises(Late):
            await ask(pool, b"spin")

    run(trial, kind)


def test_of_every_kind_a_worker_that_is_forked_for_nobody_is_ended(kind: WorkKind) -> None:
    async def trial(pool: WorkerPool) -> None:
        server = fork_server(pool)
        server.idle.pop().kill()  # so that the next question has to fork
        born: list[Worker] = []
        fork = server.fork

        def slowly() -> Worker:
            born.append(fork())
            time.sleep(0.3)
            return born[0]

        server.fork = slowly  # type: ignore[method-assign] # so that the client can go in between
        asking = asyncio.ensure_future(ask(pool, b"small"))
        await asyncio.sleep(0.1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        server.fork = fork  # type: ignore[method-assign]
        await asyncio.sleep(1)
        with pytest.raises(ProcessLookupError):
            os.kill(born[0].pid, 0)
        assert len(server.idle) == int(kind.questions > 1)  # and another one took its place
        assert server.users == 0

    run(trial, kind)


@pytest.mark.parametrize("wait_s", [0, 1], ids=["at once", "when its workers have ended too"])
def test_of_every_kind_a_fork_server_that_was_killed_is_started_anew(kind: WorkKind, wait_s: float) -> None:
    async def trial(pool: WorkerPool) -> None:
        kill(pool)
        await asyncio.sleep(wait_s)
        answers = await asyncio.gather(*(ask(pool, b"small", deadline_s=20) for _ in range(3)))
        assert answers == [b"here small"] * 3

    run(trial, kind)


def test_a_fork_server_that_is_killed_while_it_works_has_its_work_done_again() -> None:
    kind = replace(small(KINDS[QUERY]), promote_after_s=None)

    async def trial(pool: WorkerPool) -> None:
        asking = asyncio.ensure_future(ask(pool, b"spin", deadline_s=3))
        await asyncio.sleep(0.2)
        kill(pool)
        with pytest.raises(Late):  # not that memory ran out
            await asking

    run(trial, kind)


def test_who_finds_a_dead_fork_server_together_gets_one_new_one() -> None:
    async def trial(pool: WorkerPool) -> None:
        kill(pool)
        await asyncio.sleep(0.5)
        server = fork_server(pool)
        workers = await asyncio.gather(*(asyncio.to_thread(server.fork) for _ in range(3)))
        assert {worker._control for worker in workers} == {server._control}  # noqa: SLF001 - no door to it either
        for worker in workers:
            await asyncio.to_thread(worker.kill)

    run(trial, small(KINDS[QUERY]))


def test_a_fork_server_that_dies_again_and_again_is_not_started_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def trial(pool: WorkerPool) -> None:
        starts = []

        def dying(_stream: socket.socket, count: int) -> bytes:
            starts.append(count)
            raise EOFError

        fork_server(pool).idle.pop().kill()  # so that the next question has to fork
        with monkeypatch.context() as patch:
            patch.setattr(fork_server_module, "exactly", dying)
            with pytest.raises(Unavailable) as caught:
                await ask(pool, b"small")
        assert caught.value.details == {"retry_after_s": 2}
        assert len(starts) == 2

    run(trial, small(KINDS[QUERY]))


def test_a_fork_server_that_cannot_start_says_why_to_all_who_wait() -> None:
    async def trial() -> None:
        pool = WorkerPool(replace(small(KINDS[QUERY]), entry="tests.no_such_module:setup"))
        answers = await asyncio.gather(*(ask(pool, b"small") for _ in range(2)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [NotStarted, NotStarted]
        assert "no_such_module" in str(answers[0])
        pool.close()

    asyncio.run(trial())


def test_work_for_another_argument_ends_the_fork_server_of_the_one_before_when_nobody_uses_it() -> None:
    async def trial(pool: WorkerPool) -> None:
        large = asyncio.ensure_future(ask(pool, b"spin", deadline_s=2))
        await asyncio.sleep(0.8)
        pool.prepare("there")
        assert await pool.ask(b"small", argument="there") == b"there small"
        assert list(pool._servers) == ["here", "there"]  # noqa: SLF001 - not visible outside
        with pytest.raises(Late):
            await large
        assert list(pool._servers) == ["there"]  # noqa: SLF001

    run(trial, replace(small(KINDS[QUERY]), places=2), ready=False)


def test_a_client_has_its_share_in_hand_and_no_more() -> None:
    async def trial(pool: WorkerPool) -> None:
        large = asyncio.ensure_future(pool.ask(b"spin", deadline_s=0.5, client="a"))
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await pool.ask(b"small", client="a")
        assert await pool.ask(b"small", client="b") == b"here small"
        assert await pool.ask(b"small") == b"here small"
        with pytest.raises(Late):
            await large
        assert await pool.ask(b"small", client="a") == b"here small"

    run(trial, replace(small(KINDS[QUERY]), places=2, per_client=1))


def test_who_may_spend_nothing_more_gives_the_place_back() -> None:
    async def trial(pool: WorkerPool) -> None:
        now = [0.0]
        budget = Budget(1, clock=lambda: now[0])
        with budget.spending("198.51.100.1"):
            now[0] = 5
        with pytest.raises(TooManyRequests):
            await pool.ask(b"small", spending=budget.spending("198.51.100.1"))

    run(trial, small(KINDS[QUERY]))


def test_small_questions_pass_while_large_ones_run_and_wait() -> None:
    async def trial(pool: WorkerPool) -> None:
        large = [asyncio.ensure_future(ask(pool, b"spin", deadline_s=2)) for _ in range(2)]
        await asyncio.sleep(0.5)
        assert await ask(pool, b"small") == b"here small"
        assert not any(task.done() for task in large)
        assert [type(answer) for answer in await asyncio.gather(*large, return_exceptions=True)] == [Late, Late]

    run(trial, small(KINDS[QUERY]))


def test_who_finds_neither_place_nor_parking_is_told_at_once() -> None:
    async def trial(pool: WorkerPool) -> None:
        large = [asyncio.ensure_future(ask(pool, b"spin", deadline_s=1.5)) for _ in range(3)]
        answers = await asyncio.gather(*large, return_exceptions=True)
        assert sorted(type(answer).__name__ for answer in answers) == ["Busy", "Late", "Late"]

    run(trial, small(KINDS[QUERY]))


def test_a_question_that_waits_longer_than_its_deadline_is_refused() -> None:
    async def trial(pool: WorkerPool) -> None:
        first = asyncio.ensure_future(ask(pool, b"spin", deadline_s=1))
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await ask(pool, b"small", deadline_s=0.2)
        with pytest.raises(Late):
            await first

    run(trial, replace(small(KINDS[QUERY]), promote_after_s=None))


def test_a_question_gives_way_early_when_others_wait() -> None:
    async def trial(pool: WorkerPool) -> None:
        first = asyncio.ensure_future(ask(pool, b"spin", deadline_s=30))
        await asyncio.sleep(0.05)
        start = time.monotonic()
        assert await ask(pool, b"small", deadline_s=20) == b"here small"
        assert time.monotonic() - start < 3.5
        assert not first.done()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    run(trial, replace(small(KINDS[QUERY]), promote_after_s=4))


@pytest.mark.parametrize("wait_s", [0.05, 0.5])
def test_a_question_nobody_waits_for_frees_its_place(wait_s: float) -> None:
    async def trial(pool: WorkerPool) -> None:
        tasks = [asyncio.ensure_future(ask(pool, b"spin", deadline_s=30)) for _ in range(2)]
        await asyncio.sleep(wait_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        start = time.monotonic()
        assert await ask(pool, b"small") == b"here small"
        assert time.monotonic() - start < patience()

    run(trial, small(KINDS[QUERY]))


@pytest.mark.parametrize("deed", [b"memory", b"abort"])
def test_a_worker_that_died_is_replaced(kind: WorkKind, deed: bytes) -> None:
    async def trial(pool: WorkerPool) -> None:
        with pytest.raises(OutOfMemory):
            await ask(pool, deed, deadline_s=10)

    run(trial, kind)


def test_a_worker_is_asked_again_only_where_the_kind_says_so(kind: WorkKind) -> None:
    async def trial(pool: WorkerPool) -> None:
        pids = {await ask(pool, b"pid") for _ in range(3)}
        assert len(pids) == (1 if kind.questions > 1 else 3)

    run(trial, kind)
