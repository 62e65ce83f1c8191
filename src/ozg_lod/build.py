"""Compile source folders into a snapshot: read, pass the gate, write aside, publish.

Nothing changes unless everything passes. The same sources and the same program give the same build key, and a build
whose key is published already does nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from ozg_lod.checks import gate, report, rulebook
from ozg_lod.checks.checking import examine_in_cage
from ozg_lod.datasets import distributions
from ozg_lod.errors import SnapshotError, SourceError
from ozg_lod.findings import Severity
from ozg_lod.search import index
from ozg_lod.snapshots import cases, changes, snapshot
from ozg_lod.snapshots.fingerprint import code_fingerprint
from ozg_lod.tables import kinds
from ozg_lod.vocab import VOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ozg_lod.settings import Settings

CATALOGUE_FILE: Final = "catalogue.ttl"
_NOTHING_EXAMINED: Final = gate.Examination(quads=b"", findings=(), counts={}, files=0, rows=0)
"""Stands for the examination of a snapshot that was examined when it was first written."""
_ENGINES: Final = ("pyoxigraph", "pyshacl", "rdflib")
_SHOWN: Final = ("flat", "examples", "help")
"""The queries that go into the snapshot: they belong to the data they ask."""
_DATA_SUFFIXES: Final = (*gate.SUFFIXES, gate.METADATA)
_MAX_SOURCE_BYTES: Final = 500_000_000
_MAX_SOURCE_ROWS: Final = 5_000_000


@dataclass(frozen=True)
class Sources:
    """The bytes of everything a snapshot is made of, by name, sorted; nothing is read twice."""

    base_iri: str
    data: dict[str, bytes]
    ontology: dict[str, bytes]
    shapes: dict[str, bytes]
    derive: dict[str, bytes]
    invariants: dict[str, bytes]
    flat: dict[str, bytes]
    cases: dict[str, bytes]
    examples: dict[str, bytes]
    help: dict[str, bytes]
    contributions: dict[str, bytes]

    @property
    def key(self) -> str:
        """Return the build key: 64 hexadecimal digits over all bytes, the program and the engines."""
        digest = hashlib.sha256()
        for kind in ("data", "ontology", "shapes", "derive", "invariants", "cases", "contributions", *_SHOWN):
            for name, content in getattr(self, kind).items():
                digest.update(f"{kind}/{name}\0{len(content)}\0".encode() + content)
        digest.update(code_fingerprint().encode())
        digest.update(" ".join(f"{engine} {version(engine)}" for engine in _ENGINES).encode())
        digest.update(f" sqlite {sqlite3.sqlite_version}".encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What a build came to.

    `manifest` is None where findings refused it; `examination` is None where this very snapshot existed already, and
    `unchanged` says that it was also the current one.
    """

    manifest: snapshot.Manifest | None
    examination: gate.Examination | None
    unchanged: bool = False


def read(roots: tuple[Path, ...]) -> Sources:
    """Return the sources: the first root holds everything, further ones add data. Raises SourceError."""
    first = roots[0]
    data = dict(sorted(_data(roots)))
    if CATALOGUE_FILE not in data:
        raise SourceError(
            f"{first}/data/{CATALOGUE_FILE} is missing; `ozg-lod init DIR` writes one.",
            f"{first}/data/{CATALOGUE_FILE} fehlt; `ozg-lod init ORDNER` schreibt eine.",
        )
    invariants, tried = first / "tests" / "invariants", first / "tests" / "shapes"
    return Sources(
        base_iri=_base_iri(data[CATALOGUE_FILE]),
        data=data,
        ontology=_files(first / "ontology", (".ttl",)),
        shapes=_files(first / "shapes", (".ttl",)),
        derive=_files(first / "queries" / "derive", (".rq",)),
        invariants=_files(invariants if invariants.is_dir() else first / "invariants", (".rq",)),
        flat=_files(first / "queries" / "flat", (".rq",)),
        cases=_files(tried if tried.is_dir() else first / "cases", (".ttl",)),
        examples=_files(first / "queries" / "examples", (".rq",)),
        help=_files(first / "queries" / "help", (".rq",)),
        contributions=_files(first / kinds.FOLDER, (kinds.SUFFIX,)),
    )


