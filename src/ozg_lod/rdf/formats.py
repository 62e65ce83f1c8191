"""The one table of formats, the one negotiation (RFC 9110 §12.5.1), and the writing of graphs.

The same graph always gives the same bytes: triples are sorted, blank nodes get canonical names. pyoxigraph writes
Turtle and N-Triples; its prefix lines come in no fixed order (0.5.13), so they are sorted here, and RDF/XML and
JSON-LD have writers of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import pyoxigraph as ox

from ozg_lod.core.errors import NotAcceptable
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import PREFIXES, RDF, XSD
from ozg_lod.http.accept import Range, ranges
from ozg_lod.rdf import jsonld, rdfxml


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a page, a graph, a dataset or a result table.

    `suffix` is also the short name for `?format=`; `parameters` are those the content type carries; `w3c_name` is its
    name under http://www.w3.org/ns/formats/.
    """

    suffix: str
    media_type: str
    label: str
    parameters: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    rdf: ox.RdfFormat | None = None
    results: ox.QueryResultsFormat | None = None
    w3c_name: str = ""

    @property
    def content_type(self) -> str:
        """Return the value of the Content-Type field."""
        return "; ".join((self.media_type, *self.parameters))


_UTF8: Final = ("charset=utf-8",)
_MAX_RENAMED: Final = 1000
_UNWRITTEN: Final = frozenset({XSD + "string", RDF + "langString"})
"""Datatypes no format spells out."""
_RESULTS: Final = ox.QueryResultsFormat

HTML: Final = Format("html", "text/html", "HTML", _UTF8)
TURTLE: Final = Format(
    "ttl",
    "text/turtle",
    "Turtle",
    _UTF8,
    ("turtle", "n3", "text/n3", "text/rdf+n3", "application/n3", "application/turtle", "application/x-turtle"),
    ox.RdfFormat.TURTLE,
    None,
    "Turtle",
)
"""Also for those who name N3, whose documents all Turtle documents are."""
JSONLD: Final = Format(
    "jsonld",
    "application/ld+json",
    "JSON-LD",
    (),
    ("json-ld", "application/x-json+ld"),
    ox.RdfFormat.JSON_LD,
    None,
    "JSON-LD",
)
RDFXML: Final = Format(
    "rdf", "application/rdf+xml", "RDF/XML", (), ("rdfxml", "rdf-xml", "rdf+xml"), ox.RdfFormat.RDF_XML, None, "RDF_XML"
)
NTRIPLES: Final = Format(
    "nt", "application/n-triples", "N-Triples", (), ("ntriples",), ox.RdfFormat.N_TRIPLES, None, "N-Triples"
)
NQUADS: Final = Format("nq", "application/n-quads", "N-Quads", (), ("nquads",), ox.RdfFormat.N_QUADS, None, "N-Quads")
TRIG: Final = Format("trig", "application/trig", "TriG", (), (), ox.RdfFormat.TRIG, None, "TriG")
JSON: Final = Format("json", "application/json", "JSON")
TEXT: Final = Format("txt", "text/plain", "Text", _UTF8, ("text",))
XLSX: Final = Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel")
ODS: Final = Format("ods", "application/vnd.oasis.opendocument.spreadsheet", "LibreOffice")
CSV: Final = Format("csv", "text/csv", "CSV", (*_UTF8, "header=present"), (), None, _RESULTS.CSV, "SPARQL_Results_CSV")
TSV: Final = Format("tsv", "text/tab-separated-values", "TSV", _UTF8, (), None, _RESULTS.TSV, "SPARQL_Results_TSV")
SPARQL_JSON: Final = Format(
    "srj", "application/sparql-results+json", "SPARQL JSON", (), ("json",), None, _RESULTS.JSON, "SPARQL_Results_JSON"
)
SPARQL_AS_JSON: Final = Format("json", "application/json", "JSON", (), (), ox.RdfFormat.JSON_LD, _RESULTS.JSON)
SPARQL_XML: Final = Format(
    "srx", "application/sparql-results+xml", "SPARQL XML", (), ("xml",), None, _RESULTS.XML, "SPARQL_Results_XML"
)
XML: Final = Format("xml", "application/xml", "XML", _UTF8, (), ox.RdfFormat.RDF_XML, _RESULTS.XML)
TEXT_XML: Final = Format("xml", "text/xml", "XML", _UTF8, (), ox.RdfFormat.RDF_XML, _RESULTS.XML)
SVG: Final = Format("svg", "image/svg+xml", "SVG")
ATOM: Final = Format("atom", "application/atom+xml", "Atom", _UTF8)
CSVW: Final = Format("json", "application/csvm+json", "CSVW")
LINKSET_JSON: Final = Format("json", "application/linkset+json", "Linkset")
LINKSET: Final = Format("txt", "application/linkset", "Linkset")
PROBLEM: Final = Format("json", "application/problem+json", "Problem")
QUERY: Final = Format("rq", "application/sparql-query", "SPARQL", _UTF8)

