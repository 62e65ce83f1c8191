"""What may be kept by whom: an answer names every header it depends on, and nothing that changed is "not modified"."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.conftest import serving
from tests.small_source import publish, published_twice, small_source
from tests.web.test_cache_keys import PAGES

from ozg_lod.snapshots import checked_json
from ozg_lod.snapshots.snapshot import Snapshots

ALT = "http://www.w3.org/2004/02/skos/core#altLabel"
BASE = "https://w3id.org/ozg-lod/hessen/"
ASKED = "/sparql?query=SELECT*%7B%3Fs%20%3Fp%20%3Fo%7DORDER%20BY%3Fs%20%3Fp%20%3Fo%20LIMIT%2050"
ADDRESSES = (
    *PAGES,
    "/changes.atom",
    "/doc/bundle/soziales.atom",
    "/dump/data.nt",
    "/dump/terms.csv",
    "/snapshot/{first}/data.nq",
    "/snapshot/{first}/catalog",
    "/snapshot/{first}/sparql?query=ASK%7B%7D",
    ASKED,
    f"{ASKED}&format=html",
    "/sparql",
    "/.well-known/void",
    "/.well-known/sparql-examples",
    "/editor/words.json",
    "/suche?q=soziales",
    "/search.json?q=soziales",
    "/suche.csv?q=soziales",
    "/status",
    "/karte",
    "/impressum",
    "/graph/bundles",
    "/openapi.json",
    "/nothing-here",
    "/doc/bundle/nobody",
)
USUAL = {"accept": "text/html", "accept-language": "de", "accept-encoding": "identity"}
OTHERS = {
    "accept": ("text/turtle", "application/json", "text/csv", "application/atom+xml"),
    "accept-language": ("en", "fr, en;q=0.5"),
    "accept-encoding": ("gzip",),
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two publications of the small source; its catalogue has a title in both languages."""
    return published_twice(tmp_path_factory.mktemp("caching"))


@pytest.fixture(scope="module")
def first(target: Path) -> str:
    return Snapshots(target).publications()[0].version


@pytest.fixture(scope="module")
def client(target: Path) -> Iterator[httpx.Client]:
    with serving(target) as url, httpx.Client(base_url=url, timeout=60) as client:
        client.headers.clear()
        yield client


def raw(client: httpx.Client, address: str, **headers: str) -> tuple[int, bytes, httpx.Headers]:
    """Return status, bytes as they were sent, and headers."""
    with client.stream("GET", address, headers=headers) as answer:
        body = b"".join(answer.iter_raw())
        return answer.status_code, body.replace(answer.headers["x-request-id"].encode(), b"-"), answer.headers


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_depends_on_a_header_says_so(client: httpx.Client, first: str, address: str) -> None:
    address = address.format(first=first)
    for name, values in OTHERS.items():
        for base in (USUAL, {**USUAL, "accept": "*/*"}):
            _, body, usual = raw(client, address, **base)
            for value in values:
                _, other, fields = raw(client, address, **{**base, name: value})
                if other == body:
                    continue
                assert name in fields["vary"].lower(), (address, name, value)
                assert name in usual["vary"].lower(), (address, name, value)
                if "etag" in fields:
                    assert fields["etag"] != usual.get("etag"), (address, name, value)


VOLATILE = (
    "SELECT (RAND() AS ?x) {}",
    "SELECT (NOW() AS ?x) {}",
    "SELECT (STRUUID() AS ?x) {}",
    "SELECT (UUID() AS ?x) {}",
    "SELECT (BNODE() AS ?x) {}",
    "CONSTRUCT { <http://x/a> <http://x/b> ?x } { BIND(RAND() AS ?x) }",
    "SELECT * { ?s ?p ?o FILTER(rand() < 0.5) } LIMIT 3",
)


@pytest.mark.parametrize("query", VOLATILE)
@pytest.mark.parametrize("path", ["/sparql", "/snapshot/{first}/sparql"])
def test_a_volatile_query_is_never_kept_nor_unmodified(client: httpx.Client, first: str, path: str, query: str) -> None:
    path = path.format(first=first)
    forms = ({"accept": "*/*"}, {"accept": "text/html"}, {"accept": "*/*", "params": {"format": "csv", "sheet": "1"}})
    for form in forms if query.startswith("SELECT") else forms[:2]:
        params = {"query": query, **dict(form.get("params", {}))}  # type: ignore[call-overload]
        headers = {"accept": str(form["accept"])}
        for conditions in ({}, {"if-none-match": "*"}, {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}):
            answer = client.get(path, params=params, headers={**headers, **conditions})
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store", (form, conditions)
            assert "etag" not in answer.headers
            assert "last-modified" not in answer.headers


CONDITIONAL = ("/doc/bundle/soziales.ttl", "/dump/terms.csv", "/catalog.ttl", "/changes.atom", "/hilfe")


