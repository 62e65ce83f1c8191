"""How a build grows with what it builds: processor time and memory at 34,000, 144,000 and 1.4 million triples.

    python bench/growth.py [--write] [--quick]

The first size is the data of this repository, the others have invented municipalities beside it (`national.py`). Each
is built twice: all of it, and again after one row has changed; then `shacl` validates the merge, and pySHACL at the two
sizes it can do (five minutes at the second). `--quick` leaves out the largest and pySHACL. Builds have no second judge.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import national

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "benchmarks.md"
START, END = "<!-- growth -->", "<!-- end of growth -->"
SIZES = (0, 644, 8_100)
CHANGED = f"{national.SOURCE}-verfuegbarkeit-06.csv"
HEAD = (
    "| triples | build: CPU s | start | cage: read, type, judge | data | files, index, store | MB: builder, cage "
    "| one row: CPU s | cage | data and files | `shacl`: CPU s, MB | pySHACL: CPU s, MB |"
)
BUILD = """
import json, resource, sys
from pathlib import Path
from ozg_lod.build.build import build
from ozg_lod.core.settings import Settings
def used():
    own, cage = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return [own.ru_utime + own.ru_stime, cage.ru_utime + cage.ru_stime]
marks = []
target, *roots = map(Path, sys.argv[1:])
outcome = build(Settings(source=tuple(roots), target=target, judge="none"), say=lambda _message: marks.append(used()))
memory = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
own, cage = used()
print(json.dumps({"triples": outcome.manifest.triples, "all": own + cage, "start": marks[0][0], "cage": cage,
                  "data": marks[2][0] - marks[1][0], "files": own - marks[2][0], "memory": memory}))
"""
JUDGE = """
import json, resource, sys
from pathlib import Path
from ozg_lod.validation import judges
directory, judge = Path(sys.argv[1]), sys.argv[2]
found = judges.judge((directory / "data.nt").read_bytes(), (directory / "shapes.ttl").read_bytes(), judge)
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024, "results": len(found)}))
"""


def measured(script: str, *arguments: object) -> dict:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def change_a_row(folder: Path, municipalities: int) -> None:
    path = folder / CHANGED if municipalities else folder / "data" / "starke-heimat-2020.csv"
    lines = path.read_text("utf-8").split("\n")
    middle = len(lines) // 2
    before, after = ("2026-11-30", "2026-11-29") if municipalities else ("mein-blaettche.de", "mein-blaettche")
    lines[middle] = lines[middle].replace(before, after, 1)
    path.write_text("\n".join(lines), "utf-8")


def sources(folder: Path, municipalities: int) -> list[Path]:
    """Return the source folders, copied where they will be changed."""
    if municipalities:
        national.write(folder, municipalities)
        return [ROOT, folder]
    for name in ("data", "ontology", "shapes", "queries", "contributions", "tests/invariants", "tests/shapes"):
        shutil.copytree(ROOT / name, folder / name)
    return [folder]


def of_size(folder: Path, municipalities: int, *, again: bool) -> dict:
    roots = sources(folder / "source", municipalities)
    whole = measured(BUILD, folder / "target", *roots)
    change_a_row(folder / "source", municipalities)
    row = measured(BUILD, folder / "target", *roots)
    directory = folder / "target" / "snapshots" / (folder / "target" / "current").read_text().strip()
    judged = {judge: measured(JUDGE, directory, judge) for judge in ("shacl", *(["pyshacl"] if again else []))}
    return {"whole": whole, "row": row, **judged}


def exponent(points: list[tuple[float, float]]) -> float:
    """Return the exponent of the power that fits best (least squares of logarithms)."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x, mean_y = (sum(log[n] for log in logs) / len(logs) for n in (0, 1))
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _y in logs)


def table(sizes: list[dict]) -> str:
    lines = [HEAD, "|---:|---:|---:|---:|---:|---:|---|---:|---:|---:|---|---|"]
    for size in sizes:
        whole, row, judged, again = size["whole"], size["row"], size["shacl"], size.get("pyshacl")
        pairs = [f"{one['cpu']:.2f}, {one['memory']:.0f}" if one else "–" for one in (judged, again)]
        memory = ", ".join(f"{megabytes:.0f}" for megabytes in whole["memory"])
        figures = [whole[stage] for stage in ("all", "start", "cage", "data", "files")]
        changed = [row["all"], row["cage"], row["data"] + row["files"]]
        cells = [
            f"{whole['triples']:,}",
            *(f"{one:.1f}" for one in figures),
            memory,
            *(f"{one:.1f}" for one in changed),
        ]
        lines.append("| " + " | ".join([*cells, *pairs]) + " |")
    for name, stage in (("A build", "whole"), ("One changed row", "row")):
        power = exponent([(size["whole"]["triples"], size[stage]["all"]) for size in sizes])
        lines.append(f"\n{name} grows with the {power:.2f}th power of the triples." if len(sizes) > 1 else "")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace the table of growth in docs/benchmarks.md")
    parser.add_argument("--quick", action="store_true", help="without the largest size and without pySHACL")
    options = parser.parse_args()
    found = []
    for municipalities in SIZES[:-1] if options.quick else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            again = municipalities != SIZES[-1] and not options.quick
            found.append(of_size(Path(folder), municipalities, again=again))
            print(json.dumps(found[-1]), file=sys.stderr)
    result = table(found)
    print(result)
    if options.write:
        before, _, rest = DOCS.read_text("utf-8").partition(START)
        DOCS.write_text(f"{before}{START}\n\n{result}\n\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
