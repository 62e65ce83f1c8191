"""Where a page is declared: once, for GET and HEAD, for the description of the interface, and for the way in.

FastAPI describes a page, from the signature and the docstring of its function. The front finds the page of a request by
the first part of its path, so that no request walks through all routes and their parameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Answering = Callable[..., Awaitable[Response]]

READ: Final = ("GET", "HEAD")
_VARIABLE: Final = "{"


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One address; `repeats` says that the answer depends on nothing but the snapshot and the key of the request."""

    route: Route
    repeats: bool

    def offers(self, method: str, path: str) -> bool:
        """Return whether this page answers such a request."""
        return method in (self.route.methods or ()) and self.route.path_regex.match(path) is not None

    async def answer(self, request: Request) -> Response:
        """Answer; named parts of the path, and parameters of the query, are arguments of a function that has them."""
        parts = self.route.path_regex.match(request.scope["path"])
        request.scope["path_params"] = parts.groupdict() if parts else {}
        response: Response = await self.route.endpoint(request)
        return response


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one subject, in the order in which they are tried."""

    pages: list[PageRoute] = field(default_factory=list)
    described: list[APIRoute] = field(default_factory=list)

    def page(
        self,
        path: str,
        *others: str,
        methods: Sequence[str] = READ,
        repeats: bool = False,
        summary: str = "",
        status_code: int | None = None,
        openapi_extra: dict[str, Any] | None = None,
    ) -> Callable[[Answering], Answering]:
        """Declare a page at `path` and at `others`; the first of them is described where there is a `summary`."""

        def declare(answer: Answering) -> Answering:
            endpoint = _endpoint(answer)
            self.pages.extend(
                PageRoute(Route(address, endpoint, methods=list(methods)), repeats) for address in (path, *others)
            )
            if summary:
                shown = [method for method in methods if method != "HEAD"]
                route = APIRoute(
                    path, answer, methods=shown, summary=summary, status_code=status_code, openapi_extra=openapi_extra
                )
                self.described.append(route)
            return answer

        return declare


def _endpoint(answer: Answering) -> Callable[[Request], Awaitable[Response]]:
    """Return what calls the function with the request and with what it names of its path and its query."""
    names = inspect.signature(answer).parameters.keys() - {"request"}

    async def endpoint(request: Request) -> Response:
        given = {**request.query_params, **request.path_params} if names else {}
        return await answer(request, **{name: text for name, text in given.items() if name in names})

    return endpoint


class PageIndex:
    """Finds the page of a request."""

    def __init__(self, pages: Iterable[PageRoute]) -> None:
        self._pages: dict[str, list[PageRoute]] = {}
        for page in pages:
            self._pages.setdefault(_start(page.route.path), []).append(page)

    def find(self, method: str, path: str) -> PageRoute | None:
        """Return the page that answers."""
        return next((page for page in self._tried(path) if page.offers(method, path)), None)

    def methods(self, path: str) -> list[str]:
        """Return the methods that are offered at this path, none where there is nothing."""
        pages = [page for page in self._tried(path) if page.route.path_regex.match(path)]
        return sorted({method for page in pages for method in page.route.methods or ()})

    def kind(self, path: str) -> str:
        """Return the first part of a path that there are pages for, else "other"."""
        start = _start(path)
        return start if start in self._pages else "other"

    def _tried(self, path: str) -> Sequence[PageRoute]:
        return self._pages.get(_start(path)) or self._pages.get(_VARIABLE, [])


def _start(path: str) -> str:
    """Return the first part of a path, "{" where it is not the same for all requests."""
    start = path.partition("/")[2].partition("/")[0]  # "*" has none
    return _VARIABLE if _VARIABLE in start else start
