"""The walls of the cage: what a worker process may still ask of the kernel.

An allow-list, because a list of what is forbidden ages with every kernel. A worker keeps the sockets
and memory it was born with and may compute, read and write those; every other system call (socket,
connect, open, execve, fork, …) fails with EPERM. What could be done to other processes is allowed on itself only. The
numbers are those of the kernel headers `asm/unistd_64.h` (x86-64) and `asm-generic/unistd.h` (aarch64).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import _

_X86_64: Final = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
    "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19,
    "writev": 20, "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "setitimer": 38,
    "getpid": 39, "sendto": 44, "recvfrom": 45, "exit": 60, "uname": 63, "gettimeofday": 96, "getrusage": 98,
    "sysinfo": 99, "sigaltstack": 131, "gettid": 186, "futex": 202, "sched_getaffinity": 204, "restart_syscall": 219,
    "clock_gettime": 228, "clock_nanosleep": 230, "exit_group": 231, "tgkill": 234, "pselect6": 270, "ppoll": 271,
    "getrandom": 318, "membarrier": 324, "rseq": 334,
}  # fmt: skip
_AARCH64: Final = {
    "close": 57, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "pselect6": 72,
    "ppoll": 73, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "nanosleep": 101, "setitimer": 103,
    "clock_gettime": 113, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128,
    "tgkill": 131, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "uname": 160,
    "getrusage": 165, "gettimeofday": 169, "getpid": 172, "gettid": 178, "sysinfo": 179, "sendto": 206,
    "recvfrom": 207, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233,
    "getrandom": 278, "membarrier": 283, "rseq": 293,
}  # fmt: skip
_CLOCKS: Final = range(12)
"""The ids of `linux/time.h`; others are made of the number of a process, and tell how much it works."""
_TABLES: Final = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}

_NOBODY: Final = 65_534
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_LOAD_WORD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # of struct seccomp_data; of the argument its lower half
_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000


def available() -> bool:
    """Return whether this kernel and processor can close the cage."""
    return sys.platform == "linux" and platform.machine() in _TABLES


def confine(*, memory_bytes: int, cpu_s: int) -> None:
    """Give up everything but computing on what this process already holds. There is no way back.

    `memory_bytes` may still be allocated from here on; `cpu_s` seconds of processor time in all its life end the
    process even when nobody is left to kill it.
    """
    size = _address_space_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if available():
        _enter_seccomp()


def give_up_root() -> None:
    """Be nobody where this process is root, and can be: a namespace may know no other user."""
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def die_with_parent(parent: int) -> None:
    """End this process when `parent`, the one that forked it, ends; at once if it has ended already (prctl(2)).

    To be asked for again after another user was taken: that makes the kernel forget it.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _address_space_bytes() -> int:
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - read in a worker, where every import counts
        return int(statm.read().split()[0]) * resource.getpagesize()


def _enter_seccomp() -> None:
    architecture, table = _TABLES[platform.machine()]
    program = _program(architecture, sorted(table.values()), _on_itself(table))
    code = ctypes.create_string_buffer(program)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    _prctl(_PR_SET_SECCOMP, 2, ctypes.create_string_buffer(header))


def _on_itself(table: Mapping[str, int]) -> dict[int, Sequence[int]]:
    """Return the calls that could be about other processes, and what their first argument may be instead."""
    process = os.getpid()
    return {
        table["tgkill"]: (process,),
        table["sched_getaffinity"]: (0, process),
        table["clock_gettime"]: _CLOCKS,
        table["clock_nanosleep"]: _CLOCKS,
    }


def _program(architecture: int, allowed: list[int], limited: Mapping[int, Sequence[int]]) -> bytes:
    """Return the classic BPF program: kill on a foreign architecture, allow the list, EPERM for the rest.

    The calls in `limited` are allowed with these first arguments only.
    """
    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    lines = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD_WORD, 0, 0, _NUMBER),
    ]
    for number, values in limited.items():
        choice = [line for value in values for line in ((_JUMP_EQUAL, 0, 1, value), allow)]
        lines += [(_JUMP_EQUAL, 0, len(choice) + 2, number), (_LOAD_WORD, 0, 0, _FIRST_ARGUMENT), *choice, refuse]
    lines += [(_JUMP_EQUAL, len(allowed) - index, 0, number) for index, number in enumerate(allowed)]
    return b"".join(struct.pack("HBBI", *line) for line in (*lines, refuse, allow))


def _prctl(option: int, value: int, pointer: object = 0) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, pointer, 0, 0) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise UsageError(_("the kernel refuses prctl({option}): {reason}", option=option, reason=reason))
