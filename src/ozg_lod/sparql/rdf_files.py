"""Any RDF files as a dataset: what `ozg-lod serve --rdf` answers from, exactly as it is written.

Files of triples go into the default graph, or into the named graph they were given for; files of quads keep their
graphs. There is no merged graph here: nothing is added, nothing is taken away. The files are read by the fork
server, never by the server.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import pyoxigraph as ox

from ozg_lod.core.errors import SourceError, UsageError
from ozg_lod.core.messages import _
from ozg_lod.core.settings import RdfFile
from ozg_lod.rdf import formats
from ozg_lod.sandbox.worker_process import Work, WorkerSetup
from ozg_lod.snapshots import atomic_files, data_files
from ozg_lod.sparql import store

_NAMES: Final = "names.json"
_HELD: Final = 5
"""Bytes of memory for one byte of N-Triples; other formats say the same in half as many."""
READ: Final = (*formats.GRAPHS, *formats.DATASETS)
_SUFFIXES: Final = {"owl": "rdf", "xml": "rdf", "n3": "ttl", "json": "jsonld"}


def version(files: Sequence[RdfFile]) -> str:
    """Return 64 hexadecimal digits over the bytes and graphs of all files; raise UsageError for what is no RDF file."""
    digest = hashlib.sha256()
    for file in files:
        _format(file)
        try:
            with file.path.open("rb") as content:
                digest.update(f"{file.graph}\0".encode() + hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            raise UsageError(_("{path} cannot be read: {reason}.", path=file.path, reason=error.strerror)) from None
    return digest.hexdigest()


def fit(files: Sequence[RdfFile], memory_mb: int, *, processes: int) -> bool:
    """Tell whether so many processes may each hold the files in memory."""
    lines = (formats.NTRIPLES, formats.NQUADS)
    held = sum(file.path.stat().st_size * (_HELD if _format(file) in lines else 2 * _HELD) for file in files)
    return held * processes <= memory_mb * 1_000_000


def load(files: Sequence[RdfFile], loaded: ox.Store | None = None) -> ox.Store:
    """Return the files, by default in memory; raise SourceError with file, line and column where one cannot be read."""
    loaded = ox.Store() if loaded is None else loaded
    for file in files:
        graph = ox.NamedNode(file.graph) if file.graph else None
        base = file.path.resolve().as_uri()
        try:
            loaded.bulk_load(path=file.path, format=_format(file).rdf, base_iri=base, to_graph=graph)
        except (SyntaxError, ValueError, OSError) as error:
            raise SourceError(_("{path}: {error}.", path=file.path, error=error)) from None
    return loaded


def argument(files: Sequence[RdfFile], folder: Path) -> str:
    """Return what the fork server needs to load these files; those that do not fit become a store in `folder`."""
    return msgspec.json.encode((str(folder), [(str(file.path.resolve()), file.graph) for file in files])).decode()


def _read(argument: str) -> tuple[Path, list[RdfFile]]:
    folder, pairs = msgspec.json.decode(argument, type=tuple[str, list[tuple[str, str | None]]])
    return Path(folder), [RdfFile(Path(path), graph) for path, graph in pairs]


def answering(argument: str) -> Work:
    """Return the work of query workers (entry of the fork server)."""
    return store.work(store.EmbeddedStore(load(_read(argument)[1])))


def answering_from_disk(argument: str) -> WorkerSetup:
    """Return the same for files that do not fit into memory: written once, by a process of its own, read by workers.

    A store that is open for writing has threads, which the fork server must not have.
    """
    folder, files = _read(argument)
    names = folder / _NAMES
    if not names.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as aside:
            content = aside.submit(_write, folder / data_files.STORE_DIRECTORY, files).result()
        atomic_files.replace(names, content)
    predicates, graphs = msgspec.json.decode(names.read_bytes(), type=tuple[list[str], dict[str, int]])
    return store.from_disk(partial(data_files.read_only, folder / data_files.STORE_DIRECTORY, predicates, graphs))


def _write(path: Path, files: Sequence[RdfFile]) -> bytes:
    """Write the files into a store; return its predicates, and its graphs with their size, as JSON."""
    path.mkdir(parents=True)
    loaded = load(files, ox.Store(str(path)))
    loaded.flush()
    predicates: dict[str, None] = {}
    graphs: Counter[str] = Counter()
    for quad in loaded:
        predicates[quad.predicate.value] = None
        if isinstance(quad.graph_name, ox.NamedNode):
            graphs[quad.graph_name.value] += 1
    return msgspec.json.encode((list(predicates), graphs))


def _format(file: RdfFile) -> formats.Format:
    """Return the format a file's name tells; raise UsageError for a name that tells none."""
    suffix = file.path.suffix.removeprefix(".").lower()
    file_format = next((form for form in READ if form.suffix == _SUFFIXES.get(suffix, suffix)), None)
    if file_format is None:
        names = ", ".join(f".{form.suffix}" for form in READ)
        raise UsageError(
            _("{path} is not named like an RDF file; read are {names}.", path=file.path, names=names),
        )
    if file.graph is not None and file_format in formats.DATASETS:
        raise UsageError(
            _("{path} names its graphs itself; give it with --rdf instead of --graph.", path=file.path),
        )
    return file_format
