"""`make bench`: how often what people mean comes first when they search, over the judged queries in tests/search.

    python bench/searching.py [INDEX] [--missed] [--all]

INDEX is the file of a built snapshot; without it the data of this repository are built first. Half of the queries are
kept aside while the ranking and the table of everyday words are tuned: their misses are shown with `--all`.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ozg_lod.search.index import FILE
from ozg_lod.search.search import Hit, Index

JUDGED = Path(__file__).parents[1] / "tests" / "search" / "judged.csv"
DEEPEST = 5


@dataclass(frozen=True)
class Judged:
    """A query, whether it was kept aside, and the place of the first right hit (0: not among the first five)."""

    query: str
    aside: bool
    place: int


def judged(index: Index) -> list[Judged]:
    """Return how each query is answered."""
    with JUDGED.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [Judged(row["query"], row["aside"] == "yes", _place(index, row["query"], row["first"])) for row in rows]


def success(answers: Iterable[Judged], within: int) -> float:
    """Return the share of queries with a right hit among the first `within`."""
    places = [answer.place for answer in answers]
    return sum(0 < place <= within for place in places) / len(places)


def _place(index: Index, query: str, first: str) -> int:
    hits = index.find(query, limit=DEEPEST).hits
    right = set(first.split())
    return next((place for place, hit in enumerate(hits, 1) if _name(hit) in right), 0)


def _name(hit: Hit) -> str:
    return f"/{hit.thing.key}" if hit.thing.kind == "page" else f"{hit.thing.kind}/{hit.thing.key}"


def _of_this_repository() -> list[Judged]:
    with tempfile.TemporaryDirectory() as target:
        command = [Path(sys.executable).with_name("ozg-lod"), "build", "--target", target]
        subprocess.run(command, check=True, capture_output=True)
        return judged(Index(next(Path(target).glob(f"snapshots/*/{FILE}"))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path, nargs="?")
    parser.add_argument("--missed", action="store_true")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    answers = judged(Index(arguments.index)) if arguments.index else _of_this_repository()
    halves = {"tuned": [a for a in answers if not a.aside], "aside": [a for a in answers if a.aside], "all": answers}
    for name, half in halves.items():
        print(
            f"{name:6} {len(half):4} queries  success@1 {success(half, 1):.3f}  success@5 {success(half, DEEPEST):.3f}"
        )
    for answer in answers:
        if arguments.missed and answer.place != 1 and (arguments.all or not answer.aside):
            print(f"  {answer.place or '-'}  {answer.query}")


if __name__ == "__main__":
    main()