@pytest.mark.parametrize("address", CONDITIONAL)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_preconditions_are_heeded_in_the_order_of_rfc_9110(client: httpx.Client, address: str, method: str) -> None:
    def status(**fields: str) -> int:
        headers = {"accept-encoding": "identity"} | {name.replace("_", "-"): text for name, text in fields.items()}
        return client.request(method, address, headers=headers).status_code

    plain = client.get(address, headers={"accept-encoding": "identity"})
    tag, day = plain.headers["etag"], plain.headers.get("last-modified")
    for _ in range(2):  # the second time what was sent is sent again
        assert status(if_match=tag) == 200
        assert status(if_match="*") == 200
        assert status(if_match=f'"x", {tag}') == 200
        assert status(if_match='"x"') == 412
        assert status(if_match=f"W/{tag}") == 412
        assert status(if_match='"x"', if_none_match=tag) == 412, "If-Match comes first"
        assert status(if_match=tag, if_none_match=tag) == 304
        assert status(if_none_match=f"W/{tag}") == 304
        assert status(if_none_match='"x"') == 200
        if day is not None:
            long_ago, far = "Thu, 01 Jan 1998 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
            assert status(if_none_match='"x"', if_modified_since=day) == 200, "If-None-Match comes before the time"
            assert status(if_modified_since=day) == 304
            assert status(if_modified_since=far) == 200, "a clock that was set back"
            assert status(if_unmodified_since=long_ago) == 412
            assert status(if_unmodified_since=far) == 200
            assert status(if_match=tag, if_unmodified_since=long_ago) == 200, "If-Match comes before the time"
            assert status(if_unmodified_since=day, if_modified_since=day) == 304


def test_a_weak_tag_is_never_matched_strongly(client: httpx.Client) -> None:
    tag = client.get(ASKED).headers["etag"]
    assert tag.startswith("W/")
    assert client.get(ASKED, headers={"if-none-match": tag}).status_code == 304
    refused = client.get(ASKED, headers={"if-match": tag, "accept-language": "en"})
    assert (refused.status_code, refused.headers["cache-control"]) == (412, "no-store")
    assert client.get(ASKED, headers={"if-match": "*"}).status_code == 200


def test_the_warning_of_an_older_version_is_no_part_of_a_page_that_was_kept(target: Path, tmp_path: Path) -> None:
    own = tmp_path / "target"
    shutil.copytree(target, own)
    snapshots = Snapshots(own)
    old, new = snapshots.publications()
    address, headers = f"/snapshot/{new.version}/sparql?query=ASK%7B%7D", {"accept": "text/html"}
    with serving(own) as url:
        before = httpx.get(url + address, headers=headers)
    with snapshots.locked():
        snapshots.publish(old.snapshot)
    with serving(own) as url:
        after = httpx.get(url + address, headers={**headers, "if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.text != before.text


def test_a_clock_that_was_set_back_makes_nothing_seem_old(tmp_path: Path) -> None:
    """The publication before is from the future, as a clock that was wrong then left it."""
    source, target = small_source(tmp_path / "source"), tmp_path / "target"
    publish(source, target)
    log = target / "published.jsonl"
    entry = checked_json.read(log.read_bytes())
    log.write_bytes(checked_json.written({**entry, "time": "2099-01-01T00:00:00Z"}))
    with serving(target) as url:
        before = httpx.get(url + "/dump/bundles.ttl")
    (source / "data" / "more.nt").write_text(f'<{BASE}id/bundle/soziales> <{ALT}> "Neu"@de .\n', encoding="utf-8")
    publish(source, target)
    first, last = (dt.datetime.fromisoformat(entry.time) for entry in Snapshots(target).publications())
    assert last == first + dt.timedelta(seconds=1)
    with serving(target) as url:
        for since in (before.headers["last-modified"], "Fri, 02 Jan 2099 00:00:00 GMT"):
            for address in ("/dump/bundles.ttl", "/dump/data.nq", "/catalog.ttl", "/changes.atom"):
                answer = httpx.get(url + address, headers={"if-modified-since": since})
                assert answer.status_code == 200, (address, since)


def test_a_feed_that_tells_of_an_erasure_is_another(target: Path, tmp_path: Path) -> None:
    own = tmp_path / "target"
    shutil.copytree(target, own)
    snapshots = Snapshots(own)
    with serving(own) as url:
        before = httpx.get(url + "/changes.atom")
        with snapshots.locked():
            snapshots.erase(snapshots.publications()[0].snapshot, "2026-11-24")
        for name, field in (("if-none-match", "etag"), ("if-modified-since", "last-modified")):
            after = httpx.get(url + "/changes.atom", headers={name: before.headers[field]})
            assert (after.status_code, "2026-11-24" in after.text) == (200, True), name
