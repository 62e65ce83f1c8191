"""A further RDF format is one row of the table of formats."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pyoxigraph as ox
import pytest
from tests.conftest import ROOT

GRAPHS: Final = "GRAPHS: Final = (TURTLE, JSONLD, RDFXML, NTRIPLES)\n"
ROW: Final = 'N3: Final = Format("n3", "text/n3", "Notation3", _UTF8, (), ox.RdfFormat.N3, None, "N3")\n'
THING: Final = "/doc/municipality/06531005"


@pytest.fixture(scope="module")
def client(target: Path, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Any]) -> Iterator[httpx.Client]:
    """A client of a server whose program is a copy with a format more."""
    folder = tmp_path_factory.mktemp("format")
    sources = folder / "src"
    (folder / "queries").symlink_to(ROOT / "queries")
    shutil.copytree(ROOT / "src" / "ozg_lod", sources / "ozg_lod", ignore=shutil.ignore_patterns("__pycache__"))
    table = sources / "ozg_lod" / "rdf" / "formats.py"
    before, found, after = table.read_text("utf-8").partition(GRAPHS)
    assert found
    table.write_text(before + ROW + GRAPHS.replace(")", ", N3)") + after, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(sources))
        with serve(target) as url, httpx.Client(base_url=url, timeout=30) as client:
            yield client


def triples(answer: httpx.Response) -> set[str]:
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["content-type"].startswith("text/n3")
    return {str(quad.triple) for quad in ox.parse(answer.content, ox.RdfFormat.N3)}


def test_things_are_written_in_it_by_suffix_and_by_accept(client: httpx.Client) -> None:
    turtle = client.get(THING + ".ttl").content
    expected = {str(quad.triple) for quad in ox.parse(turtle, ox.RdfFormat.TURTLE)}
    assert triples(client.get(THING + ".n3")) == expected
    assert triples(client.get(THING, headers={"accept": "text/n3"})) == expected


def test_pages_offer_it(client: httpx.Client) -> None:
    page = client.get(THING, headers={"accept": "text/html"}).text
    assert f'href="{THING}.n3"' in page.replace(str(client.base_url), "")


def test_queries_are_answered_in_it_and_the_service_says_so(client: httpx.Client) -> None:
    query = "CONSTRUCT { ?s a ?c } WHERE { ?s a ?c } LIMIT 3"
    assert len(triples(client.get("/sparql", params={"query": query}, headers={"accept": "text/n3"}))) == len("abc")
    described = client.get("/sparql", headers={"accept": "text/turtle"}).text
    assert "http://www.w3.org/ns/formats/N3" in described or "formats:N3" in described


def test_files_in_it_are_checked(client: httpx.Client) -> None:
    content = b'<https://example.org/a> <https://example.org/b> "c" .'
    answer = client.post("/validate", content=content, headers={"content-type": "text/n3", "accept": "text/plain"})
    assert answer.status_code == httpx.codes.OK
    assert "nothing was checked: the file uses no term" in answer.text
