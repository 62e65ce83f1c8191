"""The troubles of a soak: publications, prunes, damaged files and kills, each with the time in which it shows."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import processes
import servers
import soak_truth

from ozg_lod.snapshots.snapshot import Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLLOWS_S = 60
"""A publication must be served after so many seconds, however busy the machine is."""
AFTER_A_KILL_S = 15
KEPT_STORES = 2
CURRENT_DAMAGES = (b"\xff\n", b"", b"../../etc\n", b"feedfeed\n", None)
CHECKED = 0, 1
"""Exit codes of `verify`: sound, damaged."""


class Timeline:
    """Which version could be served when, and which trouble was on; times are monotonic."""

    def __init__(self, version: str) -> None:
        self._served = [[version, 0.0, float("inf")]]
        self._troubles: dict[str, list[list[float]]] = defaultdict(list)

    def publishing(self, version: str) -> None:
        self._served.append([version, time.monotonic(), float("inf")])

    def served(self, version: str) -> None:
        """Note that this version is served now and no earlier one any more."""
        for entry in self._served[:-1]:
            entry[2] = min(entry[2], time.monotonic())
        if self._served[-1][0] != version:
            raise AssertionError(f"{version} is served, {self._served[-1][0]} was published")

    def versions(self, began: float, ended: float) -> set[str]:
        return {version for version, since, until in self._served if since <= ended and began <= until}

    @contextlib.contextmanager
    def trouble(self, name: str, lasting_s: float = 0.0) -> Iterator[None]:
        window = [time.monotonic(), float("inf")]
        self._troubles[name].append(window)
        try:
            yield
        finally:
            window[1] = time.monotonic() + lasting_s

    def during(self, name: str, began: float, ended: float) -> bool:
        return any(since <= ended and began <= until for since, until in self._troubles[name])


@dataclass(frozen=True)
class Version:
    """One version of the data: its sources, its directory where it was first built, its names."""

    sources: tuple[Path, ...]
    original: Path
    version: str
    key: str


@dataclass
class Troubles:
    """What is done to a server and its files while clients ask."""

    target: Path
    port: int
    server: int
    versions: list[Version]
    timeline: Timeline
    chance: random.Random
    ended: threading.Event = field(default_factory=threading.Event)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Go through all troubles again and again, in any order, until the end."""
        turn: list[Callable[[], None]] = []
        while not self.ended.wait(self.chance.uniform(2, 6)):
            if not turn:
                turn = [self.build, self.use, self.prune, self.damage_past, self.damage_current, self.use]
                self.chance.shuffle(turn)
            try:
                turn.pop()()
            except Exception as error:  # noqa: BLE001 - a trouble that cannot be made is a finding
                self.faults.append(f"trouble: {error!r}")

    def kill(self) -> None:
        """End workers and fork servers from outside, one after the other."""
        while not self.ended.wait(self.chance.uniform(6, 24)):
            everybody = {victim: bool(processes.below(victim)) for victim in processes.below(self.server)}
            forks = self.chance.random() < 0.5  # noqa: PLR2004
            if victims := [victim for victim, has_children in everybody.items() if has_children == forks]:
                victim, what = self.chance.choice(victims), "fork servers" if forks else "workers"
                with self.timeline.trouble("kill", AFTER_A_KILL_S), contextlib.suppress(ProcessLookupError):
                    os.kill(victim, self.chance.choice((signal.SIGKILL, signal.SIGTERM)))
                    self.counts[f"{what} killed"] += 1

    def build(self) -> None:
        """Publish a version as its operator does: from its sources."""
        self._publish(self._other(), build=True)

    def use(self) -> None:
        """Go to a version that was built before, where there is one."""
        known = {entry.snapshot for entry in Snapshots(self.target).publications()}
        others = [version for version in self.versions if version.key in known and version.key != self._current()]
        if others:
            self._publish(self.chance.choice(others), build=False)

    def prune(self) -> None:
        self._typed("snapshots", "prune", "--keep", str(KEPT_STORES))
        self.counts["prunes"] += 1

    def damage_past(self) -> None:
        """Flip a byte of a past version, empty it or cut it; see that it is told, and mend it."""
        known = {entry.snapshot for entry in Snapshots(self.target).publications()}
        past = [version for version in self.versions if version.key in known and version.key != self._current()]
        if not past:
            return
        version, name = self.chance.choice(past), self.chance.choice(soak_truth.FILES)
        path = self.target / "snapshots" / version.key / name
        with self.timeline.trouble(f"damage {version.version}", lasting_s=2):
            self.chance.choice((_flip, _empty, _halve))(path)
            time.sleep(self.chance.uniform(1, 3))
            if name == "data.nt":
                self._typed("snapshots", "verify", version.key, "--repair")
            elif self._typed("snapshots", "verify", version.key, codes=CHECKED) == 0:
                self.faults.append(f"verify did not notice that {name} is damaged")
            if name != "data.nt":
                _put_back(version.original / name, path)
            self._typed("snapshots", "verify", version.key)
        self.counts["files of past versions damaged"] += 1

    def damage_current(self) -> None:
        """Damage the pointer for a second: what is served stays, and it is told as stale."""
        pointer, content = self.target / "current", self.chance.choice(CURRENT_DAMAGES)
        good = pointer.read_bytes()
        pointer.write_bytes(content) if content is not None else pointer.unlink()
        told = self._until(lambda body: body["status"] == "stale")
        time.sleep(1)
        pointer.write_bytes(good)
        if not told or not self._until(lambda body: body["status"] == "ready"):
            self.faults.append(f"a damaged pointer ({content!r}) is not told as stale, or it stays so")
        self.counts["pointers damaged"] += 1

    def _other(self) -> Version:
        return self.chance.choice([version for version in self.versions if version.key != self._current()])

    def _current(self) -> str | None:
        return Snapshots(self.target).current()

    def _publish(self, version: Version, *, build: bool) -> None:
        self.timeline.publishing(version.version)
        if build:
            folders = itertools.chain.from_iterable(("--source", str(folder)) for folder in version.sources)
            self._typed("build", *folders)
        else:
            self._typed("snapshots", "use", version.key)
        if self._until(lambda body: body["version"] == version.version):
            self.timeline.served(version.version)
        else:
            self.faults.append(f"{version.version[:12]} was published and not served for {FOLLOWS_S} s")
        self.counts["publications by build" if build else "publications by use"] += 1

    def _until(self, holds: Callable[[dict[str, str]], bool]) -> bool:
        """Wait until /health/ready says so; it must be 200 all the while."""
        end = time.monotonic() + FOLLOWS_S
        while time.monotonic() < end:
            answer = soak_truth.ask(self.port, soak_truth.Request("health", "", "/health/ready"))
            if answer.status != 200:  # noqa: PLR2004
                self.faults.append(f"/health/ready answers {answer.status}")
            if holds(json.loads(answer.body)):
                return True
            time.sleep(0.1)
        return False

    def _typed(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> int:
        command = [str(servers.BIN / "ozg-lod"), *arguments, "--target", str(self.target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode not in codes:
            self.faults.append(f"{' '.join(arguments)} ended with {done.returncode}: {done.stdout} {done.stderr}")
        return done.returncode


def _flip(path: Path) -> None:
    """Flip a bit in the middle in place, as a disk would."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _put_back(original: Path, path: Path) -> None:
    """Put a file back from the backup, whole at once."""
    aside = path.with_suffix(".back")
    shutil.copyfile(original, aside)
    aside.replace(path)
