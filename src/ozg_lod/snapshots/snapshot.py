"""Snapshots: immutable directories made by `build`, the log of what was published, and the one pointer.

    TARGET/snapshots/{build key}/   data.nq data.nt shapes.ttl report.json search.db manifest.json store/ dump/ …
    TARGET/published.jsonl          one line for each publication: number, time, version, snapshot, what changed
    TARGET/current                  the name of the snapshot that is served

A snapshot is written aside, flushed, fsynced and renamed; then it is logged; then `current` is switched. Whoever is
killed in between leaves the old snapshot serving. The **version** is the SHA-256 of the sorted N-Quads: it says what
the data are, whoever built them whenever.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.errors import SnapshotError
from ozg_lod.core.messages import Message, _
from ozg_lod.snapshots import atomic_files, changes, data_files, read_locks

SHAPES_FILE: Final = "shapes.ttl"
REPORT_FILE: Final = "report.json"
MANIFEST_FILE: Final = "manifest.json"
QUERIES_FOLDER: Final = "queries"
_STORE_RECORDS: Final = "store.json"
_FORMAT: Final = 1
_CHUNK: Final = 1 << 20
_KINDS: Final = ("added", "changed", "withdrawn")


@dataclass(frozen=True)
class FileRecord:
    """Size in bytes and SHA-256 of one file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a snapshot says of itself. `graphs` maps each named graph to its number of quads."""

    version: str
    build_key: str
    base_iri: str
    triples: int
    graphs: dict[str, int]
    files: dict[str, FileRecord]
    format: int = _FORMAT

    @classmethod
    def read(cls, directory: Path) -> Manifest:
        """Return the manifest of a snapshot or raise SnapshotError."""
        path = directory / MANIFEST_FILE
        try:
            said = json.loads(path.read_bytes())
            files = {name: FileRecord(**record) for name, record in said.pop("files").items()}
            manifest = cls(files=files, **said)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            reason = _("{file} is not readable ({error})", file=MANIFEST_FILE, error=error)
            raise _damaged(directory, reason) from error
        if manifest.format != _FORMAT:
            raise _damaged(directory, _("format {format} is unknown", format=manifest.format))
        return manifest


@dataclass(frozen=True)
class Publication:
    """One line of the publication log; `time` is UTC.

    `added`, `changed` and `withdrawn` are the resources that differ from the publication before (see `changes`); they
    are None in lines that were written before this was recorded. `erased` is the day on which the files were erased,
    because of what somebody had withdrawn from them ("": they are kept).
    """

    number: int
    time: str
    version: str
    snapshot: str
    added: tuple[str, ...] | None = None
    changed: tuple[str, ...] | None = None
    withdrawn: tuple[str, ...] | None = None
    erased: str = ""

    @classmethod
    def of(cls, line: str) -> Publication:
        """Return the publication of one line of the log."""
        said = json.loads(line)
        differs = {kind: None if said.get(kind) is None else tuple(said[kind]) for kind in _KINDS}
        return cls(
            said["number"], said["time"], said["version"], said["snapshot"], **differs, erased=said.get("erased", "")
        )

    def line(self) -> bytes:
        """Return the line of the log; only one that was erased says so."""
        return _json({name: value for name, value in asdict(self).items() if name != "erased" or value})


@dataclass(frozen=True)
class Contents:
    """What `build` puts into a snapshot: bytes only, so that the same sources give the same files.

    `files` are further ones by name.
    """

    build_key: str
    base_iri: str
    nquads: bytes
    ntriples: bytes
    shapes: bytes
    report: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)


class Snapshots:
    """The folder of snapshots with its log and its pointer."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self._folder = target / "snapshots"
        self._log = target / "published.jsonl"
        self._current = target / "current"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the one right to change this folder; raise SnapshotError when another process holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self.target / "lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SnapshotError(
                    _("Another process is building in {target}; wait until it has ended.", target=self.target),
                ) from None
            for leftover in self._folder.glob("*.tmp"):
                shutil.rmtree(leftover)
            yield

    def directory(self, name: str) -> Path:
        """Return the directory of the snapshot with this name (not checked)."""
        return self._folder / name

    def names(self) -> list[str]:
        """Return the names of all complete snapshots, sorted."""
        return sorted(path.parent.name for path in self._folder.glob(f"*/{MANIFEST_FILE}") if path.parent.suffix == "")

    def publications(self) -> list[Publication]:
        """Return the publication log, oldest first; a torn last line (power loss) is not a publication."""
        if not self._log.exists():
            return []
        lines = self._log.read_text(encoding="utf-8").split("\n")
        return [Publication.of(line) for line in lines[:-1] if line]

    def ever_published(self) -> set[str]:
        """Return the IRIs of all resources that any publication held."""
        found: set[str] = set()
        for entry in self.publications():
            found |= set(entry.added) if entry.added is not None else self.resources(entry.snapshot)
        return found

    def resources(self, name: str) -> set[str]:
        """Return the IRIs of the resources a snapshot holds; none where it cannot be read any more."""
        try:
            base_iri = Manifest.read(self.directory(name)).base_iri
        except SnapshotError:
            return set()
        return changes.resources(self._merged(name).splitlines(), base_iri)

    def current(self) -> str | None:
        """Return the name of the snapshot that is to be served."""
        try:
            return self._current.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def served(self) -> str:
        """Return the name of the snapshot that is to be served; raise SnapshotError where there is none yet."""
        name = self.current()
        if name is None:
            raise SnapshotError(
                _("There is no snapshot in {target}; run `ozg-lod build` first.", target=self.target),
            )
        return name

    def write(self, contents: Contents, *, build_store: bool = True) -> Manifest:
        """Write a snapshot aside, make it durable, and give it its name; nothing is served yet."""
        aside = self._folder / f"{contents.build_key}.tmp"
        self._check_space(aside, len(contents.nquads) * 6 + sum(map(len, contents.files.values())))
        aside.mkdir(parents=True)
        for name, data in _named(contents).items():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).write_bytes(data)
        if build_store:
            _write_store(aside)
        manifest = _manifest(aside, contents)
        (aside / MANIFEST_FILE).write_bytes(_json(asdict(manifest)))
        for path in [*aside.rglob("*"), aside]:
            atomic_files.sync(path)
        final = self.directory(contents.build_key)
        if final.exists():  # a damaged one of the same name, or it would not be written again
            shutil.rmtree(final)
        aside.rename(final)
        atomic_files.sync(self._folder)
        return manifest

    def publish(self, name: str) -> Publication | None:
        """Log the snapshot and let `current` name it; None when it is the current one already."""
        if self.current() == name:
            return None
        manifest = Manifest.read(self.directory(name))
        log = self.publications()
        if log and log[-1].snapshot == name:  # it was logged, and then somebody was killed
            atomic_files.replace(self._current, f"{name}\n".encode())
            return log[-1]
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        before = self._merged(log[-1].snapshot) if log else b""
        differs = changes.between(before, self._merged(name), manifest.base_iri)
        publication = Publication(len(log) + 1, now, manifest.version, name, **asdict(differs))
        self._write_log([*log, publication])
        atomic_files.replace(self._current, f"{name}\n".encode())
        return publication

    def prune(self, *, keep: int) -> list[str]:
        """Remove the stores of all but the `keep` latest published snapshots; dumps and manifests stay for good.

        One that is being read stays too.
        """
        latest = list(dict.fromkeys(entry.snapshot for entry in reversed(self.publications())))
        spared = {*latest[:keep], self.current()}
        stores = {name: self.directory(name) / data_files.STORE_DIRECTORY for name in self.names()}
        found = [name for name, path in stores.items() if name not in spared and path.exists()]
        return [name for name in found if self._pruned(name)]

    def hold(self, name: str) -> read_locks.ReadLock:
        """Keep the store of a snapshot from being pruned until the hold is let go."""
        return read_locks.ReadLock(self.directory(name) / MANIFEST_FILE)

    def verified(self, name: str) -> Manifest:
        """Return the manifest after every file was held against it; raise SnapshotError naming the first wrong."""
        directory = self.directory(name)
        manifest = Manifest.read(directory)
        gone = next((entry.erased for entry in self.publications() if entry.snapshot == name and entry.erased), "")
        if gone and not (directory / data_files.DATA_FILE).exists():
            raise _damaged(directory, _("its files were erased on {gone}", gone=gone))
        if not manifest.triples:
            raise _damaged(directory, _("it is empty"))
        for file, record in manifest.files.items():
            path = directory / file
            if not path.is_file() or record_of(path) != record:
                raise _damaged(directory, _("{file} is not what was written", file=file))
        return manifest

    def last_good(self) -> str | None:
        """Return the latest published snapshot, other than the current one, that is undamaged."""
        for entry in reversed(self.publications()):
            if entry.snapshot != self.current():
                with contextlib.suppress(SnapshotError):
                    self.verified(entry.snapshot)
                    return entry.snapshot
        return None

    def erase(self, name: str, day: str) -> bool:
        """Remove all of a snapshot but its manifest, and say so in the log; return whether there was anything left.

        The current one is refused: it is what is served. The log says it first, so that a version without its files
        is never a surprise.
        """
        if name == self.current():
            raise SnapshotError(
                _("Snapshot {name} is being served; publish another one first.", name=name[:12]),
            )
        log = self.publications()
        marked = [replace(entry, erased=entry.erased or day) if entry.snapshot == name else entry for entry in log]
        if marked != log:
            self._write_log(marked)
        left = [path for path in self.directory(name).iterdir() if path.name != MANIFEST_FILE]
        for path in left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        atomic_files.sync(self.directory(name))
        return bool(left)

    def _pruned(self, name: str) -> bool:
        """Remove one store and return True; False where somebody reads it."""
        with read_locks.alone(self.directory(name) / MANIFEST_FILE) as free:
            if free:
                shutil.rmtree(self.directory(name) / data_files.STORE_DIRECTORY)
            return free

    def _write_log(self, log: list[Publication]) -> None:
        atomic_files.replace(self._log, b"".join(entry.line() for entry in log))

    def _merged(self, name: str) -> bytes:
        """Return the merged graph of a snapshot; empty where the file is gone, which must not stop a publication."""
        with contextlib.suppress(OSError):
            return (self.directory(name) / data_files.MERGED_FILE).read_bytes()
        return b""

    def _check_space(self, aside: Path, needed: int) -> None:
        free = shutil.disk_usage(aside.parent).free
        if free < needed:
            raise SnapshotError(
                _(
                    "{parent} has {free:,} bytes left, a build may need {needed:,}; make room first.",
                    parent=aside.parent,
                    free=free,
                    needed=needed,
                ),
            )


