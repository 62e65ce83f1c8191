"""`ozg-lod publish`: the merged graph of a snapshot, written to a SPARQL engine by the Graph Store Protocol.

The order makes it safe to be killed anywhere: the receipt goes first and comes last, and in between the engine is
asked what it really holds. `serve --store` uses no version without its receipt (`backend`, `remote`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, Self

import httpx

from ozg_lod.core.errors import SnapshotError, UsageError
from ozg_lod.core.messages import MessageSink, _
from ozg_lod.core.settings import Settings
from ozg_lod.core.vocab import XSD
from ozg_lod.rdf import formats
from ozg_lod.snapshots import data_files
from ozg_lod.snapshots.snapshot import Manifest, Snapshots
from ozg_lod.sparql import backend

PIECE_LINES: Final = 10_000
"""Triples for one request: about 1.6 MB, which every engine tried takes."""
_GONE: Final = 404
_UNAUTHORIZED: Final = frozenset({401, 403})
_WRITE_S: Final = 600


class GraphStore:
    """A store that takes graphs (SPARQL 1.1 Graph Store HTTP Protocol) and answers queries."""

    def __init__(self, address: str, settings: Settings) -> None:
        self._address = address
        self._asked = str(settings.store)
        self._client = httpx.Client(**backend.options(settings, limit_s=_WRITE_S))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_unused: object) -> None:
        self._client.close()

    def put(self, graph: str, pieces: Iterator[bytes]) -> None:
        """Replace a graph by the pieces, one request each (§5.3, §5.5)."""
        method = "PUT"
        for piece in pieces:
            self._write(method, graph, piece)
            method = "POST"

    def delete(self, graph: str) -> bool:
        """Remove a graph (§5.4); return whether it was there."""
        return self._write("DELETE", graph, None) != _GONE

    def count(self, graph: str) -> int:
        """Return how many triples a graph has, by asking where `serve` will ask."""
        query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
        fields = {"query": query, "default-graph-uri": graph}
        response = self._sent("POST", self._asked, data=fields, headers={"accept": formats.SPARQL_JSON.media_type})
        try:
            backend.checked_head(response, formats.SPARQL_JSON.media_type)
            return int(response.json()["results"]["bindings"][0]["n"]["value"])
        except (ValueError, LookupError, TypeError):
            raise _refused(self._asked, response) from None

    def _write(self, method: str, graph: str, content: bytes | None) -> int:
        headers = {"content-type": formats.NTRIPLES.media_type} if content is not None else {}
        response = self._sent(method, self._address, params={"graph": graph}, content=content, headers=headers)
        if not response.is_success and not (method == "DELETE" and response.status_code == _GONE):
            raise _refused(self._address, response)
        return response.status_code

    def _sent(self, method: str, address: str, **request: object) -> httpx.Response:
        try:
            return self._client.request(method, address, **request)  # type: ignore[arg-type] # named as httpx names them
        except httpx.HTTPError as error:
            raise SnapshotError(_("{address} gives no answer: {error}.", address=address, error=error)) from None


def publish(settings: Settings, address: str, say: MessageSink) -> str:
    """Write the current snapshot to `address` and return its graph; whatever fails, it does not count as published."""
    snapshots = Snapshots(settings.target)
    name = snapshots.served()
    manifest = snapshots.verified(name)
    place = backend.VersionGraph.of(manifest)
    with GraphStore(address, settings) as graphs:
        graphs.delete(place.receipt)
        say(
            _("Writing {triples:,} triples to <{graph}>", triples=place.triples, graph=place.graph),
        )
        graphs.put(place.graph, _pieces(snapshots.directory(name) / data_files.MERGED_FILE))
        held = graphs.count(place.graph)
        if held != place.triples:
            raise SnapshotError(
                _(
                    "<{graph}> holds {held} triples there, not {triples}, and is not used. Publish again.",
                    graph=place.graph,
                    held=held,
                    triples=place.triples,
                ),
            )
        graphs.put(place.receipt, iter([_receipt(place)]))
    return place.graph


def drop(settings: Settings, address: str, version: str) -> str:
    """Remove an old version, its receipt first, and return its graph; the current version is refused."""
    snapshots = Snapshots(settings.target)
    known = {entry.version: entry.snapshot for entry in snapshots.publications()}
    candidates = [candidate for candidate in known if candidate.startswith(version)]
    if len(candidates) != 1 or known[candidates[0]] == snapshots.current():
        raise UsageError(
            _(
                "{version} names {count} versions, or the current one; see `ozg-lod snapshots list`.",
                version=repr(version),
                count=len(candidates),
            ),
        )
    version_graph = backend.VersionGraph.of(Manifest.read(snapshots.directory(known[candidates[0]])))
    with GraphStore(address, settings) as graphs:
        graphs.delete(version_graph.receipt)
        graphs.delete(version_graph.graph)
    return version_graph.graph


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield the file in pieces; as one if it has blank nodes, whose names hold only within one request."""
    with path.open("rb") as file:
        if any(line.startswith(b"_:") or b" _:" in line for line in file):
            yield path.read_bytes()
            return
        file.seek(0)
        while lines := list(islice(file, PIECE_LINES)):
            yield b"".join(lines)


def _receipt(place: backend.VersionGraph) -> bytes:
    return f'<{place.graph}> <{backend.VOID_TRIPLES}> "{place.triples}"^^<{XSD}integer> .\n'.encode()


def _refused(address: str, response: httpx.Response) -> SnapshotError:
    sentence = " ".join(response.text.split())[:300]
    login = _(" Set OZG_LOD_STORE_USER and OZG_LOD_STORE_PASSWORD.")
    return SnapshotError(
        _(
            "{address} answered with status {status_code}: {sentence}{hint}",
            address=address,
            status_code=response.status_code,
            sentence=sentence,
            hint=login if response.status_code in _UNAUTHORIZED else "",
        ),
    )
