"""The event loop is watched: its lag is kept, and who holds it is told once."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from ozg_lod.http.request_counts import RequestCounts
from ozg_lod.web import loop_watch


def hold_the_loop(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


def test_who_holds_the_loop_is_told_once_and_the_lag_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    counts = RequestCounts()

    async def served() -> None:
        with loop_watch.watched(counts):
            await asyncio.sleep(0.3)
            hold_the_loop(loop_watch.LATE_S * 3)
            await asyncio.sleep(0.3)

    with caplog.at_level(logging.WARNING, "ozg_lod"):
        asyncio.run(served())
    (told,) = [record.getMessage() for record in caplog.records if "is held" in record.getMessage()]
    assert "hold_the_loop (test_loop_watch.py:" in told
    assert counts.lag_taken() > loop_watch.LATE_S
    assert counts.lag_taken() == 0