def open_store(directory: Path, *, from_disk: bool = False) -> ox.Store:
    """Return the data of a snapshot: named graphs, and their merge as the default graph; in memory or on disk.

    The store on disk is derived from the dumps: one that was pruned or is damaged is written again.
    """
    if not from_disk:
        return data_files.load(data=directory / data_files.DATA_FILE, merged=directory / data_files.MERGED_FILE)
    if not _store_is_sound(directory):
        _write_store(directory)
    return ox.Store.read_only(str(directory / data_files.STORE_DIRECTORY))


def _store_is_sound(directory: Path) -> bool:
    """Return whether every file of the store is what was written."""
    try:
        records = json.loads((directory / _STORE_RECORDS).read_bytes())
        return all(asdict(record_of(directory / name)) == record for name, record in records.items())
    except (OSError, ValueError):
        return False


def _write_store(directory: Path) -> None:
    """Write the store aside, then in its place, and last what its files are."""
    path = directory / data_files.STORE_DIRECTORY
    aside = directory / f"{data_files.STORE_DIRECTORY}.new"
    for old in (aside, path):
        shutil.rmtree(old, ignore_errors=True)
    disk = ox.Store(aside)
    disk.bulk_load(path=directory / data_files.DATA_FILE, format=ox.RdfFormat.N_QUADS)
    disk.bulk_load(path=directory / data_files.MERGED_FILE, format=ox.RdfFormat.N_TRIPLES)
    disk.flush()
    del disk
    aside.rename(path)
    files = [file for file in sorted(path.iterdir()) if file.name not in ("LOG", "LOCK")]
    for file in files:
        atomic_files.sync(file)
    records = {file.relative_to(directory).as_posix(): asdict(record_of(file)) for file in files}
    atomic_files.replace(directory / _STORE_RECORDS, _json(records))


