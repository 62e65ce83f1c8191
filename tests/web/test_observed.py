"""What an operator sees of a running server: metrics, the name of a request, the log, and what a signal does."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import free_port, patience, program, wait_until_ready

from ozg_lod.http.request_counts import BOUNDS_S, RequestCounts

SLOW = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(f'VALUES ?v{n} {{ 1 2 3 4 5 6 7 8 9 }}' for n in range(12))} }}"
Observed = tuple[str, str, subprocess.Popen[bytes]]


@contextmanager
def observed(folder: Path, *options: str) -> Iterator[Observed]:
    """Run a server of one triple; yield its address, that of its metrics, and its process."""
    (folder / "data.ttl").write_text("<a:a> <a:b> <a:c> .")
    port, watched = free_port(), free_port()
    command = [program(), "serve", "--target", str(folder), "--rdf", str(folder / "data.ttl"), "--port", str(port)]
    command += ["--metrics", f"127.0.0.1:{watched}", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url, process)
            yield url, f"http://127.0.0.1:{watched}/metrics", process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    with observed(tmp_path_factory.mktemp("observed"), "--query-deadline-s", "0.5") as running:
        yield running


def values(address: str) -> dict[str, float]:
    lines = httpx.get(address).text.splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


@pytest.mark.parametrize(
    ("request_of", "name"),
    [
        (lambda url: httpx.get(url + "/health"), 'ozg_lod_requests_total{kind="health",status="200"}'),
        (lambda url: httpx.get(url + "/nothing-here"), 'ozg_lod_requests_total{kind="other",status="404"}'),
        (lambda url: httpx.get(url + "/health"), 'ozg_lod_request_seconds_count{kind="health"}'),
        (
            lambda url: httpx.get(url + "/health", headers={"host": "a b"}),
            'ozg_lod_refused_total{cause="malformed host"}',
        ),
        (
            lambda url: httpx.get(url + "/sparql", params={"query": "ASK {}"}),
            'ozg_lod_requests_total{kind="sparql",status="200"}',
        ),
        (
            lambda url: httpx.get(url + "/sparql", params={"query": SLOW}),
            'ozg_lod_pool_failures_total{cause="late",pool="query"}',
        ),
        (
            lambda url: httpx.get(url + "/sparql", params={"query": "SELECT * { FILTER(", "timeout": "1"}),
            'ozg_lod_requests_total{kind="sparql",status="400"}',
        ),
    ],
)
def test_what_happens_is_counted(server: Observed, request_of: Callable[[str], httpx.Response], name: str) -> None:
    url, metrics, _ = server
    before = values(metrics).get(name, 0)
    request_of(url)
    assert values(metrics)[name] == before + 1


def test_metrics_tell_the_state_of_the_server(server: Observed) -> None:
    url, metrics, _ = server
    with httpx.Client() as client:
        client.get(url + "/health")
        told = values(metrics)
    assert told["ozg_lod_connections"] >= told["ozg_lod_waiting_connections"] >= 1
    assert told['ozg_lod_pool_places{pool="query",state="free"}'] == 2
    assert "ozg_lod_last_look_age_seconds" not in told  # plain files have no newer version
    assert told["ozg_lod_loop_lag_seconds"] >= 0
    assert told["process_open_fds"] > 3
    assert any(name.startswith("ozg_lod_info{program=") for name in told)
    assert httpx.get(url + "/metrics").status_code == 404


def test_random_paths_make_no_metrics(server: Observed) -> None:
    url, metrics, _ = server
    httpx.get(url + "/x")
    before = len(values(metrics))
    with httpx.Client() as client:
        for number in range(50):
            client.get(f"{url}/{number}/x")
    assert len(values(metrics)) == before


def test_durations_fall_into_their_classes() -> None:
    counts = RequestCounts()
    for bound_s in (0.0, *BOUNDS_S, 1000.0):
        counts.count("x", 200, bound_s)
    assert counts.durations["x"] == [2, *[1] * len(BOUNDS_S)]
    assert counts.statuses == {("x", 200): len(BOUNDS_S) + 2}


def test_each_request_has_a_name_of_its_own_that_nobody_else_chose(server: Observed) -> None:
    url = server[0]
    answers = [httpx.get(url + path, headers={"x-request-id": "mine"}) for path in ("/health", "/health", "/x")]
    names = [answer.headers["x-request-id"] for answer in answers]
    assert len({*names, "mine"}) == 4
    assert answers[2].json()["request_id"] == names[2]


def test_an_answer_from_the_cache_has_a_name_too(client: httpx.Client) -> None:
    names = {client.get("/hilfe").headers["x-request-id"] for _ in range(3)}
    assert len(names) == 3


def test_the_status_is_there_for_programs(client: httpx.Client) -> None:
    assert "text/html" in client.get("/status").headers["content-type"]
    status = client.get("/status", headers={"accept": "application/json"}).json()
    assert status["version"] == client.get("/health/ready").json()["version"]
    assert status["triples"] > 1000
    assert {stock["kind"] for stock in status["stocks"]}


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_request_forges_a_line_of_the_log(tmp_path: Path, form: str) -> None:
    log = tmp_path / "log"
    with observed(tmp_path, "--access-log", "--log-format", form, "--log-file", str(log)) as (url, _, _process):
        name = httpx.get(url + "/x%0d%0a2020-01-01%20INFO%20forged%1b[2J%e2%80%a8forged%c2%9b").headers["x-request-id"]
    lines = [line for line in log.read_text("utf-8").split("\n") if "forged" in line]
    assert len(lines) == 1
    assert name in lines[0]
    assert not set(lines[0]) & set("\r\x1b\x9b\u2028")
    if form == "json":
        assert json.loads(lines[0])["status"] == 404


def test_sighup_begins_a_new_log_and_ends_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with observed(tmp_path, "--log-file", str(log)) as (url, _, process):
        for number in range(3):
            process.send_signal(signal.SIGHUP)
            end = time.monotonic() + 5 * patience()
            while not (log.exists() and "as asked" in log.read_text("utf-8")):
                assert time.monotonic() < end
                time.sleep(0.02)
            log.rename(tmp_path / f"log.{number}")
        assert httpx.get(url + "/health").status_code == 200


@pytest.mark.parametrize("address", ["9100", ":9100", "127.0.0.1:x", "127.0.0.1:99999"])
def test_an_address_of_metrics_that_is_none_is_told(run_program: Callable[..., Any], address: str) -> None:
    ran = run_program("serve", "--rdf", __file__, "--metrics", address)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) <= 2
