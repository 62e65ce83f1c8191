"""Children that can be ended: the only processes that touch what a stranger wrote.

A query cannot be cancelled from Python, a failed allocation aborts the process, and pySHACL changes
globals of rdflib while it runs. So untrusted work is done by children of a *template*: a process
started once, single-threaded, that has loaded all they need and evaluates nothing itself. It forks on
demand (1 ms at 50,000 quads), the child gives up network and files (`sandbox`), answers questions over
its socket, and is killed when it is late. The server process only ever sees bytes.

Frames on a child's socket: one letter, eight bytes of length, the payload. Q question, D piece of an
answer, E end of the answer, X an expected failure (JSON), F a fault of ours (text).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from ozg_lod.core import errors
from ozg_lod.core.messages import Sentence, _
from ozg_lod.sandbox import seccomp

Write = Callable[[bytes], object]
Work = Callable[[bytes, Write], None]
"""Answers one question by writing the answer, in pieces of any size."""


@dataclass(frozen=True)
class WorkerSetup:
    """Work that each child must set up for itself between the fork and its confinement, such as opening files."""

    prepare: Callable[[], Work]


_HEADER: Final = struct.Struct("!cQ")
_PIECE_BYTES: Final = 1 << 16
_BE_THE_TEMPLATE: Final = (
    "import sys; from ozg_lod.sandbox.fork_server import main; main(int(sys.argv[1]), sys.argv[2])"
)


@dataclass(frozen=True)
class WorkerLimits:
    """What one child may use: memory above what it is born with, and processor time as a backstop."""

    memory_mb: int = 1024
    cpu_s: int = 600


class WorkerFault(Exception):
    """A child failed in a way that is our fault, and so is not in `errors`: the text is for the log only."""


class ForkServer:
    """A process that loads once and forks children.

    `entry` is "module:function"; the function gets `argument`, loads, and returns the `Work` that every
    child inherits.
    """

    def __init__(self, entry: str, argument: str, limits: WorkerLimits, *, start_s: float = 120) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        order = json.dumps({"entry": entry, "argument": argument, "memory_mb": limits.memory_mb, "cpu_s": limits.cpu_s})
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
            [sys.executable, "-c", _BE_THE_TEMPLATE, str(theirs.fileno()), order],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._control.settimeout(start_s)
        try:
            kind, payload = _receive(self._control)
        except (EOFError, OSError) as error:
            self.close()
            raise WorkerFault(f"the template {entry} did not start") from error
        self._control.settimeout(None)
        if kind != b"E":
            self.close()
            raise _failure(kind, payload)

    def child(self) -> Worker:
        """Fork a child; blocks for as long as a fork takes."""
        ours, theirs = socket.socketpair()
        try:
            with self._lock, theirs:
                socket.send_fds(self._control, [b"C"], [theirs.fileno()])
                (pid,) = struct.unpack("!i", _exactly(self._control, 4))
        except (EOFError, OSError):
            ours.close()
            raise
        return Worker(self, pid, ours)

    def reap(self, pid: int) -> int:
        """Kill a child of ours and return its exit status (negative: the signal that ended it)."""
        try:
            with self._lock:
                self._control.sendall(b"W" + struct.pack("!i", pid))
                (status,) = struct.unpack("!i", _exactly(self._control, 4))
        except (EOFError, OSError):  # the template is gone, and its children with it
            return -signal.SIGKILL
        return int(status)

    def close(self) -> None:
        """End the template and, with it, all its children."""
        self._control.close()
        self._process.kill()
        self._process.wait()


class Worker:
    """A confined process that answers one question at a time."""

    def __init__(self, template: ForkServer, pid: int, ours: socket.socket) -> None:
        self._template = template
        self._socket = ours
        self.pid = pid
        ours.setblocking(False)

    async def ask(self, question: bytes) -> AsyncIterator[bytes]:
        """Yield the answer in pieces; the child may be asked again only after the last one.

        Raises what the child raised, `OutOfMemory` or `Fault` when it died.
        """
        loop = asyncio.get_running_loop()
        reply = _ReplyReader()
        try:
            await loop.sock_sendall(self._socket, _HEADER.pack(b"Q", len(question)) + question)
            while not reply.ended:
                for piece in reply.feed(await loop.sock_recv(self._socket, _PIECE_BYTES)):
                    yield piece
        except (EOFError, OSError) as error:
            raise await asyncio.to_thread(self._cause_of_death) from error

    def answer(self, question: bytes, *, deadline_s: float) -> bytes:
        """Return the whole answer, for callers without an event loop; raises as `ask`, and `Late`."""
        end = time.monotonic() + deadline_s
        reply, pieces = _ReplyReader(), bytearray()
        try:
            self._socket.settimeout(deadline_s)
            self._socket.sendall(_HEADER.pack(b"Q", len(question)) + question)
            while not reply.ended:
                self._socket.settimeout(max(end - time.monotonic(), 0.001))
                for piece in reply.feed(self._socket.recv(_PIECE_BYTES)):
                    pieces += piece
        except TimeoutError:
            raise late(deadline_s) from None
        except (EOFError, OSError) as error:
            raise self._cause_of_death() from error
        return bytes(pieces)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; a child that is gone already is fine."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)  # safe: only `reap` frees the number, and only the template reaps

    def nice(self, value: int) -> None:
        """Give way to others."""
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self.pid, value)

    def kill(self) -> int:
        """End the child, whatever it does, and return its exit status."""
        self._socket.close()
        return self._template.reap(self.pid)

    def _cause_of_death(self) -> Exception:
        status = self.kill()
        if status in (-signal.SIGABRT, -signal.SIGKILL):  # a Rust allocation that fails aborts
            return out_of_memory()
        return WorkerFault(f"a child ended with status {status}")


def once(entry: str, argument: str, question: bytes, *, limits: WorkerLimits, deadline_s: float) -> bytes:
    """Answer one question in a cage of its own."""
    with contextlib.closing(ForkServer(entry, argument, limits)) as template:
        child = template.child()
        try:
            return child.answer(question, deadline_s=deadline_s)
        finally:
            child.kill()


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


def out_of_memory() -> errors.OutOfMemory:
    """Return the failure of work that needed too much memory."""
    return errors.OutOfMemory(
        _(
            "The work needed more memory than one request may use and was stopped. Asked again it "
            "will end the same way; ask for less."
        ),
        retry_after_s=10,
    )


class _Failure(msgspec.Struct):
    """A failure that a worker tells: the name of its class, its sentence and details."""

    type: str
    message: Sentence
    details: dict[str, object]


class _ReplyReader:
    """Cuts what a child sends into frames, until the one that ends the answer."""

    def __init__(self) -> None:
        self.ended = False
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the pieces that are complete now; raise what the child failed with, EOFError when it is gone."""
        if not data:
            raise EOFError
        self._buffer += data
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == b"D":
                yield payload
            elif kind == b"E":
                self.ended = True
            else:
                raise _failure(kind, payload)

    def _frame(self) -> tuple[bytes, bytes] | None:
        if len(self._buffer) < _HEADER.size:
            return None
        kind, length = _HEADER.unpack_from(self._buffer)
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(memoryview(self._buffer)[_HEADER.size : end])
        del self._buffer[:end]
        return kind, payload


