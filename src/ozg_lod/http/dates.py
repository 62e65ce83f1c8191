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
    """Return whether nothing changed after the day in If-Modified-Since, by Last-Modified; nonsense is not heeded.

    >>> unchanged_since("Mon, 16 Nov 2026 13:32:02 +9999999999999", "Sun, 22 Nov 2026 10:42:41 GMT")
    False
    """
    if asked is None:
        return False
    try:
        day = parsedate_to_datetime(asked)
    except (ValueError, OverflowError):
        return False
    return parsedate_to_datetime(modified) <= day.replace(tzinfo=day.tzinfo or dt.UTC)
