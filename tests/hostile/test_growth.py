"""Nothing that is served costs more in a larger catalogue: the same pages of one, and of one ten times larger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from tests.site.test_pages import Client
from tests.small_snapshot import BASE, small_snapshot

from ozg_lod.snapshots import data_files
from ozg_lod.web import app

FEW, MANY = 1_000, 10_000
KEY = "0001"
PATHS = [
    "/",
    "/zeitleiste",
    "/quellen",
    "/widersprueche",
    "/karte",
    "/sitemap.xml",
    "/sitemap-1.xml",
    "/ontology",
    "/efa",
    "/reuse",
    "/doc/bundle",
    *(f"/doc/availability{form}" for form in ("", ".csv", ".ttl", ".jsonld", "?page=3", "?q=leistung", "/nothing")),
    f"/doc/availability/{KEY}",
    f"/linkset/availability/{KEY}",
]


class CountingStore:
    """A store that counts what is read from it."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.reads = 0

    def quads_for_pattern(self, *pattern: object) -> Iterator[ox.Quad]:
        for quad in self.store.quads_for_pattern(*pattern):
            self.reads += 1
            yield quad


def catalogue(size: int) -> ox.Store:
    """Return one authority for each availability, all of one bundle."""
    head = "@prefix ozg: <https://w3id.org/ozg-lod/ontology#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . "
    head += "@prefix org: <http://www.w3.org/ns/org#> . @prefix dct: <http://purl.org/dc/terms/> . "
    head += f"@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @base <{BASE}id/> . "
    head += (
        '<bundle/a> a ozg:ServiceBundle ; skos:prefLabel "A"@de . <source/s> a ozg:Source ; ozg:asOf "2026-01-01" . '
    )
    rows = (
        f"<availability/{number:04}> a ozg:Availability ; ozg:availabilityOf <bundle/a> ; "
        f"ozg:availableAt <municipality/{number:08}> ; "
        f'skos:prefLabel "Leistung {number}"@de ; ozg:month "2020-{1 + number % 12:02}"^^xsd:gYearMonth ; '
        f"ozg:serviceCount 1 ; dct:source <source/s> . "
        f'<municipality/{number:08}> a org:Organization ; skos:prefLabel "Gemeinde {number}"@de . '
        for number in range(size)
    )
    store = ox.Store()
    store.bulk_load((head + "".join(rows)).encode(), format=ox.RdfFormat.TURTLE)
    return store


def served(size: int) -> tuple[Client, CountingStore]:
    opened = small_snapshot(catalogue(size))
    counting = CountingStore(opened.store)
    vars(opened).update(store=counting, publications=list)
    client = Client(opened)
    app.serve(
        client.app, {f"ozg_lod.web.{name}_routes": app.SUBJECTS[name] for name in ("topic", "search", "catalogue")}
    )
    return client, counting


@pytest.fixture(scope="module")
def both() -> list[tuple[Client, CountingStore]]:
    return [served(FEW), served(MANY)]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_reads_no_more_and_is_no_longer_in_a_larger_catalogue(
    both: list[tuple[Client, CountingStore]], path: str
) -> None:
    reads, sizes = [], []
    for client, store in both:
        before = store.reads
        answer = client.get(path)
        assert answer.status_code in {httpx.codes.OK, httpx.codes.NOT_FOUND}, answer.text
        reads.append(store.reads - before)
        sizes.append(len(answer.content))
    assert reads[1] <= 1.3 * reads[0] + 50, reads
    assert sizes[1] <= 200_000 or path.startswith("/sitemap"), sizes


def test_all_files_of_a_store_on_disk_are_open_before_a_worker_is_confined(tmp_path: Path) -> None:
    graphs = {f"urn:graph:{number}": 20_000 for number in range(3)}
    predicates = [f"urn:property:{number}" for number in range(5)]
    store = ox.Store(str(tmp_path / "store"))
    for load in range(6):  # each writes files of its own
        lines = (
            f"<urn:node:{load}:{place}> <{predicate}> <urn:node:{load}:{place + 1}> {name} ."
            for name in ("", *(f"<{graph}>" for graph in graphs))
            for predicate in predicates
            for place in range(200)
        )
        store.bulk_load("\n".join(lines), format=ox.RdfFormat.N_QUADS)
    del store
    files = {path.name for path in (tmp_path / "store").glob("*.sst")}
    assert len(files) > 16, "RocksDB opens so many by itself"
    store = data_files.read_only(tmp_path / "store", predicates, graphs)
    links = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    closed = files - {link.name for link in links}
    sizes = {(tmp_path / "store" / name).stat().st_size for name in closed}
    assert not closed, sizes
    assert len(list(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))) == 6 * 1_000


def test_files_that_do_not_fit_are_answered_from_disk(
    tmp_path: Path, serve: Callable[..., AbstractContextManager[str]]
) -> None:
    (tmp_path / "x.nq").write_text("<urn:a> <urn:p> 1 .\n<urn:b> <urn:p> <urn:c> <urn:g> .\n".replace(" 1 ", ' "1" '))
    with serve(tmp_path / "none", "--rdf", str(tmp_path / "x.nq"), "--memory-mb", "0") as url:
        query = "SELECT ?s ?g { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } ORDER BY ?s"
        answer = httpx.get(f"{url}/sparql", params={"query": query}, headers={"accept": "text/csv"})
        assert answer.text.split() == ["s,g", "urn:a,", "urn:b,urn:g"]
    assert list((tmp_path / "none" / "files").glob("*/store/*.sst"))
