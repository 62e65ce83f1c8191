"""Search and look-up by official key: for people at `/suche`, for programs at `/search.json` and `/suche.csv`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.errors import BadRequest, NotFound
from ozg_lod.core.messages import _
from ozg_lod.rdf import formats
from ozg_lod.search import keys, results
from ozg_lod.search.index import PAGE
from ozg_lod.search.search import LONGEST, Index, Keyed, SearchResult, Thing
from ozg_lod.site import pages as site_pages
from ozg_lod.site.page_requests import PageRequest, no_such_page
from ozg_lod.site.represent import Content, respond
from ozg_lod.web.routing import Pages

pages = Pages()

_OFFERED: Final = (formats.HTML, formats.JSON, formats.CSV)
_SUFFIXED: Final = re.compile(r"(.+)\.([A-Za-z]+)")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_MOST: Final = 100
_USUAL: Final = 20
_MAX_ROWS: Final = 10_000
_REDIRECTED: Final = {"cache-control": "public, max-age=60", "vary": "Accept, Accept-Language"}


@pages.page("/suche", "/suche.{suffix}", summary="Search: ?q=, ?kind=, ?page= (also .json .csv)")
async def search(request: Request) -> Response:
    """Answer with what was found; the whole key of one thing leads straight to its page."""
    return await run_in_threadpool(_search, request, request.path_params.get("suffix"))


@pages.page("/search.json", summary="Search for programs: ?q=, ?kind=, ?limit=, ?offset=")
async def search_json(request: Request) -> Response:
    """Answer with what was found as JSON."""
    return await run_in_threadpool(_search, request, "json")


@pages.page("/ags/{key}", summary="By municipality, district or state key", status_code=303)
async def by_ags(request: Request, key: str) -> Response:
    """Lead to the authority or place with this key: 8 digits, 5, 3 or 2."""
    return await run_in_threadpool(_look_up, request, keys.AGS, key)


@pages.page("/ars/{key}", summary="By regional key (ARS)", status_code=303)
async def by_ars(request: Request, key: str) -> Response:
    """Lead to the authority or place with this regional key of 12 digits."""
    return await run_in_threadpool(_look_up, request, keys.ARS, key)


@pages.page("/leika/{key}", summary="By LeiKa key", status_code=303)
async def by_leika(request: Request, key: str) -> Response:
    """Lead to the catalogue entry with this LeiKa key of 14 digits."""
    return await run_in_threadpool(_look_up, request, keys.LEIKA, key)


@pages.page("/ozg/{key}", summary="By OZG id", status_code=303)
async def by_ozg_id(request: Request, key: str) -> Response:
    """Lead to the catalogue entry with this OZG id of 5 digits."""
    return await run_in_threadpool(_look_up, request, keys.OZG_ID, key)


def _search(request: Request, suffix: str | None) -> Response:
    page_request = PageRequest.of(request, "/suche", _OFFERED, suffix)
    typed = _typed(request)
    kind = _kind(request)
    index = page_request.opened.index
    if page_request.form is formats.HTML:
        straight = index.named(typed) if typed and not kind and page_request.page == 1 else None
        return _lead(page_request, straight) if straight else _page(page_request, index, typed, kind)
    if not typed:
        raise BadRequest(
            _("q is missing: say what to look for, for example /search.json?q=Waffe."),
        )
    _check_length(typed)
    if page_request.form is formats.CSV:
        return _sent(
            page_request, _csv(page_request, index.find(typed, kind=kind, limit=_MAX_ROWS)), {"q": typed, "kind": kind}
        )
    limit, offset = _number(request, "limit", _USUAL, least=1, most=_MOST), _number(request, "offset", 0)
    outcome = index.find(typed, kind=kind, limit=limit, offset=offset)
    parameters = {"q": outcome.query, "kind": kind, "limit": str(limit), "offset": str(offset)}
    return _sent(page_request, _json(page_request, outcome, limit=limit, offset=offset), parameters)


def _page(page_request: PageRequest, index: Index, typed: str, kind: str) -> Response:
    offset = (page_request.page - 1) * results.PAGE_SIZE
    outcome = index.find(typed[:LONGEST], kind=kind, limit=results.PAGE_SIZE, offset=offset)
    cut = len(typed) > LONGEST
    page = results.page_of(
        page_request.language,
        page_request.addresses,
        page_request.opened.kinds,
        outcome,
        page=page_request.page,
        cut=cut,
    )
    if page.page > page.pages:
        raise no_such_page(page.page)
    parameters = {"q": outcome.query, "kind": kind, "page": str(page_request.page)}
    return _sent(page_request, site_pages.search(page_request.site, page), parameters)


def _json(page_request: PageRequest, outcome: SearchResult, *, limit: int, offset: int) -> bytes:
    query = {"q": outcome.query} | ({"kind": outcome.kind} if outcome.kind else {})
    more = {**query, "limit": limit, "offset": offset + limit}
    body = {
        "query": outcome.query,
        "kind": outcome.kind or None,
        "total": outcome.total,
        "limit": limit,
        "offset": offset,
        "next": page_request.addresses.absolute("/search.json", **more) if offset + limit < outcome.total else None,
        "facets": [{"kind": kind, "count": count} for kind, count in outcome.facets],
        "suggestions": list(outcome.suggestions),
        "read_as": outcome.read_as or None,
        "results": [{**_described(page_request, hit.thing), "match": hit.match} for hit in outcome.hits],
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _described(page_request: PageRequest, thing: Thing) -> dict[str, object]:
    named = {"de": thing.de, "en": thing.en}
    typed = {"de": thing.type_de, "en": thing.type_en}
    page = thing.iri if thing.kind == PAGE else f"/doc/{thing.kind}/{thing.key}"
    return {
        "iri": thing.iri if thing.kind != PAGE else None,
        "page": page_request.addresses.absolute(page),
        "kind": thing.kind,
        "key": thing.key,
        "official_key": thing.official or None,
        "name": {language: text for language, text in named.items() if text},
        "type": {language: text for language, text in typed.items() if text},
        "district": thing.district or None,
    }


def _csv(page_request: PageRequest, outcome: SearchResult) -> bytes:
    """Return all hits as CSV (RFC 4180); a cell a spreadsheet would take for a formula gets an apostrophe in front."""
    rows = [("iri", "kind", "key", "official_key", "name_de", "name_en", "type_de", "district", "match")]
    for hit in outcome.hits:
        thing = hit.thing
        names = (thing.de, thing.en, thing.type_de, thing.district)
        iri = thing.iri if thing.kind != PAGE else page_request.addresses.absolute(thing.iri)
        rows.append((iri, thing.kind, thing.key, thing.official, *names, hit.match))
    return written([harmless(cell) for cell in row] for row in rows)


def _look_up(request: Request, scheme: keys.Scheme, name: str) -> Response:
    """Lead to what has the key: 303 to one thing, 300 with the list of several."""
    suffixed = _SUFFIXED.fullmatch(name)
    typed, suffix = suffixed.groups() if suffixed else (name, None)
    page_request = PageRequest.of(request, f"/{scheme.name}/{typed}", formats.PAGES, suffix or formats.HTML.suffix)
    key, index = scheme.read(typed, page_request.opened.identity.examples), page_request.opened.index
    keyed = index.by_key(scheme.name, key)
    if not keyed:
        raise _unknown(index, scheme, (key, typed), page_request.language)
    return _lead(page_request, keyed[0], suffix) if len(keyed) == 1 else _choices(page_request, key, keyed)


def _lead(page_request: PageRequest, keyed: Keyed, suffix: str | None = None) -> Response:
    path = f"/doc/{keyed.thing.kind}/{keyed.thing.key}" + (f".{suffix.lower()}" if suffix else "")
    location = page_request.addresses.path(path, keyed.fragment)
    return Response(status_code=303, headers={"location": location, **_REDIRECTED})


def _choices(page_request: PageRequest, key: str, candidates: Sequence[Keyed]) -> Response:
    """Return 300 (RFC 9110 §15.4.1): the list, as a page for those who name HTML, else as JSON."""
    headers = dict(_REDIRECTED)
    if formats.wants_page(page_request.request.headers.get("accept")):
        body = site_pages.choices(page_request.site, key, [keyed.thing for keyed in candidates])
        headers |= {"content-type": formats.HTML.content_type, "content-language": page_request.language}
        return Response(body, 300, headers)
    choices = {"key": key, "choices": [_described(page_request, keyed.thing) for keyed in candidates]}
    return Response(json.dumps(choices, ensure_ascii=False), 300, headers, formats.JSON.content_type)


def _unknown(index: Index, scheme: keys.Scheme, key_and_text: tuple[str, str], language: str) -> NotFound:
    """Return the failure for (key, what was typed) with the keys most like this one and whose they are."""
    key, typed = key_and_text
    read = keys.completed(key, typed)
    near = index.near(scheme.name, key)
    named = [(keyed.thing.iri, keyed.key, results.name_of(keyed.thing, language)[0]) for keyed in near]
    listed = "; ".join(f"{near_key} {name}" for _, near_key, name in named)
    count = index.count(scheme.name)
    return NotFound(
        _(
            "The catalogue does not know the key {key}{typed}; it knows {count} of this kind.{hint}",
            key=key,
            typed=read,
            count=count,
            hint=_(" Near: {names}.", names=listed) if near else "",
        ),
        suggestions=[{"iri": iri, "key": near_key, "name": f"{name} ({near_key})"} for iri, near_key, name in named],
    )


def _typed(request: Request) -> str:
    """Return what was typed, spaces for whatever does not print."""
    text = request.query_params.get("q", "")
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _check_length(typed: str) -> None:
    """Refuse to programs what a page would cut, saying so: in an answer for programs nobody would read it."""
    if len(typed) > LONGEST:
        raise BadRequest(
            _("q has {count} characters; at most {LONGEST} are looked for.", count=len(typed), LONGEST=LONGEST),
        )


def _kind(request: Request) -> str:
    text, kinds = request.query_params.get("kind", ""), request.state.opened.kinds
    if text and text not in kinds and text != PAGE:
        known = ", ".join(kinds.names)
        raise BadRequest(_("kind is one of: {known}.", known=known), offered=list(kinds.names))
    return text


def _number(request: Request, name: str, usual: int, *, least: int = 0, most: int = 100_000) -> int:
    text = request.query_params.get(name)
    if text is None:
        return usual
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise BadRequest(_("{name} is a whole number from {least} to {most}.", name=name, least=least, most=most))
    return int(text)


def _sent(page_request: PageRequest, body: bytes, parameters: Mapping[str, str]) -> Response:
    """Return the answer; every query makes a representation of its own."""
    query = {name: text for name, text in parameters.items() if text}
    shared = urlencode({name: text for name, text in query.items() if name in {"q", "kind"}})
    links = [
        f'<{page_request.addresses.absolute(path)}?{shared}>; rel="alternate"; type="{form.media_type}"'
        for form, path in ((formats.JSON, "/search.json"), (formats.CSV, "/suche.csv"), (formats.HTML, "/suche"))
        if form is not page_request.form and "q" in query
    ]
    headers = {"content-type": page_request.form.content_type} | ({"link": ", ".join(links)} if links else {})
    if page_request.form is formats.HTML:
        headers["content-language"] = page_request.language
    snapshot, form = page_request.opened, page_request.form
    state = f"{snapshot.version} {snapshot.code} {form.suffix} {page_request.language} {page_request.chosen}"
    return respond(page_request.request, Content(body, headers), f"{state} {urlencode(query)}")
