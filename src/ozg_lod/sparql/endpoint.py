"""The SPARQL service: a question in, the complete answer or a named failure out.

An answer leaves only when all of it is here: a query that fails half-way never becomes half an answer with
status 200. Complete answers are kept for the life of the snapshot.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from ozg_lod.core.settings import Settings
from ozg_lod.http.response_cache import CachedBody, ResponseCache, SentResponse
from ozg_lod.http.slow_clients import PIECE_BYTES
from ozg_lod.rdf.formats import Format
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.sandbox.work_kinds import work_kinds
from ozg_lod.snapshots.fingerprint import code_fingerprint
from ozg_lod.sparql import exchange
from ozg_lod.sparql.exchange import EndpointTerms, Exchange, SparqlRequest
from ozg_lod.sparql.question import AnswerHead, SparqlQuery, media_types

FRESH_S: Final = 60
LONGEST_KEPT: Final = 16_384
"""Bytes of a request under which its response may be kept."""
LONGEST_QUESTION_KEPT: Final = 300_000
"""Bytes; what longer questions are kept under would outgrow the cache, which counts answers only."""


@dataclass(frozen=True, slots=True)
class SparqlAnswer:
    """A complete answer; one that does not stay must not be kept by anyone (`AnswerHead`)."""

    body: CachedBody
    format: Format
    stays: bool


class Evaluator(Protocol):
    """What evaluates: our own workers, or `remote.Remote` around them."""

    answers: bool

    async def ask(self, question: bytes, *, deadline_s: float) -> bytes:
        """Return the whole answer, its head before it, or raise."""
        ...

    def close(self) -> None:
        """End all that belongs to it."""
        ...


class Endpoint:
    """Answers about one version of a dataset; `argument` says what the fork server of this kind of work loads."""

    def __init__(
        self,
        kind: str,
        argument: str,
        version: str,
        settings: Settings,
        cache: ResponseCache,
        evaluator: Callable[[WorkerPool], Evaluator] | None = None,
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._active = 0
        self._terms = functools.cache(
            lambda fresh_s: EndpointTerms(
                version, code_fingerprint(), fresh_s, settings.query_bytes, settings.answer_bytes
            )
        )
        self.pool = WorkerPool(work_kinds(settings)[kind], argument)
        self._evaluator: Evaluator = self.pool if evaluator is None else evaluator(self.pool)

    @property
    def active(self) -> int:
        """Return how many questions are being answered, and how many requests may still ask one."""
        return self._active

    @property
    def answers(self) -> bool:
        """Return whether what evaluates answered when it was last asked."""
        return self._evaluator.answers

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
        table, graph = media_types((form,) if form else (), accept)
        return SparqlQuery(
            query=query,
            format=table,
            graph_format=graph,
            default_graphs=tuple(default_graphs),
            named_graphs=tuple(named_graphs),
            query_bytes=self._settings.query_bytes,
            answer_bytes=self._settings.answer_bytes,
        )

    async def respond(
        self,
        request: SparqlRequest,
        *,
        fresh_s: int = FRESH_S,
        deadline_s: float | None = None,
        spending: AbstractContextManager[None] | None = None,
    ) -> SentResponse:
        """Return the whole response to a request, which those who ask the same may have for `fresh_s` seconds.

        It is worked out where it is evaluated, by a worker of ours in one go. Deadline and spending as with `answer`.
        """
        terms = self._terms(fresh_s)
        question = exchange.question(request, terms)
        response = self._cache.sent(question)
        if response is not None:
            return response
        if self._evaluator is self.pool:
            response, stays = exchange.read(await self._asked(question, deadline_s, spending))
        else:
            worked_out = Exchange(request, terms)
            answer = await self.answer(worked_out.question, deadline_s=deadline_s, spending=spending)
            stays, head = answer.stays, AnswerHead(answer.format.media_type, stays=answer.stays)
            response = await asyncio.to_thread(worked_out.response, head, answer.body)
        if stays and len(question) <= LONGEST_QUESTION_KEPT:
            self._cache.keep(question, response)
        return response

    def begin(
        self, request: SparqlRequest, tell: Callable[[SentResponse | Exception], None]
    ) -> Callable[[], None] | None:
        """Begin at once to do the same, where that is possible (`WorkerPool.begin`); else return None."""
        if self._evaluator is not self.pool:
            return None
        question = exchange.question(request, self._terms(FRESH_S))

        def told(outcome: bytes | Exception) -> None:
            self._active -= 1
            if isinstance(outcome, Exception):
                tell(outcome)
                return
            response, stays = exchange.read(outcome)
            if stays:
                self._cache.keep(question, response)
            tell(response)

        self._active += 1
        give_up = self.pool.begin(question, told)
        if give_up is None:
            self._active -= 1
        return give_up

    def kept(self, request: SparqlRequest, raw: bytes) -> SentResponse | None:
        """Return the response that was sent to a request before, if it is kept: under `raw`, its bytes, from now on."""
        response = self._cache.sent(exchange.question(request, self._terms(FRESH_S)))
        if response is not None and len(raw) <= LONGEST_KEPT and len(response.body) <= PIECE_BYTES:
            self._cache.keep(raw, response)
        return response

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
            cached = self._cache.get("sparql " + question.digest(media_type))
            if cached is not None:
                return SparqlAnswer(cached, AnswerHead(media_type, stays=True).format, stays=True)
        head, body = AnswerHead.taken(await self._asked(wire.encode(question), deadline_s, spending))
        if not head.stays:
            return SparqlAnswer(CachedBody(body), head.format, stays=False)
        cached = self._cache.put("sparql " + question.digest(head.media_type), body)
        return SparqlAnswer(cached, head.format, stays=True)

    async def _asked(
        self, question: bytes, deadline_s: float | None, spending: AbstractContextManager[None] | None
    ) -> bytes:
        limit_s = min(deadline_s or self._settings.query_deadline_s, self._settings.query_deadline_s)
        with spending or contextlib.nullcontext(), self.held():
            return await self._evaluator.ask(question, deadline_s=limit_s)

    def close(self) -> None:
        """End all workers."""
        self._evaluator.close()
