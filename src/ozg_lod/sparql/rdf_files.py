"""Any RDF files as a dataset: what `ozg-lod serve --rdf` answers from, exactly as it is written.

Files of triples go into the default graph, or into the named graph they were given for; files of quads keep their
graphs. There is no merged graph here: nothing is added, nothing is taken away. The files are read by the fork
server, never by the server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import pyoxigraph as ox

from ozg_lod.core.errors import SourceError, UsageError
from ozg_lod.core.messages import _
from ozg_lod.core.settings import RdfFile
from ozg_lod.rdf import formats
from ozg_lod.sandbox.worker_process import Work
from ozg_lod.sparql import store

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


def load(files: Sequence[RdfFile]) -> ox.Store:
    """Return the files in memory; raise SourceError with file, line and column where one cannot be read."""
    loaded = ox.Store()
    for file in files:
        graph = ox.NamedNode(file.graph) if file.graph else None
        base = file.path.resolve().as_uri()
        try:
            loaded.bulk_load(path=file.path, format=_format(file).rdf, base_iri=base, to_graph=graph)
        except (SyntaxError, ValueError, OSError) as error:
            raise SourceError(_("{path}: {error}.", path=file.path, error=error)) from None
    return loaded


def argument(files: Sequence[RdfFile]) -> str:
    """Return what `answering` needs to load these files."""
    return msgspec.json.encode([(str(file.path.resolve()), file.graph) for file in files]).decode()


def answering(argument: str) -> Work:
    """Return the work of query workers (entry of the fork server)."""
    pairs = msgspec.json.decode(argument, type=list[tuple[str, str | None]])
    files = [RdfFile(Path(path), graph) for path, graph in pairs]
    return store.work(store.EmbeddedStore(load(files)))


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
