"""What is kept for one request is not sent to another that differs in a parameter: the key holds all that was read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.conftest import serving
from tests.small_source import publish, small_source

from ozg_lod.snapshots.snapshot import Snapshots

HTML = {"accept": "text/html"}
GRAPH = {"accept": "text/turtle"}
PAGES = (
    "/",
    "/aenderungen",
    "/catalog",
    "/codebuch",
    "/doc/bundle",
    "/doc/bundle/soziales",
    "/doc/dataset/bundles",
    "/efa",
    "/harvest",
    "/hilfe",
    "/linkset/bundle/soziales",
    "/mitmachen",
    "/ontology",
    "/quellen",
    "/reuse",
    "/robots.txt",
    "/shapes",
    "/sitemap.xml",
    "/vorlagen",
    "/zeitleiste",
    "/foerderung",
    "/foerderung.csv",
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two publications; the second has a dataset with another title."""
    folder = tmp_path_factory.mktemp("keys")
    source, target = small_source(folder / "source"), folder / "target"
    assert publish(source, target).manifest is not None
    described = source / "data" / "datasets.ttl"
    text = described.read_text("utf-8")
    assert "Umsetzungsbündel des OZG in Hessen" in text
    described.write_text(text.replace("Umsetzungsbündel des OZG in Hessen", "Bündel von heute"), "utf-8")
    assert publish(source, target).manifest is not None
    return target


@pytest.fixture(scope="module")
def queries(published: Path) -> tuple[str, ...]:
    """Parameters that change some page: none first."""
    first = Snapshots(published).publications()[0].version
    return ("", "lang=de", "lang=en", f"version={first}", "modified_since=2100-01-01", "page=1", "format=ttl", "q=a")


def answers(target: Path, queries: tuple[str, ...], *options: str) -> dict[tuple[str, ...], tuple[object, ...]]:
    """Ask a fresh server for every page with each of these parameters."""
    asked = [(page, query, headers) for query in queries for page in PAGES for headers in (HTML, GRAPH)]
    with serving(target, *options) as url, httpx.Client(base_url=url, timeout=60) as client:
        return {
            (page, query, headers["accept"]): _content(client.get(f"{page}?{query}", headers=headers))
            for page, query, headers in asked
        }


def _content(answer: httpx.Response) -> tuple[object, ...]:
    fields = ("content-type", "content-language", "etag", "link", "location")
    body = re.sub(rb'"request_id": "[^"]*"', b"", answer.content)  # no two problems have the same
    return (answer.status_code, body, *(answer.headers.get(name) for name in fields))


def test_answers_are_the_same_with_and_without_a_cache(published: Path, queries: tuple[str, ...]) -> None:
    public = ("--public-url", "https://daten.example")
    kept, made = answers(published, queries, *public), answers(published, queries, *public, "--cache-mb", "0")
    assert [asked for asked in kept if kept[asked] != made[asked]] == []


@pytest.fixture
def client(published: Path) -> Iterator[httpx.Client]:
    with serving(published) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def test_a_past_catalogue_is_a_page_of_its_own(client: httpx.Client, published: Path) -> None:
    first, last = (entry.version for entry in Snapshots(published).publications())
    pages = {query: client.get(f"/catalog?{query}", headers=HTML) for query in ("", f"version={first}")}
    now, past = pages.values()
    assert "Bündel von heute" in now.text
    assert "Bündel von heute" not in past.text
    assert "Umsetzungsbündel des OZG in Hessen" in past.text
    assert now.headers["etag"] != past.headers["etag"]
    assert client.get(f"/catalog?version={last}", headers=HTML).content == now.content
