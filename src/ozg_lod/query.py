"""One query from the command line, answered in a cage like anybody's."""

from __future__ import annotations

from ozg_lod.core.settings import Settings
from ozg_lod.sandbox import fork_server, wire
from ozg_lod.sandbox.worker_process import WorkerLimits
from ozg_lod.snapshots.snapshot import Snapshots
from ozg_lod.sparql.scan import scan
from ozg_lod.sparql.store import SparqlQuery


def answer(settings: Settings, query: str, form: str | None) -> bytes:
    """Return the whole answer: CSV for SELECT, Turtle for graphs, JSON for ASK unless `form` names another."""
    snapshots = Snapshots(settings.target)
    name = snapshots.served()
    usual = {"SELECT": "csv", "ASK": "json"}.get(scan(query, max_bytes=settings.query_bytes).form or "", "ttl")
    question = SparqlQuery(query, form or usual, answer_bytes=settings.answer_bytes)
    limits = WorkerLimits(memory_mb=settings.query_memory_mb)
    return fork_server.once(
        "ozg_lod.sparql.store:answering",
        str(snapshots.directory(name)),
        wire.encode(question),
        limits=limits,
        deadline_s=settings.query_deadline_s,
    )
