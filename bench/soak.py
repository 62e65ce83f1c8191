"""`make nightly`: a server under everything at once, for as long as is asked, and what must be so all the while.

    python bench/soak.py [--seconds 1800] [--seed 1] [--versions 4]

Eight clients (`soak_clients`) ask, upload, read slowly, send halves and hang up, while versions are published and
pruned, files damaged and mended, workers and fork servers killed (`soak_troubles`). Every answer with status 200 is the
right one of the version it says or of one that could be served at that moment (`soak_truth`); every other status is one
that is allowed at that moment, and a problem document. Memory, descriptors, children and the p99 of small queries in
the last fifth of the time are those of the second; at the end nothing is left over. Exits with 1 and the reasons.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import processes
import servers
import soak_truth
from soak_clients import Client, Shared
from soak_troubles import Timeline, Troubles, Version

from ozg_lod.build.build import build
from ozg_lod.contributions.inbox import Inbox
from ozg_lod.core.settings import Settings
from ozg_lod.snapshots.snapshot import Snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = 8
FIFTHS = 5
ENDS_S = 40
ALT = "http://www.w3.org/2004/02/skos/core#altLabel"
OPTIONS = (
    "--public-url", soak_truth.PUBLIC, "--trusted-proxies", "127.0.0.1", "--cache-mb", "8", "--head-s", "2",
    "--piece-s", "3", "--keep-alive-s", "10", "--send-s", "10", "--source", str(ROOT),
)  # fmt: skip
TINY = soak_truth.Request(
    "small query", "0 application/sparql-results+json", "/sparql",
    headers={"Accept": "application/sparql-results+json"}, query=soak_truth.PREFIX + soak_truth.SMALL[0],
)  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """What must stay flat: the last fifth may be so many times the second, and so much more."""

    name: str
    times: float
    more: float
    form: str = "{:.0f}"

    def risen(self, second: float, last: float) -> bool:
        return last > second * self.times + self.more


MEASURES = (
    Measure("memory of the server, MB", 1.15, 20),
    Measure("memory of all processes, MB", 1.2, 100),
    Measure("descriptors of the server", 1, 15),
    Measure("children", 1, 4),
    Measure("p99 of a tiny ASK, ms", 2, 100),
)


@dataclass
class Samples:
    """What was measured, by the second; the times of tiny queries by the moment they were asked."""

    server: int
    port: int
    metrics: int
    shared: Shared
    usages: list[processes.Usage] = field(default_factory=list)
    born: dict[int, str] = field(default_factory=dict)
    tiny: list[tuple[float, float]] = field(default_factory=list)
    lag_s: float = 0.0

    def watch(self) -> None:
        while not self.shared.ended.wait(1):
            self.usages.append(processes.usage(self.server))
            self.born |= {pid: processes.born_at(pid) for pid in processes.below(self.server) if pid not in self.born}
            with contextlib.suppress(OSError):
                text = urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=10).read().decode()
                lags = re.findall(r"^ozg_lod_loop_lag_seconds (\S+)", text, re.MULTILINE)
                self.lag_s = max(self.lag_s, *map(float, lags))

    def time_tiny(self) -> None:
        """Ask a tiny query that nobody asked before, again and again, as a client that does nothing else."""
        connection, number = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), 0
        while not self.shared.ended.wait(0.05):
            number, began = number + 1, time.monotonic()
            with contextlib.suppress(OSError, http.client.HTTPException):  # others say why
                fields = {"X-Forwarded-For": "203.0.113.1"}
                answer = soak_truth.exchange(connection, TINY, mark=f"tiny {number}", **fields)
                self.shared.count("tiny ASK", answer.status)
                self.tiny.append((began, time.monotonic() - began))

    def fifths(self) -> list[list[float]]:
        """Return the measures for each fifth of the time."""
        size = max(1, len(self.usages) // FIFTHS)
        began, length_s = self.tiny[0][0], (self.tiny[-1][0] - self.tiny[0][0]) / FIFTHS + 0.001
        rows = []
        for part in range(FIFTHS):
            usages = self.usages[part * size : (part + 1) * size]
            tiny = sorted(took for at, took in self.tiny if int((at - began) / length_s) == part)
            medians = [
                statistics.median(getattr(usage, name) for usage in usages)
                for name in ("server_mb", "all_mb", "descriptors", "children")
            ]
            rows.append([*medians, 1000 * tiny[int(len(tiny) * 0.99)]])
        return rows


def built(folder: Path, count: int) -> list[Version]:
    """Build the versions in a place of their own."""
    versions = []
    for number in range(count):
        more = folder / f"more{number}"
        (more / "data").mkdir(parents=True)
        text = f'<{soak_truth.BASE}bundle/soziales> <{ALT}> "Fassung {number}"@de .\n'
        (more / "data" / "more.nt").write_text(text, encoding="utf-8")
        target = folder / f"target{number}"
        outcome = build(Settings(source=(ROOT, more), target=target), say=lambda _message: None)
        assert outcome.manifest is not None
        key = outcome.manifest.build_key
        versions.append(Version((ROOT, more), target / "snapshots" / key, outcome.manifest.version, key))
    return versions


@contextlib.contextmanager
def serving(folder: Path, target: Path, *options: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = servers.free_port()
    command = [str(servers.BIN / "ozg-lod"), "serve", "--target", str(target), "--port", str(port), *OPTIONS, *options]
    with servers.running(command, folder) as process:
        servers.wait(port, "/health/ready")
        yield port, process


def learnt(folder: Path, versions: list[Version]) -> soak_truth.Truth:
    truth = soak_truth.Truth()
    for version in versions:
        with serving(folder, version.original.parents[1], "--inbox", str(folder / "inbox")) as (port, _):
            truth.learn(version.version, version.original, port)
    return truth


def ended(process: subprocess.Popen[bytes], samples: Samples, target: Path) -> list[str]:
    """End the server as its operator does; return what is wrong then."""
    process.send_signal(signal.SIGTERM)
    faults = []
    try:
        if process.wait(ENDS_S) != 0:
            faults.append(f"the server ended with {process.returncode}")
    except subprocess.TimeoutExpired:
        faults.append(f"the server did not end within {ENDS_S} s")
        process.kill()
    end = time.monotonic() + 10
    while orphans := [pid for pid, born in samples.born.items() if processes.alive(pid, born)]:
        if time.monotonic() > end:
            faults.append(f"left over: processes {orphans}")
            break
        time.sleep(0.1)
    leftovers = [str(path) for path in target.parent.rglob("*.tmp")]
    return [*faults, *(f"left over: {path}" for path in leftovers)]


def lost(inbox: Path, shared: Shared) -> list[str]:
    kept = {case.submission.reference for case in Inbox(inbox).cases()} if inbox.exists() else set()
    return [f"the submission {name} was confirmed and is not in the inbox" for name in set(shared.accepted) - kept]


def damaged(target: Path) -> list[str]:
    snapshots = Snapshots(target)
    return [f"{name} {file} is damaged at the end" for name in snapshots.names() for file in snapshots.damages(name)]


def soak(folder: Path, *, seconds: float, seed: int, count: int) -> tuple[Shared, Troubles, Samples, list[str]]:
    versions = built(folder, count)
    truth = learnt(folder, versions)
    target, inbox, metrics = folder / "place" / "target", folder / "place" / "inbox", servers.free_port()
    shutil.copytree(versions[0].original.parents[1], target)
    print(f"{len(versions)} versions, {len(soak_truth.requests())} kinds of requests; it begins", flush=True)
    options = ("--inbox", str(inbox), "--metrics", f"127.0.0.1:{metrics}")
    with serving(folder, target, *options) as (port, process):
        timeline = Timeline(versions[0].version)
        known = {version.key: version.version for version in versions}
        published = lambda: [known[entry.snapshot] for entry in Snapshots(target).publications()]  # noqa: E731
        shared = Shared(port, truth, timeline, published)
        troubles = Troubles(target, port, process.pid, versions, timeline, random.Random(seed), shared.ended)
        samples = Samples(process.pid, port, metrics, shared)
        deeds = [samples.watch, samples.time_tiny, troubles.run, troubles.kill]
        threads = [threading.Thread(target=deed, daemon=True) for deed in deeds]
        threads += [Client(number, shared, seed) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.5)
        shared.ended.set()
        for thread in threads:
            thread.join(180)
        faults = [f"the server ended by itself with {process.returncode}"] if process.poll() is not None else []
        faults += [f"{thread.name} does not end" for thread in threads if thread.is_alive()]
        faults += ended(process, samples, target) if not faults else []
    return shared, troubles, samples, [*faults, *lost(inbox, shared), *damaged(target)]


def table(shared: Shared, troubles: Troubles, samples: Samples) -> Iterator[str]:
    outcomes: dict[str, list[str]] = {}
    for (kind, outcome), number in sorted(shared.answers.items()):
        outcomes.setdefault(kind, []).append(f"{outcome}: {number:,}")
    yield from ("| requests | outcomes |", "|---|---|")
    yield from (f"| {kind} | {', '.join(told)} |" for kind, told in outcomes.items())
    yield from ("", "| troubles | number |", "|---|---:|")
    yield from (f"| {name} | {number} |" for name, number in sorted(troubles.counts.items()))
    yield from ("", "| by fifths | 1 | 2 | 3 | 4 | 5 | allowed |", "|---|---:|---:|---:|---:|---:|---|")
    for measure, values in zip(MEASURES, zip(*samples.fifths(), strict=True), strict=True):
        cells = " | ".join(measure.form.format(value) for value in values)
        yield f"| {measure.name} | {cells} | {measure.times:g} times the second and {measure.more:g} |"
    yield from ("", f"Loop lag at most {1000 * samples.lag_s:.0f} ms; load of the machine {os.getloadavg()[0]:.1f}.")


def judged(samples: Samples) -> list[str]:
    _first, second, *_others, last = samples.fifths()
    both = zip(MEASURES, second, last, strict=True)
    return [f"{measure.name} rose from {a:.0f} to {b:.0f}" for measure, a, b in both if measure.risen(a, b)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--versions", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        began = time.monotonic()
        shared, troubles, samples, faults = soak(
            Path(folder), seconds=options.seconds, seed=options.seed, count=options.versions
        )
        print("\n".join(table(shared, troubles, samples)))
        log = (Path(folder) / "said.log").read_text(encoding="utf-8", errors="replace")
    faults = [*shared.faults, *troubles.faults, *faults, *judged(samples)]
    faults += [line for line in log.splitlines() if "internal error" in line or "Traceback" in line]
    print(f"{time.monotonic() - began:.0f} s, seed {options.seed}: {len(faults) or 'no'} faults")
    if faults:
        print("\n".join(faults), file=sys.stderr)
        print("\n".join(log.splitlines()[-60:]), file=sys.stderr)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
