"""Lanes: places, promotion, parking, refusals, and that every place comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from tests.conftest import patience

from ozg_lod.core.errors import Busy, Late, OutOfMemory
from ozg_lod.sandbox.fork_server import WorkerLimits
from ozg_lod.sandbox.scheduler import QueryScheduler, SchedulerLimits

Trial = Callable[[QueryScheduler], Awaitable[None]]


@pytest.fixture(params=[SchedulerLimits(fast=1, slow=1, waiting=2, promote_after_s=0.1, parked=1)])
def run(request: pytest.FixtureRequest) -> Callable[[Trial], None]:
    def running(trial: Trial) -> None:
        async def inside() -> None:
            lanes = QueryScheduler("tests.cage_work:setup", "here", WorkerLimits(memory_mb=200), request.param)
            try:
                await trial(lanes)
                await asyncio.sleep(0.1)
                assert await lanes.ask(b"after all", deadline_s=5) == b"here after all"
            finally:
                await asyncio.gather(*lanes._renewing, return_exceptions=True)  # noqa: SLF001 - no child is born after the end
                lanes.close()

        asyncio.run(inside())

    return running


def test_small_questions_pass_while_large_ones_run_and_wait(run: Callable[[Trial], None]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        large = [asyncio.create_task(lanes.ask(b"spin", deadline_s=2)) for _ in range(2)]
        await asyncio.sleep(0.5)
        assert await lanes.ask(b"small", deadline_s=5) == b"here small"
        assert not any(task.done() for task in large)
        assert [type(answer) for answer in await asyncio.gather(*large, return_exceptions=True)] == [Late, Late]

    run(trial)


def test_who_finds_neither_place_nor_parking_is_told_at_once(run: Callable[[Trial], None]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        large = [asyncio.create_task(lanes.ask(b"spin", deadline_s=1.5)) for _ in range(3)]
        answers = await asyncio.gather(*large, return_exceptions=True)
        assert sorted(type(answer).__name__ for answer in answers) == ["Busy", "Late", "Late"]

    run(trial)


def test_the_queue_has_an_end(run: Callable[[Trial], None]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        asked = [asyncio.create_task(lanes.ask(b"spin", deadline_s=1)) for _ in range(6)]
        start = time.monotonic()
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert time.monotonic() - start < 0.9
        assert isinstance(done.pop().exception(), Busy)
        await asyncio.gather(*asked, return_exceptions=True)

    run(trial)


def test_a_question_that_waits_longer_than_its_deadline_is_refused(run: Callable[[Trial], None]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        lanes.widths = SchedulerLimits(fast=1, slow=1, waiting=2, promote_after_s=60)
        first = asyncio.create_task(lanes.ask(b"spin", deadline_s=1))
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await lanes.ask(b"small", deadline_s=0.2)
        with pytest.raises(Late):
            await first

    run(trial)


def test_a_question_gives_way_early_when_others_wait(run: Callable[[Trial], None]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        lanes.widths = SchedulerLimits(fast=1, slow=1, waiting=2, promote_after_s=4)
        first = asyncio.create_task(lanes.ask(b"spin", deadline_s=30))
        await asyncio.sleep(0.05)
        start = time.monotonic()
        assert await lanes.ask(b"small", deadline_s=20) == b"here small"
        assert time.monotonic() - start < 3.5
        assert not first.done()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    run(trial)


@pytest.mark.parametrize("wait_s", [0.05, 0.5])
def test_a_question_nobody_waits_for_frees_its_place(run: Callable[[Trial], None], wait_s: float) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        tasks = [asyncio.create_task(lanes.ask(b"spin", deadline_s=30)) for _ in range(2)]
        await asyncio.sleep(wait_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        start = time.monotonic()
        assert await lanes.ask(b"small", deadline_s=5) == b"here small"
        assert time.monotonic() - start < patience()

    run(trial)


@pytest.mark.parametrize(("deed", "failure"), [(b"memory", OutOfMemory), (b"abort", OutOfMemory)])
def test_a_child_that_died_is_replaced(run: Callable[[Trial], None], deed: bytes, failure: type[Exception]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        with pytest.raises(failure):
            await lanes.ask(deed, deadline_s=10)

    run(trial)


def test_a_template_that_died_is_replaced(run: Callable[[Trial], None]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        lanes._template.close()  # noqa: SLF001 - what the kernel does to it when memory is short
        await asyncio.sleep(1)  # its children end with it, each as soon as it is scheduled
        with pytest.raises(OutOfMemory):
            await lanes.ask(b"small", deadline_s=5)
        await asyncio.sleep(2)

    run(trial)


def test_who_finds_a_dead_template_together_gets_one_new_one(run: Callable[[Trial], None]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        lanes._template.close()  # noqa: SLF001 - as above
        lanes._idle.pop().kill()  # noqa: SLF001 - it ended with its template
        children = await asyncio.gather(*(lanes._fork() for _ in range(3)))  # noqa: SLF001 - what all of them call
        assert {id(child._template) for child in children} == {id(lanes._template)}  # noqa: SLF001
        for child in children:
            await asyncio.to_thread(child.kill)

    run(trial)


def test_a_child_that_comes_too_late_is_ended(run: Callable[[Trial], None]) -> None:
    async def trial(lanes: QueryScheduler) -> None:
        lanes._idle.pop().kill()  # noqa: SLF001 - so that the next question has to fork
        asking = asyncio.create_task(lanes.ask(b"small", deadline_s=5))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.sleep(1)
        assert len(lanes._idle) == 1  # noqa: SLF001 - it was ended, and another took its place

    run(trial)
