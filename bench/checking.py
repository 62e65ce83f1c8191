"""`make bench`, second part: from a file to the report on it, beside plain pySHACL on the same graph.

    python bench/checking.py [--rounds 5] [--write]

Warm is a server's cage, which has read snapshot and rules; cold is a cage started for one file, as on the command line
(without the start of Python itself). Plain pySHACL gets the triples of the file, the vocabulary and the same shapes as
graphs that are parsed already; it runs once. Shown are the median and, in brackets, the fastest and the slowest round,
in seconds. A second table has the two judges of the rules over the published graph, once and four times under other
addresses, in seconds of processor time.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import platform
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl

from ozg_lod.build import build
from ozg_lod.contributions.check_request import CheckAnswer, CheckRequest
from ozg_lod.core.settings import Settings
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.fork_server import ForkServer
from ozg_lod.sandbox.worker_process import WorkerLimits
from ozg_lod.validation import judges, report, rulebook
from ozg_lod.validation.check_process import examine_in_cage
from ozg_lod.validation.examination import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ozg_lod.validation.examination import Examination, Rules

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
MARK = "<!-- checking -->"
HEAD = ["AGS", "Leistung", "Stand", "Seit", "Adresse des Online-Antrags", "Geprüft am"]
BASE = "https://w3id.org/ozg-lod/hessen/"
ONTOLOGY = "https://w3id.org/ozg-lod/ontology#"
TRIPLES = 10_000
LARGE = 20_000
"""Triples on which plain pySHACL takes minutes."""


def rows(count: int) -> list[list[str]]:
    """Return rows that conform: each a bundle in a municipality, none twice."""
    keys = {}
    for name in ("municipalities", "bundles"):
        with (ROOT / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            keys[name] = [line[0] for line in csv.reader(file)][1:]
    pairs = ((municipality, bundle) for bundle in keys["bundles"] for municipality in keys["municipalities"])
    return [
        [municipality, bundle, "verfügbar", "2020-10", f"https://www.example.org/{number}", "2026-11-24"]
        for number, (municipality, bundle) in zip(range(count), pairs, strict=False)
    ]


def as_csv(count: int) -> SourceFile:
    """Return a CSV file of so many rows."""
    output = io.StringIO()
    csv.writer(output, delimiter=";").writerows([HEAD, *rows(count)])
    return SourceFile("rows.csv", output.getvalue().encode())


def as_xlsx(count: int) -> SourceFile:
    """Return a workbook of so many rows."""
    book = openpyxl.Workbook()
    for line in (HEAD, *rows(count)):
        book.worksheets[0].append(line)
    output = io.BytesIO()
    book.save(output)
    return SourceFile("rows.xlsx", output.getvalue())


def as_turtle(triples: int) -> SourceFile:
    """Return a Turtle file of so many triples."""
    text = [f"@prefix ozg: <{ONTOLOGY}> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> ."]
    for number, (key, bundle, *_) in enumerate(rows(triples // 8)):
        text.append(
            f"<{BASE}id/availability/{key}-{bundle}> a ozg:Availability ; "
            f"ozg:availabilityOf <{BASE}id/bundle/{bundle}> ; ozg:availableAt <{BASE}id/municipality/{key}> ; "
            f"ozg:status ozg:available ; ozg:onlineForm <https://example.org/{number}> ; "
            '<http://purl.org/dc/terms/created> "2026-11-24"^^<http://www.w3.org/2001/XMLSchema#date> ; '
            f'skos:prefLabel "{bundle}, {key}"@de ; <http://purl.org/dc/terms/source> <{BASE}id/source/beitrag> .'
        )
    return SourceFile("facts.ttl", "\n".join(text).encode())


def plain(examination: Examination, rules: Rules) -> Callable[[], object]:
    """Return plain pySHACL over the triples of an examination, with the same shapes."""
    import pyshacl  # noqa: PLC0415
    import rdflib  # noqa: PLC0415

    data, shapes = rdflib.Dataset(default_union=True), rdflib.Graph()
    data.parse(data=examination.quads.decode(), format="nquads")
    merged = rdflib.Graph()
    for triple in data.triples((None, None, None)):
        merged.add(triple)
    merged.parse(data=rules.ontology.decode(), format="turtle")
    shapes.parse(data=rules.shapes.decode(), format="turtle")

    def validate() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pyshacl.validate(merged, shacl_graph=shapes, inference="none", inplace=True)

    return validate


def inspected(server: ForkServer, file: SourceFile) -> Examination:
    """Return what a worker of the inspection says, as a server asks it."""
    worker = server.fork()
    try:
        answer = worker.answer(wire.encode(CheckRequest(file.name, file.content)), deadline_s=120)
    finally:
        worker.kill()
    return wire.decode(CheckAnswer, answer).examination


def measured(work: Callable[[], object], rounds: int) -> str:
    """Return the median of the rounds, and the fastest and the slowest."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return f"{statistics.median(times):.2f} [{min(times):.2f}–{max(times):.2f}]"


