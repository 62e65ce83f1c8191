"""A guarded client that reads strangers' catalogues: only http(s), with limits on time, bytes, hops and neighbours.

It is used by the command line only; the server never opens a connection. What it does not do: send credentials or
cookies, use a proxy from the environment, follow a redirect without looking, or let a catalogue on the public internet
lead it to an address inside the operator's own network. The name is looked up once and the address that was judged is
the one that is connected to. 50 MB is what ckanext-dcat reads at most (`ckanext.dcat.max_file_size`).
"""

from __future__ import annotations

import gzip
import http.client
import io
import ipaddress
import socket
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from ozg_lod import __version__
from ozg_lod.harvest_check import fetch_errors

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PIECE_BYTES: Final = 1 << 16
_SAFE: Final = "/?&=:;,@!$'()*+~%-._[]"


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one request may take: seconds of silence, seconds in all, bytes, and redirects."""

    silence_s: float = 20
    total_s: float = 120
    max_bytes: int = 50_000_000
    redirects: int = 10


@dataclass(frozen=True, slots=True)
class FetchedResponse:
    """What came back; `status` 0 and a `trouble` when nothing did. `hops` are the addresses on the way to `url`."""

    url: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hops: tuple[str, ...] = ()
    cut: bool = False
    trouble: fetch_errors.FetchError | None = None

    @property
    def media_type(self) -> str:
        """Return the media type in lower case without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def length(self) -> int | None:
        """Return the Content-Length where it is a number."""
        said = self.headers.get("content-length", "")
        return int(said) if said.isascii() and said.isdigit() else None


class Fetch(Protocol):
    """What answers requests: the network, or the server itself without any."""

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, most: int | None = None) -> FetchedResponse:
        """Return the answer to GET; with `most` reading ends after so many bytes and `cut` is set."""
        ...

    def head(self, url: str) -> FetchedResponse:
        """Return the answer to HEAD."""
        ...


class Client:
    """Reads from the network. `start` is the address the operator gave: if it is private, private ones are allowed."""

    def __init__(self, start: str, limits: FetchLimits | None = None) -> None:
        self.limits = limits or FetchLimits()
        self._private = False
        host = urlsplit(start).hostname
        if host:
            addresses, _ = _addresses(host)
            self._private = any(not ipaddress.ip_address(address).is_global for address in addresses)

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, most: int | None = None) -> FetchedResponse:
        """Return the answer to GET."""
        return self._follow("GET", url, dict(headers or {}), most)

    def head(self, url: str) -> FetchedResponse:
        """Return the answer to HEAD."""
        return self._follow("HEAD", url, {}, None)

    def _follow(self, method: str, url: str, headers: dict[str, str], most: int | None) -> FetchedResponse:
        hops: list[str] = []
        while True:
            answer = self._ask(method, url, headers, most)
            target = answer.headers.get("location")
            if answer.trouble or answer.status not in _REDIRECTS or not target:
                return FetchedResponse(
                    url, answer.status, answer.headers, answer.body, tuple(hops), answer.cut, answer.trouble
                )
            hops.append(url)
            url = urljoin(url, quote(target, safe=_SAFE + "#"))
            if url in hops:
                return FetchedResponse(url, hops=tuple(hops), trouble=fetch_errors.LOOP)
            if len(hops) > self.limits.redirects:
                return FetchedResponse(url, hops=tuple(hops), trouble=fetch_errors.MANY)

    def _ask(self, method: str, url: str, headers: dict[str, str], most: int | None) -> FetchedResponse:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return FetchedResponse(url, trouble=fetch_errors.SCHEME)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            return FetchedResponse(url, trouble=fetch_errors.SCHEME)
        addresses, trouble = _addresses(parts.hostname)
        if trouble or (not self._private and not all(ipaddress.ip_address(a).is_global for a in addresses)):
            return FetchedResponse(url, trouble=trouble or fetch_errors.PRIVATE)
        connection = self._connection(parts, addresses[0], port)
        try:
            return self._talk(connection, method, url, headers, most)
        except (OSError, http.client.HTTPException, zlib.error, EOFError, ValueError) as error:
            return FetchedResponse(url, trouble=_trouble(error))
        finally:
            connection.close()

    def _connection(self, parts: SplitResult, address: str, port: int | None) -> http.client.HTTPConnection:
        host, limit = parts.hostname or "", self.limits.silence_s
        if parts.scheme == "https":
            return _Pinned(host, address, port or 443, limit, ssl.create_default_context())
        return _Pinned(host, address, port or 80, limit, None)

    def _talk(
        self, connection: http.client.HTTPConnection, method: str, url: str, headers: dict[str, str], most: int | None
    ) -> FetchedResponse:
        parts = urlsplit(url)
        path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
        sent = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": f"ozg-lod-harvest-check/{__version__}"}
        end = time.monotonic() + self.limits.total_s
        connection.request(method, path, headers={**sent, **headers})
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        if response.status in _REDIRECTS or method == "HEAD":
            return FetchedResponse(url, response.status, fields)
        body, cut = self._read(response, most if most is not None else self.limits.max_bytes, end)
        if cut and most is None:
            return FetchedResponse(url, response.status, fields, trouble=fetch_errors.too_large(self.limits.max_bytes))
        if fields.get("content-encoding") == "gzip" and not cut:
            body = _unzipped(body, self.limits.max_bytes)
        return FetchedResponse(url, response.status, fields, body, cut=cut)

    def _read(self, response: http.client.HTTPResponse, most: int, end: float) -> tuple[bytes, bool]:
        body = bytearray()
        while piece := response.read(min(_PIECE_BYTES, most + 1 - len(body))):
            body += piece
            if len(body) > most:
                return bytes(body[:most]), True
            if time.monotonic() > end:
                raise TimeoutError
        if response.length:  # the connection ended before the promised length
            raise http.client.IncompleteRead(bytes(body), response.length)
        return bytes(body), False


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was judged, whatever the name means by now."""

    def __init__(self, host: str, address: str, port: int, timeout_s: float, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._address = address
        self._context = context
        self.default_port = 443 if context else 80

    def connect(self) -> None:
        """Open the connection."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain


def _addresses(host: str) -> tuple[list[str], fetch_errors.FetchError | None]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return [], fetch_errors.NAME
    return [str(entry[4][0]).partition("%")[0] for entry in found], None


def _unzipped(body: bytes, most: int) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as zipped:
        plain = zipped.read(most + 1)
    if len(plain) > most:
        raise ValueError("too large")
    return plain


def _trouble(error: Exception) -> fetch_errors.FetchError:
    if isinstance(error, TimeoutError):
        return fetch_errors.SLOW
    if isinstance(error, ssl.SSLError):
        return fetch_errors.TLS
    if isinstance(error, http.client.IncompleteRead):
        return fetch_errors.BROKEN
    return fetch_errors.REFUSED if isinstance(error, ConnectionError) else fetch_errors.UNREADABLE
