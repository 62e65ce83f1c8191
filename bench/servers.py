"""The servers that are compared: each starts on a free port of the loopback with the same file, ended by its pid."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import client
import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent
HERE = Path(__file__).resolve().parent
GRAPH = "urn:bench"


@dataclass(frozen=True)
class Server:
    """A running server: `target` is the path queries are posted to, `extra` is added to each form."""

    name: str
    port: int
    target: str
    health: str
    ready_s: float
    extra: str = ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        (folder / "said.log").open("ab") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def wait(port: int, path: str, limit_s: float = 300) -> None:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if client.get(port, path, limit_s=5) == 200:  # noqa: PLR2004
                return
        time.sleep(0.05)
    raise TimeoutError(f"port {port} is not ready")


@contextlib.contextmanager
def ours(file: Path, folder: Path) -> Iterator[Server]:
    port, start = free_port(), time.monotonic()
    command = [str(BIN / "ozg-lod"), "serve", "--rdf", str(file), "--port", str(port), "--client-seconds", "0"]
    with running([*command, "--target", str(folder / "target")], folder):
        wait(port, "/health/ready")
        yield Server("ours", port, "/sparql", "/health", time.monotonic() - start)


@contextlib.contextmanager
def oxigraph(file: Path, folder: Path) -> Iterator[Server]:
    port, start = free_port(), time.monotonic()
    place = str(folder / "oxigraph")
    subprocess.run(
        [str(BIN / "oxigraph"), "load", "--location", place, "--file", str(file)], check=True, capture_output=True
    )
    with running(
        [str(BIN / "oxigraph"), "serve-read-only", "--location", place, "--bind", f"127.0.0.1:{port}"], folder
    ):
        wait(port, "/")
        yield Server("oxigraph serve", port, "/query", "/", time.monotonic() - start)


@contextlib.contextmanager
def rdflib_endpoint(file: Path, folder: Path) -> Iterator[Server]:
    port, start = free_port(), time.monotonic()
    program = str(program_of_rdflib_endpoint())
    with running([program, "serve", str(file), "--port", str(port), "--host", "127.0.0.1"], folder):
        wait(port, "/?query=ASK%20%7B%7D")
        yield Server("rdflib-endpoint", port, "/", "/", time.monotonic() - start)


def program_of_rdflib_endpoint() -> Path | None:
    """Return the program of its own environment (`bench/.venv`, made as `docs/benchmarks.md` says) or of the path."""
    own = HERE / ".venv" / "bin" / "rdflib-endpoint"
    found = shutil.which("rdflib-endpoint")
    return own if own.exists() else Path(found) if found else None


@contextlib.contextmanager
def virtuoso(file: Path, folder: Path) -> Iterator[Server]:
    sql, port, start = free_port(), free_port(), time.monotonic()
    template = (HERE.parent / "tests" / "backends" / "virtuoso.ini").read_text(encoding="utf-8")
    (folder / "virtuoso.ini").write_text(template.format(sql=sql, http=port, more=""), encoding="utf-8")
    with running(["virtuoso-t", "-f", "-c", "virtuoso.ini"], folder):
        wait(port, "/sparql?query=ASK%7B%7D")
        method = "PUT"
        with file.open("rb") as lines:
            while piece := lines.readlines(2_000_000):
                httpx.request(
                    method,
                    f"http://127.0.0.1:{port}/sparql-graph-crud-auth",
                    params={"graph": GRAPH},
                    content=b"".join(piece),
                    headers={"content-type": "application/n-triples"},
                    auth=httpx.DigestAuth("dba", "dba"),
                    timeout=300,
                ).raise_for_status()
                method = "POST"
        extra = f"&default-graph-uri={GRAPH.replace(':', '%3A')}"
        yield Server("Virtuoso 7", port, "/sparql", "/sparql?query=ASK%7B%7D", time.monotonic() - start, extra)


def available() -> list[tuple[str, object]]:
    """Return (name, starter) of what is installed; say what is not."""
    found: list[tuple[str, object]] = [("oxigraph serve", oxigraph), ("ours", ours)]
    if program_of_rdflib_endpoint():
        found.append(("rdflib-endpoint", rdflib_endpoint))
    else:
        print("rdflib-endpoint is not installed: left out", file=sys.stderr)
    if shutil.which("virtuoso-t"):
        found.append(("Virtuoso 7", virtuoso))
    else:
        print("Virtuoso is not installed: left out", file=sys.stderr)
    return found
