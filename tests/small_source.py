"""A small source folder for tests that publish more than once: our rules and queries, the bundles, the datasets."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import ROOT

from ozg_lod.build.build import BuildResult, build
from ozg_lod.core.settings import Settings

FILES = ("bundles.csv", "datasets.ttl", "catalogue.ttl", "sources.ttl", "withdrawn.csv", "kinds.toml", "site.toml")


def small_source(folder: Path) -> Path:
    """Write the folder and return it."""
    for name in ("ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "data").mkdir()
    for name in FILES:
        for file in (ROOT / "data").glob(name + "*"):
            shutil.copy(file, folder / "data" / file.name)
    return folder


def publish(source: Path, target: Path) -> BuildResult:
    """Build and publish."""
    return build(Settings(source=(source,), target=target), say=lambda _message: None)
