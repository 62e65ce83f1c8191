"""Another SPARQL engine in the place of ours: `serve --store URL`.

Only evaluation is replaced, and only where the other engine is known to be right (`engines`); the rest is answered
from the snapshot. A query is sent with the merged graph of the version being served as its default graph, so a new
version is used from one question to the next. An answer counts only if it is whole and the receipt of that graph,
which `publish` writes last and removes first, is still there after it: then the graph was whole all the time.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import httpx

from ozg_lod.core.errors import Unavailable
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.rdf import formats
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.fork_server import late
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.sandbox.work_kinds import TRANSCRIPTION, too_many_queries, work_kinds
from ozg_lod.snapshots.snapshot import Manifest
from ozg_lod.sparql.backend import (
    VersionGraph,
    checked_head,
    not_published,
    options,
    unreachable,
)
from ozg_lod.sparql.engines import Engine
from ozg_lod.sparql.question import SparqlQuery
from ozg_lod.sparql.transcription import Transcription, TranscriptionRequest, too_large

_log = logging.getLogger("ozg_lod")
_TABLE: Final = formats.SPARQL_JSON.media_type
_TRIPLES: Final = formats.NTRIPLES.media_type
_ROOM: Final = 4
"""The JSON of a backend may be this many times as long as the CSV that is made of it."""
_CANNOT: Final = frozenset({"22", "37", "42"})
"""Classes of SQL states with which Virtuoso says, as a 500, that it cannot evaluate this query."""
_OK: Final = 200
_BAD_REQUEST: Final = 400
_BUSY: Final = frozenset({429, 503})


class _Elsewhere(Exception):
    """The backend cannot be asked this, or its answer cannot be used."""


class Remote:
    """Answers questions with a backend, and with our own workers what the backend cannot be asked.

    `answers` says whether the backend answered the last question it was asked. With `store_fallback` our own workers
    answer while it does not.
    """

    def __init__(self, workers: WorkerPool, settings: Settings, place: VersionGraph, engine: Engine) -> None:
        self._workers = workers
        self._url = str(settings.store)
        self._place = place
        self._engine = engine
        self._waiting = 0
        self._most_waiting = settings.waiting_queries
        self._free = asyncio.Semaphore(settings.store_connections)
        self._fallback = settings.store_fallback
        self.answers = True
        self._client = httpx.AsyncClient(**options(settings, limit_s=settings.query_deadline_s))
        self._transcribers = WorkerPool(work_kinds(settings)[TRANSCRIPTION], "")

    async def ask(self, question: bytes, *, deadline_s: float) -> bytes:
        """Return the whole answer or raise; as `WorkerPool.ask`."""
        end = asyncio.get_running_loop().time() + deadline_s
        try:
            async with asyncio.timeout_at(end):
                answer = await self._from_backend(wire.decode(SparqlQuery, question), end)
                self.answers = True
                return answer
        except TimeoutError:
            raise late(deadline_s) from None
        except Unavailable as failure:
            self.answers = False
            if not self._fallback:
                raise
            _log.warning("answered from the snapshot: %s", failure)
        except _Elsewhere as reason:
            _log.debug("answered from the snapshot: %s", reason)
        return await self._workers.ask(question, deadline_s=end - asyncio.get_running_loop().time())

    def close(self) -> None:
        """End all workers; connections end with the event loop."""
        self._transcribers.close()
        self._workers.close()

    async def _from_backend(self, sparql_query: SparqlQuery, end: float) -> bytes:
        request = TranscriptionRequest(sparql_query, self._engine)
        look = await self._transcribed(request, end)
        media_type = _TRIPLES if look.head.graph else _TABLE
        fields = {"query": look.body.decode(), "default-graph-uri": self._place.graph}
        body, max_rows = await self._sent(fields, media_type, sparql_query.answer_bytes * _ROOM)
        answer = await self._transcribed(replace(request, max_rows=max_rows, answer=body), end)
        await self._still_there()
        return answer.head.before(answer.body)

    async def _transcribed(self, request: TranscriptionRequest, end: float) -> Transcription:
        """Return what a worker makes of the order."""
        limit_s = end - asyncio.get_running_loop().time()
        transcription = wire.decode(
            Transcription, await self._transcribers.ask(wire.encode(request), deadline_s=limit_s)
        )
        if transcription.unusable is not None:
            raise _Elsewhere(transcription.unusable)
        return transcription

    async def _still_there(self) -> None:
        fields = {"query": self._place.receipt_query, "default-graph-uri": self._place.receipt}
        body, _ = await self._sent(fields, _TABLE, 10_000)
        if not _is_true(body):
            raise not_published(self._place)

    async def _sent(self, fields: dict[str, str], media_type: str, limit_bytes: int) -> tuple[bytes, int]:
        """Return the whole body of a good answer, and the number of rows at which the backend stops."""
        if self._waiting >= self._most_waiting:
            raise too_many_queries()
        self._waiting += 1
        try:
            async with (
                self._free,
                self._client.stream("POST", self._url, data=fields, headers={"accept": media_type}) as response,
            ):
                if response.status_code != _OK:
                    raise refusal(response, await _beginning(response))
                max_rows = checked_head(response, media_type)
                return await _whole(response, limit_bytes), max_rows
        except httpx.HTTPError as error:
            raise unreachable(error) from None
        finally:
            self._waiting -= 1


def connect(settings: Settings, manifest: Manifest) -> Callable[[WorkerPool], Remote]:
    """Return how to make the evaluator for this snapshot.

    Raises Unavailable when the backend cannot be reached or does not hold this version yet, unless the snapshot may
    answer in its place.
    """
    place = VersionGraph.of(manifest)
    if not settings.store_fallback:
        _look(settings, place)
    return lambda workers: Remote(workers, settings, place, Engine.of(settings.store_engine))


def _look(settings: Settings, place: VersionGraph) -> None:
    fields = {"query": place.receipt_query, "default-graph-uri": place.receipt}
    with httpx.Client(**options(settings, limit_s=settings.query_deadline_s)) as client:
        try:
            response = client.post(str(settings.store), data=fields, headers={"accept": _TABLE})
        except httpx.HTTPError as error:
            raise unreachable(error) from None
    if response.status_code != _OK or not _is_true(response.content):
        raise not_published(place)


async def _whole(response: httpx.Response, limit_bytes: int) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > limit_bytes:
            raise too_large(limit_bytes // _ROOM)
    return bytes(body)


async def _beginning(response: httpx.Response) -> str:
    """Return the first piece of what a failure says."""
    async for piece in response.aiter_raw(2000):
        return piece.decode("utf-8", "replace")
    return ""


def refusal(response: httpx.Response, text: str) -> Exception:
    """Return what an answer other than 200 means: our engine's turn, or that the backend cannot now."""
    sentence = " ".join(text.partition("SPARQL query:")[0].split())[:300]
    words = sentence.split()
    state = words[1][:2] if words[:1] == ["Virtuoso"] and len(words) > 1 else ""
    if response.status_code == _BAD_REQUEST or state in _CANNOT:
        return _Elsewhere(sentence)
    if response.status_code in _BUSY:
        return too_many_queries()
    _log.warning("the backend answered %s: %s", response.status_code, sentence)
    return Unavailable(
        _(
            "The store behind this endpoint answered with status {status_code}; try again in a while.",
            status_code=response.status_code,
        ),
        retry_after_s=30,
    )


def _is_true(body: bytes) -> bool:
    try:
        return json.loads(body).get("boolean") is True
    except (ValueError, AttributeError):
        return False
