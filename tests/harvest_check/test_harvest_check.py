"""The harvest check names every fault planted in a catalogue, and nothing in a sound one."""

# ruff: noqa: E501 - the faults are a table, one to a line

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.portal_site import Reply, Site, page, paged, running, sound, view

from ozg_lod import cli
from ozg_lod.harvest_check import (
    check,
    mqa,
    reader,
    report,
)
from ozg_lod.harvest_check import (
    client as harvest_client,
)
from ozg_lod.harvest_check.check import HarvestRequest, HarvestResult
from ozg_lod.harvest_check.graph import CatalogueGraph

FEED = "/catalog.ttl"
FIRST = "/catalog.ttl?page=1"


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    with running() as site:
        yield site


def look(site: Site, path: str = FEED, **changes: object) -> HarvestResult:
    order = replace(HarvestRequest(site.url + path), **changes)  # type: ignore[arg-type]
    return check.check(order, harvest_client.Client(order.url), reader.in_cage)


def rules(outcome: HarvestResult) -> set[str]:
    return {finding.rule for finding in outcome.findings}


@dataclass(frozen=True)
class Fault:
    """A way to break the sound catalogue, and exactly the rules that must name it."""

    name: str
    plant: Callable[[Site], None]
    rules: frozenset[str]
    path: str = FEED

    def __str__(self) -> str:
        return self.name


def fault(name: str, plant: Callable[[Site], object], *names: str, path: str = FEED) -> Fault:
    return Fault(name, plant, frozenset(names), path)  # type: ignore[arg-type]


def swap(old: str, new: str, path: str = FEED) -> Callable[[Site], None]:
    return lambda site: site.change(old.replace("SITE", site.url), new.replace("SITE", site.url), path)


def moving(site: Site) -> None:
    """Every read gives the temporal coverage as a blank node of another name."""
    count = itertools.count()
    body = page(site.url, ["aemter"]).decode().replace(f"<{site.url}/id/dataset/aemter#time>", "_:bNUMBER")
    site.routes[FEED] = lambda: Reply(body.replace("NUMBER", str(next(count))).encode(), etag=None)


def ticking(site: Site) -> None:
    count = itertools.count(10)
    body = page(site.url, ["aemter"]).decode()
    site.routes[FEED] = lambda: Reply(body.replace("2021-05-17", f"2021-05-{next(count)}").encode(), etag=None)


def endless(site: Site) -> None:
    """Each page is new and leads to another."""
    for number in range(1, 12):
        more = view(site.url, number, f"<{site.url}/catalog.ttl?page={number + 1}>", last=99)
        one = f'<{site.url}/id/x{number}> <{site.url}/p> "{number}" .\n'
        site.routes[f"/catalog.ttl?page={number}"] = Reply(page(site.url, [f"d{number}"], more + one))
        site.routes[f"/dump/d{number}.csv"] = Reply(f"name,zahl\nd{number},1\n".encode(), "text/csv")


def repeated(site: Site) -> None:
    body = page(site.url, ["aemter"], view(site.url, 9, f"<{site.url}/catalog.ttl?page=2>", last=99))
    site.routes[FIRST] = site.routes["/catalog.ttl?page=2"] = Reply(body)


def as_json_ld(context: object) -> Callable[[Site], None]:
    def plant(site: Site) -> None:
        said = {"@context": context, "@id": site.url + "/id/catalog", "@type": "http://www.w3.org/ns/dcat#Catalog"}
        site.routes[FEED] = Reply(json.dumps(said).encode(), "application/ld+json")

    return plant


def redirect(*paths: str) -> Callable[[Site], None]:
    def plant(site: Site) -> None:
        for here, there in itertools.pairwise(paths):
            target = there.replace("localhost", site.url.replace("127.0.0.1", "localhost"))
            site.routes[here] = Reply(status=302, fields={"Location": target}, etag=None)

    return plant


def plain(**changes: object) -> Callable[[Site], None]:
    return lambda site: site.adjust(**changes)


