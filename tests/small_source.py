"""A small source folder for tests that publish more than once: our rules and queries, the bundles, the datasets."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import ROOT

from ozg_lod.build.build import BuildResult, build
from ozg_lod.core.settings import Settings

ALT = "http://www.w3.org/2004/02/skos/core#altLabel"
BASE = "https://w3id.org/ozg-lod/hessen/"

FILES = ("bundles.csv", "datasets.ttl", "catalogue.ttl", "sources.ttl", "withdrawn.csv", "kinds.toml", "site.toml")


def small_source(folder: Path) -> Path:
    """Write the folder and return it."""
    for name in ("ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("data", "invariants"):
        (folder / name).mkdir()
    shutil.copy(ROOT / "tests" / "invariants" / "no-blank-nodes.rq", folder / "invariants")
    for name in FILES:
        for file in (ROOT / "data").glob(name + "*"):
            shutil.copy(file, folder / "data" / file.name)
    return folder


def publish(source: Path, target: Path) -> BuildResult:
    """Build and publish."""
    return build(Settings(source=(source,), target=target), say=lambda _message: None)


def published_twice(folder: Path) -> Path:
    """Return a target with two publications of the small source; a name tells them apart."""
    source, target = small_source(folder / "source"), folder / "target"
    for name in ("Erster", "Zweiter"):
        text = f'<{BASE}id/bundle/soziales> <{ALT}> "{name}"@de .\n'
        (source / "data" / "more.nt").write_text(text, encoding="utf-8")
        assert publish(source, target).manifest is not None
    return target
