"""The gate: the one check that source files and contributions pass.

`examine` is a function of bytes: it opens nothing, prints nothing, and the same bytes give the same findings. It is
run in a cage (see `fork_server`), as no scan is perfect.
Three outcomes: the files conform, there are findings, or they could not be checked (`Unprocessable`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from ozg_lod.core.errors import SourceError, Unprocessable
from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
    ShaclTerms,
)
from ozg_lod.core.messages import Text, _
from ozg_lod.core.vocab import OZG
from ozg_lod.rdf.labels import Labels
from ozg_lod.tables import spreadsheets
from ozg_lod.tables.finding_collector import MAX_FINDINGS, FindingCollector
from ozg_lod.tables.metadata import METADATA
from ozg_lod.tables.tables import Table, TableReading
from ozg_lod.validation import (
    contribution_reader,
    documents,
    judges,
    references,
)
from ozg_lod.validation.derivation import broken_invariants, derived
from ozg_lod.validation.documents import Document
from ozg_lod.validation.examination import (
    CheckedSheet,
    Examination,
    Rules,
    SourceFile,
    graph_of,
)
from ozg_lod.validation.shapes import ShaclResult
from ozg_lod.validation.source_locations import SourceLocations

__all__ = ["METADATA", "SUFFIXES", "Examination", "Rules", "SourceFile", "examine", "graph_of"]

_LONGEST: Final = 1_000
SUFFIXES: Final = (".csv", *documents.FORMATS)
"""The files that are data; a description stands beside its table as x.csv-metadata.json."""


def examine(
    files: Sequence[SourceFile], rules: Rules, published: references.PublishedThings | None = None
) -> Examination:
    """Check the files against the rules; what is `published` is by default what the rules know.

    Raises Unprocessable when the check itself cannot be done, which says nothing about the files.
    """
    work = _Work(rules, published or references.published(rules.known, rules.base, rules.kinds))
    for file in sorted(files, key=lambda file: file.name):
        if not file.name.endswith(METADATA):
            work.read(file, files)
    work.check()
    return work.examination()


class _Work:
    """The state of one examination."""

    def __init__(self, rules: Rules, published: references.PublishedThings) -> None:
        self.rules = rules
        self.collector = FindingCollector()
        self.store = Store()
        self.labels = Labels(self.store)
        self.tables: dict[str, tuple[Table, TableReading]] = {}
        self.documents: list[Document] = []
        self.files = 0
        self.sheets: list[CheckedSheet] = []
        self.published = published
        self.readable = True
        self.own: set[str] = set()
        self.mentioned: set[str] = set()
        self.others: set[str] = set()
        self.results: list[ShaclResult] = []
        self._said: list[Triple] = []
        self._judged: list[bytes] = []
        self._ontology = _own(rules.ontology)
        self._merge(self._ontology)

    def read(self, file: SourceFile, files: Sequence[SourceFile]) -> None:
        """Read one file into its graph and into the merge."""
        self.files += 1
        if len(file.content) > self.rules.max_bytes:
            limit = self.rules.max_bytes // (1024 * 1024)
            message = _("the file is larger than {limit} MiB; split it", limit=limit)
            self._refuse("file-size", message, file.name)
        elif file.name.endswith(".csv") or (self.rules.contribution and contribution_reader.is_table(file)):
            self._read_table(file, files)
        elif file.name.lower().endswith(tuple(documents.FORMATS)):
            self._read_document(file)
        else:
            listed = ", ".join((*SUFFIXES, *(spreadsheets.SUFFIXES if self.rules.contribution else ())))
            message = _("files of this kind are not read; read are {listed}", listed=listed)
            self._refuse("file-kind", message, file.name)

    def _refuse(self, rule: str, message: Text, file: str | None) -> None:
        self.readable = False
        self.collector.add(Finding(Severity.ERROR, rule, message, Location(file=file)))

    def _read_table(self, file: SourceFile, files: Sequence[SourceFile]) -> None:
        try:
            table = contribution_reader.described(file, files)
            if table is None and self.rules.contribution:
                self._take_in(file)
                return
        except SourceError as error:
            self._refuse("table-description", error.message, None)
            return
        if table is None:
            self._refuse("table-description", contribution_reader.undescribed(file.name), file.name)
            return
        limits = self.rules
        reading = table.read(file.content, file=file.name, separators=limits.separators, max_rows=limits.max_rows)
        self._keep(file, file.name, table, reading)

    def _keep(self, file: SourceFile, name: str, table: Table, reading: TableReading) -> None:
        self.tables[name] = (table, reading)
        self.collector.merge(reading.collector)
        self.readable &= reading.complete
        self._store(file, reading.triples)

    def _take_in(self, file: SourceFile) -> None:
        """Read a table of somebody else, by the descriptions that its sheets fit."""
        contracts = contribution_reader.contracts(self.rules)
        contribution = contribution_reader.take(file.content, file.name, contracts)
        self.collector.merge(contribution.collector)
        self.readable &= bool(contribution.tables)
        for table in contribution.tables:
            self._keep(file, f"{file.name}#{table.sheet or ''}", table.table, table.reading)
        self.sheets += contribution_reader.sheets(contribution, file.name)

    def _read_document(self, file: SourceFile) -> None:
        rules = self.rules
        document = documents.read(
            file.content, file.name, base=rules.base, blank_nodes=rules.blank_nodes, as_written=rules.foreign
        )
        self.documents.append(document)
        self.collector.extend(document.findings)
        self.readable &= document.readable
        self._store(file, document.triples)

    def _store(self, file: SourceFile, triples: list[Triple]) -> None:
        graph = NamedNode(file.graph or graph_of(file.name, self.rules.base))
        self.store.extend(Quad(t.subject, t.predicate, t.object, graph) for t in triples)
        self._said += triples
        self._merge(triples)

    def _merge(self, triples: Sequence[Triple]) -> None:
        """Take triples into the merge, where queries see values, and as they are written, where the shapes judge."""
        self.store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)
        self._judged.append(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")

    def check(self) -> None:
        """Check what can be seen only when all files are read."""
        places = SourceLocations([reading for _table, reading in self.tables.values()], self.documents, self.labels)
        for document in self.documents:
            self.collector.extend(_refused(document, self.labels))
        if not self.readable:
            self._stop_early()
            return
        self.collector.extend(references.broken(self.tables, complete=not self.rules.known))
        faulty = {_spot(finding.place) for finding in self.collector.findings if finding.severity is Severity.ERROR}
        self._meet_neighbours()
        if self.rules.contribution:
            self._compare(places)
        self._derive()
        validated = [finding for finding in self._validated(places) if _spot(finding.place) not in faulty]
        if self.rules.contribution:  # what a row with an error lacks, its faulty cell would have made
            rows = {_row(finding.place) for finding in self.collector.findings if finding.severity is Severity.ERROR}
            validated = [finding for finding in validated if finding.place.column or _row(finding.place) not in rows]
        self.collector.extend(validated)
        self.collector.extend(broken_invariants(self.store, self.rules.invariants, places, self.labels))

    def _stop_early(self) -> None:
        message = _("further rules were not checked, because a file could not be read; correct it first")
        self.collector.add(Finding(Severity.HINT, "not-checked", message))

    def _meet_neighbours(self) -> None:
        """Take in what is published about the things that the files mention and say nothing about themselves."""
        triples = set(self._said).difference(self._ontology)
        self.own = {_value(triple.subject) for triple in triples}
        self.mentioned = self.own | {_value(triple.object) for triple in triples}
        triples.update(self._ontology)
        subjects = {triple.subject for triple in triples}
        objects = {triple.object for triple in triples if isinstance(triple.object, NamedNode)}
        neighbours = self.published.about(objects - subjects)
        self._merge(neighbours)
        self.others = {_value(t.subject) for t in (*self._ontology, *neighbours)}

    def _compare(self, places: SourceLocations) -> None:
        """Hold the keys of a contribution against what is published."""
        readings = [reading for _table, reading in self.tables.values()]
        triples = [triple for reading in readings for triple in reading.triples]
        triples += [triple for document in self.documents for triple in document.triples]
        self.collector.extend(self.published.unknown(triples, self.own, places))
        self.collector.extend(self.published.misnamed(readings))

    def _derive(self) -> None:
        """Derive from the files and their neighbours; what it says about neighbours is published already."""
        graph = NamedNode(self.rules.derived_graph)
        triples = list(derived(self.store, self.rules.derive, strict=not self.rules.contribution))
        self._merge(triples)
        for triple in triples:
            if not self.rules.known or _value(triple.subject) not in self.others:
                self.store.add(Quad(triple.subject, triple.predicate, triple.object, graph))

    def _validated(self, places: SourceLocations) -> list[Finding]:
        """Apply the shapes; of what is published only the neighbours of the files' things take part.

        A rule that runs once for the vocabulary has the thing it is about as its value.
        """
        if not self.rules.shapes:
            return []
        findings: list[Finding] = []
        self.results = judges.judge(b"".join(self._judged), self.rules.shapes)
        for result in self.results:
            if result.focus not in self.own and _value(result.value) in self.own:
                about = replace(result, focus=_value(result.value), value=self._unknown(result.path or ""))
                findings.append(self._explained(about, places))
            elif not self.rules.known or (result.focus in self.mentioned and result.focus not in self.others):
                findings.append(self._explained(result, places))
        return sorted(findings, key=lambda item: (item.place.file or "", item.place.row or 0, item.rule, str(item)))

    def _unknown(self, term: str) -> Literal | None:
        """Return how a term of our vocabulary was written that it does not have, None for one it has."""
        if not term.startswith(OZG) or any(self.store.quads_for_pattern(NamedNode(term), None, None)):
            return None
        return Literal(term.removeprefix(OZG))

    def _explained(self, result: ShaclResult, places: SourceLocations) -> Finding:
        text = _value(result.value) if _value(result.value) not in {"", result.focus} else None
        label = self.labels.of_term(result.value)
        shown = label["de"] if label is not None and text is not None else text
        place = places.of(result.focus, result.path or "", text)
        return Finding(
            severity=result.severity,
            rule=result.rule,
            message=result.message,
            place=replace(place, property=result.name or place.property),
            value=shown[:200] if shown is not None else None,
            terms=_short(result.terms) if self.rules.foreign else None,
        )

    def examination(self) -> Examination:
        quads = [quad for quad in self.store if not isinstance(quad.graph_name, DefaultGraph)]
        lines = (serialize(quads, format=RdfFormat.N_QUADS) or b"").splitlines(keepends=True)
        return Examination(
            quads=b"".join(sorted(lines)),
            findings=tuple(self.collector.findings[:MAX_FINDINGS]),
            counts={severity: self.collector.counts[severity] for severity in Severity},
            files=self.files,
            rows=sum(len(reading.records) for _table, reading in self.tables.values()),
            sheets=tuple(self.sheets),
            judge=judges.named(judges.first(self.rules.shapes)) if self.rules.shapes else "",
            judged=b"".join(self._judged) if self.rules.publication else b"",
            results=tuple(result.terms for result in self.results) if self.rules.publication else (),
        )


def _spot(place: Location) -> tuple[object, ...]:
    """Return what makes two findings be about the same spot: the cell, or the property of a thing."""
    if place.row is not None and place.column is not None:
        return (place.file, place.sheet, place.row, place.column)
    return (place.file, place.focus, place.property, place.row)


def _row(place: Location) -> tuple[object, ...] | None:
    return None if place.row is None else (place.file, place.sheet, place.row)


def _short(terms: ShaclTerms) -> ShaclTerms:
    """Leave out long terms, which a report shall not repeat."""
    return replace(terms, **{name: "" for name in ("focus", "value") if len(getattr(terms, name)) > _LONGEST})


def _own(turtle: bytes) -> list[Triple]:
    """Read a file of ours; when it is broken nothing can be checked."""
    try:
        return [quad.triple for quad in parse(turtle, RdfFormat.TURTLE)]
    except SyntaxError as error:
        raise Unprocessable(_("the ontology cannot be read: {error}", error=error)) from error


def _value(term: object) -> str:
    """Return the text of a term; a triple has none."""
    return str(getattr(term, "value", ""))


def _refused(document: Document, labels: Labels) -> Iterator[Finding]:
    for refusal in document.refusals:
        place = Location(
            file=document.file,
            subject=labels.of(refusal.subject),
            property=labels.of(refusal.predicate),
            focus=refusal.subject,
        )
        yield Finding(Severity.ERROR, refusal.rule, refusal.message, place, value=refusal.value)
