"""What has changed: for people at `/aenderungen`, as a feed at `/changes.atom`; and what to say of what is gone."""

from __future__ import annotations

import re
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ozg_lod.catalogue import feed
from ozg_lod.core.errors import Gone, NotFound, OzgLodError
from ozg_lod.core.messages import _
from ozg_lod.http.dates import http_date, unchanged_since
from ozg_lod.http.language import choose_language
from ozg_lod.http.response_cache import CachedBody
from ozg_lod.http.responses import (
    BytesResponse,
    RequestConditions,
    reply,
    response,
)
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import Graph, pick
from ozg_lod.site import portal_pages
from ozg_lod.site.page_requests import PageBody, PageRequest, no_such_page
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.snapshots import changes
from ozg_lod.snapshots.snapshot import Publication
from ozg_lod.tables.metadata import METADATA
from ozg_lod.web import answers

router = APIRouter()

_METHODS: Final = ["GET", "HEAD"]
_PAGE_SIZE: Final = 20
_THING: Final = re.compile(r"/(?:id|doc)/([a-z]+)/([A-Za-z0-9-]+)(?:\.[a-z]+)?")


@router.get("/changes.atom", summary="Every publication with what it changed (Atom)")
@router.head("/changes.atom", include_in_schema=False)
async def atom(request: Request) -> Response:
    """Answer with the feed."""
    return await run_in_threadpool(_atom, request)


@router.get("/aenderungen", summary="What has changed, publication by publication")
@router.head("/aenderungen", include_in_schema=False)
async def changed(request: Request) -> Response:
    """Answer with the page of what changed."""
    return await run_in_threadpool(_changed, request)


def withdrawn_instead(request: Request, error: OzgLodError) -> OzgLodError:
    """Return Gone, with the successor, in place of NotFound for a thing that `withdrawn.csv` withdraws."""
    asked = _THING.fullmatch(request.url.path)
    if not isinstance(error, NotFound) or asked is None:
        return error
    opened: ServedSnapshot = request.app.state.opened
    rows = opened.cache.once(dict, lambda: _withdrawals(opened), name="withdrawn")
    row = rows.get(f"{opened.base_iri}id/{asked[1]}/{asked[2]}")
    if row is None:
        return error
    details: dict[str, object] = {"withdrawn": row.day, "reason": row.reason}
    sentence = _("The entry was withdrawn on {day}: {reason}.", day=row.day, reason=row.reason)
    if row.successor:
        name = pick(Graph(opened.store).names(row.successor), "de", row.successor)[0]
        details |= {"successor": row.successor, "suggestions": [{"iri": row.successor, "name": name}]}
        sentence = _(
            "{sentence} {name} took its place: {successor}", sentence=sentence, name=name, successor=row.successor
        )
    return Gone(sentence, **details)


def _withdrawals(opened: ServedSnapshot) -> dict[str, changes.Withdrawal]:
    tables = changes.withdrawal_tables(opened.manifest.files)
    names = [name for table in tables for name in (table, table + METADATA) if name in opened.manifest.files]
    return changes.withdrawals({name: (opened.directory / name).read_bytes() for name in names})


def _log(request: Request) -> list[Publication]:
    """Return the publications up to the one that is being served."""
    log = answers.publications(request)
    if not log:
        raise NotFound(
            _("Nothing is published here from a source folder, so nothing changes."),
        )
    return log


def _atom(request: Request) -> Response:
    opened: ServedSnapshot = request.app.state.opened
    log = _log(request)
    language = choose_language(request.query_params.get("lang"), None)
    visit = PageRequest.of(request, "/aenderungen", offered=(formats.HTML,), suffix="html")
    body = feed.atom(
        log,
        iri=f"{opened.base_iri}catalog",
        public_url=opened.public_url,
        title=visit.title,
        language=language,
    )
    asked = RequestConditions.of(request)
    headers = {
        "content-type": f"{feed.MEDIA_TYPE}; charset=utf-8",
        "last-modified": http_date(log[-1].time),
        "content-language": language,
        "vary": "Accept-Encoding",
    }
    mark = f"{log[-1].number} {opened.code} {language} {opened.public_url} feed"
    answer = reply(CachedBody(body), asked, mark=mark, headers=headers)
    if asked.none_match is None and unchanged_since(request.headers.get("if-modified-since"), log[-1].time):
        answer = BytesResponse(304, headers)
    return response(answer)


def _changed(request: Request) -> Response:
    visit = PageRequest.of(request, "/aenderungen", offered=(formats.HTML,))
    log = list(reversed(_log(request)))
    count = max(1, -(-len(log) // _PAGE_SIZE))
    if visit.page > count:
        raise no_such_page(visit.page)
    shown = log[(visit.page - 1) * _PAGE_SIZE : visit.page * _PAGE_SIZE]

    def make() -> PageBody:
        resources = {iri for entry in shown for kind in feed.KINDS for iri in (getattr(entry, kind) or ())[:100]}
        names = {iri: visit.graph.names(iri) for iri in resources}
        return PageBody(portal_pages.changes(visit.site, shown, names, page=visit.page, of=count), count)

    answer = visit.answer(make)
    return response(answer)
