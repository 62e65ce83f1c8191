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
