"""The running server: switching, refusing damaged data, ending, and what every answer carries."""

from __future__ import annotations

import asyncio
import logging
import platform
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.conftest import ROOT, free_port, program, wait_until_ready

from ozg_lod.build.build import build
from ozg_lod.core.errors import UsageError
from ozg_lod.core.settings import Settings
from ozg_lod.site.served_snapshot import SnapshotSwitch
from ozg_lod.snapshots.snapshot import Snapshots
from ozg_lod.web import app, server

Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def own_target(target: Path, tmp_path: Path) -> Path:
    """A copy of the real target that a test may spoil."""
    return Path(shutil.copytree(target, tmp_path / "target"))


def test_every_answer_carries_the_headers_that_protect_readers(client: httpx.Client) -> None:
    for path in ("/", "/health", "/doc/municipality/06414000", "/no-such-page", "/sparql?query=ASK{}"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["access-control-allow-origin"] == "*"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(client: httpx.Client) -> None:
    page = client.get("/no-such-page", headers={"accept": "text/html", "accept-language": "de"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert '<html lang="de"' in page.text
    problem = client.get("/no-such-page").json()
    assert problem["status"] == 404
    assert problem["type"].endswith("#not-found")


def test_a_new_snapshot_is_served_without_dropping_a_request(own_target: Path, serve: Serve) -> None:
    with serve(own_target) as url:
        before = httpx.get(url + "/health/ready").json()["version"]
        failures: list[object] = []
        ended = threading.Event()

        def keep_asking() -> None:
            while not ended.is_set():
                answer = httpx.get(url + "/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"})
                if answer.status_code != 200:
                    failures.append(answer.text)

        asking = threading.Thread(target=keep_asking)
        asking.start()
        build(Settings(source=(ROOT, ROOT / "tests" / "second_deck"), target=own_target), say=lambda _message: None)
        end = time.monotonic() + 20
        while time.monotonic() < end and httpx.get(url + "/health/ready").json()["version"] == before:
            time.sleep(0.1)
        after = httpx.get(url + "/health/ready").json()["version"]
        ended.set()
        asking.join()
        assert after != before
        assert failures == []
        query = "ASK { <https://w3id.org/ozg-lod/hessen/id/availability/soziales-2022-06-30> ?p ?o }"
        assert httpx.get(url + "/sparql", params={"query": query}).json()["boolean"]
        assert httpx.get(url + "/doc/availability/soziales-2022-06-30.ttl").status_code == 200


def test_a_damaged_new_snapshot_is_refused_and_the_old_one_goes_on_serving(own_target: Path, serve: Serve) -> None:
    snapshots = Snapshots(own_target)
    good = snapshots.current() or ""
    with serve(own_target) as url:
        shutil.copytree(snapshots.directory(good), snapshots.directory("bad"))
        (snapshots.directory("bad") / "data.nq").write_bytes(b"")
        (own_target / "current").write_text("bad\n")
        time.sleep(2.5)
        assert httpx.get(url + "/health/ready").json()["snapshot"] == good


def test_a_damaged_snapshot_is_not_served_and_the_way_back_is_named(own_target: Path) -> None:
    snapshots = Snapshots(own_target)
    directory = snapshots.directory(snapshots.current() or "")
    data = directory / "data.nq"
    data.write_bytes(data.read_bytes()[:-100])
    ran = subprocess.run(
        [program(), "serve", "--target", str(own_target), "--port", str(free_port()), "--lang", "en"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 2
    assert b"data.nq is not what was written" in ran.stderr
    assert b"snapshots use" in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_sigterm_lets_a_request_end_and_then_ends_the_server(target: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        [program(), "serve", "--target", str(target), "--port", str(port)], stderr=subprocess.PIPE
    ) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process)
        answers: list[int] = []
        slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
        asking = threading.Thread(
            target=lambda: answers.append(
                httpx.get(url + "/sparql", params={"query": slow, "timeout": "2"}, timeout=30).status_code
            )
        )
        asking.start()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        assert process.wait(20) == 0
        assert time.monotonic() - start < 17
        asking.join()
        assert answers in ([503], [200])


def test_logs_hold_no_addresses(own_target: Path) -> None:
    port = free_port()
    command = [program(), "serve", "--target", str(own_target), "--port", str(port), "--access-log"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        httpx.get(f"http://127.0.0.1:{port}/doc/municipality/06414000?lang=de&secret=1")
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[1].decode()
    lines = [line for line in said.splitlines() if "/doc/municipality/06414000" in line and "GET" in line]
    assert lines
    assert "127.0.0.1" not in lines[0]
    assert "secret" not in lines[0]


def test_a_first_start_builds_and_serves_within_seconds(tmp_path: Path, serve: Serve) -> None:
    with serve(tmp_path / "new") as url:
        assert httpx.get(url + "/", headers={"accept": "text/html"}).status_code == 200


def test_no_answer_leads_where_the_host_field_says(client: httpx.Client) -> None:
    for path in ("/doc/municipality/06414000/", "/id/municipality/06414000", "/suche?q=06414000", "/ontology/"):
        answer = client.get(path, headers={"host": "evil.example"})
        assert "evil.example" not in answer.headers.get("location", "")
        assert "evil.example" not in answer.headers.get("link", "")


def test_a_fault_of_ours_is_a_number_for_the_reader_and_a_line_in_the_log(
    target: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(target=target)
    switch = SnapshotSwitch(settings)
    broken = app.create(settings, switch)

    async def fails(_request: Request) -> Response:
        raise LookupError("a secret of ours")

    broken.add_route("/broken", fails)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(broken), base_url="http://here") as client:
            return await client.get("/broken")

    with caplog.at_level(logging.ERROR, "ozg_lod"):
        answer = asyncio.run(ask())
    switch.opened.close()
    problem = answer.json()
    assert (answer.status_code, problem["type"].rpartition("#")[2]) == (500, "ozg-lod-error")
    assert "secret" not in answer.text
    assert problem["number"] in problem["detail_de"]
    assert f"internal error {problem['number']} at GET /broken" in caplog.text
    assert "a secret of ours" in caplog.text


def test_a_number_that_is_none_is_named(client: httpx.Client) -> None:
    answer = client.get("/sitemap-eins.xml", headers={"accept-language": "de"})
    assert (answer.status_code, answer.json()["detail_de"]) == (400, "Nicht verstanden: part.")


def test_strangers_are_not_served_where_the_cage_cannot_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    for host in ("0.0.0.0", "daten.example"):  # noqa: S104 - refused
        with pytest.raises(UsageError, match=r"listen on 127\.0\.0\.1 instead"):
            server.check(Settings(host=host, port=0))
    for host in ("127.0.0.1", "localhost"):
        server.check(Settings(host=host, port=0))
