"""Doors for portals: the catalogue, the pages of its datasets, and the files to download.

Everything comes from one edition (see `releases`). Links start with the public URL, never with what a request says.
"""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from ozg_lod.catalogue import catalogue, harvest_view, signposts
from ozg_lod.catalogue.catalogue import Catalogue, CatalogueEntry
from ozg_lod.catalogue.distributions import FOLDER
from ozg_lod.catalogue.harvest_view import CatalogueRequest
from ozg_lod.core.errors import NotFound, Unavailable
from ozg_lod.core.messages import _
from ozg_lod.http.dates import http_date, unchanged_since
from ozg_lod.http.responses import (
    BytesResponse,
    RequestConditions,
    check_parts,
    etag,
    matches,
    reply,
    wants_gzip,
)
from ozg_lod.rdf import formats
from ozg_lod.site import pages, portal_pages
from ozg_lod.site.description import about
from ozg_lod.site.page_requests import PageBody, PageRequest, no_such_page
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.snapshots import releases
from ozg_lod.snapshots.data_files import DATA_FILE, MERGED_FILE
from ozg_lod.snapshots.releases import Release
from ozg_lod.snapshots.snapshot import FileRecord, Snapshots
from ozg_lod.tables.metadata import METADATA

router = APIRouter()

_METHODS: Final = ["GET", "HEAD"]
_WHOLE: Final = (DATA_FILE, MERGED_FILE)
_CONTENT_TYPES: Final = {
    **{form.suffix: form.content_type for form in (*formats.GRAPHS, formats.NQUADS, formats.CSV)},
    "json": "application/csvm+json",
}
_MOST_COMPRESSED: Final = 16_000_000
"""Larger files are sent as they are: compressing them would hold memory and a core."""
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


@router.get("/catalog", summary="The catalogue (DCAT-AP.de 3.0; also .ttl .rdf .jsonld .nt)")
@router.head("/catalog", include_in_schema=False)
@router.api_route("/catalog.{suffix}", methods=_METHODS, include_in_schema=False)
async def catalog(request: Request) -> Response:
    """Answer with the catalogue: whole by default, by pages with `page` and `pageSize`."""
    return await run_in_threadpool(_catalog, request, "")


@router.get("/snapshot/{version}/catalog", summary="The catalogue of a published version")
@router.head("/snapshot/{version}/catalog", include_in_schema=False)
@router.api_route("/snapshot/{version}/catalog.{suffix}", methods=_METHODS, include_in_schema=False)
async def past_catalog(request: Request, version: str) -> Response:
    """Answer with the catalogue as it was, its files those of that version."""
    return await run_in_threadpool(_catalog, request, version)


@router.get("/doc/dataset/{name}", summary="A dataset: files, first rows, citation")
@router.head("/doc/dataset/{name}", include_in_schema=False)
async def dataset(request: Request, name: str) -> Response:
    """Answer with all about one dataset of the catalogue; a dataset of another sort gets the page of any thing."""
    return await run_in_threadpool(_dataset, request, name)


@router.get("/dump/{name}", summary="A file of the catalogue; data.nq has everything")
@router.head("/dump/{name}", include_in_schema=False)
async def dump(request: Request, name: str) -> Response:
    """Answer with a file; its name is looked up in the manifest, never joined to a path unseen."""
    return await run_in_threadpool(_file, request, "", name)


@router.get("/snapshot/{version}/dump/{name}", summary="A file of a published version")
@router.head("/snapshot/{version}/dump/{name}", include_in_schema=False)
@router.get("/snapshot/{version}/{name}", summary="data.nq or data.nt of a published version")
@router.head("/snapshot/{version}/{name}", include_in_schema=False)
async def past_file(request: Request, version: str, name: str) -> Response:
    """Answer with a file as it was published."""
    return await run_in_threadpool(_file, request, version, name)


def _edition(request: Request, version: str, *, pinned: bool) -> Release:
    opened: ServedSnapshot = request.app.state.opened
    snapshots = Snapshots(request.app.state.settings.target)
    if version and (pinned or version != opened.version):
        return releases.past(snapshots, version, opened.public_url, pinned=pinned)
    return opened.cache.once(
        releases.Release, lambda: releases.current(snapshots, opened.name, opened.public_url), name="current"
    )


def _composed(request: Request, edition: Release) -> Catalogue:
    opened: ServedSnapshot = request.app.state.opened
    name = f"{edition.publication.number} {edition.root}"
    return opened.cache.once(Catalogue, lambda: catalogue.compose(edition), name=name)


def _catalog(request: Request, version: str) -> Response:
    """Answer with the catalogue of a version for good, or of what is served now where `version` is ""."""
    wanted = CatalogueRequest.of(request.query_params)
    edition = _edition(request, version or wanted.version, pinned=bool(version))
    path = f"/snapshot/{version}/catalog" if version else "/catalog"
    visit = PageRequest.of(request, path, offered=formats.PAGES, suffix=request.path_params.get("suffix"))
    shown = _composed(request, edition)
    if visit.form is formats.HTML:
        answer = visit.answer(lambda: PageBody(portal_pages.catalogue(visit.site, shown, visit.title)))
        return _sent(answer, signposts.catalogue(shown, {}, edition.public_url))
    opened: ServedSnapshot = request.app.state.opened
    address = f"{opened.public_url}{path}.{visit.form.suffix}"
    view = harvest_view.view(shown, wanted, lambda page: f"{address}?{wanted.query(page, edition.version)}")
    mark = f"{address} {edition.publication.number} {opened.code} {visit.form.suffix} {wanted}"
    entry = opened.cache.get(mark) or opened.cache.put(mark, formats.serialize(view.triples, visit.form))
    headers = {
        "content-type": visit.form.content_type,
        "last-modified": http_date(shown.modified),
        "vary": "Accept, Accept-Encoding",
        "link": signposts.catalogue(shown, view.links, edition.public_url),
    }
    answer = reply(entry, visit.asked, mark=hashlib.sha256(entry.plain).hexdigest(), headers=headers)
    return _sent(_or_not_modified(answer, request, shown.modified))


