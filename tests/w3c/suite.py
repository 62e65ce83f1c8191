"""The manifests of the W3C suites, read into cases.

The data are those in the source distribution of rdflib 7.6.0. They are not part of this repository: they are looked
for in the folder that OZG_W3C names, else in ~/.cache/ozg-lod (see docs/conformance.md).
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

ARCHIVE = "rdflib-7.6.0.tar.gz"
_INSIDE = "rdflib-7.6.0/test/data/suites/w3c/"
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NOT_FOR_QUERIES = ("Update", "PositiveUpdate", "NegativeUpdate", "Protocol", "ServiceDescription")
_RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


@dataclass(frozen=True)
class Case:
    """One test of a manifest. `kind` is its class without namespace; `data` and `graphs` are files."""

    name: str
    kind: str
    query: Path
    data: tuple[Path, ...]
    graphs: tuple[tuple[str, Path], ...]
    result: Path | None


def unpacked(folder: Path) -> Path:
    """Unpack the suites into `folder`; skip where the archive is not on this machine."""
    archive = Path(os.environ.get("OZG_W3C", Path.home() / ".cache" / "ozg-lod")) / ARCHIVE
    if not archive.is_file():
        pytest.skip(f"the W3C suites are not here: {ARCHIVE} is missing in {archive.parent} (docs/conformance.md)")
    with tarfile.open(archive) as packed:
        members = [member for member in packed.getmembers() if member.name.startswith(_INSIDE)]
        packed.extractall(folder, members=members, filter="data")
    return folder / _INSIDE


def cases(manifest: Path) -> Iterator[Case]:
    """Yield the tests of one manifest in their order."""
    store = ox.Store()
    store.load(path=manifest, format=ox.RdfFormat.TURTLE, base_iri=manifest.as_uri())
    for head in _objects(store, None, _MF + "entries"):
        for entry in _members(store, head):
            if not _objects(store, entry, _RDF + "type")[0].value.rpartition("#")[2].startswith(_NOT_FOR_QUERIES):
                yield _case(store, entry)


def _case(store: ox.Store, entry: ox.NamedNode) -> Case:
    (action,) = _objects(store, entry, _MF + "action")
    query = action if isinstance(action, ox.NamedNode) else _objects(store, action, _QT + "query")[0]
    results = _objects(store, entry, _MF + "result")
    return Case(
        name=entry.value.rpartition("#")[2],
        kind=_objects(store, entry, _RDF + "type")[0].value.rpartition("#")[2],
        query=_path(query),
        data=tuple(_path(found) for found in _objects(store, action, _QT + "data")),
        graphs=tuple(_graph(store, found) for found in _objects(store, action, _QT + "graphData")),
        result=_path(results[0]) if results else None,
    )


def _graph(store: ox.Store, node: object) -> tuple[str, Path]:
    """Return name and file of a named graph; some manifests give it a name other than its address."""
    if isinstance(node, ox.NamedNode):
        return node.value, _path(node)
    (file,) = _objects(store, node, _QT + "graph")
    labels = _objects(store, node, _RDFS_LABEL)
    return (labels[0] if labels else file).value, _path(file)


def _members(store: ox.Store, head: object) -> Iterator[ox.NamedNode]:
    while head != ox.NamedNode(_RDF + "nil"):
        (first,) = _objects(store, head, _RDF + "first")
        yield first
        (head,) = _objects(store, head, _RDF + "rest")


def _objects(store: ox.Store, subject: object, predicate: str) -> list:
    return [quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(predicate), None)]


def _path(node: ox.NamedNode) -> Path:
    return Path(node.value.removeprefix("file://"))
