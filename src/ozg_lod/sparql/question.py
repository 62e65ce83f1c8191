"""What a SPARQL engine is asked, and what is known of its answer before anything is evaluated."""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.errors import BadRequest, NotAcceptable
from ozg_lod.core.messages import _
from ozg_lod.core.settings import QUERY_BYTES
from ozg_lod.rdf import formats
from ozg_lod.sandbox import wire
from ozg_lod.sparql.scan import short_scan

GRAPHS: Final = (*formats.GRAPHS, *formats.DATASETS)
"""What a query that makes a graph is answered in."""
ASKED_GRAPHS: Final = (*GRAPHS, *formats.GENERIC)
_GENERIC_NAMES: Final = {"json": formats.JSONLD.suffix, "xml": formats.RDFXML.suffix}
"""What `format` says of a table and of a graph in other words."""
_HEAD_LENGTH: Final = struct.Struct("!H")


@dataclass(frozen=True)
class SparqlQuery:
    """One SPARQL query as the protocol carries it (SPARQL 1.1 Protocol §2.1).

    `format` is the media type or short name of the answer, `graph_format` that of an answer that is a graph, where it
    is another; "" where the client takes none that is offered. Graphs given here replace the dataset clause of the
    query.
    """

    query: str
    format: str
    graph_format: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    query_bytes: int = QUERY_BYTES
    answer_bytes: int = 50_000_000

    @property
    def media_types(self) -> tuple[str, ...]:
        """Return what the answer may be in: the form of the query, which only a worker reads, decides which."""
        return tuple({media_type: None for media_type in (self.format, self.graph_format) if media_type})

    def digest(self, media_type: str) -> str:
        """Return 64 hexadecimal digits that name the question with this media type of its answer."""
        graphs = (*self.default_graphs, "", *self.named_graphs)
        text = "\0".join((media_type, str(self.answer_bytes), *graphs, self.query))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """What stands before an answer: its media type, and whether it stays the same as long as the data are.

    It does not where the query has NOW, RAND, UUID or BNODE. `graph` says that it is one, and no table.
    """

    media_type: str
    stays: bool
    graph: bool = False

    @classmethod
    def of(cls, question: SparqlQuery) -> AnswerHead:
        """Return the head of an answer; raise for what is no query, is not offered, or in no format that is."""
        look = short_scan(question.query, max_bytes=question.query_bytes)
        if look.form is None:
            raise BadRequest(
                _("This is not a query: write SELECT, ASK, CONSTRUCT or DESCRIBE."),
            )
        graph = look.form in ("CONSTRUCT", "DESCRIBE")
        if graph:
            chosen = formats.by_name(
                question.format if question.graph_format is None else question.graph_format, ASKED_GRAPHS
            )
        else:
            chosen = formats.by_name(question.format, formats.ASKED_RESULTS)
        return cls(chosen.media_type, not look.volatile, graph)

    @property
    def format(self) -> formats.Format:
        """Return the format that the media type names."""
        return formats.by_name(self.media_type, (*formats.ASKED_RESULTS, *GRAPHS))

    def before(self, body: bytes) -> bytes:
        """Return the head and the body as they come from a worker."""
        head = wire.encode(self)
        return _HEAD_LENGTH.pack(len(head)) + head + body

    @classmethod
    def taken(cls, answer: bytes) -> tuple[AnswerHead, bytes]:
        """Return the head and the body of what came from a worker."""
        end = _HEAD_LENGTH.size + _HEAD_LENGTH.unpack_from(answer)[0]
        return wire.decode(cls, answer[_HEAD_LENGTH.size : end]), answer[end:]


@functools.lru_cache(maxsize=256)
def media_types(forms: tuple[str, ...], accept: str | None) -> tuple[str, str]:
    """Return the media types that a table and a graph get; "" where none that is offered is wanted.

    `forms` are the values of `format`, some of which are lists. One that is known decides. One that the form of the
    query cannot have is ignored by those who say in Accept what they take, and one that nobody knows by those who name
    there what is offered: SPARQLWrapper sends both, whatever the query is. Raises BadRequest for two that differ.

    >>> media_types(("turtle",), "text/csv")
    ('text/csv', 'text/turtle')
    """
    names = tuple(name.strip().lower() for form in forms for name in form.split(",") if name.strip())
    graph_names = [_GENERIC_NAMES.get(name, name) for name in names]
    return _media_type(names, accept, graph=False), _media_type(graph_names, accept, graph=True)


def _media_type(names: Sequence[str], accept: str | None, *, graph: bool) -> str:
    offered = ASKED_GRAPHS if graph else formats.ASKED_RESULTS
    fitting = [form for name in names if (form := _named(name, offered))]
    if len({form.rdf if graph else form.results for form in fitting}) > 1:
        raise BadRequest(_("The parameter format says {forms}; give it once.", forms=", ".join(names)))
    if fitting:
        return fitting[0].media_type
    known = any(_named(name, (*formats.ASKED_RESULTS, *ASKED_GRAPHS)) for name in names)
    own = [form for form in offered if form not in formats.GENERIC]
    if names and not (formats.names(accept, own) or (known and accept is not None)):
        return ""
    try:
        return formats.negotiate(accept, offered).media_type
    except NotAcceptable:
        return ""


def _named(name: str, offered: Sequence[formats.Format]) -> formats.Format | None:
    try:
        return formats.by_name(name, offered)
    except NotAcceptable:
        return None
