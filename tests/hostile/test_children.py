"""Children of the cage under attack: what they may do to others, what ends them, and what is told of it."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import patience
from tests.sandbox.test_pool import ask, small

from ozg_lod.core import errors
from ozg_lod.core.settings import Settings
from ozg_lod.sandbox import seccomp
from ozg_lod.sandbox.fork_server import ForkServer, WorkerFault, cause_of_death
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.sandbox.work_kinds import QUERY, WorkKind, work_kinds
from ozg_lod.sandbox.worker_process import WorkerLimits

KIND = replace(small(work_kinds(Settings())[QUERY]), promote_after_s=None)
walled = pytest.mark.skipif(platform.machine() != "x86_64" or not seccomp.available(), reason="numbers of x86-64")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer(KIND.entry, "here", WorkerLimits(memory_mb=200, cpu_s=1))
    yield server
    server.close()


OTHERS = {
    "tgkill": "234 other other 0",
    "tgkill SIGKILL": "234 other other 9",
    "tgkill process 1": "234 1 1 0",
    "tgkill nobody": "234 0 0 0",
    "tgkill all": "234 -1 -1 9",
    "tkill": "200 other 0",
    "kill": "62 other 0",
    "rt_sigqueueinfo": "129 other 0",
    "pidfd_open": "434 other 0",
    "prlimit64": "302 other 0 0",
    "sched_setaffinity": "203 other 128",
    "sched_getaffinity": "204 other 128",
    "sched_setscheduler": "144 other 0",
    "sched_getparam": "143 other",
    "setpriority": "141 0 other 0",
    "getpriority": "140 0 other",
    "ioprio_set": "251 1 other 0",
    "process_vm_readv": "310 other 0 0 0 0 0",
    "ptrace": "101 16 other 0 0",
    "kcmp": "312 other other 2 0 0",
    "getpgid": "121 other",
    "clock_gettime": "228 clock:other",
    "clock_nanosleep": "230 clock:other 0",
    "x32 tgkill": f"{0x40000000 + 234} other other 0",
}


@walled
@pytest.mark.parametrize("call", OTHERS)
def test_a_child_does_nothing_to_other_processes(server: ForkServer, call: str) -> None:
    worker = server.fork()
    with pytest.raises(WorkerFault, match="PermissionError"):
        worker.answer(f"call {OTHERS[call]}".encode(), deadline_s=5)
    assert worker.answer(b"small", deadline_s=5) == b"here small"
    worker.kill()


@walled
@pytest.mark.parametrize("call", ["234 self self 0", "204 0 128", "204 self 128", "228 1", "228 2", "228 3"])
def test_a_child_still_does_to_itself_what_a_runtime_needs(server: ForkServer, call: str) -> None:
    worker = server.fork()
    assert worker.answer(f"call {call}".encode(), deadline_s=5) == b"here allowed"
    worker.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="whoever is not root has nothing to give up")
def test_a_child_of_root_is_nobody_without_groups_and_powers_and_ends_with_its_fork_server() -> None:
    own = ForkServer(KIND.entry, "here", WorkerLimits(memory_mb=200))
    worker = own.fork()
    assert worker.answer(b"small", deadline_s=5) == b"here small"
    said = (line.split() for line in Path(f"/proc/{worker.pid}/status").read_text().splitlines())
    status = {name.rstrip(":"): values for name, *values in said}
    assert status["Uid"] == status["Gid"] == ["65534"] * 4
    assert status["Groups"] == []
    assert {int(status[name][0], 16) for name in ("CapPrm", "CapEff", "CapAmb")} == {0}
    worker.nice(10)
    own.close()
    assert worker.kill() == -signal.SIGKILL
    end = time.monotonic() + 5 * patience()
    while (entry := Path(f"/proc/{worker.pid}")).exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not entry.exists()


def test_processor_time_counts_for_one_question_and_not_for_a_life(server: ForkServer) -> None:
    """More than a second of processor time in 8,000 questions, where one second is allowed for each."""

    async def life() -> int:
        return sum([await worker.ask(b"busy") == b"here busy" for _ in range(8_000)])

    worker = server.fork()
    assert asyncio.run(life()) == 8_000
    ticks = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
    assert (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK") > 1.1
    with pytest.raises(errors.Late, match="processor time"):
        worker.answer(b"spin", deadline_s=30)
    assert worker.kill() in (0, -signal.SIGPROF)


DEEP = {
    "quoted triples": "SELECT * {" + "<<" * 20_000 + "}",
    "projections": f"SELECT {' '.join(f'(1 AS ?v{n})' for n in range(4_000))} {{}}",
    "objects": f"SELECT * {{ ?s ?p {','.join(f'?o{n}' for n in range(15_000))} }}",
    "parentheses": f"SELECT * {{ FILTER({'(' * 5_000}1{')' * 5_000}) }}",
    "operators": f"SELECT * {{ FILTER({'!' * 30_000}1) }}",
    "binds": f"SELECT * {{{' '.join(f'BIND(1 AS ?v{n})' for n in range(3_000))}}}",
    "unions": f"SELECT * {{{' UNION '.join(['{}'] * 8_000)}}}",
    "recursion of our own": "deep",
}


@pytest.mark.parametrize("what", DEEP)
def test_a_stack_that_overflows_is_told_as_sent_too_deep(server: ForkServer, what: str) -> None:
    worker = server.fork()
    with pytest.raises(errors.BadRequest, match="nested too deeply") as caught:
        worker.answer(DEEP[what].encode(), deadline_s=20)
    assert caught.value.status == 400
    assert caught.value.message["de"] != caught.value.message["en"]
    worker.kill()


DEATHS = {
    signal.SIGKILL: errors.Interrupted,
    signal.SIGTERM: errors.Interrupted,
    signal.SIGINT: errors.Interrupted,
    signal.SIGHUP: errors.Interrupted,
    signal.SIGABRT: errors.OutOfMemory,
    signal.SIGSEGV: errors.BadRequest,
    signal.SIGBUS: errors.BadRequest,
    signal.SIGPROF: errors.Late,
    signal.SIGXCPU: errors.Late,
    signal.SIGSYS: WorkerFault,
    signal.SIGFPE: WorkerFault,
}


@pytest.mark.parametrize("number", DEATHS)
def test_each_death_is_told_as_what_it_was(number: signal.Signals) -> None:
    failure = cause_of_death(-number)
    assert type(failure) is DEATHS[number]
    if isinstance(failure, errors.Unavailable):
        assert failure.details["retry_after_s"] in (5, 10)


def test_a_child_that_ends_by_itself_is_a_fault_of_ours() -> None:
    assert isinstance(cause_of_death(1), WorkerFault)


def tried(kind: WorkKind, *, kills: int, number: signal.Signals) -> bytes:
    """Ask a pool for work that lasts, end it so many times from outside, and return what came of it."""

    async def killing() -> bytes:
        pool = await asyncio.to_thread(WorkerPool, kind, "here")
        asking = asyncio.ensure_future(ask(pool, b"nap", deadline_s=20))
        try:
            for _ in range(kills):
                await asyncio.sleep(0.3)
                for pid in children(pool):
                    os.kill(pid, number)
            return await asking
        finally:
            asking.cancel()
            await asyncio.gather(asking, *pool._renewals, return_exceptions=True)  # noqa: SLF001 - none forks after the end
            pool.close()

    return asyncio.run(killing())


def children(pool: WorkerPool) -> list[int]:
    """Return the workers of a pool."""
    (server,) = pool._servers.values()  # noqa: SLF001 - there is no door to it
    assert server._process is not None  # noqa: SLF001
    pid = server._process.pid  # noqa: SLF001
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_work_that_is_ended_from_outside_is_done_once_more_and_then_told_so(number: signal.Signals) -> None:
    kind = replace(KIND, places=2)
    assert tried(kind, kills=1, number=number) == b"here nap"
    with pytest.raises(errors.Interrupted, match="somebody else") as caught:
        tried(kind, kills=2, number=number)
    assert caught.value.status == 503


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_fork_server_that_is_ended_while_it_starts_is_started_once_more_and_then_told_so(
    number: signal.Signals, tmp_path: Path
) -> None:
    for times in (1, 2):
        argument = f"{tmp_path / str(times)} {number:d} {times}"
        pool = WorkerPool(replace(KIND, entry="tests.cage_work:ended_while_it_starts"))
        answer = asyncio.run(answered(pool, argument))
        assert answer == b"started" if times == 1 else isinstance(answer, errors.Interrupted)
        assert (tmp_path / str(times)).read_text() == "xx"


async def answered(pool: WorkerPool, argument: str) -> bytes | BaseException:
    """Return the answer of a pool, or why there is none, and close it."""
    (answer,) = await asyncio.gather(pool.ask(b"small", argument=argument), return_exceptions=True)
    await asyncio.gather(*pool._renewals, return_exceptions=True)  # noqa: SLF001 - none forks after the end
    pool.close()
    return answer


@pytest.mark.parametrize("kind", [replace(KIND, questions=7), replace(KIND, life_s=0.05)], ids=["questions", "seconds"])
def test_a_child_is_retired_and_no_client_notices(kind: WorkKind) -> None:
    async def trial() -> set[bytes]:
        pool = await asyncio.to_thread(WorkerPool, kind, "here")
        try:
            pids = [await ask(pool, b"pid") for _ in range(21)]
            pids += [await ask(pool, b"pid") for _ in range(2) if not await asyncio.sleep(0.1)]
            assert max(pids.count(pid) for pid in pids) <= (kind.questions if kind.questions < 21 else 22)
            return set(pids)
        finally:
            await asyncio.gather(*pool._renewals, return_exceptions=True)  # noqa: SLF001 - none forks after the end
            pool.close()

    assert len(asyncio.run(trial())) >= 3 if kind.questions < 21 else 2
