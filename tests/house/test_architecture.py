"""The page about the architecture says what the modules say of themselves."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_about_the_architecture_lists_every_module_with_its_own_first_line() -> None:
    writer = runpy.run_path(str(ROOT / "docs" / "architecture.py"))
    written = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition(writer["MARKER"])[2]
    assert written == writer["packages"](), "run `python docs/architecture.py`"


def test_no_template_takes_the_name_of_the_translation() -> None:
    """`_` is what translates: a loop or a `set` that takes it makes every later sentence of the page a fault."""
    for path in (ROOT / "src" / "ozg_lod" / "templates").iterdir():
        for tag in re.findall(r"{%.*?%}", path.read_text("utf-8"), re.DOTALL):
            assert not re.match(r"{%-?\s*(?:for|set)\s[^=]*?(?<![\w.])_\s*(?:,|in\b|=)", tag), (path.name, tag)
