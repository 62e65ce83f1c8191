"""What runs in a fork server and in its workers: the only processes that touch what a stranger wrote.

A fork server is started once, stays single-threaded, loads all that its workers need and evaluates nothing itself. It
forks on demand (1 ms at 50,000 quads); a worker gives up network and files (`seccomp`), answers questions over its
socket, and is killed when it is late.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from ozg_lod.core import messages
from ozg_lod.sandbox import seccomp, wire
from ozg_lod.sandbox.wire import ANSWER, HEADER, exactly, framed, framed_failure, receive, receive_alone

T = TypeVar("T")
Write = Callable[[bytes], object]
Work = Callable[[bytes, Write], None]
"""Answers one question by writing the answer, in pieces of any size."""

_LIFE_CPU_S: Final = 3600
"""Processor time of a whole life beyond that of a question: workers are retired long before (`work_kinds`)."""
FORK: Final = b"C"
REAP: Final = b"W"
NUMBER: Final = struct.Struct("!i")


@dataclass(frozen=True)
class WorkerSetup:
    """Work that each worker must set up for itself between the fork and its confinement, such as opening files."""

    prepare: Callable[[], Work]


@dataclass(frozen=True)
class WorkerLimits:
    """What one worker may use: memory above what it is born with, and as a backstop processor time for a question."""

    memory_mb: int = 1024
    cpu_s: int = 600


@dataclass(frozen=True)
class ForkServerOrder:
    """What a fork server is told at its start: `entry` is "module:function", which gets `argument` and returns `Work`.

    What the function loads is inherited by every worker.
    """

    entry: str
    argument: str
    limits: WorkerLimits


def work_on(kind: type[T], answer: Callable[[T], object]) -> Work:
    """Return the work that decodes a question of this type and encodes what `answer` makes of it."""
    decode = wire.decoder(kind)

    def work(question: bytes, write: Write) -> None:
        write(wire.encode(answer(decode(question))))

    return work


def main(control_fd: int) -> None:
    """Be the fork server: load, say so, then fork and reap on demand until the control socket closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the socket
    with socket.socket(fileno=control_fd) as control, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        try:  # a server that has ended meanwhile is no fault
            order = wire.decode(ForkServerOrder, receive(control)[1])
            work = _load(order)
            messages.load()
        except Exception as error:  # noqa: BLE001 - the one who started us must learn why we cannot
            control.sendall(framed_failure(error))
            return
        control.sendall(framed(ANSWER))
        while True:
            letter, fds, _, _ = socket.recv_fds(control, 1, 1)
            if letter == FORK:
                control.sendall(NUMBER.pack(_fork(fds[0], control, work, order.limits)))
            elif letter == REAP:
                control.sendall(NUMBER.pack(_reap(*NUMBER.unpack(exactly(control, NUMBER.size)))))
            else:
                return


def serve(stream: socket.socket, work: Work, *, cpu_s: int = 0) -> None:
    """Answer questions until the other side hangs up: the life of a worker; SIGPROF ends it `cpu_s` into one."""
    while True:
        try:
            _, question = receive_alone(stream)
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        answer = bytearray(HEADER.size)  # whole before it is sent: what fails half-way costs the other side nothing
        try:
            work(question, answer.extend)
            HEADER.pack_into(answer, 0, ANSWER, len(answer) - HEADER.size)
            stream.sendall(answer)
        except Exception as error:  # noqa: BLE001 - every failure must reach the other side
            stream.sendall(framed_failure(error))


def _load(order: ForkServerOrder) -> Work | WorkerSetup:
    module, _, name = order.entry.partition(":")
    work: Work | WorkerSetup = getattr(importlib.import_module(module), name)(order.argument)
    return work


def _fork(stream_fd: int, control: socket.socket, loaded: Work | WorkerSetup, limits: WorkerLimits) -> int:
    fork_server = os.getpid()
    pid = os.fork()
    if pid:
        os.close(stream_fd)
        return pid
    seccomp.die_with_parent(fork_server)
    control.close()
    with socket.socket(fileno=stream_fd) as stream:
        try:
            work = loaded.prepare() if isinstance(loaded, WorkerSetup) else loaded
            seccomp.give_up_root()
            seccomp.die_with_parent(fork_server)
            seccomp.confine(memory_bytes=limits.memory_mb << 20, cpu_s=limits.cpu_s + _LIFE_CPU_S)
            serve(stream, work, cpu_s=limits.cpu_s)
        except BaseException:  # noqa: BLE001 - whatever happens, a worker never returns into the fork server
            os._exit(1)
    os._exit(0)


def _reap(pid: int) -> int:
    """Kill a worker and return its exit status; 0 for one that is reaped already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0
