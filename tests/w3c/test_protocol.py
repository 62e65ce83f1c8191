"""SPARQL 1.1 Protocol and Service Description against a running server of files; the cases are in protocol.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest

from . import results

HERE = Path(__file__).parent
CASES: dict[str, dict[str, Any]] = tomllib.loads((HERE / "protocol.toml").read_text("utf-8"))
COUNT = "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"


@pytest.fixture(scope="module")
def endpoint(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    graphs = [f"--graph=http://example.org/g{number}={HERE / f'data{number}.ttl'}" for number in (1, 2, 3)]
    with serve(tmp_path_factory.mktemp("none"), f"--rdf={HERE / 'data1.ttl'}", *graphs) as url:
        yield url + "/sparql"


@pytest.mark.parametrize("name", CASES)
def test_the_protocol_holds(endpoint: str, name: str) -> None:
    case = CASES[name]
    answer = _asked(endpoint, case)
    assert _status_fits(answer.status_code, case["status"]), answer.text
    if "content" in case:
        assert answer.headers["content-type"].partition(";")[0] in case["content"]
    if "truth" in case:
        assert results.parsed(answer.content, "json") is case["truth"]
    if "rows" in case:
        assert answer.text.split("\r\n") == [*case["rows"], ""]
    if "holds" in case:
        assert _holds(answer, case["holds"].replace("{endpoint}", endpoint))
    if "unchanged" in case:
        assert httpx.get(endpoint, params={"query": COUNT}, headers={"accept": "text/csv"}).text.split() == ["n", "8"]


def _asked(endpoint: str, case: dict[str, Any]) -> httpx.Response:
    named = {"content-type": case.get("type"), "accept": case.get("accept", "*/*")}
    return httpx.request(
        case.get("method", "GET"),
        endpoint,
        params=[tuple(pair) for pair in case.get("parameters", ())],
        content=case.get("body", "").encode(case.get("encoding", "utf-8")),
        headers={key: value for key, value in named.items() if value is not None},
    )


def _status_fits(status: int, wanted: int | str) -> bool:
    return status == wanted if isinstance(wanted, int) else f"{status // 100}xx" == wanted


def _holds(answer: httpx.Response, query: str) -> bool:
    store = ox.Store()
    media_type = answer.headers["content-type"].partition(";")[0]
    store.load(answer.content, ox.RdfFormat.from_media_type(media_type))
    return bool(store.query(query))
