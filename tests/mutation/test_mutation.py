"""The gate stops at least 97 of 100 ways to break the real sources, of those that any rule could see."""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mutation.gate import Gate
from tests.mutation.mutants import mutants
from tests.mutation.operators import OPERATORS
from tests.mutation.sources import Mutant

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACES = int(os.environ.get("OZG_MUTATIONS", "0"))
"""Places tried of each operator; without it one place of every second operator. `make nightly` tries 5 of each."""
LEAST = 0.97


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(ROOT)


def undetectable() -> list[dict[str, str]]:
    return list(tomllib.loads((HERE / "undetectable.toml").read_text("utf-8")).get("mutant", []))


def listed(operator: str, mutant: Mutant) -> bool:
    return any(
        entry["operator"] == operator and entry["place"] in f"{mutant.file} {mutant.place}" for entry in undetectable()
    )


def tried(gate: Gate) -> Iterator[tuple[str, Mutant]]:
    names = list(OPERATORS)
    yield from mutants(gate.sources, PLACES or 1, names if PLACES else names[::2])


def test_the_sources_themselves_pass(gate: Gate) -> None:
    assert gate.findings() == []


def test_there_are_enough_ways_to_break_them(gate: Gate) -> None:
    assert len(OPERATORS) >= 30
    assert sum(1 for _mutant in mutants(gate.sources, 5, OPERATORS)) >= 300


def test_each_reason_is_one() -> None:
    assert all(entry["operator"] in OPERATORS and entry["reason"] for entry in undetectable())


def test_the_gate_stops_nearly_all_that_any_rule_could_see(gate: Gate) -> None:
    count, missed = Counter[bool](), []
    for operator, mutant in tried(gate):
        stopped = bool(gate.findings(mutant))
        if listed(operator, mutant):
            assert not stopped, f"take it off the list: {operator}, {mutant.place}"
            continue
        count[stopped] += 1
        if not stopped:
            missed.append(f"{operator}: {mutant.file} {mutant.place}")
    print(f"{count[True]} of {count.total()} stopped")  # noqa: T201 - with -s this is the score
    assert count[True] >= LEAST * count.total(), "\n".join(missed)
