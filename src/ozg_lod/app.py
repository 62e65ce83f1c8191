"""The web application: routes and what applies to all of them (headers, failures, start and end)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from ozg_lod import __version__, errors
from ozg_lod.contributions.inspection import Inspection
from ozg_lod.pages import pages
from ozg_lod.pages.repeats import key_of, note, repeats_of
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.routes import (
    routes_alignment,
    routes_catalogue,
    routes_changes,
    routes_check,
    routes_codebook,
    routes_contribute,
    routes_data,
    routes_editor,
    routes_graphs,
    routes_harvest,
    routes_inbox,
    routes_pages,
    routes_people,
    routes_reconcile,
    routes_reuse,
    routes_search,
    routes_sparql,
    routes_suggest,
)
from ozg_lod.sparql import protocol
from ozg_lod.sparql.archive import Archive
from ozg_lod.text.language import choose_language
from ozg_lod.web.budget import Budget
from ozg_lod.web.delivery import Hold
from ozg_lod.web.rates import Rate
from ozg_lod.web.replies import retry_after

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ozg_lod.pages.repeats import Headers
    from ozg_lod.settings import Settings
    from ozg_lod.sparql.serving import Opened, Switch

PROBLEMS: Final = "https://w3id.org/ozg-lod/problems#"
_METHOD_NOT_ALLOWED: Final = 405
_log = logging.getLogger("ozg_lod")

_ROUTERS: Final = (
    routes_sparql.router,
    routes_reuse.router,
    routes_data.router,
    routes_graphs.router,
    routes_catalogue.router,
    routes_changes.router,
    routes_harvest.router,
    routes_editor.router,
    routes_codebook.router,
    routes_pages.router,
    routes_people.router,
    routes_search.router,
    routes_reconcile.router,
    routes_suggest.router,
    routes_alignment.router,
    routes_check.router,
    routes_contribute.router,
    routes_inbox.router,
)
_EVERYWHERE: Final = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Link, ETag, Content-Language, Retry-After, X-Ozg-Version"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
            b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
]
_REPLACED: Final = frozenset({b"content-security-policy"})
"""What an answer may say itself instead: two policies would both hold, and a preview may stand in a frame."""
_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Accept, Accept-Language, Content-Disposition, Content-Type, If-None-Match"),
    (b"access-control-max-age", b"86400"),
    (b"allow", b"GET, HEAD, POST, OPTIONS"),
]


def create(settings: Settings, switch: Switch) -> FastAPI:
    """Return the application that serves what `switch` holds, and what it switches to later."""
    app = FastAPI(
        title="ozg-lod",
        version=__version__,
        summary="Linked open data catalogue of municipal e-government in Hesse",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # such a redirect would name the Host field of the request
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.switch = switch
    app.state.opened = switch.opened
    app.state.archive = Archive(settings)
    app.state.ending = False
    app.state.budget = Budget(settings.client_seconds)
    app.state.hold = Hold(settings.hold_bytes)
    app.state.submissions = Rate(settings.submissions_per_hour)
    app.state.inspection = Inspection(settings)
    if settings.rdf:
        app.include_router(routes_sparql.start)
    else:
        app.state.editor = routes_editor.page
    for router in _ROUTERS:
        app.include_router(router)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign] # as FastAPI's documentation does it
    app.add_exception_handler(errors.OzgLodError, _expected)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(_Everywhere, access_log=settings.access_log)
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the description of all addresses, also of those whose routes are not FastAPI's."""
    described = FastAPI.openapi(app)
    described["paths"].update(protocol.PATHS)
    return described


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    def serve(opened: Opened) -> None:
        app.state.opened = opened

    switch: Switch = app.state.switch
    archive: Archive = app.state.archive
    works = (switch.watch(serve), archive.tend(), routes_inbox.sweeping(app.state.settings))
    watching = [asyncio.create_task(work) for work in works]
    yield
    for task in watching:
        task.cancel()
    await archive.close()
    await asyncio.to_thread(switch.opened.close)
    await asyncio.to_thread(app.state.inspection.close)


