"""Uploads: the one file of a request, read into memory and no further than it may be long.

A file is the body itself, a part of a form (RFC 7578), or a field of a form: pasted text, or the bytes that a page
carries along as Base64 so that nothing has to be stored between two requests. Nothing is spooled to disk.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import AsyncGenerator, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ozg_lod.core.errors import (
    BadRequest,
    Late,
    TooLarge,
    UnsupportedMedia,
)
from ozg_lod.core.messages import _
from ozg_lod.http.bodies import read_body
from ozg_lod.http.content_disposition import filename_of
from ozg_lod.rdf import formats
from ozg_lod.validation import documents

FORM: Final = "multipart/form-data"
MAX_BYTES: Final = 10 * 1024 * 1024
MAX_CARRIED: Final = 1024 * 1024
"""How large a file may be that a page carries along."""

MEDIA_TYPES: Final = {
    **{
        form.media_type: f".{form.suffix}"
        for form in (*formats.GRAPHS, *formats.DATASETS, formats.CSV, formats.XLSX, formats.ODS)
    },
    formats.TSV.media_type: f".{formats.CSV.suffix}",  # the reader sees what separates the cells
    formats.LINKSET_JSON.media_type: ".linkset",
    "application/vnd.ms-excel": ".xls",
}
TABLES: Final = (".xlsx", ".ods", ".csv", ".xls", ".xlsm", ".tsv", ".txt")
SUFFIXES: Final = (*TABLES, *documents.FORMATS)
"""The files that are checked, what most have first."""
_LONGEST_NAME: Final = 120
_INVISIBLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
_FIELD_BYTES: Final = MAX_CARRIED * 2
_FORM_BYTES: Final = MAX_BYTES + _FIELD_BYTES + 64 * 1024
MAX_PARTS: Final = 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a body comes in: within so many seconds, and in which place while it does."""

    limit_s: float
    place: AbstractContextManager[None] | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """One file: its name, cleaned, and its bytes."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MultipartForm:
    """What a form says: its fields, each once, and the files that were chosen."""

    fields: dict[str, str]
    files: list[Upload]

    def carried(self) -> Upload | None:
        """Return the file the page carried along, if it is one: its name and its bytes."""
        if not self.fields.get("again"):
            return None
        try:
            content = base64.b64decode(self.fields["again"], validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest(
                _("The file that this page carried is damaged; choose it again."),
            ) from None
        return Upload(clean(self.fields.get("name", "")), content)


async def read_file(request: Request, delivery: Delivery) -> tuple[Upload, dict[str, str]]:
    """Return the one file of a request and the fields beside it.

    Raises TooLarge, UnsupportedMedia for a file of another kind,
    BadRequest where there is no file or more than one, Late when it has not arrived in time.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == FORM:
        form = await read_form(request, delivery)
        return checked(one_of(form)), form.fields
    named = request.query_params.get("name") or filename_of(request.headers.get("content-disposition", ""))
    if not named and kind not in MEDIA_TYPES:
        raise _unknown(kind)
    name = clean(named) if named else f"upload{MEDIA_TYPES[kind]}"
    if PurePosixPath(name).suffix.lower() not in SUFFIXES and kind in MEDIA_TYPES:
        name += MEDIA_TYPES[kind]
    checked(Upload(name, b"?"))
    return checked(Upload(name, await _body(request, MAX_BYTES, delivery))), {}


async def read_form(request: Request, delivery: Delivery, *, most_fields: int = MAX_PARTS) -> MultipartForm:
    """Return what a form says; raises as `read_file`."""
    body = await _body(request, _FORM_BYTES, delivery)

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = _Parser(request.headers, stream(), max_files=MAX_PARTS, max_fields=most_fields, max_part_size=_FIELD_BYTES)
    try:
        data = await parser.parse()
    except MultiPartException as error:
        raise BadRequest(_("The form cannot be read: {reason}", reason=error.message)) from None
    fields, files = {}, []
    for name, value in data.multi_items():
        if not isinstance(value, UploadFile):
            fields[name] = value
        elif value.filename:
            files.append(Upload(clean(value.filename), await value.read()))
    return MultipartForm(fields, files)


def one_of(form: MultipartForm) -> Upload:
    """Return the one file that was chosen; raise BadRequest where there is none or more than one."""
    if not form.files:
        raise BadRequest(_("There is no file; choose one."))
    if len(form.files) > 1:
        raise BadRequest(
            _("There are {count} files; send one at a time.", count=len(form.files)),
        )
    return form.files[0]


def checked(upload: Upload, suffixes: Collection[str] = SUFFIXES) -> Upload:
    """Return the file, if it is one that can be checked; raise UnsupportedMedia, BadRequest or TooLarge."""
    if PurePosixPath(upload.name).suffix.lower() not in suffixes:
        raise _unknown(PurePosixPath(upload.name).suffix, suffixes)
    if not upload.content:
        raise BadRequest(
            _("The file is empty; save it with its contents and send it again."),
        )
    if len(upload.content) > MAX_BYTES:
        raise _too_large()
    return upload


def clean(name: str) -> str:
    r"""Return a file name without folders and without what cannot be seen, short enough to read.

    >>> clean("C:\\Daten\\verfügbarkeit.xlsx"), clean("../../etc/passwd"), clean("\u202excod.csv")
    ('verfügbarkeit.xlsx', 'passwd', 'xcod.csv')
    """
    bare = _INVISIBLE.sub("", re.split(r"[/\\]", name)[-1]).strip().lstrip(".")
    suffix = PurePosixPath(bare).suffix[:10]
    if len(bare) > _LONGEST_NAME:
        bare = bare[: _LONGEST_NAME - len(suffix)] + suffix
    return bare or "upload"


class _Parser(MultiPartParser):
    """Keeps all parts in memory: the body has been counted before."""

    spool_max_size = 1 << 40


async def _body(request: Request, limit_bytes: int, delivery: Delivery) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit_bytes:
        raise _too_large()
    try:
        async with asyncio.timeout(delivery.limit_s):
            return await read_body(request, limit_bytes, place=delivery.place)
    except TooLarge:
        raise _too_large() from None
    except TimeoutError:
        raise Late(
            _("The file did not arrive within {limit_s:g} seconds; send it again.", limit_s=delivery.limit_s),
            retry_after_s=10,
        ) from None


def _too_large() -> TooLarge:
    limit = MAX_BYTES // (1024 * 1024)
    return TooLarge(
        _("The file is larger than {limit} MiB; split it.", limit=limit),
        limit_bytes=MAX_BYTES,
    )


def _unknown(kind: str, suffixes: Collection[str] = SUFFIXES) -> UnsupportedMedia:
    listed = ", ".join(suffixes)
    files = _("Files of the kind “{kind}”", kind=kind[:60]) if kind else _("Files without a known kind")
    return UnsupportedMedia(
        _(
            "{files} are not read here; send one of these and name it (?name=table.csv): {listed}.",
            listed=listed,
            files=files,
        ),
        offered=list(suffixes),
    )
