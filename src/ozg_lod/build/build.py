"""Compile sources into a snapshot: pass the gate, write aside, publish.

Nothing changes unless everything passes. The same sources and the same program give the same build key, and a build
whose key is published already does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox

from ozg_lod.build.sources import SHOWN, Sources, joined, read
from ozg_lod.catalogue import distributions
from ozg_lod.core import kinds
from ozg_lod.core.errors import SnapshotError
from ozg_lod.core.findings import Severity
from ozg_lod.core.messages import MessageSink, _
from ozg_lod.core.settings import Settings
from ozg_lod.search import index
from ozg_lod.snapshots import changes, rule_examples, snapshot, summary
from ozg_lod.tables import contribution_kinds
from ozg_lod.validation import gate, judges, report, rulebook
from ozg_lod.validation.check_process import examine_in_cage, judge_again

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


def build(settings: Settings, *, say: MessageSink) -> BuildResult:
    """Build from the sources and publish; `say` gets an English and a German sentence for each step."""
    snapshots = snapshot.Snapshots(settings.target)
    with snapshots.locked():
        return build_locked(snapshots, settings, say=say)


def build_locked(snapshots: snapshot.Snapshots, settings: Settings, *, say: MessageSink) -> BuildResult:
    """Do the same for one who holds the lock already."""
    sources = read(settings.source, judge=settings.judge)
    outcome = prepare(snapshots, sources, settings, say=say)
    if outcome.manifest is not None and not outcome.unchanged:
        snapshots.publish(sources.key)
    return outcome


def prepare(snapshots: snapshot.Snapshots, sources: Sources, settings: Settings, *, say: MessageSink) -> BuildResult:
    """Write the snapshot of these sources, ready to be published under their key; nothing is published.

    It is refused where something that was published vanishes without a word (promise 11). Whoever calls holds the
    lock of the snapshots.
    """
    manifest = _sound(snapshots, sources.key)
    if manifest is not None:
        unchanged = snapshots.serves(sources.key)
        return _accounted(snapshots, sources, BuildResult(manifest, None, unchanged=unchanged))
    say(_("Checking {count} files.", count=len(sources.data)))
    examination = _examine(sources, settings)
    if not examination.conforms:
        return BuildResult(None, examination)
    examination, shapes = _with_judges(examination, settings.judge), joined(sources.shapes)
    say(examination.judges or _("Nothing was judged."))
    memory_mb, deadline_s = settings.check_memory_mb, settings.build_deadline_s
    with ThreadPoolExecutor(1) as beside:
        agreed = beside.submit(judge_again, examination, shapes, memory_mb=memory_mb, deadline_s=deadline_s)
        contents = _contents(sources, examination)
        agreed.result()
    count = contents.ntriples.count(b"\n")
    say(
        _("{count} triples conform; writing the snapshot.", count=count),
    )
    return _accounted(snapshots, sources, BuildResult(snapshots.write(contents), examination))


def _with_judges(examination: gate.Examination, wanted: str) -> gate.Examination:
    """Return the examination with its second judge, and a sentence that says who it is or why there is none."""
    first, second = examination.judge, judges.named(judges.PYSHACL)
    if not first:
        return examination
    if first == second:
        alone = _("Judged by {judge} alone: there is no other judge.", judge=second)
    elif wanted == "none":
        alone = _("Judged by {judge} alone, as was asked for.", judge=first)
    elif examination.judged.count(b"\n") > MAX_JUDGED_AGAIN:
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
    withdrawn = changes.withdrawals(sources.data)
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


def foreign_rules(shapes: Sequence[bytes], base_iri: str) -> gate.Rules:
    """Return the rules of somebody else's shapes, with nothing of ours: no ontology, no tables, no neighbours."""
    return gate.Rules(base=base_iri, shapes=b"\n".join(shapes), blank_nodes=True, foreign=True)


def compiled(sources: Sources) -> bytes:
    """Return the data of our own sources as N-Quads, without checking them again."""
    files = [gate.SourceFile(name, content) for name, content in sources.data.items()]
    return gate.examine(files, replace(rules(sources), shapes=b"", invariants=())).quads


def _examine(sources: Sources, settings: Settings) -> gate.Examination:
    files = [gate.SourceFile(name, content) for name, content in sources.data.items()]
    return examine_in_cage(
        files,
        replace(rules(sources), publication=True),
        memory_mb=settings.check_memory_mb,
        deadline_s=settings.build_deadline_s,
    )


def _sound(snapshots: snapshot.Snapshots, name: str) -> snapshot.Manifest | None:
    """Return the manifest if a snapshot of this name exists and is undamaged."""
    if name not in snapshots.names():
        return None
    try:
        return snapshots.verified(name)
    except SnapshotError:
        return None


def _contents(sources: Sources, examination: gate.Examination) -> snapshot.Contents:
    graph = ox.NamedNode(f"{sources.base_iri}graph/ontology")
    terms = ox.parse(joined(sources.ontology), ox.RdfFormat.TURTLE)
    ontology = {ox.Quad(term.subject, term.predicate, term.object, graph) for term in terms}
    lines = {*examination.quads.splitlines(keepends=True), *_lines(ontology, ox.RdfFormat.N_QUADS)}
    merged = {quad.triple for quad in ontology} | {
        quad.triple for quad in ox.parse(examination.quads, ox.RdfFormat.N_QUADS)
    }
    ntriples = b"".join(sorted(_lines(merged, ox.RdfFormat.N_TRIPLES)))
    shapes = joined(sources.shapes)
    files = distributions.files(merged, shapes, sources.flat, base_iri=sources.base_iri)
    return snapshot.Contents(
        build_key=sources.key,
        base_iri=sources.base_iri,
        nquads=b"".join(sorted(lines)),
        ntriples=ntriples,
        shapes=shapes,
        report=report.to_json(examination),
        files={
            index.FILE: index.write(ntriples, sources.base_iri, sources.kinds),
            summary.FILE: summary.write(ntriples, sources.base_iri, sources.kinds, files),
            rule_examples.FILE: rule_examples.as_quads(sources.cases),
            **files,
            **_served(sources),
            **sources.site,
            **rulebook.files(
                sources.ontology, sources.derive, contribution_kinds.kinds(sources.contributions, sources.base_iri)
            ),
        },
    )


def _served(sources: Sources) -> dict[str, bytes]:
    """Return the sources that the server reads too: the tables of what is withdrawn, and the queries for people."""
    tables = changes.withdrawal_tables(sources.data)
    names = [name for table in tables for name in (table, table + gate.METADATA)]
    withdrawn = {name: sources.data[name] for name in names if name in sources.data}
    queries = {
        f"{snapshot.QUERIES_FOLDER}/{kind}/{name}": text
        for kind in SHOWN
        for name, text in getattr(sources, kind).items()
    }
    return withdrawn | queries


def _lines(statements: Iterable[ox.Quad] | Iterable[ox.Triple], form: ox.RdfFormat) -> list[bytes]:
    return (ox.serialize(statements, format=form) or b"").splitlines(keepends=True)
