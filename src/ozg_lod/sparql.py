"""The SPARQL service: a question in, the complete answer or a named failure out.

An answer leaves only when all of it is here: a query that fails half-way never becomes half an answer with
status 200. Complete answers are kept for the life of the snapshot.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ozg_lod.cage import Limits
from ozg_lod.errors import BadRequest
from ozg_lod.lanes import Lanes, Widths
from ozg_lod.scan import scan

if TYPE_CHECKING:
    from pathlib import Path

    from ozg_lod.cache import ByteCache
    from ozg_lod.settings import Settings
    from ozg_lod.store import Question


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: its content type and its bytes."""

    content_type: str
    body: bytes


class Endpoint:
    """Answers questions about one snapshot."""

    def __init__(self, directory: Path, settings: Settings, cache: ByteCache) -> None:
        self._settings = settings
        self._cache = cache
        self._active = 0
        self._lanes = Lanes(
            "ozg_lod.store:answering",
            str(directory),
            Limits(memory_mb=settings.query_memory_mb, cpu_s=int(settings.query_deadline_s * 4) + 60),
            Widths(settings.fast_children, settings.slow_children, settings.waiting_queries, settings.promote_after_s),
        )

    @property
    def active(self) -> int:
        """Return how many questions are being answered."""
        return self._active

    async def ask(self, question: Question, *, deadline_s: float | None = None) -> Answer:
        """Return the complete answer; `deadline_s` may shorten the time allowed, never lengthen it."""
        found = scan(question.query, max_bytes=self._settings.query_bytes)
        if found.form is None:
            raise BadRequest(
                "This is not a query: write SELECT, ASK, CONSTRUCT or DESCRIBE.",
                "Das ist keine Abfrage: Schreiben Sie SELECT, ASK, CONSTRUCT oder DESCRIBE.",
            )
        asked = question.to_bytes()
        name = "sparql " + hashlib.sha256(asked).hexdigest()
        kept = self._cache.get(name)
        if kept is not None:
            return _answer(kept.plain)
        limit_s = min(deadline_s or self._settings.query_deadline_s, self._settings.query_deadline_s)
        self._active += 1
        try:
            whole = await self._lanes.ask(asked, deadline_s=limit_s)
        finally:
            self._active -= 1
        if not found.volatile:
            self._cache.put(name, whole)
        return _answer(whole)

    def close(self) -> None:
        """End all children."""
        self._lanes.close()


def _answer(whole: bytes) -> Answer:
    head, _, body = whole.partition(b"\n")
    return Answer(json.loads(head)["content_type"], body)
