"""From source folders to a published snapshot: all of it or nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.conftest import ROOT, program

from ozg_lod.build.build import BuildResult, build
from ozg_lod.build.sources import read
from ozg_lod.core.errors import SourceError
from ozg_lod.core.settings import Settings
from ozg_lod.snapshots.snapshot import Snapshots, open_store

BASE = "https://w3id.org/ozg-lod/hessen/"
CATALOGUE = f"""
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix void: <http://rdfs.org/ns/void#> .
<{BASE}catalog> a dcat:Catalog ; dct:title "Prüffall"@de ; void:uriSpace "{BASE}" .
"""
SOURCES = f"""
@base <{BASE}id/> . @prefix prov: <http://www.w3.org/ns/prov#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<source/hmdis-2021-05-19-sachstand-tabelle> a prov:Entity , foaf:Document ; skos:prefLabel "Tabelle"@de .
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source folder of its own: our ontology, shapes and queries, and one table."""
    folder = tmp_path / "source"
    for name in ("ontology", "shapes", "queries/derive"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "tests" / "invariants", folder / "invariants")
    (folder / "data").mkdir()
    for name in ("bundles.csv", "bundles.csv-metadata.json"):
        shutil.copy(ROOT / "data" / name, folder / "data" / name)
    (folder / "data" / "catalogue.ttl").write_text(CATALOGUE, encoding="utf-8")
    (folder / "data" / "sources.ttl").write_text(SOURCES, encoding="utf-8")
    return folder


def run(source: Path, target: Path, *more: Path) -> BuildResult:
    return build(Settings(source=(source, *more), target=target), say=lambda _message: None)


def test_a_build_publishes_a_verified_snapshot(source: Path, tmp_path: Path) -> None:
    outcome = run(source, tmp_path / "target")
    assert outcome.manifest is not None
    snapshots = Snapshots(tmp_path / "target")
    assert snapshots.verified(snapshots.current() or "") == outcome.manifest
    assert outcome.manifest.graphs[f"{BASE}graph/bundles"] > 200
    assert f"{BASE}graph/derived" in outcome.manifest.graphs
    assert f"{BASE}graph/ontology" in outcome.manifest.graphs


def test_the_default_graph_is_the_merge_each_triple_once(source: Path, tmp_path: Path) -> None:
    twice = f'<{BASE}id/bundle/soziales> <http://www.w3.org/2004/02/skos/core#altLabel> "Soziales"@de .\n'
    for name in ("one.nt", "two.nt"):
        (source / "data" / name).write_text(twice, encoding="utf-8")
    outcome = run(source, tmp_path / "target")
    assert outcome.manifest is not None
    snapshots = Snapshots(tmp_path / "target")
    store = open_store(snapshots.directory(snapshots.current() or ""))
    quads = list(
        store.quads_for_pattern(ox.NamedNode(f"{BASE}id/bundle/soziales"), None, ox.Literal("Soziales", language="de"))
    )
    graphs = sorted(str(quad.graph_name) for quad in quads if "altLabel" in quad.predicate.value)
    assert graphs == [f"<{BASE}graph/one>", f"<{BASE}graph/two>", "DEFAULT"]


def test_unchanged_sources_do_nothing(source: Path, tmp_path: Path) -> None:
    first = run(source, tmp_path / "target")
    again = run(source, tmp_path / "target")
    assert (first.unchanged, again.unchanged) == (False, True)
    assert again.manifest == first.manifest
    assert len(Snapshots(tmp_path / "target").publications()) == 1


def test_the_same_sources_give_the_same_files_elsewhere(source: Path, tmp_path: Path) -> None:
    one, other = run(source, tmp_path / "one").manifest, run(source, tmp_path / "other").manifest
    assert one is not None
    assert other is not None
    assert one.version == other.version
    for name in ("data.nq", "data.nt", "report.json", "shapes.ttl"):
        assert one.files[name] == other.files[name]


def test_a_finding_names_row_and_column_and_nothing_changes(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "target")
    before = Snapshots(tmp_path / "target").current()
    table = source / "data" / "bundles.csv"
    table.write_text(
        table.read_text(encoding="utf-8").replace("2019-10,Oktober", "Herbst 19,Oktober", 1), encoding="utf-8"
    )
    outcome = run(source, tmp_path / "target")
    assert outcome.manifest is None
    assert outcome.examination is not None
    finding = outcome.examination.findings[0]
    assert (finding.place.file, finding.place.row) == ("bundles.csv", 3)
    assert "2020-10" in finding.message["en"]
    assert Snapshots(tmp_path / "target").current() == before


def test_going_back_to_old_sources_publishes_the_old_snapshot_again(source: Path, tmp_path: Path) -> None:
    first = run(source, tmp_path / "target").manifest
    extra = source / "data" / "extra.nt"
    extra.write_text(
        f'<{BASE}id/bundle/soziales> <http://www.w3.org/2004/02/skos/core#altLabel> "S"@de .\n', encoding="utf-8"
    )
    second = run(source, tmp_path / "target").manifest
    extra.unlink()
    third = run(source, tmp_path / "target")
    assert first is not None
    assert second is not None
    assert first.version != second.version
    assert third.manifest == first
    assert [entry.version for entry in Snapshots(tmp_path / "target").publications()] == [
        first.version,
        second.version,
        first.version,
    ]


def test_sources_that_nothing_holds_against_each_other_are_refused(source: Path, tmp_path: Path) -> None:
    shutil.rmtree(source / "invariants")
    with pytest.raises(SourceError, match="brings no invariants"):
        run(source, tmp_path / "target")


def test_a_second_deck_builds_without_a_schema_change_and_both_states_are_queryable(tmp_path: Path) -> None:
    outcome = run(ROOT, tmp_path / "target", ROOT / "tests" / "second_deck")
    assert outcome.manifest is not None, outcome.examination.findings if outcome.examination else None
    snapshots = Snapshots(tmp_path / "target")
    store = open_store(snapshots.directory(snapshots.current() or ""))
    query = """
        PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT ?day (SUM(?n) AS ?total) { ?a a ozg:Availability ; ozg:asOf ?day ; ozg:serviceCount ?n }
        GROUP BY ?day ORDER BY ?day"""
    rows = [(row["day"].value, row["total"].value) for row in store.query(query)]  # type: ignore[union-attr,index]
    assert rows == [("2021-05-17", "70"), ("2022-06-30", "12")]
    bounds = """
        PREFIX ozg: <https://w3id.org/ozg-lod/ontology#>
        SELECT ?from ?to { <https://w3id.org/ozg-lod/hessen/id/availability/jugendamt-2022-06-30>
                           ozg:earliest ?from ; ozg:latest ?to }"""
    assert [(row["from"].value, row["to"].value) for row in store.query(bounds)] == [("2019-11-01", "2022-03-31")]  # type: ignore[union-attr,index]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: (data / "catalogue.ttl").unlink(), "catalogue.ttl is missing"),
        (lambda data: (data / "catalogue.ttl").write_text("<a> <b>"), "catalogue.ttl cannot be read"),
        (lambda data: (data / "catalogue.ttl").write_text(""), "must name the base IRI once"),
    ],
)
def test_a_source_folder_that_will_not_do_is_named(source: Path, change: object, sentence: str) -> None:
    change(source / "data")  # type: ignore[operator]
    with pytest.raises(SourceError, match=sentence):
        read((source,))


def test_roots_without_data_or_with_the_same_file_are_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no data"):
        read((source, tmp_path / "missing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no data"):
        read((tmp_path / "empty", source))
    assert read((source, tmp_path / "empty")) == read((source,)), "nothing has been contributed yet"
    with pytest.raises(SourceError, match="another name"):
        read((source, source))


def test_whenever_a_build_is_killed_the_old_or_the_new_snapshot_serves(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    old = run(source, target).manifest
    extra = source / "data" / "extra.nt"
    extra.write_text(
        f'<{BASE}id/bundle/soziales> <http://www.w3.org/2004/02/skos/core#altLabel> "S"@de .\n', encoding="utf-8"
    )
    started = time.monotonic()
    new = run(source, tmp_path / "other").manifest
    takes_s = time.monotonic() - started
    assert old is not None
    assert new is not None
    rounds = random.Random(7)  # noqa: S311 - where to kill, not a secret
    for _ in range(8):
        command = [program(), "build", "--source", str(source), "--target", str(target)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
            time.sleep(rounds.uniform(0, takes_s * 1.2))
            os.killpg(process.pid, signal.SIGKILL)
        snapshots = Snapshots(target)
        assert snapshots.verified(snapshots.current() or "").version in (old.version, new.version)
    assert run(source, target).manifest is not None
    assert Snapshots(target).verified(Snapshots(target).current() or "").version == new.version


def test_cases_of_rules_that_cannot_be_read_are_named(source: Path) -> None:
    folder = source / "tests" / "shapes"
    folder.mkdir(parents=True)
    (folder / "bundle.ttl").write_text("passing:bundle a .", encoding="utf-8")
    with pytest.raises(SourceError, match=r"bundle\.ttl cannot be read"):
        build(Settings(source=(source,), target=source.parent / "build"), say=lambda _message: None)
