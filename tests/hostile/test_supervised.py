"""What goes on in the background goes on, whatever became of a pointer, a log, a descriptor or an inbox in between."""

from __future__ import annotations

import asyncio
import logging
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import patience, serving
from tests.small_source import published_twice

from ozg_lod.core.supervised import Supervised
from ozg_lod.snapshots.snapshot import Snapshots


def run(task: Supervised, attempts: Callable[[], bool]) -> None:
    """Run the task until the attempts say that they are done."""

    async def scenario() -> None:
        running = asyncio.create_task(task.run())
        while not attempts():  # noqa: ASYNC110 - a test
            await asyncio.sleep(0.001)
        running.cancel()

    asyncio.run(scenario())


def test_each_cause_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[Exception | None] = [OSError("a"), OSError("a"), ValueError("b"), None, None, OSError("a"), None]
    done, stale = [], []

    async def attempt() -> None:
        stale.append(task.stale)
        failure = failures[len(done)] if len(done) < len(failures) else None
        done.append(failure)
        if failure is not None:
            raise failure

    task = Supervised("looking", attempt, 0.001)
    with caplog.at_level(logging.WARNING, "ozg_lod"):
        run(task, lambda: len(done) > len(failures))
    told = [record.getMessage().rpartition(": ")[2].partition(",")[0] for record in caplog.records]
    assert told == ["a", "b", "it goes on", "a", "it goes on"]
    assert stale[:8] == [False, True, True, True, False, False, True, False]
    assert not task.stale


def test_an_attempt_that_never_ends_is_stale_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def attempt() -> None:
        await asyncio.sleep(3600)

    task = Supervised("looking", attempt, 1)
    assert not task.stale
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 100)
    assert task.stale


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A target with two publications of the small source."""
    return published_twice(tmp_path_factory.mktemp("supervised"))


def becomes(url: str, **expected: str) -> dict[str, Any]:
    """Return what /health/ready says once it says this; it stays 200 all the while."""
    end = time.monotonic() + 20 * patience()
    while time.monotonic() < end:
        answer = httpx.get(url + "/health/ready", timeout=10)
        assert answer.status_code == 200
        body: dict[str, Any] = answer.json()
        if expected.items() <= body.items():
            return body
        time.sleep(0.1)
    raise AssertionError(f"it never became {expected}: {body}")


DAMAGES: dict[str, bytes | None] = {
    "not text": b"\xff\n",
    "empty": b"",
    "a way out": b"../../etc\n",
    "no snapshot": b"feedfeed\n",
    "gone": None,
}


def test_a_damaged_pointer_is_stale_and_the_next_version_is_served_all_the_same(
    two_versions: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    shutil.copytree(two_versions, target)
    pointer = target / "current"
    first, last = (entry.snapshot for entry in Snapshots(target).publications())
    with serving(target) as url:
        for number, content in enumerate(DAMAGES.values()):
            before, after = (last, first) if number % 2 == 0 else (first, last)
            pointer.write_bytes(content) if content is not None else pointer.unlink()
            stale = becomes(url, status="stale", snapshot=before)
            assert stale["looked_s"] >= 0
            assert httpx.get(f"{url}/doc/bundle/soziales.ttl").status_code == 200, "what is served is right"
            pointer.write_text(f"{after}\n")
            becomes(url, status="ready", snapshot=after)


def test_a_snapshot_that_was_refused_is_tried_again_once_another_was_named(two_versions: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    shutil.copytree(two_versions, target)
    first, last = (entry.snapshot for entry in Snapshots(target).publications())
    data = target / "snapshots" / first / "data.nt"
    good = data.read_bytes()
    with serving(target) as url:
        data.write_bytes(b"")
        (target / "current").write_text(f"{first}\n")
        becomes(url, status="stale", snapshot=last)
        data.write_bytes(good)
        (target / "current").write_text(f"{last}\n")
        becomes(url, status="ready", snapshot=last)
        (target / "current").write_text(f"{first}\n")
        becomes(url, status="ready", snapshot=first)


def test_without_a_file_descriptor_left_it_waits_and_goes_on(two_versions: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    shutil.copytree(two_versions, target)
    first = Snapshots(target).publications()[0].snapshot
    with serving(target) as url, httpx.Client(base_url=url, timeout=10) as client:
        pid = next(int(path.name) for path in Path("/proc").glob("[0-9]*") if _serves(path, target))
        client.get("/health/ready")  # this connection stays, a new one could not be accepted
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, limits[1]))
        (target / "current").write_text(f"{first}\n")
        end = time.monotonic() + 10 * patience()
        while (body := client.get("/health/ready").json())["status"] != "stale" and time.monotonic() < end:
            time.sleep(0.1)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        assert body["status"] == "stale"
        becomes(url, status="ready", snapshot=first)


def _serves(process: Path, target: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"serve" in words and str(target).encode() in words


def test_a_damaged_log_keeps_no_erased_version_open(two_versions: Path, tmp_path: Path) -> None:
    """An erased version that is open is never answered again, though the log cannot be read when it is looked at."""
    target = tmp_path / "target"
    shutil.copytree(two_versions, target)
    snapshots = Snapshots(target)
    first = snapshots.publications()[0]
    asked = f"/snapshot/{first.version}/sparql?query=ASK%7B%7D"
    with serving(target) as url, httpx.Client(base_url=url, timeout=30) as client:
        assert client.get(asked).status_code == 200
        with snapshots.locked():
            assert snapshots.erase(first.snapshot, "2026-11-24")
        log = target / "published.jsonl"
        good = log.read_bytes()
        log.write_bytes(good.replace(b'"number": 2', b'"number": 3'))
        assert client.get(asked).status_code == 503
        assert client.get("/doc/bundle/soziales.ttl").status_code == 200, "what is served does not need the log"
        log.write_bytes(good)
        assert client.get(asked).status_code == 410
