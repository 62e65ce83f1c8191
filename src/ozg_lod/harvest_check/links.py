"""Every address behind a distribution: whether it answers, and with the type, size and hash the catalogue declares."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import Message, _, ngettext
from ozg_lod.core.vocab import DCAT, SPDX
from ozg_lod.harvest_check.client import Fetch, FetchedResponse
from ozg_lod.harvest_check.fetch_errors import FetchError
from ozg_lod.harvest_check.graph import DISTRIBUTION, CatalogueGraph, CatalogueTerm, error, hint, parts, warning

_OK: Final = 200
_PARTIAL: Final = 206
_LOOK_BYTES: Final = 4096
_AT_ONCE: Final = 4
_FAILURE: Final = 400
_ASKS_BACK: Final = frozenset({400, 405, 406, 415})
"""What a service answers to a question without a query: it is there, and MQA still counts only 200."""
_HASHES: Final = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}


@dataclass(frozen=True, slots=True)
class Links:
    """The status of each address that was asked (0: no answer), and the findings."""

    statuses: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    distribution: CatalogueTerm
    served: bool
    download: bool


def check(
    graph: CatalogueGraph,
    fetch: Fetch,
    *,
    downloads: bool,
    most: int,
    progress: Callable[[int, int], None] | None = None,
) -> Links:
    """Ask up to `most` addresses, several at once; `progress` is called with how many of how many are done."""
    links = _links(graph)
    batch = links[:most]
    statuses: dict[str, int] = {}
    findings: list[Finding] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(lambda link: _ask(graph, fetch, link, downloads=downloads), batch)
        for done, (link, (status, faults)) in enumerate(zip(batch, answers, strict=True), 1):
            statuses[link.url] = status
            findings += faults
            if progress:
                progress(done, len(batch))
    if len(links) > most:
        findings.append(hint("links-unchecked", _unchecked(len(links) - most, most)))
    return Links(statuses, tuple(findings))


def _unchecked(count: int, most: int) -> Message:
    if not most:
        return _("the addresses of the distributions were not asked ({count})", count=count)
    return ngettext(
        "{count} more address was not checked (limit: {most})",
        "{count} more addresses were not checked (limit: {most})",
        count,
        most=most,
    )


def _links(graph: CatalogueGraph) -> list[_Link]:
    """Return each address once, downloads first: they are held against what is declared."""
    links: dict[str, _Link] = {}
    for download, predicate in ((True, DCAT + "downloadURL"), (False, DCAT + "accessURL")):
        for distribution in graph.typed(DISTRIBUTION):
            served = bool(graph.of(distribution, DCAT + "accessService"))
            for url in graph.of(distribution, predicate):
                if url.kind != "blank" and parts(url.value).scheme in ("http", "https"):
                    links.setdefault(url.value, _Link(url.value, distribution, served, download))
    return list(links.values())


def _ask(graph: CatalogueGraph, fetch: Fetch, link: _Link, *, downloads: bool) -> tuple[int, list[Finding]]:
    head = fetch.head(link.url)
    answer = head
    whole = link.download and downloads
    if whole:
        answer = fetch.get(link.url)
    elif head.trouble or head.status >= _FAILURE or not link.download:
        answer = fetch.get(link.url, headers={"Range": f"bytes=0-{_LOOK_BYTES - 1}"}, most=_LOOK_BYTES)
    status = _OK if answer.status == _PARTIAL else answer.status
    if answer.trouble:
        return 0, [_unanswered(graph, link, answer.trouble)]
    if status != _OK:
        return status, [] if link.served and status in _ASKS_BACK else [_dead(graph, link, status)]
    differences = list(_head_differs(head, answer, link, graph)) if whole else []
    return status, [*differences, *_declared(graph, link, answer, head, whole=whole)] if link.download else differences


def _unanswered(graph: CatalogueGraph, link: _Link, trouble: FetchError) -> Finding:
    """Return the finding for an address without an answer; one that was too large or is not asked is no fault."""
    excused = {"too-large": "link-too-large", "link-elsewhere": "link-elsewhere"}
    make = hint if trouble.rule in excused else error
    rule = excused.get(trouble.rule, "link-dead")
    return make(rule, trouble.message, value=link.url, place=graph.place(link.distribution))


def _dead(graph: CatalogueGraph, link: _Link, status: int) -> Finding:
    if link.download:
        message = _("the file to download answers with status {status} instead of 200", status=status)
    else:
        message = _("the access URL answers with status {status} instead of 200", status=status)
    return error("link-dead", message, value=link.url, place=graph.place(link.distribution))


def _head_differs(
    head: FetchedResponse, answer: FetchedResponse, link: _Link, graph: CatalogueGraph
) -> Iterator[Finding]:
    encoded = "content-encoding" in head.headers or "content-encoding" in answer.headers
    wrong = head.length is not None and head.length != len(answer.body) and not encoded
    if head.status == _OK and (wrong or head.media_type != answer.media_type):
        message = _("HEAD and GET give different lengths or media types for the file")
        yield warning("link-head", message, value=link.url, place=graph.place(link.distribution))


def _declared(
    graph: CatalogueGraph, link: _Link, answer: FetchedResponse, head: FetchedResponse, *, whole: bool
) -> Iterator[Finding]:
    """Yield where the file is not what the catalogue says of it: type, size, hash."""
    where = graph.place(link.distribution)
    types = [term.value.partition("/media-types/")[2] for term in graph.of(link.distribution, DCAT + "mediaType")]
    if types and types[0] and answer.media_type and answer.media_type not in types:
        message = _("declared is {declared}, delivered is {delivered}", declared=types[0], delivered=answer.media_type)
        yield warning("link-type", message, value=link.url, place=where)
    size = len(answer.body) if whole else head.length
    for declared in graph.of(link.distribution, DCAT + "byteSize"):
        number = declared.value.partition(".")[0]
        if size is not None and (not number.isdigit() or int(number) != size):
            message = _("declared are {declared} bytes, delivered are {size}", declared=declared.value, size=size)
            yield error("link-size", message, value=link.url, place=where)
    if whole and not _hash_fits(graph, link.distribution, answer.body):
        message = _("the checksum in the catalogue does not fit the file delivered")
        yield error("link-hash", message, value=link.url, place=where)


def _hash_fits(graph: CatalogueGraph, distribution: CatalogueTerm, body: bytes) -> bool:
    """Tell whether all checksums that can be computed fit."""
    for checksum in graph.of(distribution, SPDX + "checksum"):
        algorithm = " ".join(term.value.lower() for term in graph.of(checksum, SPDX + "algorithm"))
        method = next((name for key, name in _HASHES.items() if algorithm.replace("-", "").endswith(key)), None)
        wanted = {term.value.lower() for term in graph.of(checksum, SPDX + "checksumValue")}
        if method and wanted and hashlib.new(method, body, usedforsecurity=False).hexdigest() not in wanted:
            return False
    return True
