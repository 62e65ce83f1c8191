"""The Reconciliation Service API: queries are answered with candidates, written as each version does (pure).

W3C community specification, versions 0.2 and 1.0-draft; `reconcile_queries` reads what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ozg_lod.core.kinds import Kind
from ozg_lod.core.messages import Language, _
from ozg_lod.matching import reasons
from ozg_lod.matching.matching import (
    Candidate,
    ListRow,
    MatchResult,
    match,
)
from ozg_lod.matching.reconcile_queries import MOST, ReconcileQuery
from ozg_lod.matching.register import Register, RegisterEntry


def answer(register: Register, query: ReconcileQuery) -> MatchResult:
    """Return the best outcome of all names the query gives."""
    kinds = tuple(kind for kind in query.row.kinds if kind in register.kinds)
    if query.row.kinds and not kinds:
        return MatchResult((), "nothing")
    rows = [ListRow(name, kinds, query.row.district, query.row.state, query.row.key) for name in query.names]
    outcomes = [match(register, row, limit=MOST) for row in rows]
    best = max(outcomes, key=lambda one: (one.matched is not None, max((c.score for c in one.candidates), default=0)))
    excluded = _excluded(register, query)
    candidates = tuple(one for one in best.candidates if _allowed(one, query, excluded))
    return MatchResult(candidates[: query.limit], best.note)


_FEATURES: Final = {
    "key": _("official key is the same"),
    "name": _("agreement of the name, 0 to 100"),
    "doubt": _("something speaks against it"),
    "exists": _("still exists"),
}


def candidate_02(one: Candidate, language: Language, register: Register) -> dict[str, object]:
    """Return a candidate as version 0.2 writes it."""
    return {
        **_candidate(one, language, register),
        "features": [_feature(name, value) for name, value in _features(one)],
    }


def candidate_10(one: Candidate, language: Language, register: Register) -> dict[str, object]:
    """Return a candidate as version 1.0-draft writes it: every feature has a name."""
    features = [{**_feature(name, value), "name": _FEATURES[name][language]} for name, value in _features(one)]
    return {**_candidate(one, language, register), "features": features}


def type_of(kind: Kind, language: Language) -> dict[str, str]:
    return {"id": kind.id, "name": kind.one[language]}


def _candidate(one: Candidate, language: Language, register: Register) -> dict[str, object]:
    texts = (reasons.description(one.record, language), reasons.reason(one, language, register))
    return {
        "id": one.record.id,
        "name": reasons.name(one.record, language),
        "description": " – ".join(part for part in texts if part),
        "type": [type_of(one.record.described, language)],
        "score": one.score,
        "match": one.match,
    }


def _features(one: Candidate) -> tuple[tuple[str, bool | int], ...]:
    return (
        ("key", one.reason in {"key", "address"}),
        ("name", 0 if one.reason in {"key", "address"} else one.score),
        ("doubt", bool(one.caution)),
        ("exists", not one.record.until),
    )


def _feature(name: str, value: bool | int) -> dict[str, object]:
    return {"id": name, "value": value}


def _allowed(one: Candidate, query: ReconcileQuery, excluded: Sequence[tuple[str, RegisterEntry]]) -> bool:
    """Tell whether a candidate agrees with what is required, and is none of what is excluded."""
    if "district" in query.required and one.caution in {"district", "elsewhere"}:
        return False
    if "state" in query.required and one.caution == "elsewhere":
        return False
    return not any(_has(one.record, name, value) for name, value in excluded)


def _excluded(register: Register, query: ReconcileQuery) -> list[tuple[str, RegisterEntry]]:
    """Return what a candidate must not have: property and the thing that its value means."""
    pairs = []
    for name, value in query.excluded:
        kinds = (name,) if name in {"district", "state"} else ()
        outcome = match(register, ListRow(value, kinds))
        if outcome.matched is not None:
            pairs.append((name, outcome.matched.record))
    return pairs


def _has(record: RegisterEntry, name: str, value: RegisterEntry) -> bool:
    if name == "district":
        return value.de == record.district or value.id == record.id
    if name == "state":
        return record.key[:2] == value.key
    return value.id == record.id
