"""A disk that lies: whatever bit of a log, manifest, pointer or data file it flips, nobody gets a wrong answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.conftest import serving
from tests.contributing import typed
from tests.small_source import published_twice

from ozg_lod.core.errors import SnapshotError
from ozg_lod.snapshots import checked_json
from ozg_lod.snapshots.snapshot import Contents, Manifest, Publication, Snapshots, open_store


def flipped(data: bytes) -> Iterator[bytes]:
    """Yield the data with each single bit flipped."""
    for place in range(len(data)):
        for bit in range(8):
            yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


@pytest.fixture
def small(tmp_path: Path) -> Snapshots:
    """Two published snapshots of one triple each."""
    made = Snapshots(tmp_path)
    with made.locked():
        for number in (1, 2):
            quad = f'<http://x/a> <http://x/p> "{number}" <http://x/g> .\n'.encode()
            merged = quad.replace(b" <http://x/g>", b"")
            made.write(Contents(f"key{number}", "http://x/", quad, merged, b"", b"{}\n"))
            made.publish(f"key{number}")
    return made


def outcomes(path: Path, look: Callable[[], object], *, says: str) -> set[object]:
    """Return what comes of a look after each flip of the file: what was seen, "" where a sentence refuses it."""
    good, seen, sentences = path.read_bytes(), set(), set()
    for damaged in flipped(good):
        path.write_bytes(damaged)
        try:
            seen.add(look())
        except SnapshotError as error:
            sentences.add(str(error))
    path.write_bytes(good)
    assert sentences
    assert all(says in sentence for sentence in sentences), sentences
    return seen


def test_each_flipped_bit_of_the_log_is_refused_or_harmless(small: Snapshots) -> None:
    log = tuple(small.publications())
    path = small.target / "published.jsonl"
    assert outcomes(path, lambda: tuple(Snapshots(small.target).publications()), says=path.name) <= {log}


def test_each_flipped_bit_of_a_manifest_is_refused_or_harmless(small: Snapshots) -> None:
    directory = small.directory("key1")
    good = str(Manifest.read(directory))
    assert outcomes(directory / "manifest.json", lambda: str(Manifest.read(directory)), says="manifest.json") <= {good}


def test_each_flipped_bit_of_the_pointer_is_refused_or_harmless(small: Snapshots) -> None:
    def served() -> str:
        name = Snapshots(small.target).served()
        small.verified(name)  # as every start does
        return name

    assert outcomes(small.target / "current", served, says="snapshots use") <= {"key2"}


def test_lines_without_a_checksum_stay_readable_and_are_held_to_their_form(small: Snapshots) -> None:
    path, log = small.target / "published.jsonl", small.publications()
    old = [checked_json.read(line) for line in path.read_bytes().splitlines()]
    path.write_bytes(b"".join(map(checked_json.plain, old)))
    assert Snapshots(small.target).publications() == log
    for name, value in (("number", "1"), ("time", "gestern"), ("version", "../x"), ("snapshot", "../x"), ("more", 1)):
        path.write_bytes(checked_json.plain({**old[0], name: value}))
        with pytest.raises(SnapshotError, match=r"published.jsonl line 1"):
            Snapshots(small.target).publications()


def test_a_damaged_log_is_never_written_over(small: Snapshots) -> None:
    path = small.target / "published.jsonl"
    damaged = path.read_bytes().replace(b"key1", b"key0")
    path.write_bytes(damaged)
    with small.locked(), pytest.raises(SnapshotError, match="line 1"):
        small.publish("key1")
    assert path.read_bytes() == damaged
    assert small.verified("key2"), "what is served does not need the log"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"../elsewhere\n", b"key 2\n", None])
def test_a_damaged_pointer_is_no_empty_target_and_use_repairs_it(small: Snapshots, content: bytes | None) -> None:
    pointer = small.target / "current"
    pointer.write_bytes(content) if content is not None else pointer.unlink()
    before = sorted(path.name for path in (small.target / "snapshots").iterdir())
    ended = typed("serve", "--target", str(small.target), "--port", "1")
    assert ended.returncode == 2
    assert "snapshots use NAME" in ended.stderr
    assert sorted(path.name for path in (small.target / "snapshots").iterdir()) == before, "nothing was built"
    assert typed("snapshots", "use", "key2", "--target", str(small.target)).returncode == 0
    assert Snapshots(small.target).current() == "key2"


def test_verify_names_each_damaged_file_and_repairs_what_is_made_of_the_data(small: Snapshots) -> None:
    first, second = small.directory("key1"), small.directory("key2")
    (first / "data.nt").write_bytes(b"")
    (second / "data.nq").write_bytes((second / "data.nq").read_bytes().replace(b"2", b"3"))
    for path in (first / "store").glob("*.sst"):
        path.write_bytes(b"")
    verify = ("snapshots", "verify", "--target", str(small.target))
    assert typed(*verify).stdout == "key2  data.nq  damaged\n"
    both = typed(*verify, "--all")
    assert (both.returncode, both.stdout.splitlines()) == (
        1,
        ["key1  data.nt  damaged", "key1  store/  damaged", "key2  data.nq  damaged"],
    )
    mended = typed(*verify, "--all", "--repair")
    assert (mended.returncode, mended.stdout.splitlines()) == (
        1,
        ["key1  data.nt  repaired", "key1  store/  repaired", "key2  data.nq  damaged"],
    )
    assert typed(*verify, "key1").returncode == 0
    assert Snapshots(small.target).verified("key1")
    with pytest.raises(SnapshotError, match=r"data\.nq"):
        open_store(second)


def test_what_changed_is_unknown_where_the_version_before_is_damaged(small: Snapshots) -> None:
    (small.directory("key2") / "data.nt").write_bytes(b"")
    with small.locked():
        entry = small.publish("key1")
    assert isinstance(entry, Publication)
    assert (entry.added, entry.changed, entry.withdrawn) == (None, None, None)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two publications of the small source."""
    return published_twice(tmp_path_factory.mktemp("disk"))


