"""Checking files: `/validate` for programs, `/pruefen` for people; the same check in the same cage.

Files are in memory only, for as long as the answer takes.
"""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ozg_lod.catalogue import responsible
from ozg_lod.contributions import check_pages, report_formats, templates
from ozg_lod.contributions.check_pages import CheckForm, CheckResult
from ozg_lod.contributions.check_pool import (
    CORRECTED,
    MARKED,
    PAGE,
    PREVIEW,
    REPORT,
    CheckAnswer,
    CheckRequest,
    check_pool,
)
from ozg_lod.core.errors import NotFound, OzgLodError, Unprocessable
from ozg_lod.core.messages import Label, Language, _
from ozg_lod.core.settings import Settings
from ozg_lod.http.language import choose_language
from ozg_lod.http.responses import retry_after
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format
from ozg_lod.site import download_names, uploads
from ozg_lod.site.page_requests import PageRequest
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.site.uploads import Upload
from ozg_lod.validation import documents
from ozg_lod.web import upload_checks
from ozg_lod.web.routing import Pages

pages = Pages()

_YES: Final = frozenset({"1", "true", "yes", "on", ""})


@pages.page(
    "/validate",
    methods=("POST",),
    summary="Check one file: a table or RDF; ?kind=, ?strict, ?name=, ?lang=",
    openapi_extra=report_formats.DESCRIBED,
)
async def validate(request: Request) -> Response:
    """Answer with the report, whether or not the file conforms: the status says whether it could be checked."""
    _offered_here(request)
    form = _form(request)
    upload, fields = await uploads.read_file(request, upload_checks.delivery(request))
    parameters = {**fields, **request.query_params}
    kind = await run_in_threadpool(_known_kind, request, parameters.get("kind", ""))
    strict = parameters.get("strict", "no").lower() in _YES
    language = _language(request, form)
    wanted = {formats.XLSX: MARKED, formats.HTML: PREVIEW}.get(form, REPORT)
    checked = await upload_checks.checked(request, CheckRequest(upload.name, upload.content, kind, wanted, language))
    if form is formats.HTML:
        return await run_in_threadpool(_result, request, upload, kind, checked, strict=strict)
    return await run_in_threadpool(_report, checked, form, language, upload.name, strict=strict)


@pages.page("/validate")
async def validate_nothing(request: Request) -> Response:
    """Lead whoever follows the address to the form."""
    return RedirectResponse(_page_request(request).addresses.path("/pruefen"), 303)


@pages.page("/pruefen", summary="Check a file: the form for people")
async def form(request: Request) -> Response:
    """Answer with the form; whoever looks at it will soon send a file, so the check gets ready."""
    _offered_here(request)
    page_request = _page_request(request)
    check_pool(request.app).prepare(page_request.opened)
    kind = request.query_params.get("kind", "")[:40]
    body = await run_in_threadpool(lambda: check_pages.blank(page_request.site, _check_form(request), kind=kind))
    return upload_checks.page(page_request, body)


@pages.page("/pruefen", methods=("POST",))
async def check(request: Request) -> Response:
    """Answer with what came of the file; where it could not be checked, with the form and the reason."""
    _offered_here(request)
    page_request = _page_request(request)
    kind = ""
    try:
        upload_form = await upload_checks.form(request)
        kind = await run_in_threadpool(_known_kind, request, upload_form.fields.get("kind", ""))
        upload = uploads.checked(_chosen(upload_form, _("Pasted cells.csv")[page_request.site.language]))
        return await _done(request, page_request, upload, upload_form.fields | {"kind": kind})
    except OzgLodError as error:
        body = check_pages.blank(page_request.site, _check_form(request), failure=error, kind=kind)
        return upload_checks.page(page_request, body, error.status, retry_after(error))


async def _done(request: Request, page_request: PageRequest, upload: Upload, fields: dict[str, str]) -> Response:
    """Do what the button says with the file: check it, mark it, show a page, write a report."""
    button, strict = fields.get("do", "check"), "strict" in fields
    wanted = {"xlsx": MARKED, "corrected": CORRECTED, "page": PAGE, "check": PREVIEW}.get(button, REPORT)
    check_request = CheckRequest(
        upload.name,
        upload.content,
        fields["kind"],
        wanted,
        page_request.language,
        about=fields.get("about", "")[:500],
        chosen=page_request.chosen is not None,
    )
    checked = await upload_checks.checked(request, check_request)
    if button == "page" and checked.document:
        return upload_checks.page(page_request, checked.document)
    suffix = {"corrected": formats.XLSX.suffix}.get(button, button)
    form = next((form for form in report_formats.OFFERED if form.suffix == suffix), None)
    if form is not None and form is not formats.HTML:
        language = page_request.language
        answer = await run_in_threadpool(_report, checked, form, language, upload.name, strict=strict)
        answer.headers["content-disposition"] = download_names.checked_file(
            upload.name, form, page_request.site.language, corrected=button == "corrected"
        )
        return answer
    return await run_in_threadpool(_result, request, upload, fields["kind"], checked, strict=strict)


def _report(checked: CheckAnswer, form: Format, language: Language, name: str, *, strict: bool) -> Response:
    if form is formats.XLSX and not checked.document:
        raise Unprocessable(
            _("{name} has no cells that could be marked; ask for another form of the report.", name=name),
        )
    if form is formats.XLSX:
        body = checked.document
    else:
        body = report_formats.write(checked.examination, form, language, strict=strict)
    return Response(
        body, headers={**upload_checks.NEVER_KEPT, "content-type": form.content_type, "content-language": language}
    )


def _result(request: Request, upload: Upload, kind: str, checked: CheckAnswer, *, strict: bool) -> Response:
    page_request = _page_request(request)
    outcome = CheckResult(upload, kind, checked.examination, strict=strict, preview=checked.preview)
    return upload_checks.page(page_request, check_pages.result(page_request.site, _check_form(request), outcome))


def _chosen(upload_form: uploads.MultipartForm, pasted: str) -> Upload:
    """Return the file that was chosen, else the one the page carried, else what was pasted."""
    if upload_form.files:
        return uploads.one_of(upload_form)
    text = upload_form.fields.get("text", "")
    if text.strip():
        return Upload(pasted, text.encode("utf-8", "replace"))
    return upload_form.carried() or uploads.one_of(upload_form)


def _page_request(request: Request) -> PageRequest:
    return PageRequest.for_people(request, "/pruefen")


def _offered_here(request: Request) -> None:
    settings: Settings = request.app.state.settings
    if settings.rdf:
        raise NotFound(
            _("This server has queries and nothing else; files are not checked here."),
        )


def _form(request: Request) -> Format:
    name = request.query_params.get("format") or None
    return formats.chosen(name, request.headers.get("accept"), report_formats.OFFERED)


def _language(request: Request, form: Format) -> Language:
    """Return the language of the report: people first in German, programs not."""
    usual = "de" if form is formats.HTML else "en"
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language", usual))


def _known_kind(request: Request, kind: str) -> str:
    return templates.of(request.state.opened).kind(kind).slug if kind else ""


def _check_form(request: Request) -> CheckForm:
    settings: Settings = request.app.state.settings
    snapshot: ServedSnapshot = request.state.opened
    graphs = list(documents.FORMATS)
    submits = settings.inbox is not None
    kinds = [(kind.slug, Label(kind.schema.title)) for kind in templates.of(request.state.opened).kinds]
    return CheckForm(kinds, uploads.TABLES, graphs, submits=submits, contact=responsible.contact(snapshot.graph))
