"""A tiny opened snapshot of any graph, with the files that the build makes of its data."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import pyoxigraph as ox

from ozg_lod.http.response_cache import ResponseCache
from ozg_lod.search import index
from ozg_lod.site.page_snapshot import PageSnapshot
from ozg_lod.snapshots import site_files
from ozg_lod.snapshots.data_files import MERGED_FILE
from ozg_lod.snapshots.snapshot import Manifest

DATA = Path(__file__).parents[1] / "data"
BASE = "https://w3id.org/ozg-lod/hessen/"
PUBLIC = "https://daten.example/ozg"
VERSION = "0123456789abcdef" * 4
SHAPES = b"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ozg: <https://w3id.org/ozg-lod/ontology#> .
@prefix ozgsh: <https://w3id.org/ozg-lod/shapes#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
ozgsh:Figure a sh:NodeShape ; sh:targetClass ozg:Figure ; sh:property ozgsh:figure-value .
ozgsh:figure-value sh:path ozg:value ; sh:message "Geben Sie den Wert an."@de, "Give the value."@en ; sh:in ( 1 2 ) .
ozgsh:Period a sh:NodeShape ; sh:targetSubjectsOf dcat:startDate ; sh:property ozgsh:period-end .
ozgsh:period-end sh:path dcat:endDate ; sh:message "Ende vor Beginn."@de ; sh:severity sh:Warning .
"""


def small_snapshot(
    store: ox.Store, *, shapes: bytes = SHAPES, version: str = VERSION, code: str = "code", directory: Path = DATA
) -> PageSnapshot:
    """Return the snapshot; its files go when it does."""
    folder = Path(tempfile.mkdtemp())
    lines = (ox.serialize((quad.triple for quad in store), format=ox.RdfFormat.N_TRIPLES) or b"").splitlines(True)
    ntriples = b"".join(sorted(set(lines)))
    kinds = site_files.kinds(directory)
    (folder / MERGED_FILE).write_bytes(ntriples)
    (folder / index.FILE).write_bytes(index.write(ntriples, BASE, kinds))
    for file in directory.iterdir():
        if file.name not in {MERGED_FILE, index.FILE}:
            (folder / file.name).symlink_to(file)
    snapshot = PageSnapshot(
        directory=folder,
        manifest=Manifest(version, version, BASE, len(store), {}, {}),
        store=store,
        shapes=shapes,
        public_url=PUBLIC,
        code=code,
        cache=ResponseCache(10_000_000),
    )
    weakref.finalize(snapshot, shutil.rmtree, folder)
    return snapshot
