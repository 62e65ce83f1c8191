"""Submissions on a disk that lies or a machine that stops: one harms only itself, nothing personal is left behind."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.conftest import serving
from tests.contributing import TOWN, Office, opened, row, table, typed
from tests.hostile.test_damaged_disk import flipped

from ozg_lod.contributions.inbox import Inbox, ReceivedFile
from ozg_lod.contributions.submissions import Event, Sender, Submission, SubmissionState
from ozg_lod.core.errors import InboxError
from ozg_lod.snapshots.erasure import REGISTER, unregistered
from ozg_lod.snapshots.snapshot import Snapshots

SENDER = Sender("Rosa Einmalig", "rosa.einmalig@example.org")
FILES = ("events.jsonl", "submission.json", "sender.json")
ONLY_HERE = "www.example.org/antrag-nur-hier"


def submitted(inbox: Inbox, content: bytes = b"1") -> Submission:
    return inbox.submit(ReceivedFile("a.csv", "", TOWN, SENDER, content, b"{}"))


def holding(folder: Path, *texts: str) -> list[Path]:
    """Return every file below the folder that holds one of these texts."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(text.encode() in path.read_bytes() for text in texts)]


@pytest.mark.parametrize("file", FILES)
def test_each_flipped_bit_of_a_submission_is_refused_or_harmless(tmp_path: Path, file: str) -> None:
    inbox = Inbox(tmp_path)
    reference = submitted(inbox).reference
    inbox.add(reference, Event(SubmissionState.REJECTED, "2026-01-01T00:00:00Z", "Redaktion", "So\u2028nicht"))
    good, path, refused = inbox.case(reference), inbox.path(reference) / file, 0
    for damaged in flipped(path.read_bytes()):
        path.write_bytes(damaged)
        try:
            assert inbox.case(reference) == good
        except InboxError:
            refused += 1
    assert refused


