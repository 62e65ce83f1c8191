"""`ozg-lod reconcile`: the same matching on a file of one's own, without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import Language, _, joined, ngettext
from ozg_lod.core.settings import Settings
from ozg_lod.matching import alignment_files
from ozg_lod.matching.alignment import (
    NOBODY,
    AlignedRow,
    AlignmentChoice,
    AlignmentState,
    align,
    count,
)
from ozg_lod.matching.register import Register, register
from ozg_lod.rdf import formats
from ozg_lod.sandbox import fork_server, wire
from ozg_lod.sandbox.worker_process import WorkerLimits
from ozg_lod.snapshots import site_files, snapshot
from ozg_lod.validation import list_reader
from ozg_lod.validation.examination import SourceFile
from ozg_lod.validation.list_reader import ROLES, Listing


@dataclass(frozen=True, slots=True)
class FileMatchRequest:
    """What is wanted: the name of the list, the titles of columns by role (None: by their looks), kind, output."""

    name: str
    columns: Mapping[str, str | None]
    kind: str
    output: str
    language: Language


@dataclass(frozen=True, slots=True)
class FileMatchSummary:
    """The file with addresses, a sentence about it, and how many rows stayed open."""

    body: bytes
    summary: str
    open: int


def reconciled(
    settings: Settings,
    request: FileMatchRequest,
    content: bytes,
    progress: Callable[[int, int], None] | None = None,
) -> FileMatchSummary:
    """Return the list with addresses; raise UsageError, or what reading the list raises."""
    suffix = PurePath(request.output).suffix.lower().lstrip(".") or formats.CSV.suffix
    form = next((form for form in alignment_files.OFFERED if form.suffix == suffix), None)
    if form is None:
        raise UsageError(
            _("{output}: the output is a .csv, .xlsx or .ttl file.", output=request.output),
        )
    if PurePath(request.name).suffix.lower() not in list_reader.SUFFIXES:
        offered = ", ".join(list_reader.SUFFIXES)
        raise UsageError(_("{name}: a list is one of {offered}.", name=request.name, offered=offered))
    known = _register(settings)
    if request.kind and request.kind not in known.kinds:
        raise UsageError(_("--kind is one of: {offered}.", offered=", ".join(known.kinds.names)))
    listing = _read(settings, request.name, content)
    rows = align(known, listing, AlignmentChoice.of(listing, _chosen(listing, request)), progress)
    counts = count(rows)
    summary = _(
        "{count} rows: {matched} found, {unclear} unclear, {unknown} unknown",
        count=len(rows),
        matched=counts[AlignmentState.MATCHED],
        unclear=counts[AlignmentState.UNCLEAR],
        unknown=counts[AlignmentState.UNKNOWN],
    )
    if listing.above:
        left = ngettext(
            "one row above the heading was left out", "{count} rows above the heading were left out", listing.above
        )
        summary = joined([summary, left], "; ")
    return FileMatchSummary(
        _written(form, listing, rows, known, request),
        summary[request.language],
        counts[AlignmentState.UNCLEAR] + counts[AlignmentState.UNKNOWN],
    )


def _register(settings: Settings) -> Register:
    snapshots = snapshot.Snapshots(settings.target)
    name = snapshots.served()
    manifest = snapshots.verified(name)
    directory = snapshots.directory(name)
    kinds, territory = site_files.kinds(directory), site_files.identity(directory).territory
    store = snapshot.open_store(directory, from_disk=False)
    return register(store, manifest.base_iri, kinds=kinds, marks=territory.marks)


def _read(settings: Settings, name: str, content: bytes) -> Listing:
    limits = WorkerLimits(memory_mb=settings.check_memory_mb, cpu_s=int(settings.check_deadline_s) + 1)
    question = wire.encode(SourceFile(name, content))
    answer = fork_server.once(
        "ozg_lod.validation.list_reader:reading", "", question, limits=limits, deadline_s=settings.check_deadline_s
    )
    return wire.decode(Listing, answer)


def _chosen(listing: Listing, request: FileMatchRequest) -> dict[str, str]:
    """Return the choice as a form would say it."""
    fields = {"kind": request.kind}
    for role, title in request.columns.items():
        if title is None:
            continue
        if title not in listing.titles:
            there = ", ".join(one for one in listing.titles if one) or NOBODY
            raise UsageError(
                _("There is no column “{title}”; the list has: {there}.", title=title, there=there),
            )
        fields[f"column.{role}"] = str(listing.titles.index(title))
    if request.columns.get(ROLES[1]) and not request.columns.get(ROLES[0]):
        fields[f"column.{ROLES[0]}"] = NOBODY  # who names the column with the names wants them, not a key beside
    return fields


def _written(
    form: formats.Format, listing: Listing, rows: list[AlignedRow], known: Register, request: FileMatchRequest
) -> bytes:
    if form is formats.TURTLE:
        return alignment_files.as_turtle(rows)
    write = alignment_files.as_workbook if form is formats.XLSX else alignment_files.as_csv
    return write(listing, rows, request.language, known)
