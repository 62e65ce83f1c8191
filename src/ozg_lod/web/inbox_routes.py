"""Submitting: `/contributions` takes a file that conforms, `/einreichung/{token}` says what became of it.

Off unless the operator names a folder for submissions. The file is checked again, whatever a page said before; what
does not conform is refused with its report, and nothing of it is kept.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.contributions import (
    check_pages,
    report_formats,
    submission_form,
    submission_pages,
    templates,
)
from ozg_lod.contributions.check_pool import REPORT, CheckAnswer, CheckRequest
from ozg_lod.contributions.inbox import Inbox, ReceivedFile, discreet
from ozg_lod.contributions.submission_form import SubmissionFields
from ozg_lod.contributions.submission_pages import SubmissionForm, SubmissionStatus
from ozg_lod.contributions.submissions import SubmissionCase
from ozg_lod.core.errors import BadRequest, Forbidden, OzgLodError
from ozg_lod.core.messages import _, joined
from ozg_lod.core.settings import Settings
from ozg_lod.http.clients import client_of
from ozg_lod.http.language import choose_language
from ozg_lod.http.rates import Rate
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import pick
from ozg_lod.site import uploads
from ozg_lod.site.page_requests import PageRequest
from ozg_lod.site.uploads import Upload
from ozg_lod.validation import documents, report
from ozg_lod.web import upload_checks
from ozg_lod.web.routing import Pages

pages = Pages()

_CREATED: Final = 201
_SEE_OTHER: Final = 303
_UNPROCESSABLE: Final = 422
_LONGEST_KEY: Final = 8
_RETRY_AFTER_S: Final = 600
_OFFERED: Final = (formats.JSON, formats.HTML)
_PRIVATE: Final = {**upload_checks.NEVER_KEPT, "x-robots-tag": "noindex"}


@pages.page(
    "/contributions",
    methods=("POST",),
    summary="Submit a file for publication",
    status_code=201,
    openapi_extra=submission_form.DESCRIBED,
)
async def contribute(request: Request) -> Response:
    """Keep a file that conforms; answer with the address of its status."""
    inbox = _inbox(request)
    _from_here(request)
    upload_form = await _form(request)
    upload = uploads.checked(upload_form.carried() or uploads.one_of(upload_form), uploads.SUFFIXES)
    kind = await run_in_threadpool(_kind, request, upload_form.fields)
    application = _known(
        request, submission_form.read(upload_form.fields, request.state.opened.identity.examples.authority)
    )
    page = formats.negotiate(request.headers.get("accept"), _OFFERED) is formats.HTML
    if application.faults:
        return _asked_again(request, SubmissionForm(upload, kind, application, _days(request)), page=page)
    try:
        rate: Rate = request.app.state.submissions
        rate.count(client_of(request))
        checked = await upload_checks.checked(request, CheckRequest(upload.name, upload.content, kind, REPORT))
        if not checked.examination.conforms:
            return _refused(request, check_pages.CheckResult(upload, kind, checked.examination), page=page)
        case = await run_in_threadpool(_submitted, inbox, _delivery(request, upload, application, checked))
    except OzgLodError as error:
        if not page:
            raise
        form = SubmissionForm(upload, kind, application, _days(request), failure=error)
        site = PageRequest.for_people(request, "/pruefen").site
        return _page(request, submission_pages.form(site, form), error.status)
    return _kept(request, case, page=page)


@pages.page("/einreichen", methods=("POST",))
async def form(request: Request) -> Response:
    """Answer with the form for the sender of the file that the page before carried."""
    _inbox(request)
    upload_form = await _form(request)
    upload = uploads.checked(upload_form.carried() or uploads.one_of(upload_form), uploads.SUFFIXES)
    kind = await run_in_threadpool(_kind, request, upload_form.fields)
    proposed = upload_form.fields.get("authority", "")[:_LONGEST_KEY]
    shown = SubmissionForm(upload, kind, None, _days(request), authority=proposed)
    return _page(request, submission_pages.form(PageRequest.for_people(request, "/pruefen").site, shown))


@pages.page("/einreichung/{token}", summary="What became of a submission")
async def status(request: Request, token: str) -> Response:
    """Answer with the state; no personal data but a hint that only the sender recognises."""
    inbox = _inbox(request)
    with discreet():
        case = await run_in_threadpool(inbox.by_token, token)
    page = formats.negotiate(request.headers.get("accept"), _OFFERED) is formats.HTML
    return _status(request, case, page=page)


def _submitted(inbox: Inbox, delivery: ReceivedFile) -> SubmissionCase:
    with discreet():
        return inbox.case(inbox.submit(delivery).reference)


async def sweep(folder: Path, days: int) -> None:
    """Delete what is to be deleted."""
    await asyncio.to_thread(Inbox(folder).sweep, days)


def _inbox(request: Request) -> Inbox:
    settings: Settings = request.app.state.settings
    if settings.inbox is None or settings.rdf:
        raise Forbidden(
            _("Nothing can be submitted here; /pruefen says whether a file conforms, and whom to send it to."),
        )
    return Inbox(settings.inbox, most=settings.inbox_open, most_bytes=settings.inbox_bytes)


def _from_here(request: Request) -> None:
    """Refuse what the page of another site sends through the browser of its visitor (Fetch Metadata §2.4)."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise Forbidden(
            _("A page of another site sends this; submit on /pruefen here, or with a program."),
        )


