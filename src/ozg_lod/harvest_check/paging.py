"""Paging as ckanext-dcat reads it: the first view node it finds, the text of its `next`, until there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit

from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import HYDRA
from ozg_lod.harvest_check import feed as harvest_feed
from ozg_lod.harvest_check.client import Fetch, FetchedResponse
from ozg_lod.harvest_check.findings import error, warning
from ozg_lod.harvest_check.graph import (
    DATASET,
    TYPE,
    CatalogueGraph,
    CatalogueTerm,
)
from ozg_lod.harvest_check.reader import READ, Read, Triples

_VIEWS: Final = (HYDRA + "PartialCollectionView", HYDRA + "PagedCollection")
_RELATIVE: Final = "http://relative.invalid"
"""Stands for “this host” while a page is parsed, so that addresses without a host can be told from full ones."""


@dataclass(slots=True)
class Feed:
    """All pages of a catalogue in one graph, the findings on the way, and how many pages there were."""

    graph: CatalogueGraph = field(default_factory=CatalogueGraph)
    findings: list[Finding] = field(default_factory=list)
    pages: int = 0
    triples: int = 0
    complete: bool = True

    def stop(self, finding: Finding) -> None:
        """End the walk with this finding: what comes after is not known."""
        self.findings.append(finding)
        self.complete = False


def walk(first: FetchedResponse, fetch: Fetch, read: Read, *, max_pages: int) -> Feed:
    """Return the catalogue that starts with the page `first`, which was reached and has a type that is read."""
    feed, answer, seen = Feed(), first, {first.url, *first.hops}
    bodies = {first.body}
    while True:
        triples = _take(feed, answer, read)
        following = _next(feed, triples, answer.url)
        if following is None:
            return feed
        if following in seen:
            feed.stop(_loop(following, itself=following == answer.url))
            return feed
        if feed.pages == max_pages:
            feed.stop(_endless(max_pages))
            return feed
        answer = fetch.get(following)
        if not _usable(feed, answer, first, following):
            return feed
        if answer.body in bodies:
            feed.stop(_same(feed.pages + 1))
            return feed
        seen |= {following, answer.url}
        bodies.add(answer.body)


def _take(feed: Feed, answer: FetchedResponse, read: Read) -> Triples:
    """Read one page into the graph and return its triples, with full addresses."""
    parts = urlsplit(answer.url)
    reading = read(answer.body, answer.media_type, _RELATIVE + (parts.path or "/"))
    feed.findings += reading.findings
    host = f"{parts.scheme}://{parts.netloc}"
    relative = {term.value for s, _, o in reading.triples for term in (s, o) if _is_relative(term)}
    if relative:
        feed.findings.append(_relative(len(relative), min(relative).removeprefix(_RELATIVE)))
    triples = [(_full(s, host), p, _full(o, host)) for s, p, o in reading.triples] if relative else reading.triples
    feed.graph.add(triples, feed.pages)
    feed.pages += 1
    feed.triples += len(triples)
    feed.complete &= reading.readable
    typed = CatalogueTerm(DATASET, "iri")
    if feed.pages > 1 and reading.readable and not any(p == TYPE and o == typed for _, p, o in triples):
        feed.findings.append(
            warning(
                "page-empty",
                _("page {pages} holds no dataset", pages=feed.pages),
            )
        )
    return triples


def _next(feed: Feed, triples: Triples, url: str) -> str | None:
    """Return the address of the next page, None on the last."""
    views = {s for s, p, o in triples if p == TYPE and o.value in _VIEWS}
    if len(views) > 1:
        feed.findings.append(
            warning(
                "page-views",
                _(
                    "page {pages} describes {count} paging views; harvesters take any of them. Keep one",
                    pages=feed.pages,
                    count=len(views),
                ),
            )
        )
    said = {p.removeprefix(HYDRA): o.value for s, p, o in triples if p.startswith(HYDRA) and s in views}
    following = said.get("next") or said.get("nextPage")
    if not following:
        return None
    if not urlsplit(following).scheme:
        feed.findings.append(_relative(1, following))
        following = urljoin(url, following)
    if url in (said.get("last"), said.get("lastPage")):
        feed.findings.append(
            error(
                "page-next-on-last",
                _("the last page still names a next one; harvesters then read on until they give up"),
                value=following,
            )
        )
    return following


def _usable(feed: Feed, answer: FetchedResponse, first: FetchedResponse, following: str) -> bool:
    """Look at the answer for the next page; tell whether it can be read."""
    if urlsplit(following).netloc != urlsplit(first.url).netloc:
        feed.findings.append(
            warning(
                "page-host",
                _(
                    "the next page is on another host, as if it were the address behind a proxy; make page addresses from the public address"
                ),
                value=following,
            )
        )
    problems = list(harvest_feed.reached(answer))
    if problems:
        feed.stop(
            error(
                "page-missing",
                _(
                    "the next page does not answer (status {status}); harvesters stop and lose all that follows",
                    status=answer.status or "–",
                ),
                value=following,
            )
        )
        return False
    if answer.media_type != first.media_type:
        feed.findings.append(
            error(
                "page-type",
                _(
                    "page {pages} has the media type “{media_type}” instead of “{media_type2}”; harvesters read all pages like the first",
                    pages=feed.pages + 1,
                    media_type=answer.media_type,
                    media_type2=first.media_type,
                ),
            )
        )
        feed.complete &= answer.media_type in READ
        return answer.media_type in READ
    return True


def _is_relative(term: CatalogueTerm) -> bool:
    return term.kind == "iri" and term.value.startswith(_RELATIVE)


def _full(term: CatalogueTerm, host: str) -> CatalogueTerm:
    return CatalogueTerm(host + term.value.removeprefix(_RELATIVE), "iri") if _is_relative(term) else term


def _relative(count: int, example: str) -> Finding:
    return error(
        "iri-relative",
        _("{count} addresses are written without http(s) and host; harvesters cannot resolve them", count=count),
        value=example,
    )


def _loop(following: str, *, itself: bool) -> Finding:
    if itself:
        return error(
            "page-self",
            _("a page names itself as the next one; harvesters read without end"),
            value=following,
        )
    return error(
        "page-loop",
        _("the pages run in a circle; harvesters read without end"),
        value=following,
    )


def _same(number: int) -> Finding:
    return error(
        "page-repeated",
        _("page {number} is the same as an earlier one; harvesters read without end or stop here", number=number),
    )


def _endless(limit: int) -> Finding:
    return error(
        "page-limit",
        _(
            "there is no end after {limit} pages; check whether paging ends (with --max-pages the check reads on)",
            limit=limit,
        ),
    )
