"""The table of the sources (docs/sources.md): it holds all of the slides; each entry and query it names is there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "sources.md"
MARKER = "<!-- the other sources -->\n"
BASE = "https://w3id.org/ozg-lod/hessen/id/"
ENTRY = re.compile(r"`([a-z]+/[A-Za-z0-9#-]+)`")


def rows(page: str) -> list[list[str]]:
    """Return the cells of the rows of its tables, without their headings."""
    lines = [
        line
        for line in page.splitlines()
        if line.startswith("|") and not line.startswith(("|---", "| slide", "| entry"))
    ]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


SLIDES = rows(PAGE.read_text(encoding="utf-8").partition(MARKER)[0])


def letters(text: str) -> str:
    """Drop what the layout of a slide adds: spaces, bullets, and hyphens, since some only break a line."""
    return re.sub(r"[\s•\uf000-\uf0ff-]", "", text)


def test_the_rows_make_the_whole_text_of_the_slides(shared: Path) -> None:
    text = (shared / "source" / "ozg-hessen-2021-05-19.txt").read_text(encoding="utf-8")
    assert letters("".join(row[0] for row in SLIDES)) == letters(text)


def test_each_row_names_a_file_an_entry_and_a_way_to_ask() -> None:
    assert len(SLIDES) == 100
    for _text, files, entries, asked in SLIDES:
        assert all((ROOT / "data" / name).is_file() for name in re.findall(r"`([^`]+)`", files))
        assert ENTRY.search(entries)
        for query in re.findall(r"`([^`]+\.rq)`", asked):
            assert (ROOT / query if "/" in query else ROOT / "tests" / "golden" / "queries" / query).is_file(), query
        assert "`" in asked


def test_each_entry_of_the_page_is_in_the_built_graph(endpoint: str) -> None:
    entries = sorted(set(ENTRY.findall(PAGE.read_text(encoding="utf-8"))))
    values = " ".join(f"<{BASE}{entry}>" for entry in entries)
    query = f"SELECT ?entry WHERE {{ VALUES ?entry {{ {values} }} FILTER NOT EXISTS {{ ?entry a ?type }} }}"
    answer = httpx.post(f"{endpoint}/sparql", data={"query": query}, headers={"Accept": "text/csv"}, timeout=30)
    assert answer.status_code == httpx.codes.OK, answer.text
    assert answer.text.splitlines()[1:] == []


@pytest.mark.parametrize("row", SLIDES, ids=lambda row: row[0][:40])
def test_an_entry_is_in_the_file_that_its_row_names(row: list[str]) -> None:
    text = "".join((ROOT / "data" / name).read_text(encoding="utf-8") for name in re.findall(r"`([^`]+)`", row[1]))
    keys = [entry.partition("/")[2] for entry in ENTRY.findall(row[2])]
    assert any(f"/{key}>" in text or f"\n{key.removeprefix('modellkommunen-')}," in text for key in keys)


def test_every_statement_of_the_other_sources_is_listed() -> None:
    written = PAGE.read_text(encoding="utf-8").partition(MARKER)[2]
    assert written == runpy.run_path(str(ROOT / "docs" / "sources.py"))["sources"](), "run `python docs/sources.py`"
