"""One query from the command line, answered in a cage like anybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ozg_lod.cage import cage
from ozg_lod.engine.scan import scan
from ozg_lod.engine.store import Question
from ozg_lod.snapshots.snapshot import Snapshots

if TYPE_CHECKING:
    from ozg_lod.settings import Settings


def answer(settings: Settings, query: str, form: str | None) -> bytes:
    """Return the whole answer: CSV for SELECT, Turtle for graphs, JSON for ASK unless `form` names another."""
    snapshots = Snapshots(settings.target)
    name = snapshots.served()
    usual = {"SELECT": "csv", "ASK": "json"}.get(scan(query, max_bytes=settings.query_bytes).form or "", "ttl")
    question = Question(query, form or usual, answer_bytes=settings.answer_bytes)
    limits = cage.Limits(memory_mb=settings.query_memory_mb)
    return cage.once(
        "ozg_lod.engine.store:answering",
        str(snapshots.directory(name)),
        question.to_bytes(),
        limits=limits,
        deadline_s=settings.query_deadline_s,
    )
