"""How much of the house one piece of work walks through: files, functions, calls, and moves from file to file.

    python bench/traces.py [--json FILE]

Everything goes through the public doors, `ozg-lod build`, `serve` and `inbox accept` with requests over HTTP, so
nothing of the program is imported and its modules may be called anything. `trace_hook.py` counts in the server, in its
threads and in the children of its cage. Counted are the Python files of `src/ozg_lod`, without what importing them
does. A move is a call from one of them into another, or the return from it; frames of libraries and templates between
the two do not matter. A generator or coroutine that goes on, or pauses, moves too, but is no call. Comprehensions are
no functions.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import xlsxwriter
from servers import free_port
from trace_hook import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = Path(sys.executable).parent / "ozg-lod"
QUIET_S = 0.4
HTML, TURTLE, JSON = ({"accept": form} for form in ("text/html", "text/turtle", "application/json"))
PAGE, OTHER_PAGE, THIRD_PAGE = (f"/doc/municipality/{key}" for key in ("06531005", "06414000", "06611000"))
QUERY = "SELECT ?class (COUNT(*) AS ?count) WHERE { ?thing a ?class } GROUP BY ?class ORDER BY DESC(?count) LIMIT 10"
HEADINGS = ("AGS", "Name", "Leistung", "Bezeichnung", "Stand", "Seit", "Bis", "Formular", "Geprüft am")
SERVICES = ("abfallwirtschaft", "fuehrerschein", "jugendamt", "maengelmelder", "soziales", "standesamt", "sterbefall")
TOWN, FORM = "06531005", "https://www.example.org/antrag/"
SENDER = {"authority": TOWN, "sender": "Person im Rathaus", "mail": "rathaus@example.org", "consent": "1"}


@dataclass
class Count:
    """What was counted up to a moment, or between two: calls by function, moves by process."""

    calls: Counter[str] = field(default_factory=Counter)
    moves: Counter[int] = field(default_factory=Counter)

    def since(self, before: Count) -> Count:
        return Count(self.calls - before.calls, self.moves - before.moves)

    def row(self, main: int) -> dict[str, int]:
        functions = [name for name in self.calls if not name.split(":")[1].endswith(("comp>", "genexpr>"))]
        return {
            "files": len({name.split(":")[0] for name in self.calls}),
            "functions": len(functions),
            "calls": sum(self.calls[name] for name in functions),
            "moves": self.moves.total(),
            "moves_in_main_process": self.moves[main],
            "moves_in_cage": self.moves.total() - self.moves[main],
            "processes": len(self.moves),
        }


class Tracer:
    """Runs the program with counters in it, and tells what was counted from one moment to the next."""

    def __init__(self, folder: Path) -> None:
        self.traces, self.hook = folder / "traces", folder / "hook"
        self.traces.mkdir()
        self.hook.mkdir()
        package = f"{ROOT / 'src' / 'ozg_lod'}/"
        shutil.copy(Path(__file__).with_name("trace_hook.py"), self.hook)
        order = f"import trace_hook; trace_hook.install({str(self.traces)!r}, {package!r})"
        (self.hook / "sitecustomize.py").write_text(order, encoding="utf-8")  # Python imports it at start
        self.rows: dict[str, dict[str, int]] = {}

    def start(self, *arguments: object) -> subprocess.Popen[bytes]:
        path = f"PYTHONPATH={self.hook}:{ROOT / 'src'}"
        return subprocess.Popen(["env", path, PROGRAM, *map(str, arguments)], stdout=sys.stderr)

    def run(self, name: str, *arguments: object) -> None:
        """Trace one command from its start to its end."""
        with self.traced(name) as main, self.start(*arguments) as process:
            main.append(process.pid)
            if process.wait() != 0:
                raise SystemExit(f"{arguments} ended with {process.returncode}")

    @contextlib.contextmanager
    def traced(self, name: str) -> Iterator[list[int]]:
        """Count what happens inside, and what it leaves to be done; the one process named to it is the main one."""
        print(f"{name} …", file=sys.stderr)
        before, main = self.quiet(), list[int]()
        yield main
        self.rows[name] = self.quiet().since(before).row(main[0])

    def quiet(self) -> Count:
        """Return what was counted so far, once nothing moves any more."""
        count, last = self._count(), None
        while count != last:
            time.sleep(QUIET_S)
            count, last = self._count(), count
        return count

    def _count(self) -> Count:
        count = Count()
        for path in self.traces.glob("*.trace"):
            moves, functions = counted(path)
            count.moves[int(path.name.partition("-")[0])] += moves
            for name, calls in functions:
                count.calls[name] += calls
        return count


def sheet(*, since: str) -> bytes:
    """Return a table with a row for each of the services; the last is offered `since`."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet()
        page.write_row(0, 0, HEADINGS)
        for row, service in enumerate(SERVICES, 1):
            start = since if row == len(SERVICES) else "2025-03"
            page.write_row(row, 0, (TOWN, "", service, "", "verfügbar", start, "", FORM + service, "2026-11-20"))
    return file.getvalue()


