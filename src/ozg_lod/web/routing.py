"""Where a page is declared: once, for GET and HEAD, for the description of the interface, and for the way in.

FastAPI describes a page, from the signature and the docstring of its function. The front finds the page of a request by
the first part of its path, so that no request walks through all routes and their parameters, and no module of pages is
loaded before one of its pages is asked for.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

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
class PageDescription:
    """What FastAPI describes a page by: `options` are those of its `APIRoute`."""

    path: str
    answer: Answering
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one subject, in the order in which they are tried."""

    pages: list[PageRoute] = field(default_factory=list)
    described: list[PageDescription] = field(default_factory=list)

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
                options = {"summary": summary, "status_code": status_code, "openapi_extra": openapi_extra}
                self.described.append(PageDescription(path, answer, {"methods": shown, **options}))
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
    """Finds the page of a request.

    `subjects` are the names of modules, in the order in which their `pages` are tried, each with the first parts of
    the paths that it has pages for.
    """

    def __init__(self, subjects: Mapping[str, Sequence[str]]) -> None:
        self._subjects = subjects
        self._starts = frozenset(start for starts in subjects.values() for start in starts)
        self._pages: dict[str, list[PageRoute]] = {}

    def find(self, method: str, path: str) -> PageRoute | None:
        """Return the page that answers."""
        return next((page for page in self._tried(path) if page.offers(method, path)), None)

    def methods(self, path: str) -> list[str]:
        """Return the methods that are offered at this path, none where there is nothing."""
        pages = [page for page in self._tried(path) if page.route.path_regex.match(path)]
        return sorted({method for page in pages for method in page.route.methods or ()})

    def kind(self, path: str) -> str:
        """Return the first part of a path that there are pages for, else "other"."""
        start = first_part(path)
        return start if start in self._starts else "other"

    def described(self) -> list[PageDescription]:
        """Return what is to be described, of all subjects."""
        return [described for name in self._subjects for described in _subject(name).described]

    def _tried(self, path: str) -> Sequence[PageRoute]:
        start = first_part(path)
        if start not in self._starts:
            start = _VARIABLE
        if start not in self._pages:
            pages = (
                page for name, starts in self._subjects.items() if start in starts for page in _subject(name).pages
            )
            self._pages[start] = [page for page in pages if first_part(page.route.path) == start]
        return self._pages[start]


def _subject(name: str) -> Pages:
    pages: Pages = importlib.import_module(name).pages
    return pages


def first_part(path: str) -> str:
    """Return the first part of a path, "{" where it is not the same for all requests."""
    start = path.partition("/")[2].partition("/")[0]  # "*" has none
    return _VARIABLE if _VARIABLE in start else start
