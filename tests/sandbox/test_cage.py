"""The cage: what workers may do, and that they always end."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import patience

from ozg_lod.core import errors
from ozg_lod.sandbox import fork_server, seccomp
from ozg_lod.sandbox.worker_process import WorkerLimits

LIMITS = WorkerLimits(memory_mb=200)
WORK = "tests.cage_work:setup"


@pytest.fixture(scope="module")
def server() -> Iterator[fork_server.ForkServer]:
    previous = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).resolve().parents[2]), previous]))
    made = fork_server.ForkServer(WORK, "argument", LIMITS)
    yield made
    made.close()
    os.environ.pop("PYTHONPATH")
    if previous is not None:
        os.environ["PYTHONPATH"] = previous


def test_a_worker_answers_again_and_again_with_what_the_fork_server_loaded(server: fork_server.ForkServer) -> None:
    worker = server.fork()
    assert worker.answer(b"echo a", deadline_s=5) == b"argument echo a"
    assert worker.answer(b"big", deadline_s=5) == b"x" * 1_000_000
    assert worker.kill() in (0, -9)


@pytest.mark.skipif(not seccomp.available(), reason="this system has no seccomp for us")
@pytest.mark.parametrize("deed", ["socket", "file", "write", "fork", "exec", "connect"])
def test_a_worker_has_no_network_no_files_and_no_children(server: fork_server.ForkServer, deed: str) -> None:
    worker = server.fork()
    with pytest.raises(fork_server.WorkerFault, match="PermissionError"):
        worker.answer(deed.encode(), deadline_s=5)
    worker.kill()


def test_an_expected_failure_arrives_as_itself(server: fork_server.ForkServer) -> None:
    worker = server.fork()
    with pytest.raises(errors.BadRequest) as caught:
        worker.answer(b"expected", deadline_s=5)
    assert caught.value.message["de"] == "deutsch"
    assert caught.value.details == {"line": 3}
    assert worker.answer(b"echo after", deadline_s=5) == b"argument echo after"
    worker.kill()


def test_a_fault_of_ours_keeps_its_text_for_the_log(server: fork_server.ForkServer) -> None:
    worker = server.fork()
    with pytest.raises(fork_server.WorkerFault, match="ZeroDivisionError"):
        worker.answer(b"fault", deadline_s=5)
    worker.kill()


@pytest.mark.parametrize("deed", [b"memory", b"abort"])
def test_too_much_memory_is_named_as_such(server: fork_server.ForkServer, deed: bytes) -> None:
    worker = server.fork()
    with pytest.raises(errors.OutOfMemory):
        worker.answer(deed, deadline_s=20)
    worker.kill()


def test_a_late_worker_is_killed_at_its_deadline(server: fork_server.ForkServer) -> None:
    worker = server.fork()
    start = time.monotonic()
    with pytest.raises(errors.Late):
        worker.answer(b"spin", deadline_s=0.3)
    assert worker.kill() == -9
    assert time.monotonic() - start < 3 * patience()


def test_a_fork_server_that_cannot_load_says_why() -> None:
    with pytest.raises(fork_server.WorkerFault, match="ModuleNotFoundError"):
        fork_server.ForkServer("ozg_lod.no_such_module:setup", "", LIMITS).start()
    with pytest.raises(errors.SnapshotError, match="No such file"):
        fork_server.ForkServer("ozg_lod.sparql.store:answering", "/nonexistent", LIMITS).start()


def test_workers_end_with_their_fork_server() -> None:
    own = fork_server.ForkServer("ozg_lod.validation.check_process:examining", "shacl", LIMITS)
    worker = own.fork()
    own.close()
    end = time.monotonic() + 5 * patience()
    while time.monotonic() < end and Path(f"/proc/{worker.pid}/cmdline").exists():
        time.sleep(0.02)
    assert not Path(f"/proc/{worker.pid}/cmdline").exists()
    assert worker.kill() == -9


def test_the_walls_hold_in_this_very_process_too() -> None:
    """The same as in a cage, in a plain fork, so that coverage of the walls does not depend on the fork server."""
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
