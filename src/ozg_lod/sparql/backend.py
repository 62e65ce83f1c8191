"""A SPARQL engine that is not ours, seen over HTTP: where a version stands in it, how we speak to it, what it says."""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final, TypedDict

import httpx

from ozg_lod.core.errors import Unavailable
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.snapshots.snapshot import Manifest
from ozg_lod.sparql.transcription import SILENT_ROWS, cut

_log = logging.getLogger("ozg_lod")
_PARTIAL: Final = ("x-sql-state", "x-sql-message")
VOID_TRIPLES: Final = "http://rdfs.org/ns/void#triples"


@dataclass(frozen=True, slots=True)
class VersionGraph:
    """Where a version stands in a backend: its graph, the graph of its receipt, and how many triples it has."""

    graph: str
    triples: int

    @classmethod
    def of(cls, manifest: Manifest) -> VersionGraph:
        return cls(f"{manifest.base_iri}snapshot/{manifest.version}", manifest.triples)

    @property
    def receipt(self) -> str:
        """Return the graph that says that all is there."""
        return f"{self.graph}/complete"

    @property
    def receipt_query(self) -> str:
        """Return the question whether all is there."""
        return f"ASK {{ <{self.graph}> <{VOID_TRIPLES}> {self.triples} }}"


class HttpxOptions(TypedDict):
    """What httpx calls its settings, as far as we use them."""

    auth: httpx.Auth | None
    follow_redirects: bool
    trust_env: bool
    timeout: httpx.Timeout
    limits: httpx.Limits
    headers: dict[str, str]


def options(settings: Settings, *, limit_s: float) -> HttpxOptions:
    """Return what every client of a backend is made with: no redirects, no proxies of the environment, no coding."""
    most = settings.store_connections
    return {
        "auth": Login(*settings.store_login) if settings.store_login else None,
        "follow_redirects": False,
        "trust_env": False,
        "timeout": httpx.Timeout(limit_s, connect=3),
        "limits": httpx.Limits(max_connections=most, max_keepalive_connections=most),
        "headers": {"accept-encoding": "identity", "user-agent": "ozg-lod"},
    }


class Login(httpx.Auth):
    """Basic or Digest (RFC 7617, RFC 7616), whichever the server asks for; nothing is sent before it asks.

    What the server says beside its question is not read, so an answer still comes as a stream.
    """

    def __init__(self, user: str, password: str) -> None:
        self._basic = httpx.BasicAuth(user, password)
        self._digest = httpx.DigestAuth(user, password)
        self._known: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request, again with a login when it is asked for."""
        if self._known is None:
            response = yield request
            if response.status_code != httpx.codes.UNAUTHORIZED:
                return
            digest = response.headers.get("www-authenticate", "").lower().startswith("digest")
            self._known = self._digest if digest else self._basic
        yield from self._known.auth_flow(request)


def checked_head(response: httpx.Response, media_type: str) -> int:
    """Return the row limit a good answer names; raise where its head says that it is partial or not what was asked."""
    head = response.headers
    for name in _PARTIAL:
        if name in head:
            raise cut(f"{name}: {head[name]}")
    declared_type = head.get("content-type", "").partition(";")[0].strip().lower()
    if declared_type != media_type:
        raise cut(f"it is {declared_type or 'of no type'} instead of {media_type}")
    if head.get("content-encoding", "identity") != "identity":
        raise cut("it is compressed, which was not asked for")
    if "content-length" not in head and "chunked" not in head.get("transfer-encoding", ""):
        raise cut("its length is not known, so its end is not either")
    rows = head.get("x-sparql-maxrows", "")
    return int(rows) if rows.isdigit() else SILENT_ROWS


def unreachable(error: httpx.HTTPError) -> Unavailable:
    """Return the failure of a backend that gives no answer, or breaks off in the middle of one."""
    _log.warning("the backend gives no answer: %s: %s", type(error).__name__, error)
    return Unavailable(
        _("The store behind this endpoint gives no answer; try again in a while."),
        retry_after_s=30,
    )


def not_published(place: VersionGraph) -> Unavailable:
    """Return the failure of a backend that does not hold the whole version."""
    version = place.graph.rpartition("/")[2][:12]
    return Unavailable(
        _("The store does not hold version {version}, or not all of it; run `ozg-lod publish`.", version=version),
        retry_after_s=30,
    )
