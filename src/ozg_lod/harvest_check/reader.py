"""Pages of a stranger's catalogue as triples: read in a cage, handed out as plain JSON.

Strict first. A page that only fails because of its addresses is read once more without looking at them (as rdflib does
in CKAN), so that one bad address does not hide every other fault; the failure stays a finding.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.errors import OzgLodError
from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.core.messages import Message, Text, _, joined
from ozg_lod.harvest_check.graph import NOWHERE, CatalogueTerm, Triples
from ozg_lod.rdf import formats
from ozg_lod.rdf.parse_guard import prescan
from ozg_lod.rdf.syntax import dropped, explained, is_no_tag
from ozg_lod.sandbox import fork_server, wire
from ozg_lod.sandbox.worker_process import Work, WorkerLimits, work_on

READ: Final = {form.media_type: form.rdf for form in (*formats.GRAPHS, *formats.DATASETS) if form.rdf}
"""The media types ckanext-dcat has a parser for (tried, see docs/harvest-check.md)."""

MAX_TRIPLES: Final = 500_000
_LIMITS: Final = WorkerLimits(memory_mb=1024, cpu_s=60)
_DEADLINE_S: Final = 60.0
_BROKEN: Final = _("the reader ended without an answer")
_ENCODING: Final = _("the page is not written in UTF-8, as RDF demands; harvesters stop with a fault")
_REMOTE: Final = _(
    "the page refers to a context on the web; harvesters fetch it, or stop when it is not there. Write the context "
    "into the page"
)
_LANGUAGE: Final = re.compile(r'(?<=["\'])@[A-Za-z]{1,8}(?:_[A-Za-z0-9]{1,8})+')
_MARK: Final = _(
    "the page begins with a byte order mark (U+FEFF); CKAN stops there and reads no dataset. Send it without one"
)
_STOPS: Final = _("{fault}; CKAN stops here and takes nothing from the page")
_REFUSES: Final = _("{fault}; strict harvesters refuse the whole page")
_TOO_MANY: Final = _(
    "the page has more than {most} statements; divide the catalogue into pages",
    most=MAX_TRIPLES,
)


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """One page as it came: its bytes, and the address that relative ones are resolved against."""

    body: bytes
    media_type: str
    base: str


@dataclass(frozen=True, slots=True)
class CatalogueReading:
    """The triples of one page, or the findings that say why there are none."""

    triples: Triples = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    readable: bool = True


Read = Callable[[bytes, str, str], CatalogueReading]
"""Reads (body, media type, base address)."""


def in_cage(body: bytes, media_type: str, base: str) -> CatalogueReading:
    """Return what the page says; what breaks the parser breaks a worker and becomes a finding."""
    question = wire.encode(CataloguePage(body, media_type, base))
    try:
        answer = fork_server.once(
            "ozg_lod.harvest_check.reader:reading", "", question, limits=_LIMITS, deadline_s=_DEADLINE_S
        )
    except (OzgLodError, fork_server.WorkerFault) as error:
        return _refused("page-unreadable", joined([error.message]) if isinstance(error, OzgLodError) else _BROKEN)
    return wire.decode(CatalogueReading, answer)


def reading(_argument: str) -> Work:
    """Return the work of a reading worker (entry of its fork server); late imports are done before the fork."""
    for media_type in READ:
        for sample in (b"{", b"\xfc"):
            here(sample, media_type, "https://example.org/")
    return work_on(CataloguePage, lambda page: here(page.body, page.media_type, page.base))


def here(body: bytes, media_type: str, base: str) -> CatalogueReading:
    """Return what the page says, parsed in this process: for a worker, and for our own catalogue."""
    form = READ[media_type]
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _refused("charset-invalid", _ENCODING)
    fault = prescan(text, form, "")
    if fault is not None:
        return _refused("page-unreadable", fault.message, place=fault.place)
    if form == ox.RdfFormat.JSON_LD and _has_remote_context(text):
        return _refused("context-remote", _REMOTE)
    page = _parsed(text, form, base)
    if body.startswith(codecs.BOM_UTF8) and form != ox.RdfFormat.RDF_XML:
        page = replace(page, findings=(_finding("page-mark", _MARK), *page.findings))
    lost = dropped(text, "") if form == ox.RdfFormat.JSON_LD else None
    return replace(page, findings=(*page.findings, _recovered(lost))) if lost else page


def _parsed(text: str, form: ox.RdfFormat, base: str) -> CatalogueReading:
    try:
        return _triples(text, form, base, lenient=False)
    except (SyntaxError, MemoryError, ValueError) as strict:
        fault = explained(strict, text, "")
        with contextlib.suppress(SyntaxError, MemoryError, ValueError):
            mended = _LANGUAGE.sub(lambda tag: tag[0].replace("_", "-"), text) if fault.value else text
            loose = _triples(mended, form, base, lenient=True)
            return CatalogueReading(loose.triples, (*loose.findings, _recovered(fault)))
        return _refused("page-unreadable", fault.message, fault.value, fault.place)


def _recovered(fault: Finding) -> Finding:
    """Return the finding about a fault that the page could be read past: what a harvester does there."""
    language = fault.value is not None and is_no_tag(fault.value)
    message = _STOPS if language else _REFUSES
    rule = "language-invalid" if language else "iri-invalid"
    return _finding(rule, Message(message.text, {"fault": fault.message}), fault.value, fault.place)


def _triples(text: str, form: ox.RdfFormat, base: str, *, lenient: bool) -> CatalogueReading:
    triples: Triples = []
    known: set[object] = set()
    for quad in ox.parse(text.encode(), form, base_iri=base, lenient=lenient, rename_blank_nodes=True):
        if quad.triple in known or isinstance(quad.subject, ox.Triple) or isinstance(quad.object, ox.Triple):
            continue
        if len(triples) == MAX_TRIPLES:
            return _refused("page-too-many", _TOO_MANY)
        known.add(quad.triple)
        triples.append((_term(quad.subject), quad.predicate.value, _term(quad.object)))
    return CatalogueReading(triples)


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> CatalogueTerm:
    if isinstance(term, ox.NamedNode):
        return CatalogueTerm(term.value, "iri")
    if isinstance(term, ox.BlankNode):
        return CatalogueTerm(term.value, "blank")
    return CatalogueTerm(term.value, "literal", term.datatype.value, term.language or "")


def _has_remote_context(text: str) -> bool:
    """Tell whether any @context is an address; a page that is no JSON is for the parser to name."""
    try:
        front: list[object] = [json.loads(text)]
    except ValueError:
        return False
    while front:
        node = front.pop()
        if isinstance(node, list):
            front += node
        elif isinstance(node, dict):
            front += node.values()
            context = node.get("@context")
            if any(isinstance(part, str) for part in (context if isinstance(context, list) else [context])):
                return True
    return False


def _refused(rule: str, message: Text, value: str | None = None, place: Location = NOWHERE) -> CatalogueReading:
    return CatalogueReading(findings=(_finding(rule, message, value, place),), readable=False)


def _finding(rule: str, message: Text, value: str | None = None, place: Location = NOWHERE) -> Finding:
    return Finding(Severity.ERROR, rule, message, replace(place, file=None), value)