async def _form(request: Request) -> uploads.MultipartForm:
    if not request.headers.get("content-type", "").lower().startswith(uploads.FORM):
        raise BadRequest(
            _("Send a form (multipart/form-data) with the fields file, authority, sender, mail, consent."),
        )
    return await upload_checks.form(request)


def _kind(request: Request, fields: dict[str, str]) -> str:
    """Return the kind of table asked for, "" for one to recognise; raise NotFound for one there is not."""
    slug = fields.get("kind", "")
    return templates.of(request.state.opened).kind(slug).slug if slug else ""


def _known(request: Request, application: SubmissionFields) -> SubmissionFields:
    """Return the application, with a fault where the catalogue does not know the authority."""
    page_request = PageRequest.for_people(request, "/pruefen")
    if "authority" in application.faults:
        return application
    iri = application.candidate(page_request.opened.base_iri)
    known = bool(iri) and page_request.graph.knows(iri)
    return application if known else application.refused("authority", submission_form.unknown(application.key))


def _delivery(request: Request, upload: Upload, application: SubmissionFields, checked: CheckAnswer) -> ReceivedFile:
    base_iri = request.state.opened.base_iri
    return ReceivedFile(
        name=upload.name,
        kind=submission_form.kind_of(checked.examination, base_iri),
        authority=application.candidate(base_iri),
        sender=application.sender,
        content=upload.content,
        report=report.to_json(checked.examination),
    )


def _asked_again(request: Request, shown: SubmissionForm, *, page: bool) -> Response:
    """Return the form with what is missing, for programs a failure that names it."""
    faults = shown.application.faults if shown.application is not None else {}
    error = BadRequest(
        joined((joined((name, text), ": ") for name, text in faults.items()), "; ", end="."),
        fields=sorted(faults),
    )
    if not page:
        raise error
    return _page(request, submission_pages.form(PageRequest.for_people(request, "/pruefen").site, shown), error.status)


def _refused(request: Request, outcome: check_pages.CheckResult, *, page: bool) -> Response:
    """Return the report of a file that does not conform; nothing of it is kept."""
    page_request = PageRequest.for_people(request, "/pruefen")
    if page:
        check_form = check_pages.CheckForm((), uploads.TABLES, list(documents.FORMATS), submits=True)
        body = check_pages.result(page_request.site, check_form, outcome)
        return _page(request, body, _UNPROCESSABLE)
    language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
    body = report_formats.write(outcome.examination, formats.JSON, language)
    return Response(body, _UNPROCESSABLE, {**_PRIVATE, "content-type": formats.JSON.content_type})


def _kept(request: Request, case: SubmissionCase, *, page: bool) -> Response:
    """Return the address of the status; a browser is led there, so that loading again submits nothing."""
    page_request = PageRequest.for_people(request, f"/einreichung/{case.submission.token}")
    if page:
        return Response(
            status_code=_SEE_OTHER, headers={**_PRIVATE, "location": page_request.addresses.path(page_request.path)}
        )
    answer = _status(request, case, page=False)
    answer.status_code = _CREATED
    answer.headers["location"] = page_request.addresses.absolute(page_request.path)
    return answer


def _status(request: Request, case: SubmissionCase, *, page: bool) -> Response:
    submission = case.submission
    page_request = PageRequest.for_people(request, f"/einreichung/{submission.token}")
    name = pick(
        page_request.graph.names(submission.authority), page_request.language, submission.authority.rpartition("/")[2]
    )[0]
    shown = SubmissionStatus(
        case=case,
        authority=(submission.authority, name),
        address=page_request.addresses.absolute(page_request.path),
        source=f"{page_request.opened.base_iri}id/source/{submission.key}",
    )
    if page:
        return _page(request, submission_pages.status(page_request.site, shown))
    return Response(shown.to_json(), headers={**_PRIVATE, "content-type": formats.JSON.content_type})


def _page(request: Request, body: bytes, status: int = 200) -> Response:
    return upload_checks.page(PageRequest.for_people(request, "/pruefen"), body, status, _PRIVATE)


def _days(request: Request) -> int:
    settings: Settings = request.app.state.settings
    return settings.inbox_days