def _dataset(request: Request, name: str) -> Response:
    key, dot, suffix = name.partition(".")
    visit = PageRequest.of(request, f"/doc/dataset/{key}", offered=formats.PAGES, suffix=suffix if dot else None)
    iri = visit.iri("dataset", key)
    description = about(visit.graph, iri, page=visit.page)
    if description is None:
        raise no_such_page(visit.page) if visit.graph.knows(iri) else visit.unknown("dataset", key)
    found = _entry(request, iri)
    if found is None:

        def make() -> PageBody:
            if visit.form is formats.HTML:
                return PageBody(pages.thing(visit.site, description), description.pages)
            return PageBody(formats.serialize(description.triples, visit.form), description.pages)

        return _sent(visit.answer(make, about=iri))
    edition, shown, entry = found

    def make_dataset() -> PageBody:
        if visit.form is formats.HTML:
            return PageBody(
                portal_pages.dataset(visit.site, entry, edition, portal_pages.preview(edition, entry, visit.language))
            )
        return PageBody(formats.serialize({*description.triples, *shown.graph([entry])}, visit.form))

    answer = visit.answer(make_dataset, about=iri)
    return _sent(answer, signposts.dataset(entry, edition.public_url + visit.path))


def _entry(request: Request, iri: str) -> tuple[Release, Catalogue, CatalogueEntry] | None:
    """Return the entry of the catalogue with this IRI, None where there is no such entry or no catalogue."""
    try:
        edition = _edition(request, "", pinned=False)
        shown = _composed(request, edition)
    except Unavailable:
        return None
    return next(((edition, shown, entry) for entry in shown.entries if entry.iri == iri), None)


def _file(request: Request, version: str, name: str) -> Response:
    edition = _edition(request, version, pinned=bool(version))
    file = name if name in _WHOLE else FOLDER + name
    record = edition.record(file)
    if record is None:
        known = sorted(entry.removeprefix(FOLDER) for entry in edition.manifest.files if entry.startswith(FOLDER))
        listed = ", ".join((*_WHOLE, *known))
        raise NotFound(_("There is no such file; there are: {listed}.", listed=listed))
    pinned = edition.root != edition.public_url
    modified = edition.publication.time if name in _WHOLE else edition.modified(file)
    headers = {
        "content-type": _CONTENT_TYPES[name.rpartition(".")[2]],
        "last-modified": http_date(modified),
        "vary": "Accept-Encoding",
        "link": _links(request, edition, name),
        **({"cache-control": _FOR_GOOD} if pinned else {}),
    }
    return _delivered(request, edition, file, record, headers, modified)


def _delivered(
    request: Request, edition: Release, file: str, record: FileRecord, headers: dict[str, str], modified: str
) -> Response:
    """Send a file: compressed where the client takes it, parts of it where it asks for them (RFC 9110 §14)."""
    fields = request.headers
    path = edition.directory / file
    asked = RequestConditions.of(request)
    if "range" not in fields and wants_gzip(asked.encoding) and record.bytes <= _MOST_COMPRESSED:
        opened: ServedSnapshot = request.app.state.opened
        entry = opened.cache.get(record.sha256) or opened.cache.put(record.sha256, path.read_bytes())
        return _sent(_or_not_modified(reply(entry, asked, mark=record.sha256, headers=headers), request, modified))
    tag = etag(record.sha256, "identity")
    headers = {"etag": tag, "cache-control": "public, max-age=60", **headers}
    if matches(asked.none_match, tag):
        return _sent(BytesResponse(304, {name: value for name, value in headers.items() if name != "content-type"}))
    if asked.none_match is None and unchanged_since(fields.get("if-modified-since"), modified):
        return _sent(BytesResponse(304, {name: value for name, value in headers.items() if name != "content-type"}))
    if "range" in fields and fields.get("if-range", tag) in (tag, headers["last-modified"]):
        check_parts(fields["range"], record.bytes)
    return FileResponse(path, headers=headers)


def _links(request: Request, edition: Release, name: str) -> str:
    """Return the signposts of a file, those of its table for a description of one."""
    table = name.removesuffix(METADATA)
    try:
        entries = _composed(request, edition).entries
    except Unavailable:
        entries = ()
    for entry in entries:
        for one in entry.distributions:
            if one.file == table:
                return signposts.file(entry, one, edition.public_url)
    return signposts.link(f"{edition.public_url}/catalog", "collection")


def _or_not_modified(answer: BytesResponse, request: Request, modified: str) -> BytesResponse:
    """Return 304 in place of 200 where the client has what was changed last; entity tags come first (§13.2.2)."""
    fields = request.headers
    if answer.status != 200 or "if-none-match" in fields:  # noqa: PLR2004 - the one status that has content
        return answer
    if not unchanged_since(fields.get("if-modified-since"), modified):
        return answer
    kept = {name: value for name, value in answer.headers.items() if name not in {"content-type", "content-length"}}
    return BytesResponse(304, kept)


def _sent(answer: BytesResponse, links: str = "") -> Response:
    headers = dict(answer.headers)
    if links:
        headers["link"] = ", ".join(filter(None, (headers.get("link", ""), links)))
    return Response(answer.body, answer.status, headers)
