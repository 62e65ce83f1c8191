"""HTTP around bytes that change only with the snapshot: validators, coding, caching, links (RFC 9110, 9111, 8288)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from ozg_lod.core.errors import BadRequest, OzgLodError, PreconditionFailed, RangeNotSatisfiable
from ozg_lod.core.messages import _
from ozg_lod.http.accept import ranges
from ozg_lod.http.dates import changed_after, unchanged_since
from ozg_lod.http.response_cache import CachedBody

CACHE_CONTROL: Final = "public, max-age=60"
NO_STORE: Final = "no-store"
VARY: Final = "Accept, Accept-Language, Accept-Encoding"
_RANGE: Final = r"(?:\d{1,18}-\d{0,18}|-\d{1,18})"
_PARTS: Final = re.compile(rf"bytes\s*=\s*{_RANGE}(?:\s*,\s*{_RANGE})*", re.IGNORECASE)
_PART: Final = re.compile(r"(\d*)-(\d*)")
_LEAST_COMPRESSED: Final = 600
"""Below this size compression saves no packet."""


@dataclass(frozen=True, slots=True)
class RequestConditions:
    """The fields of a request that decide how bytes are sent."""

    method: str
    encoding: str | None
    match: str | None
    unmodified_since: str | None
    none_match: str | None
    modified_since: str | None

    FIELDS: ClassVar = ("if-match", "if-unmodified-since", "if-none-match", "if-modified-since")

    @classmethod
    def of(cls, method: str, fields: Mapping[str, str]) -> RequestConditions:
        """Return what these fields of a request say."""
        return cls(method, fields.get("accept-encoding"), *(fields.get(name) for name in cls.FIELDS))

    def met_by(self, fields: Mapping[str, str]) -> bool:
        """Return whether the client has what these fields stand for; entity tags come before times (RFC 9110 §13.2.2).

        Raises PreconditionFailed where it wants what it knows, and that is gone.
        """
        tag, modified = fields.get("etag", ""), fields.get("last-modified")
        if self.match is not None:
            kept = _is_named(self.match, tag)
        else:
            kept = modified is None or not changed_after(self.unmodified_since, modified)
        if not kept:
            raise PreconditionFailed(
                _("What is wanted unchanged (If-Match, If-Unmodified-Since) has changed; fetch it without that field.")
            )
        if self.none_match is not None:
            return bool(tag) and matches(self.none_match, tag)
        return modified is not None and unchanged_since(self.modified_since, modified)


def reply(entry: CachedBody, conditions: RequestConditions, tag: str | None) -> Response:
    """Return the answer with `entry` as content; `tag` names the representation before its coding.

    The entity tag is strong, so each coding has its own (RFC 9110 §8.8.3.3). Without a tag it is another the next time:
    nobody keeps it.
    """
    zipped = len(entry.plain) >= _LEAST_COMPRESSED and wants_gzip(conditions.encoding)
    coding = "gzip" if zipped else "identity"
    kept = {"cache-control": NO_STORE} if tag is None else {"etag": etag(tag, coding), "cache-control": CACHE_CONTROL}
    fields = {"vary": VARY, **kept, **entry.fields}
    if conditions.met_by(fields):
        return not_modified(fields)
    content = entry.gzipped if zipped else entry.plain
    if zipped:
        fields["content-encoding"] = coding
    fields["content-length"] = str(len(content))
    return Response(b"" if conditions.method == "HEAD" else content, 200, fields)


def not_modified(fields: Mapping[str, str]) -> Response:
    """Return the answer to a client that has the content already."""
    return Response(status_code=304, headers={name: text for name, text in fields.items() if name != "content-type"})


def retry_after(error: OzgLodError) -> dict[str, str]:
    """Return the field that says when to come back (RFC 9110 §10.2.3); none where the failure does not say."""
    seconds = error.details.get("retry_after_s")
    return {} if seconds is None else {"retry-after": str(seconds)}


def etag(name: str, coding: str) -> str:
    """Return a strong entity tag for this representation in this coding."""
    return f'"{hashlib.sha256(name.encode()).hexdigest()[:24]}-{coding[:1]}"'


def matches(none_match: str | None, tag: str) -> bool:
    """Return whether If-None-Match names `tag`, compared weakly (RFC 9110 §13.1.2)."""
    if none_match is None:
        return False
    named = [part.strip().removeprefix("W/") for part in none_match.split(",")]
    return "*" in named or tag.removeprefix("W/") in named


def _is_named(match: str, tag: str) -> bool:
    """Return whether If-Match names `tag`, compared strongly (RFC 9110 §13.1.1): a weak tag never matches."""
    named = [part.strip() for part in match.split(",")]
    return "*" in named or (tag in named and not tag.startswith("W/"))


def wants_gzip(field: str | None) -> bool:
    """Return whether the client takes gzip; one that says nothing gets the bytes as they are."""
    if field is None:
        return False
    weights = {wanted.name: wanted.weight for wanted in ranges(field, anything="identity")}
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def check_parts(field: str, size: int) -> None:
    """Refuse a Range field (RFC 9110 §14.2) that is not about bytes, or is about bytes beyond the end at `size`.

    >>> check_parts("bytes=0-99, 200-", 1000)
    """
    if _PARTS.fullmatch(field) is None or any(
        first and last and int(first) > int(last) for first, last in _PART.findall(field)
    ):
        raise BadRequest(
            _("The field Range is not understood; write bytes=0-99, or bytes=-100 for the end."),
        )
    if any(int(first) >= size if first else not int(last) for first, last in _PART.findall(field)):
        raise RangeNotSatisfiable(
            _("The part asked for lies beyond the end; the whole has {size} bytes.", size=size),
            content_range=f"bytes */{size}",
        )
