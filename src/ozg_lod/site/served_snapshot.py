"""A snapshot that is being served, and the switch to the next one without dropping a request."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from ozg_lod.catalogue import catalogue
from ozg_lod.catalogue.catalogue import Catalogue
from ozg_lod.core.errors import OzgLodError, SnapshotError, Unavailable
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.http.response_cache import ResponseCache
from ozg_lod.sandbox.pool import WorkerPool
from ozg_lod.sandbox.work_kinds import QUERY, QUERY_FROM_DISK, QUERY_OF_FILES, QUERY_OF_FILES_ON_DISK
from ozg_lod.site.page_snapshot import PageSnapshot, SnapshotValue
from ozg_lod.snapshots import releases, snapshot
from ozg_lod.snapshots.fingerprint import code_fingerprint
from ozg_lod.snapshots.read_locks import ReadLock
from ozg_lod.snapshots.releases import Release
from ozg_lod.snapshots.snapshot import Publication, Snapshots
from ozg_lod.sparql import rdf_files
from ozg_lod.sparql.endpoint import Endpoint, Evaluator

_log = logging.getLogger("ozg_lod")
_BYTES_PER_QUAD: Final = 640  # 637 MB for a million quads in memory, measured
_REFUSED_S: Final = 30.0
"""A snapshot that was refused is tried again after so long: it may have been repaired."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ServedSnapshot(PageSnapshot):
    """One snapshot with all that answering from it needs. A request keeps the one it began with (`request.state`)."""

    name: str
    snapshots: Snapshots
    endpoint: Endpoint
    hold: ReadLock | None = field(default=None, repr=False)

    def held(self) -> AbstractContextManager[None]:
        return self.endpoint.held()

    def close(self) -> None:
        """End all workers, and let go of the store they read."""
        self.endpoint.close()
        if self.hold is not None:
            self.hold.let_go()

    @SnapshotValue
    def release(self) -> Release:
        """Return the publication of what is served; raise Unavailable where it was never published."""
        return releases.current(self.snapshots, self.name, self.public_url)

    @SnapshotValue
    def composed(self) -> dict[str, Catalogue]:
        """Return the catalogues composed so far, see `catalogue`."""
        return {}

    def catalogue(self, release: Release) -> Catalogue:
        """Return the catalogue of a publication, composed once."""
        name = f"{release.publication.number} {release.root}"
        if name not in self.composed:
            self.composed[name] = catalogue.compose(release)
        return self.composed[name]

    def publications(self) -> list[Publication]:
        """Return the publications up to the one that is served; none where what is served was never published."""
        log = self.snapshots.publications()
        last = max((entry.number for entry in log if entry.snapshot == self.name), default=0)
        return [entry for entry in log if entry.number <= last]


def open_current(settings: Settings) -> ServedSnapshot:
    """Return the current snapshot, verified and loaded; raise SnapshotError with the way back if it is damaged."""
    snapshots = Snapshots(settings.target)
    name = snapshots.served()
    try:
        manifest = snapshots.verified(name)
    except SnapshotError as error:
        good = snapshots.last_good()
        if good is None:
            raise
        raise SnapshotError(
            _("{reason} The last good one: ozg-lod snapshots use {good}", reason=error.message, good=good)
        ) from error
    return open_snapshot(settings, name, manifest)


def open_snapshot(settings: Settings, name: str, manifest: snapshot.Manifest) -> ServedSnapshot:
    """Return a snapshot whose files are known to be sound, loaded and with its own workers."""
    if _fits(manifest, settings):
        return _loaded(settings, name, manifest, None)
    hold = Snapshots(settings.target).hold(name)
    try:
        return _loaded(settings, name, manifest, hold)
    except BaseException:
        hold.let_go()
        raise


