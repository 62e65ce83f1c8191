"""Metrics for operators in the words of Prometheus, at an address of their own (`serve --metrics HOST:PORT`).

Nothing here is touched while a request is answered: counts are kept as plain numbers where things happen, and read
when they are asked for, by a thread of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette

from ozg_lod import __version__
from ozg_lod.contributions.check_pool import check_pool
from ozg_lod.contributions.inbox import Inbox
from ozg_lod.core.errors import OzgLodError
from ozg_lod.core.settings import Settings
from ozg_lod.core.supervised import Supervised
from ozg_lod.http.request_counts import BOUNDS_S, RequestCounts
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.site.served_snapshot import ServedSnapshot
from ozg_lod.web.connections import Connections

_PREFIX: Final = "ozg_lod_"


@contextlib.contextmanager
def served(address: tuple[str, int], app: Starlette, connections: Connections) -> Iterator[None]:
    """Answer at this address as long as the context lasts; raises OSError where it is taken."""
    registry = CollectorRegistry()
    registry.register(ServerCollector(app, connections))
    ProcessCollector(registry=registry)
    server, _thread = start_http_server(address[1], address[0], registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class ServerCollector(Collector):
    """Reads what a server has counted."""

    app: Starlette
    connections: Connections

    def describe(self) -> Iterator[Metric]:
        """Name nothing: what there is depends on what happens."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        yield from _requests(self.app.state.record.counts)
        yield from _connections(self.connections)
        opened: ServedSnapshot = self.app.state.opened
        yield from _pools(
            {"query": opened.endpoint.pool, "check": check_pool(self.app).pool, "match": self.app.state.matchers}
        )
        yield _gauge("cache_bytes", "Bytes of finished answers that are kept", opened.cache.size)
        info = GaugeMetricFamily(
            _PREFIX + "info", "What is served, by which program", labels=["program", "snapshot", "version"]
        )
        info.add_metric([__version__, opened.name, opened.version], 1)
        yield info
        looking: Supervised | None = self.app.state.looking
        if looking is not None:
            yield _gauge("last_look_age_seconds", "Since the last good look at what is to be served", looking.age_s)
        yield from _inbox(self.app.state.settings)


def _requests(counts: RequestCounts) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        _PREFIX + "requests", "Requests, by the first part of their path", labels=["kind", "status"]
    )
    for (kind, status), number in list(counts.statuses.items()):
        requests.add_metric([kind, str(status)], number)
    yield requests
    durations = HistogramMetricFamily(_PREFIX + "request_seconds", "How long requests took", labels=["kind"])
    for kind, classes in list(counts.durations.items()):
        sums = list(accumulate(classes))
        bounds = [*map(str, BOUNDS_S), "+Inf"]
        durations.add_metric([kind], list(zip(bounds, sums, strict=True)), counts.seconds.get(kind, 0.0))
    yield durations
    repeated = CounterMetricFamily(_PREFIX + "repeated_answers", "Pages answered from the cache, as sent before")
    repeated.add_metric([], counts.repeated)
    yield repeated
    yield _gauge("loop_lag_seconds", "How late the event loop was at most since the last look", counts.lag_taken())


def _connections(connections: Connections) -> Iterator[Metric]:
    yield _gauge("connections", "Open connections", len(connections.open))
    yield _gauge("waiting_connections", "Connections that wait for their client", len(connections.waiting))
    yield _gauge("unsent_bytes", "Bytes of answers that clients have not taken yet", connections.unsent_bytes)
    yield _causes("refused", "Requests and connections that reached no page", connections.refused)


def _pools(pools: Mapping[str, WorkerPool]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(_PREFIX + "pool_waiting", "Work that waits for a place", labels=["pool"])
    places = GaugeMetricFamily(_PREFIX + "pool_places", "Places and what holds them", labels=["pool", "state"])
    failures = CounterMetricFamily(
        _PREFIX + "pool_failures", "Work that was refused or ended without an answer", labels=["pool", "cause"]
    )
    for name, pool in pools.items():
        waiting.add_metric([name], pool.waiting)
        for state, number in pool.places.items():
            places.add_metric([name, state], number)
        for cause, number in list(pool.failures.items()):
            failures.add_metric([name, cause], number)
    yield from (waiting, places, failures)


def _inbox(settings: Settings) -> Iterator[Metric]:
    if settings.inbox is None:
        return
    with contextlib.suppress(OSError, OzgLodError):  # what is missing is seen to be missing
        yield _gauge("inbox_submissions", "Submissions in the inbox", len(Inbox(settings.inbox).cases()))


def _gauge(name: str, explanation: str, number: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, explanation, value=number)


def _causes(name: str, explanation: str, numbers: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, explanation, labels=["cause"])
    for cause, number in list(numbers.items()):
        family.add_metric([cause], number)
    return family
