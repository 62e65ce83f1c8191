"""Large answers on their way: in pieces, within a limit of bytes and of time, and everything is given back."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.types import Message

from ozg_lod.core.errors import Busy
from ozg_lod.http.slow_clients import PIECE_BYTES, BudgetedResponse, OutputBudget

BODY = bytes(range(256)) * 1024


async def receive() -> Message:
    raise AssertionError("nothing is received")


def test_an_answer_is_handed_over_in_pieces_and_its_room_given_back() -> None:
    hold, sent = OutputBudget(len(BODY)), []

    async def send(message: Message) -> None:
        assert hold.held == len(BODY)
        sent.append(message)

    delivery = BudgetedResponse(BODY, {"content-type": "text/csv"}, hold, limit_s=5)
    asyncio.run(delivery({"type": "http"}, receive, send))
    start, *pieces = sent
    assert start["status"] == 200
    assert (b"content-length", str(len(BODY)).encode()) in start["headers"]
    assert b"".join(piece["body"] for piece in pieces) == BODY
    assert [piece["more_body"] for piece in pieces] == [True] * (len(BODY) // PIECE_BYTES - 1) + [False]
    assert hold.held == 0


def test_who_reads_too_slowly_is_cut_off_and_the_room_given_back() -> None:
    hold = OutputBudget(len(BODY))

    async def send(_message: Message) -> None:
        await asyncio.sleep(0.2)

    with pytest.raises(TimeoutError):
        asyncio.run(BudgetedResponse(BODY, {}, hold, limit_s=0.5)({"type": "http"}, receive, send))
    assert hold.held == 0


def test_without_room_a_large_answer_is_refused() -> None:
    hold = OutputBudget(len(BODY) + 1)
    BudgetedResponse(BODY, {}, hold, limit_s=1)
    with pytest.raises(Busy, match="slow clients"):
        BudgetedResponse(BODY, {}, hold, limit_s=1)


def test_clients_that_do_not_read_do_not_keep_others_from_answers(tmp_path: Path, serve: Callable[..., Any]) -> None:
    lines = (f'<http://x/{n}> <http://x/label> "number {n} {"x" * 60}" .\n' for n in range(40_000))
    (tmp_path / "large.nt").write_text("".join(lines))
    query = "SELECT * { ?s ?p ?o }"
    with serve(tmp_path, "--rdf", str(tmp_path / "large.nt")) as url:
        port = int(url.rpartition(":")[2])
        whole = httpx.get(url + "/sparql", params={"query": query}, timeout=30).content
        assert len(whole) > 5_000_000
        lazy = []
        for _ in range(5):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(f"GET /sparql?{urlencode({'query': query})} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            lazy.append(connection)
        time.sleep(0.5)
        assert httpx.get(url + "/sparql", params={"query": query}, timeout=30).content == whole
        assert httpx.get(url + "/sparql", params={"query": "ASK {}"}, timeout=5).status_code == 200
        for connection in lazy:
            connection.close()
