"""The cage: what children may do, and that they always end."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import patience

from ozg_lod.core import errors
from ozg_lod.sandbox import fork_server, seccomp

LIMITS = fork_server.WorkerLimits(memory_mb=200)
WORK = "tests.cage_work:setup"


@pytest.fixture(scope="module")
def template() -> Iterator[fork_server.ForkServer]:
    previous = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    made = fork_server.ForkServer(WORK, "argument", LIMITS)
    yield made
    made.close()
    os.environ.pop("PYTHONPATH")
    if previous is not None:
        os.environ["PYTHONPATH"] = previous


def test_a_child_answers_again_and_again_with_what_the_template_loaded(template: fork_server.ForkServer) -> None:
    child = template.child()
    assert child.answer(b"echo a", deadline_s=5) == b"argument echo a"
    assert child.answer(b"big", deadline_s=5) == b"x" * 1_000_000
    assert child.kill() in (0, -9)


@pytest.mark.skipif(not seccomp.available(), reason="this system has no seccomp for us")
@pytest.mark.parametrize("deed", ["socket", "file", "write", "fork", "exec", "connect"])
def test_a_child_has_no_network_no_files_and_no_children(template: fork_server.ForkServer, deed: str) -> None:
    child = template.child()
    with pytest.raises(fork_server.WorkerFault, match="PermissionError"):
        child.answer(deed.encode(), deadline_s=5)
    child.kill()


def test_an_expected_failure_arrives_as_itself(template: fork_server.ForkServer) -> None:
    child = template.child()
    with pytest.raises(errors.BadRequest) as caught:
        child.answer(b"expected", deadline_s=5)
    assert caught.value.message["de"] == "deutsch"
    assert caught.value.details == {"line": 3}
    assert child.answer(b"echo after", deadline_s=5) == b"argument echo after"
    child.kill()


def test_a_fault_of_ours_keeps_its_text_for_the_log(template: fork_server.ForkServer) -> None:
    child = template.child()
    with pytest.raises(fork_server.WorkerFault, match="ZeroDivisionError"):
        child.answer(b"fault", deadline_s=5)
    child.kill()


@pytest.mark.parametrize("deed", [b"memory", b"abort"])
def test_too_much_memory_is_named_as_such(template: fork_server.ForkServer, deed: bytes) -> None:
    child = template.child()
    with pytest.raises(errors.OutOfMemory):
        child.answer(deed, deadline_s=20)
    child.kill()


def test_a_late_child_is_killed_at_its_deadline(template: fork_server.ForkServer) -> None:
    child = template.child()
    start = time.monotonic()
    with pytest.raises(errors.Late):
        child.answer(b"spin", deadline_s=0.3)
    assert child.kill() == -9
    assert time.monotonic() - start < 3 * patience()


def test_a_child_that_crashes_is_a_fault_and_not_an_answer(template: fork_server.ForkServer) -> None:
    child = template.child()

    async def ask() -> list[bytes]:
        return [piece async for piece in child.ask(b"crash")]

    with pytest.raises(fork_server.WorkerFault, match="status -11"):
        asyncio.run(ask())


def test_a_template_that_cannot_load_says_why() -> None:
    with pytest.raises(fork_server.WorkerFault, match="ModuleNotFoundError"):
        fork_server.ForkServer("ozg_lod.no_such_module:setup", "", LIMITS)
    with pytest.raises(fork_server.WorkerFault, match="No such file"):
        fork_server.ForkServer("ozg_lod.sparql.store:answering", "/nonexistent", LIMITS)


def test_children_end_with_their_template() -> None:
    own = fork_server.ForkServer("ozg_lod.validation.check_process:examining", "", LIMITS)
    child = own.child()
    own.close()
    end = time.monotonic() + 5 * patience()
    while time.monotonic() < end and Path(f"/proc/{child.pid}/cmdline").exists():
        time.sleep(0.02)
    assert not Path(f"/proc/{child.pid}/cmdline").exists()
    assert child.kill() == -9


def test_the_walls_hold_in_this_very_process_too() -> None:
    """The same as in a cage, in a plain fork, so that coverage of the walls does not depend on the template."""
    parent = os.getpid()
    pid = os.fork() if seccomp.available() else 0
    if pid == 0 and seccomp.available():
        status = 1
        try:
            seccomp.die_with_parent(parent)
            seccomp.confine(memory_bytes=100 << 20, cpu_s=5)
            socket.socket()
        except PermissionError:
            status = 0
        finally:
            os._exit(status)
    if pid:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
