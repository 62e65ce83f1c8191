"""Files that survive a crash: whoever pulls the plug finds the old bytes or the new ones, never a part of them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """Let `path` hold `data`: after a crash it holds either the old bytes or the new ones."""
    aside = path.with_suffix(".new")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync(path.parent)


def folder(path: Path, files: Mapping[str, bytes], *, mode: int = 0o755) -> None:
    """Let `path` be a folder of exactly these files; what is there before goes in one step, and so does what comes.

    Between the two steps there is no such folder. A name that begins with a dot is one nobody reads.
    """
    aside, old = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    for leftover in (aside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    aside.mkdir(mode=mode)
    try:
        with _alone(aside):
            for name, data in files.items():
                with (aside / name).open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            sync(aside)
            if path.exists():
                path.rename(old)
            aside.rename(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)  # it is there where something failed: no part of it stays
    sync(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def remove(path: Path) -> None:
    """Let there be no such folder; it is gone in one step."""
    old = path.with_name(f".{path.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
        sync(path.parent)
        shutil.rmtree(old)


def sweep(parent: Path) -> None:
    """Remove the folders that whoever was killed left half written or half removed, not those somebody is writing."""
    for path in [*parent.glob(".*.new"), *parent.glob(".*.old")]:
        with contextlib.suppress(BlockingIOError), _alone(path):
            shutil.rmtree(path)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder; raise BlockingIOError where somebody else does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Make what a file or folder holds outlast a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
