"""A second deck beside the first: of each thing the latest statement counts, and what it replaced stays to be seen."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from ozg_lod.build.build import build
from ozg_lod.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="module")
def two_decks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("decks") / "target"
    outcome = build(Settings(source=(ROOT, ROOT / "tests" / "second_deck"), target=target), say=lambda _message: None)
    assert outcome.manifest is not None, outcome.examination
    return target


@pytest.fixture
def pages(two_decks: Path, serve: Serve) -> Iterator[httpx.Client]:
    with serve(two_decks) as url, httpx.Client(base_url=url, follow_redirects=True) as client:
        yield client


def test_the_pages_count_of_each_bundle_the_latest_statement(pages: httpx.Client) -> None:
    start = pages.get("/", headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert "services online, of each bundle the latest statement, 17 May 2021 to 30 June 2022" in start
    line = pages.get("/zeitleiste", headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert "17 bundles with 77 services in all, of each bundle the latest statement" in " ".join(line.split())
    earlier = line.partition('id="earlier"')[2]
    assert "Soziales: 1 Leistung, Juni 2020" in earlier
    assert "Soziales: 3 Leistungen" not in earlier
    rows = {row["key"]: row for row in csv.DictReader(io.StringIO(pages.get("/doc/bundle.csv").text))}
    assert (rows["soziales"]["services"], rows["jugendamt"]["services"], rows["standesamt"]["services"]) == (
        "3",
        "9",
        "2",
    )


def test_the_earlier_statement_names_what_replaced_it(pages: httpx.Client) -> None:
    data = pages.get("/doc/availability/soziales-2021-05-17.nt").text
    assert "isReplacedBy> <https://w3id.org/ozg-lod/hessen/id/availability/soziales-2022-06-30>" in data
    query = """PREFIX dct: <http://purl.org/dc/terms/> PREFIX ozg: <https://w3id.org/ozg-lod/ontology#>
        SELECT (SUM(?n) AS ?sum) { ?a ozg:serviceCount ?n FILTER NOT EXISTS { ?a dct:isReplacedBy ?later } }"""
    answer = pages.get("/sparql", params={"query": query}).json()
    assert answer["results"]["bindings"][0]["sum"]["value"] == "77"
