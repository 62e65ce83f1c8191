"""A real harvester, ckanext-dcat's DCATRDFHarvester, takes the catalogue into a portal, whole and by pages.

It needs CKAN in an interpreter of its own (docs/harvest.md says how to make it); without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import ROOT, serving
from tests.small_source import publish, small_source

BASE = "https://w3id.org/ozg-lod/hessen/id/dataset/"
INTERPRETER = Path(os.environ.get("OZG_HARVESTER", ROOT / "build" / "harvester" / "bin" / "python"))
FILE_TYPES = "http://publications.europa.eu/resource/authority/file-type/"


@pytest.fixture(scope="module")
def ckan() -> Path:
    """The interpreter that has CKAN."""
    if not INTERPRETER.exists():
        pytest.skip("ckanext-dcat is not installed in build/harvester; docs/harvest.md says how")
    return INTERPRETER


def harvest(ckan: Path, url: str, portal: Path) -> dict[str, Any]:
    """Harvest into the portal that is kept in the file; return what was created, changed and deleted."""
    script = Path(__file__).with_name("ckan_harvester.py")
    command = [ckan, "-P", script, url, portal]  # -P: nothing beside the script is a module of its
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "random"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == []
    return found


@pytest.mark.parametrize(
    "path", ["/catalog", "/catalog.ttl", "/catalog.rdf", "/catalog.jsonld", "/catalog.nt", "/catalog.ttl?pageSize=3"]
)
def test_every_dataset_arrives_whole_and_a_second_harvest_changes_nothing(
    ckan: Path, endpoint: str, tmp_path: Path, path: str
) -> None:
    first = harvest(ckan, endpoint + path, tmp_path / "portal.json")
    assert len(first["created"]) == 8
    for iri, package in first["packages"].items():
        assert iri.startswith(BASE)
        extras = {extra["key"]: extra["value"] for extra in package["extras"]}
        assert extras["identifier"] == iri
        assert extras["publisher_name"] == "Mitwirkende an ozg-lod (keine Behörde)"
        assert package["title"]
        assert package["notes"]
        assert package["tags"]
        formats = {resource["format"].removeprefix(FILE_TYPES) for resource in package["resources"]}
        assert {"RDF_TURTLE", "JSON_LD", "RDF_N_TRIPLES", "CSV"} <= formats
        assert len({resource["license"] for resource in package["resources"]}) == 1
        for resource in package["resources"]:
            assert resource["url"].startswith(endpoint)
            assert resource.get("size") or resource["access_services"]
        services = [resource for resource in package["resources"] if resource.get("access_services")]
        assert bool(services) is not iri.endswith("/shapes")
    titles = {package["title"] for package in first["packages"].values()}
    assert "Umsetzungsbündel des OZG in Hessen und ihre Verfügbarkeit" in titles
    again = harvest(ckan, endpoint + path, tmp_path / "portal.json")
    assert (again["created"], again["changed"], again["deleted"]) == ([], [], [])


def test_every_table_reads_in_pandas(ckan: Path, snapshot_directory: Path) -> None:
    script = """
import json, pathlib, sys, pandas
read = {path.name: pandas.read_csv(path, dtype=str) for path in pathlib.Path(sys.argv[1]).glob("*.csv")}
availability = read["availability.csv"]
print(json.dumps({
    "rows": {name: len(frame) for name, frame in read.items()},
    "services": int(availability["services"].dropna().astype(int).sum()),
    "months": availability.set_index("bundle")["months"]["Jugendamt"],
    "keys": sorted(read["municipalities.csv"]["ags"].dropna())[:1],
}))
"""
    done = subprocess.run(
        [ckan, "-c", script, snapshot_directory / "dump"], capture_output=True, text=True, check=False, timeout=120
    )
    found = json.loads(done.stdout)
    assert len(found["rows"]) == len(list((ROOT / "queries" / "flat").glob("*.rq")))
    assert all(found["rows"].values())
    assert (found["services"], found["months"], found["keys"]) == (70, "2019-11; 2020-01; 2020-10", ["06411000"])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return small_source(tmp_path / "source")


def test_one_changed_fact_changes_one_dataset_and_a_withdrawn_one_is_deleted(
    ckan: Path, source: Path, tmp_path: Path
) -> None:
    target, portal = tmp_path / "target", tmp_path / "portal.json"
    public = ("--public-url", "http://127.0.0.1:1")  # the same for every server; the pages are fetched by another
    assert publish(source, target).manifest
    first = _harvest_once(ckan, target, portal, public)
    assert f"{BASE}bundles" in first["created"]

    table = source / "data" / "bundles.csv"
    text = table.read_text(encoding="utf-8")
    changed = text.replace("Jugendamt (4 Leistungen)", "Jugendamt (vier Leistungen)")
    assert changed != text
    table.write_text(changed, encoding="utf-8")
    assert publish(source, target).manifest
    second = _harvest_once(ckan, target, portal, public)
    assert (second["created"], second["changed"], second["deleted"]) == ([], [f"{BASE}bundles"], [])

    described = source / "data" / "datasets.ttl"
    blocks = described.read_text(encoding="utf-8").split("\n\n")
    described.write_text("\n\n".join(b for b in blocks if "<dataset/shapes>" not in b) + "\n", encoding="utf-8")
    with (source / "data" / "withdrawn.csv").open("a", encoding="utf-8") as rows:
        rows.write(f"{BASE}shapes,2026-11-22,Die Regeln stehen unter /shapes,\n")
    assert publish(source, target).manifest
    third = _harvest_once(ckan, target, portal, public)
    assert (third["created"], third["changed"], third["deleted"]) == ([], [], [f"{BASE}shapes"])
    with serving(target) as url:
        assert httpx.get(f"{url}/id/dataset/shapes").status_code == httpx.codes.GONE


def _harvest_once(ckan: Path, target: Path, portal: Path, public: tuple[str, ...]) -> dict[str, Any]:
    with serving(target, *public) as url:
        return harvest(ckan, f"{url}/catalog.ttl", portal)
