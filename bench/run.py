"""`make bench`: our server beside others, in one run, interleaved, as ratios with their spread.

    python bench/run.py [--quick] [--sizes 10000 1000000] [--write]

Each round asks every server every query in turn, so that what else the machine does falls on all of them alike. A ratio
is speed: ours over `oxigraph serve-read-only` in the same round; what is shown is the median of the rounds and, in
brackets, the lowest and the highest. Every query carries a number of its own, so that no cache answers.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import client
import generate
import servers

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = (
    "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
    "PREFIX dct: <http://purl.org/dc/terms/> "
)
QUERIES = {
    "tiny ASK": "ASK { <municipality/7> dct:isPartOf ?d }",
    "describe": "CONSTRUCT { <availability/42> ?p ?o . ?o skos:prefLabel ?l } WHERE { <availability/42> ?p ?o "
    "OPTIONAL { ?o skos:prefLabel ?l } }",
    "join": "SELECT (SUM(?n) AS ?services) { ?a ozg:availabilityOf <bundle/3> ; ozg:availableAt ?m ; "
    "ozg:serviceCount ?n . ?m dct:isPartOf <district/5> }",
    "grouping": "SELECT ?d (COUNT(?a) AS ?n) { ?a ozg:availableAt ?m ; ozg:status ozg:available . ?m dct:isPartOf ?d } "
    "GROUP BY ?d",
    "100,000 rows": "SELECT ?a ?l ?n { ?a skos:prefLabel ?l ; ozg:serviceCount ?n } LIMIT 100000",
}
TABLE, GRAPH = "application/sparql-results+json", "application/n-triples"
ATTACK = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
FIRST = "oxigraph serve"
SLOW = {"rdflib-endpoint"}
MARK = "<!-- measured -->"


def request(server: servers.Server, query: str) -> Callable[[], bytes]:
    accept = GRAPH if query.startswith("CONSTRUCT") else TABLE
    text = PREFIX + re.sub(r"<(\w+/\d+)>", rf"<{generate.BASE}\1>", query)
    return lambda: client.post(server.target, text, accept, server.extra)


class Table:
    """What was measured: (query, clients) -> server -> one value for each round; larger is better."""

    def __init__(self) -> None:
        self.speed: dict[tuple[str, int], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def rows(self, names: list[str]) -> list[str]:
        lines = [
            "| query | clients | "
            + " | ".join(f"{name}, ms" for name in names)
            + " | "
            + " | ".join(f"{name}, ratio" for name in names[1:])
            + " |"
        ]
        lines.append("|" + "---|" * (2 + len(names) + len(names) - 1))
        for (query, clients), by_name in self.speed.items():
            cells = [
                f"{1000 * clients / statistics.median(by_name[name]):.2f}"
                if by_name[name]
                else ("not asked" if name in SLOW else "failed")
                for name in names
            ]
            ratios = [_ratio(by_name[name], by_name[FIRST]) for name in names[1:]]
            lines.append(f"| {query} | {clients} | " + " | ".join(cells + ratios) + " |")
        return lines


def _ratio(values: list[float], first: list[float]) -> str:
    found = [mine / theirs for mine, theirs in zip(values, first, strict=False)]
    return f"**{statistics.median(found):.2f}** ({min(found):.2f}–{max(found):.2f})" if found else "–"


def measure(running: list[servers.Server], table: Table, *, rounds: int, seconds: float) -> None:
    dead: set[tuple[str, str]] = set()
    for number in range(rounds):
        turn = running[number % len(running) :] + running[: number % len(running)]
        for query, clients in itertools.product(QUERIES, (1, 8)):
            for server in turn:
                slow = server.name in SLOW and (clients > 1 or number > 1)
                if slow or (server.name, query) in dead or (clients > 1 and query == "100,000 rows"):
                    continue
                try:
                    table.speed[query, clients][server.name].append(_speed(server, query, clients, seconds))
                except (OSError, client.Refused) as error:
                    dead.add((server.name, query))
                    print(f"  {server.name} fails at {query}, {clients} clients: {error!r}", file=sys.stderr)
        print(f"  round {number + 1} of {rounds}", file=sys.stderr)


def _speed(server: servers.Server, query: str, clients: int, seconds: float) -> float:
    """Return answers a second."""
    asked = request(server, QUERIES[query])
    if clients == 1:
        return 1 / statistics.median(client.times(server.port, asked, seconds=seconds, least=1))
    return client.together(server.port, asked, clients=clients, seconds=seconds)[0]


def under_attack(server: servers.Server, *, seconds: float, attackers: int = 4) -> str:
    """Return a table row: times of small queries and of /health while slow queries are held."""
    ending = threading.Event()

    def attack() -> None:
        while not ending.is_set():
            with contextlib.suppress(OSError, client.Refused):
                client.times(server.port, request(server, ATTACK), seconds=0, least=1, limit_s=seconds + 5)

    for _ in range(attackers):
        threading.Thread(target=attack, daemon=True).start()
    time.sleep(1)
    small, health, failed = [], [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for asked, kept in ((request(server, QUERIES["tiny ASK"]), small), (_health(server), health)):
            try:
                kept.extend(client.times(server.port, asked, seconds=0, least=1, limit_s=10))
            except (OSError, client.Refused):
                failed += 1
        time.sleep(0.01)
    ending.set()
    return f"| {server.name} | {_times(small)} | {_times(health)} | {failed} |"


def _health(server: servers.Server) -> Callable[[], bytes]:
    asked = f"GET {server.health} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".encode()
    return lambda: asked


def _times(values: list[float]) -> str:
    if not values:
        return "no answer"
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"{1000 * statistics.median(ordered):.1f} / {1000 * late:.1f} ({len(ordered)})"


def raw_load(file: Path) -> float:
    """Return the seconds a new process takes to load the file with pyoxigraph alone, into memory."""
    code = "import sys, pyoxigraph as ox; ox.Store().bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_TRIPLES)"
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
    return time.monotonic() - start


def one_size(size: int, *, quick: bool) -> list[str]:
    table = Table()
    with tempfile.TemporaryDirectory() as aside, contextlib.ExitStack() as stack:
        file = Path(aside) / "catalogue.nt"
        generate.write(file, size)
        loads = [raw_load(file) for _ in range(3)]
        running = []
        for name, start in servers.available():
            folder = Path(aside) / name.replace(" ", "-")
            folder.mkdir()
            running.append(stack.enter_context(start(file, folder)))  # type: ignore[operator]
            print(f"{size:,}: {name} is ready after {running[-1].ready_s:.1f} s", file=sys.stderr)
        names = [server.name for server in running]
        measure(running, table, rounds=3 if quick else 5, seconds=0.25 if quick else 0.6)
        ready = {server.name: server.ready_s for server in running}
        attacked = [under_attack(server, seconds=4 if quick else 12) for server in running]
    raw = statistics.median(loads)
    lines = [f"### {size:,} quads", "", *table.rows(names), ""]
    lines += [
        f"From the file to the first answer: raw pyoxigraph load in memory {raw:.2f} s; "
        + ", ".join(f"{name} {value:.2f} s" for name, value in ready.items())
        + f"; ours is {ready['ours'] / raw:.1f} times the raw load.",
        "",
    ]
    lines += [
        "While four clients hold slow queries (milliseconds, median / p99, number of answers):",
        "",
        "| server | tiny ASK | health page | failed |",
        "|---|---|---|---|",
        *attacked,
        "",
    ]
    return lines


def machine() -> str:
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores shared by servers and clients, {memory_gb:.0f} GB, {system}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10 k quads only, fewer rounds: under two minutes")
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--write", action="store_true", help="replace the measured part of docs/benchmarks.md")
    options = parser.parse_args()
    sizes = options.sizes or ([10_000] if options.quick else [10_000, 1_000_000])
    lines = [f"Machine: {machine()}. Mode: {'quick' if options.quick else 'full'}.", ""]
    for size in sizes:
        lines += one_size(size, quick=options.quick)
    text = "\n".join(lines)
    print(text)
    if options.write:
        page = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
        page.write_text(page.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n\n" + text, encoding="utf-8")


if __name__ == "__main__":
    main()
