"""What docs/contribute.md tells people to type is run as it stands there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ozg_lod.site.uploads import SUFFIXES

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "contribute.md").read_text("utf-8")
CURL = re.findall(r"^    (curl .+)$", DOC, re.MULTILINE)
TABLE = (
    "Gemeinde oder Kreis (AGS);Leistung (Bündel, OZG-Nummer oder LeiKa-Schlüssel);Stand;"
    "Geprüft oder unverändert bestätigt am\n06531005;jugendamt;verfügbar;2026-11-24\n"
)
TURTLE = '<https://example.org/a> <http://www.w3.org/2000/01/rdf-schema#label> "a"@de .'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "table.csv").write_text(TABLE, "utf-8")
    (tmp_path / "statements.ttl").write_text(TURTLE, "utf-8")
    return tmp_path


@pytest.mark.parametrize("command", CURL)
def test_the_curl_lines_work(endpoint: str, folder: Path, command: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    words = shlex.split(command.replace("http://localhost:8000", endpoint))
    said = subprocess.run([*words, "-sS", "--fail"], cwd=folder, capture_output=True, check=False, timeout=60)
    assert said.returncode == 0, said.stderr
    written = [path for path in folder.iterdir() if path.name not in ("table.csv", "statements.ttl")]
    assert said.stdout or (written and written[0].stat().st_size > 100)


def test_the_commands_and_the_hook_work(run_program: Callable[..., Any], target: Path, folder: Path) -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    entry = re.search(r"^  entry: ozg-lod (\w+)$", hook, re.MULTILINE)
    files = re.search(r"^  files: (.+)$", hook, re.MULTILINE)
    assert entry is not None
    assert files is not None
    assert "- id: ozg-lod-validate" in hook
    assert "id: ozg-lod-validate" in DOC
    assert all(re.search(files[1], name) for name in ("a.csv", "a.xlsx", "a.ods", "a.ttl"))
    assert run_program(entry[1], "--strict", folder / "table.csv", "--target", target).returncode in (0, 1)
    (folder / "bad.csv").write_text(TABLE.replace("verfügbar", "vielleicht"), "utf-8")
    said = run_program(entry[1], folder / "bad.csv", "--target", target, "--lang", "de")
    assert said.returncode == 1
    assert "vielleicht" in said.stdout


def test_every_parameter_status_and_kind_of_file_is_named(client: Any) -> None:
    described = client.get("/openapi.json").json()["paths"]["/validate"]["post"]
    for parameter in described["parameters"]:
        assert f"| `{parameter['name']}` |" in DOC
    for status in described["responses"]:
        assert f"| {status} |" in DOC
    assert all(suffix in DOC for suffix in SUFFIXES)
