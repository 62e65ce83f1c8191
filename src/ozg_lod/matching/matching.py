"""Matching: which thing of the register one row of a list means, how sure that is, and why.

A key decides alone. A name is compared in its parts; district, state and kind of body, where the row states them, are
evidence. `match` is said only of a candidate that is far ahead of every other and that nothing speaks against: a wrong
match costs more than a question (the figures are in docs/reconcile.md and are held by tests/matching/test_matching.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ozg_lod.core.kinds import PLACE
from ozg_lod.matching.name_comparison import compared, services_like
from ozg_lod.matching.place_names import take_apart
from ozg_lod.matching.register import Register, RegisterEntry
from ozg_lod.search import keys

LONGEST: Final = 200
"""Characters of a name or key that are read."""
_AHEAD: Final = 9
"""Points a candidate must be ahead of the next to be sure."""
_SURE: Final = 84
_WEAK: Final = 60
_MOST: Final = 10
_KEY_DIGITS: Final = re.compile(r"(?<!\d)\d{5}(?:\d{2,3}|\d{6,7}|\d{9})?(?!\d)")
_ADDRESS: Final = re.compile(r"([a-z]+/[A-Za-z0-9-]+)(?:[#.?].*)?")
_DIGITS_ONLY: Final = re.compile(r"[\d\s.\-–_]*\d[\d\s.\-–_]*")


@dataclass(frozen=True, slots=True)
class ListRow:
    """What is known of one row: a name or key, and where the row says more: `kinds`, district and state by name."""

    text: str
    kinds: tuple[str, ...] = ()
    district: str = ""
    state: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that may be meant: `score` from 0 to 100, `reason` a key of the texts, `caution` what speaks against."""

    record: RegisterEntry
    score: int
    reason: str
    caution: str = ""
    match: bool = False


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The candidates of a row, best first; `note` is a key of the texts that says why nothing is sure, "" otherwise."""

    candidates: tuple[Candidate, ...]
    note: str = ""

    @property
    def matched(self) -> Candidate | None:
        """Return the candidate that is sure."""
        return next((candidate for candidate in self.candidates if candidate.match), None)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the row says beside the name.

    `foreign` is true where it names a district or state that is not ours, `home` where it names the only one that is.
    """

    kinds: tuple[str, ...] = ()
    district: str = ""
    foreign: bool = False
    home: bool = False


def match(register: Register, row: ListRow, *, limit: int = _MOST) -> MatchResult:
    text = " ".join(row.text[:LONGEST].split())
    result = _by_key(register, row, text)
    if result is not None:
        return result
    if not text:
        return MatchResult((), "empty")
    evidence = _evidence(register, row)
    candidates = _weighed(_named(register, text, evidence), evidence)
    best = sorted(candidates, key=lambda one: (-one.score, bool(one.record.until), one.record.id))
    return _decided(best, evidence, limit)


def _by_key(register: Register, row: ListRow, text: str) -> MatchResult | None:
    """Return what the keys of the row say; None where it has none."""
    if (record := _at_address(register, text)) is not None:
        return MatchResult((Candidate(record, 100, "address", match=True),))
    stated = [row.key.strip()] if row.key.strip() else []
    inside = [text] if _DIGITS_ONLY.fullmatch(text) or keys.OZG_ID.guess(text) or keys.LEIKA.guess(text) else []
    written = inside or _KEY_DIGITS.findall(text)
    for key in (*stated, *written):
        ids = list(dict.fromkeys(i for guess in keys.guesses(key) for i in register.keys.get(guess, ())))
        fitting = [register.records[i] for i in ids if not row.kinds or register.records[i].kind in row.kinds]
        if len(fitting) == 1:
            agrees = key in inside or _agrees(register, fitting[0], text, key)
            sure = Candidate(fitting[0], 100, "key", match=True)
            return MatchResult((sure,)) if agrees else MatchResult((Candidate(fitting[0], 70, "key", "name"),), "name")
        if fitting:
            return MatchResult(tuple(Candidate(record, 80, "key") for record in fitting), "several")
    if stated or inside:
        return MatchResult((), "unknown-key") if inside or not text else None
    return None


def _agrees(register: Register, record: RegisterEntry, text: str, key: str) -> bool:
    """Tell whether the name that stands beside a key does not speak of something else."""
    name = " ".join(text.replace(key, " ").split()).strip(" ()[],;:-")
    if not any(character.isalpha() for character in name):
        return True
    evidence = _Evidence()
    best = _weighed(_named(register, name, evidence), evidence)
    return any(one.record.id == record.id and one.score >= _WEAK for one in best) or not best


def _at_address(register: Register, text: str) -> RegisterEntry | None:
    """Return the record an address of this catalogue names, as IRI, as page, or in short (`bundle/jugendamt`)."""
    start = next((start for start in register.addresses if text.startswith(start)), "")
    match = _ADDRESS.fullmatch(text.removeprefix(start))
    return register.records.get(match[1]) if match else _by_slug(register, text)


