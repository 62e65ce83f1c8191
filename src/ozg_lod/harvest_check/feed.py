"""The address a portal registers: whether it is reached, is RDF, the same for HEAD and GET, the same when read twice.

What harvesters do with each fault was tried with ckanext-dcat 2.4.4 or is reported in its issues; docs/harvest-check.md
tells which.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import _
from ozg_lod.harvest_check.client import Fetch, FetchedResponse
from ozg_lod.harvest_check.graph import CatalogueTerm, error, hint, warning
from ozg_lod.harvest_check.reader import READ, Read
from ozg_lod.rdf import formats

_OK: Final = 200
_NOT_MODIFIED: Final = 304
_NO_HEAD: Final = (404, 405, 501)


def reached(answer: FetchedResponse) -> Iterator[Finding]:
    """Yield why the feed cannot be read at all; nothing when it can."""
    if answer.trouble:
        yield error(answer.trouble.rule, answer.trouble.message, value=answer.url)
    elif answer.status != _OK:
        message = _("the address of the catalogue answers with status {status} instead of 200", status=answer.status)
        yield error("feed-status", message, value=answer.url)
    elif not answer.body.strip():
        yield error(
            "feed-empty",
            _("the answer is empty; harvesters then delete all datasets. Send 503 when something fails"),
        )


def media_type(answer: FetchedResponse) -> Iterator[Finding]:
    """Yield what is wrong with Content-Type: HTML or text/plain is “no plugin registered” and imports nothing."""
    if answer.media_type == formats.HTML.media_type:
        yield error(
            "type-html",
            _(
                "the address holds a web page (text/html), no RDF; CKAN says “no plugin registered” and imports "
                "nothing. Register the address with a suffix, such as /catalog.rdf"
            ),
        )
    elif answer.media_type not in READ:
        message = _(
            "the media type “{media_type}” does not tell harvesters that it is RDF; send {types}",
            media_type=answer.media_type or "–",
            types=", ".join(READ),
        )
        yield error("type-unknown", message)
    content_type = answer.headers.get("content-type", "").lower().replace('"', "")
    charset = content_type.partition("charset=")[2].split(";")[0].strip()
    if charset not in ("", "utf-8", "utf8"):
        message = _(
            "Content-Type names the character encoding {charset}; RDF is written in UTF-8",
            charset=charset,
        )
        yield error("charset-declared", message)


def redirects(answer: FetchedResponse) -> Iterator[Finding]:
    """Yield what is wrong with the way to the feed."""
    if not answer.hops:
        return
    start, end = urlsplit(answer.hops[0]), urlsplit(answer.url)
    if start.scheme == "https" and any(urlsplit(url).scheme == "http" for url in (*answer.hops, answer.url)):
        message = _("the address redirects from https to http; strict clients do not follow")
        yield error("redirect-downgrade", message, value=answer.url)
    if start.hostname != end.hostname:
        message = _(
            "the address redirects to another host; register the address that answers in the end, else datasets may "
            "arrive twice"
        )
        yield warning("redirect-host", message, value=answer.url)
    if len(answer.hops) > 1:
        message = _("the address redirects {count} times; one redirect is enough", count=len(answer.hops))
        yield warning("redirect-chain", message, value=answer.url)


def head(fetch: Fetch, answer: FetchedResponse) -> Iterator[Finding]:
    """Yield where HEAD and GET disagree: CKAN asks HEAD first and refuses by the length it reads there."""
    head_answer = fetch.head(answer.url)
    if head_answer.trouble or head_answer.status in _NO_HEAD:
        yield hint("head-missing", _("HEAD is not answered; CKAN asks it first and falls back to GET"))
    elif head_answer.status != answer.status:
        message = _(
            "HEAD answers {head}, GET {get}; both must be the same",
            head=head_answer.status,
            get=answer.status,
        )
        yield error("head-status", message)
    else:
        yield from _head_differs(head_answer, answer)


def _head_differs(head_answer: FetchedResponse, answer: FetchedResponse) -> Iterator[Finding]:
    if head_answer.media_type != answer.media_type:
        message = _(
            "HEAD gives the media type “{head}”, GET “{get}”; both must be the same",
            head=head_answer.media_type,
            get=answer.media_type,
        )
        yield error("head-type", message)
    encoded = "content-encoding" in answer.headers or "content-encoding" in head_answer.headers
    if head_answer.length is not None and head_answer.length != len(answer.body) and not encoded:
        message = _(
            "HEAD announces {head} bytes, GET sends {get}; CKAN refuses by the number in HEAD",
            head=head_answer.length,
            get=len(answer.body),
        )
        yield error("head-length", message)


def again(fetch: Fetch, answer: FetchedResponse, read: Read) -> Iterator[Finding]:
    """Yield what changes between two reads though nothing changed: every difference is an update downstream."""
    second = fetch.get(answer.url)
    if second.trouble or second.status != answer.status:
        yield error("feed-unstable", _("on the second read there is no answer or another status"))
        return
    if second.body != answer.body:
        yield _changed(same=_content(answer, read) == _content(second, read))
    yield from _validators(fetch, answer, second)


def _changed(*, same: bool) -> Finding:
    if same:
        message = _(
            "two reads give two texts of the same content (order, or blank nodes that move); portals see a change "
            "every time. Sort the output and give everything an address"
        )
        return warning("bytes-unstable", message)
    message = _(
        "two reads give two different contents, such as a time stamp; portals see a change every time. Take dates from "
        "the data, not from the clock"
    )
    return warning("content-unstable", message)


def _content(answer: FetchedResponse, read: Read) -> list[tuple[CatalogueTerm, str, CatalogueTerm]]:
    """Return the triples in order, with all blank nodes made equal: enough to tell a new fact from a new spelling."""
    nobody = CatalogueTerm("", "blank")
    triples = read(answer.body, answer.media_type, answer.url).triples
    alike = [(nobody if s.kind == "blank" else s, p, nobody if o.kind == "blank" else o) for s, p, o in triples]
    return sorted(alike, key=repr)


def _validators(fetch: Fetch, answer: FetchedResponse, second: FetchedResponse) -> Iterator[Finding]:
    tag, same = answer.headers.get("etag"), second.body == answer.body
    if not tag:
        yield hint(
            "etag-missing",
            _("there is no ETag; with it portals could ask whether anything changed instead of loading everything"),
        )
    elif second.headers.get("etag") != tag and same:
        yield warning("etag-unstable", _("the ETag is another one each time for the same content"))
    else:
        repeat = fetch.get(answer.url, headers={"If-None-Match": tag})
        if repeat.status != _NOT_MODIFIED and same:
            message = _("asked for the ETag (If-None-Match) it answers {status} instead of 304", status=repeat.status)
            yield warning("etag-ignored", message)
