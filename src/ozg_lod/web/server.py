"""The process that listens: uvicorn with our application, draining on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import ipaddress
import logging
import resource
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import FrameType
from typing import Final

import uvicorn
from starlette.applications import Starlette

from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.sandbox import seccomp
from ozg_lod.site.served_snapshot import SnapshotSwitch
from ozg_lod.web import logs, loop_watch
from ozg_lod.web.connections import Connections

_log = logging.getLogger("ozg_lod")
_M_ARENA_MAX: Final = -8
_OTHER_FILES: Final = 256
"""Files that are open beside connections: the store, workers, uploads, logs."""


def check(settings: Settings) -> None:
    """Refuse an address that is taken, and to listen to strangers where the cage cannot be closed."""
    if not seccomp.available() and not _is_loopback(settings.host):
        raise UsageError(
            _(
                "This system has no seccomp for us, so queries of strangers cannot be caged; listen "
                "on 127.0.0.1 instead of {host}.",
                host=settings.host,
            ),
        )

    _check_free(settings.host, settings.port, "--port")
    if settings.metrics is not None:
        _check_free(*settings.metrics, "--metrics")


def _check_free(host: str, port: int, option: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise UsageError(
                _(
                    "Cannot listen on {host} port {port}: {error}. Choose another with {option}.",
                    host=host,
                    port=port,
                    error=error,
                    option=option,
                ),
            ) from None


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; requests in flight get `drain_s` seconds to end."""
    logs.configure(settings.log_format, settings.log_file)
    _share_memory()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it has a meaning
    with ThreadPoolExecutor(1) as opening:  # the data are loaded in a process of their own: both take half a second
        switch = opening.submit(SnapshotSwitch, settings)
        from ozg_lod.web import app, front, http_protocol, query_lane  # noqa: PLC0415 - while that goes on
    application = app.create(settings, switch.result())
    connections = Connections(settings, _places(settings.connections))
    config = uvicorn.Config(
        front.CachingFront(application),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # it would write addresses; `app` writes its own line when asked
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.drain_s,
        loop="uvloop",
        http=type(
            "_Protocol",
            (http_protocol.BoundedHttpProtocol,),
            {"connections_of_server": connections, "lane": query_lane.QueryLane(application)},
        ),
        ws="none",
    )
    with _metrics(settings, application, connections):
        _Server(config, application, connections).run()


def _metrics(settings: Settings, application: Starlette, connections: Connections) -> AbstractContextManager[None]:
    if settings.metrics is None:
        return contextlib.nullcontext()
    from ozg_lod.web import metrics  # noqa: PLC0415 - few ask for it

    return metrics.served(settings.metrics, application, connections)


def _share_memory() -> None:
    """Let all threads use what any of them frees (mallopt(3), where there is one).

    With an arena for each thread the server grew from 313 to 479 MB in two minutes of a soak, and went on.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _places(wanted: int) -> int:
    """Return how many connections there may be: as many as wanted, if the system gives files for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted + _OTHER_FILES:
        soft = min(hard, wanted + _OTHER_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(wanted, max(1, soft - _OTHER_FILES))


class _Server(uvicorn.Server):
    """Says that it is ending before it does."""

    def __init__(self, config: uvicorn.Config, application: Starlette, connections: Connections) -> None:
        super().__init__(config)
        self._application = application
        self._connections = connections

    async def main_loop(self) -> None:
        """Serve; connections are looked after meanwhile, and while it ends."""
        self._watching = asyncio.create_task(self._connections.watch())
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._look)
        with loop_watch.watched(self._application.state.record.counts):
            await super().main_loop()

    def _look(self) -> None:
        _log.info("looking for a new snapshot, as asked")
        self._application.state.switch.forget_refused()
        if self._application.state.looking is not None:
            self._application.state.looking.now()

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Let /health/ready answer 503 and drain; a second Ctrl-C does not wait. Ending as asked is exit code 0."""
        self._application.state.ending = True
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
