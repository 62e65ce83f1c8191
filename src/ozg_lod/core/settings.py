"""The settings of a running program: one frozen record, made by `cli`, passed down by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]


def packaged_source() -> Path:
    """Return the source folder that came with the program: inside the wheel, else the checkout it runs from."""
    inside = _PACKAGE / "source"
    return inside if inside.is_dir() else _PACKAGE.parents[1]


OXIGRAPH: Final = "oxigraph"
"""The engine behind `store` that evaluates as our own does."""
ENGINES: Final = (OXIGRAPH, "other")
QUERY_BYTES: Final = 1024 * 1024
"""Bytes of the text of a query: what it costs is limited by its terms, operators, variables, time and memory."""


@dataclass(frozen=True, slots=True)
class RdfFile:
    """One file, and the named graph its triples belong to (None: as it is written)."""

    path: Path
    graph: str | None = None


@dataclass(frozen=True)
class Settings:
    """What `ozg-lod serve` can be told.

    `source` are the folders the catalogue is built from (the first holds ontology, shapes and queries, any
    further one adds data; without any it is the one that came with the program), `target` holds the snapshots.
    `public_url` is the address that links in headers, paging and feeds start with (else http://HOST:PORT); it never
    comes from a request. Sizes are in MB of 1,000,000 bytes unless they say MiB, times in seconds. `legal` is the
    folder with the operator's legal texts.

    `store` is the SPARQL endpoint that evaluates queries in our place, `store_login` user and password for it,
    `store_engine` what it is; with `store_fallback` the snapshot answers while it is gone.
    `rdf` are the files served instead of a snapshot. `client_seconds` of query time may one client use per minute (0:
    any); it is known by its address, or by what `trusted_proxies` say it is. `hold_bytes` of large answers may be on
    their way to clients at once, each for at most `delivery_s`.

    A connection has `head_s` to send the head of a request, `piece_s` for each piece of its body, `keep_alive_s` until
    the next request, `send_s` to take something of an answer; `unsent_bytes` of answers that were not taken may be
    waiting in all. A trusted proxy may have any share of the `connections`.

    `judge` judges again what a build publishes.

    `metrics` is the address at which a program can read what was counted; none: nowhere.

    `inbox` is the folder of what is submitted; without one nothing can be. Name and mail of a sender and the file are
    deleted `inbox_days` after the decision. At most `inbox_open` submissions wait for one, with `inbox_bytes` in all.
    """

    source: tuple[Path, ...] = ()
    target: Path = Path("build")
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    access_log: bool = False
    log_format: str = "text"
    log_file: Path | None = None
    metrics: tuple[str, int] | None = None
    legal: Path | None = None

    query_deadline_s: float = 10
    query_memory_mb: int = 1024
    memory_mb: int = 4096
    query_bytes: int = QUERY_BYTES
    answer_bytes: int = 50_000_000
    hold_bytes: int = 250_000_000
    delivery_s: float = 300
    client_seconds: float = 60
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    rdf: tuple[RdfFile, ...] = ()
    store: str | None = None
    store_login: tuple[str, str] | None = field(default=None, repr=False)
    store_engine: str = ENGINES[-1]
    store_fallback: bool = False
    store_connections: int = 8
    promote_after_s: float = 0.2
    fast_places: int = 2
    slow_places: int = 2
    waiting_queries: int = 32
    cache_mb: int = 64

    connections: int = 1000
    connections_per_client: int = 128
    target_bytes: int = 64 * 1024
    header_bytes: int = 16 * 1024
    head_bytes: int = 96 * 1024
    header_count: int = 100
    head_s: float = 10
    piece_s: float = 30
    keep_alive_s: float = 30
    send_s: float = 30
    unsent_bytes: int = 100_000_000

    inbox: Path | None = None
    inbox_days: int = 30
    inbox_open: int = 200
    inbox_bytes: int = 500_000_000
    submissions_per_hour: float = 20

    check_deadline_s: float = 60
    check_memory_mb: int = 2048
    check_rows: int = 10_000
    build_deadline_s: float = 1800
    build_memory_mb: int = 4096
    judge: str = "pyshacl"
    drain_s: int = 15

    @property
    def processes(self) -> int:
        """Return how many processes hold the data: server, fork server and workers."""
        return 2 + self.fast_places + self.slow_places

    def __post_init__(self) -> None:
        """Fill in what is not said and follows from the rest."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        object.__setattr__(self, "public_url", self.public_url or f"http://{host}:{self.port}")
        object.__setattr__(self, "source", self.source or (packaged_source(),))
