"""The facts of the slides: each row of the fact list is answered by a query, and each wording stands in the text."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "queries" / "examples").glob("*.rq"))
Ask = Callable[[str], list[dict[str, str | None]]]


def table(name: str) -> list[dict[str, str]]:
    with (ROOT / "tests" / "golden" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FACTS = table("facts.csv")
QUESTIONS = table("questions.csv")


@pytest.fixture
def ask(endpoint: str) -> Ask:
    """Ask the running server; a row has every variable of the query, in its order, and None where there is no value."""

    def answer(query: str) -> list[dict[str, str | None]]:
        headers = {"Accept": "application/sparql-results+json", "Content-Type": "application/sparql-query"}
        response = httpx.post(f"{endpoint}/sparql", content=query.encode(), headers=headers, timeout=30)
        assert response.status_code == httpx.codes.OK, response.text
        found = response.json()
        return [
            {name: row[name]["value"] if name in row else None for name in found["head"]["vars"]}
            for row in found["results"]["bindings"]
        ]

    return answer


def query_of(row: dict[str, str]) -> str:
    return (ROOT / row["query"]).read_text(encoding="utf-8")


def same(found: str | None, expected: Any) -> bool:
    if isinstance(expected, int) and found is not None:
        return Decimal(found) == expected
    return found == expected


def assert_answer(rows: list[dict[str, str | None]], expected: Any) -> None:
    """Compare row by row and cell by cell; a single value stands for one row with one cell, null for no value."""
    wanted = expected if isinstance(expected, list) else [[expected]]
    assert len(rows) == len(wanted), rows
    for row, values in zip(rows, wanted, strict=True):
        assert len(row) == len(values), (row, values)
        assert all(same(cell, value) for cell, value in zip(row.values(), values, strict=True)), (row, values)


def listed_facts(markdown: str) -> list[tuple[str, str]]:
    """Return section number and first cell of each row of the tables of the fact list."""
    section = ""
    found = []
    for line in markdown.splitlines():
        if heading := re.match(r"## (\d+)\.", line):
            section = heading[1]
        elif line.startswith("|") and not line.startswith(("| Fact |", "|---")):
            found.append((section, line.strip("|").split(" | ")[0].strip()))
    return found


def without_spaces(text: str) -> str:
    """Drop what the line breaks of a slide may add or take: spaces, and the hyphen of a word broken at the end."""
    return re.sub(r"\s", "", re.sub(r"(?<=[a-zäöüß])-\n+(?=[a-zäöüß])", "", text))


def name_of(row: dict[str, str]) -> str:
    return f"{row['section']}-{row['fact']}"


@pytest.mark.parametrize("row", FACTS, ids=name_of)
def test_a_fact_of_the_slides_is_answered(row: dict[str, str], ask: Ask) -> None:
    if row["not_modelled_reason"]:
        assert not row["query"]
        return
    assert_answer(ask(query_of(row)), json.loads(row["expected"]))


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["question_en"])
def test_a_question_is_answered(row: dict[str, str], ask: Ask) -> None:
    assert_answer(ask(query_of(row)), json.loads(row["expected"]))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_explains_itself_in_two_languages_and_finds_something(path: Path, ask: Ask) -> None:
    text = path.read_text(encoding="utf-8")
    for name in ("title", "title-en", "question", "question-en"):
        assert re.search(rf"^# {name}: \S", text, re.MULTILINE), name
    assert ask(text)


@pytest.mark.parametrize("path", sorted((ROOT / "data").glob("*.ttl")), ids=lambda path: path.stem)
def test_no_file_says_a_triple_twice(path: Path) -> None:
    said = [quad.triple for quad in ox.parse(path=path)]
    assert len(said) == len(set(said))


def test_the_fact_list_and_the_golden_file_have_the_same_rows(shared: Path) -> None:
    listed = listed_facts((shared / "reference" / "source-facts.md").read_text(encoding="utf-8"))
    assert [(row["section"], row["fact"]) for row in FACTS] == listed


@pytest.mark.parametrize("row", FACTS, ids=name_of)
def test_a_wording_stands_in_the_text_of_the_slides(row: dict[str, str], shared: Path) -> None:
    text = without_spaces((shared / "source" / "ozg-hessen-2021-05-19.txt").read_text(encoding="utf-8"))
    for part in row["wording"].split(" | "):
        assert without_spaces(part) in text, part


def test_every_wording_from_the_slides_is_verbatim(ask: Ask, shared: Path) -> None:
    text = without_spaces((shared / "source" / "ozg-hessen-2021-05-19.txt").read_text(encoding="utf-8"))
    rows = ask(query_of({"query": "tests/golden/queries/wordings.rq"}))
    assert len(rows) > len(FACTS)
    assert [row["wording"] for row in rows if without_spaces(row["wording"] or "") not in text] == []