def record_of(path: Path) -> FileRecord:
    """Return size and hash of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
        return FileRecord(file.tell(), digest.hexdigest())


def _named(contents: Contents) -> Mapping[str, bytes]:
    return {
        data_files.DATA_FILE: contents.nquads,
        data_files.MERGED_FILE: contents.ntriples,
        SHAPES_FILE: contents.shapes,
        REPORT_FILE: contents.report,
        **contents.files,
    }


def _manifest(directory: Path, contents: Contents) -> Manifest:
    derived = directory / data_files.STORE_DIRECTORY
    paths = sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and derived not in path.parents and path.name != _STORE_RECORDS
    )
    graphs = Counter(line.rsplit(b" ", 2)[1][1:-1].decode() for line in contents.nquads.splitlines())
    return Manifest(
        version=hashlib.sha256(contents.nquads).hexdigest(),
        build_key=contents.build_key,
        base_iri=contents.base_iri,
        triples=contents.ntriples.count(b"\n"),
        graphs=dict(sorted(graphs.items())),
        files={path.relative_to(directory).as_posix(): record_of(path) for path in paths},
    )


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _damaged(directory: Path, reason: Message) -> SnapshotError:
    return SnapshotError(
        _(
            "Snapshot {name}: {reason}; go back with `ozg-lod snapshots use NAME` or build again.",
            name=directory.name,
            reason=reason,
        ),
    )
