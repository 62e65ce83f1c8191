"""Whoever is killed while deciding leaves the old state or the new one, and the next command ends what was begun."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.contributing import BASE, Office, opened, row, table

from ozg_lod.contributions.inbox import PLAN
from ozg_lod.contributions.submissions import Submission, SubmissionState
from ozg_lod.snapshots.data_files import DATA_FILE
from ozg_lod.snapshots.snapshot import Snapshots

BUNDLES = [line.partition(",")[0] for line in (ROOT / "data" / "bundles.csv").read_text("utf-8").splitlines()[1:]]
CHECKED = ("--checked", "Rückruf im Rathaus")
KILLED_AT = """
import os, signal, sys
start, at, done, begun = sys.argv[1], int(sys.argv[2]), 0, False
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}
def watch(event, arguments):
    global done, begun
    begun = begun or start == "run" or (event == "os.rename" and str(arguments[1]).endswith("plan.json"))
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if begun and (event in CHANGES or writes):
        done += 1
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
from ozg_lod.cli import main
main(sys.argv[3:])
"""
"""Runs the program and kills it right before its n-th change to a file or folder, counted from its start (run) or from
the moment the plan is put in place (plan)."""
SNAPSHOT_STEPS, PLAN_STEPS = 140, 13
"""Writing the snapshot takes at least so many changes; the plan, what it does and the end of it take so many."""


def killed(place: Office, start: str, at: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        KILLED_AT,
        start,
        str(at),
        "inbox",
        *arguments,
        "--inbox",
        str(place.folder),
        *place.places,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def is_published(place: Office, bundle: str) -> bool:
    """Tell what a server that starts now would say; the snapshot it takes must be undamaged."""
    snapshots = Snapshots(place.target)
    name = snapshots.current() or ""
    snapshots.verified(name)
    return f"<{BASE}id/availability/06531005-{bundle}>".encode() in (snapshots.directory(name) / DATA_FILE).read_bytes()


def check_agreement(place: Office, submission: Submission, bundle: str) -> bool:
    """Run the next command; hold inbox, source root and snapshot against each other; tell whether it is published."""
    with Snapshots(place.target).locked():
        pass  # what lies half written aside is cleared away, so that the next run takes as many steps as the first
    listed = place.run("list")
    assert listed.returncode == 0, listed.stderr
    assert not (place.folder / PLAN).exists()
    state = place.inbox.case(submission.reference).state
    published = is_published(place, bundle)
    assert published is (state is SubmissionState.ACCEPTED), (state, published)
    assert (place.into / submission.key / f"{submission.key}.csv").is_file() is published
    assert not list(place.into.glob(".mitteilung*.new"))
    log = Snapshots(place.target).publications()
    assert len({entry.snapshot for entry in log}) == len(log), "a publication is logged once"
    return published


def left_of(place: Office, bundle: str) -> list[Path]:
    """Return the files below the target that still hold what was erased; log and manifests have addresses only."""
    kept = {"published.jsonl", "manifest.json"}
    statement = f"<{BASE}id/availability/06531005-{bundle}>".encode()
    files = (path for path in place.target.rglob("*") if path.is_file() and path.name not in kept)
    return [path for path in files if statement in path.read_bytes()]


@pytest.fixture
def place(tmp_path: Path) -> Office:
    return opened(tmp_path)


def test_a_decision_killed_at_twenty_random_points_is_done_wholly_or_not_at_all(place: Office) -> None:
    choose, bundles = random.Random(20261124), iter(BUNDLES)  # noqa: S311 - points of a test
    points = [("run", at) for at in choose.sample(range(1, SNAPSHOT_STEPS), 5)]
    points += [("plan", at) for at in choose.sample(range(1, PLAN_STEPS + 1), 8)]
    accepted, met = [], set()
    for start, at in points:
        bundle = next(bundles)
        submission = place.put(table(row(bundle=bundle)))
        ended = killed(place, start, at, "accept", submission.reference, *CHECKED)
        assert ended.returncode == -signal.SIGKILL, (start, at, ended.stderr)
        is_published(place, bundle)
        met.add(published := check_agreement(place, submission, bundle))
        if published:
            accepted.append((submission, bundle))
    assert met == {True, False}, "both states were met"
    points = [("run", at) for at in choose.sample(range(1, SNAPSHOT_STEPS // 2), 3)]
    points += [("plan", at) for at in choose.sample(range(1, PLAN_STEPS + 1), 4)]
    met = set()
    for start, at in points:
        submission, bundle = accepted[-1]
        ended = killed(place, start, at, "withdraw", submission.reference, "--erase")
        assert ended.returncode == -signal.SIGKILL, (start, at, ended.stderr)
        is_published(place, bundle)
        met.add(published := check_agreement(place, submission, bundle))
        if not published:
            accepted.pop()
            assert left_of(place, bundle) == []
    assert met == {True, False}, "both states were met"
