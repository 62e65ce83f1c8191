"""Writes docs/architecture.md below its marker from the docstrings of the packages and modules."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
MARKER = "<!-- the packages -->\n"


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(head() + MARKER + packages(), encoding="utf-8")


def head() -> str:
    """Return what people wrote above the marker."""
    return PAGE.read_text(encoding="utf-8").partition(MARKER)[0]


def packages() -> str:
    """Return a table for each package: its modules and their first lines."""
    source = ROOT / "src" / "ozg_lod"
    parts = [_table("ozg_lod", source)]
    parts += [_table(folder.name, folder) for folder in sorted(source.iterdir()) if (folder / "__init__.py").is_file()]
    return "\n".join(parts)


def _table(name: str, folder: Path) -> str:
    rows = [f"| `{path.stem}` | {_first_line(path)} |" for path in sorted(folder.glob("*.py")) if path.stem[0] != "_"]
    return "\n".join(
        [f"## {name}", "", _first_line(folder / "__init__.py"), "", "| module | job |", "|---|---|", *rows, ""]
    )


def _first_line(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0].replace("|", "\\|")


if __name__ == "__main__":
    main()
