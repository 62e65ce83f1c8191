"""What counts inside a traced process, its threads and its forked children; `traces.py` has Python import it at start.

Each thread writes its counters into a file mapped into memory: a child that has given up files and is killed in the
end still leaves them behind. A file is a head (moves, slots in use) and one slot for each function (calls, name).
Imports are not counted, neither the bodies of modules and classes nor what they call, nor what goes on by itself.
"""

from __future__ import annotations

import inspect
import itertools
import mmap
import os
import struct
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

HEAD = struct.Struct("=QQ")
SLOT = struct.Struct("=Q240s")
MOST_SLOTS = 8192
BACKGROUND = frozenset({"Supervised.run", "Connections.watch", "_LoopWatch.beat", "_LoopWatch.look"})
_COUNT = struct.Struct("=Q")
_numbers = itertools.count()


class Counters:
    """The profile function of one thread: what it calls in the files under `package`, written below `folder`."""

    def __init__(self, folder: str, package: str, files: list[str]) -> None:
        self.folder, self.package, self.files = folder, package, files
        self.imports = 0
        self.background = 0
        self.moves = 0
        self.slots: dict[int, tuple[int, CodeType]] = {}  # by id, quicker than by value; the code is kept alive
        self.starts: dict[tuple[int, int], bool] = {}
        path = Path(folder, f"{os.getpid()}-{next(_numbers)}.trace")
        path.touch()
        os.truncate(path, HEAD.size + MOST_SLOTS * SLOT.size)
        with path.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)

    def __call__(self, frame: FrameType, event: str, _arg: object) -> None:
        file = frame.f_code.co_filename
        if event not in ("call", "return") or not (file.startswith(self.package) and file.endswith(".py")):
            return
        step = 1 if event == "call" else -1
        if not frame.f_code.co_flags & inspect.CO_OPTIMIZED:  # the body of a module or class
            self.imports += step
        elif frame.f_code.co_qualname in BACKGROUND:  # it goes on whatever is asked
            self.background += step
        elif not self.imports and not self.background:
            self._enter(frame) if event == "call" else self._leave()

    def _enter(self, frame: FrameType) -> None:
        self._move(frame.f_code.co_filename)
        self.files.append(frame.f_code.co_filename)
        if self._starts(frame):
            offset = self._slot(frame.f_code)
            _COUNT.pack_into(self.map, offset, _COUNT.unpack_from(self.map, offset)[0] + 1)

    def _leave(self) -> None:
        if self.files:
            self._move(self.files.pop())

    def _move(self, file: str) -> None:
        """Count a call from, or a return to, another file than this one."""
        if self.files and self.files[-1] != file:
            self.moves += 1
            _COUNT.pack_into(self.map, 0, self.moves)

    def _starts(self, frame: FrameType) -> bool:
        """Return whether this is a call: a generator that goes on stands at a RESUME with another argument than 0."""
        key = (id(frame.f_code), frame.f_lasti)
        if key not in self.starts:
            self._slot(frame.f_code)
            self.starts[key] = frame.f_code.co_code[frame.f_lasti + 1] == 0
        return self.starts[key]

    def _slot(self, code: CodeType) -> int:
        if id(code) not in self.slots:
            number = len(self.slots)
            offset = HEAD.size + number * SLOT.size
            name = f"{code.co_filename.removeprefix(self.package)}:{code.co_qualname}:{code.co_firstlineno}"
            SLOT.pack_into(self.map, offset, 0, name.encode())
            self.slots[id(code)] = (offset, code)
            HEAD.pack_into(self.map, 0, self.moves, number + 1)
        return self.slots[id(code)][0]


def install(folder: str, package: str) -> None:
    """Count in this thread, in all that are started from now on, and in forked children."""

    def first(frame: FrameType, event: str, arg: object) -> None:
        counters = Counters(folder, package, [])
        sys.setprofile(counters)
        counters(frame, event, arg)

    def child() -> None:
        parent = sys.getprofile()
        sys.setprofile(Counters(folder, package, list(parent.files) if isinstance(parent, Counters) else []))

    threading.setprofile(first)
    os.register_at_fork(after_in_child=child)
    sys.setprofile(Counters(folder, package, []))


def counted(path: Path) -> tuple[int, Iterator[tuple[str, int]]]:
    """Return the moves a thread has counted so far, and its functions with their calls."""
    content = path.read_bytes()
    moves, used = HEAD.unpack_from(content)
    slots = SLOT.iter_unpack(content[HEAD.size : HEAD.size + used * SLOT.size])
    return moves, ((name.rstrip(b"\0").decode(), calls) for calls, name in slots)
