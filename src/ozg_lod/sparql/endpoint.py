"""The SPARQL service: a question in, the complete answer or a named failure out.

An answer leaves only when all of it is here: a query that fails half-way never becomes half an answer with
status 200. Complete answers are kept for the life of the snapshot.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.http.response_cache import CachedBody, ResponseCache
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.sandbox.work_kinds import work_kinds
from ozg_lod.sparql.scan import scan
from ozg_lod.sparql.store import SparqlQuery, offered


@dataclass(frozen=True, slots=True)
class QueryRequestFormat:
    """A question, the format of its answer, and a name that both have: 64 hexadecimal digits.

    `stays` says that the answer is the same as long as the data are (no NOW, RAND, UUID, BNODE in the query).
    """

    question: SparqlQuery
    form: Format
    name: str
    stays: bool


class Evaluator(Protocol):
    """What evaluates: our own workers, or `remote.Remote` around them."""

    async def ask(self, question: bytes, *, deadline_s: float) -> bytes:
        """Return the whole answer or raise."""
        ...

    def close(self) -> None:
        """End all that belongs to it."""
        ...


class Endpoint:
    """Answers questions about one dataset; `kind` is the kind of work, `argument` says what its fork server loads."""

    def __init__(
        self,
        kind: str,
        argument: str,
        settings: Settings,
        cache: ResponseCache,
        evaluator: Callable[[WorkerPool], Evaluator] | None = None,
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._active = 0
        self.pool = WorkerPool(work_kinds(settings)[kind], argument)
        self._evaluator: Evaluator = self.pool if evaluator is None else evaluator(self.pool)

    @property
    def active(self) -> int:
        """Return how many questions are being answered."""
        return self._active

    def wanted(
        self,
        query: str,
        *,
        form: str | None = None,
        accept: str | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> QueryRequestFormat:
        """Return what is asked for; raise for what is no query, is not offered, or in no format that is."""
        settings = self._settings
        found = scan(query, max_bytes=settings.query_bytes)
        if found.form is None:
            raise BadRequest(
                _("This is not a query: write SELECT, ASK, CONSTRUCT or DESCRIBE."),
            )
        choice = offered(found)
        chosen = formats.by_name(form, choice) if form is not None else formats.negotiate(accept, choice)
        question = SparqlQuery(
            query=query,
            format=chosen.media_type,
            default_graphs=tuple(default_graphs),
            named_graphs=tuple(named_graphs),
            query_bytes=settings.query_bytes,
            answer_bytes=settings.answer_bytes,
            scanned=found,
        )
        return QueryRequestFormat(
            question, chosen, hashlib.sha256(wire.encode(question)).hexdigest(), not found.volatile
        )

    async def answer(
        self,
        wanted: QueryRequestFormat,
        *,
        deadline_s: float | None = None,
        spending: AbstractContextManager[None] | None = None,
    ) -> CachedBody:
        """Return the complete answer.

        `deadline_s` may shorten the time allowed, never lengthen it. `spending` is entered while the question is
        being worked on; an answer that is kept costs nothing.
        """
        kept = self._cache.get("sparql " + wanted.name) if wanted.stays else None
        if kept is not None:
            return kept
        limit_s = min(deadline_s or self._settings.query_deadline_s, self._settings.query_deadline_s)
        with spending or contextlib.nullcontext():
            self._active += 1
            try:
                body = await self._evaluator.ask(wire.encode(wanted.question), deadline_s=limit_s)
            finally:
                self._active -= 1
        return self._cache.put("sparql " + wanted.name, body) if wanted.stays else CachedBody(body)

    def close(self) -> None:
        """End all workers."""
        self._evaluator.close()
