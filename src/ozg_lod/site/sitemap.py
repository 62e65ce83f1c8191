"""What crawlers read: the sitemap with the day each page last changed, and robots.txt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from ozg_lod.rdf.addresses import Addresses
from ozg_lod.site.lists import Directory, ListEntries
from ozg_lod.snapshots.snapshot import Publication

MAX_ADDRESSES: Final = 10_000
"""A sitemap holds no more, a fifth of what the protocol allows; beyond it there is an index of several."""
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_DAY: Final = len("2026-11-22")


def pages(directory: Directory, others: Sequence[str], log: Sequence[Publication], part: int) -> list[tuple[str, str]]:
    """Return (path, day of the last change) of the pages of one part, which count from 1: first what is no thing.

    The day is "" where the log does not tell.
    """
    latest = log[-1].time[:_DAY] if log else ""
    first, last = (part - 1) * MAX_ADDRESSES, part * MAX_ADDRESSES
    lists = _lists(directory)
    listed = [(path, latest) for path in (*others, *(f"/doc/{kind}" for kind in lists))][first:last]
    days = _days(log)
    before = len(others) + len(lists)
    for kind, entries in lists.items():
        start, end = (min(max(0, edge - before), len(entries)) for edge in (first, last))
        listed += [(f"/doc/{kind}/{key}", days.get(iri, "")) for key, iri in entries.addresses(start, end)]
        before += len(entries)
    return listed


def _lists(directory: Directory) -> Mapping[str, ListEntries]:
    return {kind: entries for kind, entries in directory.kinds.items() if entries}


def _days(log: Sequence[Publication]) -> Mapping[str, str]:
    """Return the day of the last publication that added or changed a resource."""
    return {iri: entry.time[:_DAY] for entry in log for iri in (*(entry.added or ()), *(entry.changed or ()))}


def parts(directory: Directory, others: Sequence[str]) -> int:
    """Return how many sitemaps it takes."""
    lists = _lists(directory)
    return max(1, -(-(len(others) + len(lists) + sum(map(len, lists.values()))) // MAX_ADDRESSES))


def urlset(listed: Sequence[tuple[str, str]], addresses: Addresses) -> bytes:
    """Return one sitemap."""
    return _document("urlset", "url", ((addresses.absolute(path), day) for path, day in listed))


def index(count: int, addresses: Addresses) -> bytes:
    """Return the index of several sitemaps."""
    entries = ((addresses.absolute(f"/sitemap-{part}.xml"), "") for part in range(1, count + 1))
    return _document("sitemapindex", "sitemap", entries)


def robots(addresses: Addresses) -> bytes:
    """Return robots.txt: everything may be read; queries and searches have no end, so they are left out."""
    closed = "\n".join(f"Disallow: {addresses.root}{path}" for path in ("/sparql?", "/suche?"))
    return f"User-agent: *\n{closed}\n\nSitemap: {addresses.absolute('/sitemap.xml')}\n".encode()


def _document(root: str, element: str, entries: Iterable[tuple[str, str]]) -> bytes:
    lines = [
        f"<{element}><loc>{escape(address)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</{element}>"
        for address, day in entries
    ]
    body = "\n".join(lines)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">\n{body}\n</{root}>\n'.encode()
