"""A guarded client that reads strangers' catalogues: only http(s), with limits on time, bytes, hops and neighbours.

It is used by the command line only; the server never opens a connection. What it does not do: send credentials or
cookies, use a proxy from the environment, follow a redirect without looking, or let a catalogue on the public internet
lead it to an address inside the operator's own network. The name is looked up once and the address that was judged is
the one that is connected to. One clock runs from the first look-up to the last trailer, however slowly it all drips:
for that httpcore, the engine of httpx, is spoken to directly, since its streams can be wrapped. 50 MB is what
ckanext-dcat reads at most (`ckanext.dcat.max_file_size`).
"""

from __future__ import annotations

import contextlib
import gzip
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import httpcore
import httpx

from ozg_lod import __version__
from ozg_lod.harvest_check import fetch_errors

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HIGHEST_PORT: Final = 65_535
_LONGEST_NUMBER: Final = 18
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All IPv6 addresses of the internet; beside them stand those that wrap an IPv4 address (64:ff9b::, ::ffff:)."""
_NOT_PUBLIC: Final = tuple(map(ipaddress.ip_network, ("192.88.99.0/24", "2002::/16", "3fff::/20")))
"""6to4, its relays and the second range for documentation: `ipaddress` of Python 3.11 takes them for public."""
_AGENT: Final = f"ozg-lod-harvest-check/{__version__}"
_SENT: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": _AGENT}
_NO_ANSWER: Final = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)
_NO_GZIP: Final = (OSError, zlib.error, EOFError, ValueError)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one request may take: seconds of silence, seconds in all with its redirects, bytes, and redirects."""

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
        return int(said) if said.isascii() and said.isdigit() and len(said) <= _LONGEST_NUMBER else None


class Fetch(Protocol):
    """What answers requests: the network, or the server itself without any."""

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, most: int | None = None) -> FetchedResponse:
        """Return the answer to GET; with `most` reading ends after so many bytes and `cut` is set."""
        ...

    def head(self, url: str) -> FetchedResponse:
        """Return the answer to HEAD."""
        ...


@dataclass(frozen=True, slots=True)
class _Question:
    method: str
    headers: Mapping[str, str] = field(default_factory=dict)
    most: int | None = None


class Client:
    """Reads from the network. `start` is the address the operator gave: if it is private, private ones are allowed."""

    def __init__(self, start: str, limits: FetchLimits | None = None) -> None:
        self.limits = limits or FetchLimits()
        url = _parsed(start)
        self._private = False
        with contextlib.suppress(httpcore.TimeoutException):  # whoever asks for the address is told so
            self._private = url is not None and not all(map(_is_public, _addresses(url, self._clock())))

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, most: int | None = None) -> FetchedResponse:
        """Return the answer to GET."""
        return self._follow(url, _Question("GET", headers or {}, most))

    def head(self, url: str) -> FetchedResponse:
        """Return the answer to HEAD."""
        return self._follow(url, _Question("HEAD"))

    def _clock(self) -> _Clock:
        return _Clock(time.monotonic() + self.limits.total_s, self.limits.silence_s)

    def _follow(self, url: str, question: _Question) -> FetchedResponse:
        clock = self._clock()
        hops: list[str] = []
        while True:
            answer = self._ask(url, question, clock)
            target = answer.headers.get("location")
            if answer.trouble or answer.status not in _REDIRECTS or not target:
                return replace(answer, hops=tuple(hops))
            hops.append(url)
            url = joined(url, target)
            if url in hops:
                return FetchedResponse(url, hops=tuple(hops), trouble=fetch_errors.LOOP)
            if len(hops) > self.limits.redirects:
                return FetchedResponse(url, hops=tuple(hops), trouble=fetch_errors.MANY)

    def _ask(self, url: str, question: _Question, clock: _Clock) -> FetchedResponse:
        parsed = _parsed(url)
        if parsed is None:
            return FetchedResponse(url, trouble=fetch_errors.SCHEME)
        context = ssl.create_default_context() if parsed.scheme == "https" else None
        try:
            addresses = _addresses(parsed, clock)
            if not addresses:
                return FetchedResponse(url, trouble=fetch_errors.NAME)
            if not self._private and not all(map(_is_public, addresses)):
                return FetchedResponse(url, trouble=fetch_errors.PRIVATE)
            with httpcore.ConnectionPool(context, network_backend=_Network(addresses[0], clock)) as pool:
                return replace(self._talk(pool, parsed, question), url=url)
        except (*_NO_ANSWER, *_NO_GZIP) as error:
            return FetchedResponse(url, trouble=_trouble(error))

    def _talk(self, pool: httpcore.ConnectionPool, url: httpx.URL, question: _Question) -> FetchedResponse:
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        sent = [(name.encode(), text.encode()) for name, text in {**_SENT, **question.headers}.items()]
        with pool.stream(question.method, target, headers=sent) as response:
            answer = FetchedResponse("", response.status, dict(httpx.Headers(response.headers).multi_items()))
            if response.status in _REDIRECTS or question.method == "HEAD":
                return answer
            most = self.limits.max_bytes if question.most is None else question.most
            try:
                body, cut = _read(response.iter_stream(), most)
            except (httpcore.RemoteProtocolError, httpcore.ReadError):
                return FetchedResponse("", trouble=fetch_errors.BROKEN)
        if cut and question.most is None:
            return replace(answer, trouble=fetch_errors.too_large(most))
        if answer.headers.get("content-encoding") == "gzip" and not cut:
            body = _unzipped(body, self.limits.max_bytes)
        return replace(answer, body=body, cut=cut)


