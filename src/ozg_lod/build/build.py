"""Compile sources into a snapshot: pass the gate, write aside, publish.

Nothing changes unless everything passes. The same sources and the same program give the same build key, and a build
whose key is published already does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.build import parts
from ozg_lod.build.sources import SHOWN, Sources, joined, read
from ozg_lod.catalogue import distributions
from ozg_lod.catalogue.distributions import MergedGraph
from ozg_lod.core import kinds, search_words
from ozg_lod.core.errors import SnapshotError, SourceError
from ozg_lod.core.findings import Severity
from ozg_lod.core.messages import MessageSink, _
from ozg_lod.core.settings import Settings
from ozg_lod.rdf.graph import Graph
from ozg_lod.search import index
from ozg_lod.snapshots import changes, data_files, rule_examples, snapshot, summary
from ozg_lod.tables import contribution_kinds
from ozg_lod.validation import foreign_shapes, gate, judges, report, rulebook
from ozg_lod.validation.check_process import Progress, SourceExaminer, SourceReadings, judge_again, silent
from ozg_lod.validation.file_readings import ReadingCache

_NOTHING_EXAMINED: Final = gate.Examination(quads=b"", findings=(), counts={}, files=0, rows=0)
"""Stands for the examination of a snapshot that was examined when it was first written."""
MAX_JUDGED_AGAIN: Final = 200_000
"""Triples; above these pySHACL takes many minutes."""
_MAX_SOURCE_BYTES: Final = 500_000_000
_MAX_SOURCE_ROWS: Final = 5_000_000


@dataclass(frozen=True)
class BuildResult:
    """What a build came to.

    `manifest` is None where findings refused it; `examination` is None where this very snapshot existed already, and
    `unchanged` says that it was also the current one.
    """

    manifest: snapshot.Manifest | None
    examination: gate.Examination | None
    unchanged: bool = False


def build(
    settings: Settings, *, say: MessageSink, merged: Sequence[Path] = (), progress: Progress = silent
) -> BuildResult:
    """Build from the sources and parts and publish; `say` gets a sentence for each step, `progress` how far it is."""
    snapshots = snapshot.Snapshots(settings.target)
    with snapshots.locked():
        return build_locked(snapshots, settings, say=say, merged=merged, progress=progress)


def write_part(settings: Settings, path: Path, *, say: MessageSink, progress: Progress = silent) -> gate.Examination:
    """Write what the source folders after the first say as a part; it is judged with the first as a whole.

    Raises SourceError where there is none but the first.
    """
    sources = read(settings.source, judge="none")
    main = read(settings.source[:1])
    files = {name: content for name, content in sources.data.items() if name not in main.data}
    if not files:
        raise SourceError(_("There is nothing to make a part of; name the folders of the part after the first one."))
    snapshots = snapshot.Snapshots(settings.target)
    with snapshots.locked():
        cache = ReadingCache(settings.target)
        say(_("Checking {count} files.", count=len(sources.data)))
        examination, readings = _examine(sources, settings, cache, progress)
        names = [name for name in sources.data if not name.endswith(gate.METADATA)]
        paths = [cache.path(key) for name, key in zip(names, readings.names, strict=True) if name in files]
        if examination.conforms:
            parts.write(path, sources.base_iri, files, paths)
    return examination


def build_locked(
    snapshots: snapshot.Snapshots,
    settings: Settings,
    *,
    say: MessageSink,
    merged: Sequence[Path] = (),
    progress: Progress = silent,
) -> BuildResult:
    """Do the same for one who holds the lock already."""
    sources = read(settings.source, judge=settings.judge, merged=merged)
    outcome = prepare(snapshots, sources, settings, say=say, progress=progress)
    if outcome.manifest is not None and not outcome.unchanged:
        snapshots.publish(sources.key)
    return outcome


def prepare(
    snapshots: snapshot.Snapshots,
    sources: Sources,
    settings: Settings,
    *,
    say: MessageSink,
    progress: Progress = silent,
) -> BuildResult:
    """Write the snapshot of these sources, ready to be published under their key; nothing is published.

    It is refused where something that was published vanishes without a word (promise 11). Whoever calls holds the
    lock of the snapshots.
    """
    manifest = _sound(snapshots, sources.key)
    if manifest is not None:
        unchanged = snapshots.serves(sources.key)
        return _accounted(snapshots, sources, BuildResult(manifest, None, unchanged=unchanged))
    if not sources.invariants:
        raise SourceError(
            _(
                "{first} brings no invariants, so nothing would hold the sources against each other; put queries that "
                "must find nothing (*.rq) into {first}/invariants, as `ozg-lod init DIR` does.",
                first=settings.source[0],
            )
        )
    say(_("Checking {count} files.", count=len(sources.digests)))
    cache = ReadingCache(settings.target)
    examination, readings = _examine(sources, settings, cache, progress)
    if not examination.conforms:
        return BuildResult(None, examination)
    examination, shapes = _with_judges(examination, settings.judge), joined(sources.shapes)
    say(examination.judges or _("Nothing was judged."))
    memory_mb, deadline_s = settings.build_memory_mb, settings.build_deadline_s
    with ThreadPoolExecutor(1) as beside:
        agreed = beside.submit(judge_again, examination, shapes, memory_mb=memory_mb, deadline_s=deadline_s)
        previous = snapshots.published_files()

        def fill(aside: Path) -> None:
            graph = _write_data(aside, sources, examination, readings)
            say(_("{count} triples conform; writing the snapshot.", count=len(graph.lines)))
            words = search_words.read(sources.site)
            (aside / index.FILE).write_bytes(index.of_graph(Graph(graph.store), graph.base_iri, sources.kinds, words))
            distributions.write(aside, graph, sources.flat, previous, partial(progress, _("Writing")))
            (aside / summary.FILE).write_bytes(summary.of_directory(aside, graph.base_iri, sources.kinds))
            agreed.result()

        manifest = snapshots.write(
            _contents(sources, examination),
            fill=fill,
            room=sum(len(reading.quads) for reading in readings.read()),
            stored=lambda manifest: not manifest.fits(settings),
        )
    cache.trim(readings.names)
    return _accounted(snapshots, sources, BuildResult(manifest, examination))


def _with_judges(examination: gate.Examination, wanted: str) -> gate.Examination:
    """Return the examination with its second judge, and a sentence that says who it is or why there is none."""
    first, second = examination.judge, judges.named(judges.PYSHACL)
    if not first:
        return examination
    if first == second:
        alone = _("Judged by {judge} alone: there is no other judge.", judge=second)
    elif wanted == "none":
        alone = _("Judged by {judge} alone, as was asked for.", judge=first)
    elif not examination.judged:
        limit = MAX_JUDGED_AGAIN
        alone = _("Judged by {judge} alone: a second judge takes up to {limit} triples.", judge=first, limit=limit)
    else:
        both = _("Judged by {judge} and again by {second}.", judge=first, second=second)
        return replace(examination, second=second, judges=both)
    return replace(examination, judges=alone)


def _accounted(snapshots: snapshot.Snapshots, sources: Sources, outcome: BuildResult) -> BuildResult:
    """Return the outcome, refused where something that was published is gone without a word."""
    if outcome.unchanged:
        return outcome
    withdrawn = changes.withdrawals(sources.withdrawn)
    present = snapshots.resources(sources.key)
    losses = tuple(changes.unaccounted(snapshots.ever_published(), present, withdrawn))
    if not losses:
        return outcome
    examination = outcome.examination or _NOTHING_EXAMINED
    counts = {**examination.counts, Severity.ERROR: len(losses)}
    return BuildResult(None, replace(examination, findings=(*losses, *examination.findings), counts=counts))


def rules(sources: Sources) -> gate.Rules:
    """Return what the files of these sources are held against."""
    return gate.Rules(
        base=sources.base_iri,
        shapes=joined(sources.shapes),
        ontology=joined(sources.ontology),
        derive=tuple((name, text.decode()) for name, text in sources.derive.items()),
        invariants=tuple((name, text.decode()) for name, text in sources.invariants.items()),
        kinds=sources.site.get(kinds.FILE, b""),
        max_bytes=_MAX_SOURCE_BYTES,
        max_rows=_MAX_SOURCE_ROWS,
    )


def contribution_rules(sources: Sources, *, known: bytes) -> gate.Rules:
    """Return what files of others are held against: our rules, the tables that may be sent, and what is published.

    `known` is the published data as N-Quads. Besides the kinds of contribution a table of our own may be checked.
    """
    tables = [(name, content) for name, content in sources.data.items() if name.endswith(gate.METADATA)]
    return rulebook.contribution_rules(
        rules(sources),
        contribution_kinds.kinds(sources.contributions, sources.base_iri),
        known=known,
        tables=tuple(gate.SourceFile(name, content) for name, content in tables),
    )


def foreign_rules(
    shapes: Sequence[gate.SourceFile], base_iri: str, imports: Sequence[gate.SourceFile] = ()
) -> gate.Rules:
    """Return the rules of somebody else's shapes, with nothing of ours: no ontology, no tables, no neighbours.

    Files among `imports` take part where a shapes file imports them.
    """
    merged = foreign_shapes.read(shapes, base_iri, imports)
    return gate.Rules(base=base_iri, shapes=merged, blank_nodes=True, foreign=True)


def compiled(sources: Sources) -> bytes:
    """Return the data of our own sources as N-Quads, without checking them again."""
    files = [gate.SourceFile(name, content) for name, content in sources.data.items()]
    return gate.examine(files, replace(rules(sources), shapes=b"", invariants=())).quads


def _examine(
    sources: Sources, settings: Settings, cache: ReadingCache, progress: Progress
) -> tuple[gate.Examination, SourceReadings]:
    """Return what is found in the sources as a whole, and what each file says."""
    files = [gate.SourceFile(name, content) for name, content in sources.data.items()]
    whole = replace(rules(sources), judged_again=0 if settings.judge == "none" else MAX_JUDGED_AGAIN)
    memory_mb = settings.build_memory_mb
    with SourceExaminer(whole, cache, memory_mb=memory_mb, deadline_s=settings.build_deadline_s) as examiner:
        places = tuple((part.path, part.start) for part in sources.parts)
        readings = SourceReadings(cache, tuple(examiner.read(files, progress)), places)
        return examiner.whole(readings), readings


def _sound(snapshots: snapshot.Snapshots, name: str) -> snapshot.Manifest | None:
    """Return the manifest if a snapshot of this name exists and is undamaged."""
    if name not in snapshots.names():
        return None
    try:
        return snapshots.verified(name)
    except SnapshotError:
        return None


def _write_data(
    directory: Path, sources: Sources, examination: gate.Examination, readings: SourceReadings
) -> MergedGraph:
    """Write the quads of all files, of what was derived and of the ontology, and their merge, which is returned."""
    graph_end = f" <{sources.base_iri}graph/ontology> .\n".encode()
    terms = {quad.triple for quad in ox.parse(joined(sources.ontology), ox.RdfFormat.TURTLE)}
    ontology = (ox.serialize(terms, format=ox.RdfFormat.N_TRIPLES) or b"").splitlines(keepends=True)
    quads = [line[:-3] + graph_end for line in ontology] + examination.quads.splitlines(keepends=True)
    for reading in readings.read():
        quads += bytes(reading.quads).splitlines(keepends=True)
    quads.sort()  # runs that are sorted already
    lines = [line for line, _same in groupby(quads)]
    del quads
    merged = [line for line, _same in groupby(line[: line.rindex(b" <")] + b" .\n" for line in lines)]
    for name, content in ((data_files.DATA_FILE, lines), (data_files.MERGED_FILE, merged)):
        with (directory / name).open("wb") as file:
            file.writelines(content)
    shapes = [quad.triple for quad in ox.parse(joined(sources.shapes), ox.RdfFormat.TURTLE)]
    return MergedGraph(sources.base_iri, merged, directory / data_files.MERGED_FILE, shapes)


def _contents(sources: Sources, examination: gate.Examination) -> snapshot.Contents:
    """Return the small files of a snapshot."""
    return snapshot.Contents(
        build_key=sources.key,
        base_iri=sources.base_iri,
        nquads=None,
        ntriples=None,
        shapes=joined(sources.shapes),
        report=report.to_json(examination),
        files={
            rule_examples.FILE: rule_examples.as_quads(sources.cases),
            **_served(sources),
            **sources.site,
            **rulebook.files(
                sources.ontology, sources.derive, contribution_kinds.kinds(sources.contributions, sources.base_iri)
            ),
        },
    )


def _served(sources: Sources) -> dict[str, bytes]:
    """Return the sources that the server reads too: the tables of what is withdrawn, and the queries for people."""
    queries = {
        f"{snapshot.QUERIES_FOLDER}/{kind}/{name}": text
        for kind in SHOWN
        for name, text in getattr(sources, kind).items()
    }
    return sources.withdrawn | queries
