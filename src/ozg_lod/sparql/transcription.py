"""From the answer of a backend to ours: read to its end, checked, written in the format that was asked for.

This runs in a cage, since what a stranger's query made is in it. The backend is always asked for JSON or N-Triples:
an answer that was cut, or holds the sentence of an error in its middle, is not readable as that and never gets out.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import IO, Final, cast

import pyoxigraph as ox

from ozg_lod.core.errors import AnswerTooLarge, Unavailable
from ozg_lod.core.messages import _
from ozg_lod.rdf import formats
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.worker_process import Work, work_on
from ozg_lod.sparql.engines import KEPT, Engine, stays_here
from ozg_lod.sparql.question import GRAPHS, AnswerHead, SparqlQuery
from ozg_lod.sparql.scan import scan
from ozg_lod.sparql.store import EmbeddedStore

SILENT_ROWS: Final = 1 << 20
"""Virtuoso ends a result here whatever it is told, and says nothing."""


@dataclass(frozen=True)
class TranscriptionRequest:
    """What to make of the answer of a backend; without one: whether the query can be asked, and how.

    `max_rows` is the number of rows at which the backend says that it stops.
    """

    question: SparqlQuery
    engine: Engine
    max_rows: int = SILENT_ROWS
    answer: bytes | None = None


@dataclass(frozen=True)
class Transcription:
    """The query as it is to be sent, or the answer in the format asked for; or why there is none."""

    head: AnswerHead
    body: bytes = b""
    unusable: str | None = None


def working(_argument: str) -> Work:
    """Return the work of the workers (entry of their fork server)."""
    work = work_on(
        TranscriptionRequest,
        lambda request: look(request) if request.answer is None else transcribe(request, request.answer),
    )
    _warm(work)
    return work


def look(request: TranscriptionRequest) -> Transcription:
    """Return the query as it is to be sent, or why it is not sent: only what our own engine can read goes anywhere.

    The columns of `SELECT *` are spelled out in order of appearance; engines differ in theirs.
    """
    question, head = request.question, AnswerHead.of(request.question)
    reason = "a named graph" if question.default_graphs or question.named_graphs else None
    reason = reason or stays_here(question.query, request.engine)
    if reason is not None:
        return Transcription(head, unusable=reason)
    try:
        results = ox.Store().query(question.query)
    except (SyntaxError, ValueError, RuntimeError) as error:
        return Transcription(head, unusable=str(error))
    query_scan = scan(question.query, max_bytes=question.query_bytes)
    query = question.query
    if isinstance(results, ox.QuerySolutions) and query_scan.star is not None:
        known = {variable.value for variable in results.variables}
        names = [name for name in query_scan.variables if name in known]
        if set(names) != known or not names:
            return Transcription(head, unusable="SELECT * with other variables")
        query = query[: query_scan.star] + " ".join(f"?{name}" for name in names) + query[query_scan.star + 1 :]
    return Transcription(head, query.encode())


def transcribe(request: TranscriptionRequest, body: bytes) -> Transcription:
    """Return the answer in the format asked for; raise Unavailable for one that is not whole."""
    head = AnswerHead.of(request.question)
    try:
        return _graph(request, body, head) if head.graph else _results(request, body, head)
    except (SyntaxError, ValueError) as error:
        raise cut(str(error)) from None


def cut(reason: str) -> Unavailable:
    """Return the failure of an answer that is not whole."""
    return Unavailable(
        _("The store behind this endpoint gave an answer that is not whole ({reason}).", reason=reason[:200]),
        retry_after_s=10,
    )


def _graph(request: TranscriptionRequest, body: bytes, head: AnswerHead) -> Transcription:
    triples = list(ox.parse(body, ox.RdfFormat.N_TRIPLES))
    _check_count(request, len(triples))
    graph = ox.Store()
    graph.bulk_extend(ox.Quad(*triple.triple) for triple in triples)
    output = io.BytesIO()
    EmbeddedStore(graph).answer(replace(request.question, query="CONSTRUCT WHERE { ?s ?p ?o }"), output.write)
    return Transcription(head, output.getvalue())


def _results(request: TranscriptionRequest, body: bytes, head: AnswerHead) -> Transcription:
    results = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
    if isinstance(results, ox.QuerySolutions):
        rows = list(results) if not request.engine.same or request.max_rows < SILENT_ROWS else []
        _check_count(request, len(rows))
        if not request.engine.same and (reason := _changed(term for row in rows for term in row)):
            return Transcription(head, unusable=reason)
        results = cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.JSON))
    output = io.BytesIO()
    results.serialize(cast("IO[bytes]", output), head.format.results)
    if output.tell() > request.question.answer_bytes:
        raise too_large(request.question.answer_bytes)
    return Transcription(head, output.getvalue())


def _check_count(request: TranscriptionRequest, count: int) -> None:
    """Refuse as many rows as the backend stops at: nobody can tell whether there are more."""
    if count >= request.max_rows and not (request.engine.same and request.max_rows == SILENT_ROWS):
        raise cut(f"{count} rows: the store stops there")


def _changed(terms: Iterable[object]) -> str | None:
    """Return the first datatype whose values an unknown engine may have changed."""
    for term in terms:
        if isinstance(term, ox.Literal) and term.language is None and term.datatype.value not in KEPT:
            return term.datatype.value
    return None


def too_large(limit_bytes: int) -> AnswerTooLarge:
    """Return the failure of an answer past the limit."""
    return AnswerTooLarge(
        _(
            "The answer has more than {limit_bytes:,} bytes; ask for less (LIMIT, fewer columns) or take the dump.",
            limit_bytes=limit_bytes,
        ),
        limit_bytes=limit_bytes,
    )


def _warm(work: Work) -> None:
    """Touch every path once before the fork: a worker opens no file, so nothing may be imported late."""
    graph = b"<urn:s> <urn:p> <urn:o> .\n"
    table = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'
    engine = Engine("", same=False)
    for form in formats.ASKED_RESULTS:
        request = TranscriptionRequest(SparqlQuery("SELECT * { ?s ?p ?o }", form.media_type), engine)
        work(wire.encode(request), lambda _data: None)
        work(wire.encode(replace(request, answer=table)), lambda _data: None)
    for form in GRAPHS:
        question = SparqlQuery("CONSTRUCT WHERE { ?s ?p ?o }", form.media_type)
        work(wire.encode(TranscriptionRequest(question, engine, answer=graph)), lambda _data: None)
