"""The page where people ask in SPARQL: editor, examples, and the answer as a table with names instead of addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.errors import OzgLodError
from ozg_lod.core.messages import say
from ozg_lod.core.vocab import PREFIXES, prefixed
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import Term
from ozg_lod.site import query_results, result_map, result_timeline
from ozg_lod.site import query_snippets as writing
from ozg_lod.site.atlas import Atlas
from ozg_lod.site.example_queries import TOPICS, ExampleQuery
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render
from ozg_lod.site.values import Value, ValueWriter

TABLE: Final = "table"
TIMELINE: Final = "timeline"
MAP: Final = "map"
"""The query the editor opens with."""
_LIMIT: Final = re.compile(r"\bLIMIT\s+(\d{1,9})", re.IGNORECASE)
_LONGEST_CELL: Final = 1_000
"""Characters of a cell that a page shows; all of them are in the other formats."""
_LAST_BRACE: Final = re.compile(r"[^}]*\Z")
_TABLES: Final = (("csv", "CSV"), ("tsv", "TSV"), ("json", "JSON"), ("srx", "XML"))
_GRAPHS: Final = tuple((form.suffix, form.label) for form in formats.GRAPHS)


@dataclass(frozen=True, slots=True)
class CitationSource:
    """What a citation needs: the name of the catalogue and its publishers; and whether this is its latest version."""

    title: str
    publishers: Sequence[str] = ()
    latest: bool = True


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A query and what came of it: rows, yes or no, the beginning of a graph, or a failure; and whether that `stays`.

    `views` are what the rows can be shown as, `view` is what the reader chose; a map needs the `atlas`.
    """

    query: str
    rows: query_results.Solutions | None = None
    truth: bool | None = None
    raw: str = ""
    whole: bool = True
    graph: bool = False
    iris: bool = False
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    failure: OzgLodError | None = None
    view: str = TABLE
    views: Sequence[str] = ()
    atlas: Atlas | None = None
    stays: bool = True


def page(
    site: PageContext, examples: Sequence[ExampleQuery], source: CitationSource, query_request: QueryRequest | None
) -> bytes:
    """Return the page; without a question it shows the first example, ready to run."""
    first = next(
        (one for one in examples if one.name == site.identity.examples.query), examples[0] if examples else None
    )
    query = query_request.query if query_request else first.query if first else "SELECT * WHERE { ?s ?p ?o } LIMIT 10"
    known = next((one for one in examples if one.query.split() == query.split()), None)
    shelves = [(topic, [one for one in examples if one.topic == topic]) for topic in TOPICS]
    return render(
        "sparql.html",
        site,
        query=query,
        query_request=query_request,
        latest=source.latest,
        known=known,
        shelves=[(topic, members) for topic, members in shelves if members],
        failure=_failure(site, query, query_request.failure) if query_request and query_request.failure else None,
        table=_table(site, query_request, query_request.rows) if query_request and query_request.rows else None,
        drawing=_drawing(site, query_request, query_request.rows)
        if query_request and query_request.rows and query_request.view in query_request.views
        else None,
        reach=_reach(site, source, query_request) if query_request and not query_request.failure else None,
    )


@dataclass(frozen=True, slots=True)
class QueryFailure:
    """A failure with its place: the line of the query, what stands before the place, and a query that mends it."""

    sentence: str
    line: int
    column: int
    excerpt: str
    mended: str
    declaration: str


