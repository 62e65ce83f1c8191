"""`make bench` also asks this: how long one request with 300 keys and names takes, in both versions of the service.

    python bench/matching.py [--rounds N]

The rows are those on which matching is developed (tests/labelled.py); the server is ours with the data of this
repository. The manifest is read first, as every client does: the server reads its
register then. The first batch is told apart.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
ROWS = 300
LIMIT_S = 2.0
sys.path[:0] = [str(ROOT)]


def batch(version: str) -> tuple[str, dict[str, object]]:
    """Return the address of a version and what is sent there: 300 rows, as lists have them."""
    from tests import labelled  # noqa: PLC0415 - found by the path that is set above

    texts = [row.text for row in labelled.rows(labelled.DEVELOP)[:ROWS]]
    if version == "0.2":
        queries = json.dumps({f"q{n}": {"query": text} for n, text in enumerate(texts)})
        return "/reconcile", {"data": {"queries": queries}}
    conditions = [{"conditions": [{"matchType": "name", "propertyValue": text}]} for text in texts]
    return "/reconcile/match", {"json": {"queries": conditions}}


def measured(url: str, rounds: int) -> list[str]:
    """Return a line for each version: the first answer, then median and slowest of the rounds, in seconds."""
    lines = []
    with httpx.Client(base_url=url, timeout=60) as client:
        client.get("/reconcile").raise_for_status()  # as every client does before it asks
        for version in ("0.2", "1.0-draft"):
            address, sent = batch(version)
            times = []
            for _ in range(rounds + 1):
                start = time.perf_counter()
                client.post(address, **sent).raise_for_status()  # type: ignore[arg-type]
                times.append(time.perf_counter() - start)
            slowest = max(times)
            verdict = "within" if slowest <= LIMIT_S else "OVER"
            middle = statistics.median(times[1:])
            lines.append(
                f"| {version} | {ROWS} | {times[0]:.3f} | {middle:.3f} | {slowest:.3f} | {verdict} {LIMIT_S:g} s |"
            )
    return lines


def main() -> int:
    """Start the server, ask it, print the table; 1 where an answer took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    from servers import free_port, running, wait  # noqa: PLC0415 - imports what only make bench installs

    with tempfile.TemporaryDirectory() as aside:
        program = str(Path(sys.executable).parent / "ozg-lod")
        subprocess.run([program, "build", "--source", str(ROOT), "--target", aside], check=True, capture_output=True)
        port = free_port()
        with running([program, "serve", "--target", aside, "--port", str(port)], Path(aside)):
            wait(port, "/health/ready")
            lines = measured(f"http://127.0.0.1:{port}", options.rounds)
    print("| version | rows in one request | first, s | median, s | slowest, s | |\n|---|---|---|---|---|---|")
    print("\n".join(lines))
    return int(any("OVER" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
