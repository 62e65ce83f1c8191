"""The gate: the one check that source files and contributions pass.

`examine` is a function of bytes: it opens nothing, prints nothing, and the same bytes give the same findings. It is
run in a cage (see `fork_server`), as no scan is perfect.
Three outcomes: the files conform, there are findings, or they could not be checked (`Unprocessable`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from ozg_lod.core.errors import SourceError, Unprocessable
from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Text, _
from ozg_lod.core.vocab import OZG, RDF
from ozg_lod.rdf.labels import Labels
from ozg_lod.tables import spreadsheets
from ozg_lod.tables.finding_collector import MAX_FINDINGS, FindingCollector
from ozg_lod.tables.metadata import METADATA
from ozg_lod.tables.tables import Table, TableReading
from ozg_lod.validation import (
    contribution_reader,
    documents,
    judges,
    positions,
    references,
    wordings,
)
from ozg_lod.validation.derivation import broken_invariants, derived
from ozg_lod.validation.examination import (
    CheckedSheet,
    Examination,
    Rules,
    SourceFile,
    graph_of,
)
from ozg_lod.validation.file_readings import FileReading, FreshTable, KeptReading, SourceDocument, SourceTable, packed
from ozg_lod.validation.shapes import ShaclResult, ShapeCoverage, Shapes, shapes_of
from ozg_lod.validation.source_locations import SourceLocations

__all__ = [
    "METADATA",
    "SUFFIXES",
    "Examination",
    "Rules",
    "SourceFile",
    "examine",
    "examine_readings",
    "graph_of",
    "read",
]

_NAMED: Final = 8
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


def read(file: SourceFile, files: Sequence[SourceFile], rules: Rules, key: str) -> bytes:
    """Return the reading of one of the files, as it is kept under its key (`file_readings`)."""
    work = _Work(replace(rules, ontology=b""), references.published(b"", rules.base))
    work.read(file, files)
    return work.kept(file.name, key)


def examine_readings(readings: Iterable[KeptReading], rules: Rules) -> Examination:
    """Check files that were read before against the rules; of the quads only those derived come back."""
    work = _Work(rules, references.published(rules.known, rules.base, rules.kinds))
    for reading in readings:
        work.take(reading)
    work.check()
    return work.examination()


class _Work:
    """The state of one examination."""

    def __init__(self, rules: Rules, published: references.PublishedThings) -> None:
        self.rules = rules
        self.collector = FindingCollector()
        self.store = Store()
        self.labels = Labels(self.store)
        self.tables: dict[str, SourceTable] = {}
        self.documents: list[SourceDocument] = []
        self.rows = 0
        self.files = 0
        self.sheets: list[CheckedSheet] = []
        self.published = published
        self.readable = True
        self.own: set[str] = set()
        self.mentioned: set[str] = set()
        self.others: set[str] = set()
        self.results: list[ShaclResult] = []
        self.report = b""
        self.coverage: tuple[ShapeCoverage, ...] = ()
        self._said: list[Triple] = []
        self._judged: list[bytes | memoryview] = []
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
        self.tables[name] = FreshTable(table.schema.foreign_keys, reading)
        self.rows += len(reading.records)
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
            self._keep(file, f"{file.name}#{table.sheet or ''}#{table.header}", table.table, table.reading)
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

    def kept(self, file: str, key: str) -> bytes:
        """Return the reading of the one file that was read, as it is kept."""
        documents = [document for document in self.documents if document.file == file]
        table = self.tables.get(file)
        seen = FileReading(
            file=file,
            key=key,
            findings=tuple(self.collector.findings),
            counts=dict(self.collector.counts),
            readable=self.readable,
            rows=self.rows,
            refusals=tuple(refusal for document in documents for refusal in document.refusals),
            table=table.places() if isinstance(table, FreshTable) else None,
        )
        return packed(seen, b"".join(self._judged), self._quads())

    def take(self, kept: KeptReading) -> None:
        """Take in the reading of a file; its statements join the merge, and no graph: they were written before."""
        seen = kept.seen
        self.files += 1
        self.rows += seen.rows
        self.readable &= seen.readable
        self.collector.take(seen.findings, seen.counts)
        if seen.table is not None:
            self.tables[seen.file] = kept
        else:
            self.documents.append(kept)
        self._judged.append(kept.ntriples)
        self.store.bulk_load(bytes(kept.ntriples), RdfFormat.N_TRIPLES)

    def check(self) -> None:
        """Check what can be seen only when all files are read."""
        places = SourceLocations(self.tables.values(), self.documents, self.labels)
        for document in self.documents:
            self.collector.extend(_refused(document, self.labels))
        if not self.readable:
            self._stop_early()
            return
        self.collector.extend(references.broken(self.tables, complete=not self.rules.known))
        faulty = {_spot(finding.place) for finding in self.collector.findings if finding.severity is Severity.ERROR}
        if self.rules.known or self.rules.contribution:
            self._meet_neighbours()
        if self.rules.contribution:
            self._compare(places)
            self.collector.extend(_strange(self.documents))
        self._derive()
        validated = [finding for finding in self._validated(places) if _spot(finding.place) not in faulty]
        if self.rules.contribution:  # what a row with an error lacks, its faulty cell would have made
            rows = {_row(finding.place) for finding in self.collector.findings if finding.severity is Severity.ERROR}
            validated = [finding for finding in validated if finding.place.column or _row(finding.place) not in rows]
        self.collector.extend(validated)
        if self.rules.ontology:  # somebody else's data know no wording of ours
            self.collector.extend(wordings.disagreements(self.store, self.own if self.rules.known else None, places))
            self.collector.extend(positions.misplaced(self.store, places))
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
        readings = [table.reading for table in self.tables.values()]
        triples = [triple for reading in readings for triple in reading.triples]
        triples += [triple for document in self.documents for triple in document.triples]
        self.collector.extend(self.published.unknown(triples, self.own, places))
        self.collector.extend(self.published.misnamed(readings))

    def _derive(self) -> None:
        """Derive from the files and their neighbours; what it says about neighbours is published already."""
        graph = NamedNode(self.rules.derived_graph)
        triples = list(derived(self.store, self.rules.derive, strict=not self.rules.contribution))
        self._judged.append(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
        own = triples if not self.rules.known else [t for t in triples if _value(t.subject) not in self.others]
        self.store.extend(Quad(t.subject, t.predicate, t.object, graph) for t in own)

    def _validated(self, places: SourceLocations) -> list[Finding]:
        """Apply the shapes; of what is published only the neighbours of the files' things take part.

        A rule that runs once for the vocabulary has the thing it is about as its value.
        """
        if not self.rules.shapes:
            return []
        findings: list[Finding] = []
        graph = b"".join(self._judged)
        if self.rules.foreign:
            return self._validated_by_others(graph, places)
        self.results = judges.judge(graph, self.rules.shapes)
        for result in self.results:
            if not self._is_own(result.focus) and self._is_own(_value(result.value)):
                about = replace(result, focus=_value(result.value), value=self._unknown(result.path or ""))
                findings.append(self._explained(about, places))
            elif not self.rules.known or (result.focus in self.mentioned and result.focus not in self.others):
                findings.append(self._explained(result, places))
        return sorted(findings, key=lambda item: (item.place.file or "", item.place.row or 0, item.rule, str(item)))

    def _validated_by_others(self, graph: bytes, places: SourceLocations) -> list[Finding]:
        """Apply somebody's own shapes: the whole report of the judge is kept, and said what the shapes looked at."""
        shapes = shapes_of(self.rules.shapes)
        report = judges.report(graph, self.rules.shapes)
        self.report = serialize(shapes.completed(report), format=RdfFormat.N_TRIPLES) or b""
        self.coverage = shapes.coverage(self.store)
        self.collector.extend(_unchecked(shapes, self.coverage, self.store))
        return [self._explained(result, places) for result in judges.results(report, shapes)]

    def _is_own(self, iri: str) -> bool:
        """Tell whether the files say something about a thing; where they are all there is, whatever is no term does."""
        if self.rules.known:
            return iri in self.own
        try:
            said = any(self.store.quads_for_pattern(NamedNode(iri), None, None))
        except ValueError:
            return False
        return said and iri not in self._terms

    @cached_property
    def _terms(self) -> set[str]:
        return {_value(triple.subject) for triple in self._ontology}

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
        )

    def examination(self) -> Examination:
        again = sum(bytes(part).count(b"\n") for part in self._judged) <= self.rules.judged_again
        return Examination(
            quads=self._quads(),
            findings=tuple(self.collector.findings[:MAX_FINDINGS]),
            counts={severity: self.collector.counts[severity] for severity in Severity},
            files=self.files,
            rows=self.rows,
            sheets=tuple(self.sheets),
            report=self.report,
            coverage=self.coverage,
            judge=judges.named(judges.first(self.rules.shapes)) if self.rules.shapes else "",
            judged=b"".join(self._judged) if again else b"",
            results=tuple(result.terms for result in self.results) if again else (),
        )

    def _quads(self) -> bytes:
        """Return what stands in graphs of its own as N-Quads, sorted, in the spelling of the store."""
        lines: list[bytes] = []
        for graph in self.store.named_graphs():
            end = f" {graph} .\n".encode()
            triples = self.store.dump(format=RdfFormat.N_TRIPLES, from_graph=graph) or b""
            lines += [line[:-3] + end for line in triples.splitlines(keepends=True)]
        return b"".join(sorted(lines))