GRAPHS: Final = (TURTLE, JSONLD, RDFXML, NTRIPLES)
"""What graphs are written in; one that has no writer below is written by pyoxigraph."""
DATASETS: Final = (NQUADS, TRIG)
RESULTS: Final = (SPARQL_JSON, SPARQL_XML, CSV, TSV)
GENERIC: Final = (SPARQL_AS_JSON, XML, TEXT_XML)
"""For programs that know no better name: tables as SPARQL JSON or XML, graphs as JSON-LD or RDF/XML."""
ASKED_RESULTS: Final = (*RESULTS, *GENERIC)
"""What a query may be answered in."""
PAGES: Final = (GRAPHS[0], HTML, *GRAPHS[1:])
"""What a page about a thing is offered in: the first is what `*/*` alone gets, browsers name text/html."""


def negotiate(accept: str | None, offered: Sequence[Format]) -> Format:
    """Return the offered format the client likes best; of equals the one named most exactly, then the first offered.

    Raises NotAcceptable, with the media types offered, where nothing offered is wanted.

    >>> negotiate("text/html, application/xml;q=0.9, */*;q=0.8", PAGES).suffix
    'html'
    >>> negotiate("*/*", PAGES).suffix
    'ttl'
    """
    wanted = ranges(accept, anything="*/*")
    judged = [(*_judge(offer, wanted), offer) for offer in offered]
    weight, _, best = max(judged, key=lambda entry: entry[:2])
    if weight == 0:
        raise not_acceptable(offered)
    return best


def chosen(name: str | None, accept: str | None, offered: Sequence[Format]) -> Format:
    """Return the format that is named, by a suffix or a parameter, else the one negotiated; raise NotAcceptable."""
    return negotiate(accept, offered) if name is None else by_name(name, offered)


def names(accept: str | None, offered: Sequence[Format]) -> bool:
    """Return whether the client names one of these itself, beyond a wildcard.

    >>> names("text/csv, */*", RESULTS), names("*/*", RESULTS)
    (True, False)
    """
    wanted = [entry for entry in ranges(accept, anything="*/*") if entry.weight > 0]
    return any(entry.name in (offer.media_type, *offer.aliases) for entry in wanted for offer in offered)


def wants_page(accept: str | None) -> bool:
    """Return whether a failure is best told as a page: to those who name text/html, as browsers do.

    >>> wants_page("*/*"), wants_page("text/html, */*;q=0.8"), wants_page("image/png")
    (False, True, False)
    """
    return max((JSON, HTML), key=lambda offer: _judge(offer, ranges(accept, anything="*/*"))) is HTML


def by_name(name: str, offered: Sequence[Format]) -> Format:
    """Return the offered format with this suffix, short name or media type; raise NotAcceptable for any other."""
    wanted = name.strip().lower()
    meant = [offer for offer in offered if wanted in (offer.suffix, offer.media_type, *offer.aliases)]
    if not meant:
        raise not_acceptable(offered)
    return min(meant, key=lambda offer: (offer in GENERIC, wanted in offer.aliases))


def not_acceptable(offered: Sequence[Format]) -> NotAcceptable:
    """Return the failure that lists what is offered."""
    names = ", ".join(f"{offer.media_type} (.{offer.suffix})" for offer in offered)
    return NotAcceptable(
        _("None of the formats asked for is offered here; offered are: {names}.", names=names),
        offered=[offer.media_type for offer in offered],
    )