def build(settings: Settings, *, say: Callable[[str, str], None]) -> Outcome:
    """Build from the sources and publish; `say` gets an English and a German sentence for each step."""
    snapshots = snapshot.Snapshots(settings.target)
    with snapshots.locked():
        return build_locked(snapshots, settings, say=say)


def build_locked(snapshots: snapshot.Snapshots, settings: Settings, *, say: Callable[[str, str], None]) -> Outcome:
    """Do the same for one who holds the lock already."""
    sources = read(settings.source)
    outcome = prepare(snapshots, sources, settings, say=say)
    if outcome.manifest is not None and not outcome.unchanged:
        snapshots.publish(sources.key)
    return outcome


def prepare(
    snapshots: snapshot.Snapshots, sources: Sources, settings: Settings, *, say: Callable[[str, str], None]
) -> Outcome:
    """Write the snapshot of these sources, ready to be published under their key; nothing is published.

    It is refused where something that was published vanishes without a word (promise 11). Whoever calls holds the
    lock of the snapshots.
    """
    manifest = _sound(snapshots, sources.key)
    if manifest is not None:
        unchanged = snapshots.current() == sources.key
        return _accounted(snapshots, sources, Outcome(manifest, None, unchanged=unchanged))
    say(f"Checking {len(sources.data)} files.", f"{len(sources.data)} Dateien werden geprüft.")
    examination = _examine(sources, settings)
    if not examination.conforms:
        return Outcome(None, examination)
    contents = _contents(sources, examination)
    count = contents.ntriples.count(b"\n")
    say(
        f"{count} triples conform; writing the snapshot.",
        f"{count} Tripel sind in Ordnung; der Datenstand wird geschrieben.",
    )
    return _accounted(snapshots, sources, Outcome(snapshots.write(contents), examination))


def _accounted(snapshots: snapshot.Snapshots, sources: Sources, outcome: Outcome) -> Outcome:
    """Return the outcome, refused where something that was published is gone without a word."""
    if outcome.unchanged:
        return outcome
    withdrawn = changes.withdrawals(sources.data)
    present = snapshots.resources(sources.key)
    found = tuple(changes.unaccounted(snapshots.ever_published(), present, withdrawn))
    if not found:
        return outcome
    examination = outcome.examination or _NOTHING_EXAMINED
    counts = {**examination.counts, Severity.ERROR: len(found)}
    return Outcome(None, replace(examination, findings=(*found, *examination.findings), counts=counts))


def overlaid(sources: Sources, folders: Mapping[str, Mapping[str, str] | None], into: Path) -> Sources:
    """Return the sources as they will be read once these folders in the root `into` are as given (None: gone)."""
    data = dict(sources.data)
    for name, files in folders.items():
        for old in _files(into / name, _DATA_SUFFIXES):
            data.pop(old, None)
        data.update({file: text.encode() for file, text in (files or {}).items()})
    return replace(sources, data=dict(sorted(data.items())))


