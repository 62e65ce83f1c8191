"""Fork servers and their workers, as the process that asks them sees them: work that can be ended.

A query cannot be cancelled from Python, a failed allocation aborts the process, and pySHACL changes globals of rdflib
while it runs. So untrusted work is done by workers that a fork server forks (`worker_process` is what runs there), and
this process only ever sees bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from ozg_lod.core import errors
from ozg_lod.core.messages import _
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.wire import (
    ANSWER,
    HEADER,
    PIECE_BYTES,
    WorkerFault,
    exactly,
    failure_of,
    framed,
    out_of_memory,
    receive,
    too_deep,
)
from ozg_lod.sandbox.worker_process import FORK, NUMBER, REAP, ForkServerOrder, WorkerLimits

__all__ = ["ForkServer", "NotStarted", "Worker", "WorkerFault", "late", "once"]

_log = logging.getLogger("ozg_lod")
_START_S: Final = 120.0
_FROM_OUTSIDE: Final = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, -signal.SIGQUIT)
_BE_THE_FORK_SERVER: Final = "import sys; from ozg_lod.sandbox.worker_process import main; main(int(sys.argv[1]))"


Tell = Callable[[bytes, bytes], object]


class NotStarted(WorkerFault):
    """A fork server could not load what its workers need."""


class ForkServer:
    """A process that loads once and forks workers; see `ForkServerOrder` for `entry` and `argument`.

    It is started when it is first needed, and anew when it has died; its workers end with it. Starting and forking
    block. `idle` and `users` are for the pool: workers that may be asked, and how much work is in hand.
    """

    def __init__(self, entry: str, argument: str, limits: WorkerLimits) -> None:
        self.argument = argument
        self.idle: list[Worker] = []
        self.users = 0
        self.prepared = False
        self.closed = False
        self._order = ForkServerOrder(entry, argument, limits)
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Return whether it runs, as far as anybody knows."""
        return self._control is not None and not gone(self._control)

    def start(self) -> None:
        """Start it, unless it runs; raise why it cannot load, or NotStarted."""
        with self._lock:
            self._started()

    def fork(self) -> Worker:
        """Return a new worker, of a new process should the old one have died; raise Unavailable if both have."""
        for _attempt in range(2):
            with self._lock:
                control = self._started()
                ours, theirs = socket.socketpair()
                with theirs, contextlib.suppress(EOFError, OSError):
                    socket.send_fds(control, [FORK], [theirs.fileno()])
                    (pid,) = NUMBER.unpack(exactly(control, NUMBER.size))
                    return Worker(self._lock, control, pid, ours)
                control.close()
                ours.close()
        raise errors.Unavailable(
            _("This work is not possible right now: it had to be started anew; try again."),
            retry_after_s=2,
        )

    def close(self) -> None:
        """End it and its workers."""
        self.closed = True
        for worker in self.idle:
            worker.hang_up()
        self._end()

    def _started(self) -> socket.socket:
        if self._control is not None and not gone(self._control):
            return self._control
        try:
            return self._launched()
        except errors.Interrupted:  # what ended it from outside need not end the next
            return self._launched()

    def _launched(self) -> socket.socket:
        self._end()
        if self.closed:
            raise NotStarted(f"{self._order.entry}: it was closed")
        ours, theirs = socket.socketpair()
        ours.settimeout(_START_S)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
                [sys.executable, "-c", _BE_THE_FORK_SERVER, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._control = ours
        kind, payload, ended = b"F", b"it ended while it started", False
        try:
            ours.sendall(framed(b"Q", wire.encode(self._order)))
            kind, payload = receive(ours)
        except (EOFError, OSError) as error:
            ended = not isinstance(error, TimeoutError)
        if kind != ANSWER or self.closed:
            failure = failure_of(kind, payload)
            if ended and (status := self._process.wait()) in _FROM_OUTSIDE:
                failure = cause_of_death(status)
            self._end()
            raise NotStarted(f"{self._order.entry}: {failure}") if isinstance(failure, WorkerFault) else failure
        ours.settimeout(None)
        return ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Worker:
    """A confined process that answers one question at a time; it may be asked again only after a whole answer."""

    def __init__(self, lock: threading.Lock, control: socket.socket, pid: int, ours: socket.socket) -> None:
        self._lock = lock
        self._control = control
        self._socket = ours
        self._born = time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tell: Tell = _to_nobody
        self._sending: asyncio.Task[None] | None = None
        self._answer = bytearray()
        self._size = 0
        self._hung_up = False
        self.asked = 0
        self.pid = pid
        ours.setblocking(False)

    @property
    def age_s(self) -> float:
        """Return how long it has been there."""
        return time.monotonic() - self._born

    @property
    def ended(self) -> bool:
        """Return whether a worker that nobody asks is known to have ended, itself or with what forked it."""
        try:
            return self._hung_up or gone(self._control) or not self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def send(self, question: bytes, tell: Tell) -> None:
        """Send a question; `tell` is called with letter and payload of the answer, with no letter where it ends."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop and not self._hung_up:
            loop.add_reader(self._socket, self._readable)
            self._loop = loop
        self.asked += 1
        self._tell = tell
        frame = framed(b"Q", question)
        try:
            sent = self._socket.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:  # it has ended, or was hung up
            loop.call_soon(self._told, b"", b"")
            return
        if sent < len(frame):
            self._sending = loop.create_task(self._rest_sent(frame[sent:]))

    def forget(self) -> None:
        """Tell nobody of the answer that was asked for."""
        self._tell = _to_nobody

    async def ask(self, question: bytes) -> bytes:
        """Return the whole answer; raise what the worker raised, or what it died of (`cause_of_death`)."""
        answered: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()

        def told(letter: bytes, payload: bytes) -> None:
            if not answered.done():
                answered.set_result((letter, payload))

        self.send(question, told)
        letter, payload = await answered
        if not letter:
            raise cause_of_death(await asyncio.to_thread(self.kill))
        if letter != ANSWER:
            raise failure_of(letter, payload)
        return payload

    async def _rest_sent(self, rest: bytes) -> None:
        with contextlib.suppress(OSError):  # its end is told where its answer is awaited
            await asyncio.get_running_loop().sock_sendall(self._socket, rest)

    def _readable(self) -> None:
        """Take what has arrived of an answer."""
        try:
            piece = self._socket.recv(max(self._size - len(self._answer), PIECE_BYTES))
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._hang_up()
            self._told(b"", b"")
            return
        self._answer += piece
        if not self._size and len(self._answer) >= HEADER.size:
            self._size = HEADER.size + HEADER.unpack_from(self._answer)[1]
        if self._size and len(self._answer) >= self._size:
            answer = bytes(self._answer)
            self._answer.clear()
            self._size = 0
            self._told(answer[:1], answer[HEADER.size :])

    def _told(self, letter: bytes, payload: bytes) -> None:
        tell, self._tell = self._tell, _to_nobody
        tell(letter, payload)

    def answer(self, question: bytes, *, deadline_s: float) -> bytes:
        """Do the same for callers without an event loop; raises as `ask`, and `Late`."""
        try:
            return asyncio.run(asyncio.wait_for(self.ask(question), deadline_s))
        except TimeoutError:
            raise late(deadline_s) from None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; a worker that is gone already is fine."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)  # safe: only `kill` frees the number, and only the fork server reaps

    def nice(self, value: int) -> None:
        """Give way to others, where the kernel lets us: a root without CAP_SYS_NICE may not do it to nobody."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, self.pid, value)

    def hang_up(self) -> None:
        """Close the socket, from any thread: a worker that waits for a question ends."""
        if self._loop is None or self._loop.is_closed():
            self._socket.close()
            return
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            self._loop.call_soon_threadsafe(self._hang_up)

    def _hang_up(self) -> None:
        if not self._hung_up:
            self._hung_up = True
            if self._loop is not None:
                self._loop.remove_reader(self._socket)
            self._socket.close()

    def kill(self) -> int:
        """End the worker, whatever it does, and return its exit status (negative: the signal that ended it); blocks."""
        self.hang_up()
        with self._lock, contextlib.suppress(EOFError, OSError):
            self._control.sendall(REAP + NUMBER.pack(self.pid))
            (status,) = NUMBER.unpack(exactly(self._control, NUMBER.size))
            return int(status)
        self._control.close()
        return -signal.SIGKILL


def _to_nobody(_letter: bytes, _payload: bytes) -> None:
    pass


def cause_of_death(status: int) -> Exception:
    """Return the failure that an exit status tells of: 0 or more is a fault of ours, less the signal that ended it."""
    _log.warning("a worker ended with status %d", status)
    if status == -signal.SIGABRT:  # a Rust allocation that fails aborts
        return out_of_memory()
    if status in (-signal.SIGSEGV, -signal.SIGBUS):  # the guard page below the stack
        return too_deep()
    if status in (-signal.SIGPROF, -signal.SIGXCPU):
        return errors.Late(
            _("The work used up the processor time of one request and was stopped; ask for less."),
            retry_after_s=10,
        )
    if status in _FROM_OUTSIDE:
        return errors.Interrupted(
            _(
                "The work was ended by somebody else on this machine (an operator, or the kernel when memory is "
                "short); try again."
            ),
            retry_after_s=5,
        )
    return WorkerFault(f"a worker ended with status {status}")


def gone(control: socket.socket) -> bool:
    """Return whether the fork server at the other end is known to have ended: then our end was closed."""
    return control.fileno() < 0


def once(entry: str, argument: str, question: bytes, *, limits: WorkerLimits, deadline_s: float) -> bytes:
    """Answer one question in a worker of a fork server of its own."""
    with contextlib.closing(ForkServer(entry, argument, limits)) as server:
        worker = server.fork()
        try:
            return worker.answer(question, deadline_s=deadline_s)
        finally:
            worker.kill()


def late(deadline_s: float) -> errors.Late:
    """Return the failure of work that passed its deadline (seconds)."""
    return errors.Late(
        _(
            "The work did not end within {deadline_s:g} seconds and was stopped. Asked again it will "
            "most likely end the same way; ask for less.",
            deadline_s=deadline_s,
        ),
        limit_s=deadline_s,
        retry_after_s=10,
    )
