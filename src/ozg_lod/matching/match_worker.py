"""What a worker does with names to match: batches of the reconciliation service, data extension, lists of people.

Its fork server reads the register once; everything a worker may need is read before the first fork.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import pyoxigraph as ox

from ozg_lod.core.errors import BadRequest, TooLarge
from ozg_lod.core.messages import LANGUAGES, Language, _
from ozg_lod.http.response_cache import ResponseCache
from ozg_lod.matching import alignment_files, alignment_pages, register
from ozg_lod.matching.alignment import AlignmentChoice, align
from ozg_lod.matching.alignment_pages import AlignmentWork
from ozg_lod.matching.data_extension import Reader, properties
from ozg_lod.matching.json_api import form_of, no_jsonp, parsed
from ozg_lod.matching.reconcile_queries import Read, ReconcileQuery, batch_02, batch_10
from ozg_lod.matching.reconciliation import answer, candidate_02, candidate_10
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.worker_process import Work, WorkerSetup, Write
from ozg_lod.site import pages
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.page_snapshot import PageSnapshot
from ozg_lod.site.uploads import Upload
from ozg_lod.snapshots import data_files, site_files, snapshot, verified_files
from ozg_lod.validation import list_reader

MAX_THINGS: Final = 1000
MAX_PROPERTIES: Final = 100
_LINES: Final = 100_000
_NO_MANIFEST: Final = snapshot.Manifest("", "", base_iri="", triples=0, graphs={}, files={})


@dataclass(frozen=True, slots=True)
class MatchSubject:
    """What is matched with: a snapshot, its public address, and whether its data are read from disk.

    A server of plain files has `no_things`.
    """

    directory: str
    public_url: str
    from_disk: bool = False
    no_things: bool = False


@dataclass(frozen=True, slots=True)
class MatchRequest:
    """What is to be done, by its name below, and the language of the answer.

    `text` is the JSON that was sent, `content` a form with such JSON. A list has its file, the fields of its form, the
    suffix of the file that is wanted ("": a page), and `chosen` says whether links of that page name the language.
    """

    work: str
    language: Language
    text: str = ""
    name: str = ""
    content: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""
    chosen: bool = False


def reader(opened: PageSnapshot, language: Language) -> Reader:
    """Return what reads values of a snapshot."""
    return Reader(opened.graph, register.of(opened), properties(opened), language, opened.base_iri, opened.public_url)


def _queries_02(opened: PageSnapshot, request: MatchRequest) -> object:
    queries = batch_02(parsed(request.text, "queries"))
    return {name: _candidates(opened, request, query, "result", candidate_02) for name, query in queries.items()}


def _queries_10(opened: PageSnapshot, request: MatchRequest) -> object:
    queries = batch_10(parsed(request.text, "body"))
    return {"results": [_candidates(opened, request, query, "candidates", candidate_10) for query in queries]}


def _candidates(
    opened: PageSnapshot, request: MatchRequest, query: Read, name: str, written: Callable[..., object]
) -> dict[str, object]:
    """Return the candidates of a query; of one that is none, that and why."""
    if not isinstance(query, ReconcileQuery):
        return {name: [], "error": query.message[request.language]}
    known = register.of(opened)
    return {name: [written(one, request.language, known) for one in answer(known, query).candidates]}


def _extension_02(opened: PageSnapshot, request: MatchRequest) -> object:
    values, ids, chosen = _extension(opened, request)
    rows = {thing: {name: values.values(thing, name, how) for name, how in chosen} for thing in ids}
    return {"meta": _meta(opened, chosen, values), "rows": rows}


def _extension_10(opened: PageSnapshot, request: MatchRequest) -> object:
    values, ids, chosen = _extension(opened, request)
    rows = [
        {"id": thing, "properties": [{"id": name, "values": values.values(thing, name, how)} for name, how in chosen]}
        for thing in ids
    ]
    return {"meta": _meta(opened, chosen, values), "rows": rows}


def _extension(
    opened: PageSnapshot, request: MatchRequest
) -> tuple[Reader, list[str], list[tuple[str, dict[str, Any]]]]:
    """Return the reader, the things and the properties of a data extension query."""
    body = parsed(request.text, "extend")
    stated = body if isinstance(body, dict) else {}
    ids, wanted = _list_of(stated.get("ids"), str), _list_of(stated.get("properties"), dict)
    if ids is None or wanted is None or not all(isinstance(member.get("id"), str) for member in wanted):
        key = opened.identity.examples.authority
        raise BadRequest(
            _('Send {{"ids": ["municipality/{key}"], "properties": [{{"id": "ars"}}]}}.', key=key),
        )
    if len(ids) > MAX_THINGS or len(wanted) > MAX_PROPERTIES:
        raise TooLarge(
            _(
                "At most {MAX_THINGS} things and {MAX_PROPERTIES} properties at once.",
                MAX_THINGS=MAX_THINGS,
                MAX_PROPERTIES=MAX_PROPERTIES,
            ),
        )
    settings = [
        (member["id"], member["settings"] if isinstance(member.get("settings"), dict) else {}) for member in wanted
    ]
    return reader(opened, request.language), list(dict.fromkeys(ids)), settings


def _list_of(members: object, kind: type) -> list[Any] | None:
    """Return the list if it is one of this kind only, else None."""
    return members if isinstance(members, list) and all(isinstance(member, kind) for member in members) else None


def _meta(opened: PageSnapshot, chosen: Sequence[tuple[str, object]], values: Reader) -> list[dict[str, object]]:
    meta: list[dict[str, object]] = []
    for name, _settings in chosen:
        known = values.properties.get(name)
        kind = known.entity if known else ""
        typed = {"type": {"id": kind, "name": opened.kinds[kind].one[values.language]}} if kind else {}
        meta.append({"id": name, "name": known.name[values.language] if known else name or "-", **typed})
    return meta


def _list(opened: PageSnapshot, request: MatchRequest) -> bytes:
    """Return the page about a list with what it means, or the file with its addresses."""
    known, language = register.of(opened), request.language
    most = list_reader.MAX_ROWS_OF_FILE if request.suffix else list_reader.MAX_ROWS
    listing = list_reader.read(request.name, request.content, most)
    choice = AlignmentChoice.of(listing, request.fields)
    rows = align(known, listing, choice)
    if request.suffix == formats.TURTLE.suffix:
        return alignment_files.as_turtle(rows)
    if request.suffix == formats.XLSX.suffix:
        return alignment_files.as_workbook(listing, rows, language, known)
    if request.suffix:
        return alignment_files.as_csv(listing, rows, language, known)
    work = AlignmentWork(Upload(request.name, request.content), listing, choice, rows)
    addresses = Addresses(opened.base_iri, opened.public_url, language if request.chosen else None)
    site = PageContext(language, addresses, opened.version, "/abgleich", kinds=opened.kinds, identity=opened.identity)
    return alignment_pages.result(site, work, known)


def _form(opened: PageSnapshot, request: MatchRequest) -> object:
    """Return the answer to the form of version 0.2."""
    form = form_of(request.content)
    no_jsonp(form)
    for name in OFFERED:
        if name in form:
            return _ANSWERS[name](opened, replace(request, text=form[name]))
    raise BadRequest(_("queries= or extend= is missing in the form."), offered=list(OFFERED))


QUERIES: Final = "queries"
EXTENSION: Final = "extend"
OFFERED: Final = (QUERIES, EXTENSION)
"""What version 0.2 calls its parameters."""
QUERIES_10: Final = "queries of 1.0"
EXTENSION_10: Final = "extension of 1.0"
FORM_SENT: Final = "form"
LIST: Final = "list"
_ANSWERS: Final[Mapping[str, Callable[[PageSnapshot, MatchRequest], object]]] = {
    QUERIES: _queries_02,
    QUERIES_10: _queries_10,
    EXTENSION: _extension_02,
    EXTENSION_10: _extension_10,
    FORM_SENT: _form,
}


def _answered(opened: PageSnapshot, request: MatchRequest) -> bytes:
    if request.work == LIST:
        return _list(opened, request)
    return json.dumps(_ANSWERS[request.work](opened, request), ensure_ascii=False).encode()


def matching(argument: str) -> Work | WorkerSetup:
    """Return the work of a worker (entry of its fork server); `argument` is a `MatchSubject` as JSON."""
    subject = msgspec.json.decode(argument, type=MatchSubject)
    directory = Path(subject.directory)
    opened = PageSnapshot(
        directory=directory,
        manifest=_NO_MANIFEST if subject.no_things else snapshot.Manifest.read(directory),
        store=ox.Store() if subject.no_things else _store(directory, whole=not subject.from_disk),
        shapes=b"",
        public_url=subject.public_url,
        code="",
        cache=ResponseCache(0),
    )
    pages.load()
    list_reader.warm()
    for language in LANGUAGES:
        _warm(opened, language)
    if subject.from_disk:  # what names and keys need is in the register; the data stay on disk
        on_disk = snapshot.on_disk(directory)
        values = {key: value for key, value in opened.values.items() if key is not PageSnapshot.graph}
        shared = replace(opened, store=ox.Store(), values=values)
        return WorkerSetup(lambda: _work(replace(shared, store=on_disk())))
    return _work(opened)


def _store(directory: Path, *, whole: bool) -> ox.Store:
    """Return the merged graph; unless it is wanted `whole` without the things that nobody matches."""
    store, path = ox.Store(), verified_files.checked(directory, data_files.MERGED_FILE) / data_files.MERGED_FILE
    if whole:
        store.bulk_load(path=path, format=ox.RdfFormat.N_TRIPLES)
        return store
    kinds = site_files.kinds(directory)
    left_out = "|".join(kind.id for kind in kinds if kind not in kinds.matched and not kind.area)
    start = f"<{snapshot.Manifest.read(directory).base_iri}id/"
    unmatched = re.compile(re.escape(start).encode() + f"(?:{left_out})/".encode())
    with path.open("rb") as lines:
        matched = (line for line in lines if not unmatched.match(line))
        while piece := b"".join(islice(matched, _LINES)):
            store.bulk_load(piece, format=ox.RdfFormat.N_TRIPLES)
    return store


def _work(opened: PageSnapshot) -> Work:
    gc.collect()
    gc.freeze()  # a worker that looks for garbage would copy all that it shares with its fork server
    decode = wire.decoder(MatchRequest)

    def work(question: bytes, write: Write) -> None:
        write(_answered(opened, decode(question)))

    return work


def _warm(opened: PageSnapshot, language: Language) -> None:
    """Do once what a worker may be asked for, so that all is read that is read late."""
    key = next(iter(register.of(opened).records), "")
    extension = json.dumps({"ids": [key], "properties": [{"id": name} for name in properties(opened)]})
    for work, text in (
        (QUERIES, '{"q": {"query": "Wald a b"}}'),
        (QUERIES_10, '{"queries": [{"conditions": [{"matchType": "name", "propertyValue": "Wald a b"}]}]}'),
        (EXTENSION, extension),
        (EXTENSION_10, extension),
    ):
        _answered(opened, MatchRequest(work, language, text))
    for suffix in ("", *(form.suffix for form in alignment_files.OFFERED)):
        _answered(opened, MatchRequest(LIST, language, name="a.csv", content=b"Name\nWald a b\n", suffix=suffix))
