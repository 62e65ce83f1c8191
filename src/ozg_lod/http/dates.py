"""Moments as the log writes them (2026-11-22T10:42:41Z) and as HTTP does (RFC 9110 §5.6.7, §13.1.3)."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime, parsedate_to_datetime


def http_date(moment: str) -> str:
    """Return the moment as a field value.

    >>> http_date("2026-11-22T10:42:41Z")
    'Sun, 22 Nov 2026 10:42:41 GMT'
    """
    return format_datetime(dt.datetime.fromisoformat(moment).astimezone(dt.UTC), usegmt=True)


def unchanged_since(field: str | None, moment: str) -> bool:
    """Return whether nothing changed after the day the client names in If-Modified-Since; nonsense is not heeded.

    >>> unchanged_since("Mon, 16 Nov 2026 13:32:02 +9999999999999", "2026-11-22T10:42:41Z")
    False
    """
    if field is None:
        return False
    try:
        asked = parsedate_to_datetime(field)
    except (ValueError, OverflowError):
        return False
    return dt.datetime.fromisoformat(moment) <= asked.replace(tzinfo=asked.tzinfo or dt.UTC)