@dataclass(frozen=True, slots=True)
class _Clock:
    """One moment that ends everything: looking up, connecting, TLS, head, body and trailers."""

    end: float
    silence_s: float

    def left(self) -> float:
        """Return the seconds that the next step may take."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return min(left, self.silence_s)


class _Network(httpcore.NetworkBackend):
    """Connects to the address that was judged, whatever the name means by now."""

    def __init__(self, address: str, clock: _Clock) -> None:
        self._address = address
        self._clock = clock

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the address stands in its place
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the clock has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Open the connection."""
        left = self._clock.left()
        plain = httpcore.SyncBackend().connect_tcp(self._address, port, left, local_address, socket_options)
        return _Stream(plain, self._clock)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step is within what the clock leaves."""

    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the clock has it
        return self._stream.read(max_bytes, self._clock.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the clock has it
        self._stream.write(buffer, self._clock.left())

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the clock has it
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._clock.left()), self._clock)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _parsed(url: str) -> httpx.URL | None:
    """Return a web address without a password, None for anything else."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None
    known = parsed.scheme in {"http", "https"} and (parsed.port or 0) <= _HIGHEST_PORT
    return parsed if known and parsed.raw_host and not parsed.userinfo else None


def joined(url: str, target: str) -> str:
    """Return an address that may be relative in full; one that cannot be read as it is."""
    try:
        return str(httpx.URL(url).join(target))
    except (httpx.InvalidURL, ValueError):
        return target


def _addresses(url: httpx.URL, clock: _Clock) -> list[str]:
    """Look the host up in a thread that is left behind when it is late: the system knows no limit of time for it."""
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_looked_up(url.raw_host.decode())), daemon=True).start()
    try:
        return answers.get(timeout=clock.left())
    except queue.Empty:
        raise httpcore.ConnectTimeout from None


def _looked_up(host: str) -> list[str]:
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return []
    return [str(entry[4][0]).partition("%")[0] for entry in entries]


def _is_public(text: str) -> bool:
    """Tell whether an address is on the internet; one that wraps another may lead anywhere, and is not.

    >>> [_is_public(text) for text in ("8.8.8.8", "2001:4860:4860::8888", "224.0.0.1", "64:ff9b::808:808")]
    [True, True, False, False]
    """
    address = ipaddress.ip_address(text)
    if not address.is_global or address.is_multicast or any(address in network for network in _NOT_PUBLIC):
        return False
    return isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_UNICAST


def _read(pieces: Iterable[bytes], most: int) -> tuple[bytes, bool]:
    """Return the body, and whether it was cut."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _unzipped(body: bytes, most: int) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as zipped:
        plain = zipped.read(most + 1)
    if len(plain) > most:
        raise ValueError("too large")
    return plain


def _trouble(error: Exception) -> fetch_errors.FetchError:
    if isinstance(error, httpcore.TimeoutException):
        return fetch_errors.SLOW
    if isinstance(error.__cause__, ssl.SSLError):
        return fetch_errors.TLS
    return fetch_errors.REFUSED if isinstance(error, httpcore.NetworkError) else fetch_errors.UNREADABLE
