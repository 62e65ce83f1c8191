"""What a server and all processes below it use, read from /proc."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass(frozen=True)
class Usage:
    """Memory is resident: pages that processes share count for each of them."""

    server_mb: float
    all_mb: float
    descriptors: int
    children: int


def below(root: int) -> set[int]:
    """Return the processes below this one."""
    parents: dict[int, int] = {}
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    tree = {root}
    while grown := {process for process, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return tree - {root}


def alive(process: int, born: str) -> bool:
    """Return whether it is there still, and no other one with its number."""
    return bool(born) and born_at(process) == born


def born_at(process: int) -> str:
    """Return when a process began, "" where it is not there or has ended."""
    with contextlib.suppress(OSError):
        fields = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""


def usage(root: int) -> Usage:
    children = below(root)
    own = _resident_mb(root)
    return Usage(own, own + sum(map(_resident_mb, children)), _descriptors(root), len(children))


def shared_mb(root: int) -> float:
    """Return what a process and all below it hold, pages they share counted once (PSS)."""
    total = 0
    for process in (root, *below(root)):
        with contextlib.suppress(OSError):
            lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000


def _resident_mb(process: int) -> float:
    with contextlib.suppress(OSError):
        return int((PROC / str(process) / "statm").read_text().split()[1]) * PAGE_MB
    return 0.0


def _descriptors(process: int) -> int:
    with contextlib.suppress(OSError):
        return len(list((PROC / str(process) / "fd").iterdir()))
    return 0
