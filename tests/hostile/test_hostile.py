"""Attacks on /sparql: the right status, a sentence, no packet to anyone, and a service that goes on for the others.

All attacks run while other clients hold the slow lane. Q18 to Q21 are about time and processes and stand here as code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import patience

ATTACKS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text("utf-8"))
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
IN_CODE = {"Q18", "Q19", "Q20", "Q21"}


class Canary:
    """A listener on this machine that counts who connects."""

    def __init__(self) -> None:
        self.hits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.hits += 1
                connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.close()


@pytest.fixture(scope="module")
def started(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Any]:
    """Start a server of 20,000 triples: things with a number and a label, each leading to two others."""
    folder = tmp_path_factory.mktemp("hostile")
    things = (
        f'<a:{n}> <a:p> <a:{(7 * n + 1) % 5000}>, <a:{(n + 1) % 5000}> ; <a:n> {n} ; <a:label> "thing {n}"@en .\n'
        for n in range(5000)
    )
    (folder / "data.ttl").write_text("".join(things))
    return lambda: serve(folder, "--rdf", str(folder / "data.ttl"))


@pytest.fixture(scope="module")
def besieged(started: Callable[[], Any]) -> Iterator[str]:
    """A server whose slow lane is held by three clients all the time."""
    ended = threading.Event()
    with started() as url, ThreadPoolExecutor(3) as attackers:

        def attack(number: int) -> None:
            with httpx.Client(timeout=20) as client:
                while not ended.is_set():
                    client.get(url + "/sparql", params={"query": f"{SLOW} # {number} {time.monotonic()}", "timeout": 4})

        for number in range(3):
            attackers.submit(attack, number)
        time.sleep(0.5)
        yield url
        ended.set()


def test_every_row_of_the_table_has_a_case() -> None:
    rows = {name.partition("-")[0] for name in ATTACKS} | IN_CODE
    assert rows == {f"Q{number:02}" for number in range(1, 25)}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_its_status_and_hurts_nobody(besieged: str, canary: Canary, name: str) -> None:
    attack = ATTACKS[name]
    for query in _queries(attack, canary.address):
        fields = {"query": query, "timeout": str(attack.get("timeout", 5))}
        answer = httpx.post(besieged + "/sparql", data=fields, timeout=15)
        assert answer.status_code in attack["status"], f"{query[:100]}: {answer.status_code} {answer.text[:300]}"
        if answer.status_code != httpx.codes.OK:
            problem = answer.json()
            assert attack.get("says", "") in problem["detail_en"]
            assert len(problem["detail_de"]) > 20
            assert answer.status_code != 503 or int(answer.headers["retry-after"]) > 0
    start = time.monotonic()
    next_one = httpx.get(besieged + "/sparql", params={"query": f"ASK {{}} # after {name}"}, timeout=5)
    assert next_one.status_code == 200
    assert time.monotonic() - start < 2 * patience()
    assert canary.hits == 0


def _queries(attack: dict[str, Any], canary: str) -> Iterator[str]:
    for text in attack["queries"]:
        query = text.replace("{canary}", canary)
        for mark, (piece, times) in attack.get("repeat", {}).items():
            query = query.replace(mark, piece * times)
        if "doubling" in attack:
            steps = range(attack["doubling"])
            query = query.replace("@", " ".join(f"BIND(CONCAT(?v{n},?v{n}) AS ?v{n + 1})" for n in steps))
            query = query.replace("?v0 AS ?z", f"?v{attack['doubling']} AS ?z")
        if "complete_graph" in attack:
            nodes = range(attack["complete_graph"])
            query = query.replace("@", " ".join(f"_:n{a} <a:p> _:n{b} ." for a in nodes for b in nodes if a != b))
        yield query


def test_q18_a_server_with_a_runaway_query_ends_when_asked(started: Callable[[], Any]) -> None:
    with started() as url, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.get, url + "/sparql", params={"query": SLOW, "timeout": 3}, timeout=20)
        time.sleep(0.5)
        server = _server(url)
        start = time.monotonic()
        os.kill(server, signal.SIGTERM)
        assert asked.result().status_code == 503
        while Path(f"/proc/{server}").exists() and _state(server) != "Z" and time.monotonic() - start < 10 * patience():
            time.sleep(0.05)
        assert time.monotonic() - start < 6 * patience()


def test_q19_a_client_that_hangs_up_frees_the_processor(started: Callable[[], Any]) -> None:
    with started() as url:
        for number in range(4):
            with pytest.raises(httpx.TimeoutException):
                httpx.get(url + "/sparql", params={"query": f"{SLOW} # {number}"}, timeout=0.4)
        server, end = _server(url), time.monotonic() + 5 * patience()
        while (spent := _spent_in_a_second(server)) > 0.2 and time.monotonic() < end:
            pass
        assert spent < 0.2


def test_q20_health_is_prompt_during_an_attack(besieged: str) -> None:
    with httpx.Client() as client:
        taken = sorted(_timed(client, besieged + "/health") for _ in range(100))
    assert taken[90] < 0.05 * patience(), f"median {taken[50] * 1000:.0f} ms, ninth decile {taken[90] * 1000:.0f} ms"


def test_q21_many_slow_queries_fill_a_bounded_queue_and_the_rest_is_told_at_once(started: Callable[[], Any]) -> None:
    with started() as url, ThreadPoolExecutor(45) as pool:

        def ask(number: int) -> tuple[str, float]:
            start = time.monotonic()
            fields = {"query": f"{SLOW} # {number}", "timeout": 4}
            answer = httpx.get(url + "/sparql", params=fields, timeout=30)
            assert int(answer.headers["retry-after"]) > 0
            assert answer.status_code == 503
            return answer.json()["type"].rpartition("#")[2], time.monotonic() - start

        asked = [pool.submit(ask, number) for number in range(45)]
        time.sleep(1.5)
        start = time.monotonic()
        assert httpx.get(url + "/sparql", params={"query": "ASK {} # beside 45"}, timeout=10).status_code == 200
        assert time.monotonic() - start < 2 * patience()
        answers = [future.result() for future in asked]
    reasons = [reason for reason, _ in answers]
    assert set(reasons) == {"busy", "late"}
    assert reasons.count("busy") >= 20
    assert max(taken for _, taken in answers) < 8 * patience()


def _timed(client: httpx.Client, url: str) -> float:
    start = time.monotonic()
    assert client.get(url).status_code == 200
    return time.monotonic() - start


def _server(url: str) -> int:
    """Return the process that listens at `url`: the one started with its port."""
    port = url.rpartition(":")[2]
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"--port\0{port}\0" in (entry / "cmdline").read_text():
                return int(entry.name)
    raise AssertionError("no such server")


def _state(process: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return "Z"


def _spent_in_a_second(root: int) -> float:
    before = _processor_s(root)
    time.sleep(1)
    return _processor_s(root) - before


def _processor_s(root: int) -> float:
    """Return the processor time of a process and all below it, in seconds."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                ticks[int(entry.name)] = int(fields[11]) + int(fields[12])
    tree = {root}
    while grown := {process for process, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return sum(ticks.get(process, 0) for process in tree) / os.sysconf("SC_CLK_TCK")