def table(rounds: int) -> Iterator[str]:
    """Yield the lines of the table."""
    files = {f"{count:,} rows of CSV": as_csv(count) for count in (50, 500, 5_000)}
    files |= {f"{count:,} rows of XLSX": as_xlsx(count) for count in (50, 500, 5_000)}
    files[f"{TRIPLES:,} triples of Turtle"] = as_turtle(TRIPLES)
    yield "| file to report, seconds | warm cage | cold cage | plain pySHACL on the graph |"
    yield "|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        outcome = build.build(Settings(source=(ROOT,), target=Path(folder)), say=lambda _message: None)
        assert outcome.manifest is not None
        directory = Path(folder) / "snapshots" / outcome.manifest.build_key
        rules = rulebook.of_snapshot(directory, BASE)
        argument = json.dumps({"snapshot": str(directory), "public_url": "", "rows": 10_000})
        limits = WorkerLimits(memory_mb=2048, cpu_s=121)
        server = ForkServer("ozg_lod.contributions.check_worker:checking", argument, limits)
        for name, file in files.items():
            found = inspected(server, file)
            assert found.conforms, report.to_text(found, "en")[:1_000]
            warm = measured(lambda file=file: report.to_text(inspected(server, file), "de"), rounds)
            cold = measured(
                lambda file=file: report.to_text(examine_in_cage([file], rules, memory_mb=2048, deadline_s=120), "de"),
                max(2, rounds // 2),
            )
            beside = measured(plain(found, rules), 1) if found.quads.count(b"\n") < LARGE else "not measured"
            yield f"| {name} | {warm} | {cold} | {beside} |"
        server.close()
        yield ""
        yield from judged((directory / "data.nt").read_bytes(), rules)


def judged(graph: bytes, rules: Rules) -> Iterator[str]:
    """Yield the lines of a second table: the published graph before each of the two judges."""
    yield "| published graph, seconds of processor time | shacl | pySHACL | ratio |"
    yield "|---|---|---|---|"
    copies = b"".join(graph.replace(BASE.encode(), BASE.replace("hessen", copy).encode()) for copy in "abcd")
    for data in (graph, copies):
        times = []
        for judge in (judges.SHACL, judges.PYSHACL) if len(data) == len(graph) else (judges.SHACL,):
            judges.judge(b"", rules.shapes, judge)
            began = time.process_time()
            judges.judge(data, rules.shapes, judge)
            times.append(time.process_time() - began)
        beside = (f"{times[1]:.1f}", f"{times[1] / times[0]:.0f}") if times[1:] else ("not measured", "")
        yield f"| {len(data.splitlines()):,} triples | {times[0]:.2f} | {' | '.join(beside)} |"


def main() -> None:
    """Measure, print, and write into the page where asked to."""
    parser = argparse.ArgumentParser(description="From a file to the report on it.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    lines = []
    for line in table(options.rounds):
        print(line, flush=True)
        lines.append(line)
    if options.write:
        said = f"Python {platform.python_version()}, {options.rounds} rounds.\n\n" + "\n".join(lines)
        before, _, _ = PAGE.read_text("utf-8").partition(MARK)
        PAGE.write_text(f"{before.rstrip()}\n\n{MARK}\n{said}\n", "utf-8")


if __name__ == "__main__":
    main()
