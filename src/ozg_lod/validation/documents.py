"""Documents: the bytes of an RDF file as triples that passed the lexical gate, or sentences that say why not.

The parser is pyoxigraph's, never lenient; `parse_guard` runs before it. Its triples pass the lexical gate one by
one: legal forms, bearable sizes, addresses that run nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Text, _
from ozg_lod.core.vocab import XSD
from ozg_lod.rdf import formats
from ozg_lod.rdf.lexical import (
    CONTROL,
    MAX_CHARACTERS,
    MAX_DIGITS,
    NUMBERS,
    REFUSED_DATATYPES,
    SCHEMES,
    is_legal,
)
from ozg_lod.rdf.parse_guard import RDF12, prescan
from ozg_lod.rdf.syntax import dropped, explained
from ozg_lod.tables.csv_rows import decoded
from ozg_lod.validation import linkset_reader

_DECLARED: Final = re.compile(rb"""\s*<\?xml[^>]*?encoding=(["'])([A-Za-z0-9._-]+)\1""")
_HUGE: Final = re.compile(r"[\d.+-]*\d{19}|[\d.+-]+[eE][+-]?\d{4}")
"""Decimals that take a library more memory or digits than it has."""
FORMATS: Final = {
    **{f".{form.suffix}": form.rdf for form in (*formats.GRAPHS, *formats.DATASETS) if form.rdf},
    linkset_reader.SUFFIX: RdfFormat.N_TRIPLES,
}
"""What a file is read as; a linkset is JSON that is written as triples first."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A triple that did not pass the lexical gate, and why."""

    subject: str
    predicate: str
    value: str
    rule: str
    message: Text


@dataclass(frozen=True, slots=True)
class Document:
    """One file as read; `readable` is False when the parser stopped, so that triples are missing."""

    file: str
    triples: list[Triple] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True


def read(content: bytes, file: str, *, base: str, blank_nodes: bool = False, as_written: bool = False) -> Document:
    """Read an RDF file; relative addresses are resolved against `base`.

    With `blank_nodes` entries without an address are let through; in source data they are refused, because nobody
    can refer to them and they get another name each time. With `as_written` so is all that
    somebody's own shapes may want to judge: only numbers too large to compute with are refused.
    """
    form = FORMATS["." + file.rpartition(".")[2].lower()]
    text = _text(content, file, form)
    if isinstance(text, Finding):
        return Document(file, findings=[text], readable=False)
    if file.lower().endswith(linkset_reader.SUFFIX):
        text = linkset_reader.as_ntriples(text, file)
        if isinstance(text, Finding):
            return Document(file, findings=[text], readable=False)
    fault = prescan(text, form, file) or (dropped(text, file) if form == RdfFormat.JSON_LD else None)
    if fault is not None:
        return Document(file, findings=[fault], readable=False)
    document = Document(file)
    gate = _Gate(document, blank_nodes=blank_nodes, as_written=as_written)
    try:
        for quad in parse(text.encode(), form, base_iri=base, rename_blank_nodes=True):
            gate.take(quad)
    except (SyntaxError, MemoryError) as error:
        finding = explained(error, text, file)
        return Document(file, document.triples, document.refusals, [*document.findings, finding], readable=False)
    document.findings.extend(gate.summary())
    return document


def _text(content: bytes, file: str, form: RdfFormat) -> str | Finding:
    declared = xml_text(content) if form == RdfFormat.RDF_XML else None
    return declared if declared is not None else decoded(content, file=file, wanted="UTF-8")


def xml_text(content: bytes) -> str | None:
    """Return XML in the encoding that it declares (XML 1.0 §4.3.3), None where that is UTF-8 or not known."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
    declared = _DECLARED.match(content)
    if not encoding and (declared is None or declared[2].lower() in {b"utf-8", b"utf8"}):
        return None
    try:
        text = content.decode(encoding or (declared[2].decode() if declared else ""))
    except (LookupError, UnicodeDecodeError):
        return None
    return re.sub(r"^(<\?xml[^>]*?)\s+encoding=[\"'][^\"']*[\"']", r"\1", text, count=1)


class _Gate:
    """Lets through what is legal, triple by triple."""

    def __init__(self, document: Document, *, blank_nodes: bool, as_written: bool) -> None:
        self.document = document
        self.as_written = as_written
        self.blank_nodes = blank_nodes
        self.unnamed = 0
        self.graphs = 0
        self._good: set[str] = set()

    def take(self, quad: Quad) -> None:
        subject, predicate, value = quad.subject, quad.predicate, quad.object
        self.graphs += not isinstance(quad.graph_name, DefaultGraph)
        unnamed = isinstance(subject, BlankNode) or isinstance(value, BlankNode)
        self.unnamed += unnamed
        if unnamed and not self.blank_nodes:
            return
        for term in (subject, predicate, value):
            reason = self._fault(term)
            if reason is not None:
                names = subject.value if not isinstance(subject, Triple) else ""
                shown = "" if isinstance(term, Triple) else term.value
                self.document.refusals.append(Refusal(names, predicate.value, shown[:200], *reason))
                return
        self.document.triples.append(Triple(subject, predicate, value))

    def _fault(self, term: NamedNode | BlankNode | Literal | Triple) -> tuple[str, Text] | None:
        if isinstance(term, NamedNode):
            return self._address_fault(term.value)
        if isinstance(term, Literal):
            if self.as_written:
                return _bulk(term)
            return self._address_fault(term.datatype.value) or literal_fault(term)
        if isinstance(term, Triple):
            return "document-rdf12", RDF12
        return None

    def _address_fault(self, iri: str) -> tuple[str, Text] | None:
        if iri in self._good or self.as_written:
            return None
        scheme = iri.partition(":")[0]
        if scheme.lower() in SCHEMES and not CONTROL.search(iri):
            self._good.add(iri)
            return None
        listed = ", ".join(SCHEMES)
        return "address-scheme", _(
            'the address starts with "{scheme}:"; allowed are {listed}', scheme=scheme, listed=listed
        )

    def summary(self) -> list[Finding]:
        findings: list[Finding] = []
        place = Location(file=self.document.file)
        if self.unnamed and not self.blank_nodes:
            message = _(
                "{unnamed} statements belong to entries without an address (in Turtle […] or "
                "_:name); give each entry an address",
                unnamed=self.unnamed,
            )
            findings.append(Finding(Severity.ERROR, "document-unnamed", message, place))
        if self.graphs:
            message = _("the file divides its statements among graphs; they are read as one")
            findings.append(Finding(Severity.HINT, "document-graphs", message, place))
        return findings


def _bulk(literal: Literal) -> tuple[str, Text] | None:
    """Return why a number is too large to compute with."""
    name = literal.datatype.value.removeprefix(XSD)
    huge = _HUGE.match(literal.value) if name == "decimal" else len(literal.value) > MAX_DIGITS and name in NUMBERS
    if not huge:
        return None
    return "value-length", _('the "{name}" has more digits than can be computed with; shorten it', name=name)


def literal_fault(literal: Literal) -> tuple[str, Text] | None:
    """Return the rule and the sentence if a literal must not pass, else None."""
    value, datatype = literal.value, literal.datatype.value
    if len(value) > MAX_CHARACTERS:
        return "value-length", _("the text is longer than {limit} characters; shorten it", limit=MAX_CHARACTERS)
    if match := CONTROL.search(value):
        code = f"U+{ord(match[0]):04X}"
        return "value-characters", _("the text holds an invisible control character ({code}); delete it", code=code)
    if is_legal(value, datatype):
        return None
    name = re.split(r"[#/]", datatype)[-1]
    if datatype in REFUSED_DATATYPES:
        return "value-datatype", _('values of the kind "{name}" are not accepted; write plain text', name=name)
    return "value-form", _('the value does not have the form that "{name}" asks for; correct it', name=name)
