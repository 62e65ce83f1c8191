"""Doors for portals: the catalogue, the pages of its datasets, and the files to download.

Everything comes from one release. Links start with the public URL, never with what a request says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from ozg_lod.catalogue import harvest_view, signposts
from ozg_lod.catalogue.catalogue import Catalogue, CatalogueEntry
from ozg_lod.catalogue.distributions import FOLDER
from ozg_lod.catalogue.harvest_view import CatalogueRequest
from ozg_lod.core.errors import NotFound, Unavailable
from ozg_lod.core.messages import _
from ozg_lod.http.dates import http_date
from ozg_lod.http.responses import (
    CACHE_CONTROL,
    RequestConditions,
    check_parts,
    etag,
    not_modified,
    wants_gzip,
)
from ozg_lod.rdf import formats
from ozg_lod.site import pages as site_pages
from ozg_lod.site import portal_pages
from ozg_lod.site.description import about
from ozg_lod.site.page_requests import PageBody, PageRequest, no_such_page
from ozg_lod.site.represent import Content, Representation, represent
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.snapshots import releases
from ozg_lod.snapshots.data_files import DATA_FILE, MERGED_FILE
from ozg_lod.snapshots.releases import Release
from ozg_lod.snapshots.verified_files import FileRecord
from ozg_lod.tables.metadata import METADATA
from ozg_lod.web.routing import Pages

pages = Pages()

_WHOLE: Final = (DATA_FILE, MERGED_FILE)
_CONTENT_TYPES: Final = {
    **{form.suffix: form.content_type for form in (*formats.GRAPHS, formats.NQUADS, formats.CSV, formats.CSVW)}
}
_MAX_COMPRESSED: Final = 16_000_000
"""Larger files are sent as they are: compressing them would hold memory and a core."""
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


@pages.page("/catalog", "/catalog.{suffix}", summary="The catalogue (DCAT-AP.de 3.0; also .ttl .rdf .jsonld .nt)")
async def catalog(request: Request) -> Response:
    """Answer with the catalogue: whole by default, by pages with `page` and `pageSize`."""
    return await _catalog(request, "")


@pages.page(
    "/snapshot/{version}/catalog",
    "/snapshot/{version}/catalog.{suffix}",
    summary="The catalogue of a published version",
)
async def past_catalog(request: Request, version: str) -> Response:
    """Answer with the catalogue as it was, its files those of that version."""
    return await _catalog(request, version)


@pages.page("/doc/dataset/{name}", summary="A dataset: files, first rows, citation")
async def dataset(request: Request, name: str) -> Response:
    """Answer with all about one dataset of the catalogue; a dataset of another sort gets the page of any thing."""
    key, dot, suffix = name.partition(".")
    page_request = PageRequest.of(request, f"/doc/dataset/{key}", formats.PAGES, suffix if dot else None)
    iri = page_request.iri("dataset", key)
    return await page_request.answer(lambda: _dataset(page_request, iri, key), about=iri)


@pages.page("/dump/{name}", summary="A file of the catalogue; data.nq has everything")
async def dump(request: Request, name: str) -> Response:
    """Answer with a file; its name is looked up in the manifest, never joined to a path unseen."""
    return await _file(request, "", name)


@pages.page("/snapshot/{version}/dump/{name}", summary="A file of a published version")
@pages.page("/snapshot/{version}/{name}", summary="data.nq or data.nt of a published version")
async def past_file(request: Request, version: str, name: str) -> Response:
    """Answer with a file as it was published."""
    return await _file(request, version, name)


def _release(snapshot: ServedSnapshot, version: str, *, pinned: bool) -> Release:
    if version and (pinned or version != snapshot.version):
        return releases.past(snapshot.snapshots, version, snapshot.public_url, pinned=pinned)
    return snapshot.release


async def _catalog(request: Request, version: str) -> Response:
    """Answer with the catalogue of a version for good, or of what is served now where `version` is ""."""
    wanted = CatalogueRequest.of(request.query_params)
    snapshot: ServedSnapshot = request.state.opened
    release = await run_in_threadpool(_release, snapshot, version or wanted.version, pinned=bool(version))
    path = f"/snapshot/{version}/catalog" if version else "/catalog"
    page_request = PageRequest.of(request, path, formats.PAGES, request.path_params.get("suffix"))
    shown = await run_in_threadpool(snapshot.catalogue, release)
    if page_request.form is not formats.HTML:
        return await represent(request, _view(page_request, release, wanted, shown))
    links = signposts.catalogue(shown, {}, release.public_url)
    return await page_request.answer(
        lambda: PageBody(portal_pages.catalogue(page_request.site, shown, page_request.title), links=links),
        edition=str(release.publication.number),
    )


def _view(page_request: PageRequest, release: Release, wanted: CatalogueRequest, shown: Catalogue) -> Representation:
    """Return the graph of a catalogue, or of a page of it; its entity tag is that of its content."""
    address = f"{page_request.opened.public_url}{page_request.path}.{page_request.form.suffix}"

    def make() -> Content:
        view = harvest_view.view(shown, wanted, lambda page: f"{address}?{wanted.query(page, release.version)}")
        fields = {
            "content-type": page_request.form.content_type,
            "last-modified": http_date(shown.modified),
            "vary": "Accept, Accept-Encoding",
            "link": signposts.catalogue(shown, view.links, release.public_url),
        }
        return Content(formats.serialize(view.triples, page_request.form), fields)

    return Representation(f"{address} {release.publication.number} {wanted}", make, by_content=True)


def _dataset(page_request: PageRequest, iri: str, key: str) -> PageBody:
    description = about(page_request.graph, iri, page=page_request.page)
    if description is None:
        raise no_such_page(page_request.page) if page_request.graph.knows(iri) else page_request.unknown("dataset", key)
    described = _entry(page_request.opened, iri)
    html = page_request.form is formats.HTML
    if described is None:
        triples = description.triples
        body = (
            site_pages.thing(page_request.site, description) if html else formats.serialize(triples, page_request.form)
        )
        return PageBody(body, description.pages)
    release, shown, entry = described
    links = signposts.dataset(entry, release.public_url + page_request.path)
    if html:
        preview = portal_pages.preview(release, entry, page_request.language)
        return PageBody(portal_pages.dataset(page_request.site, entry, release, preview), links=links)
    graph = {*description.triples, *shown.graph([entry])}
    return PageBody(formats.serialize(graph, page_request.form), description.pages, links)


def _entry(snapshot: ServedSnapshot, iri: str) -> tuple[Release, Catalogue, CatalogueEntry] | None:
    """Return the entry of the catalogue with this IRI, None where there is no such entry or no catalogue."""
    try:
        release = snapshot.release
        shown = snapshot.catalogue(release)
    except Unavailable:
        return None
    return next(((release, shown, entry) for entry in shown.entries if entry.iri == iri), None)


@dataclass(frozen=True, slots=True)
class _PublishedFile:
    """A file of a publication, and the header fields that go with it."""

    release: Release
    name: str
    record: FileRecord
    fields: dict[str, str]

    @property
    def path(self) -> Path:
        """Return where it is; raise Unavailable where it is not what was written."""
        return self.release.path(_path_of(self.name))


async def _file(request: Request, version: str, name: str) -> Response:
    """Send a file: compressed where the client takes it, parts of it where it asks for them (RFC 9110 §14)."""
    snapshot: ServedSnapshot = request.state.opened
    file = await run_in_threadpool(_published, snapshot, version, name)
    if "range" in request.headers or not wants_gzip(request.headers.get("accept-encoding")):
        return await run_in_threadpool(_uncoded, request, file)
    if file.record.bytes > _MAX_COMPRESSED:
        return await run_in_threadpool(_uncoded, request, file)
    key = f"file {file.release.root} {file.release.publication.number} {name}"
    wanted = Representation(key, lambda: Content(file.path.read_bytes(), file.fields), file.record.sha256)
    return await represent(request, wanted)


def _published(snapshot: ServedSnapshot, version: str, name: str) -> _PublishedFile:
    release = _release(snapshot, version, pinned=bool(version))
    record = release.record(_path_of(name))
    if record is None:
        known = sorted(entry.removeprefix(FOLDER) for entry in release.manifest.files if entry.startswith(FOLDER))
        listed = ", ".join((*_WHOLE, *known))
        raise NotFound(_("There is no such file; there are: {listed}.", listed=listed))
    modified = release.publication.time if name in _WHOLE else release.modified(_path_of(name))
    fields = {
        "content-type": _CONTENT_TYPES[name.rpartition(".")[2]],
        "last-modified": http_date(modified),
        "vary": "Accept-Encoding",
        "link": _links(snapshot, release, name),
        **({"cache-control": _FOR_GOOD} if release.root != release.public_url else {}),
    }
    return _PublishedFile(release, name, record, fields)


def _uncoded(request: Request, file: _PublishedFile) -> Response:
    tag = etag(file.record.sha256, "identity")
    fields = {"etag": tag, "cache-control": CACHE_CONTROL, **file.fields}
    if RequestConditions.of(request.method, request.headers).met_by(fields):
        return not_modified(fields)
    request_headers = request.headers
    if "range" in request_headers and request_headers.get("if-range", tag) in (tag, fields["last-modified"]):
        check_parts(request_headers["range"], file.record.bytes)
    return FileResponse(file.path, headers=fields)


def _path_of(name: str) -> str:
    return name if name in _WHOLE else FOLDER + name


def _links(snapshot: ServedSnapshot, release: Release, name: str) -> str:
    """Return the signposts of a file, those of its table for a description of one."""
    table = name.removesuffix(METADATA)
    try:
        entries = snapshot.catalogue(release).entries
    except Unavailable:
        entries = ()
    for entry in entries:
        for distribution in entry.distributions:
            if distribution.file == table:
                return signposts.file(entry, distribution, release.public_url)
    return signposts.link(f"{release.public_url}/catalog", "collection")
