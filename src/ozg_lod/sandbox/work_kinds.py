"""The kinds of work that the pool does for strangers, each a row: where its code is, how much at once, for how long.

A kind that joins later is one more row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ozg_lod.core.errors import Busy, Late
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.sandbox.fork_server import late
from ozg_lod.sandbox.worker_process import WorkerLimits

QUERY: Final = "query"
QUERY_FROM_DISK: Final = "query from disk"
QUERY_OF_FILES: Final = "query of files"
QUERY_OF_FILES_ON_DISK: Final = "query of files on disk"
TRANSCRIPTION: Final = "transcription"
CHECK: Final = "check"
MATCH: Final = "match"


@dataclass(frozen=True)
class WorkKind:
    """One row: `entry` is that of the fork server, `argument` comes with the work.

    `places` are worked on at once, `waiting` may wait for one, `per_client` may be in hand for one client (None: any
    number). A worker that gave good answers is asked again until it had so many `questions` or is `life_s` old (1: each
    question gets a fresh one); then another takes its place.

    Work that is slow is promoted: after `promote_after_s` (None: never) it gives its place to others and goes on in one
    of `slow_places`; `parked` may stand stopped before those, each keeping its memory.
    """

    name: str
    entry: str
    places: int
    waiting: int
    deadline_s: float
    limits: WorkerLimits
    busy: Callable[[], Busy]
    late: Callable[[float], Late]
    questions: int = 1
    life_s: float = 600
    per_client: int | None = None
    promote_after_s: float | None = None
    slow_places: int = 0
    parked: int = 8


def work_kinds(settings: Settings) -> Mapping[str, WorkKind]:
    """Return all kinds by their names."""
    query = WorkKind(
        name=QUERY,
        entry="ozg_lod.sparql.store:answering",
        places=settings.fast_places,
        waiting=settings.waiting_queries,
        deadline_s=settings.query_deadline_s,
        limits=WorkerLimits(settings.query_memory_mb, cpu_s=int(settings.query_deadline_s * 4) + 60),
        busy=too_many_queries,
        late=late,
        questions=2_000,
        promote_after_s=settings.promote_after_s,
        slow_places=settings.slow_places,
    )
    check = WorkKind(
        name=CHECK,
        entry="ozg_lod.contributions.check_worker:checking",
        places=2,
        waiting=8,
        deadline_s=settings.check_deadline_s,
        limits=WorkerLimits(settings.check_memory_mb, cpu_s=int(settings.check_deadline_s) + 1),
        per_client=4,
        busy=too_many_checks,
        late=check_late,
    )
    match = WorkKind(
        name=MATCH,
        entry="ozg_lod.matching.match_worker:matching",
        places=2,
        waiting=16,
        deadline_s=settings.check_deadline_s,
        limits=WorkerLimits(settings.check_memory_mb, cpu_s=int(settings.check_deadline_s) + 1),
        per_client=8,
        busy=too_many_lists,
        late=late,
        questions=200,
    )
    rows = (
        query,
        replace(query, name=QUERY_FROM_DISK, entry="ozg_lod.sparql.store:answering_from_disk"),
        replace(query, name=QUERY_OF_FILES, entry="ozg_lod.sparql.rdf_files:answering"),
        replace(query, name=QUERY_OF_FILES_ON_DISK, entry="ozg_lod.sparql.rdf_files:answering_from_disk"),
        replace(query, name=TRANSCRIPTION, entry="ozg_lod.sparql.transcription:working"),
        check,
        match,
    )
    return {row.name: row for row in rows}


def too_many_queries() -> Busy:
    """Return the failure of a query that found no place."""
    return Busy(
        _("Too many queries are being worked on; try again in a few seconds."),
        retry_after_s=5,
    )


def too_many_checks() -> Busy:
    """Return the failure of a file that found no place."""
    return Busy(
        _("Several files are being checked already; send yours again in a few seconds."),
        retry_after_s=5,
    )


def too_many_lists() -> Busy:
    """Return the failure of names to match that found no place."""
    return Busy(
        _("Several lists are being matched already; send yours again in a few seconds."),
        retry_after_s=5,
    )


def check_late(deadline_s: float) -> Late:
    """Return the failure of a check that passed its deadline (seconds)."""
    return Late(
        _(
            "The check did not end within {deadline_s:g} seconds and was stopped; split the file into smaller ones.",
            deadline_s=deadline_s,
        ),
        limit_s=deadline_s,
        retry_after_s=10,
    )
