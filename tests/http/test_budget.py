"""Query time per client: an account that rises with running queries and falls with time."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from ozg_lod.core.errors import TooManyRequests
from ozg_lod.http import budget
from ozg_lod.http.budget import Budget


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def use(accounts: Budget, clock: Clock, *, seconds: float, at_once: int, who: str = "a") -> None:
    with ExitStack() as running:
        for _ in range(at_once):
            running.enter_context(accounts.spending(who))
        clock.now_s += seconds


def test_one_query_after_the_other_never_reaches_the_limit(clock: Clock) -> None:
    accounts = Budget(60, clock=clock)
    for _ in range(100):
        use(accounts, clock, seconds=10, at_once=1)


def test_many_at_once_reach_it_and_are_told_when_to_come_back(clock: Clock) -> None:
    accounts = Budget(60, clock=clock)
    use(accounts, clock, seconds=10, at_once=8)
    with pytest.raises(TooManyRequests) as caught, accounts.spending("a"):
        pass
    wait_s = caught.value.details["retry_after_s"]
    assert isinstance(wait_s, int)
    assert 10 < wait_s < 20
    with accounts.spending("b"):
        pass
    clock.now_s += wait_s
    with accounts.spending("a"):
        pass


def test_running_queries_count_before_they_end(clock: Clock) -> None:
    accounts = Budget(60, clock=clock)
    with ExitStack() as running:
        for _ in range(4):
            running.enter_context(accounts.spending("a"))
        clock.now_s += 30
        with pytest.raises(TooManyRequests), accounts.spending("a"):
            pass


def test_without_a_limit_or_a_client_nothing_is_counted(clock: Clock) -> None:
    for accounts, who in ((Budget(0, clock=clock), "a"), (Budget(1, clock=clock), None)):
        with accounts.spending(who):
            clock.now_s += 1000
        with accounts.spending(who):
            pass


def test_accounts_at_zero_are_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_TIDY_AT", 3)
    accounts = Budget(60, clock=clock)
    with accounts.spending("stays"):
        for number in range(10):
            use(accounts, clock, seconds=1, at_once=1, who=str(number))
        assert set(accounts._accounts) <= {"stays", "7", "8", "9"}  # noqa: SLF001 - that memory is given back shows nowhere else