FAULTS = [
    # the address
    fault("nothing at the address", lambda s: s.routes.pop(FEED), "feed-status"),
    fault("a failure of the server", plain(status=500), "feed-status"),
    fault("an empty body", plain(body=b""), "feed-empty"),
    fault("HTML at the feed", plain(content_type="text/html"), "type-html"),
    fault("text/plain", plain(content_type="text/plain"), "type-unknown"),
    fault("no media type", plain(content_type=""), "type-unknown"),
    fault("another charset declared", plain(content_type="text/turtle; charset=iso-8859-1"), "charset-declared"),
    fault("bytes that are no UTF-8", lambda s: plain(body=page(s.url, ["aemter"]).decode().encode("latin-1"))(s), "charset-invalid"),
    fault("redirects in a circle", redirect(FEED, "/b", FEED), "redirect-loop"),
    fault("redirects without end", redirect(FEED, *(f"/r{n}" for n in range(12))), "redirect-many"),
    fault("a chain of redirects", redirect("/old", "/older", FEED), "redirect-chain", path="/old"),
    fault("a redirect to another host", redirect("/old", "localhost/catalog.ttl"), "redirect-host", path="/old"),
    fault("a shorter body than announced", plain(fields={"Content-Length": "99999999"}), "body-short"),
    # HEAD, ETag, stability
    fault("a wrong length on HEAD", plain(head=(200, {"Content-Length": "60000000"})), "head-length"),
    fault("another type on HEAD", plain(head=(200, {"Content-Type": "text/html"})), "head-type"),
    fault("another status on HEAD", plain(head=(500, {})), "head-status"),
    fault("no HEAD", plain(head=(405, {})), "head-missing"),
    fault("no ETag", plain(etag=None), "etag-missing"),
    fault("an ETag that is ignored", plain(always=True), "etag-ignored"),
    fault("moving blank nodes", moving, "bytes-unstable", "etag-missing"),
    fault("dates from the clock", ticking, "content-unstable", "etag-missing"),
    # reading
    fault("broken Turtle", swap("a dcat:Catalog", "a dcat:Catalog ; ; ]"), "page-unreadable"),
    fault("a remote JSON-LD context", as_json_ld("https://example.org/context.jsonld"), "context-remote"),
    fault("a remote JSON-LD context in a list", as_json_ld([{}, "https://example.org/c"]), "context-remote"),
    fault("a space in an address", swap("foaf:homepage <SITE/>", "foaf:homepage <SITE/a b>"), "iri-invalid", "url-invalid"),
    fault("an unknown scheme", swap("foaf:homepage <SITE/>", "foaf:homepage <ttps://a>"), "url-invalid"),
    fault("a relative address", swap("foaf:homepage <SITE/>", "foaf:homepage <start>"), "iri-relative"),
    fault("a byte order mark", lambda s: plain(body=b"\xef\xbb\xbf" + page(s.url, ["aemter"]))(s), "page-mark"),
    fault("a language with an underscore", swap('"Zahlen orte"@de', '"Zahlen orte"@de_DE'), "language-invalid", "title-language"),
    fault("a language of three parts", swap('"Zahlen orte"@de', '"Zahlen orte"@de , "Zahlen"@de_AT_1901'), "language-invalid"),
    fault("brackets in an address", swap("foaf:homepage <SITE/>", "foaf:homepage <SITE/?a[b]=1>"), "iri-invalid", "url-invalid"),
    fault("braces in an address", swap("foaf:homepage <SITE/>", "foaf:homepage <SITE/{a}>"), "iri-invalid", "url-invalid"),
    # paging
    fault("a relative next page", swap("<SITE/catalog.ttl?page=2> .", "<catalog.ttl?page=2> .", FIRST), "iri-relative", path=FIRST),
    fault("a relative next page as text", swap("<SITE/catalog.ttl?page=2> .", '"?page=2" .', FIRST), "iri-relative", path=FIRST),
    fault("a next page that is not there", lambda s: s.routes.pop("/catalog.ttl?page=2"), "page-missing", path=FIRST),
    fault("a page that names itself", swap("next <SITE/catalog.ttl?page=2>", "next <SITE/catalog.ttl?page=1>", FIRST), "page-self", path=FIRST),
    fault("pages in a circle", swap("next <SITE/catalog.ttl?page=3>", "next <SITE/catalog.ttl?page=1>", "/catalog.ttl?page=2"), "page-loop", path=FIRST),
    fault("endless paging", endless, "page-limit", path=FIRST),
    fault("a page that repeats another", repeated, "page-repeated", path=FIRST),
    fault(
        "a next on the last page",
        swap("page=3> .", "page=3> ; hydra:next <SITE/catalog.ttl?page=4> .", "/catalog.ttl?page=3"),
        "page-next-on-last", "page-missing", path=FIRST,
    ),
    fault("another type on page 2", lambda s: s.adjust("/catalog.ttl?page=2", content_type="text/plain"), "page-type", path=FIRST),
    fault("two views on a page", lambda s: s.change("hydra:PartialCollectionView ;", f"hydra:PartialCollectionView . <{s.url}/v> a hydra:PagedCollection . <{s.url}{FIRST}>", FIRST), "page-views", path=FIRST),
    fault("the same dataset on two pages", lambda s: s.routes.update({"/catalog.ttl?page=2": Reply(page(s.url, ["aemter"], view(s.url, 2, f"<{s.url}/catalog.ttl?page=3>")))}), "dataset-twice", path=FIRST),
    fault("a page without datasets", lambda s: s.routes.update({"/catalog.ttl?page=2": Reply(view(s.url, 2, f"<{s.url}/catalog.ttl?page=3>").join(["@prefix hydra: <http://www.w3.org/ns/hydra/core#> .\n", ""]).encode())}), "page-empty", path=FIRST),
    # datasets as nodes
    fault("no dataset", plain(body=b"<urn:a> <urn:b> <urn:c> ."), "catalogue-empty"),
    fault("no catalogue", swap("a dcat:Catalog", "a foaf:Document"), "catalogue-missing"),
    fault("a blank dataset", swap("<SITE/id/dataset/orte>", "_:orte"), "dataset-unnamed"),
    fault("a blank distribution", swap("<SITE/id/dataset/orte#csv>", "_:csv"), "distribution-unnamed"),
    fault("a dataset named by a urn", swap("SITE/id/dataset/orte", "urn:x:orte"), "dataset-address"),
    fault("a stub typed as a dataset", lambda s: plain(body=page(s.url, ["orte"], f'<{s.url}/id/x> a dcat:Dataset ; dct:title "Anderswo"@de .'))(s), "dataset-stub"),
    fault("the catalogue as a dataset", swap("a dcat:Catalog ;", "a dcat:Catalog, dcat:Dataset ;"), "dataset-is-catalogue"),
    fault("a record with the dataset's address", swap("<SITE/id/dataset/orte> a dcat:Dataset", "<SITE/id/dataset/orte> a dcat:Dataset, dcat:CatalogRecord"), "dataset-is-record"),
    fault("a dataset that is not listed", swap(", <SITE/id/dataset/orte> .", "."), "dataset-not-listed"),
    fault("a dataset that is not described", swap(", <SITE/id/dataset/orte> .", ", <SITE/id/dataset/orte>, <SITE/id/dataset/fort> ."), "dataset-not-described"),
    fault("one identifier twice", swap('dct:identifier "SITE/id/dataset/orte"', 'dct:identifier "SITE/id/dataset/aemter"'), "identifier-twice", "identifier-differs"),
    fault("one title twice", swap('"Zahlen orte"', '"Zahlen aemter"'), "title-twice"),
    # properties and values
    fault("a missing title", swap('dct:title "Zahlen orte"@de ;', ""), "dataset-title-missing"),
    fault("a missing publisher", swap("dct:publisher <SITE/id/agent> ; dcat:contactPoint", "dcat:contactPoint"), "dataset-publisher-missing"),
    fault("a missing licence", swap("dct:license <http://dcat-ap.de/def/licenses/dl-zero-de/2.0> ; dct:format", "dct:format"), "distribution-licence-missing"),
    fault("two licences", swap("dl-zero-de/2.0> ; dct:format <http://publications.europa.eu/resource/authority/file-type/CSV>", "dl-zero-de/2.0>, <http://dcat-ap.de/def/licenses/cc-zero> ; dct:format <http://publications.europa.eu/resource/authority/file-type/CSV>"), "distribution-licence-several"),
    fault("a licence nobody knows", swap("licenses/dl-zero-de/2.0> ; dct:format <http://publications.europa.eu/resource/authority/file-type/CSV>".replace("licenses/", "licenses/"), "x> ; dct:format <http://publications.europa.eu/resource/authority/file-type/CSV>"), "distribution-licence-unlisted"),
    fault("a licence without its attribution", swap("dl-zero-de/2.0> ; dct:format", "dl-by-de/2.0> ; dct:format"), "attribution-missing"),
    fault("a contributor ID of nobody", swap("contributors/hessen", "contributer/hessen"), "dataset-contributor-id-unlisted"),
    fault("two titles in one language", swap('"Zahlen orte"@de', '"Zahlen orte"@de, "Orte"@de'), "title-several"),
    fault("an English title only", swap('"Zahlen orte"@de', '"Places"@en'), "title-german"),
    fault("a title in a language of a country", swap('"Zahlen orte"@de', '"Zahlen orte"@de-AT'), "title-language"),
    fault("a title in easy language", swap('"Zahlen orte"@de', '"Zahlen orte"@de-simple'), "title-language"),
    fault("a language as text", swap("dcat:keyword", 'dct:language "de" ; dcat:keyword'), "dataset-language-unlisted"),
    fault("a day that does not exist", swap('dct:issued "2021-05-17"^^xsd:date ; dct:modified "2021-05-17"^^xsd:date ;\n  dct:spatial', 'dct:issued "2021-02-29"^^xsd:date ; dct:modified "2021-05-17"^^xsd:date ;\n  dct:spatial'), "date-form"),
    fault("a date nobody can sort", swap('dct:issued "2021-05-17"^^xsd:date ; dct:modified "2021-05-17"^^xsd:date ;\n  dct:spatial', 'dct:issued "17.5.2021" ; dct:modified "2021-05-17"^^xsd:date ;\n  dct:spatial'), "date-form"),
    fault("a period without an end", swap('dcat:startDate "2021-05-17"^^xsd:date', "dct:type dct:x"), "period-empty"),
    fault("a contact without an address", swap("vcard:hasEmail <mailto:amt@example.org>", "vcard:note 1"), "contact-empty"),
    fault("a publisher without a name", swap('foaf:name "Amt für Prüfungen"@de', "foaf:age 1"), "publisher-name-missing"),
    fault("an address written as text", swap("dcat:accessURL <SITE/dump/orte.csv>", 'dcat:accessURL "SITE/dump/orte.csv"'), "url-literal"),
    fault("a media type written as text", swap("<https://www.iana.org/assignments/media-types/text/csv>", '"text/csv"'), "media-type-unlisted"),
    fault("a checksum without its method", swap("spdx:algorithm spdx:checksumAlgorithm_sha256 ;", ""), "checksum-incomplete"),
    fault("a service with a file", swap("dcat:accessService <SITE/id/service>", "dcat:accessService <SITE/id/service> ; dcat:downloadURL <SITE/dump/wege.csv>"), "service-download"),
    fault("a deprecated property", swap('dcat:keyword "zahlen"@de', 'dcat:keyword "zahlen"@de ; dcatde:legalBasis "x"'), "property-deprecated"),
    fault("a distribution without a class", swap('a dcat:Distribution ; dct:title "CSV"@de ;', 'dct:title "CSV"@de ;'), "distribution-not-described"),
    # files
    fault("a file that is not there", lambda s: s.routes.pop("/dump/orte.csv"), "link-dead"),
    fault("a service that fails", lambda s: s.routes.update({"/sparql": Reply(status=503)}), "link-dead"),
    fault("another size than declared", lambda s: s.routes.update({"/dump/orte.csv": Reply(b"a\n", "text/csv")}), "link-size", "link-hash"),
    fault("another hash than declared", lambda s: s.routes.update({"/dump/orte.csv": Reply(b"name,zahl\norte,2\n", "text/csv")}), "link-hash"),
    fault("another type than declared", lambda s: s.adjust("/dump/orte.csv", content_type="text/html"), "link-type"),
    fault("a wrong length on HEAD of a file", lambda s: s.adjust("/dump/orte.csv", head=(200, {"Content-Length": "1"})), "link-head"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_each_planted_fault_is_named_and_nothing_else(server: Site, fault: Fault) -> None:
    server.routes = (paged if fault.path == FIRST else sound)(server.url).routes
    fault.plant(server)
    outcome = look(server, fault.path, max_pages=8)
    assert rules(outcome) == fault.rules, report.to_text(outcome, "en")
    for finding in outcome.findings:
        assert finding.message["de"], finding
        assert finding.message["en"], finding
        assert finding.message["de"] != finding.message["en"]


def test_there_are_many_more_kinds_of_fault_than_the_fifteen_asked_for() -> None:
    assert len(FAULTS) >= 15
    assert len({rule for fault in FAULTS for rule in fault.rules}) >= 50


@pytest.mark.parametrize(("make", "path"), [(sound, FEED), (paged, FIRST)])
def test_nothing_is_found_in_a_sound_catalogue_and_it_has_all_points(
    server: Site, make: Callable[[str], Site], path: str
) -> None:
    server.routes = make(server.url).routes
    outcome = look(server, path)
    assert outcome.findings == ()
    assert outcome.passes(strict=True)
    assert outcome.score is not None
    assert outcome.score.points == 405
    assert outcome.score.rating == "excellent"


@pytest.mark.parametrize("media_type", sorted(set(reader.READ) - {"text/turtle"}))
def test_the_catalogue_is_read_in_every_format_harvesters_read(server: Site, media_type: str) -> None:
    import pyoxigraph as ox  # noqa: PLC0415

    server.routes = sound(server.url).routes
    turtle = server.routes[FEED]
    assert isinstance(turtle, Reply)
    triples = ox.parse(turtle.body, ox.RdfFormat.TURTLE)
    body = ox.serialize(triples, format=reader.READ[media_type])
    server.routes[FEED] = Reply(body or b"", media_type)
    assert rules(look(server)) == set()


def test_next_may_be_text_and_the_older_words_for_paging_are_understood(server: Site) -> None:
    server.routes = paged(server.url).routes
    server.change(
        f"hydra:next <{server.url}/catalog.ttl?page=2>", f'hydra:next "{server.url}/catalog.ttl?page=2"', FIRST
    )
    server.change("hydra:PartialCollectionView", "hydra:PagedCollection", "/catalog.ttl?page=2")
    server.change("hydra:next", "hydra:nextPage", "/catalog.ttl?page=2")
    outcome = look(server, FIRST)
    assert rules(outcome) == set()
    assert outcome.counted["pages"] == 3


def test_a_next_page_behind_a_proxy_name_is_named(server: Site) -> None:
    server.routes = paged(server.url).routes
    inside = server.url.replace("127.0.0.1", "localhost")
    server.change(f"next <{server.url}/", f"next <{inside}/", FIRST)
    assert rules(look(server, FIRST)) == {"page-host"}


def test_a_page_of_another_rdf_type_is_named_and_still_read(server: Site) -> None:
    server.routes = paged(server.url).routes
    server.adjust("/catalog.ttl?page=2", content_type="application/trig")
    outcome = look(server, FIRST)
    assert rules(outcome) == {"page-type"}
    assert outcome.counted["datasets"] == 3


def test_an_etag_that_changes_alone_is_named(server: Site) -> None:
    server.routes = sound(server.url).routes
    count = itertools.count()
    body = page(server.url, ["aemter"])
    server.routes[FEED] = lambda: Reply(body, etag=f'"{next(count)}"')
    assert rules(look(server)) == {"etag-unstable"}


def test_a_feed_that_answers_only_once_is_named(server: Site) -> None:
    server.routes = sound(server.url).routes
    replies = iter([server.routes[FEED], server.routes[FEED]])
    server.routes[FEED] = lambda: next(replies, Reply(status=503))  # type: ignore[return-value, arg-type]
    assert rules(look(server)) == {"feed-unstable"}


def test_without_downloads_sizes_come_from_head_and_hashes_are_left_alone(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.routes["/dump/orte.csv"] = Reply(b"a\n", "text/csv")
    assert rules(look(server, downloads=False)) == {"link-size"}
    server.adjust("/dump/aemter.csv", head=(405, {}))
    assert rules(look(server, downloads=False)) == {"link-size"}


def test_no_more_addresses_are_asked_than_allowed(server: Site) -> None:
    server.routes = sound(server.url).routes
    outcome = look(server, max_links=1)
    assert rules(outcome) == {"links-unchecked"}
    assert outcome.counted["addresses"] == 1


def test_a_service_that_asks_for_a_query_is_alive_but_costs_points(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.routes["/sparql"] = Reply(status=400)
    outcome = look(server)
    assert rules(outcome) == set()
    assert outcome.score is not None
    assert outcome.score.of("accessibility") == (75.0, 100)


def test_what_is_larger_than_harvesters_read_is_refused(server: Site) -> None:
    server.routes = sound(server.url).routes
    client = harvest_client.Client(server.url, harvest_client.FetchLimits(max_bytes=1000))
    outcome = check.check(HarvestRequest(server.url + FEED), client, reader.in_cage)
    assert rules(outcome) == {"too-large"}
    assert outcome.ran
    zipped = Reply(gzip.compress(b" " * 5000), fields={"Content-Encoding": "gzip"})
    server.routes["/zipped"] = zipped
    assert client.get(server.url + "/zipped").trouble is not None
    assert harvest_client.Client(server.url).get(server.url + "/zipped").body == b" " * 5000


def test_a_file_too_large_to_load_is_a_hint_not_a_fault(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.routes["/dump/orte.csv"] = Reply(b"a" * 20_000, "text/csv")
    client = harvest_client.Client(server.url, harvest_client.FetchLimits(max_bytes=10_000))
    outcome = check.check(HarvestRequest(server.url + FEED), client, reader.in_cage)
    assert "link-too-large" in rules(outcome)
    assert outcome.passes()


def test_a_page_that_never_ends_is_left(server: Site) -> None:
    server.routes = sound(server.url).routes

    def slow() -> Reply:
        time.sleep(0.5)
        return Reply(b"")

    server.routes["/slow"] = slow
    client = harvest_client.Client(server.url, harvest_client.FetchLimits(silence_s=0.1))
    answer = client.get(server.url + "/slow")
    assert answer.trouble is not None
    assert answer.trouble.rule == "url-slow"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/turtle\r\n"
ENDLESS = itertools.repeat(b"a")


@contextmanager
def speaking(*pieces: bytes, then: Iterable[bytes] = (), pause_s: float = 0.05) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says these pieces whatever it is asked, then others slowly; yield its address and what it heard."""
    heard: list[bytes] = []
    ended = threading.Event()

    def speak(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            heard.append(connection.recv(65536))
            connection.sendall(b"".join(pieces))
            for piece in then:
                if ended.wait(pause_s):
                    return
                connection.sendall(piece)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=speak, args=[listening])
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", heard
        ended.set()
        thread.join(5)


@pytest.mark.parametrize(
    ("scheme", "pieces", "then"),
    [
        ("http", [], ENDLESS),
        ("http", [HEAD, b"X: "], ENDLESS),
        ("http", [], itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n")),
        ("http", [HEAD, b"Content-Length: 9999\r\n\r\n"], ENDLESS),
        ("http", [HEAD, b"Transfer-Encoding: chunked\r\n\r\n1;x="], ENDLESS),
        ("http", [HEAD, b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: "], ENDLESS),
        ("https", [b"\x16\x03\x03\x40\x00\x02"], ENDLESS),
    ],
    ids=["status", "head", "early hints", "body", "chunk", "trailer", "TLS"],
)
def test_one_clock_ends_what_drips(scheme: str, pieces: list[bytes], then: Iterable[bytes]) -> None:
    limits = harvest_client.FetchLimits(silence_s=5, total_s=0.5)
    with speaking(*pieces, then=then) as (address, _):
        started = time.monotonic()
        answer = harvest_client.Client(f"{scheme}://{address}/", limits).get(f"{scheme}://{address}/")
        took = time.monotonic() - started
    assert answer.trouble is not None
    assert answer.trouble.rule == "url-slow"
    assert took < 3


@pytest.mark.parametrize(
    ("pieces", "rule"),
    [
        ([HEAD, b"X: ", b"a" * 200_000], "url-unreadable"),
        ([b"SSH-2.0-OpenSSH\r\n"], "url-unreadable"),
        ([HEAD, b"Content-Length: 9\r\n\r\nabc"], "body-short"),
        ([HEAD, b"Content-Encoding: gzip\r\n\r\nabc"], "url-unreadable"),
    ],
    ids=["a head without end", "another protocol", "a short body", "no gzip"],
)
def test_what_is_no_sound_answer_is_named(pieces: list[bytes], rule: str) -> None:
    with speaking(*pieces) as (address, _):
        answer = harvest_client.Client(f"http://{address}/").get(f"http://{address}/")
    assert answer.trouble is not None
    assert answer.trouble.rule == rule


def test_the_address_that_was_judged_is_connected_to_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name means another address at every look: the second is never looked up."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: str, *rest: object, **more: object) -> object:
        if host != "catalogue.example":
            return real(host, *rest, **more)  # type: ignore[arg-type]
        asked.append(host)
        return real("127.0.0.1" if len(asked) < 3 else "192.0.2.1", None, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with speaking(HEAD, b"Content-Length: 1\r\n\r\nx") as (address, heard):
        url = f"http://catalogue.example:{address.rpartition(':')[2]}/ä?b=c d"
        answer = harvest_client.Client(url).get(url)
    assert answer.body == b"x"
    assert len(asked) == 2
    assert heard[0].startswith(b"GET /%C3%A4?b=c%20d HTTP/1.1\r\n")
    assert f"\r\nHost: catalogue.example:{address.rpartition(':')[2]}\r\n".encode() in heard[0]


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("file:///etc/passwd", "url-invalid"),
        ("ftp://127.0.0.1/x", "url-invalid"),
        ("http://user:secret@127.0.0.1/x", "url-invalid"),
        ("http://127.0.0.1:99999999/", "url-invalid"),
        ("http://name.invalid/", "url-unreachable"),
        ("http://127.0.0.1:9/", "url-unreachable"),
    ],
)
def test_only_web_addresses_are_asked(url: str, rule: str) -> None:
    answer = harvest_client.Client(url).get(url)
    assert answer.trouble is not None
    assert answer.trouble.rule == rule


def test_a_public_catalogue_cannot_lead_into_the_private_network(server: Site) -> None:
    server.routes = sound(server.url).routes
    client = harvest_client.Client("http://192.0.0.9/")  # a public address: the client trusts public ones only
    answer = client.get(server.url + FEED)
    assert answer.trouble is not None
    assert answer.trouble.rule == "url-private"


def test_what_breaks_the_parser_breaks_a_child_and_becomes_a_finding(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.routes[FEED] = Reply(b"@prefix a: <urn:a> . " + b"a:a a:b " + b"(" * 5000 + b")" * 5000 + b" .")
    assert rules(look(server)) == {"page-unreadable"}
    nested = b'{"a":' * 200 + b"1" + b"}" * 200
    server.routes[FEED] = Reply(nested, "application/ld+json")
    assert rules(look(server)) == {"page-unreadable"}
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    server.routes[FEED] = Reply(entities, "application/rdf+xml")
    assert rules(look(server)) == {"page-unreadable"}


def test_points_fall_with_what_is_missing_and_the_report_says_what_would_raise_them(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.change('dcat:keyword "zahlen"@de ;', "")
    outcome = look(server)
    assert outcome.score is not None
    assert outcome.score.points == 375
    german = report.to_text(outcome, "de")
    assert "375 von 405 Punkten, ausgezeichnet" in german
    assert "+30  Geben Sie jedem Datensatz Schlagwörter (bei 2 von 2 Datensätzen)" in german
    assert "Dem Datensatz fehlen Schlagwörter (2×)" in german
    english = report.to_text(outcome, "en")
    assert "The dataset has no keywords (2×)" in english
    assert "Zahlen orte" in english


def test_a_dataset_that_breaks_dcat_ap_loses_the_points_for_compliance(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.change('dct:title "Zahlen orte"@de ;', "")
    outcome = look(server)
    assert outcome.score is not None
    assert outcome.score.points == 390
    assert outcome.score.of("interoperability") == (95.0, 110)


def test_a_catalogue_without_datasets_has_no_points_to_speak_of() -> None:
    score = mqa.score(CatalogueGraph(), {})
    assert (score.points, score.rating, score.datasets) == (0, "bad", 0)


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["harvest-check", *arguments])
    return int(ended.value.code or 0), capsys.readouterr().out


def test_the_command_ends_with_0_1_or_2(server: Site, capsys: pytest.CaptureFixture[str]) -> None:
    server.routes = sound(server.url).routes
    assert ran(capsys, server.url + FEED, "--lang", "en")[0] == 0
    server.change('dcat:keyword "zahlen"@de ;', "")
    assert ran(capsys, server.url + FEED, "--lang", "de", "--no-downloads")[0] == 0
    assert ran(capsys, server.url + FEED, "--strict")[0] == 1
    server.change('dct:title "Zahlen orte"@de ;', "")
    code, text = ran(capsys, server.url + FEED, "--lang", "de")
    assert code == 1
    assert "CKAN bricht hier den ganzen Lauf ab" in text
    assert "http://purl.org" not in text
    assert ran(capsys, "http://127.0.0.1:9/")[0] == 2
    assert ran(capsys, "mailto:a@example.org")[0] == 2


def test_a_file_in_the_place_of_an_address_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "catalogue.ttl").write_text("", "utf-8")
    with pytest.raises(SystemExit) as ended:
        cli.main(["harvest-check", str(tmp_path / "catalogue.ttl"), "--lang", "en"])
    assert (ended.value.code, "serve it" in capsys.readouterr().err) == (2, True)


def test_the_report_as_json_has_findings_and_points(server: Site, capsys: pytest.CaptureFixture[str]) -> None:
    server.routes = paged(server.url).routes
    server.change('dct:title "Zahlen aemter"@de ;', "", FIRST)
    code, text = ran(capsys, server.url + FIRST, "--json", "--max-pages", "2")
    said = json.loads(text)
    assert code == 1
    assert said["passes"] is False
    assert said["counts"] == {"error": 2, "warning": 0, "hint": 0}
    assert {finding["rule"] for finding in said["findings"]} == {"dataset-title-missing", "page-limit"}
    assert said["score"]["of"] == 405
    assert len(said["score"]["metrics"]) == 23
    assert said["read"]["pages"] == 2
    code, text = ran(capsys, "http://127.0.0.1:9/", "--json")
    assert json.loads(text)["score"] is None


def test_the_points_are_those_of_the_methodology_and_the_documentation_shows_them() -> None:
    from tests.conftest import ROOT  # noqa: PLC0415

    by_dimension: dict[str, int] = {}
    for metric in mqa.METRICS:
        by_dimension[metric.dimension] = by_dimension.get(metric.dimension, 0) + metric.points
    assert by_dimension == {
        "findability": 100, "accessibility": 100, "interoperability": 110, "reusability": 75, "contextuality": 20,
    }  # fmt: skip
    documented = (ROOT / "docs" / "harvest-check.md").read_text(encoding="utf-8")
    for metric in mqa.METRICS:
        assert f"| {metric.name} | {metric.points} |" in documented, metric.slug


def test_every_rule_is_documented() -> None:
    from tests.conftest import ROOT  # noqa: PLC0415

    documented = (ROOT / "docs" / "harvest-check.md").read_text(encoding="utf-8")
    for fault in FAULTS:
        for rule in fault.rules - {r for r in fault.rules if r.endswith(("-missing", "-several", "-unlisted"))}:
            assert f"`{rule}`" in documented, rule


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dcat:startDate", "<http://schema.org/startDate>"),
        ("dcat:startDate", "<https://schema.org/endDate>"),
        ("<http://dcat-ap.de/def/dcatde/>", "<http://dcat-ap.de/def/dcatde/1_0/>"),
        ("<http://dcat-ap.de/def/dcatde/>", "<http://dcat-ap.de/def/dcatde/1.0.2/>"),
        ("<http://dcat-ap.de/def/dcatde/>", "<https://dcat-ap.de/def/dcatde/>"),
    ],
)
def test_spellings_that_harvesters_read_are_no_fault(server: Site, old: str, new: str) -> None:
    server.routes = sound(server.url).routes
    server.change(old, new)
    assert rules(look(server)) == set()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("http://dcat-ap.de/def/dcatde/", "http://dcat-ap.de/def/dcatde#"),
        ("http://www.w3.org/2006/vcard/ns#", "https://www.w3.org/2006/vcard/ns#"),
        ("http://xmlns.com/foaf/0.1/", "http://xmlns.com/foaf/0.1#"),
    ],
)
def test_a_namespace_that_nobody_reads_is_named_with_the_right_one(server: Site, right: str, wrong: str) -> None:
    server.routes = sound(server.url).routes
    server.change(f"<{right}>", f"<{wrong}>")
    (finding,) = [one for one in look(server).findings if one.rule == "namespace-misspelt"]
    assert finding.value == wrong
    assert right in finding.message["de"]


def test_a_series_of_datasets_is_described(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.change(
        f", <{server.url}/id/dataset/orte> .",
        f", <{server.url}/id/dataset/orte>, <{server.url}/s> . <{server.url}/s> a dcat:DatasetSeries .",
    )
    assert "dataset-not-described" not in rules(look(server))


def test_addresses_of_files_are_left_alone_where_that_is_asked_for(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.routes.pop("/dump/orte.csv")
    outcome = look(server, links=False)
    assert rules(outcome) == {"links-unchecked"}
    assert outcome.counted["addresses"] == 0


@pytest.mark.parametrize(
    ("body", "rule", "line"),
    [
        (b'\xef\xbb\xbf{"@id": "https://a.example/"}', "page-mark", None),
        (
            b'{"@id": "https://a.example/",\n "https://b/": {"@value": "a", "@language": "de_DE"}}',
            "language-invalid",
            2,
        ),
        (b'{\n"@id": "https://a.example/x y",\n"https://b/": 1}', "iri-invalid", 2),
    ],
)
def test_json_ld_is_read_as_strictly_as_harvesters_do(body: bytes, rule: str, line: int | None) -> None:
    (finding,) = reader.here(body, "application/ld+json", "https://a.example/").findings
    assert (finding.rule, finding.place.line) == (rule, line)


def test_the_report_is_a_page_to_keep(server: Site) -> None:
    server.routes = sound(server.url).routes
    server.change('dct:issued "2021-05-17"^^xsd:date', 'dct:issued "<b>hessen"')
    kept = report.to_html(look(server), "de")
    assert "date-form" in kept
    assert "&lt;b&gt;hessen" in kept
    assert "<b>" not in kept
