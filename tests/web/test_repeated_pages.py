"""Requests that came before word for word get the same answer, and nobody gets that of another request."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.conftest import free_port, program, wait_until_ready

from ozg_lod.http.response_cache import ResponseCache, SentResponse
from ozg_lod.web.front import CachingFront, RequestRecord, request_key
from ozg_lod.web.routing import PageIndex

PAGE = "/doc/bundle/jugendamt"
TURTLE = {"accept": "text/turtle"}


def fields(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}


@pytest.mark.parametrize("headers", [TURTLE, {"accept": "text/html"}, {**TURTLE, "accept-encoding": "identity"}])
def test_the_second_answer_is_the_first_once_more(client: httpx.Client, headers: dict[str, str]) -> None:
    first, second = (client.get(PAGE, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert fields(first) == fields(second)
    assert second.headers["access-control-allow-origin"] == "*"
    assert "content-security-policy" in second.headers


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        (PAGE, {"accept": "text/html", "accept-language": "en"}, "text/html"),
        (PAGE + ".jsonld", {"accept": "text/turtle"}, "application/ld+json"),
        (PAGE + "?format=nt", {"accept": "text/turtle"}, "application/n-triples"),
        (PAGE, {"accept": "application/rdf+xml"}, "application/rdf+xml"),
    ],
)
def test_what_differs_in_one_field_gets_its_own_answer(
    client: httpx.Client, path: str, headers: dict[str, str], expected: str
) -> None:
    for _ in range(2):
        client.get(PAGE, headers=TURTLE)
        assert client.get(path, headers=headers).headers["content-type"].startswith(expected)


def test_head_and_conditional_requests_are_repeated_without_a_body(client: httpx.Client) -> None:
    whole = client.get(PAGE, headers=TURTLE)
    for _ in range(2):
        head = client.head(PAGE, headers=TURTLE)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]
        unchanged = client.get(PAGE, headers={**TURTLE, "if-none-match": whole.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert client.get(PAGE, headers=TURTLE).content == whole.content


def test_failures_are_told_anew(client: httpx.Client) -> None:
    for _ in range(2):
        assert client.get("/doc/bundle/gibt-es-nicht", headers=TURTLE).status_code == 404
        assert client.get(PAGE, headers={"accept": "image/png"}).status_code == 406
        assert client.post(PAGE).status_code == 405


def test_a_repeated_answer_stands_in_the_log_like_any_other(target: Path, tmp_path: Path) -> None:
    port, said = free_port(), tmp_path / "log"
    command = [program(), "serve", "--target", str(target), "--port", str(port), "--access-log"]
    with said.open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process)
        for _ in range(3):
            httpx.get(url + PAGE + "?lang=de", headers=TURTLE)
        process.terminate()
    assert len(re.findall(rf"GET {PAGE} 200 [0-9.]+ ms [0-9a-f]+-[0-9a-f]+\n", said.read_text())) == 3


def test_without_a_cache_nothing_is_kept_and_the_answers_are_the_same(
    target: Path, client: httpx.Client, serve: Callable[..., Any]
) -> None:
    with serve(target, "--cache-mb", "0") as url:
        for _ in range(2):
            assert httpx.get(url + PAGE, headers=TURTLE).content == client.get(PAGE, headers=TURTLE).content


def sent(body: bytes) -> SentResponse:
    return SentResponse.of(200, [], body)


def test_a_flood_of_addresses_pushes_out_what_was_not_used_for_longest() -> None:
    cache = ResponseCache(40_000)
    cache.put("page", b"x" * 5_000)
    for number in range(100):
        cache.keep(("GET", str(number)), sent(b"x" * 5_000))
        assert cache.get("page") is not None, "what is used stays"
    assert cache.size <= 40_000
    assert cache.sent(("GET", "0")) is None
    assert cache.sent(("GET", "98")) is not None
    assert cache.sent(("GET", "99")) is not None
    cache.keep(("GET", "large"), sent(b"x" * 10_000))
    assert cache.sent(("GET", "large")) is None


def test_only_reading_requests_have_a_key_and_none_with_endless_fields() -> None:
    request: dict[str, Any] = {"type": "http", "method": "GET", "path": PAGE, "query_string": b"", "headers": []}
    assert request_key(request) is not None
    twice = {**request, "headers": [(b"accept", b"text/html"), (b"host", b"x"), (b"accept", b"text/turtle")]}
    assert b"text/html,text/turtle" in (request_key(twice) or ())
    for other in ({"type": "lifespan"}, {"method": "POST"}, {"headers": [(b"accept", b"a" * 2000)]}):
        assert request_key({**request, **other}) is None


def test_a_new_snapshot_starts_with_nothing_kept() -> None:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        messages.append("made")

    caches = [ResponseCache(1_000_000), ResponseCache(1_000_000)]
    record = RequestRecord(PageIndex({}), access_log=True)
    app.state = SimpleNamespace(opened=SimpleNamespace(cache=caches[0]), record=record)  # type: ignore[attr-defined]
    request: dict[str, Any] = {"type": "http", "method": "GET", "path": PAGE, "query_string": b"", "headers": []}
    request["state"] = {}
    caches[0].keep(request_key(request) or (), sent(b"old"))
    front = CachingFront(app)  # type: ignore[arg-type]
    asyncio.run(front(request, None, send))  # type: ignore[arg-type]
    assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]
    app.state.opened.cache = caches[1]  # type: ignore[attr-defined]
    asyncio.run(front(request, None, send))  # type: ignore[arg-type]
    assert messages[-1] == "made"
