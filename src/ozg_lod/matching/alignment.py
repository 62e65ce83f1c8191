"""Aligning a list: each row with the thing it means, what stayed open, and what somebody chose for it (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ozg_lod.matching.matching import (
    Candidate,
    ListRow,
    MatchResult,
    match,
)
from ozg_lod.matching.register import Register, RegisterEntry
from ozg_lod.validation.list_reader import ROLES, Listing

NOBODY: Final = "-"
"""What somebody chooses who says that no candidate is meant."""
_SHOWN: Final = 5
_STATELESS: Final = 6
_TOLD_EVERY: Final = 100
_ROW: Final = re.compile(r"row\.([0-9]{1,9})")


class AlignmentState(StrEnum):
    """What became of a row."""

    MATCHED = "matched"
    CHOSEN = "chosen"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AlignmentChoice:
    """Which column is what (-1: none), which kind of thing is looked for ("": any), and the ids chosen by row."""

    columns: tuple[int, ...]
    kind: str = ""
    picks: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, listing: Listing, fields: Mapping[str, str]) -> AlignmentChoice:
        """Return the choice of a form: column.name, column.key …, kind, row.0, row.1 …; what makes no sense is left."""
        width = len(listing.titles)
        columns = []
        for role, guess in zip(ROLES, listing.columns, strict=True):
            text = fields.get(f"column.{role}", "")
            fits = text == NOBODY or (text.isascii() and text.isdecimal() and len(text) < _SHOWN and int(text) < width)
            columns.append(-1 if text == NOBODY else int(text) if fits else guess)
        picks = {int(row_match[1]): value for name, value in fields.items() if (row_match := _ROW.fullmatch(name))}
        kind = fields.get("kind", "")
        return cls(tuple(columns), kind, {row: value for row, value in picks.items() if value})

    def cell(self, role: str, cells: Sequence[str]) -> str:
        column = self.columns[ROLES.index(role)]
        return cells[column] if column >= 0 else ""


@dataclass(frozen=True, slots=True)
class AlignedRow:
    """One row: its number from 0, its cells, the outcome, what became of it, and the thing it means, if any."""

    number: int
    cells: tuple[str, ...]
    text: str
    outcome: MatchResult
    state: AlignmentState
    record: RegisterEntry | None

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.outcome.candidates[:_SHOWN]


def align(
    register: Register, listing: Listing, choice: AlignmentChoice, progress: Callable[[int, int], None] | None = None
) -> list[AlignedRow]:
    """Return the rows with what they mean; `progress` takes how many are done, and how many there are."""
    aligned = []
    for number, cells in enumerate(listing.rows):
        if progress is not None and number % _TOLD_EVERY == 0:
            progress(number, len(listing.rows))
        aligned.append(_aligned(register, number, cells, choice))
    return aligned


def count(aligned: Sequence[AlignedRow]) -> dict[AlignmentState, int]:
    return {state: sum(row.state is state for row in aligned) for state in AlignmentState}


def _with_state(key: str, register: Register) -> str:
    """Return the key of a municipality with the state before it that a list of one state leaves out."""
    stateless = key.isdecimal() and len(key) == _STATELESS and len(register.states) == 1
    return f"{next(iter(register.states))}{key}" if stateless else key


def _aligned(register: Register, number: int, cells: tuple[str, ...], choice: AlignmentChoice) -> AlignedRow:
    key, name = _with_state(choice.cell("key", cells), register), choice.cell("name", cells)
    kinds = (choice.kind,) if choice.kind in register.kinds else ()
    row = ListRow(name, kinds, choice.cell("district", cells), choice.cell("state", cells), key)
    outcome = match(register, row)
    picked = choice.picks.get(number, "")
    text = name or key
    if picked in register.records:
        return AlignedRow(number, cells, text, outcome, AlignmentState.CHOSEN, register.records[picked])
    if picked == NOBODY:
        return AlignedRow(number, cells, text, outcome, AlignmentState.UNKNOWN, None)
    if outcome.matched is not None:
        return AlignedRow(number, cells, text, outcome, AlignmentState.MATCHED, outcome.matched.record)
    return AlignedRow(
        number, cells, text, outcome, AlignmentState.UNCLEAR if outcome.candidates else AlignmentState.UNKNOWN, None
    )