def rules(sources: Sources) -> gate.Rules:
    """Return what the files of these sources are held against."""
    return gate.Rules(
        base=sources.base_iri,
        shapes=_joined(sources.shapes),
        ontology=_joined(sources.ontology),
        derive=tuple((name, text.decode()) for name, text in sources.derive.items()),
        invariants=tuple((name, text.decode()) for name, text in sources.invariants.items()),
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
        kinds.kinds(sources.contributions, sources.base_iri),
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
        files, rules(sources), memory_mb=settings.check_memory_mb, deadline_s=settings.build_deadline_s
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
    terms = ox.parse(_joined(sources.ontology), ox.RdfFormat.TURTLE)
    ontology = {ox.Quad(term.subject, term.predicate, term.object, graph) for term in terms}
    lines = {*examination.quads.splitlines(keepends=True), *_lines(ontology, ox.RdfFormat.N_QUADS)}
    merged = {quad.triple for quad in ontology} | {
        quad.triple for quad in ox.parse(examination.quads, ox.RdfFormat.N_QUADS)
    }
    ntriples = b"".join(sorted(_lines(merged, ox.RdfFormat.N_TRIPLES)))
    shapes = _joined(sources.shapes)
    files = distributions.files(merged, shapes, sources.flat, base_iri=sources.base_iri)
    return snapshot.Contents(
        build_key=sources.key,
        base_iri=sources.base_iri,
        nquads=b"".join(sorted(lines)),
        ntriples=ntriples,
        shapes=shapes,
        report=report.to_json(examination),
        files={
            index.FILE: index.write(ntriples, sources.base_iri),
            cases.FILE: cases.as_quads(sources.cases),
            **files,
            **_served(sources),
            **rulebook.files(sources.ontology, sources.derive, kinds.kinds(sources.contributions, sources.base_iri)),
        },
    )


def _served(sources: Sources) -> dict[str, bytes]:
    """Return the sources that the server reads too: the tables of what is withdrawn, and the queries for people."""
    tables = changes.withdrawal_tables(sources.data)
    names = [name for table in tables for name in (table, table + gate.METADATA)]
    withdrawn = {name: sources.data[name] for name in names if name in sources.data}
    queries = {
        f"{snapshot.QUERIES_FOLDER}/{kind}/{name}": text
        for kind in _SHOWN
        for name, text in getattr(sources, kind).items()
    }
    return withdrawn | queries


def _lines(statements: Iterable[ox.Quad] | Iterable[ox.Triple], form: ox.RdfFormat) -> list[bytes]:
    return (ox.serialize(statements, format=form) or b"").splitlines(keepends=True)


def _joined(files: Mapping[str, bytes]) -> bytes:
    """Return several Turtle files as one: prefixes may be declared again."""
    return b"\n".join(files.values())


def _files(folder: Path, suffixes: tuple[str, ...]) -> dict[str, bytes]:
    paths = sorted(path for path in folder.glob("*") if path.name.endswith(suffixes)) if folder.is_dir() else []
    return {path.name: path.read_bytes() for path in paths}


def _data(roots: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of the data files of all roots; raise SourceError where two have the same name.

    Files may lie in folders, one for each contribution. A further root may be empty: nothing has come yet.
    """
    seen: dict[str, Path] = {}
    for root in roots:
        folder = root / "data" if (root / "data").is_dir() else root
        within = sorted(path for path in folder.glob("[!.]*") if path.is_dir()) if folder.is_dir() else []
        files = [(place, name, content) for place in (folder, *within) for name, content in _data_files(place)]
        if not files and (root is roots[0] or not folder.is_dir()):
            raise SourceError(
                f"There are no data in {folder}; give a folder with tables or RDF files.",
                f"In {folder} liegen keine Daten; geben Sie einen Ordner mit Tabellen oder RDF-Dateien an.",
            )
        for place, name, content in files:
            if name in seen:
                raise SourceError(
                    f"{name} stands in {seen[name]} and in {place}; give one of them another name.",
                    f"{name} liegt in {seen[name]} und in {place}; benennen Sie eine der Dateien um.",
                )
            seen[name] = place
            yield name, content


def _data_files(folder: Path) -> Iterable[tuple[str, bytes]]:
    return _files(folder, _DATA_SUFFIXES).items()


def _base_iri(catalogue: bytes) -> str:
    """Return the base IRI that the catalogue names as its void:uriSpace."""
    try:
        quads = list(ox.parse(catalogue, ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        raise SourceError(
            f"{CATALOGUE_FILE} cannot be read: {error}.", f"{CATALOGUE_FILE} ist nicht lesbar: {error}."
        ) from None
    spaces = [quad.object.value for quad in quads if quad.predicate.value == VOID + "uriSpace"]
    if len(spaces) != 1 or not spaces[0].startswith(("https://", "http://")) or not spaces[0].endswith("/"):
        raise SourceError(
            f"{CATALOGUE_FILE} must name the base IRI once as void:uriSpace, with http(s) and a slash at its end.",
            f"{CATALOGUE_FILE} muss die Basis-IRI einmal als void:uriSpace nennen, mit http(s) und Schrägstrich.",
        )
    return str(spaces[0])
