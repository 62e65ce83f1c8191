"""The SPARQL service: a question in, the complete answer or a named failure out.

An answer leaves only when all of it is here: a query that fails half-way never becomes half an answer with
status 200. Complete answers are kept for the life of the snapshot.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from ozg_lod.core.errors import NotAcceptable
from ozg_lod.core.settings import Settings
from ozg_lod.http.response_cache import CachedBody, ResponseCache
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.sandbox.work_kinds import work_kinds
from ozg_lod.sparql.store import GRAPHS, AnswerHead, SparqlQuery


@dataclass(frozen=True, slots=True)
class SparqlAnswer:
    """A complete answer; one that does not stay must not be kept by anyone (`AnswerHead`)."""

    body: CachedBody
    format: Format
    stays: bool


class Evaluator(Protocol):
    """What evaluates: our own workers, or `remote.Remote` around them."""

    async def ask(self, question: bytes, *, deadline_s: float) -> bytes:
        """Return the whole answer, its head before it, or raise."""
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
        """Return how many questions are being answered, and how many requests may still ask one."""
        return self._active

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Stay open for the one who may ask a question yet."""
        self._active += 1
        try:
            yield
        finally:
            self._active -= 1

    def question(
        self,
        query: str,
        *,
        form: str | None = None,
        accept: str | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> SparqlQuery:
        """Return the question as workers are asked it; `form`, the name of a format, decides where it is given."""
        table, graph = _media_types(form, accept)
        return SparqlQuery(
            query=query,
            format=table,
            graph_format=graph,
            default_graphs=tuple(default_graphs),
            named_graphs=tuple(named_graphs),
            query_bytes=self._settings.query_bytes,
            answer_bytes=self._settings.answer_bytes,
        )

    async def head(self, question: SparqlQuery, *, spending: AbstractContextManager[None] | None = None) -> AnswerHead:
        """Return the head of the answer without evaluating anything; raises as `AnswerHead.of`."""
        question = replace(question, head_only=True)
        return AnswerHead.taken(await self._asked(question, self._settings.query_deadline_s, spending))[0]

    async def answer(
        self,
        question: SparqlQuery,
        *,
        deadline_s: float | None = None,
        spending: AbstractContextManager[None] | None = None,
    ) -> SparqlAnswer:
        """Return the complete answer.

        `deadline_s` may shorten the time allowed, never lengthen it. `spending` is entered while the question is
        being worked on; an answer that is kept costs nothing.
        """
        for media_type in question.media_types:
            cached = self._cache.get("sparql " + digest(question, media_type))
            if cached is not None:
                return SparqlAnswer(cached, AnswerHead(media_type, stays=True).format, stays=True)
        limit_s = min(deadline_s or self._settings.query_deadline_s, self._settings.query_deadline_s)
        head, body = AnswerHead.taken(await self._asked(question, limit_s, spending))
        if not head.stays:
            return SparqlAnswer(CachedBody(body), head.format, stays=False)
        cached = self._cache.put("sparql " + digest(question, head.media_type), body)
        return SparqlAnswer(cached, head.format, stays=True)

    async def _asked(
        self, question: SparqlQuery, limit_s: float, spending: AbstractContextManager[None] | None
    ) -> bytes:
        with spending or contextlib.nullcontext(), self.held():
            return await self._evaluator.ask(wire.encode(question), deadline_s=limit_s)

    def close(self) -> None:
        """End all workers."""
        self._evaluator.close()


def digest(question: SparqlQuery, media_type: str) -> str:
    """Return 64 hexadecimal digits that name a question with this format of its answer."""
    return hashlib.sha256(wire.encode(replace(question, format=media_type, graph_format=None))).hexdigest()


@functools.lru_cache(maxsize=256)
def _media_types(form: str | None, accept: str | None) -> tuple[str, str]:
    """Return the media types that a table and a graph get; "" where none that is offered is wanted."""
    chosen = []
    for offer in (formats.ASKED_RESULTS, GRAPHS):
        try:
            chosen.append(formats.chosen(form, accept, offer).media_type)
        except NotAcceptable:
            chosen.append("")
    return chosen[0], chosen[1]
