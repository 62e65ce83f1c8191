"""What docs/threat-model.md names is there: every test, and every check of the doctor."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([a-z0-9_]+/test_[a-z0-9_]+\.py)(?:::([a-z0-9_]+))?`", PAGE)))


def names_of_tests(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), NAMED, ids="::".join)
def test_every_test_that_is_named_is_there(file: str, name: str) -> None:
    path = ROOT / "tests" / file
    assert path.is_file()
    assert any(test.startswith("test_") for test in names_of_tests(path))
    assert not name or name in names_of_tests(path)


def test_every_line_of_the_threats_names_a_test() -> None:
    threats = PAGE.partition("## All of it together")[0]
    rows = [
        line for line in threats.splitlines() if line.startswith("| ") and not line.startswith(("| tries", "| what"))
    ]
    assert len(rows) > 25
    assert [row for row in rows if "/test_" not in row] == []


def test_every_check_that_is_named_is_one_of_the_doctor() -> None:
    left = PAGE.partition("## Left to the operator")[2]
    source = "".join((ROOT / "src/ozg_lod" / name).read_text("utf-8") for name in ("doctor.py", "site/legal.py"))
    named = re.findall(r"`([a-z-]+)`", "".join(line.rpartition(" | ")[2] for line in left.splitlines()))
    assert len(named) > 10
    assert [name for name in named if f'"{name}"' not in source] == []


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_installed_is_locked_by_hashes(file: str) -> None:
    pinned = re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", (ROOT / file).read_text("utf-8")).strip())
    assert len(pinned) > 20
    assert [lines for lines in pinned if "==" not in lines or "--hash=sha256:" not in lines] == []
    assert "--require-hashes -r " + file in (ROOT / "Makefile").read_text("utf-8")
