"""The grammar of requests, as far as it decides where one ends: heads, framing of bodies, and what is refused.

A request that two programs could read in two ways is refused, not repaired: RFC 9112 lets a server do so wherever
requests have been smuggled past one (§2.2, §5.2, §6.3, §11.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from ozg_lod.core.settings import Settings

CHUNKED: Final = -1
END: Final = b"\r\n\r\n"
CHUNK_LINE_BYTES: Final = 256

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_FIELDS: Final = rb"(?:" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*+\r\n)*+\r\n"
_HEAD: Final = re.compile(_TOKEN + rb" ([!-~]++) HTTP/([0-9]\.[0-9])\r\n" + _FIELDS)
_TRAILERS: Final = re.compile(_FIELDS)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[\t ]*+;[\t\x20-\x7e\x80-\xff]*+)?\r\n")
_TARGET: Final = re.compile(rb"(?:/|https?://[^/?#]++)[^#]*+", re.IGNORECASE)
_HOST: Final = re.compile(rb"(?:[\w.~!$&'()*+,;=%-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?", re.ASCII)
_LENGTH: Final = re.compile(rb"[0-9]{1,15}")
_ONCE: Final = (b"host", b"content-length", b"transfer-encoding")


class RefusedRequest(Exception):
    """Why a request is not even passed on; the cause is what it is counted as."""

    def __init__(self, cause: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(cause)
        self.cause = cause
        self.status = status


def check_part(part: bytes | bytearray, looked_at: int, settings: Settings) -> None:
    """Refuse the beginning of a head that can become none, or only one too large; before `looked_at` nothing is new."""
    if not looked_at and not part[:1].isalpha():
        raise RefusedRequest("not HTTP")
    if part.count(b"\n", looked_at) > part.count(b"\r\n", max(0, looked_at - 1)):
        raise RefusedRequest("malformed head")
    line = part.rfind(b"\n") + 1
    if len(part) - line > (settings.header_bytes if line else settings.target_bytes + CHUNK_LINE_BYTES):
        raise _too_large() if line else _too_long()
    if len(part) > settings.head_bytes:
        raise _too_large()


def check_head(head: bytes, settings: Settings) -> None:
    """Refuse a head that is not as the grammar has it, or passes a limit."""
    parts = _HEAD.fullmatch(head)
    if parts is None:
        raise RefusedRequest("malformed head")
    target, version = parts.groups()
    if len(target) > settings.target_bytes:
        raise _too_long()
    if version not in (b"1.1", b"1.0"):
        raise RefusedRequest("HTTP version not offered", HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    if not _TARGET.fullmatch(target) and (target != b"*" or not head.startswith(b"OPTIONS ")):
        raise RefusedRequest("malformed target")
    _check_size(head, settings)


def _check_size(head: bytes, settings: Settings) -> None:
    if head.count(b"\n") - 2 > settings.header_count or len(head) > settings.head_bytes:
        raise _too_large()
    if len(head) > settings.header_bytes and max(map(len, head.split(b"\r\n")[1:])) > settings.header_bytes:
        raise _too_large()


def body_length(headers: Iterable[tuple[bytes, bytes]], version: str) -> int:
    """Return the length of the body in bytes, or CHUNKED, where there is exactly one reading (RFC 9112 §6.3).

    Host is looked at too (§3.2): names are in small letters here.
    """
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _ONCE:
            if name in fields:
                raise RefusedRequest(f"{name.decode()} given twice")
            fields[name] = value
    _check_host(fields.get(b"host"), version)
    return _length(fields.get(b"content-length"), fields.get(b"transfer-encoding"), version)


def _length(length: bytes | None, coding: bytes | None, version: str) -> int:
    if coding is not None:
        if length is not None or version == "1.0":
            raise RefusedRequest("two lengths")
        if coding.lower() != b"chunked":
            raise RefusedRequest("transfer coding not offered", HTTPStatus.NOT_IMPLEMENTED)
        return CHUNKED
    if length is not None and not _LENGTH.fullmatch(length):
        raise RefusedRequest("malformed content-length")
    return int(length or 0)


def _check_host(host: bytes | None, version: str) -> None:
    if host is None and version != "1.0":
        raise RefusedRequest("no host")
    if host is not None and not _HOST.fullmatch(host):
        raise RefusedRequest("malformed host")


def chunk_size(line: bytes) -> int:
    """Return the size that stands before a chunk; extensions are not asked for."""
    parts = _CHUNK.fullmatch(line)
    if parts is None:
        raise RefusedRequest("malformed chunk")
    return int(parts[1], 16)


def check_trailers(trailers: bytes) -> None:
    """Refuse what is no fields and an empty line."""
    if not _TRAILERS.fullmatch(trailers):
        raise RefusedRequest("malformed trailers")


def _too_large() -> RefusedRequest:
    return RefusedRequest("head too large", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


def _too_long() -> RefusedRequest:
    return RefusedRequest("target too long", HTTPStatus.REQUEST_URI_TOO_LONG)
