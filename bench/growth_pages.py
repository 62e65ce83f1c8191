"""What a first visit costs at every kind of address, and at 200 things of each kind, on a snapshot of any size.

    python bench/growth_pages.py [--target DIR] [--things N] [--write]

Without --target the catalogue of this repository is built. Each address is asked once, of a server that answered none
before; CPU is what all processes of the server used. The worst come first.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import client
import pages
import processes
import servers

START, END = "<!-- growth of pages -->", "<!-- end of growth of pages -->"
LIMIT_S, LIMIT_BYTES, SHOWN = 0.2, 200_000, 25
ONCE = """\
/ /karte /karte/ueberblick.svg /karte/06.svg /zeitleiste /zeitleiste?page=2 /quellen /widersprueche /status /hilfe
/impressum /codebuch /codebuch.csv /sitemap.xml /sitemap-1.xml /robots.txt /catalog /catalog.ttl /catalog.jsonld
/catalog.rdf /ontology /ontology.ttl /ontology/context.jsonld /shapes /shapes.ttl /efa /reuse /linkset/reuse
/aenderungen /changes.atom /suche /suche?q=kassel /suche?q=musterort /suche?q=e /search.json?q=musterort
/suche.csv?q=musterort /search.json?prefix=mus /leika/99 /ags/06411000 /mitmachen /vorlagen /pruefen /abgleich /sparql
/editor/words.json /.well-known/void /.well-known/sparql-examples /reconcile /harvest
""".split()  # noqa: SIM905 - 60 quoted lines say no more
PER_KIND = ("", ".ttl", ".csv", ".jsonld", "?page=2", "?q=musterort", "?q=99", "/nothing-of-this-key")
PER_THING = (("/doc/", ""), ("/doc/", ".ttl"), ("/linkset/", ""), ("/doc/", ".atom"))


@dataclass(frozen=True)
class Visit:
    """One first visit: `name` is what stands in the table, CPU in seconds."""

    name: str
    path: str
    status: int
    cpu_s: float
    size: int


def visits(target: Path, things: int) -> list[Visit]:
    """Ask a fresh server for each address once."""
    with tempfile.TemporaryDirectory() as aside, pages.ours(target, Path(aside), "--client-seconds", "0") as served:
        port, pid = served
        done = [_visit(port, pid, *address) for address in addresses(target, things)]
        memory = processes.shared_mb(pid)
    print(f"{len(done)} first visits; PSS of all processes {memory:.0f} MB", file=sys.stderr)
    return done


def _visit(port: int, pid: int, name: str, path: str) -> Visit:
    accept = "text/turtle" if path.startswith(("/sparql", "/.well-known/void")) else "text/html, */*;q=0.5"
    before, status, size = pages.cpu_s(pid), 0, 0
    with contextlib.suppress(OSError, client.Refused):  # an answer that nobody got has status 0
        connection = client.Connection(port, 300)
        status, size = connection.exchange(pages.asked(quote(path, safe="/?=.&"), accept))
        connection.close()
    return Visit(name, path, status, pages.cpu_s(pid) - before, size)


def addresses(target: Path, things: int) -> list[tuple[str, str]]:
    """Return (name, path) of every kind of address, then of so many things of each kind."""
    snapshot = target / "snapshots" / (target / "current").read_text("utf-8").strip()
    with contextlib.closing(sqlite3.connect(f"file:{snapshot / 'search.db'}?mode=ro", uri=True)) as index:
        keys: dict[str, list[str]] = {}
        for kind, key in index.execute("SELECT kind, key FROM entry ORDER BY id"):
            keys.setdefault(kind, []).append(key)
    asked = [(path, path) for path in ONCE]
    asked += [(f"/doc/{kind}{form}", f"/doc/{kind}{form}") for kind in keys for form in PER_KIND]
    asked += [(f"/badge/{key}.svg",) * 2 for key in keys.get("service", ())[:1]]
    for kind, known in keys.items():
        for key in random.Random(20210517).sample(known, min(things, len(known))):
            asked += [(f"{start}{kind}/…{form}", f"{start}{kind}/{key}{form}") for start, form in PER_THING]
    return asked


def rows(done: list[Visit], target: str) -> list[str]:
    """Return the table: for each kind of address its worst visit."""
    worst: dict[str, Visit] = {}
    for visit in done:
        if visit.name not in worst or visit.cpu_s > worst[visit.name].cpu_s:
            worst[visit.name] = visit
    slow = sum(visit.cpu_s > LIMIT_S for visit in done)
    large = sum(visit.size > LIMIT_BYTES for visit in done)
    ranked = sorted(worst.values(), key=lambda visit: -visit.cpu_s)
    head = f"{time.strftime('%Y-%m-%d')}, {target}: {len(done):,} first visits, {slow} above {LIMIT_S:g} s of CPU, "
    head += f"{large} above {LIMIT_BYTES // 1000} KB. The slowest {SHOWN} kinds of address:"
    lines = [head, "", "| address | status | CPU, ms | KB |", "|---|---:|---:|---:|"]
    lines += [f"| `{v.name}` | {v.status} | {1000 * v.cpu_s:.0f} | {v.size / 1000:.0f} |" for v in ranked[:SHOWN]]
    largest = sorted(worst.values(), key=lambda visit: -visit.size)[:5]
    return [*lines, "", "The largest: " + ", ".join(f"`{v.name}` {v.size / 1000:.0f} KB" for v in largest) + "."]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=Path, help="folder of snapshots to be visited")
    parser.add_argument("--things", type=int, default=200, metavar="N", help="things of each kind")
    parser.add_argument("--write", action="store_true", help="replace the measured part of docs/benchmarks-pages.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        target = options.target or Path(aside)
        if options.target is None:
            command = [str(servers.BIN / "ozg-lod"), "build", "--judge", "none", "--target", str(target)]
            subprocess.run(command, check=True, capture_output=True)
        lines = rows(visits(target, options.things), options.target.name if options.target else "this catalogue")
    print("\n".join(lines))
    if options.write:
        pages.write(lines, START, END)


if __name__ == "__main__":
    main()
