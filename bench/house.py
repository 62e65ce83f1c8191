"""Figures of the house: how much stands where, how long functions are, which names stand more than once.

    python bench/house.py [SOURCE]

Lines are all lines of a file; those of a function go from `def` to its end, and nested functions count on their own.
A module with one importer is imported by one other of the package, under TYPE_CHECKING or inside functions included.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SOURCE = Path(__file__).resolve().parents[1] / "src" / "ozg_lod"
LONG_LINES = 25
SHOWN = 10


@dataclass(frozen=True)
class Module:
    name: str
    package: str
    lines: int
    tree: ast.Module

    @classmethod
    def read(cls, path: Path, root: Path) -> Module:
        text, parts = path.read_text(encoding="utf-8"), path.relative_to(root.parent).with_suffix("").parts
        package = parts[1] if len(parts) > 2 else "(top)"  # noqa: PLR2004 - root, package, module
        return cls(".".join(parts).removesuffix(".__init__"), package, text.count("\n"), ast.parse(text))

    def functions(self) -> Iterator[tuple[str, int]]:
        """Yield name and length of each function."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{self.name}.{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1

    def classes(self) -> list[str]:
        return [node.name for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]

    def imports(self) -> Iterator[str]:
        """Yield all that may be the name of an imported module; `from x import y` may import two."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(modules: list[Module]) -> dict[str, set[str]]:
    """Return for each module that is no package which others import it."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for name in module.imports():
            found[name].add(module.name)
    packages = {module.name.rpartition(".")[0] for module in modules}
    return {module.name: found[module.name] - {module.name} for module in modules if module.name not in packages}


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    cells = ((f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) for row in (head, *rows))
    first, *others = (f"| {' | '.join(row)} |" for row in cells)
    return "\n".join([first, "|---" + "|---:" * (len(head) - 1) + "|", *others])


def figures(modules: list[Module]) -> Iterator[tuple[str, object]]:
    lengths = [length for module in modules for _, length in module.functions()]
    names = Counter(name for module in modules for name in module.classes())
    shared = [count for count in names.values() if count > 1]
    yield "lines", sum(module.lines for module in modules)
    yield "packages", len({module.package for module in modules} - {"(top)"})
    yield "modules (with `__init__`)", len(modules)
    yield "modules with one importer", sum(len(found) == 1 for found in importers(modules).values())
    yield "classes", names.total()
    yield "class names that stand more than once", len(shared)
    yield "classes that share a name", sum(shared)
    yield "functions", len(lengths)
    yield f"functions longer than {LONG_LINES} lines", sum(length > LONG_LINES for length in lengths)
    yield "longest function", max(lengths)
    yield "mean length of a function", f"{statistics.mean(lengths):.1f}"
    yield "median length of a function", int(statistics.median(lengths))


def house(modules: list[Module]) -> str:
    packages: dict[str, list[int]] = defaultdict(list)
    places: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        packages[module.package].append(module.lines)
        for name in module.classes():
            places[name].append(module.name.partition(".")[2])
    by_package = [(name, len(lines), sum(lines)) for name, lines in packages.items()]
    functions = sorted((one for module in modules for one in module.functions()), key=lambda one: (-one[1], one[0]))
    biggest = sorted(modules, key=lambda module: (-module.lines, module.name))[:SHOWN]
    twice = sorted((item for item in places.items() if len(item[1]) > 1), key=lambda item: (-len(item[1]), item[0]))
    parts = (
        table(("figure", "value"), figures(modules)),
        table(("package", "modules", "lines"), sorted(by_package, key=lambda row: -row[2])),
        table(("biggest modules", "lines"), ((module.name, module.lines) for module in biggest)),
        table(("longest functions", "lines"), functions[:SHOWN]),
        table(("class name", "times", "where"), ((name, len(found), ", ".join(found)) for name, found in twice)),
    )
    return "\n\n".join(parts)


def main() -> None:
    root = Path(sys.argv[1] if sys.argv[1:] else SOURCE).resolve()
    print(house([Module.read(path, root) for path in sorted(root.rglob("*.py"))]))


if __name__ == "__main__":
    main()
