"""Past versions answer queries: what a citation pins stays what it was, and asking for old versions has its limits."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from tests.conftest import serving
from tests.small_source import publish, small_source

from ozg_lod.core.errors import (
    Busy,
    Gone,
    NotFound,
    Unavailable,
)
from ozg_lod.core.settings import Settings
from ozg_lod.site.archive import Archive
from ozg_lod.snapshots.snapshot import Snapshots, open_store

BASE = "https://w3id.org/ozg-lod/hessen/"
ALT = "http://www.w3.org/2004/02/skos/core#altLabel"
ASKED = f"SELECT ?name {{ <{BASE}id/bundle/soziales> <{ALT}> ?name }} ORDER BY ?name"
CSV = {"accept": "text/csv"}
BROWSER = {"accept": "text/html", "accept-language": "de"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four publications that differ in the other name of one bundle."""
    folder = tmp_path_factory.mktemp("archive")
    source, target = small_source(folder / "source"), folder / "target"
    for name in ("Erster", "Zweiter", "Dritter", "Vierter"):
        text = f'<{BASE}id/bundle/soziales> <{ALT}> "{name}"@de .\n'
        (source / "data" / "more.nt").write_text(text, encoding="utf-8")
        assert publish(source, target).manifest is not None
    return target


@pytest.fixture(scope="module")
def versions(published: Path) -> list[str]:
    return [entry.version for entry in Snapshots(published).publications()]


@pytest.fixture(scope="module")
def client(published: Path) -> Iterator[httpx.Client]:
    with serving(published) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def at(version: str) -> str:
    return f"/snapshot/{version}/sparql"


def test_each_version_gives_its_own_answer_by_every_carrier(client: httpx.Client, versions: list[str]) -> None:
    for version, name in zip(versions, ("Erster", "Zweiter", "Dritter", "Vierter"), strict=True):
        query = {"Content-Type": "application/sparql-query", **CSV}
        answers = [
            client.get(at(version), params={"query": ASKED}, headers=CSV),
            client.post(at(version), data={"query": ASKED}, headers=CSV),
            client.post(at(version), content=ASKED, headers=query),
        ]
        for answer in answers:
            assert answer.text.split() == ["name", name]
            assert answer.headers["x-ozg-version"] == version
    assert client.get("/sparql", params={"query": ASKED}, headers=CSV).text.split() == ["name", "Vierter"]


def test_a_past_version_speaks_the_whole_protocol(client: httpx.Client, versions: list[str]) -> None:
    path, params = at(versions[0]), {"query": ASKED}
    answer = client.get(path, params=params, headers={"accept": "application/sparql-results+json"})
    assert answer.json()["results"]["bindings"][0]["name"]["value"] == "Erster"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    again = client.get(path, params=params, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == httpx.codes.NOT_MODIFIED
    head = client.head(path, params=params, headers=CSV)
    assert head.headers["content-length"] == str(len(client.get(path, params=params, headers=CSV).content))
    described = list(ox.parse(client.get(path).content, ox.RdfFormat.TURTLE))
    assert {f"http://127.0.0.1:{client.base_url.port}{path}", f"http://127.0.0.1:8000{path}"} & {
        quad.object.value for quad in described if quad.predicate.value.endswith("#endpoint")
    }
    assert any(quad.object.value == versions[0] for quad in described)
    wrong = client.get(path, params={"query": "SELECT * {"})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "application/problem+json")
    assert wrong.json()["line"] == 1
    assert client.get(path, params={"query": "SELECT * { SERVICE <http://x/> {} }"}).status_code == 403
    assert client.post(path, data={"update": "CLEAR ALL"}).status_code == 400
    assert client.post(path, content="x", headers={"content-type": "text/plain"}).status_code == 415
    assert client.put(path).status_code == 405
    assert client.options(path).status_code == 204


def test_the_beginning_of_a_version_leads_to_all_of_it(client: httpx.Client, versions: list[str]) -> None:
    short = client.get(at(versions[1][:12]), params={"query": ASKED}, headers=CSV)
    assert short.status_code == httpx.codes.TEMPORARY_REDIRECT  # a body goes along
    followed = client.post(at(versions[1][:12]), data={"query": ASKED}, headers=CSV, follow_redirects=True)
    assert followed.text.split() == ["name", "Zweiter"]
    followed = client.get(at(versions[3][:20]), params={"query": ASKED}, headers=CSV, follow_redirects=True)
    assert followed.text.split() == ["name", "Vierter"]


@pytest.mark.parametrize("written", ["0" * 64, "0" * 12, "abc", "GHI" * 8])
def test_what_is_no_version_is_not_found_with_the_current_one(
    client: httpx.Client, versions: list[str], written: str
) -> None:
    answer = client.get(at(written), params={"query": ASKED})
    assert answer.status_code == 404
    assert answer.json()["current"] == versions[-1]
    assert versions[-1] in answer.json()["detail"]
    page = client.get(at(written), headers=BROWSER)
    assert page.status_code == 404
    assert "/aenderungen" in page.text


def test_the_page_pins_its_links_and_citations_to_the_version(client: httpx.Client, versions: list[str]) -> None:
    page = client.get("/sparql", params={"query": ASKED}, headers=BROWSER).text
    assert page.count(at(versions[-1]) + "?query=") >= 3  # the link, BibTeX, CFF
    assert f"version = {{{versions[-1]}}}" in page
    old = client.get(at(versions[0]), params={"query": ASKED}, headers=BROWSER)
    assert old.status_code == 200
    assert "Erster" in old.text
    assert "früheren Datenstand" in old.text
    assert f'action="{at(versions[0])}#result"' in old.text
    assert "früheren Datenstand" not in page
    sheet = client.get(at(versions[0]), params={"query": ASKED, "format": "csv", "sheet": "1"})
    assert sheet.content.decode("utf-8-sig").split() == ["name", "Erster"]


