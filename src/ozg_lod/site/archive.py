"""Past versions of the data: opened when somebody asks one, a few at once, closed when nobody asks any more.

Every published version keeps its dumps, so its store is loaded from them when it is needed, with few workers. What
takes longer than a request may wait goes on in the background, and the client is told when to come back.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ozg_lod.core.errors import (
    Busy,
    NotFound,
    SnapshotError,
    Unavailable,
)
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.core.spelling import nearest
from ozg_lod.site.served_snapshot import ServedSnapshot, open_snapshot
from ozg_lod.snapshots import releases
from ozg_lod.snapshots.data_files import DATA_FILE
from ozg_lod.snapshots.snapshot import Snapshots

_MOST: Final = 2
_SHARE: Final = 4
"""One past version may take this part of the memory and the cache that the current one has."""
_WAITING: Final = 8
_IDLE_S: Final = 300.0
_RETRY_AFTER_S: Final = 5
_VERSION: Final = re.compile(r"[0-9a-f]{12,64}")


@dataclass(slots=True)
class _PastVersion:
    """One version that is open or being opened: how many requests use it, and when the last one began (monotonic)."""

    opening: asyncio.Task[ServedSnapshot]
    users: int = 0
    used_at: float = field(default_factory=time.monotonic)

    @property
    def idle(self) -> bool:
        """Return whether it is open and nobody uses it."""
        return not self.users and self.opening.done()

    @property
    def is_gone(self) -> bool:
        """Return whether it is open and its data are not there any more: nobody gets what was erased."""
        is_open = self.opening.done() and not self.opening.cancelled() and self.opening.exception() is None
        return is_open and not (self.opening.result().directory / DATA_FILE).exists()


class Archive:
    """The past versions that are open."""

    def __init__(self, settings: Settings) -> None:
        self._patience_s = settings.query_deadline_s
        self._snapshots = Snapshots(settings.target)
        self._settings = replace(
            settings,
            store=None,  # another engine holds the current version only
            fast_places=1,
            slow_places=1,
            waiting_queries=min(_WAITING, settings.waiting_queries),
            memory_mb=settings.memory_mb // _SHARE,
            cache_mb=settings.cache_mb // _SHARE,
        )
        self._kept: dict[str, _PastVersion] = {}

    async def full(self, written: str, current: str) -> str:
        """Return the version that `written` begins, or is; raise NotFound, with the nearest, where there is no one."""
        if written in self._kept:
            return written
        known = [current, *reversed(await asyncio.to_thread(self._versions))]
        found = sorted({version for version in known if _VERSION.fullmatch(written) and version.startswith(written)})
        if len(found) == 1:
            return found[0]
        raise _unknown(written, list(dict.fromkeys(known)), found)

    @contextlib.asynccontextmanager
    async def lent(self, version: str) -> AsyncIterator[ServedSnapshot]:
        """Lend a version, opened if it was not; raise Busy when too many others are in use, Unavailable when late."""
        kept = self._kept.get(version)
        if kept is not None and kept.is_gone:  # the log that says why may be damaged, or not yet looked at
            await _end(self._kept.pop(version))
            kept = None
        kept = kept or await self._opened(version)
        kept.users += 1
        kept.used_at = time.monotonic()
        try:
            done, _pending = await asyncio.wait({kept.opening}, timeout=self._patience_s)
            if not done:
                raise Unavailable(
                    _("Version {version} is being opened; ask again in a few seconds.", version=version[:12]),
                    retry_after_s=_RETRY_AFTER_S,
                )
            yield kept.opening.result()
        finally:
            kept.users -= 1

    async def tend(self) -> None:
        """Close what nobody has asked for a while and what has been erased."""
        await self.close(idle_s=_IDLE_S)
        await self.forget_erased()

    async def forget_erased(self) -> None:
        """Close the versions whose files were erased; one in use stays until the next look."""
        erased = await asyncio.to_thread(self._erased)
        for version in erased & self._kept.keys():
            if self._kept[version].idle:
                await _end(self._kept.pop(version))

    async def close(self, *, idle_s: float | None = None) -> None:
        """Close what has been idle for `idle_s` seconds; without a number close all."""
        now = time.monotonic()
        for version, kept in list(self._kept.items()):
            if idle_s is None or (kept.idle and now - kept.used_at >= idle_s):
                del self._kept[version]
                await _end(kept)

    async def _opened(self, version: str) -> _PastVersion:
        """Begin to open a version; the one that was idle longest makes room for it."""
        while len(self._kept) >= _MOST and version not in self._kept:  # others may begin while one is being closed
            idle = min((k for k in self._kept if self._kept[k].idle), key=lambda k: self._kept[k].used_at, default=None)
            if idle is None:
                raise Busy(
                    _(
                        "{MOST} past versions are in use, more are not opened at once; ask again in a few seconds.",
                        MOST=_MOST,
                    ),
                    retry_after_s=_RETRY_AFTER_S,
                )
            await _end(self._kept.pop(idle))
        kept = self._kept.get(version)
        if kept is None:
            kept = self._kept[version] = _PastVersion(asyncio.create_task(asyncio.to_thread(self._load, version)))
            kept.opening.add_done_callback(lambda task: self._drop_failed(version, task))
        return kept

    def _drop_failed(self, version: str, task: asyncio.Task[ServedSnapshot]) -> None:
        """Forget a version that could not be opened: the next one who asks tries again."""
        if task.cancelled() or task.exception() is not None:
            self._kept.pop(version, None)

    def _versions(self) -> list[str]:
        return [entry.version for entry in self._snapshots.publications()]

    def _erased(self) -> set[str]:
        return {entry.version for entry in self._snapshots.publications() if entry.erased}

    def _load(self, version: str) -> ServedSnapshot:
        """Open the latest publication of a version: every file is held against its manifest first.

        Raises Gone for one whose files were erased, Unavailable for one that is damaged: how to mend it is for the log.
        """
        found = next(entry for entry in reversed(self._snapshots.publications()) if entry.version == version)
        if found.erased:
            raise releases.erased(found)
        try:
            manifest = self._snapshots.verified(found.snapshot)
        except SnapshotError as error:
            raise releases.damaged(version, error) from error
        return open_snapshot(self._settings, found.snapshot, manifest)


async def _end(kept: _PastVersion) -> None:
    """Close one version, once it is open."""
    with contextlib.suppress(Exception):  # it was never opened, and whoever asked was told why
        opened = await kept.opening
        await asyncio.to_thread(opened.close)


def _unknown(written: str, known: Sequence[str], found: Sequence[str]) -> NotFound:
    """Return the failure for what is no version, or begins several; with the nearest, and the current one first."""
    near = list(found) or [known[0], *nearest(written, known[1:], most=2)]
    if found:
        reason = _("More than one version begins like this")
    elif _VERSION.fullmatch(written):
        reason = _("This version was never published here")
    else:
        reason = _("A version is 64 digits of 0–9 and a–f, or the first 12 or more of them")
    return NotFound(
        _("{reason}; the current one is {known}, /aenderungen lists all.", known=known[0], reason=reason),
        current=known[0],
        versions=near,
    )
