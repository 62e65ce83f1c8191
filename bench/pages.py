"""The pages part of `make bench`: one resource as Turtle and as HTML, beside DESCRIBE of the same resource elsewhere.

    python bench/pages.py [--quick] [--write]

All servers hold the same graph: the catalogue of this repository, merged. "Cold" is a server of ours that keeps no
finished answer (`--cache-mb 0`), so it makes every page anew; "warm" is one that has made each page once. DESCRIBE of
the others gives only what the resource itself says; ours also gives what is said of it, and the names of all
neighbours. Every server is asked in turn in each round, for the same resources in the same order. CPU is what the
server's processes used, its clients not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import client
import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

START, END = "<!-- pages measured -->", "<!-- end of pages -->"
TURTLE, HTML = "text/turtle", "text/html"
FIRST, SLOW = "oxigraph serve, DESCRIBE", "rdflib-endpoint, DESCRIBE"
SAMPLE = 200
KINDS = ("municipality", "district", "bundle", "programme", "availability", "concept", "place", "source")
LOAD_OF_ITS_OWN = 2.5
"""A client and a server at work, with a few threads waiting."""
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Subject:
    """One way to ask one server: the requests, one for each resource, and the processes whose CPU counts."""

    name: str
    port: int
    pid: int
    requests: tuple[bytes, ...]
    speeds: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu_ms: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def measure(self, clients: int, seconds: float) -> None:
        """Ask for `seconds`; keep answers a second and CPU milliseconds an answer."""
        taken = itertools.cycle(self.requests)
        before = cpu_s(self.pid)
        speed, times = client.together(self.port, lambda: next(taken), clients=clients, seconds=seconds)
        self.speeds[clients].append(speed)
        self.cpu_ms[clients].append(1000 * (cpu_s(self.pid) - before) / len(times))


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU a process and its children have used."""
    total = 0.0
    for process in (pid, *_children(pid)):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) * TICK_S
    return total


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in listing.read_text("ascii").split()]
    return found + [below for child in found for below in _children(child)]


def sample(graph: Path) -> list[str]:
    """Return resources of all kinds people ask for, the same every time."""
    shape = re.compile(r"^<(https?://[^>]*/id/([a-z]+)/[A-Za-z0-9-]+)> ")
    lines = graph.read_text("utf-8").splitlines()
    found = sorted({part[1] for line in lines if (part := shape.match(line)) and part[2] in KINDS})
    return random.Random(20210517).sample(found, min(SAMPLE, len(found)))