class _Everywhere:
    """Middleware: the headers of every answer, preflights, one snapshot for a request, and faults of ours."""

    def __init__(self, app: ASGIApp, *, access_log: bool) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        start = time.perf_counter()
        try:
            await self._respond(scope, receive, answer)
        except ClientDisconnect:
            pass  # nobody is there to be told
        except Exception:
            if answer.status:
                raise  # the connection breaks: half an answer never ends politely
            await _internal(Request(scope))(scope, receive, answer)
        finally:
            if self._access_log:
                note(scope, answer.status, time.perf_counter() - start)

    async def _respond(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        if scope["method"] == "OPTIONS":
            answer.headers = [*_EVERYWHERE, *_PREFLIGHT]
            await Response(status_code=204)(scope, receive, answer)
        elif scope["path"].startswith("/doc/") and scope["method"] in ("GET", "HEAD"):
            await self._page(scope, receive, answer)
        elif (handle := _direct(scope["method"], scope["path"])) is not None:
            await (await _handled(handle, Request(scope, receive)))(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)

    async def _page(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Answer for a thing, and keep the answer for who asks the same again."""
        handle = _direct(scope["method"], scope["path"])
        if handle is None:
            await self._app(scope, receive, answer)
            return
        opened: Opened = scope["app"].state.opened
        response = await _handled(handle, Request(scope, receive))
        if (key := key_of(scope)) is not None and response.status_code in (200, 304):
            headers = _with(response.raw_headers, _EVERYWHERE)
            repeats_of(opened.cache).put(key, response.status_code, headers, bytes(response.body))
        await response(scope, receive, answer)


async def _handled(handle: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    try:
        return await handle(request)
    except errors.OzgLodError as error:
        return await _expected(request, error)


def _direct(method: str, path: str) -> Callable[[Request], Awaitable[Response]] | None:
    """Return what answers the most asked addresses without the way through all routes and their parameters.

    The routes stand all the same, for the description of the interface and for the methods that are not offered.
    """
    if path == "/sparql" and method in ("GET", "HEAD", "POST"):
        return routes_sparql.sparql
    if method not in ("GET", "HEAD"):
        return None
    if path == "/health":
        return routes_data.health
    start, _, rest = path[1:].partition("/")
    kind, _, name = rest.partition("/")
    if start == "doc" and name.endswith(".atom"):
        return lambda request: routes_reuse.thing_feed(request, kind, name.removesuffix(".atom"))
    if start == "doc" and kind != "dataset" and name and "/" not in name:  # datasets have pages of their own
        return lambda request: routes_pages.thing(request, kind, name)
    return None


class _Answer:
    """What sends an answer: adds the headers of every answer and remembers the status that went out (0: none yet)."""

    def __init__(self, send: Send) -> None:
        self.status = 0
        self.headers = _EVERYWHERE
        self._send = send

    async def __call__(self, message: Message) -> None:
        """Send on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = _with(message["headers"], self.headers)
        await self._send(message)


def _with(own: Iterable[tuple[bytes, bytes]], others: Headers) -> Headers:
    """Return the headers of an answer with those of every answer, but what the answer says itself instead."""
    headers = list(own)
    replaced = {name for name, _ in headers} & _REPLACED
    return [*headers, *(one for one in others if one[0] not in replaced)]


def _internal(request: Request) -> Response:
    """Log the fault under a number and show only the number."""
    number = secrets.token_hex(4)
    _log.exception("internal error %s at %s %s", number, request.method, request.url.path)
    return failure(
        request,
        errors.OzgLodError(
            f"Something went wrong on our side. Please report it with the number {number}.",
            f"Auf unserer Seite ist etwas schiefgegangen. Bitte melden Sie es mit der Nummer {number}.",
            number=number,
        ),
    )


async def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.OzgLodError)  # noqa: S101 - registered for nothing else
    return failure(request, routes_changes.withdrawn_instead(request, error))


async def _http(request: Request, error: Exception) -> Response:
    """Turn what the framework refuses into a sentence of ours."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    if error.status_code == _METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request))
        return failure(
            request,
            errors.MethodNotAllowed(
                f"{request.method} is not offered here; use {allowed}.",
                f"{request.method} wird hier nicht angeboten; möglich ist {allowed}.",
                allow=allowed,
            ),
        )
    return failure(
        request,
        errors.NotFound(
            "There is nothing at this address; the start page leads to everything.",
            "Unter dieser Adresse ist nichts; die Startseite führt zu allem.",
        ),
    )


def _methods(request: Request) -> list[str]:
    """Return the methods that are offered at this path, over all routes that match it."""
    methods: set[str] = set()
    for route in (route for router in _ROUTERS for route in router.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return sorted(methods) or ["GET", "HEAD"]


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    names = ", ".join(sorted({str(part["loc"][-1]) for part in error.errors()}))
    return failure(
        request,
        errors.BadRequest(f"Not understood: {names}.", f"Nicht verstanden: {names}."),
    )


def failure(request: Request, error: errors.OzgLodError) -> Response:
    """Return the failure as a page for browsers, as problem details (RFC 9457) for everything else."""
    headers = {"Vary": "Accept, Accept-Language", "Cache-Control": "no-store", **retry_after(error)}
    if "allow" in error.details:
        headers["Allow"] = str(error.details["allow"])
    if "content_range" in error.details:
        headers["Content-Range"] = str(error.details["content_range"])
    if "successor" in error.details:
        headers["Link"] = f'<{error.details["successor"]}>; rel="successor-version"'
    page = formats.wants_page(request.headers.get("accept"))
    languages = request.headers.get("accept-language", "de" if page else "en")  # people first in German, programs not
    language = choose_language(request.query_params.get("lang"), languages)
    headers["Content-Language"] = language
    if page:
        opened: Opened = request.app.state.opened
        body = pages.error(error, language, Addresses(opened.base_iri, opened.public_url))
        return Response(body, error.status, {**headers, "Content-Type": formats.HTML.content_type})
    problem = {
        "type": f"{PROBLEMS}{error.slug}",
        "title": error.title[language == "de"],
        "status": error.status,
        "detail": error.sentence(language),
        "detail_en": error.en,
        "detail_de": error.de,
        **error.details,
    }
    return Response(json.dumps(problem, ensure_ascii=False), error.status, headers, "application/problem+json")
