"""A media type stands in the table of formats and nowhere else in the program; people may be told it in a sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT

from ozg_lod.rdf import formats

PROGRAM = ROOT / "src" / "ozg_lod"
TABLE = PROGRAM / "rdf" / "formats.py"
KNOWN = {row.media_type for row in vars(formats).values() if isinstance(row, formats.Format)}
WRITTEN = re.compile(r"\b(?:application|image|text)/[\w.+-]+")
SENTENCES = {"_", "pgettext"}


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts of a module but those that are documentation or sentences for people."""
    for child in ast.iter_child_nodes(node):
        sentence = isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in SENTENCES
        documentation = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        elif not sentence and not documentation:
            yield from texts(child)


def media_types(source: str) -> set[str]:
    return KNOWN & {name for text in texts(ast.parse(source)) for name in WRITTEN.findall(text)}


def test_the_search_finds_what_it_is_for() -> None:
    assert media_types('kind = "text/turtle; charset=utf-8"') == {"text/turtle"}
    assert media_types("link = f'<{page}>; type=\"text/html\"'") == {"text/html"}
    assert media_types('"""About text/turtle."""\nraise Failure(_("send text/turtle"))') == set()


@pytest.mark.parametrize("file", sorted(PROGRAM.rglob("*.py")), ids=lambda file: str(file.relative_to(PROGRAM)))
def test_no_module_writes_a_media_type_of_the_table(file: Path) -> None:
    assert file == TABLE or not media_types(file.read_text("utf-8"))