def flip(path: Path) -> None:
    """Flip a bit in the middle, and leave the times of the file as they were."""
    data, stat = bytearray(path.read_bytes()), path.stat()
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


ADDRESSES = {
    "data.nq": ("/dump/data.nq", "/snapshot/{version}/data.nq", "/snapshot/{version}/dump/data.nq"),
    "data.nt": ("/dump/data.nt", "/snapshot/{version}/data.nt"),
    "dump/terms.csv": ("/dump/terms.csv", "/snapshot/{version}/dump/terms.csv"),
    "dump/bundles.ttl": ("/dump/bundles.ttl", "/snapshot/{version}/dump/bundles.ttl"),
}
CARRIERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("GET", {"accept-encoding": "identity"}),
    ("HEAD", {"accept-encoding": "identity"}),
    ("GET", {"range": "bytes=0-9"}),
)


@pytest.fixture(scope="module")
def client(published: Path) -> Iterator[httpx.Client]:
    with serving(published) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.mark.parametrize("damage", [flip, halve, Path.unlink])
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("file", ADDRESSES)
def test_no_damaged_file_goes_out_by_any_address(
    client: httpx.Client, published: Path, file: str, number: int, damage: Callable[[Path], None]
) -> None:
    """Each file damaged while the server runs, in a past version and in the one that is served."""
    entry = Snapshots(published).publications()[number]
    path = published / "snapshots" / entry.snapshot / file
    shown = [one.format(version=entry.version) for one in ADDRESSES[file] if "{" in one or number]
    good, tag = path.read_bytes(), client.get(shown[0], headers=CARRIERS[0][1]).headers["etag"]
    damage(path)
    for address in shown:
        for method, headers in CARRIERS:
            answer = client.request(method, address, headers=headers)
            assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store"), (
                address,
                method,
                headers,
            )
        same = client.get(address, headers={**CARRIERS[0][1], "if-none-match": tag})
        assert same.status_code == 304, "what the client has is right"
    path.write_bytes(good)
    for address in shown:
        assert client.get(address, headers=CARRIERS[0][1]).content == good


def test_what_is_compressed_is_held_against_its_record_too(client: httpx.Client, published: Path) -> None:
    entry = Snapshots(published).publications()[0]
    path, address = (
        published / "snapshots" / entry.snapshot / "dump/programmes.nt",
        f"/snapshot/{entry.version}/dump/programmes.nt",
    )
    good, zipped = path.read_bytes(), {"accept-encoding": "gzip"}
    flip(path)
    assert client.get(address, headers=zipped).status_code == 503
    path.write_bytes(good)
    assert client.get(address, headers=zipped).content == good
    flip(path)
    assert client.get(address, headers=zipped).content == good, "it is kept as it was"
    path.write_bytes(good)
