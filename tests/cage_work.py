"""Deeds that children of the cage are tried with."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import time
from pathlib import Path

import pyoxigraph as ox

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import Label
from ozg_lod.sandbox.worker_process import Work, Write

_LIBC = ctypes.CDLL(None, use_errno=True)
_ROOM = ctypes.create_string_buffer(1024)
_DOUBLED = "SELECT * {" + " ".join(f"BIND(CONCAT(?v{i},?v{i}) AS ?v{i + 1})" for i in range(40)) + "}"


def called(question: str, other: int) -> bytes:
    """Make a system call, with the process numbers that its arguments name; raise OSError where it is refused."""
    _, number, *words = question.split()
    known = {"other": other, "self": os.getpid()}
    arguments = [~known[word[6:]] << 3 | 2 if word.startswith("clock:") else known.get(word, word) for word in words]
    if _LIBC.syscall(int(number), *(ctypes.c_long(int(argument)) for argument in arguments), _ROOM) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return b"allowed"


def spin() -> None:
    while True:
        pass


def deep() -> None:
    deep()


def expected() -> None:
    raise BadRequest(Label({"en": "english", "de": "deutsch"}), line=3)


def setup(argument: str) -> Work:
    fork_server = os.getpid()
    unix = socket.socket(
        socket.AF_UNIX
    ).detach()  # opened before the walls close; a number warns nobody when it is left
    store = ox.Store()

    deeds = {
        b"socket": socket.socket,
        b"file": lambda: Path("/etc/passwd").read_bytes(),
        b"write": lambda: Path("/tmp/ozg-lod-was-here").write_bytes(b""),  # noqa: S108 - it must not come to that
        b"fork": os.fork,
        b"exec": lambda: subprocess.run(["true"], check=False),
        b"connect": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, unix).connect("/run/nothing"),
        b"spin": spin,
        b"busy": lambda: sum(range(15_000)),
        b"deep": deep,
        b"nap": lambda: time.sleep(1),
        b"memory": lambda: bytearray(1 << 31),
        b"abort": lambda: list(store.query(_DOUBLED.replace("?v0", "'aaaaaaaaaaaaaaaa'"))),  # type: ignore[arg-type]
        b"fault": lambda: 1 / 0,
        b"crash": lambda: ctypes.string_at(0),
        b"expected": expected,
    }

    def work(question: bytes, write: Write) -> None:
        if question == b"pid":
            question = str(os.getpid()).encode()
        if question.startswith(b"call "):
            question = called(question.decode(), fork_server)
        if question.startswith(b"SELECT"):
            list(store.query(question.decode()))  # type: ignore[arg-type] # not every result can be listed, these can
        if question in deeds:
            deeds[question]()  # type: ignore[operator]
        write(b"x" * 1_000_000 if question == b"big" else f"{argument} ".encode() + question)

    return work


def ended_while_it_starts(argument: str) -> Work:
    """Be ended by a signal before anything is loaded, so many times: `argument` is "file signal times"."""
    file, number, times = argument.split()
    with Path(file).open("a+") as starts:
        starts.write("x")
    if Path(file).stat().st_size <= int(times):
        os.kill(os.getpid(), int(number))
    return lambda _question, write: write(b"started")