def _by_slug(register: Register, text: str) -> RegisterEntry | None:
    """Return the bundle or service whose key `text` is letter for letter."""
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", text):
        return None
    return next((entry for kind in ("bundle", "service") if (entry := register.records.get(f"{kind}/{text}"))), None)


def _evidence(register: Register, row: ListRow) -> _Evidence:
    district = " ".join(row.district[:LONGEST].split())
    state = " ".join(row.state[:LONGEST].split())
    foreign = home = False
    if state:
        known = [one.record.key for one in _named(register, state, _Evidence(("state",))) if one.score >= _SURE]
        foreign = bool(known) and known[0] not in register.states
        home = bool(known) and set(register.states) == {known[0]}
    if not district:
        return _Evidence(row.kinds, foreign=foreign, home=home)
    inside = _Evidence(("district", "municipality"))
    by_key = _by_key(register, ListRow(district, inside.kinds), district)
    if by_key is not None:
        district_name = next((one.record.de for one in by_key.candidates), "")
        return _Evidence(row.kinds, district_name, foreign=foreign or not district_name)
    best = sorted(_weighed(_named(register, district, inside), inside), key=lambda one: (-one.score, one.record.id))
    district_name = next((one.record.de for one in best if one.record.kind == "district" and one.score >= _SURE), "")
    city = next((one.record.de for one in best if one.record.kind == "municipality" and one.score >= _SURE), "")
    return _Evidence(row.kinds, district_name or city, foreign=foreign or not (district_name or city))


def _named(register: Register, text: str, evidence: _Evidence) -> list[Candidate]:
    """Return all that may be called so, places and services."""
    kinds = set(evidence.kinds)
    candidates: list[Candidate] = []
    if not kinds or any(register.kinds[kind].matched_as == PLACE for kind in kinds):
        candidates += [Candidate(*one) for one in compared(register, take_apart(text), text)]
    if not kinds or any(register.kinds[kind].matched_as != PLACE for kind in kinds):
        candidates += [Candidate(*one) for one in services_like(register, text)]
    return [one for one in candidates if not kinds or one.record.kind in kinds]


def _weighed(candidates: Iterable[Candidate], evidence: _Evidence) -> list[Candidate]:
    """Return each thing once, its score with the evidence of the row."""
    best: dict[str, Candidate] = {}
    for one in candidates:
        weighed = _with_evidence(one, evidence)
        if weighed.score > best.get(one.record.id, Candidate(one.record, -1, "")).score:
            best[one.record.id] = weighed
    return list(best.values())


def _with_evidence(one: Candidate, evidence: _Evidence) -> Candidate:
    if one.caution in _AGAINST:
        one = replace(one, score=min(one.score, _WEAK - 10))
    if evidence.foreign and one.record.is_place:
        return replace(one, score=min(one.score, _WEAK), caution="elsewhere")
    if evidence.kinds and one.caution == "also":
        one = replace(one, caution="")
    if evidence.home and not evidence.district and one.record.is_place and one.caution in _LIFTED_BY_STATE:
        return replace(one, score=min(100, one.score + _AHEAD_BY_STATE), caution="")
    if not evidence.district or one.record.kind != "municipality":
        return one
    if evidence.district in (one.record.district, one.record.de):
        return replace(one, score=min(100, one.score + 6), caution="" if one.caution in _LIFTED else one.caution)
    return replace(one, score=min(one.score, _WEAK), caution="district")


_AGAINST: Final = frozenset({"kind", "marks"})
"""What makes a candidate hardly worth showing."""
_LIFTED_BY_STATE: Final = frozenset({"elsewhere", "short", "also"})
"""Doubts that the right state takes away; that a place is only nearly called so remains."""
_AHEAD_BY_STATE: Final = 6
_LIFTED: Final = frozenset({"elsewhere", "short", "also", "like"})
"""Doubts that the right district takes away."""


def _decided(best: Sequence[Candidate], evidence: _Evidence, limit: int) -> MatchResult:
    if not best:
        return MatchResult((), "nothing")
    first = best[0]
    others = [one for one in best[1:] if one.score > first.score - _AHEAD]
    settled = evidence.kinds or evidence.district or evidence.home
    if others and settled and first.reason in _WHOLE and not any(one.reason in _WHOLE for one in others):
        others = []
    sure = first.score >= _SURE and not others and not (first.caution and first.caution != "former")
    note = "" if sure else "several" if others and first.score >= _SURE else first.caution or "weak"
    return MatchResult(tuple(replace(one, match=sure and one is first) for one in best[:limit]), note)


_WHOLE: Final = frozenset({"label", "name"})
