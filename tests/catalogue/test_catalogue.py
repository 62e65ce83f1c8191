"""The catalogue for portals: valid, complete, the same bytes while nothing changes, and every file as it says."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib.compare import to_isomorphic
from tests.conftest import ROOT, serving
from tests.small_source import publish, small_source

from ozg_lod.harvest_check import mqa, reader
from ozg_lod.harvest_check.graph import CatalogueGraph
from ozg_lod.snapshots.snapshot import Manifest, Snapshots
from ozg_lod.tables import tables

BASE = "https://w3id.org/ozg-lod/hessen/"
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
DCATDE = rdflib.Namespace("http://dcat-ap.de/def/dcatde/")
FOAF = rdflib.Namespace("http://xmlns.com/foaf/0.1/")
HYDRA = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
SUFFIXES = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld", "nt": "nt"}
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
KEYS = {"authorities", "bundles", "figures", "geometry", "ontology", "ozg-concepts", "programmes", "shapes"}


def graph(client: httpx.Client, path: str = "/catalog.ttl") -> rdflib.Graph:
    return rdflib.Graph().parse(data=client.get(path).text, format="turtle")


def parsed(content: bytes, form: str) -> rdflib.Graph:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib's JSON-LD parser uses a class rdflib gives up
        return rdflib.Graph().parse(data=content, format=form)


def keys(found: rdflib.Graph) -> set[str]:
    return {str(iri).rpartition("/")[2] for iri in found.subjects(rdflib.RDF.type, DCAT.Dataset)}


@pytest.mark.parametrize("path", ["/catalog.ttl", "/catalog.ttl?lang=all", "/catalog.ttl?page=2&pageSize=3"])
@pytest.mark.parametrize("profile", ["dcat-ap-de-3.0", "dcat-ap-3.0.0", "govdata-mqa"])
def test_the_official_profiles_find_nothing(
    client: httpx.Client, shared: Path, tmp_path: Path, profile: str, path: str
) -> None:
    """No contributor ID is claimed for us, so GovData's quality check misses one for each dataset, and nothing else."""
    file = tmp_path / "catalogue.ttl"
    file.write_bytes(client.get(path).content)
    command = [sys.executable, shared / "standards" / "check_profile.py", profile, file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    *findings, summary = done.stdout.splitlines()
    assert summary.startswith(f"{profile}: "), done.stderr
    if profile == "govdata-mqa":
        assert {line.split(" | ")[0] for line in findings} == {"no_correct_contributorID"}
    else:
        assert findings == []


def test_our_own_rules_find_nothing_either(client: httpx.Client) -> None:
    rules = rdflib.Graph().parse(ROOT / "shapes" / "catalogue.ttl")
    conforms, _, said = pyshacl.validate(graph(client, "/catalog.ttl?lang=all"), shacl_graph=rules)
    assert conforms, said


def test_every_dataset_is_complete_and_nothing_with_identity_is_a_blank_node(client: httpx.Client) -> None:
    found = graph(client)
    assert keys(found) == KEYS
    assert not [term for triple in found for term in triple if isinstance(term, rdflib.BNode)]
    for iri in found.subjects(rdflib.RDF.type, DCAT.Dataset):
        assert found.value(iri, DCT.identifier) == rdflib.Literal(str(iri))
        assert DCAT.dataset in set(found.predicates(None, iri))
        for predicate in (DCT.title, DCT.description, DCT.publisher, DCT.issued, DCT.modified, DCAT.version):
            assert len(list(found.objects(iri, predicate))) == 1, (iri, predicate)
        for predicate in (DCAT.keyword, DCAT.theme, DCAT.distribution, DCAT.landingPage, DCT.accrualPeriodicity):
            assert list(found.objects(iri, predicate)), (iri, predicate)
        licences = {found.value(one, DCT.license) for one in found.objects(iri, DCAT.distribution)}
        assert len(licences) == 1
    services = set(found.objects(None, DCAT.accessService))
    assert {str(service) for service in services} == {f"{BASE}catalog#sparql", f"{BASE}catalog#search"}
    assert {found.value(service, rdflib.RDF.type) for service in services} == {DCAT.DataService}


def test_attribution_is_given_wherever_the_licence_asks_for_it(client: httpx.Client) -> None:
    found = graph(client)
    attributed = set()
    for one in found.subjects(rdflib.RDF.type, DCAT.Distribution):
        if re.search("dl-by-de|other-open", str(found.value(one, DCT.license))):
            text = str(found.value(one, DCATDE.licenseAttributionByText))
            attributed.add((str(one).partition("#")[0].rpartition("/")[2], text))
    assert dict(attributed) == {
        "authorities": "© Statistisches Bundesamt (Destatis), 2021; © GeoBasis-DE / BKG 2019 (Daten verändert); "
        "GeoNames (geonames.org), CC BY 4.0",
        "figures": "© Statistisches Bundesamt (Destatis), 2021",
        "geometry": "© GeoBasis-DE / BKG 2019 (Daten verändert)",
        "ozg-concepts": "OZG-Datenbank NRW, Datenbankauszug von 2019, © 2020 Gert Hammes, MIT-Lizenz",
    }


@pytest.mark.parametrize(
    ("dataset", "terms"),
    [
        ("authorities", "„Vervielfältigung und Verbreitung, auch auszugsweise, mit Quellenangabe gestattet.“"),
        ("figures", "„Vervielfältigung und Verbreitung, auch auszugsweise, mit Quellenangabe gestattet.“"),
        ("bundles", "Wortlaut aus Quellen (ozg:wording) ist zitiert"),
        ("programmes", "Wortlaut aus Quellen (ozg:wording) ist zitiert"),
        ("ozg-concepts", "Nutzungsbestimmungen des FIM-Portals vom 30. Juni 2020"),
    ],
)
def test_every_file_says_what_the_licence_does_not_cover(client: httpx.Client, dataset: str, terms: str) -> None:
    found = graph(client)
    files = set(found.objects(rdflib.URIRef(f"{BASE}id/dataset/{dataset}"), DCAT.distribution))
    assert files
    for file in files:
        rights = found.value(file, DCT.rights)
        assert any(terms in str(label) for label in found.objects(rights, rdflib.RDFS.label)), file


def test_every_file_has_the_size_and_hash_that_stand_in_the_catalogue(client: httpx.Client, endpoint: str) -> None:
    found = graph(client)
    files = set(found.subject_objects(DCAT.downloadURL))
    assert len(files) >= len(KEYS) * 4
    for one, url in files:
        answer = client.get(str(url).removeprefix(endpoint), headers={"accept-encoding": "identity"})
        assert answer.status_code == httpx.codes.OK
        assert len(answer.content) == int(str(found.value(one, DCAT.byteSize)))
        checksum = found.value(one, SPDX.checksum)
        assert hashlib.sha256(answer.content).hexdigest() == str(found.value(checksum, SPDX.checksumValue))
        media_type = str(found.value(one, DCAT.mediaType)).removeprefix("https://www.iana.org/assignments/media-types/")
        assert answer.headers["content-type"].split(";")[0] == media_type
    for url in set(found.objects(None, DCAT.accessURL)) - {url for _, url in files}:
        assert client.get(str(url).removeprefix(endpoint)).status_code == httpx.codes.OK


@pytest.mark.parametrize("key", sorted(KEYS))
def test_all_rdf_formats_of_a_dataset_hold_the_same_triples(client: httpx.Client, key: str) -> None:
    graphs = {suffix: parsed(client.get(f"/dump/{key}.{suffix}").content, form) for suffix, form in SUFFIXES.items()}
    if key == "shapes":  # lists are made of blank nodes
        assert len({to_isomorphic(found).internal_hash() for found in graphs.values()}) == 1
    else:
        assert len({frozenset(found) for found in graphs.values()}) == 1


def test_every_table_is_what_its_description_says(client: httpx.Client, snapshot_directory: Path) -> None:
    files = sorted(path.name for path in (snapshot_directory / "dump").glob("*.csv"))
    assert len(files) == len(list((ROOT / "queries" / "flat").glob("*.rq")))
    for name in files:
        table = client.get(f"/dump/{name}")
        link = re.search(r'<([^>]+)>; rel="describedby"; type="application/csvm\+json"', table.headers["link"])
        assert link, name
        metadata = client.get(link[1])
        assert metadata.headers["content-type"] == "application/csvm+json"
        reading = tables.describe(metadata.content, file=name).read(table.content, file=name)
        assert list(reading.collector.findings) == [], name
        rows = list(csv.reader(io.StringIO(table.text, newline="")))
        columns = [column["name"] for column in json.loads(metadata.content)["tableSchema"]["columns"]]
        assert rows[0] == columns
        assert len(rows) - 1 == len(reading.records) > 0
        assert {len(row) for row in rows} == {len(columns)}


def test_every_table_is_read_by_others_from_the_address_alone(client: httpx.Client, snapshot_directory: Path) -> None:
    for path in sorted((snapshot_directory / "dump").glob("*.csv-metadata.json")):
        address = f"https://data.example.org/dump/{path.name}"
        described = json.loads(client.get(f"/dump/{path.name}").content)
        base = next((part["@base"] for part in described["@context"] if isinstance(part, dict) and "@base" in part), "")
        table = urljoin(urljoin(address, base), described["url"])  # Metadata Vocabulary §5.2, §6.3
        assert table == address.removesuffix("-metadata.json")
        rows = csv.DictReader(io.StringIO(client.get(urlsplit(table).path).text, newline=""))
        columns = described["tableSchema"]["columns"]
        for heading, column in zip(rows.fieldnames or (), columns, strict=True):
            assert all(heading in titles for titles in column["titles"].values())  # §5.5.1
        key = described["tableSchema"].get("primaryKey", [])
        keys = [tuple(row[name] for name in key) for row in rows]
        assert not key or len(set(keys)) == len(keys)


def test_the_datasets_together_hold_everything_once(snapshot_directory: Path) -> None:
    everything = {quad.triple for quad in ox.parse(path=snapshot_directory / "data.nt")}
    shared = re.compile(rf"{BASE}id/(source|organisation)/|{BASE}catalog")
    seen: set[ox.Triple] = set()
    for key in KEYS - {"shapes"}:
        own = {
            quad.triple
            for quad in ox.parse(path=snapshot_directory / "dump" / f"{key}.nt")
            if not isinstance(quad.subject, ox.BlankNode) and not shared.match(quad.subject.value)
        }
        assert not own & seen
        seen |= own
    left = {triple for triple in everything - seen if not shared.match(triple.subject.value)}
    assert {triple.subject.value.partition("#")[0] for triple in left} <= {f"{BASE}id/dataset/shapes"}


def test_the_same_snapshot_gives_the_same_bytes_after_a_restart(target: Path, client: httpx.Client) -> None:
    paths = [f"/catalog.{suffix}" for suffix in SUFFIXES]
    before = {path: client.get(path).content for path in paths}
    manifest = Manifest.read(Snapshots(target).directory(Snapshots(target).current() or ""))
    with serving(target, "--public-url", str(client.base_url).rstrip("/")) as url:
        after = {path: httpx.get(url + path).content for path in paths}
    assert before == after
    assert manifest.version not in before["/catalog.ttl"].decode(), "one changed fact changes one dataset"


def test_links_start_with_the_public_url_and_never_with_the_host_field(target: Path) -> None:
    with serving(target, "--public-url", "https://daten.example/ozg") as url:
        answer = httpx.get(url + "/catalog.ttl?page=1&pageSize=2", headers={"host": "evil.example"})
    assert "https://daten.example/ozg/dump/bundles.ttl" in answer.text
    assert "<https://daten.example/ozg/catalog.ttl?page=2&pageSize=2&version=" in answer.text
    assert "evil.example" not in answer.text + str(answer.headers)


def test_programs_get_turtle_browsers_a_page_and_each_suffix_its_format(client: httpx.Client) -> None:
    assert client.get("/catalog", headers={"accept": "*/*"}).headers["content-type"].startswith("text/turtle")
    page = client.get("/catalog", headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert "Umsetzungsbündel des OZG in Hessen" in page.text
    assert "/catalog.ttl" in page.text
    types = {"ttl": "text/turtle", "rdf": "application/rdf+xml", "jsonld": "application/ld+json"}
    for suffix, media_type in types.items():
        assert client.get(f"/catalog.{suffix}", headers=HTML).headers["content-type"].startswith(media_type)
        assert client.get("/catalog", headers={"accept": media_type}).headers["content-type"].startswith(media_type)
    graphs = [parsed(client.get(f"/catalog.{suffix}").content, form) for suffix, form in SUFFIXES.items()]
    assert len({frozenset(found) for found in graphs}) == 1
    assert client.get("/catalog.xlsx").status_code == httpx.codes.NOT_ACCEPTABLE


def test_head_is_get_without_the_body_and_unchanged_is_304(client: httpx.Client) -> None:
    for path in ("/catalog.ttl", "/catalog", "/dump/bundles.ttl", "/dump/data.nq", "/doc/dataset/bundles"):
        for coding in ("identity", "gzip"):
            headers = {"accept-encoding": coding}
            got, headed = client.get(path, headers=headers), client.head(path, headers=headers)
            assert headed.content == b""
            for field in ("content-type", "content-length", "etag", "last-modified", "link", "vary"):
                assert headed.headers.get(field) == got.headers.get(field), (path, field)
            again = client.get(path, headers={**headers, "if-none-match": got.headers["etag"]})
            assert again.status_code == httpx.codes.NOT_MODIFIED
            if "last-modified" in got.headers:
                again = client.get(path, headers={**headers, "if-modified-since": got.headers["last-modified"]})
                assert again.status_code == httpx.codes.NOT_MODIFIED


def test_a_part_of_a_file_can_be_had_and_a_whole_one_compressed(client: httpx.Client, snapshot_directory: Path) -> None:
    content = (snapshot_directory / "dump" / "bundles.ttl").read_bytes()
    part = client.get("/dump/bundles.ttl", headers={"range": "bytes=100-199"})
    assert part.status_code == httpx.codes.PARTIAL_CONTENT
    assert part.content == content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    with client.stream("GET", "/dump/bundles.ttl", headers={"accept-encoding": "gzip"}) as whole:
        assert whole.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(whole.iter_raw())) == content
    beyond = client.get("/dump/bundles.ttl", headers={"range": "bytes=99999999-"})
    assert beyond.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE
    assert beyond.headers["content-range"] == f"bytes */{len(content)}"
    assert f"{len(content)} bytes" in beyond.json()["detail_en"]
    for wrong in ("bytes", "bytes=9-1", "bytes=a-b", "bytes=-", "lines=1-2", f"bytes=0-{'9' * 5000}"):
        refused = client.get("/dump/bundles.ttl", headers={"range": wrong})
        assert (refused.status_code, "bytes=0-99" in refused.json()["detail_de"]) == (400, True), wrong
    assert client.get("/dump/bundles.ttl", headers={"range": "bytes=-100"}).content == content[-100:]
    changed = client.get("/dump/bundles.ttl", headers={"range": "bytes=99999999-", "if-range": '"old"'})
    assert (changed.status_code, changed.content) == (httpx.codes.OK, content)


def test_a_file_that_is_not_there_is_named_with_those_that_are(client: httpx.Client) -> None:
    answer = client.get("/dump/geheim.ttl")
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert "availability.csv" in answer.json()["detail"]
    assert client.get("/dump/..%2fmanifest.json").status_code == httpx.codes.NOT_FOUND


def test_pages_are_linked_absolutely_end_and_hold_every_dataset_once(client: httpx.Client, endpoint: str) -> None:
    seen: list[str] = []
    url, pages = f"{endpoint}/catalog.ttl?pageSize=3", 0
    while url:
        answer = client.get(url.removeprefix(endpoint))
        found = rdflib.Graph().parse(data=answer.text, format="turtle")
        (view,) = found.subjects(rdflib.RDF.type, HYDRA.PartialCollectionView)
        assert int(str(found.value(view, HYDRA.totalItems))) == len(KEYS)
        seen += sorted(keys(found))
        following = found.value(view, HYDRA.next)
        assert following == found.value(view, HYDRA.nextPage)
        assert (f'<{following}>; rel="next"' in answer.headers["link"]) is (following is not None)
        assert "version=" in str(following or "version=")
        url, pages = str(following or ""), pages + 1
        assert not url or url.startswith(f"{endpoint}/catalog.ttl?page=")
    assert pages == 3
    assert sorted(seen) == sorted(KEYS)
    assert client.get("/catalog.ttl?page=4&pageSize=3").status_code == httpx.codes.NOT_FOUND
    assert "hydra" not in client.get("/catalog.ttl").text


def test_the_next_page_keeps_what_was_asked_for(client: httpx.Client) -> None:
    asked = "pageSize=3&lang=all&profile=dcat-ap-de-2&modified_since=2020-01-01"
    answer = client.get(f"/catalog.ttl?{asked}")
    following = re.search(r'<([^>]+)>; rel="next"', answer.headers["link"])
    assert following
    for parameter in ("lang=all", "profile=dcat-ap-de-2", "modified_since=2020-01-01T00%3A00%3A00Z", "pageSize=3"):
        assert parameter in following[1]


def test_texts_are_german_unless_others_are_asked_for(client: httpx.Client) -> None:
    iri = rdflib.URIRef(f"{BASE}id/dataset/bundles")
    languages = {
        query: {title.language for title in graph(client, f"/catalog.ttl{query}").objects(iri, DCT.title)}  # type: ignore[attr-defined]
        for query in ("", "?lang=de", "?lang=en", "?lang=all")
    }
    assert languages == {"": {"de"}, "?lang=de": {"de"}, "?lang=en": {"en"}, "?lang=all": {"de", "en"}}


def test_the_older_profile_differs_in_exactly_its_points(client: httpx.Client) -> None:
    new, old = graph(client), graph(client, "/catalog.ttl?profile=dcat-ap-de-2")
    differing = {predicate for _, predicate, _ in new ^ old}
    assert differing == {DCAT.byteSize, SPDX.algorithm, DCATDE.politicalGeocodingURI}
    assert {size.datatype for size in old.objects(None, DCAT.byteSize)} == {rdflib.XSD.decimal}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "pageSize=-1",
        "lang=fr",
        "profile=dcat",
        "modified_since=gestern",
        "version=1",
        "modified_since=0001-01-01T00:00%2B05:00",
    ],
)
def test_parameters_that_make_no_sense_are_refused_with_a_sentence(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/catalog.ttl?{query}")
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert query.partition("=")[0] in answer.json()["detail"]


def test_a_dataset_page_has_files_rows_citation_and_markup(client: httpx.Client, target: Path) -> None:
    page = client.get("/doc/dataset/bundles", headers=HTML)
    markup = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    assert markup
    described = json.loads(markup[1])
    assert described["@type"] == "Dataset"
    assert described["name"] == "Umsetzungsbündel des OZG in Hessen und ihre Verfügbarkeit"
    assert {one["contentUrl"].rpartition(".")[2] for one in described["distribution"]} == {*SUFFIXES, "csv"}
    assert "Jugendamt" in page.text
    assert "Die ersten 18 Zeilen" in page.text
    version = Snapshots(target).publications()[-1].version
    assert f"/snapshot/{version}/catalog" in page.text
    english = client.get("/doc/dataset/authorities?lang=en", headers=HTML).text
    assert "The first 20 rows" in english
    assert "© GeoBasis-DE / BKG 2019 (Daten verändert)" in english
    assert client.get("/doc/dataset/nix", headers=HTML).status_code == httpx.codes.NOT_FOUND
    assert client.get("/doc/dataset/bundles?page=9", headers=HTML).status_code == httpx.codes.NOT_FOUND


def test_the_data_of_a_dataset_page_are_complete_in_themselves(client: httpx.Client) -> None:
    found = graph(client, "/doc/dataset/bundles.ttl")
    iri = rdflib.URIRef(f"{BASE}id/dataset/bundles")
    assert len(list(found.objects(iri, DCAT.distribution))) >= 6
    publisher = found.value(iri, DCT.publisher)
    assert found.value(publisher, FOAF.name) == rdflib.Literal("Mitwirkende an ozg-lod (keine Behörde)")


def test_signposts_lead_from_page_to_files_and_back(client: httpx.Client, endpoint: str) -> None:
    page = client.head("/doc/dataset/bundles", headers=HTML).headers["link"]
    assert f'<{BASE}id/dataset/bundles>; rel="cite-as"' in page
    assert f'<{endpoint}/doc/dataset/bundles.ttl>; rel="describedby"; type="text/turtle"' in page
    assert f'<{endpoint}/dump/availability.csv>; rel="item"; type="text/csv"' in page
    assert '<https://schema.org/Dataset>; rel="type"' in page
    assert '<http://dcat-ap.de/def/licenses/dl-zero-de/2.0>; rel="license"' in page
    file = client.head("/dump/availability.csv").headers["link"]
    assert f'<{endpoint}/doc/dataset/bundles>; rel="collection"' in file
    assert f'<{endpoint}/catalog>; rel="collection"' in client.head("/dump/data.nq").headers["link"]


RESPONSIBLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix dcatde: <http://dcat-ap.de/def/dcatde/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
<https://w3id.org/ozg-lod/hessen/catalog> dct:publisher <https://example.org/amt> ;
    dcat:contactPoint <https://example.org/amt#kontakt> ;
    dcatde:contributorID <http://dcat-ap.de/def/contributors/hessen> .
<https://example.org/amt> a foaf:Agent ; foaf:name "Beispielamt"@de .
<https://example.org/amt#kontakt> a vcard:Kind , vcard:Organization ; vcard:fn "Beispielamt" ;
    vcard:hasEmail <mailto:open-data@example.org> .
"""


def test_a_configured_publisher_satisfies_every_profile(shared: Path, tmp_path: Path) -> None:
    source = small_source(tmp_path / "source")
    (source / "data" / "responsible.ttl").write_text(RESPONSIBLE, encoding="utf-8")
    known = "known-terms.rq"
    shutil.copy(ROOT / "tests" / "invariants" / known, source / "invariants" / known)
    outcome = publish(source, tmp_path / "target")
    assert outcome.manifest, outcome.examination
    file = tmp_path / "catalogue.ttl"
    with serving(tmp_path / "target") as url:
        file.write_bytes(httpx.get(url + "/catalog.ttl").content)
    found = rdflib.Graph().parse(file)
    for iri in found.subjects(rdflib.RDF.type, DCAT.Dataset):
        assert found.value(iri, DCT.publisher) == rdflib.URIRef("https://example.org/amt")
        assert found.value(iri, DCAT.contactPoint) == rdflib.URIRef("https://example.org/amt#kontakt")
    for profile in ("dcat-ap-de-3.0", "dcat-ap-3.0.0", "govdata-mqa"):
        command = [sys.executable, shared / "standards" / "check_profile.py", profile, file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert len(done.stdout.splitlines()) == 1, done.stdout
    score = points(file)
    assert score.points >= 395, [(lost.metric.slug, lost.lacking) for lost in score.results if lost.lost]


def points(file: Path) -> mqa.Score:
    """Return the points of data.europa.eu with every address answering, as the tests of the files show it does."""
    found = CatalogueGraph()
    found.add(reader.here(file.read_bytes(), "text/turtle", BASE).triples)
    addresses = rdflib.Graph().parse(file)
    asked = {str(url) for name in (DCAT.accessURL, DCAT.downloadURL) for url in addresses.objects(None, name)}
    return mqa.score(found, dict.fromkeys(asked, int(httpx.codes.OK)))


def test_without_described_datasets_there_is_503_and_never_an_empty_catalogue(tmp_path: Path) -> None:
    source = small_source(tmp_path / "source")
    (source / "data" / "datasets.ttl").unlink()
    own = f'<{BASE}id/dataset/eigene> <http://www.w3.org/2004/02/skos/core#prefLabel> "Eigene"@de .'
    (source / "data" / "own.nt").write_text(own, encoding="utf-8")
    assert publish(source, tmp_path / "target").manifest
    with serving(tmp_path / "target") as url, httpx.Client(base_url=url) as client:
        for path in ("/catalog", "/catalog.rdf", "/catalog.ttl?page=1"):
            answer = client.get(path)
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert int(answer.headers["retry-after"]) > 0
        assert "Eigene" in client.get("/doc/dataset/eigene.ttl").text
        assert "Eigene" in client.get("/doc/dataset/eigene", headers=HTML).text
        assert client.get("/dump/data.nt").status_code == httpx.codes.OK