def _spot(place: Location) -> tuple[object, ...]:
    """Return what makes two findings be about the same spot: the cell, or the property of a thing."""
    if place.row is not None and place.column is not None:
        return (place.file, place.sheet, place.row, place.column)
    return (place.file, place.focus, place.property, place.row)


def _row(place: Location) -> tuple[object, ...] | None:
    return None if place.row is None else (place.file, place.sheet, place.row)


def _own(turtle: bytes) -> list[Triple]:
    """Read a file of ours; when it is broken nothing can be checked."""
    try:
        return [quad.triple for quad in parse(turtle, RdfFormat.TURTLE)]
    except SyntaxError as error:
        raise Unprocessable(_("the ontology cannot be read: {error}", error=error)) from error


def _value(term: object) -> str:
    """Return the text of a term; a triple has none."""
    return str(getattr(term, "value", ""))


def _refused(document: SourceDocument, labels: Labels) -> Iterator[Finding]:
    for refusal in document.refusals:
        place = Location(
            file=document.file,
            subject=labels.of(refusal.subject),
            property=labels.of(refusal.predicate),
            focus=refusal.subject,
        )
        yield Finding(Severity.ERROR, refusal.rule, refusal.message, place, value=refusal.value)


def _strange(documents: Sequence[SourceDocument]) -> Iterator[Finding]:
    """Yield a finding about a file whose vocabulary is nearly ours, and about one that has nothing of it."""
    for document in documents:
        used = {term.value for triple in document.triples for term in _vocabulary(triple)}
        spaces = {re.sub(r"[^#/]*$", "", iri) for iri in used}
        near = sorted(space for space in spaces if space != OZG and _spelt(space) == _spelt(OZG))
        place = Location(file=document.file)
        for space in near:
            message = _("terms of <{space}> mean nothing here; the vocabulary is <{right}>", space=space, right=OZG)
            yield Finding(Severity.ERROR, "vocabulary-misspelt", message, place, space, OZG)
        if document.triples and not near and not any(iri.startswith(OZG) for iri in used):
            message = _("nothing was checked: the file uses no term of the vocabulary <{right}>", right=OZG)
            yield Finding(Severity.WARNING, "vocabulary-unknown", message, place)