def test_a_pruned_store_is_written_again_from_its_dumps(published: Path, versions: list[str], tmp_path: Path) -> None:
    target = tmp_path / "pruned"
    shutil.copytree(published, target)
    snapshots = Snapshots(target)
    first = snapshots.publications()[0].snapshot
    open_store(snapshots.directory(first), from_disk=True)
    assert first in snapshots.prune(keep=1)
    with serving(target, "--memory-mb", "1") as url:  # too little to hold anything: every version is read from disk
        answer = httpx.get(url + at(versions[0]), params={"query": ASKED}, headers=CSV, timeout=30)
        assert answer.text.split() == ["name", "Erster"]
    assert (snapshots.directory(first) / "store").is_dir()


def test_a_store_that_is_read_is_not_pruned(published: Path, versions: list[str], tmp_path: Path) -> None:
    target = tmp_path / "held"
    shutil.copytree(published, target)
    snapshots = Snapshots(target)
    first = snapshots.publications()[0].snapshot

    async def scenario() -> None:
        archive = Archive(Settings(target=target, memory_mb=1))  # too little to hold anything
        assert await _names(archive, versions[0]) == b"name\r\nErster\r\n"
        assert first not in snapshots.prune(keep=1)
        assert await _names(archive, versions[0]) == b"name\r\nErster\r\n"
        await archive.close()
        assert snapshots.prune(keep=1) == [first]

    asyncio.run(scenario())


async def _names(archive: Archive, version: str) -> bytes:
    async with archive.lent(version) as opened:
        return (await opened.endpoint.answer(opened.endpoint.question(ASKED, form="csv"))).body.plain


def test_only_a_few_are_open_at_once_and_idle_ones_are_closed(published: Path, versions: list[str]) -> None:
    async def scenario() -> None:
        archive = Archive(Settings(target=published))
        assert await asyncio.gather(*(_names(archive, versions[0]) for _ in range(4))) == [b"name\r\nErster\r\n"] * 4
        async with archive.lent(versions[0]), archive.lent(versions[1]):
            with pytest.raises(Busy):
                await _names(archive, versions[2])
            await archive.close(idle_s=0)  # what is in use stays open
        assert await _names(archive, versions[1]) == b"name\r\nZweiter\r\n"
        assert await _names(archive, versions[2]) == b"name\r\nDritter\r\n"
        assert await archive.full(versions[2], versions[3]) == versions[2]
        await archive.close(idle_s=0)
        assert await _names(archive, versions[0]) == b"name\r\nErster\r\n"
        await archive.close()

    asyncio.run(scenario())


def test_an_open_version_that_is_erased_is_answered_no_more(
    published: Path, versions: list[str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    shutil.copytree(published, target, symlinks=True)
    snapshots = Snapshots(target)

    async def scenario() -> None:
        archive = Archive(Settings(target=target))
        assert await _names(archive, versions[0]) == b"name\r\nErster\r\n"
        async with archive.lent(versions[0]):
            with snapshots.locked():
                assert snapshots.erase(snapshots.publications()[0].snapshot, "2026-11-24")
            await archive.forget_erased()  # what is in use stays until the next look
        for _ in range(2):
            with pytest.raises(Gone):
                await _names(archive, versions[0])
            await archive.forget_erased()
        await archive.close()

    asyncio.run(scenario())


def test_a_version_that_takes_long_is_opened_all_the_same(published: Path, versions: list[str]) -> None:
    async def scenario() -> None:
        archive = Archive(Settings(target=published, query_deadline_s=0.001))
        with pytest.raises(Unavailable) as late:
            await _names(archive, versions[0])
        assert late.value.details["retry_after_s"]
        for _ in range(100):
            await asyncio.sleep(0.1)
            try:
                async with archive.lent(versions[0]) as opened:
                    assert opened.version == versions[0]
                    break
            except Unavailable:
                continue
        else:
            pytest.fail("it was never opened")
        await archive.close()

    asyncio.run(scenario())


def test_a_damaged_version_is_told_and_never_answered(published: Path, versions: list[str], tmp_path: Path) -> None:
    target = tmp_path / "damaged"
    shutil.copytree(published, target)
    data = Snapshots(target).directory(Snapshots(target).publications()[0].snapshot) / "data.nt"
    data.write_bytes(data.read_bytes()[:-100])

    async def scenario() -> None:
        archive = Archive(Settings(target=target))
        for _ in range(2):
            with pytest.raises(Unavailable, match="damaged"):
                await _names(archive, versions[0])
        await archive.close()

    asyncio.run(scenario())


def test_a_beginning_that_fits_several_versions_is_not_guessed(tmp_path: Path) -> None:
    lines = [
        f'{{"number": {n}, "time": "2026-01-01T00:00:00Z", "version": "{"a" * 63}{n}", "snapshot": "s"}}\n'
        for n in (1, 2)
    ]
    (tmp_path / "published.jsonl").write_text("".join(lines), encoding="utf-8")
    archive = Archive(Settings(target=tmp_path))
    with pytest.raises(NotFound) as unknown:
        asyncio.run(archive.full("a" * 12, "b" * 64))
    assert unknown.value.details["versions"] == ["a" * 63 + "1", "a" * 63 + "2"]
