"""Matching a list for people at `/abgleich`: paste or choose, decide what is unclear, download. Nothing is stored.

The list goes along in the page from step to step. It is read in the cage; what comes back is plain rows of text.
"""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.contributions.check_pool import LIST, CheckRequest
from ozg_lod.core.errors import (
    BadRequest,
    NotFound,
    OzgLodError,
    TooLarge,
)
from ozg_lod.core.messages import _
from ozg_lod.http.clients import client_of
from ozg_lod.http.responses import retry_after
from ozg_lod.matching import alignment_files, alignment_pages, register
from ozg_lod.matching.alignment import AlignedRow, AlignmentChoice, align
from ozg_lod.matching.alignment_pages import ASKED, AlignmentWork
from ozg_lod.rdf import formats
from ozg_lod.site import download_names, uploads
from ozg_lod.site.page_requests import PageRequest
from ozg_lod.site.uploads import MAX_CARRIED, Upload
from ozg_lod.validation import list_reader
from ozg_lod.validation.list_reader import Listing
from ozg_lod.web import upload_checks
from ozg_lod.web.routing import Pages

pages = Pages()

PATH: Final = "/abgleich"
_MAX_FIELDS: Final = ASKED + 40
_FORMS: Final = {form.suffix: form for form in alignment_files.OFFERED}


@pages.page(PATH, summary="Match a list with the catalogue: the form for people")
async def form(request: Request) -> Response:
    """Answer with the form; whoever looks at it will soon send a list, so the cage gets ready."""
    _offered_here(request)
    page_request = PageRequest.for_people(request, PATH)
    request.app.state.check_pool.prepare(page_request.opened)
    return upload_checks.page(page_request, alignment_pages.blank(page_request.site))


@pages.page(PATH, methods=("POST",))
async def matched(request: Request) -> Response:
    """Answer with what came of the list, or with the file; where it could not be read, with the form and the reason."""
    _offered_here(request)
    page_request = PageRequest.for_people(request, PATH)
    fields: dict[str, str] = {}
    try:
        upload_form = await upload_checks.form(request, most_fields=_MAX_FIELDS)
        fields = upload_form.fields
        upload = _checked(_chosen(upload_form, _("list.txt")[page_request.site.language]))
        return await _done(request, page_request, upload, fields)
    except OzgLodError as error:
        text = fields.get("text", "")[:MAX_CARRIED]
        body = alignment_pages.blank(page_request.site, failure=error, text=text, kind=fields.get("kind", ""))
        return upload_checks.page(page_request, body, error.status, retry_after(error))


async def _done(request: Request, page_request: PageRequest, upload: Upload, fields: dict[str, str]) -> Response:
    checked = await upload_checks.checked(request, CheckRequest(upload.name, upload.content, wanted=LIST))
    listing = checked.listing
    choice = AlignmentChoice.of(listing, fields)
    with request.app.state.budget.spending(client_of(request)):  # 5,000 rows take half a minute
        rows = await run_in_threadpool(_aligned, request, listing, choice)
    wanted = _FORMS.get(fields.get("do", ""))
    if wanted is not None:
        return await run_in_threadpool(_download, page_request, AlignmentWork(upload, listing, choice, rows), wanted)
    work = AlignmentWork(upload, listing, choice, rows)
    known = register.of(page_request.opened)
    return upload_checks.page(
        page_request, await run_in_threadpool(alignment_pages.result, page_request.site, work, known)
    )


def _aligned(request: Request, listing: Listing, choice: AlignmentChoice) -> list[AlignedRow]:
    return align(register.of(request.app.state.opened), listing, choice)


def _download(page_request: PageRequest, work: AlignmentWork, form: formats.Format) -> Response:
    language, register_ = page_request.language, register.of(page_request.opened)
    if form is formats.TURTLE:
        body = alignment_files.as_turtle(work.rows)
    elif form is formats.XLSX:
        body = alignment_files.as_workbook(work.listing, work.rows, language, register_)
    else:
        body = alignment_files.as_csv(work.listing, work.rows, language, register_)
    name = download_names.matched_list(work.upload.name, form, language)
    headers = {**upload_checks.NEVER_KEPT, "content-type": form.content_type, "content-disposition": name}
    return Response(body, headers=headers)


def _chosen(upload_form: uploads.MultipartForm, pasted: str) -> Upload:
    """Return the file that was chosen, else what was pasted, else the list the page carried."""
    if upload_form.files:
        return uploads.one_of(upload_form)
    text = upload_form.fields.get("text", "")
    if text.strip():
        return Upload(pasted, text.encode("utf-8", "replace"))
    carried = upload_form.carried()
    if carried is None:
        raise BadRequest(_("There is no list; paste one or choose a file."))
    return carried


def _checked(upload: Upload) -> Upload:
    """Return the list if it is one that is read here; raise TooLarge, UnsupportedMedia or BadRequest."""
    if len(upload.content) > MAX_CARRIED:
        limit = MAX_CARRIED // (1024 * 1024)
        raise TooLarge(
            _("The list is larger than {limit} MiB; split it, or use ozg-lod reconcile.", limit=limit),
            limit_bytes=MAX_CARRIED,
        )
    return uploads.checked(upload, list_reader.SUFFIXES)


def _offered_here(request: Request) -> None:
    if request.app.state.settings.rdf:
        raise NotFound(
            _("This server has queries and nothing else; lists are not matched here."),
        )
