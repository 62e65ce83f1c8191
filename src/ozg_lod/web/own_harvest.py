"""The harvest check on our own catalogue, without any network: the server asks itself, in its own process.

Addresses that are not ours are not asked; the server never talks to anyone. Beside the result stand the address to
register, the settings for CKAN, and why it is too early to register where it is.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette import types as asgi

from ozg_lod.catalogue import responsible
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import DCAT, DCATDE, DCT
from ozg_lod.harvest_check import reader
from ozg_lod.harvest_check.check import HarvestRequest, HarvestResult, check
from ozg_lod.harvest_check.client import FetchedResponse
from ozg_lod.harvest_check.fetch_errors import ELSEWHERE, SLOW
from ozg_lod.rdf import formats
from ozg_lod.site.page_snapshot import PageSnapshot

FEED: Final = "/catalog.rdf"
"""The address to register: with a suffix, since CKAN asks for any type, and in RDF/XML, which every harvester reads."""
_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Registration:
    """What a portal needs to know, and what is still in the way."""

    url: str
    ckan: Mapping[str, object]
    warnings: tuple[Message, ...]

    @property
    def settings(self) -> str:
        """Return the harvest source for CKAN (ckanext-harvest, ckanext-dcat) as JSON."""
        return json.dumps(self.ckan, ensure_ascii=False, indent=2)


class Inside:
    """Answers requests from the application itself. Used from a thread beside the event loop `loop`."""

    def __init__(self, app: asgi.ASGIApp, public_url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._public_url = public_url.rstrip("/")
        self._loop = loop

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, most: int | None = None) -> FetchedResponse:
        return self._ask("GET", url, headers or {}, most)

    def head(self, url: str) -> FetchedResponse:
        return self._ask("HEAD", url, {}, None)

    def _ask(self, method: str, url: str, headers: Mapping[str, str], most: int | None) -> FetchedResponse:
        if not url.startswith(self._public_url + "/"):
            return FetchedResponse(url, trouble=ELSEWHERE)
        parts = urlsplit(url.removeprefix(self._public_url))
        scope: dict[str, object] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode()) for name, value in {"accept": "*/*", **headers}.items()
            ],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 0),
        }
        future = asyncio.run_coroutine_threadsafe(_call(self._app, scope), self._loop)
        try:
            status, fields, body = future.result(_LIMIT_S)
        except TimeoutError:
            future.cancel()
            return FetchedResponse(url, trouble=SLOW)
        cut = most is not None and len(body) > most
        return FetchedResponse(url, status, fields, body[:most], cut=cut)


async def _call(app: asgi.ASGIApp, scope: dict[str, object]) -> tuple[int, dict[str, str], bytes]:
    """Return status, header fields and body of one answer of the application."""
    status, fields, body = 0, {}, bytearray()
    requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> asgi.Message:
        for message in requests:
            return message
        never: asyncio.Future[asgi.Message] = asyncio.get_running_loop().create_future()
        return await never  # nobody hangs up: whoever waits for that is cancelled

    async def send(message: asgi.Message) -> None:
        nonlocal status, fields
        if message["type"] == "http.response.start":
            status = message["status"]
            fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return status, fields, bytes(body)


def outcome(app: asgi.ASGIApp, public_url: str, loop: asyncio.AbstractEventLoop) -> HarvestResult:
    """Return what the harvest check finds in our own catalogue; takes a second or two, not on the event loop."""
    return check(HarvestRequest(public_url + FEED), Inside(app, public_url, loop), reader.here)


def registration(snapshot: PageSnapshot) -> Registration:
    """Return the address to register, the settings for CKAN, and what speaks against registering now."""
    title = responsible.name(snapshot.graph, snapshot.identity.name)["de"]
    url = snapshot.public_url + FEED
    return Registration(url, _ckan(url, title, snapshot.base_iri), tuple(_warnings(snapshot)))


def _ckan(url: str, title: str, base_iri: str) -> dict[str, object]:
    """Return the body for `harvest_source_create`; `config` is a text that is JSON itself (ckanext-dcat)."""
    path = urlsplit(base_iri).path
    return {
        "name": re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "catalogue",
        "title": title,
        "url": url,
        "source_type": "dcat_rdf",
        "frequency": "DAILY",
        "active": True,
        "config": json.dumps({"rdf_format": formats.RDFXML.media_type}),
    }


def _warnings(snapshot: PageSnapshot) -> Iterator[Message]:
    if _is_private(snapshot.public_url):
        yield PRIVATE
    elif not snapshot.public_url.startswith("https://"):
        yield UNENCRYPTED
    if not snapshot.base_iri.startswith(snapshot.public_url + "/"):
        yield _unchecked(snapshot.base_iri)
    for predicate, message in (
        (DCT + "publisher", NOBODY),
        (DCAT + "contactPoint", NO_CONTACT),
        (DCATDE + "contributorID", NO_ID),
    ):
        if not responsible.named(snapshot.graph, predicate):
            yield message


def _unchecked(base: str) -> Message:
    return _(
        "The lasting addresses start with {base}. Before registering check that they redirect to here; the server asks "
        "nobody and does not know. If they change later, portals create all datasets anew.",
        base=base,
    )


def _is_private(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".test", ".invalid"))


PRIVATE: Final = _("The public address leads to this machine or its network only. Start the server with --public-url.")
UNENCRYPTED: Final = _("The public address starts with http:// instead of https://.")
NOBODY: Final = _(
    "No publisher is configured (dct:publisher in data/catalogue.ttl). Without one no portal may be registered."
)
NO_CONTACT: Final = _("No contact point is configured (dcat:contactPoint in data/catalogue.ttl).")
NO_ID: Final = _("No contributor ID is configured (dcatde:contributorID in data/catalogue.ttl); GovData assigns it.")
