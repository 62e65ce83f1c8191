"""What each file of the sources says, kept so that it is read, typed and written as triples once per content.

A reading holds all that the whole needs of a file: its statements as they are written (the shapes judge those), the
same as a store gives them back, the findings, and where each statement stands. It is made and used in a cage. On disk
it carries a hash, so a damaged one is none; it holds what a contribution says, and goes when one is erased.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import struct
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

from pyoxigraph import RdfFormat, Triple, parse

from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.sandbox import wire
from ozg_lod.snapshots.erasure import READINGS
from ozg_lod.snapshots.fingerprint import code_fingerprint
from ozg_lod.tables.finding_collector import FindingCollector
from ozg_lod.tables.header import Header
from ozg_lod.tables.records import Record
from ozg_lod.tables.schema import ForeignKey
from ozg_lod.tables.tables import Cell, TableReading
from ozg_lod.validation.documents import Refusal

_HEAD: Final = struct.Struct("!32sQQQ")
_KEY_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True)
class TablePlaces:
    """Where the statements of a table stand: for each its row and the number of its column in `cells`, 32 bits each.

    `records` are the rows as they were understood, encoded: only references between tables ask for them.
    """

    table: Location
    names: Mapping[str, str]
    letters: Mapping[str, str]
    columns: Mapping[str, str]
    named: Mapping[str, str]
    keys: tuple[ForeignKey, ...]
    cells: tuple[str | None, ...]
    places: bytes
    records: bytes


@dataclass(frozen=True, slots=True)
class FileReading:
    """What was seen in a file, but for its statements; `table` is None for what is no table."""

    file: str
    key: str
    findings: tuple[Finding, ...]
    counts: dict[Severity, int]
    readable: bool
    rows: int
    refusals: tuple[Refusal, ...]
    table: TablePlaces | None


class SourceTable(Protocol):
    """A table that was read: the keys it refers to others by, and the reading with its places."""

    @property
    def keys(self) -> tuple[ForeignKey, ...]: ...
    @property
    def reading(self) -> TableReading: ...


class SourceDocument(Protocol):
    """A document that was read."""

    @property
    def file(self) -> str: ...
    @property
    def refusals(self) -> Collection[Refusal]: ...
    @property
    def triples(self) -> Collection[Triple]: ...


@dataclass(frozen=True)
class FreshTable:
    """A table that was read just now."""

    keys: tuple[ForeignKey, ...]
    reading: TableReading

    def places(self) -> TablePlaces:
        """Return what is kept of it."""
        reading, cells = self.reading, dict.fromkeys(cell.column for cell in self.reading.cells)
        numbers = {column: number for number, column in enumerate(cells)}
        places = array("I", (part for cell in reading.cells for part in (cell.row, numbers[cell.column])))
        header = reading.header or Header((), {}, {})
        return TablePlaces(
            table=reading.table,
            names=header.names,
            letters=header.letters,
            columns=reading.columns,
            named=reading.named,
            keys=self.keys,
            cells=tuple(cells),
            places=places.tobytes(),
            records=wire.encode(reading.records),
        )


class KeptReading:
    """A reading that was kept: the statements in N-Triples, and as sorted N-Quads in the spelling of a store.

    As a document or a table it is what had been read; what takes time is made when it is asked for.
    """

    def __init__(self, seen: memoryview, ntriples: memoryview, quads: memoryview) -> None:
        self._seen = seen
        self.ntriples = ntriples
        self.quads = quads

    @cached_property
    def seen(self) -> FileReading:
        return wire.decode(FileReading, bytes(self._seen))

    @property
    def file(self) -> str:
        return self.seen.file

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return self.seen.refusals

    @property
    def triples(self) -> list[Triple]:
        return [quad.triple for quad in parse(bytes(self.ntriples), RdfFormat.N_TRIPLES)]

    @property
    def keys(self) -> tuple[ForeignKey, ...]:
        return self.seen.table.keys if self.seen.table is not None else ()

    @cached_property
    def reading(self) -> TableReading:
        collector = FindingCollector()
        collector.take(self.seen.findings, self.seen.counts)
        table = self.seen.table
        if table is None:
            return TableReading(Location(file=self.file), collector, complete=self.seen.readable)
        places = array("I", table.places)
        return TableReading(
            table=table.table,
            collector=collector,
            triples=self.triples,
            cells=[Cell(row, table.cells[number]) for row, number in zip(places[::2], places[1::2], strict=True)],
            records=wire.decode(list[Record], table.records),
            header=Header((), table.names, table.letters) if table.names else None,
            columns=table.columns,
            named=table.named,
            complete=self.seen.readable,
        )


def packed(seen: FileReading, ntriples: bytes, quads: bytes) -> bytes:
    """Return a reading as it is kept."""
    head = wire.encode(seen)
    rest = b"".join((head, ntriples, quads))
    sizes = len(head), len(ntriples), len(quads)
    return _HEAD.pack(_digest(sizes, rest), *sizes) + rest


def unpacked(data: memoryview) -> Iterator[KeptReading]:
    """Yield the readings that stand in a row; their hashes were checked (`sound`)."""
    for start, sizes in _spans(data):
        first, second, end = start + sizes[0], start + sizes[0] + sizes[1], start + sum(sizes)
        yield KeptReading(data[start:first], data[first:second], data[second:end])


def mapped(places: Iterable[tuple[Path, int]]) -> list[KeptReading]:
    """Return the readings in these files, from so many bytes on, by the names of what was read; they stay on disk."""
    readings = [reading for path, start in places for reading in unpacked(content(path)[start:])]
    return sorted(readings, key=lambda reading: reading.file)


def content(path: Path) -> memoryview:
    """Return the bytes of a file, which stay on disk; raise OSError or ValueError (it is empty)."""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))


def sound(data: memoryview) -> bool:
    """Tell whether all this is readings as they were written."""
    try:
        spans = list(_spans(data))
    except struct.error:
        return False
    start = 0
    for begin, sizes in spans:
        digest, end = data[begin - _HEAD.size : begin - _HEAD.size + 32], begin + sum(sizes)
        if begin != start + _HEAD.size or end > len(data) or _digest(sizes, data[begin:end]) != digest:
            return False
        start = end
    return start == len(data)


def _spans(data: memoryview) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Yield where the rest of each reading begins, and the sizes of its three parts."""
    start = 0
    while start < len(data):
        _digest, *sizes = _HEAD.unpack_from(data, start)
        begin = start + _HEAD.size
        yield begin, (sizes[0], sizes[1], sizes[2])
        start = begin + sum(sizes)