def _loaded(settings: Settings, name: str, manifest: snapshot.Manifest, hold: ReadLock | None) -> ServedSnapshot:
    """Return the snapshot; its store is read from disk where it is held."""
    snapshots = Snapshots(settings.target)
    directory = snapshots.directory(name)
    cache = ResponseCache(settings.cache_mb * 1_000_000)
    from_disk = hold is not None
    with ThreadPoolExecutor(1) as loading:
        loaded = loading.submit(snapshot.open_store, directory, from_disk=from_disk)
        if from_disk:
            loaded.result()  # the workers open the same files, which may have to be written first
        kind = QUERY_FROM_DISK if from_disk else QUERY
        endpoint = Endpoint(kind, str(directory), manifest.version, settings, cache, _evaluator(settings, manifest))
    opened = ServedSnapshot(
        name=name,
        snapshots=snapshots,
        directory=directory,
        manifest=manifest,
        store=loaded.result(),
        shapes=(directory / snapshot.SHAPES_FILE).read_bytes(),
        endpoint=endpoint,
        public_url=settings.public_url.rstrip("/"),
        code=code_fingerprint(),
        cache=cache,
        in_memory=not from_disk,
        hold=hold,
    )
    opened.atlas  # noqa: B018 - its outlines are read here, beside the event loop, since every page of a thing asks it
    opened.publications()  # the log names every resource there ever was
    return opened


def _fits(manifest: snapshot.Manifest, settings: Settings) -> bool:
    """Tell whether server, fork server and workers may each hold all data: reading dirties the pages they share."""
    quads = manifest.triples + sum(manifest.graphs.values())
    return quads * _BYTES_PER_QUAD * _processes(settings) <= settings.memory_mb * 1_000_000


def _processes(settings: Settings) -> int:
    return 2 + settings.fast_places + settings.slow_places


def _evaluator(settings: Settings, manifest: snapshot.Manifest) -> Callable[[WorkerPool], Evaluator] | None:
    """Return how to make what evaluates in the place of our own workers, if the settings name it."""
    if settings.store is None:
        return None
    from ozg_lod.sparql import remote  # noqa: PLC0415 - an HTTP client costs start-up time, and few need one

    return remote.connect(settings, manifest)


def open_files(settings: Settings) -> ServedSnapshot:
    """Return the RDF files of the settings as what is served: queries only, there are no things and no pages."""
    version = rdf_files.version(settings.rdf)
    cache = ResponseCache(settings.cache_mb * 1_000_000)
    fits = rdf_files.fit(settings.rdf, settings.memory_mb, processes=_processes(settings) - 1)
    folder = settings.target.resolve() / "files" / version
    return ServedSnapshot(
        name=version,
        snapshots=Snapshots(settings.target),
        directory=settings.target,
        manifest=snapshot.Manifest(version, version, base_iri="", triples=0, graphs={}, files={}),
        store=ox.Store(),
        shapes=b"",
        endpoint=Endpoint(
            QUERY_OF_FILES if fits else QUERY_OF_FILES_ON_DISK,
            rdf_files.argument(settings.rdf, folder),
            version,
            settings,
            cache,
        ),
        public_url=settings.public_url.rstrip("/"),
        code=code_fingerprint(),
        cache=cache,
    )


class SnapshotSwitch:
    """Holds what is served now; looks whether `current` names another, and switches to it.

    Made before the server listens, so that a damaged snapshot is refused with a sentence and nothing else happens.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._snapshots = Snapshots(settings.target)
        self._refused: tuple[str, float, OzgLodError] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self.opened = open_files(settings) if settings.rdf else open_current(settings)

    async def look(self, serve: Callable[[ServedSnapshot], None]) -> None:
        """Switch to a new snapshot where there is one, and tell `serve`; raise what is wrong with it or with `current`.

        The one that is served stays until another is open. One that was refused is not read again at each look.
        """
        name = await asyncio.to_thread(self._snapshots.served)
        if name == self.opened.name:
            self._refused = None
            return
        if self._refused is not None and self._refused[0] == name and time.monotonic() < self._refused[1]:
            raise self._refused[2]
        try:
            opened = await asyncio.to_thread(open_current, self._settings)
        except OzgLodError as error:
            wait_s = 0 if isinstance(error, Unavailable) else _REFUSED_S  # a store may get it yet
            self._refused = (name, time.monotonic() + wait_s, error)
            raise
        old, self.opened = self.opened, opened
        serve(opened)
        _log.info("now serving snapshot %s, version %s", opened.name, opened.version[:12])
        closing = asyncio.create_task(_close_unused(old))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def forget_refused(self) -> None:
        """Let the next look read a snapshot again that was refused."""
        self._refused = None


async def _close_unused(old: ServedSnapshot) -> None:
    """Close a snapshot when nobody asks it any more."""
    while old.endpoint.active:  # noqa: ASYNC110 - a rare look; an event would be in the way of every question
        await asyncio.sleep(0.1)
    await asyncio.to_thread(old.close)
