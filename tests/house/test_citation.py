"""What the citation file says is what the package says."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_citation_names_version_licence_and_authors_of_the_package() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert {f"title: {package['name']}", f"version: {package['version']}", f"license: {package['license']}"} <= {*lines}
    authors = [line.removeprefix("  - name: ") for line in lines if line.startswith("  - ")]
    assert authors == [author["name"] for author in package["authors"]]
