"""A build remembers: whatever was kept of earlier ones, and in whatever order things came, the bytes are the same."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import program
from tests.small_source import BASE, small_source

from ozg_lod.build.build import BuildResult, build
from ozg_lod.core.settings import Settings
from ozg_lod.snapshots import erasure
from ozg_lod.snapshots.snapshot import Snapshots

SEQUENCES = int(os.environ.get("OZG_EDITS", "6"))
KILLS = int(os.environ.get("OZG_KILLS", "5"))
HIDDEN = "http://www.w3.org/2004/02/skos/core#hiddenLabel"
BUNDLES = ("soziales", "jugendamt", "abfallwirtschaft", "bestattung-und-tod")
METADATA = """{"@context": ["http://www.w3.org/ns/csvw", {"@language": "de", "@base": "%s"}], "url": "%s",
  "tableSchema": {"aboutUrl": "id/bundle/{key}", "primaryKey": "key", "columns": [
    {"name": "key", "titles": {"de": "Schlüssel"}, "datatype": "string", "required": true, "suppressOutput": true},
    {"name": "name", "titles": {"de": "Name"}, "datatype": "string", "lang": "de",
     "propertyUrl": "skos:hiddenLabel"}]}}"""


def once(source: Path, target: Path, *, judge: str = "none", merged: tuple[Path, ...] = ()) -> BuildResult:
    return build(Settings(source=(source,), target=target, judge=judge), say=lambda _message: None, merged=merged)


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def files(target: Path) -> dict[str, bytes]:
    """Return the current snapshot: every file with its name, but the store, which RocksDB writes as it likes."""
    snapshots = Snapshots(target)
    directory = snapshots.directory(snapshots.current() or "")
    paths = [
        path for path in directory.rglob("*") if path.is_file() and "store" not in path.relative_to(directory).parts
    ]
    return {
        path.relative_to(directory.parent).as_posix(): path.read_bytes() for path in paths if path.name != "store.json"
    }


def edit(folder: Path, chance: random.Random) -> None:
    """Add, change, rename, break or remove one file."""
    names = sorted(path.name for path in folder.glob("edit-*") if not path.name.endswith(".json"))
    name = chance.choice([*names, f"edit-{chance.randint(0, 9)}.{chance.choice(('nt', 'ttl', 'csv'))}"])
    path, described = folder / name, folder / f"{name}-metadata.json"
    kind = chance.choice(("write", "write", "write", "remove", "rename", "break"))
    if kind == "remove":
        path.unlink(missing_ok=True)
        described.unlink(missing_ok=True)
    elif kind == "rename" and path.exists() and path.suffix != ".csv":
        path.rename(folder / f"edit-renamed-{chance.randint(0, 9)}{path.suffix}")
    elif kind == "break":
        path.write_bytes(b'<a> "broken' if path.suffix != ".csv" else b"key,name,more\nsoziales,x\n")
    else:
        said = [(chance.choice(BUNDLES), f"Name {chance.randint(0, 3)}") for _ in range(chance.randint(1, 4))]
        lines = [f'<{BASE}id/bundle/{key}> <{HIDDEN}> "{text}"@de .' for key, text in said]
        rows = ["key,name", *(f"{key},{text}" for key, text in dict(said).items())]
        path.write_text("\n".join(lines if path.suffix != ".csv" else rows) + "\n", "utf-8")
        if path.suffix == ".csv":
            described.write_text(METADATA % (BASE, name), "utf-8")


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_a_remembered_build_is_the_build_from_scratch(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 - what is edited, not a secret
    source, target = small_source(tmp_path / "source"), tmp_path / "target"
    for step in range(3):
        edit(source / "data", chance)
        kept, new = once(source, target), once(source, tmp_path / f"new-{step}")
        assert (kept.manifest is None) == (new.manifest is None)
        if kept.manifest is not None:
            assert files(target) == files(tmp_path / f"new-{step}")
        elif kept.examination and new.examination:
            assert (kept.examination.findings, kept.examination.rows) == (
                new.examination.findings,
                new.examination.rows,
            )


def test_a_file_is_read_once_as_long_as_it_stays_the_same(tmp_path: Path) -> None:
    source, target = small_source(tmp_path / "source"), tmp_path / "target"
    once(source, target)
    before = {path.name: path.stat().st_mtime_ns for path in (target / "readings").iterdir()}
    (source / "data" / "more.nt").write_text(f'<{BASE}id/bundle/soziales> <{HIDDEN}> "Mehr"@de .\n', "utf-8")
    once(source, target)
    after = {path.name: path.stat().st_mtime_ns for path in (target / "readings").iterdir()}
    assert before.items() < after.items()
    assert len(after) == len(before) + 1


def test_what_is_kept_is_bounded_and_goes_with_an_erasure(tmp_path: Path) -> None:
    source, target = small_source(tmp_path / "source"), tmp_path / "target"
    sizes = []
    for number in range(4):
        text = "".join(f'<{BASE}id/bundle/soziales> <{HIDDEN}> "N{number}-{n}"@de .\n' for n in range(3_000))
        (source / "data" / "more.nt").write_text(text, "utf-8")
        once(source, target)
        sizes.append(sum(path.stat().st_size for path in (target / "readings").iterdir()))
    assert sizes[-1] <= 2 * sizes[0]
    assert sizes[-1] == sizes[-2]
    snapshots = Snapshots(target)
    assert erasure.unregistered(target) == []
    with snapshots.locked():
        erasure.erase(snapshots, [f"{BASE}graph/nothing"], day="2026-11-30")
    assert not (target / "readings").exists()
    assert once(source, target).unchanged


def test_what_is_damaged_is_made_anew(tmp_path: Path) -> None:
    source, target = small_source(tmp_path / "source"), tmp_path / "target"
    once(source, target)
    damages: tuple[Callable[[bytes], bytes], ...] = (
        lambda content: flipped(content, len(content) // 2),
        lambda content: content[: len(content) // 2],
        lambda _content: b"",
        lambda content: flipped(content, 3),
        lambda content: content + content,
    )
    for number, damage in enumerate(damages):
        snapshots = Snapshots(target)
        dumps = sorted(snapshots.directory(snapshots.current() or "").glob("dump/*.*"))
        for path in [*(target / "readings").iterdir(), *dumps]:
            content = path.read_bytes()
            path.write_bytes(damage(content) if len(content) > 3 else b"x")
        (source / "data" / "more.nt").write_text(f'<{BASE}id/bundle/soziales> <{HIDDEN}> "N{number}"@de .\n', "utf-8")
        once(source, target)
        once(source, tmp_path / f"new-{number}")
        assert files(target) == files(tmp_path / f"new-{number}")


def test_a_build_that_is_killed_leaves_nothing_that_spoils_the_next(tmp_path: Path) -> None:
    source, target = small_source(tmp_path / "source"), tmp_path / "target"
    chance = random.Random(5)  # noqa: S311 - when to kill, not a secret
    started = time.monotonic()
    once(source, target)
    takes_s = time.monotonic() - started
    for number in range(KILLS):
        snapshots = Snapshots(target)
        old = snapshots.current()
        (source / "data" / "more.nt").write_text(f'<{BASE}id/bundle/soziales> <{HIDDEN}> "N{number}"@de .\n', "utf-8")
        command = [program(), "build", "--source", str(source), "--target", str(target), "--judge", "none"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
            time.sleep(chance.uniform(0, takes_s * 1.3))
            os.killpg(process.pid, signal.SIGKILL)
        serving = snapshots.current()
        snapshots.verified(serving or "")
        once(source, target)
        once(source, tmp_path / "new")
        assert serving in (old, Snapshots(tmp_path / "new").current())
        assert files(target) == files(tmp_path / "new")
        shutil.rmtree(tmp_path / "new")


def test_too_little_memory_for_a_build_is_said(
    tmp_path: Path, run_program: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    source, target = small_source(tmp_path / "source"), tmp_path / "target"
    text = "".join(f'<{BASE}id/bundle/soziales> <{HIDDEN}> "Name {n}"@de .\n' for n in range(100_000))
    (source / "data" / "more.nt").write_text(text, "utf-8")
    refused = run_program("build", "--source", source, "--target", target, "--memory-mb", 64, "--lang", "en")
    assert refused.returncode == 2
    assert "memory" in refused.stderr
    late = run_program("build", "--source", source, "--target", target, "--deadline-s", "0.01", "--lang", "en")
    assert late.returncode == 2
    assert "0.01 seconds" in late.stderr
