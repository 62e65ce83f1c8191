"""What a worker does with one file to be checked, and what its fork server loads before.

Everything a check may need is imported and read here before the first fork: a worker can open no file.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
import pyoxigraph as ox

from ozg_lod.contributions import template_ods, template_sheets, template_xlsx
from ozg_lod.contributions.check_request import (
    CORRECTED,
    MARKED,
    PAGE,
    REPORT,
    CheckAnswer,
    CheckRequest,
    CheckSubject,
)
from ozg_lod.contributions.preview import PreviewGraph
from ozg_lod.core.identity import NEUTRAL, Identity
from ozg_lod.core.kinds import NO_KINDS, Kinds
from ozg_lod.core.messages import DEFAULT_LANGUAGE, LANGUAGES, Language
from ozg_lod.core.vocab import DCT
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.graph import TYPE, iri_of
from ozg_lod.rdf.overlay import Overlay, Quads
from ozg_lod.sandbox.worker_process import Work, WorkerSetup, work_on
from ozg_lod.search import index as search_index
from ozg_lod.search.search import Index
from ozg_lod.site import pages
from ozg_lod.site.page_context import PageContext
from ozg_lod.snapshots import data_files, site_files, snapshot, verified_files
from ozg_lod.tables import contribution_kinds
from ozg_lod.tables.contribution_kinds import ContributionKind
from ozg_lod.validation import (
    check_process,
    corrected_workbook,
    marked_workbook,
    references,
    rulebook,
)
from ozg_lod.validation.gate import (
    Examination,
    Rules,
    SourceFile,
    examine,
)
from ozg_lod.validation.references import PublishedThings

_WRITERS: Final = (("xlsx", template_xlsx.write), ("ods", template_ods.write))
_WORKBOOKS: Final = {MARKED: marked_workbook.workbook, CORRECTED: corrected_workbook.workbook}
_MAX_KEYS: Final = 50_000
_SAMPLE: Final = b'<https://example.org/a> <http://www.w3.org/2000/01/rdf-schema#label> "a"@de .'


@dataclass(frozen=True, slots=True)
class CheckWorker:
    """What files are held against: the rules of the snapshot that is served, and what it publishes.

    `stated_properties` are those that tables tell, by kind: a row takes the place of an earlier one with the same key.
    """

    rules: Rules
    published: Quads
    things: PublishedThings
    public_url: str
    stated_properties: Mapping[str, frozenset[str]]
    kinds: Kinds = NO_KINDS
    identity: Identity = NEUTRAL

    def check(self, check_request: CheckRequest) -> CheckAnswer:
        """Return what the gate says of one file, and what is wanted beside it where the file conforms."""
        examination = self._examined(check_request)
        language = _language(check_request)
        write = _WORKBOOKS.get(check_request.wanted)
        if write is not None and examination.sheets:
            return CheckAnswer(examination, write(examination, language))
        if not examination.conforms or write is not None or check_request.wanted == REPORT:
            return CheckAnswer(examination)
        pages_shown = PreviewGraph.of(
            self.published,
            examination.quads,
            self._site(check_request),
            derived=self.rules.derived_graph,
            replaced=frozenset().union(*(self.stated_properties.get(sheet.kind, ()) for sheet in examination.sheets)),
        )
        if check_request.wanted == PAGE:
            return CheckAnswer(examination, pages_shown.page(check_request.about))
        return CheckAnswer(examination, preview=pages_shown.preview())

    def over(self, store: ox.Store, keys: Mapping[str, list[str]]) -> CheckWorker:
        """Return the worker for what is published in a store on disk."""
        rules = self.rules
        return replace(self, published=store, things=PublishedThings(rules.known, rules.base, rules.kinds, store, keys))

    def warm(self, language: Language) -> None:
        """Do once what a worker may be asked for: check a file, show pages, so that all is read that is read late."""
        check_request = CheckRequest("warm.ttl", _SAMPLE, language=language)
        column = template_sheets.TemplateColumn("warm", "warm", "", "", required=True)
        sheet = template_sheets.TemplateSheet("warm", "warm", "", language, (column,), (("warm",),), (), "")
        for name, content in (
            (check_request.name, check_request.content),
            *((f"warm.{kind}", write(sheet, "")) for kind, write in _WRITERS),
        ):
            self.check(replace(check_request, name=name, content=content, wanted=MARKED))
        pages_shown = PreviewGraph(Overlay(self.published), {}, {}, self._site(check_request))
        for iri in _samples(self.published, self.rules.base, self.kinds):
            pages_shown.page(iri)

    def _site(self, check_request: CheckRequest) -> PageContext:
        language = _language(check_request)
        addresses = Addresses(self.rules.base, self.public_url, language if check_request.chosen else None)
        return PageContext(language, addresses, path="", kinds=self.kinds, identity=self.identity)

    def _examined(self, check_request: CheckRequest) -> Examination:
        return examine(
            [SourceFile(check_request.name, check_request.content)],
            replace(self.rules, kind=check_request.kind),
            self.things,
        )


def checking(argument: str) -> Work | WorkerSetup:
    """Return the work of a worker (entry of its fork server); a store on disk is opened by each worker."""
    subject = msgspec.json.decode(argument, type=CheckSubject)
    worker = worker_of(subject)
    check_process.warm()
    pages.load()
    for language in LANGUAGES:
        worker.warm(language)
    gc.collect()
    gc.freeze()
    gc.disable()  # a worker that looks for garbage would copy all it shares with its fork server; it has one question
    if not subject.from_disk:
        return work_on(CheckRequest, worker.check)
    keys, on_disk = _keys(Path(subject.snapshot)), snapshot.on_disk(Path(subject.snapshot))
    return WorkerSetup(lambda: work_on(CheckRequest, worker.over(on_disk(), keys).check))


def _keys(directory: Path) -> dict[str, list[str]]:
    """Return the keys of the things of each kind that people may mistype; of a kind with too many, none."""
    index = Index.of(verified_files.checked(directory, search_index.FILE))
    return {kind: sorted(index.iris(kind)) for kind, count in index.kinds().items() if count <= _MAX_KEYS}


def worker_of(subject: CheckSubject) -> CheckWorker:
    """Return the worker for a snapshot, with its rules, and with its data unless they are read from disk."""
    directory, published = Path(subject.snapshot), ox.Store()
    if not subject.from_disk:
        verified_files.checked(directory, data_files.MERGED_FILE)
        published.bulk_load(path=str(directory / data_files.MERGED_FILE), format=ox.RdfFormat.N_TRIPLES)
    rules = rulebook.of_snapshot(directory, snapshot.Manifest.read(directory).base_iri, from_disk=subject.from_disk)
    rules = replace(rules, max_rows=subject.rows)
    properties_by_kind = {
        kind.slug: _stated_properties(kind) for kind in contribution_kinds.of_directory(directory, rules.base)
    }
    return CheckWorker(
        rules,
        published,
        references.published(rules.known, rules.base, rules.kinds),
        subject.public_url,
        properties_by_kind,
        site_files.kinds(directory),
        site_files.identity(directory),
    )


def _stated_properties(kind: ContributionKind) -> frozenset[str]:
    """Return the properties that a table of this kind tells; the source is named when it is accepted."""
    return frozenset(column.property for column in kind.schema.columns if column.property) - {DCT + "source"}


def _language(check_request: CheckRequest) -> Language:
    return check_request.language if check_request.language in LANGUAGES else DEFAULT_LANGUAGE


def _samples(published: Quads, base: str, kinds: Kinds) -> list[str]:
    """Return the first thing of each kind."""
    typed = published.quads_for_pattern(None, ox.NamedNode(TYPE), None, ox.DefaultGraph())
    things = sorted({iri_of(quad.subject) for quad in typed})
    starts = (f"{base}id/{kind}/" for kind in kinds.names)
    return [iri for start in starts if (iri := next((one for one in things if one.startswith(start)), ""))]
