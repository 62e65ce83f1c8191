"""The address a portal registers: whether it is reached, is RDF, the same for HEAD and GET, the same when read twice.

What harvesters do with each fault was tried with ckanext-dcat 2.4.4 or is reported in its issues; docs/harvest-check.md
tells which.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ozg_lod.core.findings import Finding
from ozg_lod.harvest_check.client import Fetch, FetchedResponse
from ozg_lod.harvest_check.findings import error, hint, warning
from ozg_lod.harvest_check.graph import CatalogueTerm
from ozg_lod.harvest_check.reader import READ, Read

OK = 200
_NOT_MODIFIED = 304
_NO_HEAD = (404, 405, 501)


def reached(answer: FetchedResponse) -> Iterator[Finding]:
    """Yield why the feed cannot be read at all; nothing when it can."""
    if answer.trouble:
        message = answer.trouble.message
        yield error(answer.trouble.rule, message.de, message.en, value=answer.url)
    elif answer.status != OK:
        yield error(
            "feed-status",
            f"Unter der Adresse des Katalogs kommt Status {answer.status} statt 200",
            f"the address of the catalogue answers with status {answer.status} instead of 200",
            value=answer.url,
        )
    elif not answer.body.strip():
        yield error(
            "feed-empty",
            "Die Antwort ist leer; Harvester löschen dann alle Datensätze. Senden Sie im Fehlerfall 503",
            "the answer is empty; harvesters then delete all datasets. Send 503 when something fails",
        )


def media_type(answer: FetchedResponse) -> Iterator[Finding]:
    """Yield what is wrong with Content-Type: HTML or text/plain is “no plugin registered” and imports nothing."""
    found = answer.media_type
    charset = answer.headers.get("content-type", "").lower().replace('"', "").partition("charset=")[2].split(";")[0]
    if found == "text/html":
        yield error(
            "type-html",
            "Unter der Adresse steht eine Webseite (text/html), kein RDF; CKAN meldet „no plugin registered“ und "
            "übernimmt nichts. Melden Sie die Adresse mit Endung an, etwa /catalog.rdf",
            "the address holds a web page (text/html), no RDF; CKAN says “no plugin registered” and imports nothing. "
            "Register the address with a suffix, such as /catalog.rdf",
        )
    elif found not in READ:
        shown = found or "–"
        yield error(
            "type-unknown",
            f"Der Medientyp „{shown}“ sagt Harvestern nicht, dass es RDF ist; senden Sie {', '.join(READ)}",
            f"the media type “{shown}” does not tell harvesters that it is RDF; send {', '.join(READ)}",
        )
    if charset.strip() not in ("", "utf-8", "utf8"):
        yield error(
            "charset-declared",
            f"Content-Type nennt die Zeichenkodierung {charset.strip()}; RDF wird in UTF-8 geschrieben",
            f"Content-Type names the character encoding {charset.strip()}; RDF is written in UTF-8",
        )


def redirects(answer: FetchedResponse) -> Iterator[Finding]:
    """Yield what is odd about the way from the address given to the one that answered."""
    if not answer.hops:
        return
    start, end = urlsplit(answer.hops[0]), urlsplit(answer.url)
    if start.scheme == "https" and any(urlsplit(url).scheme == "http" for url in (*answer.hops, answer.url)):
        yield error(
            "redirect-downgrade",
            "Die Adresse leitet von https auf http um; strenge Clients folgen nicht",
            "the address redirects from https to http; strict clients do not follow",
            value=answer.url,
        )
    if start.hostname != end.hostname:
        yield warning(
            "redirect-host",
            "Die Adresse leitet auf einen anderen Rechner um; melden Sie die Adresse an, die am Ende antwortet, sonst "
            "kommen Datensätze doppelt an",
            "the address redirects to another host; register the address that answers in the end, else datasets may "
            "arrive twice",
            value=answer.url,
        )
    if len(answer.hops) > 1:
        yield warning(
            "redirect-chain",
            f"Die Adresse leitet {len(answer.hops)} Mal weiter; eine Weiterleitung genügt",
            f"the address redirects {len(answer.hops)} times; one redirect is enough",
            value=answer.url,
        )


def head(fetch: Fetch, answer: FetchedResponse) -> Iterator[Finding]:
    """Yield where HEAD and GET disagree: CKAN asks HEAD first and refuses by the length it reads there."""
    asked = fetch.head(answer.url)
    if asked.trouble or asked.status in _NO_HEAD:
        yield hint(
            "head-missing",
            "HEAD wird nicht beantwortet; CKAN fragt danach und fällt auf GET zurück",
            "HEAD is not answered; CKAN asks it first and falls back to GET",
        )
        return
    if asked.status != answer.status:
        yield error(
            "head-status",
            f"HEAD antwortet mit {asked.status}, GET mit {answer.status}; beide müssen gleich sein",
            f"HEAD answers {asked.status}, GET {answer.status}; both must be the same",
        )
        return
    if asked.media_type != answer.media_type:
        yield error(
            "head-type",
            f"HEAD nennt den Medientyp „{asked.media_type}“, GET „{answer.media_type}“; beide müssen gleich sein",
            f"HEAD gives the media type “{asked.media_type}”, GET “{answer.media_type}”; both must be the same",
        )
    encoded = "content-encoding" in answer.headers or "content-encoding" in asked.headers
    if asked.length is not None and asked.length != len(answer.body) and not encoded:
        yield error(
            "head-length",
            f"HEAD nennt {asked.length} Bytes, GET liefert {len(answer.body)}; CKAN lehnt nach der Zahl von HEAD ab",
            f"HEAD announces {asked.length} bytes, GET sends {len(answer.body)}; CKAN refuses by the number in HEAD",
        )


def again(fetch: Fetch, answer: FetchedResponse, read: Read) -> Iterator[Finding]:
    """Yield what changes between two reads though nothing changed: every difference is an update downstream."""
    second = fetch.get(answer.url)
    if second.trouble or second.status != answer.status:
        yield error(
            "feed-unstable",
            "Beim zweiten Lesen kommt keine Antwort mehr oder ein anderer Status",
            "on the second read there is no answer or another status",
        )
        return
    if second.body != answer.body:
        yield _changed(same=_content(answer, read) == _content(second, read))
    yield from _validators(fetch, answer, second)


def _changed(*, same: bool) -> Finding:
    if same:
        return warning(
            "bytes-unstable",
            "Zweimal gelesen ergibt zwei verschiedene Fassungen desselben Inhalts (Reihenfolge oder wandernde leere "
            "Knoten); Portale sehen jedes Mal eine Änderung. Sortieren Sie die Ausgabe und geben Sie allem Adressen",
            "two reads give two texts of the same content (order, or blank nodes that move); portals see a change "
            "every time. Sort the output and give everything an address",
        )
    return warning(
        "content-unstable",
        "Zweimal gelesen ergibt zwei verschiedene Inhalte, etwa einen Zeitstempel; Portale sehen jedes Mal eine "
        "Änderung. Nehmen Sie Daten aus den Daten, nicht von der Uhr",
        "two reads give two different contents, such as a time stamp; portals see a change every time. Take dates from "
        "the data, not from the clock",
    )


def _content(answer: FetchedResponse, read: Read) -> list[tuple[CatalogueTerm, str, CatalogueTerm]]:
    """Return the triples in order, with all blank nodes made equal: enough to tell a new fact from a new spelling."""
    nobody = CatalogueTerm("", "blank")
    triples = read(answer.body, answer.media_type, answer.url).triples
    alike = [(nobody if s.kind == "blank" else s, p, nobody if o.kind == "blank" else o) for s, p, o in triples]
    return sorted(alike, key=repr)


def _validators(fetch: Fetch, answer: FetchedResponse, second: FetchedResponse) -> Iterator[Finding]:
    tag = answer.headers.get("etag")
    if not tag:
        yield hint(
            "etag-missing",
            "Es gibt kein ETag; damit könnten Portale fragen, ob sich etwas geändert hat, statt alles zu laden",
            "there is no ETag; with it portals could ask whether anything changed instead of loading everything",
        )
        return
    if second.headers.get("etag") != tag and second.body == answer.body:
        yield warning(
            "etag-unstable",
            "Das ETag ist bei gleichem Inhalt jedes Mal ein anderes",
            "the ETag is another one each time for the same content",
        )
        return
    asked = fetch.get(answer.url, headers={"If-None-Match": tag})
    if asked.status != _NOT_MODIFIED and second.body == answer.body:
        yield warning(
            "etag-ignored",
            f"Auf die Frage nach dem ETag (If-None-Match) kommt {asked.status} statt 304",
            f"asked for the ETag (If-None-Match) it answers {asked.status} instead of 304",
        )
