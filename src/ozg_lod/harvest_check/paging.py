"""Paging as ckanext-dcat reads it: the first view node it finds, the text of its `next`, until there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import _, ngettext
from ozg_lod.core.vocab import HYDRA
from ozg_lod.harvest_check import feed
from ozg_lod.harvest_check.client import Fetch, FetchedResponse, joined
from ozg_lod.harvest_check.graph import DATASET, TYPE, CatalogueGraph, CatalogueTerm, Triples, error, parts, warning
from ozg_lod.harvest_check.reader import READ, Read

_VIEWS: Final = (HYDRA + "PartialCollectionView", HYDRA + "PagedCollection")
_RELATIVE: Final = "http://relative.invalid"
"""Stands for “this host” while a page is parsed, so that addresses without a host can be told from full ones."""


@dataclass(slots=True)
class CataloguePages:
    """All pages of a catalogue in one graph, the findings on the way, and how many pages there were."""

    graph: CatalogueGraph = field(default_factory=CatalogueGraph)
    findings: list[Finding] = field(default_factory=list)
    count: int = 0
    triples: int = 0
    complete: bool = True

    def stop(self, finding: Finding) -> None:
        """End the walk with this finding: what comes after is not known."""
        self.findings.append(finding)
        self.complete = False


def walk(first: FetchedResponse, fetch: Fetch, read: Read, *, max_pages: int) -> CataloguePages:
    """Return the catalogue that starts with the page `first`, which was reached and has a type that is read."""
    pages, answer, seen = CataloguePages(), first, {first.url, *first.hops}
    bodies = {first.body}
    while True:
        triples = _take(pages, answer, read)
        following = _next(pages, triples, answer.url)
        if following is None:
            return pages
        if following in seen or pages.count == max_pages:
            pages.stop(_loop(following, answer.url) if following in seen else _endless(max_pages))
            return pages
        answer = fetch.get(following)
        if not _usable(pages, answer, first, following):
            return pages
        if answer.body in bodies:
            pages.stop(_same(pages.count + 1))
            return pages
        seen |= {following, answer.url}
        bodies.add(answer.body)


def _take(pages: CataloguePages, answer: FetchedResponse, read: Read) -> Triples:
    """Read one page into the graph and return its triples, with full addresses."""
    address = urlsplit(answer.url)
    reading = read(answer.body, answer.media_type, _RELATIVE + (address.path or "/"))
    pages.findings += reading.findings
    host = f"{address.scheme}://{address.netloc}"
    relative = {term.value for s, _p, o in reading.triples for term in (s, o) if _is_relative(term)}
    if relative:
        pages.findings.append(_relative(len(relative), min(relative).removeprefix(_RELATIVE)))
    triples = [(_full(s, host), p, _full(o, host)) for s, p, o in reading.triples] if relative else reading.triples
    pages.graph.add(triples, pages.count)
    pages.count += 1
    pages.triples += len(triples)
    pages.complete &= reading.readable
    typed = CatalogueTerm(DATASET, "iri")
    if pages.count > 1 and reading.readable and not any(p == TYPE and o == typed for _s, p, o in triples):
        pages.findings.append(warning("page-empty", _("page {number} holds no dataset", number=pages.count)))
    return triples


def _next(pages: CataloguePages, triples: Triples, url: str) -> str | None:
    """Return the address of the next page, None on the last."""
    views = {s for s, p, o in triples if p == TYPE and o.value in _VIEWS}
    if len(views) > 1:
        message = _(
            "page {number} describes {count} paging views; harvesters take any of them. Keep one",
            number=pages.count,
            count=len(views),
        )
        pages.findings.append(warning("page-views", message))
    links = {p.removeprefix(HYDRA): o.value for s, p, o in triples if p.startswith(HYDRA) and s in views}
    following = links.get("next") or links.get("nextPage")
    if not following:
        return None
    if not parts(following).scheme:
        pages.findings.append(_relative(1, following))
        following = joined(url, following)
    if url in (links.get("last"), links.get("lastPage")):
        message = _("the last page still names a next one; harvesters then read on until they give up")
        pages.findings.append(error("page-next-on-last", message, value=following))
    return following


def _usable(pages: CataloguePages, answer: FetchedResponse, first: FetchedResponse, following: str) -> bool:
    """Look at the answer for the next page; tell whether it can be read."""
    if parts(following).netloc != urlsplit(first.url).netloc:
        message = _(
            "the next page is on another host, as if it were the address behind a proxy; make page addresses from the "
            "public address"
        )
        pages.findings.append(warning("page-host", message, value=following))
    if any(feed.reached(answer)):
        message = _(
            "the next page does not answer (status {status}); harvesters stop and lose all that follows",
            status=answer.status or "–",
        )
        pages.stop(error("page-missing", message, value=following))
        return False
    if answer.media_type == first.media_type:
        return True
    pages.findings.append(_other_type(pages.count + 1, answer.media_type, first.media_type))
    pages.complete &= answer.media_type in READ
    return answer.media_type in READ


def _is_relative(term: CatalogueTerm) -> bool:
    return term.kind == "iri" and term.value.startswith(_RELATIVE)


def _full(term: CatalogueTerm, host: str) -> CatalogueTerm:
    return CatalogueTerm(host + term.value.removeprefix(_RELATIVE), "iri") if _is_relative(term) else term


def _relative(count: int, example: str) -> Finding:
    message = ngettext(
        "{count} address is written without http(s) and host; harvesters cannot resolve it",
        "{count} addresses are written without http(s) and host; harvesters cannot resolve them",
        count,
    )
    return error("iri-relative", message, value=example)


def _other_type(number: int, media_type: str, wanted: str) -> Finding:
    message = _(
        "page {number} has the media type “{media_type}” instead of “{wanted}”; harvesters read all pages like the "
        "first",
        number=number,
        media_type=media_type,
        wanted=wanted,
    )
    return error("page-type", message)


def _loop(following: str, url: str) -> Finding:
    if following == url:
        message = _("a page names itself as the next one; harvesters read without end")
        return error("page-self", message, value=following)
    return error("page-loop", _("the pages run in a circle; harvesters read without end"), value=following)


def _same(number: int) -> Finding:
    message = _("page {number} is the same as an earlier one; harvesters read without end or stop here", number=number)
    return error("page-repeated", message)


def _endless(limit: int) -> Finding:
    message = _(
        "there is no end after {limit} pages; check whether paging ends (with --max-pages the check reads on)",
        limit=limit,
    )
    return error("page-limit", message)