def _digest(sizes: tuple[int, int, int], rest: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(_HEAD.pack(b"", *sizes))
    digest.update(rest)
    return digest.digest()


def program() -> str:
    """Return what tells the programs apart that would read a file differently."""
    return f"{code_fingerprint()} pyoxigraph {version('pyoxigraph')}"


def key(*parts: object) -> str:
    """Return the name of what is made of these by this program: 64 hexadecimal digits."""
    return hashlib.sha256(wire.encode((program(), *parts))).hexdigest()


class ReadingCache:
    """The folder of the readings that builds keep."""

    def __init__(self, target: Path) -> None:
        self.folder = target / READINGS

    def path(self, name: str) -> Path:
        return self.folder / name

    def has(self, name: str) -> bool:
        """Tell whether there is a reading of this name; one that is damaged is none."""
        try:
            readings = content(self.path(name))
        except (OSError, ValueError):
            return False
        return sound(readings) and [reading.seen.key for reading in unpacked(readings)] == [name]

    def keep(self, name: str, reading: bytes) -> None:
        """Keep a reading; whoever is killed meanwhile leaves none of this name.

        Nothing is flushed: what a power loss damages is made anew.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        aside = self.path(f"{name}.new")
        aside.write_bytes(reading)
        aside.rename(self.path(name))

    def trim(self, used: Collection[str]) -> None:
        """Remove what no build in hand uses, but for the newest, which together may be as large as what is used."""
        with contextlib.suppress(FileNotFoundError):
            stats = {path: path.stat() for path in self.folder.iterdir()}
            left = sum(stat.st_size for path, stat in stats.items() if path.name in used)
            others = [path for path in stats if path.name not in used]
            for path in sorted(others, key=lambda path: stats[path].st_mtime_ns, reverse=True):
                left -= stats[path].st_size
                if left < 0 or len(path.name) != _KEY_CHARACTERS:
                    path.unlink()