def asked(path: str, accept: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n\r\n".encode()


@contextlib.contextmanager
def ours(target: Path, folder: Path, *more: str) -> Iterator[tuple[int, int]]:
    port = servers.free_port()
    command = [str(servers.BIN / "ozg-lod"), "serve", "--target", str(target), "--port", str(port), *more]
    with servers.running(command, folder) as process:
        servers.wait(port, "/health/ready")
        yield port, process.pid


@contextlib.contextmanager
def oxigraph(graph: Path, folder: Path) -> Iterator[tuple[int, int]]:
    port, place, program = servers.free_port(), str(folder / "oxigraph"), str(servers.BIN / "oxigraph")
    subprocess.run([program, "load", "--location", place, "--file", str(graph)], check=True, capture_output=True)
    with servers.running(
        [program, "serve-read-only", "--location", place, "--bind", f"127.0.0.1:{port}"], folder
    ) as process:
        servers.wait(port, "/")
        yield port, process.pid


@contextlib.contextmanager
def rdflib_endpoint(graph: Path, folder: Path) -> Iterator[tuple[int, int]]:
    port, program = servers.free_port(), str(servers.program_of_rdflib_endpoint())
    with servers.running([program, "serve", str(graph), "--port", str(port), "--host", "127.0.0.1"], folder) as process:
        servers.wait(port, "/?query=ASK%20%7B%7D")
        yield port, process.pid


def subjects(stack: contextlib.ExitStack, folder: Path) -> list[Subject]:
    """Start all servers; return the ways to ask them."""
    target = folder / "target"
    subprocess.run([str(servers.BIN / "ozg-lod"), "build", "--target", str(target)], check=True, capture_output=True)
    graph = target / "graph.nt"
    dump = [str(servers.BIN / "ozg-lod"), "dump", "--merged", "--target", str(target)]
    with graph.open("wb") as file:
        subprocess.run(dump, check=True, stdout=file)
    things = sample(graph)
    pages = ["/doc/" + iri.partition("/id/")[2] for iri in things]
    queries = ["?query=" + quote(f"DESCRIBE <{iri}>", safe="") for iri in things]
    warm, warm_pid = stack.enter_context(ours(target, folder))
    cold, cold_pid = stack.enter_context(ours(target, folder, "--cache-mb", "0"))
    other, other_pid = stack.enter_context(oxigraph(graph, folder))
    found = [
        Subject(FIRST, other, other_pid, tuple(asked("/query" + query, TURTLE) for query in queries)),
        Subject("ours, warm, Turtle", warm, warm_pid, tuple(asked(page, TURTLE) for page in pages)),
        Subject("ours, warm, HTML", warm, warm_pid, tuple(asked(page, HTML) for page in pages)),
        Subject("ours, cold, Turtle", cold, cold_pid, tuple(asked(page, TURTLE) for page in pages)),
        Subject("ours, cold, HTML", cold, cold_pid, tuple(asked(page, HTML) for page in pages)),
    ]
    if servers.program_of_rdflib_endpoint():
        slow, slow_pid = stack.enter_context(rdflib_endpoint(graph, folder))
        found.append(Subject(SLOW, slow, slow_pid, tuple(asked("/" + query, TURTLE) for query in queries)))
    else:
        print("rdflib-endpoint is not installed: left out", file=sys.stderr)
    return found


def prepare(found: list[Subject]) -> None:
    """Ask each server for each resource once, so that warm is warm and nobody pays for a first start."""
    for subject in found:
        requests = subject.requests[:10] if subject.name == SLOW else subject.requests
        connection = client.Connection(subject.port, 60)
        for request in requests:
            if connection.exchange(request)[0] != 200:  # noqa: PLR2004
                raise client.Refused(subject.name)
        connection.close()


def rows(found: list[Subject]) -> list[str]:
    """Return the table: speed, ratio to the first in the same round, CPU."""
    lines = ["| asked | clients | answers a second | ratio | CPU, ms an answer |", "|---|---|---|---|---|"]
    first = found[0]
    for clients in (1, 8):
        for subject in found:
            mine, theirs = subject.speeds[clients], first.speeds[clients]
            ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
            ratio = f"**{statistics.median(ratios):.2f}** ({min(ratios):.2f}–{max(ratios):.2f})"
            lines.append(
                f"| {subject.name} | {clients} | {statistics.median(mine):,.0f} | {'1' if subject is first else ratio} "
                f"| {statistics.median(subject.cpu_ms[clients]):.2f} |"
            )
    return lines


def measured(*, quick: bool) -> list[str]:
    """Run it all; return the lines for the page of benchmarks."""
    rounds, seconds = (3, 0.5) if quick else (7, 1.0)
    loads: list[float] = []
    with tempfile.TemporaryDirectory() as aside, contextlib.ExitStack() as stack:
        found = subjects(stack, Path(aside))
        prepare(found)
        for number in range(rounds):
            turn = found[number % len(found) :] + found[: number % len(found)]
            for clients, subject in itertools.product((1, 8), turn):
                subject.measure(clients, seconds)
            loads.append(os.getloadavg()[0])
            print(f"  pages: round {number + 1} of {rounds}", file=sys.stderr)
        lines = rows(found)
    day, load = time.strftime("%Y-%m-%d"), statistics.mean(loads)
    head = f"{day}, {rounds} rounds of {seconds:g} s each, {SAMPLE} resources, {os.cpu_count()} cores. "
    busy = f"Load average of the machine, this run included: {load:.1f}"
    told = f"{busy}, so other work took most of the cores: trust the CPU." if load > 2 * LOAD_OF_ITS_OWN else f"{busy}."
    return [head + told, "", *lines]


def write(lines: list[str], start: str = START, end: str = END) -> None:
    """Replace what was measured before in the page of benchmarks."""
    page = Path(__file__).resolve().parents[1] / "docs" / "benchmarks-pages.md"
    before, _, rest = page.read_text("utf-8").partition(start)
    after = rest.partition(end)[2]
    page.write_text(before + start + "\n\n" + "\n".join(lines) + "\n\n" + end + after, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--write", action="store_true", help="replace the measured part of docs/benchmarks-pages.md")
    options = parser.parse_args()
    lines = measured(quick=options.quick)
    print("\n".join(lines))
    if options.write:
        write(lines)


if __name__ == "__main__":
    main()