class _ReplyWriter:
    """Sends what is written to it in pieces worth a system call; a failure drops what was not sent yet."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._buffer = bytearray()

    def write(self, data: bytes) -> int:
        self._buffer += data
        if len(self._buffer) >= _PIECE_BYTES:
            _send(self._stream, b"D", self._buffer)
            self._buffer.clear()
        return len(data)

    def end(self) -> None:
        """Send the rest and the end in one go, so that a small answer costs one system call."""
        rest = _HEADER.pack(b"D", len(self._buffer)) + self._buffer if self._buffer else b""
        self._stream.sendall(rest + _HEADER.pack(b"E", 0))


def _failure(kind: bytes, payload: bytes) -> Exception:
    if kind != b"X":
        return WorkerFault(payload.decode("utf-8", "replace"))
    failure = msgspec.json.decode(payload, type=_Failure)
    return getattr(errors, failure.type)(failure.message, **failure.details)  # type: ignore[no-any-return] # a class of our own tree


def _exactly(stream: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _receive(stream: socket.socket) -> tuple[bytes, bytes]:
    kind, length = _HEADER.unpack(_exactly(stream, _HEADER.size))
    return kind, _exactly(stream, length)


def _send(stream: socket.socket, kind: bytes, payload: bytes | bytearray = b"") -> None:
    stream.sendall(_HEADER.pack(kind, len(payload)) + payload)


def _send_failure(stream: socket.socket, error: BaseException) -> None:
    if isinstance(error, MemoryError):
        error = out_of_memory()
    if isinstance(error, errors.OzgLodError):
        said = {"type": type(error).__name__, "message": error.message, "details": error.details}
        _send(stream, b"X", msgspec.json.encode(said))
    else:
        _send(stream, b"F", f"{type(error).__name__}: {error}"[:2000].encode("utf-8", "replace"))


def _serve(stream: socket.socket, work: Work) -> None:
    """Answer questions until the other side hangs up: the life of a child."""
    while True:
        try:
            _, question = _receive(stream)
        except EOFError:
            return
        pieces = _ReplyWriter(stream)
        try:
            work(question, pieces.write)
            pieces.end()
        except Exception as error:  # noqa: BLE001 - every failure must reach the other side
            _send_failure(stream, error)


def _fork(stream_fd: int, control: socket.socket, loaded: Work | WorkerSetup, limits: WorkerLimits) -> int:
    template = os.getpid()
    pid = os.fork()
    if pid:
        os.close(stream_fd)
        return pid
    seccomp.die_with_parent(template)
    control.close()
    with socket.socket(fileno=stream_fd) as stream:
        try:
            work = loaded.prepare() if isinstance(loaded, WorkerSetup) else loaded
            seccomp.confine(memory_bytes=limits.memory_mb << 20, cpu_s=limits.cpu_s)
            _serve(stream, work)
        except BaseException:  # noqa: BLE001 - whatever happens, a child never returns into the template
            os._exit(1)
    os._exit(0)


def _wait(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0


def main(control_fd: int, order: str) -> None:
    """Be the template: load, say so, then fork and reap on demand until the control socket closes."""
    said = json.loads(order)
    limits = WorkerLimits(said["memory_mb"], said["cpu_s"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the socket
    with socket.socket(fileno=control_fd) as control:
        try:
            module, _, name = said["entry"].partition(":")
            work: Work | WorkerSetup = getattr(importlib.import_module(module), name)(said["argument"])
        except Exception as error:  # noqa: BLE001 - the one who started us must learn why we cannot
            _send_failure(control, error)
            return
        _send(control, b"E")
        while True:
            letter, fds, _, _ = socket.recv_fds(control, 1, 1)
            if letter == b"C":
                control.sendall(struct.pack("!i", _fork(fds[0], control, work, limits)))
            elif letter == b"W":
                (pid,) = struct.unpack("!i", _exactly(control, 4))
                control.sendall(struct.pack("!i", _wait(pid)))
            else:
                return
