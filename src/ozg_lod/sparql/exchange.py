"""One exchange by the SPARQL 1.1 Protocol: what a request asks, and the response once the answer is there.

It is worked out where the answer is: in the worker that evaluates, whichever way the request came to it; in the server
where another engine evaluates.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import _
from ozg_lod.http.response_cache import CachedBody, SentResponse
from ozg_lod.http.responses import RequestConditions, wants_gzip
from ozg_lod.sandbox import wire
from ozg_lod.sparql import protocol
from ozg_lod.sparql.question import AnswerHead, SparqlQuery, media_types

FIELDS: Final = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"content-type",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-unmodified-since",
    }
)
"""The fields of a request that decide its response."""
MARK: Final = b"x"
"""What a question for a response begins with; no other does."""
_VARY: Final = "Accept, Accept-Encoding"
_LEAST_COMPRESSED: Final = 600
_MAX_COMPRESSED: Final = 16_000_000
_QUESTION: Final = struct.Struct("!c?II")
_RESPONSE: Final = struct.Struct("!H?I")


@dataclass(frozen=True, slots=True)
class SparqlRequest:
    """What of a request decides its response: `fields` are those of `FIELDS`, in small letters and in their order."""

    method: str
    fields: tuple[tuple[bytes, bytes], ...]
    parameters: bytes
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class EndpointTerms:
    """What holds for all responses of an endpoint: the version of its data and code, for how long, and limits."""

    version: str
    code: str
    fresh_s: int
    query_bytes: int
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is the same in many questions for a response, so that it is written and read once."""

    method: str
    fields: tuple[tuple[bytes, bytes], ...]
    terms: EndpointTerms


def question(request: SparqlRequest, terms: EndpointTerms) -> bytes:
    """Return what a worker is asked for a response."""
    frame = _frame(request.method, request.fields, terms)
    posted = b"" if request.body is None else request.body
    return b"".join(
        (
            _QUESTION.pack(MARK, request.body is None, len(frame), len(request.parameters)),
            frame,
            request.parameters,
            posted,
        )
    )


def asked(question: bytes) -> tuple[SparqlRequest, EndpointTerms]:
    """Return what a worker is asked."""
    _, empty, frame_bytes, parameter_bytes = _QUESTION.unpack_from(question)
    start = _QUESTION.size + frame_bytes
    frame = _frame_of(question[_QUESTION.size : start])
    end = start + parameter_bytes
    body = None if empty else question[end:]
    return SparqlRequest(frame.method, frame.fields, question[start:end], body), frame.terms


@functools.lru_cache(maxsize=256)
def _frame(method: str, fields: tuple[tuple[bytes, bytes], ...], terms: EndpointTerms) -> bytes:
    return wire.encode(_Frame(method, fields, terms))


@functools.lru_cache(maxsize=256)
def _frame_of(frame: bytes) -> _Frame:
    return wire.decode(_Frame, frame)


class Exchange:
    """A request and what it asks; raises BadRequest, or UnsupportedMedia, for what is none by the protocol."""

    def __init__(self, request: SparqlRequest, terms: EndpointTerms) -> None:
        self._terms = terms
        self._method = request.method
        self._fields: dict[str, str] = {}
        for name, text in request.fields:
            field, value = name.decode("latin-1"), text.decode("latin-1")
            lines = [self._fields[field], value] if field in self._fields else [value]
            self._fields[field] = lines[0] if field == "content-type" else ", ".join(lines)  # RFC 9110 §5.3
        self.question = self._question(protocol.fields(request.parameters, self._fields, request.body))

    @property
    def conditional(self) -> bool:
        """Return whether the client names what it has already."""
        return self._method != "POST" and not self._fields.keys().isdisjoint(RequestConditions.FIELDS)

    def unchanged(self, head: AnswerHead) -> SentResponse | None:
        """Return the response to a client that has the answer already, None for any other; nothing is evaluated."""
        fields = self._kept(head)
        if self.conditional and self._conditions.met_by({"etag": fields["etag"]} if head.stays else {}):
            return _response(304, fields)
        return None

    def response(self, head: AnswerHead, body: CachedBody) -> SentResponse:
        """Return the response: coded as the client takes it, with what lets it be kept."""
        if (unchanged := self.unchanged(head)) is not None:
            return unchanged
        fields = self._kept(head) | {"content-type": head.format.content_type}
        content = body.plain
        if self._gzips and _LEAST_COMPRESSED <= len(content) <= _MAX_COMPRESSED:
            content = body.gzipped
            fields["content-encoding"] = "gzip"
        fields["content-length"] = str(len(content))
        return _response(200, fields, b"" if self._method == "HEAD" else content)

    @cached_property
    def _conditions(self) -> RequestConditions:
        return RequestConditions.of(self._method, self._fields)

    @cached_property
    def _gzips(self) -> bool:
        return wants_gzip(self._fields.get("accept-encoding"))

    def _question(self, fields: protocol.Fields) -> SparqlQuery:
        if any(name == "update" for name, _ in fields):
            raise BadRequest(
                _("Updates are not offered: this endpoint only reads. Send a query in the parameter query."),
            )
        query = protocol.only(fields, "query")
        if query is None:
            raise BadRequest(
                _("There is no query; send one in the parameter query."),
            )
        table, graph = media_types(
            tuple(value for name, value in fields if name == "format"), self._fields.get("accept")
        )
        return SparqlQuery(
            query=query,
            format=table,
            graph_format=graph,
            default_graphs=tuple(value for name, value in fields if name == "default-graph-uri"),
            named_graphs=tuple(value for name, value in fields if name == "named-graph-uri"),
            query_bytes=self._terms.query_bytes,
            answer_bytes=self._terms.answer_bytes,
        )

    def _kept(self, head: AnswerHead) -> dict[str, str]:
        """Return the fields that say for how long the answer may be kept, and by whom.

        The entity tag is weak, because a second evaluation may give the rows of a bag in another order.
        """
        fields = {"vary": _VARY, "x-ozg-version": self._terms.version}
        if not head.stays:
            return fields | {"cache-control": "no-store"}
        digest = self.question.digest(head.media_type)[:24]
        tag = f'W/"{self._terms.version[:16]}{self._terms.code}-{digest}-{"g" if self._gzips else "i"}"'
        return fields | {"etag": tag, "cache-control": f"public, max-age={self._terms.fresh_s}"}


def written(response: SentResponse, *, stays: bool) -> bytes:
    """Return a response as it comes from a worker."""
    return _RESPONSE.pack(response.status, stays, len(response.fields)) + response.fields + response.body


def read(answer: bytes) -> tuple[SentResponse, bool]:
    """Return the response that came from a worker, and whether it stays the same as long as the data are."""
    status, stays, length = _RESPONSE.unpack_from(answer)
    end = _RESPONSE.size + length
    return SentResponse(status, answer[_RESPONSE.size : end], answer[end:]), stays


def _response(status: int, fields: dict[str, str], body: bytes = b"") -> SentResponse:
    lines = "".join([f"{name}: {text}\r\n" for name, text in fields.items()])
    return SentResponse(status, lines.encode("latin-1"), body)
