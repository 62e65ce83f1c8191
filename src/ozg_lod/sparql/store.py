"""One SPARQL engine: a question is evaluated and its answer written.

`EmbeddedStore` is a snapshot in memory, evaluated by pyoxigraph inside a worker (`answering` is the entry of its
fork server). The default graph holds the merge of all graphs, each triple once: an engine's own
union counts a triple that stands in two graphs twice, and sums come out wrong.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, cast

import pyoxigraph as ox

from ozg_lod.core.errors import AnswerTooLarge, BadRequest, NotAcceptable
from ozg_lod.core.messages import _
from ozg_lod.core.spelling import nearest
from ozg_lod.core.vocab import PREFIXES
from ozg_lod.http.response_cache import CachedBody
from ozg_lod.rdf import formats
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.worker_process import Work, WorkerSetup, Write
from ozg_lod.snapshots import snapshot
from ozg_lod.snapshots.data_files import DATA_FILE, MERGED_FILE, load
from ozg_lod.snapshots.verified_files import checked
from ozg_lod.sparql import exchange, syntax_errors
from ozg_lod.sparql.exchange import EndpointTerms, Exchange, SparqlRequest
from ozg_lod.sparql.question import GRAPHS, AnswerHead, SparqlQuery
from ozg_lod.sparql.repair import rewritten, written_out
from ozg_lod.sparql.scan import Scan, scan, short_scan
from ozg_lod.sparql.xpath_regex import FUNCTIONS

Results = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples
Evaluate = Callable[..., Results]

_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_TIDY_TRIPLES: Final = 20_000


class EmbeddedStore:
    """A dataset in memory."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self._known = {name.value for name in store.named_graphs() if isinstance(name, ox.NamedNode)}

    def answer(self, question: SparqlQuery, write: Write) -> None:
        """Write the whole answer or raise."""
        query_scan = short_scan(question.query, max_bytes=question.query_bytes)
        form = AnswerHead.of(question).format
        evaluate = self._dataset(question, query_scan)
        results = _run(evaluate, question.query)
        called = rewritten(question.query)
        query = written_out(called or question.query, self._named(question, query_scan)) or called
        if query is not None:  # after the first look of the engine, so that a mistake is told with its own place
            evaluate = partial(evaluate, custom_functions=FUNCTIONS)
            results = _run(evaluate, query)
        query = query or question.query
        output = _LimitedFile(write, question.answer_bytes)
        if isinstance(results, ox.QueryTriples):
            _write_graph(results, form, output)
            return
        if isinstance(results, ox.QuerySolutions):
            results = _in_order(evaluate, query, query_scan, results)
        if form.results == ox.QueryResultsFormat.XML:
            output = _LimitedXmlFile(write, question.answer_bytes)
        results.serialize(cast("IO[bytes]", output), form.results)

    def _dataset(self, question: SparqlQuery, query_scan: Scan) -> Evaluate:
        """Return the evaluation over the graphs asked for (SPARQL 1.1 §13.2, Protocol §2.1.4)."""
        graphs, named = question.default_graphs, question.named_graphs
        if not graphs and not named:
            graphs, named = query_scan.graphs, query_scan.named
        if not graphs and not named:
            return self._store.query
        for iri in (*graphs, *named):
            self._check_known(iri)
        named_graphs: list[ox.NamedNode | ox.BlankNode] = [ox.NamedNode(iri) for iri in named]
        if len(set(graphs)) > 1:
            return partial(
                self._merged(graphs, named).query, default_graph=ox.DefaultGraph(), named_graphs=named_graphs
            )
        default: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = [ox.NamedNode(iri) for iri in graphs[:1]]
        return partial(self._store.query, default_graph=default, named_graphs=named_graphs)

    def _named(self, question: SparqlQuery, query_scan: Scan) -> Sequence[str]:
        """Return the named graphs of the dataset asked for."""
        if question.default_graphs or question.named_graphs:
            return question.named_graphs
        if query_scan.graphs or query_scan.named:
            return query_scan.named
        return sorted(self._known)

    def _merged(self, graphs: Iterable[str], named: Iterable[str]) -> ox.Store:
        """Return a dataset whose default graph holds each triple of `graphs` once."""
        merged = ox.Store()
        for iri in graphs:
            quads = self._store.quads_for_pattern(None, None, None, ox.NamedNode(iri))
            merged.bulk_extend(ox.Quad(*quad.triple) for quad in quads)
        for iri in named:
            merged.bulk_extend(self._store.quads_for_pattern(None, None, None, ox.NamedNode(iri)))
        return merged

    def _check_known(self, iri: str) -> None:
        if iri not in self._known:
            near = nearest(iri, self._known, most=3)
            hint = _(" Near: {near}.", near=", ".join(near)) if near else ""
            raise BadRequest(
                _(
                    "The graph <{iri}> is not part of this dataset, and nothing is fetched from "
                    "elsewhere.{hint} SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p ?o }} }} lists the "
                    "graphs.",
                    iri=iri,
                    hint=hint,
                ),
            )


def answering(argument: str) -> Work:
    """Return the work of query workers; `argument` is the directory of a snapshot (entry of the fork server)."""
    directory = checked(Path(argument), DATA_FILE, MERGED_FILE)
    return work(EmbeddedStore(load(data=directory / DATA_FILE, merged=directory / MERGED_FILE)))


