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
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.errors import SnapshotError
from ozg_lod.core.messages import _
from ozg_lod.snapshots import (
    atomic_files,
    changes,
    checked_json,
    data_files,
    read_locks,
    site_files,
    summary,
    verified_files,
)
from ozg_lod.snapshots.verified_files import MANIFEST_FILE, FileRecord, VerifiedFiles, damaged, record_of

SHAPES_FILE: Final = "shapes.ttl"
REPORT_FILE: Final = "report.json"
QUERIES_FOLDER: Final = "queries"
_STORE_RECORDS: Final = "store.json"
_FORMAT: Final = 1
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_VERSION: Final = re.compile(r"[0-9a-f]{64}")
_KINDS: Final = ("added", "changed", "withdrawn")


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
        try:
            manifest = cls(**verified_files.manifest(directory))
        except TypeError as error:
            raise damaged(directory, _("{file} is not readable ({error})", file=MANIFEST_FILE, error=error)) from error
        if manifest.format != _FORMAT:
            raise damaged(directory, _("format {format} is unknown", format=manifest.format))
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
    def of(cls, line: bytes) -> Publication:
        """Return the publication of one line of the log; raise ValueError, TypeError or KeyError for what is none."""
        said = checked_json.read(line)
        differs = {kind: None if said.get(kind) is None else tuple(said[kind]) for kind in _KINDS}
        entry = cls(**{**said, **differs})
        if (
            type(entry.number) is not int
            or not _VERSION.fullmatch(entry.version)
            or not _NAME.fullmatch(entry.snapshot)
        ):
            raise ValueError("number, version or snapshot is none")
        dt.datetime.fromisoformat(entry.time)
        if entry.erased:
            dt.date.fromisoformat(entry.erased)
        return entry

    def line(self) -> bytes:
        """Return the line of the log; only one that was erased says so."""
        return checked_json.written({name: value for name, value in asdict(self).items() if name != "erased" or value})


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
        self._files = VerifiedFiles()
        self._read: tuple[tuple[int, ...], list[Publication]] = ((), [])

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

    def folders(self) -> list[str]:
        """Return the names of all folders of snapshots, those without a manifest among them, sorted."""
        return sorted(path.name for path in self._folder.glob("*") if path.is_dir() and not path.suffix)

    def every_name(self) -> list[str]:
        """Return the names of all snapshots that are here or in the log, sorted."""
        return sorted({*self.folders(), *(entry.snapshot for entry in self.publications())})

    def publications(self) -> list[Publication]:
        """Return the publication log, oldest first; raise SnapshotError naming the line that is damaged.

        A torn last line (power loss) is not a publication.
        """
        try:
            with self._log.open("rb") as file:
                stat = os.fstat(file.fileno())
                seen = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
                if seen != self._read[0]:
                    self._read = (seen, [self._publication(*line) for line in _lines(file.read())])
        except FileNotFoundError:
            return []
        return list(self._read[1])

    def _publication(self, number: int, line: bytes) -> Publication:
        try:
            return Publication.of(line)
        except (ValueError, TypeError, KeyError) as error:
            raise SnapshotError(
                _(
                    "The publication log is damaged: {file} line {number} ({error}); put it back from a backup.",
                    file=self._log.name,
                    number=number,
                    error=error,
                ),
            ) from error

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
        return changes.resources((self._merged(name) or b"").splitlines(), base_iri)

    def current(self) -> str | None:
        """Return the name of the snapshot that is to be served, None before the first publication.

        Raises SnapshotError where the pointer is damaged: whoever took that for "none yet" would build over it.
        """
        try:
            name = self._current.read_bytes().decode("ascii", "replace").strip()
        except FileNotFoundError:
            if not self._log.exists():
                return None
            name = ""
        if not _NAME.fullmatch(name):
            raise SnapshotError(
                _(
                    "{file} is damaged and names no snapshot; `ozg-lod snapshots list` has the names, "
                    "`ozg-lod snapshots use NAME` sets it again.",
                    file=self._current,
                ),
            )
        return name

    def serves(self, name: str) -> bool:
        """Return whether this is the current snapshot; a damaged pointer points nowhere."""
        with contextlib.suppress(SnapshotError):
            return self.current() == name
        return False

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
        (aside / MANIFEST_FILE).write_bytes(checked_json.written(asdict(manifest)))
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
        if self.serves(name):
            return None
        manifest = Manifest.read(self.directory(name))
        log = self.publications()
        if log and log[-1].snapshot == name:  # it was logged, and then somebody was killed
            atomic_files.replace(self._current, f"{name}\n".encode())
            return log[-1]
        before, after = self._merged(log[-1].snapshot) if log else b"", self._merged(name)
        if after is None:
            raise damaged(self.directory(name), _("{file} is not what was written", file=data_files.MERGED_FILE))
        differs = {} if before is None else asdict(changes.between(before, after, manifest.base_iri))
        publication = Publication(len(log) + 1, _after(log), manifest.version, name, **differs)
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
        if not (directory / data_files.DATA_FILE).exists() and (day := self.erased(name)):
            raise damaged(directory, _("its files were erased on {gone}", gone=day))
        if not manifest.triples:
            raise damaged(directory, _("it is empty"))
        self.checked(directory, manifest)
        return manifest

    def checked(self, directory: Path, manifest: Manifest, *names: str) -> Path:
        """Return the directory after these files and folders ("x/"), or all, were held against the manifest.

        Raises SnapshotError naming the first that is not what was written.
        """
        return self._files.checked(directory, manifest.files, *names)

    def damages(self, name: str) -> list[str]:
        """Return every file of a snapshot that is not what was written; the store counts unless it was pruned."""
        directory = self.directory(name)
        try:
            manifest = Manifest.read(directory)
        except SnapshotError:
            return [MANIFEST_FILE]
        files = [name for name, record in manifest.files.items() if not self._files.is_sound(directory / name, record)]
        store = directory / data_files.STORE_DIRECTORY
        return [*files, f"{store.name}/"] if store.exists() and not _store_is_sound(directory) else files

    def erased(self, name: str) -> str:
        """Return the day on which the files of a snapshot were erased, "" where they are kept."""
        return next((entry.erased for entry in self.publications() if entry.snapshot == name and entry.erased), "")

    def repair(self, name: str) -> list[str]:
        """Make anew what is damaged and made of `data.nq` alone, the merged graph and the store; return what was.

        What does not become what was written stays as it is, and so does a store that is being read.
        """
        directory = self.directory(name)
        damages, repaired = self.damages(name), []
        if not {MANIFEST_FILE, data_files.DATA_FILE}.isdisjoint(damages):
            return []
        if data_files.MERGED_FILE in damages:
            merged = data_files.merged((directory / data_files.DATA_FILE).read_bytes())
            if hashlib.sha256(merged).hexdigest() == Manifest.read(directory).files[data_files.MERGED_FILE].sha256:
                atomic_files.replace(directory / data_files.MERGED_FILE, merged)
                repaired.append(data_files.MERGED_FILE)
        if f"{data_files.STORE_DIRECTORY}/" in damages and data_files.MERGED_FILE not in {*damages} - {*repaired}:
            with read_locks.alone(directory / MANIFEST_FILE) as free:
                if free:
                    _write_store(directory)
                    repaired.append(f"{data_files.STORE_DIRECTORY}/")
        return repaired

    def last_good(self) -> str | None:
        """Return the latest published snapshot, other than the current one, that is undamaged."""
        for entry in reversed(self.publications()):
            if not self.serves(entry.snapshot):
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

    def _merged(self, name: str) -> bytes | None:
        """Return the merged graph of a snapshot, None where it is gone or damaged: that stops no publication."""
        with contextlib.suppress(OSError, SnapshotError):
            manifest = Manifest.read(self.directory(name))
            return (
                self.checked(self.directory(name), manifest, data_files.MERGED_FILE) / data_files.MERGED_FILE
            ).read_bytes()
        return None

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
    verified_files.checked(directory, data_files.DATA_FILE, data_files.MERGED_FILE)
    if not from_disk:
        return data_files.load(data=directory / data_files.DATA_FILE, merged=directory / data_files.MERGED_FILE)
    if not _store_is_sound(directory):
        _write_store(directory)
    return ox.Store.read_only(str(directory / data_files.STORE_DIRECTORY))


def on_disk(directory: Path) -> Callable[[], ox.Store]:
    """Return what opens the store of a snapshot for a worker, before it is confined."""
    manifest = Manifest.read(directory)
    predicates = list(summary.read(directory, manifest.base_iri, site_files.kinds(directory)).properties)
    return partial(data_files.read_only, directory / data_files.STORE_DIRECTORY, predicates, manifest.graphs)


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
    atomic_files.replace(directory / _STORE_RECORDS, checked_json.plain(records))


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


def _lines(log: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the numbered lines of a log, without what is torn at its end: a whole object there lacks its end only."""
    *lines, rest = log.split(b"\n")
    with contextlib.suppress(ValueError, RecursionError):
        json.JSONDecoder().raw_decode(rest.decode("utf-8", "replace"))
        lines.append(rest)
    return ((number, line) for number, line in enumerate(lines, 1) if line)


def _after(log: list[Publication]) -> str:
    """Return the present moment, UTC; never one before the last publication, whatever became of the clock.

    Dates of files are those of publications: were one earlier than another before it, what changed would seem old.
    """
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    if log:
        now = max(now, dt.datetime.fromisoformat(log[-1].time) + dt.timedelta(seconds=1))
    return now.isoformat().replace("+00:00", "Z")
