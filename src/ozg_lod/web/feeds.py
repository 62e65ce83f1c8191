"""Feeds: they tell the log of publications, which grows while a snapshot is served, so they are made anew each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ozg_lod.core.messages import Language
from ozg_lod.http.dates import http_date
from ozg_lod.rdf import formats
from ozg_lod.site.represent import Content, Representation
from ozg_lod.snapshots.snapshot import Publication


def representation(
    log: Sequence[Publication], key: str, language: Language, make: Callable[[], bytes]
) -> Representation:
    """Return a feed of this log, named by its content: what was erased since changes it without a publication.

    So it has a time of change only as long as nothing was.
    """
    fields = {
        "content-type": formats.ATOM.content_type,
        "content-language": language,
        "vary": "Accept-Encoding",
        **({"last-modified": http_date(log[-1].time)} if log and not any(entry.erased for entry in log) else {}),
    }
    return Representation(key, lambda: Content(make(), fields), by_content=True, is_cached=False)
