"""The page about the architecture says what the modules say of themselves."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_about_the_architecture_lists_every_module_with_its_own_first_line() -> None:
    writer = runpy.run_path(str(ROOT / "docs" / "architecture.py"))
    written = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition(writer["MARKER"])[2]
    assert written == writer["packages"](), "run `python docs/architecture.py`"
