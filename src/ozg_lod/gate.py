"""The gate: the one check that source files and contributions pass.

`examine` is a function of bytes: it opens nothing, prints nothing, and the same bytes give the same findings. It is
run in a cage (see `cage`), because pySHACL switches settings of rdflib while it works and because no scan is perfect.
Three outcomes: the files conform, there are findings, or they could not be checked (`Unprocessable`).
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from ozg_lod import documents, references, tables
from ozg_lod.derivation import broken_invariants, derived
from ozg_lod.errors import SourceError, Unprocessable
from ozg_lod.examination import Examination, Rules, SourceFile, graph_of
from ozg_lod.findings import Finding, Place, Severity, Text
from ozg_lod.labels import Labels
from ozg_lod.ledger import KEPT, Ledger
from ozg_lod.places import Places
from ozg_lod.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ozg_lod.documents import Document
    from ozg_lod.shapes import Result
    from ozg_lod.tables import Reading, Table

__all__ = ["METADATA", "SUFFIXES", "Examination", "Rules", "SourceFile", "examine", "graph_of", "readings"]

METADATA: Final = "-metadata.json"
SUFFIXES: Final = (".csv", *documents.FORMATS)
"""The files that are data; a description stands beside its table as x.csv-metadata.json."""


def examine(files: Sequence[SourceFile], rules: Rules) -> Examination:
    """Check the files against the rules.

    Raises Unprocessable when the check itself cannot be done, which says nothing about the files.
    """
    work = _Work(rules)
    for file in sorted(files, key=lambda file: file.name):
        if not file.name.endswith(METADATA):
            work.read(file, files)
    work.check()
    return work.examination()


def readings(file: SourceFile, rules: Rules) -> dict[str, tuple[Table, Reading]]:
    """Return the tables of a file as they were read, by name, without looking at anything else."""
    work = _Work(rules)
    work.read(file, [file])
    return work.tables


class _Work:
    """The state of one examination."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.ledger = Ledger()
        self.store = Store()
        self.labels = Labels(self.store)
        self.tables: dict[str, tuple[Table, Reading]] = {}
        self.documents: list[Document] = []
        self.readable = True
        self.own: set[str] = set()
        self.mentioned: set[str] = set()
        self.others: set[str] = set()
        self._ontology = [Quad(t.subject, t.predicate, t.object) for t in _own(rules.ontology)]
        self.store.extend(self._ontology)

    def read(self, file: SourceFile, files: Sequence[SourceFile]) -> None:
        """Read one file into its graph and into the merge."""
        if len(file.content) > self.rules.max_bytes:
            limit = self.rules.max_bytes // (1024 * 1024)
            message = Text(
                de=f"Die Datei ist größer als {limit} MiB; teilen Sie sie auf",
                en=f"the file is larger than {limit} MiB; split it",
            )
            self._refuse("file-size", message, file.name)
        elif file.name.endswith(".csv"):
            self._read_table(file, files)
        elif file.name.endswith(tuple(documents.FORMATS)):
            self._read_document(file)
        else:
            listed = ", ".join(SUFFIXES)
            message = Text(
                de=f"Dateien dieser Art werden nicht gelesen; gelesen werden {listed}",
                en=f"files of this kind are not read; read are {listed}",
            )
            self._refuse("file-kind", message, file.name)

    def _refuse(self, rule: str, message: Text, file: str | None) -> None:
        self.readable = False
        self.ledger.add(Finding(Severity.ERROR, rule, message, Place(file=file)))

    def _read_table(self, file: SourceFile, files: Sequence[SourceFile]) -> None:
        try:
            table = _described(file, files, self.rules.descriptions)
        except SourceError as error:
            self._refuse("table-description", Text(de=error.de, en=error.en), None)
            return
        if table is None:
            message = _undescribed(file.name, self.rules.descriptions)
            self._refuse("table-description", message, file.name)
            return
        limits = self.rules
        reading = table.read(file.content, file=file.name, separators=limits.separators, max_rows=limits.max_rows)
        self.tables[file.name] = (table, reading)
        self.ledger.merge(reading.ledger)
        self.readable &= reading.complete
        self._store(file, reading.triples)

    def _read_document(self, file: SourceFile) -> None:
        document = documents.read(file.content, file.name, base=self.rules.base, blank_nodes=self.rules.blank_nodes)
        self.documents.append(document)
        self.ledger.extend(document.findings)
        self.readable &= document.readable
        self._store(file, document.triples)

    def _store(self, file: SourceFile, triples: list[Triple]) -> None:
        graph = NamedNode(file.graph or graph_of(file.name, self.rules.base))
        self.store.extend(Quad(t.subject, t.predicate, t.object, graph) for t in triples)
        self.store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)

    def check(self) -> None:
        """Check what can be seen only when all files are read."""
        places = Places([reading for _, reading in self.tables.values()], self.documents, self.labels)
        for document in self.documents:
            self.ledger.extend(_refused(document, self.labels))
        if not self.readable:
            self._stop_early()
            return
        self.ledger.extend(references.broken(self.tables, complete=not self.rules.known))
        taken = {_spot(found.place) for found in self.ledger.findings if found.severity is Severity.ERROR}
        self._meet_neighbours()
        self._derive()
        self.ledger.extend(found for found in self._validated(places) if _spot(found.place) not in taken)
        self.ledger.extend(broken_invariants(self.store, self.rules.invariants, places, self.labels))

    def _stop_early(self) -> None:
        message = Text(
            de="Weitere Regeln wurden nicht geprüft, weil eine Datei nicht zu lesen war; berichtigen Sie sie zuerst",
            en="further rules were not checked, because a file could not be read; correct it first",
        )
        self.ledger.add(Finding(Severity.HINT, "not-checked", message))

    def _meet_neighbours(self) -> None:
        """Take in what is published about the things that the files mention and say nothing about themselves."""
        ontology = set(self._ontology)
        quads = [quad for quad in self.store if quad not in ontology]
        self.own = {_value(quad.subject) for quad in quads}
        self.mentioned = self.own | {_value(quad.object) for quad in quads}
        neighbours = _neighbours(self.store, self.rules.known)
        self.store.extend(Quad(t.subject, t.predicate, t.object) for t in neighbours)
        self.others = {_value(quad.subject) for quad in self._ontology} | {_value(t.subject) for t in neighbours}

    def _derive(self) -> None:
        """Derive from the files and their neighbours; what it says about neighbours is published already."""
        graph = NamedNode(self.rules.derived_graph)
        for triple in derived(self.store, self.rules.derive):
            if not self.rules.known or _value(triple.subject) not in self.others:
                self.store.add(Quad(triple.subject, triple.predicate, triple.object, graph))

    def _validated(self, places: Places) -> list[Finding]:
        """Apply the shapes; of what is published only the neighbours of the files' things take part.

        A rule that runs once for the vocabulary has the thing it is about as its value.
        """
        if not self.rules.shapes:
            return []
        found: list[Finding] = []
        for result in validate(self.store, self.rules.shapes):
            if result.focus not in self.own and _value(result.value) in self.own:
                about = replace(result, focus=_value(result.value), value=None)
                found.append(self._explained(about, places))
            elif not self.rules.known or (result.focus in self.mentioned and result.focus not in self.others):
                found.append(self._explained(result, places))
        return sorted(found, key=lambda item: (item.place.file or "", item.place.row or 0, item.rule, str(item)))

    def _explained(self, result: Result, places: Places) -> Finding:
        text = _value(result.value) if _value(result.value) not in {"", result.focus} else None
        label = self.labels.of_term(result.value)
        shown = label.de if label is not None and text is not None else text
        place = places.of(result.focus, result.path or "", text)
        return Finding(
            severity=result.severity,
            rule=result.rule,
            message=result.message,
            place=replace(place, property=result.name or place.property),
            value=shown[:200] if shown is not None else None,
        )

    def examination(self) -> Examination:
        """Return the outcome."""
        quads = [quad for quad in self.store if not isinstance(quad.graph_name, DefaultGraph)]
        lines = (serialize(quads, format=RdfFormat.N_QUADS) or b"").splitlines(keepends=True)
        return Examination(
            quads=b"".join(sorted(lines)),
            findings=tuple(self.ledger.findings[:KEPT]),
            counts={severity: self.ledger.counts[severity] for severity in Severity},
            files=len(self.tables) + len(self.documents),
            rows=sum(len(reading.records) for _, reading in self.tables.values()),
        )