def test_lines_of_an_older_inbox_stay_readable(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    reference = submitted(inbox).reference
    good = inbox.case(reference)
    for file in FILES:
        path = inbox.path(reference) / file
        kept = json.loads(path.read_bytes())
        del kept["checksum"]
        path.write_text(json.dumps(kept) + "\n")
    assert inbox.case(reference) == good


@pytest.fixture
def place(tmp_path: Path) -> Office:
    return opened(tmp_path)


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_submission_is_listed_and_rejected_and_leaves_nothing(place: Office, file: str) -> None:
    damaged, sound = submitted(place.inbox), submitted(place.inbox)
    (place.inbox.path(damaged.reference) / file).write_bytes(b"{")
    listed = place.run("list")
    assert listed.returncode == 0
    assert {line[:10] for line in listed.stdout.splitlines()} == {f"! {damaged.reference}", f"* {sound.reference}"}
    states = {case["reference"]: case["state"] for case in json.loads(place.run("list", "--json").stdout)}
    assert states == {damaged.reference: "damaged", sound.reference: "received"}
    assert damaged.reference in place.run("show", damaged.reference).stdout
    assert place.accept(damaged.reference).returncode == 2
    assert place.run("reject", damaged.reference, "--reason", "Beschädigt").returncode == 0
    assert place.inbox.sweep(1) == []
    assert place.inbox.sweep(0) == [damaged.reference]
    assert {path.parent.name for path in holding(place.folder, SENDER.name, SENDER.mail)} == {sound.reference}
    assert place.inbox.case(sound.reference).sender == SENDER


@pytest.mark.parametrize("file", ["events.jsonl", "submission.json"])
def test_what_is_published_and_damaged_is_withdrawn_and_erased_not_rejected(place: Office, file: str) -> None:
    submission = place.put(table(row()).replace(b"www.example.org/antrag", ONLY_HERE.encode()))
    assert place.accept(submission.reference).returncode == 0
    (place.inbox.path(submission.reference) / file).write_bytes(b"\xff\n")
    refused = place.run("reject", submission.reference, "--reason", "Beschädigt")
    assert (refused.returncode, "withdraw" in refused.stderr) == (2, True), refused.stderr
    assert place.inbox.sweep(0) in ([], [submission.reference])  # what is published can still be withdrawn
    assert place.run("list", "--json").returncode == 0
    gone = place.run("withdraw", submission.reference, "--erase")
    assert gone.returncode == 0, gone.stderr
    for folder in (place.target, place.folder, place.into):
        assert holding(folder, ONLY_HERE, "rathaus@example.org") == []


def test_what_is_erased_is_nowhere_below_the_target(place: Office) -> None:
    """Versions that are open, a store half written, a snapshot without its manifest, a killed build."""
    submission = place.put(table(row()).replace(b"www.example.org/antrag", ONLY_HERE.encode()))
    assert place.accept(submission.reference).returncode == 0
    with_it = Snapshots(place.target).publications()[-1]
    assert place.accept(place.put(table(row(ags="06414000"))).reference).returncode == 0
    snapshots = Snapshots(place.target)
    lost = place.target / "snapshots" / ("f" * 64)
    shutil.copytree(snapshots.directory(with_it.snapshot), lost)
    (lost / "manifest.json").unlink()
    shutil.copytree(lost, place.target / "snapshots" / "dead.tmp")
    shutil.copytree(snapshots.directory(with_it.snapshot) / "dump", lost / "store.new")
    assert holding(place.target, ONLY_HERE)
    asked = "sparql?query=SELECT*%7B%3Fs%20%3Fp%20%3Chttps%3A%2F%2F" + ONLY_HERE.replace("/", "%2F") + "%3E%7D"
    with (
        serving(place.target, "--memory-mb", "1") as url,
        httpx.Client(base_url=url, timeout=30, headers={"accept": "text/csv"}) as client,
    ):
        past = [f"/snapshot/{with_it.version}/{one}" for one in (asked, "data.nq", "dump/channels.csv", "catalog.ttl")]
        assert all(client.get(address).status_code == 200 for address in past)
        erased = place.run("withdraw", submission.reference, "--erase")
        assert erased.returncode == 0, erased.stderr
        assert {client.get(address).status_code for address in past} == {410}
        assert not holding(place.target, ONLY_HERE)
    assert not holding(place.target, ONLY_HERE)
    assert not holding(place.folder, ONLY_HERE)
    assert not holding(place.into, ONLY_HERE)
    assert unregistered(place.target) == []


def test_a_file_that_nobody_registered_is_noticed(place: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The net holds: whoever writes another file below the target has to say what it is made of."""
    assert unregistered(place.target) == []
    stray = place.target / "packs" / "all.nt"
    stray.parent.mkdir()
    stray.write_text(ONLY_HERE)
    assert unregistered(place.target) == [stray]
    submission = place.put(table(row()))
    assert place.run("withdraw", submission.reference, "--erase").returncode == 2, "it was never published"
    (place.inbox.path(submission.reference) / "events.jsonl").write_bytes(b"")
    assert place.run("withdraw", submission.reference, "--erase").returncode == 0
    assert str(stray) in caplog.text
    assert all(REGISTER.values())


HALF_WAY = """
import os, resource, signal, sys
from pathlib import Path
from ozg_lod.contributions.inbox import Inbox, ReceivedFile
from ozg_lod.contributions.submissions import Sender
folder, how, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
done = 0
def watch(event, arguments):
    global done
    if event in ("os.mkdir", "os.rename") or (event == "open" and isinstance(arguments[2], int) and arguments[2] & 3):
        done += 1
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)
if how == "kill":
    sys.addaudithook(watch)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, at))
sender = Sender("Rosa Einmalig", "rosa.einmalig@example.org")
Inbox(folder).submit(ReceivedFile("a.csv", "", "https://example.org/a", sender, b"x" * 10000, b"{}"))
"""
"""Submits a file; is killed right before its n-th change to the disk, or finds the disk full after so many bytes."""


def half_way(folder: Path, how: str, at: int) -> int:
    command = [sys.executable, "-c", HALF_WAY, str(folder), how, str(at)]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Inbox(folder)


@pytest.mark.parametrize("at", range(1, 8))
def test_a_submission_killed_half_way_leaves_nothing_personal_after_the_next_sweep(inbox: Inbox, at: int) -> None:
    assert half_way(inbox.folder, "kill", at) == -signal.SIGKILL
    inbox.sweep(30)
    assert inbox.cases() == []
    assert list(inbox.folder.iterdir()) == []


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_submission_that_the_disk_has_no_room_for_leaves_nothing_at_all(inbox: Inbox, size: int) -> None:
    assert half_way(inbox.folder, "full", size) == 1
    assert list(inbox.folder.iterdir()) == []


def test_the_sweep_spares_what_somebody_is_writing(inbox: Inbox) -> None:
    aside = inbox.folder / ".01234567.new"
    aside.mkdir()
    descriptor = os.open(aside, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    inbox.sweep(30)
    assert aside.exists()
    os.close(descriptor)
    inbox.sweep(30)
    assert not aside.exists()


def test_a_plan_that_was_never_begun_is_cleared_away(place: Office) -> None:
    place.folder.mkdir(exist_ok=True)
    (place.folder / "plan.new").write_text(ONLY_HERE)
    assert typed("inbox", "list", "--inbox", str(place.folder), *place.places).returncode == 0
    assert not (place.folder / "plan.new").exists()
