"""Nothing that a stranger sends is worked on by the event loop beyond a linear look with a bound.

The loop runs in the main thread of the server, so its processor time is that of one task (proc(5), schedstat): no clock
on the wall comes into it. Other work beside it costs it the caches of its core, so the limit is doubled then.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import patience
from tests.hostile.test_hostile import ATTACKS, _queries, _server
from tests.hostile.uploads import CASES

LIMIT_MS = 50
HTML = "text/html"
LONGEST_ADDRESS = 4000
LARGE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("loop.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] | None = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] | None = None


def _built(text: str, case: dict[str, Any]) -> str:
    for mark, (piece, times) in case.get("repeat", {}).items():
        text = text.replace(mark, "".join(piece.replace("#n", str(n)) for n in range(times)))
    return text


def _requests() -> Iterator[tuple[str, Sent]]:
    yield from _queries_sent()
    yield from _large()
    for case in CASES:
        if not case.shapes:
            yield f"{case.row} {case.what}", Sent("POST", "/pruefen", files={"file": (case.file, case.content)})


def _queries_sent() -> Iterator[tuple[str, Sent]]:
    for name, attack in ATTACKS.items():
        for number, query in enumerate(_queries(attack, "http://127.0.0.1:1/")):
            fields = {"query": query, "timeout": "1"}
            yield f"{name}-{number}", Sent("POST", "/sparql", data=fields)
            if len(query) < LONGEST_ADDRESS:
                yield f"{name}-{number} page", Sent("GET", "/sparql", params=fields, headers={"accept": HTML})


def _large() -> Iterator[tuple[str, Sent]]:
    for name, case in LARGE.items():
        path, headers = case["path"], {"accept": case.get("accept", "*/*")}
        fields = {key: _built(text, case) for key, text in (case.get("query") or case.get("form") or {}).items()}
        if "query" in case:
            yield name, Sent("GET", path, params=fields, headers=headers)
        elif "form" in case:
            yield name, Sent("POST", path, data=fields, headers=headers)
        else:
            headers["content-type"] = case["type"]
            yield name, Sent("POST", path, content=_built(case["body"], case).encode(), headers=headers)


REQUESTS = dict(_requests())


@pytest.fixture(scope="module")
def server(serve: Callable[..., Any], target: Path) -> Iterator[str]:
    with serve(target, "--client-seconds", "0") as url:
        for path in ("/", "/sparql", "/pruefen", "/reconcile", "/abgleich", "/suche?q=a", "/zeitleiste", "/karte"):
            httpx.get(url + path, headers={"accept": HTML}, timeout=60)
        yield url


def _loop_ms(process: int) -> float:
    """Return the processor time that the loop's thread has had."""
    return int(Path(f"/proc/{process}/task/{process}/schedstat").read_text().split()[0]) / 1e6


@pytest.mark.parametrize("name", REQUESTS)
def test_the_loop_only_hands_it_on(server: str, name: str) -> None:
    sent, process = REQUESTS[name], _server(server)
    before = _loop_ms(process)
    answer = httpx.request(
        sent.method,
        server + sent.path,
        params=sent.params,
        data=sent.data,
        content=sent.content,
        headers=sent.headers,
        files=sent.files,
        timeout=90,
    )
    spent = _loop_ms(process) - before
    assert answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR
    assert spent < LIMIT_MS * min(patience(), 2), f"{spent:.0f} ms for {answer.status_code}"
