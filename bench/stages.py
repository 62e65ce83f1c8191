"""Where the time of a small query goes: the processor time of each stage, measured inside one process.

    python bench/stages.py [--write]

Each stage is done alone, many times, with a query that has not been asked before where that matters; the least of
several rounds is shown, because everything else that a machine does only adds to it. The whole request goes through the
application as uvicorn would call it, so reading and writing HTTP comes on top: the last line, an application that does
nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import client
import generate
import servers
import uvloop

from ozg_lod.core.settings import RdfFile, Settings
from ozg_lod.rdf import formats
from ozg_lod.sandbox import wire
from ozg_lod.site.served_snapshot import SnapshotSwitch
from ozg_lod.sparql import rdf_files
from ozg_lod.sparql.scan import scan
from ozg_lod.sparql.store import AnswerHead, EmbeddedStore, SparqlQuery
from ozg_lod.web import app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

DOCS = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
START, END = "<!-- stages -->", "<!-- end of stages -->"
ROUNDS, TIMES = 7, 400
JSON = formats.SPARQL_JSON.media_type
ASK = (
    "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
    f"PREFIX dct: <http://purl.org/dc/terms/> ASK {{ <{generate.BASE}municipality/7> dct:isPartOf ?d }} # "
)
NOTHING = """
import sys, uvicorn
async def nothing(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})
uvicorn.run(nothing, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="error")
"""
numbers = itertools.count(int(time.time()) * 1000)


def least(work: Callable[[], object]) -> float:
    """Return the microseconds of processor time that `work` takes."""
    found = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(TIMES):
            work()
        found.append((time.process_time() - start) / TIMES * 1e6)
    return min(found)


async def least_of(work: Callable[[], Awaitable[object]], clock: Callable[[], float] = time.process_time) -> float:
    found = []
    for _ in range(ROUNDS):
        start = clock()
        for _ in range(TIMES):
            await work()
        found.append((clock() - start) / TIMES * 1e6)
    return min(found)


async def request(application: app.FastAPI) -> None:
    body = f"{ASK}{next(numbers)}".encode()
    fields = {"host": "x", "content-type": "application/sparql-query", "accept": JSON, "content-length": str(len(body))}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sparql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 1),
        "app": application,
    }
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, object]:
        return next(messages, None) or await asyncio.Future()

    async def send(_message: object) -> None:
        pass

    await application.middleware_stack(scope, receive, send)


async def of_requests(file: Path) -> dict[str, float]:
    switch = SnapshotSwitch(Settings(rdf=(RdfFile(file),), client_seconds=0))
    application = app.create(switch._settings, switch)  # noqa: SLF001 - its own settings
    application.middleware_stack = application.build_middleware_stack()
    workers = switch.opened.endpoint._evaluator  # noqa: SLF001 - what is measured
    ask, question = workers.ask, wire.encode(SparqlQuery(ASK, JSON))
    found = {"the whole request": await least_of(lambda: request(application))}
    found["the way to the child and back"] = await least_of(lambda: ask(question, deadline_s=10))
    waited = await least_of(lambda: ask(question, deadline_s=10), time.perf_counter)
    found["the same by the clock, with the child's work"] = waited

    async def at_once(_question: bytes, *, deadline_s: float) -> bytes:  # noqa: ARG001 - as workers are asked
        return AnswerHead(JSON, stays=True).before(b'{"head":{},"boolean":true}')

    workers.ask = at_once
    found["the whole request without that way"] = await least_of(lambda: request(application))
    switch.opened.close()
    return found


def of_parts(file: Path) -> dict[str, float]:
    loaded = rdf_files.load([RdfFile(file)])
    embedded = EmbeddedStore(loaded)
    question = SparqlQuery(ASK, JSON)
    frame, decode = wire.encode(question), wire.decoder(SparqlQuery)
    return {
        "child: the look at the query": least(lambda: scan(f"{ASK}{next(numbers)}")),
        "server: the format": least(lambda: formats.negotiate(JSON, formats.ASKED_RESULTS)),
        "server: the question as a frame": least(lambda: wire.encode(question)),
        "child: the frame as a question": least(lambda: decode(frame)),
        "child: the engine alone": least(lambda: loaded.query(ASK)),
        "child: the answer as bytes": least(lambda: embedded.answer(question, len)),
    }


def of_nothing() -> float:
    port = servers.free_port()
    with subprocess.Popen([sys.executable, "-c", NOTHING, str(port)]) as process:
        try:
            servers.wait(port, "/")
            asked = client.post("/", ASK, JSON, "")
            return min(min(client.times(port, lambda: asked, seconds=0.2, least=50)) for _ in range(ROUNDS)) * 1e6
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the table of stages in docs/benchmarks.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.nt"
        generate.write(file, 10_000)
        found = of_parts(file) | {f"server: {k}": v for k, v in uvloop.run(of_requests(file)).items()}
    found["uvicorn with an application that does nothing, by the client's clock"] = of_nothing()
    lines = ["| stage of a tiny ASK | microseconds |", "|---|---|", *(f"| {k} | {v:.0f} |" for k, v in found.items())]
    print("\n".join(lines))
    if options.write:
        text = DOCS.read_text("utf-8")
        before, _, rest = text.partition(START)
        table = "\n".join(lines)
        DOCS.write_text(f"{before}{START}\n\n{table}\n\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