def answering_from_disk(argument: str) -> WorkerSetup:
    """Return the same for data that do not fit into memory: each worker opens the store on disk for itself.

    An open store is never forked (its threads would be missing); a worker opens it before it gives up files.
    """
    return from_disk(snapshot.on_disk(Path(argument)))


def from_disk(opened: Callable[[], ox.Store]) -> WorkerSetup:
    work(EmbeddedStore(ox.Store()))  # imports what is imported late, once for all workers
    return WorkerSetup(lambda: work(EmbeddedStore(opened())))


def work(embedded: EmbeddedStore) -> Work:
    """Return the work of a worker that answers questions to this dataset."""
    _warm(embedded)
    decode = wire.decoder(SparqlQuery)

    def answer(question: bytes, write: Write) -> None:
        if question.startswith(exchange.MARK):
            write(_responded(embedded, *exchange.asked(question)))
            return
        asked = decode(question)
        write(AnswerHead.of(asked).before(b""))
        embedded.answer(asked, write)

    return answer


def _responded(embedded: EmbeddedStore, request: SparqlRequest, terms: EndpointTerms) -> bytes:
    """Return the whole response to a request."""
    worked_out = Exchange(request, terms)
    head = AnswerHead.of(worked_out.question)
    response = worked_out.unchanged(head)
    if response is None:
        body = bytearray()
        embedded.answer(worked_out.question, body.extend)
        response = worked_out.response(head, CachedBody(bytes(body)))
    return exchange.written(response, stays=head.stays)


def _warm(embedded: EmbeddedStore) -> None:
    """Touch every path once before the fork: a worker opens no file, so nothing may be imported late."""
    for query in ("SELECT * { ?s ?p ?o } LIMIT 1", "BASE <a:> ASK FROM <a> {}", "ASK {}"):
        for form in formats.ASKED_RESULTS:
            with contextlib.suppress(BadRequest):
                embedded.answer(SparqlQuery(query, form.media_type), lambda _data: None)
    zipped = SparqlRequest("GET", ((b"accept-encoding", b"gzip"),), b"query=SELECT+*{?s+?p+?o}LIMIT+10", None)
    _responded(embedded, *exchange.asked(exchange.question(zipped, EndpointTerms("", "", 0, 1000, 100_000))))
    for form in GRAPHS:
        embedded.answer(SparqlQuery("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", form.media_type), lambda _data: None)


def _run(evaluate: Evaluate, query: str) -> Results:
    try:
        return evaluate(query)
    except SyntaxError as error:
        raise syntax_errors.syntax(query, scan(query, max_bytes=len(query) * 4), str(error)) from None
    except (ValueError, RuntimeError) as error:  # RuntimeError: a function by an IRI that the engine does not know
        raise BadRequest(_("The query cannot be evaluated: {error}.", error=error)) from None


def _in_order(evaluate: Evaluate, query: str, query_scan: Scan, results: ox.QuerySolutions) -> ox.QuerySolutions:
    """Return the results with the columns of an outermost `SELECT *` in order of appearance.

    The engine sorts them by name (pyoxigraph 0.5.13); SPARQL 1.1 §18.2.1 leaves the order open, people expect theirs.
    """
    if query_scan.star is None:
        return results
    known = {variable.value for variable in results.variables}
    names = [name for name in query_scan.variables if name in known]
    if names == [variable.value for variable in results.variables] or set(names) != known or not names:
        return results
    listed = " ".join(f"?{name}" for name in names)
    return cast("ox.QuerySolutions", evaluate(query[: query_scan.star] + listed + query[query_scan.star + 1 :]))


def _write_graph(triples: ox.QueryTriples, form: formats.Format, output: _LimitedFile) -> None:
    """Write a graph: tidy and always the same while it is small, as it comes when it is large."""
    written = {formats.TRIG: formats.TURTLE, formats.NQUADS: formats.NTRIPLES}.get(form, form)  # a graph is a dataset
    form = next(graph for graph in formats.GRAPHS if graph.rdf == written.rdf)
    first = set(islice(triples, _TIDY_TRIPLES))
    rest = list(islice(triples, 1))
    if not rest:
        output.write(formats.serialize(first, form))
        return
    ox.serialize(chain(first, rest, triples), cast("IO[bytes]", output), form.rdf, prefixes=PREFIXES)


class _LimitedFile:
    """A file to write to that refuses to grow past its limit."""

    def __init__(self, write: Write, limit: int) -> None:
        self._write = write
        self._limit = limit
        self._size = 0

    def write(self, data: bytes) -> int:
        """Write on, or raise AnswerTooLarge."""
        self._size += len(data)
        if self._size > self._limit:
            raise AnswerTooLarge(
                _(
                    "The answer has more than {_limit:,} bytes; ask for less (LIMIT, fewer columns) or take the dump.",
                    _limit=self._limit,
                ),
                limit_bytes=self._limit,
            )
        self._write(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is written is on its way."""


class _LimitedXmlFile(_LimitedFile):
    """The same for XML, which knows no control characters (XML 1.0 §2.2); the engine writes them all the same."""

    def write(self, data: bytes) -> int:
        """Write on, or raise NotAcceptable."""
        if _NOT_XML.search(data):
            raise NotAcceptable(
                _("The answer has control characters, which XML cannot hold; ask for JSON, CSV or TSV."),
                offered=[form.media_type for form in formats.RESULTS if form.results != ox.QueryResultsFormat.XML],
            )
        return super().write(data)