def _failure(site: PageContext, query: str, failure: OzgLodError) -> QueryFailure:
    details = failure.details
    line, column = (int(str(details.get(name, 0))) for name in ("line", "column"))
    lines = query.splitlines()
    declaration = str(details.get("declaration", ""))
    return QueryFailure(
        sentence=say(failure.message, site.language),
        line=line,
        column=column,
        excerpt=lines[line - 1] if 0 < line <= len(lines) else "",
        mended=str(details.get("corrected", "")),
        declaration=declaration,
    )


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A page of rows ready to be written: each cell a value and the address it stands for, None where unbound.

    `width` is the number of columns of the answer, "" where all of them are here.
    """

    columns: Sequence[str]
    numeric: Sequence[bool]
    rows: Sequence[Sequence[tuple[Value, str] | None]]
    shown: query_results.Solutions
    count: str
    cut: str
    width: str


def _table(site: PageContext, query_request: QueryRequest, solutions: query_results.Solutions) -> ResultTable:
    writer = site.writer(query_request.names)
    rows = [[None if term is None else _cell(writer, term) for term in row] for row in solutions.rows]
    numeric = [
        bool(rows) and all(cell is None or cell[0].kind == "number" for cell in (row[n] for row in rows))
        for n in range(len(solutions.columns))
    ]
    limit = _limit(query_request.query)
    cut = writer.count(limit) if limit is not None and solutions.total == limit else ""
    width = writer.count(solutions.width) if solutions.width > len(solutions.columns) else ""
    return ResultTable(solutions.columns, numeric, rows, solutions, writer.count(solutions.total), cut, width)


@dataclass(frozen=True, slots=True)
class ResultDrawing:
    """A timeline or a map of an answer, and how many rows it leaves out because they are too many."""

    writer: ValueWriter
    left: int
    timeline: result_timeline.ResultTimeline | None = None
    chart: result_map.ResultMap | None = None


def _drawing(
    site: PageContext, query_request: QueryRequest, solutions: query_results.Solutions
) -> ResultDrawing | None:
    writer = site.writer(query_request.names)
    if query_request.view == TIMELINE:
        drawn = result_timeline.timeline(solutions.columns, solutions.first_rows)
        return ResultDrawing(writer, solutions.total - drawn.undated - len(drawn.tracks), timeline=drawn)
    if query_request.view == MAP and query_request.atlas is not None:
        chart = result_map.chart(solutions.columns, solutions.first_rows, query_request.atlas, writer)
        return ResultDrawing(writer, solutions.total - len(solutions.first_rows), chart=chart)
    return None


def _cell(writer: ValueWriter, term: Term) -> tuple[Value, str]:
    address = term.value if isinstance(term, ox.NamedNode) else ""
    value = writer.value(term)
    if len(value.text) > _LONGEST_CELL:
        value = replace(value, text=f"{value.text[:_LONGEST_CELL]}…")
    return value, address


def _limit(query: str) -> int | None:
    """Return the limit the query sets for its whole answer: the one after its last brace."""
    tail = _LAST_BRACE.search(query)
    match = _LIMIT.search(tail[0]) if tail else None
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class ResultLinks:
    """Where the answer can be had again: links to formats, the lasting link, texts to copy."""

    formats: Sequence[tuple[str, str]]
    sheet: str
    link: str
    pinned: str
    snippets: Sequence[writing.QuerySnippet]
    citations: Sequence[writing.QuerySnippet]


def _reach(site: PageContext, source: CitationSource, query_request: QueryRequest) -> ResultLinks:
    def at(form: str, path: str = site.path, **more: str) -> str:
        chosen = {"format": form, **more} if form else more
        return site.addresses.absolute(path, query=query_request.query, **chosen)

    forms = _GRAPHS if query_request.graph else _TABLES
    pinned = at("", f"/snapshot/{site.version}/sparql")
    endpoint = site.addresses.absolute(site.path)
    return ResultLinks(
        formats=[(label, at(form)) for form, label in forms],
        sheet="" if query_request.graph else at("csv", sheet="1"),
        link=at("", "/sparql"),
        pinned=pinned,
        snippets=[] if query_request.graph else writing.programs(query_request.query, endpoint, at("csv", sheet="1")),
        citations=writing.citations(source.title, source.publishers, site.version, pinned),
    )


def vocabulary(site: PageContext, named: Iterable[tuple[str, str, Mapping[str, str]]]) -> bytes:
    """Return what the editor proposes, as JSON: names with their labels. `named` gives (IRI, kind, labels)."""
    writer = site.writer({iri: labels for iri, _, labels in named})
    terms = []
    for iri, kind, _ in named:
        name = prefixed(iri)
        label = writer.name(iri).text
        if name != iri:
            terms.append({"name": name, "label": "" if label == iri else label, "type": kind})
    terms.sort(key=lambda term: (not term["name"].startswith("ozg:"), term["name"]))
    document = {"prefixes": PREFIXES, "terms": terms}
    return json.dumps(document, ensure_ascii=False).encode()
