"""What changed between publications is told by resource, and nothing that was published vanishes without a word."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from tests.conftest import serving
from tests.small_source import publish, small_source

from ozg_lod.core.vocab import OZG
from ozg_lod.snapshots import changes, checked_json
from ozg_lod.snapshots.snapshot import Publication, Snapshots

BASE = "https://w3id.org/ozg-lod/hessen/"
ALT = "http://www.w3.org/2004/02/skos/core#altLabel"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return small_source(tmp_path / "source")


def say_more(source: Path, text: str) -> None:
    (source / "data" / "more.nt").write_text(text, encoding="utf-8")


def thing(key: str, label: str = "Ding") -> str:
    return (
        f"<{BASE}id/organisation/{key}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
        f"<http://www.w3.org/ns/org#Organization> .\n"
        f'<{BASE}id/organisation/{key}> <{LABEL}> "{label}"@de .\n'
    )


def withdraw(source: Path, *rows: str) -> None:
    head = "iri,withdrawn,reason,successor\n"
    (source / "data" / "withdrawn.csv").write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def last(target: Path) -> Publication:
    return Snapshots(target).publications()[-1]


def test_a_to_b_to_a_is_told_as_it_happened(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    publish(source, target)
    first = last(target)
    assert f"{BASE}id/bundle/soziales" in (first.added or ())
    assert "https://w3id.org/ozg-lod/ontology#month" in (first.added or ())
    assert (first.changed, first.withdrawn) == ((), ())
    say_more(source, f'<{BASE}id/bundle/soziales> <{ALT}> "Soziale Hilfen"@de .\n' + thing("neu"))
    publish(source, target)
    assert (last(target).added, last(target).changed) == (
        (f"{BASE}id/organisation/neu",),
        (f"{BASE}id/bundle/soziales",),
    )
    snapshots = Snapshots(target)
    with snapshots.locked():
        snapshots.publish(first.snapshot)
    assert (last(target).withdrawn, last(target).changed) == (
        (f"{BASE}id/organisation/neu",),
        (f"{BASE}id/bundle/soziales",),
    )
    assert last(target).added == ()


def test_lines_of_an_older_log_are_still_read_and_still_count_as_published(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    say_more(source, thing("alt"))
    publish(source, target)
    log = target / "published.jsonl"
    line = json.loads(log.read_text(encoding="utf-8"))
    old = {name: line[name] for name in ("number", "time", "version", "snapshot")}
    log.write_text(json.dumps(old) + "\n", encoding="utf-8")
    assert last(target).added is None
    assert f"{BASE}id/organisation/alt" in Snapshots(target).ever_published()
    (source / "data" / "more.nt").unlink()
    assert publish(source, target).manifest is None


def test_terms_of_others_are_no_addresses_of_ours() -> None:
    base = "https://example.org/lod/"
    lines = [f"<{iri}> <urn:p> <urn:o> ." for iri in (f"{base}id/a#b", "http://purl.org/dc/terms/source", f"{OZG}A")]
    assert changes.resources([line.encode() for line in lines], base) == {f"{base}id/a", f"{OZG}A"}
    logged = ["http://purl.org/dc/terms/source", f"{base}id/gone"]
    assert [finding.value for finding in changes.unaccounted(logged, [], {})] == [f"{base}id/gone"]


def test_what_vanishes_without_a_row_is_refused_and_a_row_lets_it_go(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    say_more(source, thing("alt"))
    publish(source, target)
    (source / "data" / "more.nt").unlink()
    refused = publish(source, target)
    assert refused.manifest is None
    assert refused.examination is not None
    (finding,) = [found for found in refused.examination.findings if found.rule == "withdrawn-missing"]
    assert finding.value == f"{BASE}id/organisation/alt"
    assert "withdrawn.csv" in finding.message["de"]
    assert last(target).number == 1
    assert publish(source, target).manifest is None, "the snapshot was written before, and is still not published"
    withdraw(source, f"{BASE}id/organisation/alt,2026-11-22,Doppelt,{BASE}id/bundle/soziales")
    assert publish(source, target).manifest is not None
    assert last(target).withdrawn == (f"{BASE}id/organisation/alt",)
    withdraw(source)
    assert publish(source, target).manifest is None, "the row must stay, or the address is forgotten"


def test_rows_that_contradict_the_data_are_refused(source: Path, tmp_path: Path) -> None:
    withdraw(source, f"{BASE}id/bundle/soziales,2026-11-22,Grund,{BASE}id/bundle/gibt-es-nicht")
    refused = publish(source, tmp_path / "target")
    assert refused.examination is not None
    assert [found.rule for found in refused.examination.findings][:2] == ["withdrawn-present", "withdrawn-successor"]


def test_a_source_folder_without_the_table_withdraws_nothing() -> None:
    assert changes.withdrawals({}) == {}


@pytest.fixture
def published(source: Path, tmp_path: Path) -> Path:
    """Two publications: in the second one thing is withdrawn for another, one for nothing, and one has changed."""
    target = tmp_path / "target"
    say_more(source, thing("alt") + thing("leer"))
    publish(source, target)
    say_more(source, f'<{BASE}id/bundle/soziales> <{ALT}> "Soziale Hilfen"@de .\n')
    withdraw(
        source,
        f"{BASE}id/organisation/alt,2026-11-22,Doppelt geführt,{BASE}id/bundle/soziales",
        f"{BASE}id/organisation/leer,2026-11-22,Irrtum,",
    )
    assert publish(source, target).manifest is not None
    return target


def test_what_is_withdrawn_answers_410_with_its_successor(published: Path) -> None:
    with serving(published) as url, httpx.Client(base_url=url) as client:
        for path in ("/id/organisation/alt", "/doc/organisation/alt", "/doc/organisation/alt.ttl"):
            gone = client.get(path)
            assert gone.status_code == httpx.codes.GONE
            assert gone.json()["successor"] == f"{BASE}id/bundle/soziales"
            assert gone.headers["link"] == f'<{BASE}id/bundle/soziales>; rel="successor-version"'
        page = client.get("/doc/organisation/alt", headers={"accept": "text/html"})
        assert page.status_code == httpx.codes.GONE
        assert "Doppelt geführt" in page.text
        assert 'href="/doc/bundle/soziales"' in page.text
        empty = client.get("/id/organisation/leer")
        assert empty.status_code == httpx.codes.GONE
        assert "successor" not in empty.json()
        assert client.get("/id/organisation/nie").status_code == httpx.codes.NOT_FOUND


def test_the_feed_the_page_and_the_old_versions_tell_the_same(published: Path) -> None:
    first, second = Snapshots(published).publications()
    with serving(published) as url, httpx.Client(base_url=url) as client:
        answer = client.get("/changes.atom")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        feed = ET.fromstring(answer.text)  # noqa: S314 - our own server's answer
        assert [found.text for found in feed.findall("a:entry/a:id", ATOM)] == [
            f"{BASE}catalog#publication-2",
            f"{BASE}catalog#publication-1",
        ]
        newest = feed.find("a:entry", ATOM)
        assert newest is not None
        told = {(found.get("term"), found.get("label")) for found in newest.findall("a:category", ATOM)}
        assert ("withdrawn", f"{BASE}id/organisation/alt") in told
        assert ("changed", f"{BASE}id/bundle/soziales") in told
        assert newest.findtext("a:updated", namespaces=ATOM) == second.time
        again = client.get("/changes.atom", headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == httpx.codes.NOT_MODIFIED
        later = client.get("/changes.atom", headers={"if-modified-since": answer.headers["last-modified"]})
        assert later.status_code == httpx.codes.NOT_MODIFIED
        assert client.head("/changes.atom").headers["content-length"] == answer.headers["content-length"]

        page = client.get("/aenderungen", headers={"accept": "text/html"}).text
        assert f"/snapshot/{first.version}/data.nq" in page
        assert "Zurückgezogen" in page
        assert client.get("/aenderungen?page=2").status_code == httpx.codes.NOT_FOUND

        for publication in (first, second):
            directory = Snapshots(published).directory(publication.snapshot)
            for name in ("data.nq", "data.nt", "dump/bundles.ttl"):
                kept = client.get(f"/snapshot/{publication.version}/{name}")
                assert kept.content == (directory / name).read_bytes()
                assert "immutable" in kept.headers["cache-control"]
        old = client.get(f"/snapshot/{first.version}/catalog.ttl")
        assert f"/snapshot/{first.version}/dump/bundles.ttl" in old.text
        assert f"/snapshot/{first.version}/" not in client.get("/catalog.ttl").text
        assert client.get(f"/snapshot/{'0' * 64}/data.nq").status_code == httpx.codes.NOT_FOUND


def test_dates_follow_the_data_and_not_the_publication(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    publish(source, target)
    _set_times(target, "2026-01-01T00:00:00Z")
    say_more(source, f'<{BASE}id/bundle/soziales> <{ALT}> "Soziale Hilfen"@de .\n')
    publish(source, target)
    _set_times(target, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    with serving(target) as url, httpx.Client(base_url=url) as client:
        text = client.get("/catalog.nt").text
        times = {
            key: next(
                line.split('"')[1]
                for line in text.splitlines()
                if line.startswith(f"<{BASE}id/dataset/{key}> <http://purl.org/dc/terms/modified>")
            )
            for key in ("bundles", "shapes", "ontology")
        }
        assert times == {
            "bundles": "2026-02-01T00:00:00Z",
            "shapes": "2026-01-01T00:00:00Z",
            "ontology": "2026-01-01T00:00:00Z",
        }
        assert f'<{BASE}id/dataset/bundles> <http://purl.org/dc/terms/issued> "2026-01-01' in text
        newer = client.get("/catalog.nt", params={"modified_since": "2026-01-15"}).text
        entries = {line.split()[0] for line in newer.splitlines() if line.endswith("/ns/dcat#Dataset> .")}
        assert entries == {f"<{BASE}id/dataset/bundles>"}
        since = {"if-modified-since": "Sun, 01 Feb 2026 00:00:00 GMT"}
        assert client.get("/catalog.ttl", headers=since).status_code == httpx.codes.NOT_MODIFIED
        since = {"if-modified-since": "Sat, 31 Jan 2026 00:00:00 GMT"}
        assert client.get("/catalog.ttl", headers=since).status_code == httpx.codes.OK
        assert client.get("/catalog.ttl", headers={"if-modified-since": "gestern"}).status_code == httpx.codes.OK
        assert client.get("/dump/shapes.ttl").headers["last-modified"] == "Thu, 01 Jan 2026 00:00:00 GMT"


def _set_times(target: Path, *times: str) -> None:
    """Let the publications have happened at these times."""
    log = target / "published.jsonl"
    lines = [checked_json.read(line) for line in log.read_bytes().splitlines()]
    log.write_bytes(b"".join(checked_json.written({**line, "time": t}) for line, t in zip(lines, times, strict=True)))
