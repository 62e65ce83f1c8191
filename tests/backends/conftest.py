"""Real engines on the loopback: started in an empty folder, filled by `ozg-lod publish`, ended by their pid."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent
Start = Callable[..., AbstractContextManager["Backend"]]


@dataclass(frozen=True)
class Backend:
    """An engine: its name, its graph store, its SPARQL endpoint, and what the environment must say to write."""

    name: str
    graphs: str
    sparql: str
    login: tuple[str, str] | None
    process: subprocess.Popen[bytes]

    @property
    def serving(self) -> tuple[str, ...]:
        """What `ozg-lod serve` is told of it."""
        return ("--store", self.sparql, "--store-engine", self.name if self.name == "oxigraph" else "other")

    def publish(self, target: Path, *more: str, login: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `ozg-lod publish` and return what it said."""
        program = shutil.which("ozg-lod", path=str(Path(sys.executable).parent))
        assert program
        names = ("OZG_LOD_STORE_USER", "OZG_LOD_STORE_PASSWORD")
        environment = {**os.environ, **dict(zip(names, (self.login or ("", "")) if login else ("", ""), strict=True))}
        command = [program, "publish", "--target", str(target), "--to", self.graphs, "--store", self.sparql, *more]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def oxigraph(folder: Path, _more: str = "") -> Iterator[Backend]:
    program = shutil.which("oxigraph", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("the oxigraph server is not installed")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [program, "serve", "--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}"]
    with _running(command, folder, url) as process:
        yield Backend("oxigraph", f"{url}/store", f"{url}/query", None, process)


@contextmanager
def virtuoso(folder: Path, more: str = "") -> Iterator[Backend]:
    program = shutil.which("virtuoso-t")
    if program is None:
        pytest.skip("Virtuoso is not installed: apt install virtuoso-opensource-7-bin")
    sql, port = _free_port(), _free_port()
    text = (HERE / "virtuoso.ini").read_text(encoding="utf-8").format(sql=sql, http=port, more=more)
    (folder / "virtuoso.ini").write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    with _running([program, "-f", "-c", "virtuoso.ini"], folder, f"{url}/sparql?query=ASK%7B%7D") as process:
        yield Backend("virtuoso", f"{url}/sparql-graph-crud-auth", f"{url}/sparql", ("dba", "dba"), process)


@pytest.fixture(scope="session")
def start() -> dict[str, Start]:
    """How to start each engine: `with start["virtuoso"](folder, "ResultSetMaxRows = 10") as backend:`."""
    return {"oxigraph": oxigraph, "virtuoso": virtuoso}


@pytest.fixture(scope="session", params=["oxigraph", "virtuoso"])
def backend(
    request: pytest.FixtureRequest, start: dict[str, Start], target: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backend]:
    """An engine that holds the current snapshot of the real data."""
    with start[request.param](tmp_path_factory.mktemp(request.param)) as running:
        published = running.publish(target)
        assert published.returncode == 0, published.stderr
        yield running


@contextmanager
def guarded(sparql: str, user: str, password: str) -> Iterator[str]:
    """A door before an endpoint that asks for a password (Basic, RFC 7617)."""
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["content-length"]))
            if self.headers["authorization"] != wanted:
                self._send(401, b"who are you?", {"www-authenticate": 'Basic realm="store"'})
                return
            fields = {"accept": self.headers["accept"], "content-type": self.headers["content-type"]}
            answer = httpx.post(sparql, content=asked, headers=fields, timeout=60)
            self._send(answer.status_code, answer.content, {"content-type": answer.headers["content-type"]})

        def _send(self, status: int, body: bytes, fields: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**fields, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sparql"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _running(command: list[str], folder: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    with (
        (folder / "said.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            _wait(url, process, folder / "said.log")
            yield process
        finally:
            process.kill()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        try:
            httpx.get(url, timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} is not there after a minute")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
