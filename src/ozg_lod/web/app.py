"""The web application: routes and what applies to all of them (headers, failures, start and end)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ozg_lod import __version__
from ozg_lod.contributions.check_pool import CheckPool
from ozg_lod.core import errors
from ozg_lod.core.messages import LANGUAGES, _, say
from ozg_lod.core.settings import Settings
from ozg_lod.http.budget import Budget
from ozg_lod.http.language import choose_language
from ozg_lod.http.rates import Rate
from ozg_lod.http.responses import retry_after
from ozg_lod.http.slow_clients import OutputBudget
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.site import pages
from ozg_lod.site.archive import Archive
from ozg_lod.site.response_cache import Headers, key_of, note, repeats_of
from ozg_lod.site.served_snapshot import ServedSnapshot, SnapshotSwitch
from ozg_lod.sparql import protocol
from ozg_lod.web import (
    alignment_routes,
    catalogue_routes,
    change_routes,
    check_routes,
    codebook_routes,
    contribute_routes,
    editor_routes,
    graph_routes,
    harvest_routes,
    health_routes,
    inbox_routes,
    page_routes,
    reconcile_routes,
    reuse_routes,
    search_routes,
    sparql_routes,
    suggest_routes,
    topic_routes,
)

PROBLEMS: Final = "https://w3id.org/ozg-lod/problems#"
_METHOD_NOT_ALLOWED: Final = 405
_log = logging.getLogger("ozg_lod")

_ROUTERS: Final = (
    sparql_routes.router,
    reuse_routes.router,
    health_routes.router,
    graph_routes.router,
    catalogue_routes.router,
    change_routes.router,
    harvest_routes.router,
    editor_routes.router,
    codebook_routes.router,
    page_routes.router,
    topic_routes.router,
    search_routes.router,
    reconcile_routes.router,
    suggest_routes.router,
    alignment_routes.router,
    check_routes.router,
    contribute_routes.router,
    inbox_routes.router,
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


def create(settings: Settings, switch: SnapshotSwitch) -> FastAPI:
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
    app.state.hold = OutputBudget(settings.hold_bytes)
    app.state.submissions = Rate(settings.submissions_per_hour)
    app.state.inspection = CheckPool(settings)
    if settings.rdf:
        app.include_router(sparql_routes.start)
    else:
        app.state.editor = editor_routes.page
    for router in _ROUTERS:
        app.include_router(router)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign] # as FastAPI's documentation does it
    app.add_exception_handler(errors.OzgLodError, _expected)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(_CommonHeaders, access_log=settings.access_log)
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the description of all addresses, also of those whose routes are not FastAPI's."""
    described = FastAPI.openapi(app)
    described["paths"].update(protocol.PATHS)
    return described


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    def serve(opened: ServedSnapshot) -> None:
        app.state.opened = opened

    switch: SnapshotSwitch = app.state.switch
    archive: Archive = app.state.archive
    works = (switch.watch(serve), archive.tend(), inbox_routes.sweeping(app.state.settings))
    watching = [asyncio.create_task(work) for work in works]
    yield
    for task in watching:
        task.cancel()
    await archive.close()
    await asyncio.to_thread(switch.opened.close)
    await asyncio.to_thread(app.state.inspection.close)


class _CommonHeaders:
    """Middleware: the headers of every answer, preflights, one snapshot for a request, and faults of ours."""

    def __init__(self, app: ASGIApp, *, access_log: bool) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _ResponseSender(send)
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

    async def _respond(self, scope: Scope, receive: Receive, answer: _ResponseSender) -> None:
        if scope["method"] == "OPTIONS":
            answer.headers = [*_EVERYWHERE, *_PREFLIGHT]
            await Response(status_code=204)(scope, receive, answer)
        elif scope["path"].startswith("/doc/") and scope["method"] in ("GET", "HEAD"):
            await self._page(scope, receive, answer)
        elif (handle := _direct(scope["method"], scope["path"])) is not None:
            await (await _handled(handle, Request(scope, receive)))(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)

    async def _page(self, scope: Scope, receive: Receive, answer: _ResponseSender) -> None:
        """Answer for a thing, and keep the answer for who asks the same again."""
        handle = _direct(scope["method"], scope["path"])
        if handle is None:
            await self._app(scope, receive, answer)
            return
        opened: ServedSnapshot = scope["app"].state.opened
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
        return sparql_routes.sparql
    if method not in ("GET", "HEAD"):
        return None
    if path == "/health":
        return health_routes.health
    start, _, rest = path[1:].partition("/")
    kind, _, name = rest.partition("/")
    if start == "doc" and name.endswith(".atom"):
        return lambda request: reuse_routes.thing_feed(request, kind, name.removesuffix(".atom"))
    if start == "doc" and kind != "dataset" and name and "/" not in name:  # datasets have pages of their own
        return lambda request: page_routes.thing(request, kind, name)
    return None


class _ResponseSender:
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
            _("Something went wrong on our side. Please report it with the number {number}.", number=number),
            number=number,
        ),
    )


async def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.OzgLodError)  # noqa: S101 - registered for nothing else
    return failure(request, change_routes.withdrawn_instead(request, error))


async def _http(request: Request, error: Exception) -> Response:
    """Turn what the framework refuses into a sentence of ours."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    if error.status_code == _METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request))
        return failure(
            request,
            errors.MethodNotAllowed(
                _("{method} is not offered here; use {allowed}.", method=request.method, allowed=allowed),
                allow=allowed,
            ),
        )
    return failure(
        request,
        errors.NotFound(
            _("There is nothing at this address; the start page leads to everything."),
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
        errors.BadRequest(_("Not understood: {names}.", names=names)),
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
        opened: ServedSnapshot = request.app.state.opened
        body = pages.error(error, language, Addresses(opened.base_iri, opened.public_url))
        return Response(body, error.status, {**headers, "Content-Type": formats.HTML.content_type})
    problem = {
        "type": f"{PROBLEMS}{error.slug}",
        "title": error.title[language],
        "status": error.status,
        "detail": say(error.message, language),
        **{f"detail_{tag}": say(error.message, tag) for tag in ("en", *(t for t in LANGUAGES if t != "en"))},
        **error.details,
    }
    return Response(json.dumps(problem, ensure_ascii=False), error.status, headers, "application/problem+json")
