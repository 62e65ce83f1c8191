"""From the answer of a backend to ours: read to its end, checked, written in the format that was asked for.

This runs in a cage, since what a stranger's query made is in it. The backend is always asked for JSON or N-Triples:
an answer that was cut, or holds the sentence of an error in its middle, is not readable as that and never gets out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import IO, Final, cast

import pyoxigraph as ox

from ozg_lod.core.errors import AnswerTooLarge, Unavailable
from ozg_lod.core.messages import _
from ozg_lod.rdf import formats
from ozg_lod.sandbox.fork_server import Work, Write
from ozg_lod.sparql.engines import KEPT
from ozg_lod.sparql.scan import scan
from ozg_lod.sparql.store import EmbeddedStore, SparqlQuery

GOOD: Final = b"+"
UNUSABLE: Final = b"-"
SILENT_ROWS: Final = 1 << 20
"""Virtuoso ends a result here whatever it is told, and says nothing."""


@dataclass(frozen=True)
class TranscriptionRequest:
    """What to make of the bytes that follow; without bytes: whether the query can be asked, and how.

    `form` is the query's form, `format` the media type of the answer, `same` as in `Engine`; `max_rows` is the number
    of rows at which the backend says that it stops.
    """

    query: str
    form: str
    format: str
    same: bool
    answer_bytes: int
    max_rows: int = SILENT_ROWS

    def to_bytes(self, answer: bytes | None = None) -> bytes:
        """Return the order as it crosses a pipe."""
        task = "look" if answer is None else "write"
        return json.dumps({"task": task, **asdict(self)}).encode("utf-8", "surrogatepass") + b"\n" + (answer or b"")


def working(_argument: str) -> Work:
    """Return the work of the children (entry of the template): GOOD or UNUSABLE, then the bytes or the reason."""

    def work(said: bytes, write: Write) -> None:
        head, _, body = said.partition(b"\n")
        values = json.loads(head)
        task = values.pop("task")
        order = TranscriptionRequest(**values)
        write(look(order) if task == "look" else transcribe(order, body))

    _warm(work)
    return work


def look(order: TranscriptionRequest) -> bytes:
    """Return the query as it is to be sent, or why it is not sent: only what our own engine can read goes anywhere.

    The columns of `SELECT *` are spelled out in order of appearance; engines differ in theirs.
    """
    try:
        results = ox.Store().query(order.query)
    except (SyntaxError, ValueError, RuntimeError) as error:
        return UNUSABLE + str(error).encode()
    found = scan(order.query, max_bytes=len(order.query) * 4)
    query = order.query
    if isinstance(results, ox.QuerySolutions) and found.star is not None:
        known = {variable.value for variable in results.variables}
        names = [name for name in found.variables if name in known]
        if set(names) != known or not names:
            return UNUSABLE + b"SELECT * with other variables"
        query = query[: found.star] + " ".join(f"?{name}" for name in names) + query[found.star + 1 :]
    return GOOD + query.encode("utf-8", "surrogatepass")


def transcribe(order: TranscriptionRequest, body: bytes) -> bytes:
    """Return the answer in the format asked for; raise Unavailable for one that is not whole."""
    try:
        if order.form in ("CONSTRUCT", "DESCRIBE"):
            return _graph(order, body)
        return _results(order, body)
    except (SyntaxError, ValueError) as error:
        raise cut(str(error)) from None


def cut(reason: str) -> Unavailable:
    """Return the failure of an answer that is not whole."""
    return Unavailable(
        _("The store behind this endpoint gave an answer that is not whole ({reason}).", reason=reason[:200]),
        retry_after_s=10,
    )


def _graph(order: TranscriptionRequest, body: bytes) -> bytes:
    triples = list(ox.parse(body, ox.RdfFormat.N_TRIPLES))
    _check_count(order, len(triples))
    graph = ox.Store()
    graph.bulk_extend(ox.Quad(*triple.triple) for triple in triples)
    output = io.BytesIO()
    question = SparqlQuery("CONSTRUCT WHERE { ?s ?p ?o }", order.format, answer_bytes=order.answer_bytes)
    EmbeddedStore(graph).answer(question, output.write)
    return GOOD + output.getvalue()


def _results(order: TranscriptionRequest, body: bytes) -> bytes:
    form = formats.by_name(order.format, formats.ASKED_RESULTS)
    results = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
    if isinstance(results, ox.QuerySolutions):
        rows = list(results) if not order.same or order.max_rows < SILENT_ROWS else []
        _check_count(order, len(rows))
        if not order.same and (found := _changed(term for row in rows for term in row)):
            return UNUSABLE + found.encode()
        results = cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.JSON))
    output = io.BytesIO()
    results.serialize(cast("IO[bytes]", output), form.results)
    if output.tell() > order.answer_bytes:
        raise too_large(order.answer_bytes)
    return GOOD + output.getvalue()


def _check_count(order: TranscriptionRequest, count: int) -> None:
    """Refuse as many rows as the backend stops at: nobody can tell whether there are more."""
    if count >= order.max_rows and not (order.same and order.max_rows == SILENT_ROWS):
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
    """Touch every path once before the fork: a child opens no file, so nothing may be imported late."""
    table = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'
    for form in formats.ASKED_RESULTS:
        order = TranscriptionRequest("SELECT * { ?s ?p ?o }", "SELECT", form.media_type, same=False, answer_bytes=1000)
        work(order.to_bytes(), lambda _data: None)
        work(order.to_bytes(table), lambda _data: None)
    for form in (*formats.GRAPHS, *formats.DATASETS):
        order = TranscriptionRequest("", "CONSTRUCT", form.media_type, same=False, answer_bytes=1000)
        work(order.to_bytes(b"<urn:s> <urn:p> <urn:o> .\n"), lambda _data: None)
