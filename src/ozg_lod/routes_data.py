"""Doors for programs: SPARQL, dumps, health. Each turns a request into one call and the answer into a response."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from ozg_lod import formats, service_description, snapshot, store
from ozg_lod.errors import BadRequest, NotFound, TooLarge, UnsupportedMedia
from ozg_lod.store import Question

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ozg_lod.serving import Opened
    from ozg_lod.settings import Settings
    from ozg_lod.sparql import Answer

router = APIRouter()

_FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = "application/sparql-query"
_DUMPS: Final = {store.DATA_FILE: formats.NQUADS, store.MERGED_FILE: formats.NTRIPLES}
_WAIT_QUIETLY_S: Final = 0.05


@router.api_route("/sparql", methods=["GET", "HEAD"], summary="SPARQL query, or the description of the service")
async def sparql_get(
    request: Request,
    query: Annotated[str | None, Query(description="The query; without it the service describes itself.")] = None,  # noqa: ARG001 - documents the parameter; read from the raw query string below
) -> Response:
    """Answer a query (SPARQL 1.1 Protocol §2.1.1) or describe the service (Service Description §2)."""
    fields = _fields(request.url.query.encode("ascii", "surrogateescape"))
    if not any(name == "query" for name, _ in fields):
        return _description(request)
    return await _answer(request, fields)


@router.post("/sparql", summary="SPARQL query in the body: as a form or as application/sparql-query")
async def sparql_post(request: Request) -> Response:
    """Answer a query sent in the body (SPARQL 1.1 Protocol §2.1.2 and §2.1.3)."""
    settings: Settings = request.app.state.settings
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in (_FORM, _QUERY):
        raise UnsupportedMedia(
            f"The body is {content_type or 'of no type'}; send {_QUERY} or {_FORM}. Updates are not offered.",
            f"Der Inhalt ist {content_type or 'ohne Typ'}; senden Sie {_QUERY} oder {_FORM}. Änderungen werden nicht "
            "angeboten.",
            offered=[_QUERY, _FORM],
        )
    body = await read_body(request, settings.query_bytes * 4)
    fields = _fields(request.url.query.encode("ascii", "surrogateescape"))
    if content_type == _FORM:
        return await _answer(request, [*fields, *_fields(body)])
    return await _answer(request, [*fields, ("query", _text(body))])


@router.get("/dump/{name}", summary="The whole data: data.nq with its named graphs, data.nt merged")
@router.head("/dump/{name}", include_in_schema=False)
async def dump(request: Request, name: str) -> Response:
    """Return a file of the snapshot; its name is looked up, never joined to a path."""
    opened: Opened = request.app.state.opened
    if name not in _DUMPS:
        known = ", ".join(_DUMPS)
        raise NotFound(f"There is no dump {name!r}; there are: {known}.", f"Diesen Abzug gibt es nicht; es gibt: {known}.")
    headers = {"ETag": f'"{opened.manifest.files[name].sha256}"', "Cache-Control": "public, max-age=60"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return FileResponse(opened.directory / name, media_type=_DUMPS[name].content_type, headers=headers)


@router.api_route("/health", methods=["GET", "HEAD"], summary="Is the process alive?")
async def health() -> Response:
    """Answer as long as the process does."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@router.api_route("/health/ready", methods=["GET", "HEAD"], summary="Is a snapshot being served?")
async def ready(request: Request) -> Response:
    """Answer 200 with the version that is served, 503 while the server is ending."""
    opened: Opened = request.app.state.opened
    ending = request.app.state.ending
    body = {"status": "ending" if ending else "ready", "snapshot": opened.name, "version": opened.version}
    return JSONResponse(body, status_code=503 if ending else 200, headers={"Cache-Control": "no-store"})


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Return the body; raise TooLarge as soon as it has more bytes than allowed, declared or not."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit_bytes:
            raise TooLarge(
                f"The request has more than {limit_bytes:,} bytes; send less.",
                f"Die Anfrage hat mehr als {limit_bytes} Bytes; senden Sie weniger.",
                limit_bytes=limit_bytes,
            )
    return bytes(body)


async def _answer(request: Request, fields: list[tuple[str, str]]) -> Response:
    opened: Opened = request.app.state.opened
    settings: Settings = request.app.state.settings
    question = Question(
        query=_only(fields, "query") or "",
        accept=request.headers.get("accept"),
        format=_only(fields, "format"),
        default_graphs=tuple(value for name, value in fields if name == "default-graph-uri"),
        named_graphs=tuple(value for name, value in fields if name == "named-graph-uri"),
        query_bytes=settings.query_bytes,
        answer_bytes=settings.answer_bytes,
    )
    answer = await _unless_gone(request, opened.endpoint.ask(question, deadline_s=_deadline_s(fields)))
    etag = f'"{hashlib.sha256(opened.version.encode() + answer.body).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Vary": "Accept",
        "Cache-Control": "public, max-age=60",
        "X-Ozg-Version": opened.version,
    }
    if request.method != "POST" and etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(answer.body, headers={**headers, "Content-Type": answer.content_type})


def _description(request: Request) -> Response:
    opened: Opened = request.app.state.opened
    form = formats.negotiate(request.headers.get("accept"), formats.GRAPHS)
    body = formats.serialize(service_description.describe(opened.manifest, opened.public_url), form)
    headers = {"Content-Type": form.content_type, "Vary": "Accept", "Cache-Control": "public, max-age=60"}
    return Response(body, headers=headers)


async def _unless_gone(request: Request, work: Awaitable[Answer]) -> Answer:
    """Return the result, or cancel the work as soon as the client has hung up."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=_WAIT_QUIETLY_S)
        while not done:
            if await request.is_disconnected():
                raise asyncio.CancelledError
            done, _ = await asyncio.wait({task}, timeout=_WAIT_QUIETLY_S * 4)
    except asyncio.CancelledError:
        task.cancel()
        raise
    return task.result()


def _fields(encoded: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form or query string; raise BadRequest for what is not UTF-8."""
    try:
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequest(
            f"The parameters are not percent-encoded UTF-8: {error}.",
            "Die Parameter sind nicht als UTF-8 mit Prozentzeichen kodiert.",
        ) from None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"The query is not UTF-8: byte {error.start + 1} cannot be read.",
            f"Die Abfrage ist nicht in UTF-8: Byte {error.start + 1} ist nicht lesbar.",
        ) from None


def _only(fields: list[tuple[str, str]], name: str) -> str | None:
    values = [value for key, value in fields if key == name]
    if len(values) > 1:
        raise BadRequest(
            f"The parameter {name} is given {len(values)} times; give it once.",
            f"Der Parameter {name} steht {len(values)}-mal da; geben Sie ihn einmal an.",
        )
    return values[0] if values else None


def _deadline_s(fields: list[tuple[str, str]]) -> float | None:
    value = _only(fields, "timeout")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise BadRequest(
            "timeout is a number of seconds above 0, for example 2.5.",
            "timeout ist eine Zahl von Sekunden größer als 0, zum Beispiel 2.5.",
        )
    return seconds