def _vocabulary(triple: Triple) -> Iterator[NamedNode]:
    """Yield the property of a statement, and its class if it says one."""
    yield triple.predicate
    if triple.predicate.value == RDF + "type" and isinstance(triple.object, NamedNode):
        yield triple.object


def _spelt(namespace: str) -> str:
    """Return a namespace without what people get wrong in one: scheme, www, capitals, its last character."""
    return re.sub(r"^https?://(?:www\.)?|[#/]+$", "", namespace).lower()


def _unchecked(shapes: Shapes, coverage: Sequence[ShapeCoverage], data: Store) -> Iterator[Finding]:
    """Yield a warning for each import that was not read, and one where no shape found anything to look at."""
    for address in shapes.unread:
        message = _(
            "the shapes import <{address}>, which was not read; name the folder of that file with --imports",
            address=address,
        )
        yield Finding(Severity.WARNING, "shapes-import", message)
    if not coverage:
        message = _("nothing was checked: no shape says what it is about (sh:targetClass, sh:targetNode …)")
        yield Finding(Severity.WARNING, "shapes-idle", message)
    elif not any(one.focus_nodes for one in coverage):
        wanted = ", ".join(sorted({target for one in coverage for target in one.targets})[:_NAMED])
        kinds = {term.value for term in _kinds(data)}
        held = ", ".join(sorted(map(shapes.wording.iri, kinds))[:_NAMED]) or "–"
        message = _(
            "nothing was checked: the shapes look for {wanted}, and the files have nothing of that; their types are "
            "{held}",
            wanted=wanted,
            held=held,
        )
        yield Finding(Severity.WARNING, "shapes-idle", message)


def _kinds(data: Store) -> set[NamedNode]:
    return {
        quad.object
        for quad in data.quads_for_pattern(None, NamedNode(RDF + "type"), None)
        if isinstance(quad.object, NamedNode)
    }
