"""Feeds: they tell the log of publications, which grows while a snapshot is served, so they are made anew each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ozg_lod.core.messages import Language
from ozg_lod.http.dates import http_date
from ozg_lod.rdf import formats
from ozg_lod.site.represent import Content, Representation
from ozg_lod.snapshots.snapshot import Publication


def representation(
    log: Sequence[Publication], tag: str, language: Language, make: Callable[[], bytes]
) -> Representation:
    """Return a feed of this log, which was changed with the last publication; `tag` names it before its coding."""
    fields = {
        "content-type": formats.ATOM.content_type,
        "content-language": language,
        "vary": "Accept-Encoding",
        **({"last-modified": http_date(log[-1].time)} if log else {}),
    }
    return Representation(tag, lambda: Content(make(), fields), tag, is_cached=False)
