"""Snapshots: written whole or not at all, verified before they are served, never confused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ozg_lod.core.errors import SnapshotError
from ozg_lod.snapshots import checked_json
from ozg_lod.snapshots.data_files import STORE_DIRECTORY
from ozg_lod.snapshots.snapshot import (
    Contents,
    Manifest,
    Snapshots,
    open_store,
)

QUAD = b'<http://x/a> <http://x/p> "%d" <http://x/g> .\n'
TRIPLE = b'<http://x/a> <http://x/p> "%d" .\n'


def contents(number: int, key: str | None = None) -> Contents:
    return Contents(
        build_key=key or f"key{number}",
        base_iri="http://x/",
        nquads=QUAD % number,
        ntriples=TRIPLE % number,
        shapes=b"",
        report=b"{}\n",
    )


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    made = Snapshots(tmp_path)
    with made.locked():
        for number in (1, 2):
            made.write(contents(number))
            made.publish(f"key{number}")
    return made


def test_what_was_written_is_what_is_opened(snapshots: Snapshots) -> None:
    assert snapshots.current() == "key2"
    manifest = snapshots.verified("key2")
    assert manifest.graphs == {"http://x/g": 1}
    assert manifest.triples == 1
    assert len(open_store(snapshots.directory("key2"))) == 2


def test_the_version_depends_on_the_data_alone(snapshots: Snapshots) -> None:
    with snapshots.locked():
        again = snapshots.write(contents(1, key="other-code"))
    assert again.version == snapshots.verified("key1").version
    assert again.version != snapshots.verified("key2").version


def test_going_back_is_a_publication_and_publishing_twice_is_none(snapshots: Snapshots) -> None:
    with snapshots.locked():
        assert snapshots.publish("key2") is None
        assert snapshots.publish("key1") is not None
    assert [entry.snapshot for entry in snapshots.publications()] == ["key1", "key2", "key1"]
    assert [entry.number for entry in snapshots.publications()] == [1, 2, 3]
    assert snapshots.current() == "key1"


def test_every_flipped_byte_is_noticed(snapshots: Snapshots) -> None:
    directory = snapshots.directory("key2")
    for path in sorted(
        path for path in directory.glob("*") if path.is_file() and path.stat().st_size and path.name != "store.json"
    ):
        good = path.read_bytes()
        path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
        with pytest.raises(SnapshotError, match="key2"):
            snapshots.verified("key2")
        path.write_bytes(good)
    assert snapshots.verified("key2")


@pytest.mark.parametrize("file", ["data.nq", "data.nt", "manifest.json", "shapes.ttl"])
def test_a_missing_file_is_noticed_and_the_last_good_one_known(snapshots: Snapshots, file: str) -> None:
    (snapshots.directory("key2") / file).unlink()
    with pytest.raises(SnapshotError, match="snapshots use NAME"):
        snapshots.verified("key2")
    assert snapshots.last_good() == "key1"


def test_an_empty_snapshot_is_refused(snapshots: Snapshots) -> None:
    with snapshots.locked():
        snapshots.write(Contents("empty", "http://x/", b"", b"", b"", b""))
    with pytest.raises(SnapshotError, match="it is empty"):
        snapshots.verified("empty")


def test_a_manifest_of_another_time_is_refused(snapshots: Snapshots) -> None:
    path = snapshots.directory("key2") / "manifest.json"
    path.write_bytes(checked_json.written({**checked_json.read(path.read_bytes()), "format": 99}))
    with pytest.raises(SnapshotError, match="format 99"):
        Manifest.read(path.parent)


def test_a_second_builder_is_told_to_wait(snapshots: Snapshots) -> None:
    other = Snapshots(snapshots.target)
    with snapshots.locked(), pytest.raises(SnapshotError, match="Another process is building"), other.locked():
        pass


def test_leftovers_of_a_killed_build_are_removed(snapshots: Snapshots) -> None:
    leftover = snapshots.target / "snapshots" / "dead.tmp"
    leftover.mkdir()
    assert "dead" not in "".join(snapshots.names())
    with snapshots.locked():
        assert not leftover.exists()


def test_a_torn_last_line_of_the_log_is_no_publication(snapshots: Snapshots) -> None:
    log = snapshots.target / "published.jsonl"
    log.write_bytes(log.read_bytes() + b'{"number": 3, "ti')
    assert len(snapshots.publications()) == 2


def test_pruning_keeps_dump_and_manifest_of_every_version(snapshots: Snapshots) -> None:
    with snapshots.locked():
        assert snapshots.prune(keep=1) == ["key1"]
    assert not (snapshots.directory("key1") / STORE_DIRECTORY).exists()
    assert snapshots.verified("key1").triples == 1
    assert len(open_store(snapshots.directory("key1"))) == 2


def test_a_pruned_store_is_written_again_when_it_is_needed(snapshots: Snapshots) -> None:
    with snapshots.locked():
        snapshots.prune(keep=1)
    assert len(open_store(snapshots.directory("key1"), from_disk=True)) == 2
    assert len(open_store(snapshots.directory("key2"), from_disk=True)) == 2
    assert snapshots.verified("key1")


def test_a_damaged_store_is_written_again_and_never_read(snapshots: Snapshots) -> None:
    directory = snapshots.directory("key2")
    for path in sorted((directory / STORE_DIRECTORY).glob("*.sst")):
        path.write_bytes(b"")
    assert len(open_store(directory, from_disk=True)) == 2
    assert snapshots.verified("key2")


def test_a_damaged_snapshot_is_written_anew(snapshots: Snapshots) -> None:
    (snapshots.directory("key2") / "data.nq").write_bytes(b"")
    with snapshots.locked():
        snapshots.write(contents(2))
    assert snapshots.verified("key2")


def test_nothing_is_current_before_the_first_publication(tmp_path: Path) -> None:
    assert Snapshots(tmp_path).current() is None
    assert Snapshots(tmp_path).publications() == []
    assert Snapshots(tmp_path).last_good() is None
