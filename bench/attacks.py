"""`make nightly`, second part: what each kind of attack costs the others.

    python bench/attacks.py [--seconds 10] [--write]

While attackers in a process of their own do their worst, each from many addresses behind a trusted proxy, so that no
share of a single client stops them, another client asks a tiny query that nobody asked before and /health in turn.
Shown are median / p99 in milliseconds, how late the event loop was at most (by /metrics), and resident memory of the
server alone and with all its processes: before, at most, and three seconds after. The server has its default limits.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import itertools
import json
import multiprocessing
import os
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import urlopen

import processes
import servers
import soak
import soak_truth
from run import machine
from soak_truth import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = soak.ROOT / "docs" / "operation.md"
MARKS = "<!-- attacks -->", "<!-- end of attacks -->"
OTHER = {"X-Forwarded-For": "203.0.113.7"}
SETTLES_S = 3
HOST = "Host: a\r\n"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DOUBLING = " ".join(f"BIND(CONCAT(?v{n},?v{n}) AS ?v{n + 1})" for n in range(34))
NAMES = [f"Bad Hersfelt an der Fulda {number}" for number in range(200)]
_numbers = itertools.count()


def asking(request: Callable[[], Request]) -> Callable[[int, int], None]:
    """Return an attacker that asks again and again, each time from another address."""

    def attack(port: int, number: int) -> None:
        for count in itertools.count():
            with contextlib.suppress(OSError):
                asked = request()
                fields = {"X-Forwarded-For": f"198.18.{number}.{count % 250}"}
                soak_truth.ask(
                    port, Request(asked.kind, "", asked.path, asked.method, asked.headers | fields, asked.body)
                )

    return attack


def query(text: str, accept: str = "application/json") -> Callable[[], Request]:
    def asked() -> Request:
        body = urlencode({"query": f"{text} # {next(_numbers)}"}).encode()
        return Request("attack", "", "/sparql", "POST", {**FORM, "Accept": accept}, body)

    return asked


def upload() -> Request:
    rows = "\r\n".join([soak_truth.HEAD, *(soak_truth.ROW.format("vieleicht") for _ in range(20_000))])
    parts = {"file": (f"{next(_numbers)}.csv", rows.encode())}
    fields = {"Content-Type": f"multipart/form-data; boundary={soak_truth.BOUNDARY}", "Accept": "text/html"}
    return Request("attack", "", "/pruefen", "POST", fields, soak_truth.multipart(parts))


def matching() -> Request:
    names = {f"q{n}": {"query": f"{name} {next(_numbers)}"} for n, name in enumerate(NAMES)}
    return Request("attack", "", "/reconcile", "POST", FORM, urlencode({"queries": json.dumps(names)}).encode())


def holding(start: bytes, piece: bytes, each_s: float) -> Callable[[int, int], None]:
    """Return an attacker of 125 connections that send a start, then a piece now and then; closed ones begin anew."""

    def attack(port: int, _number: int) -> None:
        held = [_opened(port, start) for _ in range(125)]
        while True:
            time.sleep(each_s)
            for place, connection in enumerate(held):
                try:
                    if piece:
                        connection.sendall(piece)
                    connection.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        if not connection.recv(4096):
                            raise ConnectionError
                    connection.setblocking(True)
                except OSError:
                    connection.close()
                    held[place] = _opened(port, start)

    return attack


def _opened(port: int, start: bytes) -> socket.socket:
    while True:
        with contextlib.suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", port), 10)
            connection.sendall(start)
            return connection
        time.sleep(0.1)


def pouring(start: bytes, piece: bytes) -> Callable[[int, int], None]:
    """Return an attacker of sixteen connections that send as much as is taken and read nothing."""

    def attack(port: int, _number: int) -> None:
        def pour() -> None:
            while True:
                with contextlib.suppress(OSError), _opened(port, start) as connection:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    while True:
                        connection.sendall(piece)
                time.sleep(0.05)

        for _ in range(16):
            threading.Thread(target=pour, daemon=True).start()
        threading.Event().wait()

    return attack


ATTACKS: dict[str, Callable[[int, int], None] | None] = {
    "none": None,
    "long queries (64 KB, 8,000 BASE)": asking(query("BASE<h://a/>" + "BASE<a/>" * 7_500 + "ASK{}")),
    "cross products": asking(query(soak_truth.RUNAWAY)),
    "memory bombs": asking(query(f"SELECT ?v34 {{ BIND('aaaaaaaa' AS ?v0) {DOUBLING} }}")),
    "7,000 columns as a page": asking(query(f"SELECT {' '.join(f'?v{n}' for n in range(7_000))} {{}}", "text/html")),
    "1,000 silent connections": holding(b"", b"", 1),
    "1,000 slow heads": holding(f"GET /health HTTP/1.1\r\n{HOST}".encode(), b"a: b\r\n", 1),
    "1,000 slow bodies": holding(
        f"POST /validate?name=a.csv HTTP/1.1\r\n{HOST}Content-Type: text/csv\r\nContent-Length: 9999\r\n\r\n".encode(),
        b"a;b\n",
        1,
    ),
    "128 × unread pipelined answers": pouring(b"", f"GET /openapi.json HTTP/1.1\r\n{HOST}\r\n".encode() * 100),
    "uploads of 20,000 faulty rows": asking(upload),
    "matching of 200 names": asking(matching),
    "128 × headers without end": pouring(f"GET /health HTTP/1.1\r\n{HOST}".encode(), b"a: b\r\n" * 1_000),
}
ATTACKERS = 8


@dataclass
class Seen:
    """What another client and the machine saw during an attack."""

    usages: list[processes.Usage] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=lambda: {"tiny ASK": [], "/health": []})
    failed: int = 0
    lag_s: float = 0.0

    def row(self, name: str, after: processes.Usage) -> str:
        cells = [name]
        for times in self.times.values():
            ordered = sorted(times)
            late = ordered[int(len(ordered) * 0.99)]
            cells.append(f"{1000 * statistics.median(ordered):.1f} / {1000 * late:.0f}")
        cells += [str(self.failed), f"{1000 * self.lag_s:.0f}"]
        for kind in ("server_mb", "all_mb"):
            values = [getattr(usage, kind) for usage in self.usages]
            cells.append(f"{values[0]:.0f} / {max(values):.0f} / {getattr(after, kind):.0f}")
        return f"| {' | '.join(cells)} |"


def lag_s(metrics: int) -> float:
    """Return the largest lag of the loop since the last look."""
    text = urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=30).read().decode()
    return max(map(float, re.findall(r"^ozg_lod_loop_lag_seconds (\S+)", text, re.MULTILINE)))


def measured(port: int, metrics: int, server: int, seconds: float, attack: Callable[[int, int], None] | None) -> Seen:
    seen, over = Seen(), threading.Event()
    seen.usages.append(processes.usage(server))
    lag_s(metrics)

    def look() -> None:
        while not over.wait(0.5):
            seen.usages.append(processes.usage(server))

    attackers = [
        multiprocessing.get_context("fork").Process(target=attack, args=(port, number), daemon=True)
        for number in range(ATTACKERS if attack else 0)
    ]
    for attacker in attackers:
        attacker.start()
    looking = threading.Thread(target=look)
    looking.start()
    time.sleep(SETTLES_S if attack else 0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _ask_both(port, seen)
    for attacker in attackers:
        attacker.kill()
        attacker.join()
    over.set()
    looking.join()
    seen.lag_s = lag_s(metrics)
    return seen


def _ask_both(port: int, seen: Seen) -> None:
    health = Request("health", "", "/health", headers=OTHER)
    tiny = Request("tiny ASK", "", "/sparql", "POST", {**FORM, **OTHER, "Accept": "application/json"})
    for name, request in (("tiny ASK", tiny), ("/health", health)):
        body = urlencode({"query": f"{soak_truth.PREFIX}{soak_truth.SMALL[0]} # {next(_numbers)}"}).encode()
        began = time.perf_counter()
        with contextlib.suppress(OSError):
            answer = soak_truth.ask(port, Request("", "", request.path, request.method, request.headers,
                                                  body if name == "tiny ASK" else None))  # fmt: skip
            seen.times[name].append(time.perf_counter() - began)
            seen.failed += answer.status != 200  # noqa: PLR2004
            continue
        seen.failed += 1
    time.sleep(0.01)


def rows(seconds: float) -> Iterator[str]:
    yield (
        "| attack, by 8 processes | tiny ASK, ms: median / p99 | /health, ms: median / p99 | not answered | "
        "loop lag at most, ms | server, MB: before / at most / after | all processes, MB |"
    )
    yield "|---|---|---|---:|---:|---|---|"
    with tempfile.TemporaryDirectory(prefix="attacks-") as aside:
        folder = Path(aside)
        (version,) = soak.built(folder, 1)
        port, metrics = servers.free_port(), servers.free_port()
        command = [str(servers.BIN / "ozg-lod"), "serve", "--target", str(version.original.parents[1])]
        command += ["--port", str(port), "--metrics", f"127.0.0.1:{metrics}", "--trusted-proxies", "127.0.0.1"]
        with servers.running(command, folder) as process:
            servers.wait(port, "/health/ready")
            for warm in (
                soak_truth.requests()[0],
                *(request for request in soak_truth.requests() if request.kind == "page"),
            ):
                soak_truth.ask(port, warm)
            for name, attack in ATTACKS.items():
                seen = measured(port, metrics, process.pid, seconds, attack)
                time.sleep(SETTLES_S)
                yield seen.row(name, processes.usage(process.pid))


def commit() -> str:
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    return told.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--write", action="store_true", help="into docs/operation.md")
    options = parser.parse_args()
    day, load = dt.datetime.now(dt.UTC).date(), os.getloadavg()[0]
    lines = [f"Measured {day} at {commit()}: {machine()}; load of the machine before: {load:.1f}.", ""]
    for line in rows(options.seconds):
        print(line, flush=True)
        lines.append(line)
    if options.write:
        before, _, rest = PAGE.read_text("utf-8").partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        PAGE.write_text("\n".join([before + MARKS[0], *lines, MARKS[1]]) + after, "utf-8")


if __name__ == "__main__":
    main()
