"""The check as a service: places, queue, deadline, budget, snapshots that change; and what the inspector says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import msgspec
import pyoxigraph as ox
import pytest

from ozg_lod.contributions import check_pool
from ozg_lod.contributions.check_pool import (
    PAGE,
    PREVIEW,
    CheckAnswer,
    CheckPool,
    CheckRequest,
)
from ozg_lod.contributions.check_request import CheckSubject
from ozg_lod.contributions.check_worker import CheckWorker, checking, worker_of
from ozg_lod.contributions.preview import ContributionPreview
from ozg_lod.core.errors import (
    Busy,
    Late,
    TooManyRequests,
    Unprocessable,
)
from ozg_lod.core.settings import Settings
from ozg_lod.http.budget import Budget
from ozg_lod.sandbox import wire
from ozg_lod.site.served_snapshot import ServedSnapshot, open_current

HEAD = (
    "Gemeinde oder Kreis (AGS);Leistung (Bündel, OZG-Nummer oder LeiKa-Schlüssel);Stand;Seit oder ab (Monat);"
    "Beendet im (Monat);Adresse des Online-Antrags;Geprüft oder unverändert bestätigt am\n"
)
GOOD = (HEAD + "06531005;jugendamt;verfügbar;2020-10;;https://www.giessen.de/antrag;2026-11-24\n").encode()
BAD = (HEAD + "06531005;jugendamt;verfügbar;Herbst 20;;;2026-11-24\n").encode()
BASE = "https://w3id.org/ozg-lod/hessen/"
Trial = Callable[[CheckPool, ServedSnapshot], Awaitable[None]]


@pytest.fixture(scope="module")
def argument(snapshot_directory: Path) -> str:
    return json.dumps({"snapshot": str(snapshot_directory), "public_url": "https://example.org", "rows": 10_000})


@pytest.fixture
def worker(argument: str) -> CheckWorker:
    return worker_of(msgspec.json.decode(argument, type=CheckSubject))


def run(trial: Trial, settings: Settings) -> None:
    async def inside() -> None:
        opened = await asyncio.to_thread(open_current, settings)
        checks = CheckPool(settings)
        try:
            await trial(checks, opened)
        finally:
            checks.close()
            opened.close()

    asyncio.run(inside())


def check(
    checks: CheckPool,
    opened: ServedSnapshot,
    check_request: CheckRequest = CheckRequest("a.csv", GOOD),  # noqa: B008
) -> Awaitable[CheckAnswer]:
    return checks.check(check_request, opened, spending=nullcontext())


def preview_of(answer: CheckAnswer) -> ContributionPreview:
    assert answer.preview is not None
    return answer.preview


def test_a_file_is_checked_in_a_child_and_a_good_one_says_what_would_change(target: Path) -> None:
    async def trial(checks: CheckPool, opened: ServedSnapshot) -> None:
        checks.prepare(opened)
        found = await check(checks, opened, CheckRequest("a.csv", GOOD, wanted=PREVIEW))
        assert found.examination.conforms
        preview = preview_of(found)
        assert preview.counts == {"new": 1}
        assert preview.changes[0].name == "Jugendamt, Gießen"
        page = await check(
            checks, opened, CheckRequest("a.csv", GOOD, wanted=PAGE, about=f"{BASE}id/municipality/06531005")
        )
        assert "Jugendamt, Gießen" in page.document.decode()
        bad = await check(checks, opened, CheckRequest("a.csv", BAD, wanted=PREVIEW))
        assert not bad.examination.conforms
        assert bad.preview is None

    run(trial, Settings(target=target))


def test_at_most_two_run_a_few_wait_and_the_next_is_told_to_come_back(target: Path) -> None:
    async def trial(checks: CheckPool, opened: ServedSnapshot) -> None:
        await check(checks, opened)
        answers = await asyncio.gather(*(check(checks, opened) for _ in range(14)), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, Busy)]
        assert [type(answer) for answer in answers if answer not in refused] == [CheckAnswer] * (14 - len(refused))
        assert len(refused) == 4
        assert refused[0].details["retry_after_s"] == 5
        assert (await check(checks, opened)).examination.conforms

    run(trial, Settings(target=target))


def test_a_check_ends_at_its_deadline_and_gives_its_place_back(target: Path) -> None:
    async def trial(checks: CheckPool, opened: ServedSnapshot) -> None:
        large = CheckRequest("a.csv", (HEAD + "06531005;jugendamt;verfügbar;;;;2026-11-24\n" * 9000).encode())
        with pytest.raises(Late, match="split the file"):
            await check(checks, opened, large)
        assert isinstance(await check(checks, opened), CheckAnswer)

    run(trial, Settings(target=target, check_deadline_s=1.5))


def test_whoever_hangs_up_frees_the_child(target: Path) -> None:
    async def trial(checks: CheckPool, opened: ServedSnapshot) -> None:
        await check(checks, opened)
        large = CheckRequest("a.csv", (HEAD + "06531005;jugendamt;verfügbar;;;;2026-11-24\n" * 9000).encode())
        task = asyncio.ensure_future(check(checks, opened, large))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await check(checks, opened)).examination.conforms

    run(trial, Settings(target=target))


def test_a_client_that_used_up_its_share_is_told_so_in_words_about_checks(target: Path) -> None:
    async def trial(checks: CheckPool, opened: ServedSnapshot) -> None:
        now = [0.0]
        budget = Budget(1, clock=lambda: now[0])
        with budget.spending("198.51.100.1"):
            now[0] = 5
        with pytest.raises(TooManyRequests, match="check again"):
            await checks.check(CheckRequest("a.csv", GOOD), opened, spending=budget.spending("198.51.100.1"))
        assert (await check(checks, opened)).examination.conforms

    run(trial, Settings(target=target))


def test_few_files_are_on_their_way_at_once(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_pool, "RECEIVING", 1)

    async def trial(checks: CheckPool, _opened: ServedSnapshot) -> None:
        with checks.receiving(), pytest.raises(Busy), checks.receiving():
            pass
        with checks.receiving():
            pass

    run(trial, Settings(target=target))


def test_a_check_that_breaks_is_told_so_and_logs_nothing_of_the_file(
    target: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def trial(checks: CheckPool, opened: ServedSnapshot) -> None:
        with pytest.raises(Unprocessable, match="report it with the number"):
            await check(checks, opened, CheckRequest(["secret"], GOOD))  # type: ignore[arg-type] # what nobody can send

    run(trial, Settings(target=target))
    assert "a check failed" in caplog.text
    assert "secret" not in caplog.text


def publish(worker: CheckWorker, content: bytes) -> CheckWorker:
    """Return the worker of a catalogue that has this file in place of what it had about the same things."""
    quads = [
        ox.Quad(*quad.triple)
        for quad in ox.parse(worker.check(CheckRequest("a.csv", content)).examination.quads, ox.RdfFormat.N_QUADS)
    ]
    about = {quad.subject for quad in quads}
    store = ox.Store()
    store.extend(quad for quad in worker.published.quads_for_pattern(None, None, None) if quad.subject not in about)
    store.extend(quads)
    return replace(worker, published=store)


def test_the_inspector_knows_what_is_new_changed_and_the_same(worker: CheckWorker) -> None:
    first = worker.check(CheckRequest("a.csv", GOOD, wanted=PREVIEW))
    assert preview_of(first).counts == {"new": 1}
    worker = publish(worker, GOOD)
    again = GOOD.replace(b"2020-10", b"2021-01") + b"06531005;10169;geplant;2027-01;;;2026-11-24\n"
    second = preview_of(worker.check(CheckRequest("a.csv", again, wanted=PREVIEW)))
    assert second.counts == {"changed": 1, "new": 1}
    changed = next(change for change in second.changes if change.state == "changed")
    month = next(one for one in changed.differences if "Oktober 2020" in one.before)
    assert month.after == ("Januar 2021",)
    without = GOOD.replace(b"https://www.giessen.de/antrag", b"")
    gone = preview_of(worker.check(CheckRequest("a.csv", without, wanted=PREVIEW)))
    (form,) = [one for one in gone.changes[0].differences if "giessen.de" in "".join(one.before)]
    assert form.after == ()
    page = worker.check(CheckRequest("a.csv", without, wanted=PAGE, about=f"{BASE}id/availability/06531005-jugendamt"))
    assert "giessen.de/antrag" not in page.document.decode()
    third = preview_of(worker.check(CheckRequest("a.csv", GOOD, wanted=PREVIEW)))
    assert third.counts == {"same": 1}, third.changes
    assert third.changes == ()


def test_a_kind_that_is_named_is_the_one_it_is_held_against(worker: CheckWorker) -> None:
    found = worker.check(CheckRequest("a.csv", GOOD, kind="kontakt")).examination
    assert not found.conforms
    assert worker.check(CheckRequest("a.csv", GOOD, kind="verfuegbarkeit")).examination.conforms


def test_a_page_of_a_thing_that_is_not_there_is_empty(worker: CheckWorker) -> None:
    check_request = CheckRequest(
        "a.csv", GOOD, wanted=PAGE, about=f"{BASE}id/municipality/00000000", language="en", chosen=True
    )
    assert worker.check(check_request).document == b""
    assert worker.check(replace(check_request, about="no address")).document == b""


def test_the_work_of_a_child_answers_what_the_inspection_asks(argument: str) -> None:
    pieces: list[bytes] = []
    checking(argument)(wire.encode(CheckRequest("a.csv", BAD)), pieces.append)
    assert not wire.decode(CheckAnswer, b"".join(pieces)).examination.conforms
