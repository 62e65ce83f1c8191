"""The door of the codebook: `/codebuch` for people, `/codebuch.csv` for programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.catalogue.distributions import FOLDER
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import XSD
from ozg_lod.http.responses import BytesResponse, reply, response
from ozg_lod.rdf import formats
from ozg_lod.site import codebook
from ozg_lod.site.page_requests import PageBody, PageRequest
from ozg_lod.site.pages import render
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.site.term_names import term_name
from ozg_lod.site.values import ValueWriter
from ozg_lod.snapshots.snapshot import QUERIES_FOLDER

router = APIRouter()

_METHODS: Final = ["GET", "HEAD"]
_OFFERED: Final = (formats.HTML, formats.CSV)


@router.get("/codebuch", summary="The codebook: every column and property, and what a gap or a 0 means (also .csv)")
@router.head("/codebuch", include_in_schema=False)
@router.api_route("/codebuch.{suffix}", methods=_METHODS, include_in_schema=False)
async def page(request: Request) -> Response:
    """Answer with the codebook, made once per snapshot."""
    visit = PageRequest.of(request, "/codebuch", offered=_OFFERED, suffix=request.path_params.get("suffix"))
    opened: ServedSnapshot = request.app.state.opened
    make = visit.answer if visit.form is formats.HTML else partial(_table, visit)
    answer = await run_in_threadpool(make, lambda: PageBody(_made(visit, opened)))
    return response(answer)


def _table(visit: PageRequest, make: Callable[[], PageBody]) -> BytesResponse:
    """Return the table, kept for each language: unlike other tables it is written in one."""
    name = f"codebook {visit.language}"
    entry = visit.opened.cache.get(name) or visit.opened.cache.put(name, make().body)
    headers = {"content-type": visit.form.content_type, "content-language": visit.language}
    return reply(entry, visit.asked, mark=f"{visit.opened.version} {visit.opened.code} {name}", headers=headers)


def _made(visit: PageRequest, opened: ServedSnapshot) -> bytes:
    book = opened.cache.once(codebook.Codebook, lambda: _book(visit, opened))
    types = {datatype for one in book.properties for datatype in one.datatypes if datatype}
    names = {one.iri: one.names for one in book.properties} | {iri: visit.graph.names(iri) for iri in types}
    writer = visit.site.writer(names)
    if visit.form is formats.CSV:
        return codebook.as_csv(book, visit.site.language, lambda iri: writer.name(iri).text)
    return render(
        "codebuch.html",
        visit.site,
        book=book,
        writer=writer,
        datatype=lambda name: _datatype(writer, name),
        key=codebook.key,
    )


def _book(visit: PageRequest, opened: ServedSnapshot) -> codebook.Codebook:
    return codebook.Codebook(
        codebook.tables(opened.directory / QUERIES_FOLDER / "flat", opened.directory / FOLDER),
        codebook.properties(opened.store, visit.terms, visit.shapes),
    )


def _datatype(writer: ValueWriter, name: str) -> str:
    """Return the name of a datatype as people read it; things have none."""
    if not name:
        return _("link")[writer.language]
    return term_name(name if ":" in name else XSD + name, writer.language) or name