def ask(tracer: Tracer, server: subprocess.Popen[bytes], client: httpx.Client) -> str:
    """Trace the requests; return the reference of what was submitted."""

    def request(name: str, method: str, path: str, **options: object) -> httpx.Response:
        with tracer.traced(name) as main:
            main.append(server.pid)
            answer = client.request(method, path, **options)
        if not answer.is_success:
            raise SystemExit(f"{name}: {answer.status_code} {answer.text}")
        return answer

    request("HTML page, the first of a server", "GET", OTHER_PAGE, headers=HTML)
    request("HTML page, cold", "GET", PAGE, headers=HTML)
    request("HTML page, repeated", "GET", PAGE, headers=HTML)
    request("the same as Turtle, cold", "GET", PAGE, headers=TURTLE)
    request("Turtle of another, not seen as HTML", "GET", THIRD_PAGE, headers=TURTLE)
    request("Turtle, repeated", "GET", PAGE, headers=TURTLE)
    request("query at /sparql, cold", "POST", "/sparql", data={"query": QUERY})
    request("query at /sparql, repeated", "POST", "/sparql", data={"query": QUERY})
    faulty = {"file": ("tabelle.xlsx", sheet(since="Herbst 25"))}
    request("check of an XLSX, POST /validate, cold", "POST", "/validate", files=faulty, headers=JSON)
    request("check of an XLSX, POST /validate, warm", "POST", "/validate", files=faulty, headers=JSON)
    request("check of an XLSX, POST /pruefen, warm", "POST", "/pruefen", files=faulty, headers=HTML)
    sound = {"file": ("tabelle.xlsx", sheet(since="2025-03"))}
    kept = request("submission, POST /contributions", "POST", "/contributions", data=SENDER, files=sound)
    return str(kept.json()["reference"])


def trace(folder: Path) -> dict[str, dict[str, int]]:
    tracer, inbox, port = Tracer(folder), folder / "inbox", free_port()
    (into := folder / "contributions").mkdir()
    places = ("--source", ROOT, "--source", into, "--target", folder / "target")
    tracer.run("build", "build", *places)
    tracer.run("build, nothing to do", "build", *places)
    with tracer.start("serve", *places, "--port", port, "--inbox", inbox) as server:
        try:
            door = httpx.HTTPTransport(retries=12)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, transport=door) as client:
                while not client.get("/health/ready").is_success:
                    time.sleep(QUIET_S)
                reference = ask(tracer, server, client)
        finally:
            server.terminate()
    tracer.run("accept", "inbox", "accept", reference, "--checked", "Rückruf", "--inbox", inbox, *places)
    return tracer.rows


def table(rows: dict[str, dict[str, int]]) -> str:
    names = list(next(iter(rows.values())))
    lines = [f"| work | {' | '.join(names)} |".replace("_", " "), "|---" + "|---:" * len(names) + "|"]
    lines += [f"| {work} | {' | '.join(f'{row[name]:,}' for name in names)} |" for work, row in rows.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Count files, functions, calls and moves of pieces of work.")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = trace(Path(folder))
    print(table(rows))
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
