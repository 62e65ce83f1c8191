"""The data against the official European profiles, offline (CPSV-AP 3.2.0, CPOV 2.1.2, DCAT-AP 3.0.1)."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import httpx
import pytest
import rdflib
from tests.catalogue.test_catalogue import RESPONSIBLE
from tests.conftest import serving
from tests.small_source import BASE, publish, small_source

SHAPES_3_0_1 = ("dcat-ap-3.0.1/dcat-ap-SHACL.ttl", "dcat-ap-3.0.1/ranges.ttl")
DANGLING = 5
"""Property shapes that the official files of 3.0.1 name and nowhere describe; pySHACL refuses them."""


@pytest.mark.parametrize("profile", ["cpsv-ap-3.2.0", "cpov-2.1.2"])
def test_what_we_type_as_theirs_has_no_violation(profile: str, snapshot_directory: Path, shared: Path) -> None:
    checked = subprocess.run(
        [sys.executable, str(shared / "standards" / "check_profile.py"), profile, str(snapshot_directory / "data.nt")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{profile}: " in checked.stdout, checked.stderr[-2000:]
    found = [line for line in checked.stdout.splitlines() if line.startswith("Violation")]
    # a dcat:Dataset is not theirs; it gets its publisher in the catalogue, as test_catalogue.py shows
    assert [line for line in found if not ("/id/dataset/" in line and "dc/terms/publisher" in line)] == []


@pytest.fixture
def checker(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_profile", shared / "standards" / "check_profile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_dcat_ap_3_0_1_finds_nothing_in_the_catalogue(
    checker: ModuleType,
    client: httpx.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shapes, vocabulary = checker.graph(SHAPES_3_0_1), checker.graph(checker.VOCABULARY)
    named = list(shapes.subject_objects(rdflib.SH.property))
    dangling = [(shape, part) for shape, part in named if (part, None, None) not in shapes]
    assert len(dangling) == DANGLING
    for shape, part in dangling:
        shapes.remove((shape, rdflib.SH.property, part))
    monkeypatch.setattr(checker, "graph", {SHAPES_3_0_1: shapes, checker.VOCABULARY[0]: vocabulary}.__getitem__)
    monkeypatch.setitem(checker.PROFILES, "dcat-ap-3.0.1", (SHAPES_3_0_1, checker.VOCABULARY[0]))
    file = tmp_path / "catalogue.ttl"
    file.write_bytes(client.get("/catalog.ttl").content)
    assert checker.main("dcat-ap-3.0.1", file) == 0
    assert capsys.readouterr().out.endswith("no findings\n")


AP = rdflib.Namespace("http://data.europa.eu/r5r/")
LAW = rdflib.URIRef("http://data.europa.eu/eli/reg_impl/2023/138/oj")
CATEGORY = rdflib.URIRef("http://data.europa.eu/bna/c_e1da4e07")


def published(folder: Path, *datasets: str) -> rdflib.Graph:
    """Return the catalogue of an authority that says these datasets are of high value."""
    source = small_source(folder / "source")
    said = rdflib.Graph().parse(data=RESPONSIBLE, format="turtle")
    for key in datasets:
        said.add((rdflib.URIRef(f"{BASE}id/dataset/{key}"), AP.applicableLegislation, LAW))
        said.add((rdflib.URIRef(f"{BASE}id/dataset/{key}"), AP.hvdCategory, CATEGORY))
    said.serialize(source / "data" / "responsible.ttl")
    outcome = publish(source, folder / "target")
    assert outcome.manifest, outcome.examination
    with serving(folder / "target") as url:
        return rdflib.Graph().parse(data=httpx.get(url + "/catalog.ttl").text, format="turtle")


def test_nothing_is_of_high_value_unless_the_source_folder_says_so(client: httpx.Client) -> None:
    found = rdflib.Graph().parse(data=client.get("/catalog.ttl").text, format="turtle")
    assert not set(found.subject_objects(AP.hvdCategory)) | set(found.subject_objects(AP.applicableLegislation))


def test_a_dataset_of_high_value_has_what_the_shapes_of_hvd_ask_for(
    checker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shapes look at every dataset, so those that are not of high value are left out of what they see."""
    found = published(tmp_path, "bundles")
    bundles = rdflib.URIRef(f"{BASE}id/dataset/bundles")
    files = set(found.objects(bundles, rdflib.DCAT.distribution))
    services = set(found.subjects(rdflib.RDF.type, rdflib.DCAT.DataService))
    assert set(found.subjects(AP.hvdCategory, CATEGORY)) == {bundles, *services}
    assert set(found.subjects(AP.applicableLegislation, LAW)) == {bundles, *services, *files}
    for kind in (rdflib.DCAT.Dataset, rdflib.DCAT.Distribution):
        for other in set(found.subjects(rdflib.RDF.type, kind)) - {bundles, *files}:
            found.remove((other, None, None))
            found.remove((None, None, other))
    file = tmp_path / "catalogue.ttl"
    found.serialize(file)
    classes = {
        AP.applicableLegislation: rdflib.URIRef("http://data.europa.eu/eli/ontology#LegalResource"),
        AP.hvdCategory: rdflib.SKOS.Concept,
        rdflib.URIRef("http://www.w3.org/2006/vcard/ns#hasEmail"): rdflib.RDFS.Resource,
    }
    for predicate, kind in classes.items():
        monkeypatch.setitem(checker.EXTERNAL_CLASS, predicate, kind)
    monkeypatch.setitem(
        checker.PROFILES, "hvd", (["dcat-ap-hvd-3.0.0/hvd-SHACL.ttl"], checker.PROFILES["dcat-ap-3.0.0"][1])
    )
    assert checker.main("hvd", file) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("no findings\n")
