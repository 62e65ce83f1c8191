"""Dates and times as the log writes them (2026-11-22T10:42:41Z) and as HTTP does (RFC 9110 §5.6.7, §13.1.3)."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime, parsedate_to_datetime


def http_date(timestamp: str) -> str:
    """Return the moment as a field value.

    >>> http_date("2026-11-22T10:42:41Z")
    'Sun, 22 Nov 2026 10:42:41 GMT'
    """
    return format_datetime(dt.datetime.fromisoformat(timestamp).astimezone(dt.UTC), usegmt=True)


def unchanged_since(asked: str | None, modified: str) -> bool:
    """Return whether If-Modified-Since is the Last-Modified of what is here now; nonsense is not heeded.

    A later moment does not count, though RFC 9110 §13.1.3 would let it: it may come from a clock set back since.

    >>> unchanged_since("Sun, 22 Nov 2026 10:42:41 GMT", "Sun, 22 Nov 2026 10:42:41 GMT")
    True
    >>> unchanged_since("Mon, 23 Nov 2026 10:42:41 GMT", "Sun, 22 Nov 2026 10:42:41 GMT")
    False
    >>> unchanged_since("Mon, 16 Nov 2026 13:32:02 +9999999999999", "Sun, 22 Nov 2026 10:42:41 GMT")
    False
    """
    return _moment(asked) == _moment(modified)


def changed_after(asked: str | None, modified: str) -> bool:
    """Return whether something changed after the moment in If-Unmodified-Since, by Last-Modified.

    >>> changed_after("Sat, 21 Nov 2026 10:42:41 GMT", "Sun, 22 Nov 2026 10:42:41 GMT")
    True
    """
    moment, changed = _moment(asked), _moment(modified)
    return moment is not None and changed is not None and changed > moment


def _moment(field: str | None) -> dt.datetime | None:
    """Return the moment of a field, None for nonsense."""
    try:
        moment = parsedate_to_datetime(field or "")
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC)