def _spot(place: Place) -> tuple[object, ...]:
    """Return what makes two findings be about the same spot: the cell, or the property of a thing."""
    if place.row is not None and place.column is not None:
        return (place.file, place.row, place.column)
    return (place.file, place.focus, place.property, place.row)


def _described(file: SourceFile, files: Iterable[SourceFile], known: Sequence[SourceFile]) -> Table | None:
    """Return the description beside a table; else the known one of that name; else that with most of its columns."""
    beside = [other for other in files if other.name == file.name + METADATA]
    name = posixpath.basename(file.name) + METADATA
    named = [other for other in known if posixpath.basename(other.name) == name]
    if beside or named:
        found = (beside or named)[0]
        return tables.describe(found.content, file=found.name)
    candidates = [tables.describe(other.content, file=other.name) for other in known]
    best = max(candidates, key=lambda table: table.recognises(file.content), default=None)
    return best if best is not None and best.recognises(file.content) else None


def _undescribed(name: str, known: Sequence[SourceFile]) -> Text:
    """Return what to say of a table that nothing describes."""
    if not known:
        return Text(
            de=f"Zu dieser Tabelle fehlt die Beschreibung {name}{METADATA}; legen Sie sie dazu",
            en=f"the description {name}{METADATA} of this table is missing; add it",
        )
    names = ", ".join(posixpath.basename(other.name).removesuffix(METADATA) for other in known)
    return Text(
        de=f"Die Spalten passen zu keiner bekannten Tabelle; verwenden Sie die Überschriften einer von diesen: {names}",
        en=f"the columns fit no known table; use the headings of one of these: {names}",
    )


def _own(turtle: bytes) -> list[Triple]:
    """Read a file of ours; when it is broken nothing can be checked."""
    try:
        return [quad.triple for quad in parse(turtle, RdfFormat.TURTLE)]
    except SyntaxError as error:
        raise Unprocessable(
            f"the ontology cannot be read: {error}", f"Das Vokabular ist nicht lesbar: {error}"
        ) from error


def _neighbours(store: Store, known: bytes) -> list[Triple]:
    """Return what is published about the things that the files mention and say nothing about."""
    if not known:
        return []
    published = Store()
    published.bulk_load(known, RdfFormat.N_QUADS)
    subjects = {quad.subject for quad in store}
    mentioned = {quad.object for quad in store if isinstance(quad.object, NamedNode)} - subjects
    found = {quad.triple for node in mentioned for quad in published.quads_for_pattern(node, None, None, None)}
    return sorted(found, key=str)


def _value(term: object) -> str:
    """Return the text of a term; a triple has none."""
    return str(getattr(term, "value", ""))


def _refused(document: Document, labels: Labels) -> Iterator[Finding]:
    for refusal in document.refusals:
        place = Place(
            file=document.file,
            subject=labels.of(refusal.subject),
            property=labels.of(refusal.predicate),
            focus=refusal.subject,
        )
        yield Finding(Severity.ERROR, refusal.rule, refusal.message, place, value=refusal.value)