def serialize(triples: Iterable[ox.Triple], form: Format, *, prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """Return the graph in `form`, always the same bytes for the same graph.

    Raises NotAcceptable where the format cannot hold the graph (RDF/XML knows no control characters).
    """
    if form is NTRIPLES:
        return _ntriples(_named(triples))
    if form not in GRAPHS:
        raise not_acceptable(GRAPHS)
    ordered = sorted(_named(triples), key=position)
    try:
        writer = writer_of(form, ordered, prefixes)
        body = writer.block(ordered)
    except ValueError as reason:
        raise NotAcceptable(
            _(
                "This graph cannot be written as {label}: {reason}. Turtle and N-Triples can hold it.",
                label=form.label,
                reason=reason,
            ),
            offered=[TURTLE.media_type, NTRIPLES.media_type],
        ) from reason
    return writer.head + body + writer.tail


class GraphWriter(Protocol):
    """Writes a graph in blocks of whole subjects, in the order of `position`; raises ValueError for what it cannot."""

    head: bytes

    @property
    def tail(self) -> bytes: ...
    def block(self, triples: Sequence[ox.Triple]) -> bytes: ...


def writer_of(form: Format, like: Sequence[ox.Triple], prefixes: Mapping[str, str] = PREFIXES) -> GraphWriter:
    """Return what writes a graph in `form`: `like` has every namespace, property and datatype that there will be."""
    used = _used(like, prefixes)
    if form is JSONLD:
        return jsonld.JsonLdWriter(like, used)
    return rdfxml.RdfXmlWriter(like, used) if form is RDFXML else _NativeWriter(form, used)


class _NativeWriter:
    """Writes as pyoxigraph does Turtle and its like: prefixes in order, and an empty line after each subject."""

    tail: Final = b""

    def __init__(self, form: Format, prefixes: Mapping[str, str]) -> None:
        self._form = form.rdf
        self._prefixes = dict(prefixes)
        lines = (f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
        self.head = "".join(sorted(lines)).encode() or b"\n"

    def block(self, triples: Sequence[ox.Triple]) -> bytes:
        written = ox.serialize(triples, format=self._form, prefixes=self._prefixes) or b""
        body = written.split(b"\n", len(self._prefixes))[-1].removesuffix(b"\n")
        return b"\n" + body.replace(b" .\n", b" .\n\n") + b"\n"


def _ntriples(triples: Iterable[ox.Triple]) -> bytes:
    written = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    return b"".join(sorted(written.splitlines(keepends=True)))


def _named(triples: Iterable[ox.Triple]) -> set[ox.Triple]:
    """Return the triples each once, blank nodes named canonically (RDFC-1.0).

    Canonical naming takes exponential time on hostile graphs, so past `_MAX_RENAMED` blank nodes keep their names.
    """
    distinct = set(triples)
    blank = {term for triple in distinct for term in (triple.subject, triple.object) if isinstance(term, ox.BlankNode)}
    if 0 < len(blank) <= _MAX_RENAMED:
        dataset = ox.Dataset(ox.Quad(*triple) for triple in distinct)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0_SHA_256)
        distinct = {quad.triple for quad in dataset}
    return distinct


def position(triple: ox.Triple) -> tuple[str, bool, str, str]:
    """Return where a triple stands: by subject, its types first."""
    predicate = triple.predicate.value
    return (str(triple.subject), predicate != RDF + "type", predicate, str(triple.object))


def _used(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes whose namespace occurs in the graph, so that a short graph has a short head."""
    iris = set()
    for triple in triples:
        iris.add(triple.predicate.value)
        for term in (triple.subject, triple.object):
            if isinstance(term, ox.NamedNode):
                iris.add(term.value)
            elif isinstance(term, ox.Literal):
                iris.add(term.datatype.value)
    namespaces = {iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] for iri in iris - _UNWRITTEN}
    return {name: iri for name, iri in prefixes.items() if iri in namespaces}


def _judge(offer: Format, wanted: Sequence[Range]) -> tuple[float, int]:
    """Return (weight, exactness) of the most exact range that covers the offer; (0, 0) where none does."""
    covering = [(exactness, entry.weight) for entry in wanted if (exactness := _exactness(offer, entry))]
    if not covering:
        return 0.0, 0
    exactness, weight = max(covering)
    return weight, exactness


def _exactness(offer: Format, wanted: Range) -> int:
    """Return how exactly the range names the offer: 0 not at all … 5 with parameters it really has.

    A range with parameters the offer lacks (`profile=…`, `version=1.2`) still likes it more than a wildcard does,
    but refusing such a variant does not refuse ours.
    """
    if wanted.name in {"*/*", "*"}:
        return 1
    if wanted.name == offer.media_type.partition("/")[0] + "/*":
        return 2
    if wanted.name != offer.media_type:
        return 3 if wanted.name in offer.aliases else 0
    if not wanted.parameters:
        return 4
    if {parameter.replace('"', "").lower() for parameter in wanted.parameters} <= set(offer.parameters):
        return 5
    return 3 if wanted.weight > 0 else 0
