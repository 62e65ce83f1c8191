"""A small site with a sound catalogue, and the ways to break it: what the harvest check is tried on."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TURTLE = "text/turtle; charset=utf-8"
_EU = "http://publications.europa.eu/resource/authority/"
PREFIXES = f"""@prefix adms: <http://www.w3.org/ns/adms#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcatap: <http://data.europa.eu/r5r/> . @prefix dcatde: <http://dcat-ap.de/def/dcatde/> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> . @prefix spdx: <http://spdx.org/rdf/terms#> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix eu: <{_EU}> .
"""


@dataclass(frozen=True)
class Reply:
    """What is sent for one path: `head` replaces it for HEAD, `etag` "" makes one, `always` never answers 304."""

    body: bytes = b""
    content_type: str = TURTLE
    status: int = 200
    fields: dict[str, str] = field(default_factory=dict)
    head: tuple[int, dict[str, str]] | None = None
    etag: str | None = ""
    always: bool = False


Route = Reply | Callable[[], Reply]


@dataclass
class Site:
    """Paths and what they answer."""

    url: str = ""
    routes: dict[str, Route] = field(default_factory=dict)

    def change(self, old: str, new: str, path: str = "/catalog.ttl") -> None:
        """Replace text in a page, which must be there."""
        reply = self.routes[path]
        assert isinstance(reply, Reply)
        text = reply.body.decode()
        assert old in text, old
        self.routes[path] = replace(reply, body=text.replace(old, new).encode())

    def adjust(self, path: str = "/catalog.ttl", **changes: object) -> None:
        """Send the same page in another way."""
        reply = self.routes[path]
        assert isinstance(reply, Reply)
        self.routes[path] = replace(reply, **changes)  # type: ignore[arg-type]


def file_of(name: str) -> bytes:
    """Return the file that a dataset's distribution leads to."""
    return f"name,zahl\n{name},1\n".encode()


def dataset(url: str, name: str) -> str:
    """Return a sound dataset with one file and one way through a service."""
    content = file_of(name)
    iri, file = f"{url}/id/dataset/{name}", f"{url}/dump/{name}.csv"
    return f"""
<{iri}> a dcat:Dataset ; dct:title "Zahlen {name}"@de ; dct:description "Alle Zahlen zu {name}."@de ;
  dct:publisher <{url}/id/agent> ; dcat:contactPoint <{url}/id/contact> ; dct:identifier "{iri}" ;
  dcatde:contributorID <http://dcat-ap.de/def/contributors/hessen> ; dcat:keyword "zahlen"@de ;
  dcatde:politicalGeocodingLevelURI <http://dcat-ap.de/def/politicalGeocoding/Level/state> ;
  dcat:theme <{_EU}data-theme/GOVE> ; dct:issued "2021-05-17"^^xsd:date ; dct:modified "2021-05-17"^^xsd:date ;
  dct:spatial <http://dcat-ap.de/def/politicalGeocoding/stateKey/06> ; dct:temporal <{iri}#time> ;
  dct:accrualPeriodicity <{_EU}frequency/IRREG> ; dct:language <{_EU}language/DEU> ;
  dct:accessRights <{_EU}access-right/PUBLIC> ; dcat:distribution <{iri}#csv>, <{iri}#sparql> .
<{iri}#time> a dct:PeriodOfTime ; dcat:startDate "2021-05-17"^^xsd:date .
<{iri}#csv> a dcat:Distribution ; dct:title "CSV"@de ; dcat:accessURL <{file}> ; dcat:downloadURL <{file}> ;
  dct:license <http://dcat-ap.de/def/licenses/dl-zero-de/2.0> ; dct:format <{_EU}file-type/CSV> ;
  dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ; dct:modified "2021-05-17"^^xsd:date ;
  dcatap:availability <{_EU}planned-availability/STABLE> ; dct:rights <{_EU}access-right/PUBLIC> ;
  dcat:byteSize "{len(content)}"^^xsd:nonNegativeInteger ; spdx:checksum <{iri}#hash> .
<{iri}#hash> a spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_sha256 ;
  spdx:checksumValue "{hashlib.sha256(content).hexdigest()}" .
<{iri}#sparql> a dcat:Distribution ; dct:title "SPARQL"@de ; dcat:accessURL <{url}/sparql> ;
  dcat:accessService <{url}/id/service> ; dct:license <http://dcat-ap.de/def/licenses/dl-zero-de/2.0> ;
  dct:format <{_EU}file-type/SPARQLQRES> ; dct:modified "2021-05-17"^^xsd:date ;
  dct:rights <{_EU}access-right/PUBLIC> ; dcatap:availability <{_EU}planned-availability/STABLE> .
"""


def page(url: str, names: list[str], more: str = "") -> bytes:
    """Return a page of the catalogue that is complete in itself."""
    listed = ", ".join(f"<{url}/id/dataset/{name}>" for name in names)
    head = f"""{PREFIXES}
<{url}/id/catalog> a dcat:Catalog ; dct:title "Katalog"@de ; dct:description "Ein Katalog zum Prüfen."@de ;
  dct:publisher <{url}/id/agent> ; dct:issued "2021-05-17"^^xsd:date ; dct:modified "2021-05-17"^^xsd:date ;
  dct:language <{_EU}language/DEU> ; dct:license <http://dcat-ap.de/def/licenses/dl-zero-de/2.0> ;
  dct:spatial <http://dcat-ap.de/def/politicalGeocoding/stateKey/06> ; foaf:homepage <{url}/> ;
  dcat:dataset {listed} .
<{url}/id/agent> a foaf:Agent ; foaf:name "Amt für Prüfungen"@de .
<{url}/id/contact> a vcard:Kind, vcard:Organization ; vcard:fn "Prüfstelle" ; vcard:hasEmail <mailto:amt@example.org> .
<{url}/id/service> a dcat:DataService ; dct:title "SPARQL"@de ; dcat:endpointURL <{url}/sparql> ;
  dct:publisher <{url}/id/agent> ; dcat:endpointDescription <{url}/sparql> .
"""
    return (head + "".join(dataset(url, name) for name in names) + more).encode()


def view(url: str, number: int, following: str = "", last: int = 3) -> str:
    """Return the paging view of one page."""
    after = f" ; hydra:next {following}" if following else ""
    return f"""<{url}/catalog.ttl?page={number}> a hydra:PartialCollectionView ;
  hydra:first <{url}/catalog.ttl?page=1> ; hydra:last <{url}/catalog.ttl?page={last}>{after} .\n"""


def sound(url: str) -> Site:
    """Return a site nothing is wrong with."""
    names = ["aemter", "orte"]
    routes: dict[str, Route] = {
        "/catalog.ttl": Reply(page(url, names)),
        "/sparql": Reply(b"<urn:a> <urn:b> <urn:c> .\n"),
    }
    for name in ("aemter", "orte", "wege"):
        routes[f"/dump/{name}.csv"] = Reply(file_of(name), "text/csv; charset=utf-8")
    return Site(url, routes)


def paged(url: str) -> Site:
    """Return a sound site with three pages."""
    site = sound(url)
    for number, name in enumerate(["aemter", "orte", "wege"], 1):
        following = f"<{url}/catalog.ttl?page={number + 1}>" if number < 3 else ""
        site.routes[f"/catalog.ttl?page={number}"] = Reply(page(url, [name], view(url, number, following)))
    return site


@contextmanager
def running(host: str = "127.0.0.1") -> Iterator[Site]:  # noqa: C901 - a whole server
    """Run a site on a free port; its routes are set by the test."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(with_body=True)

        def do_HEAD(self) -> None:
            self._send(with_body=False)

        def log_message(self, *_: object) -> None:
            pass

        def _send(self, *, with_body: bool) -> None:
            route = site.routes.get(self.path, Reply(b"not here", "text/plain", 404, etag=None))
            reply = route if isinstance(route, Reply) else route()
            tag = f'"{hashlib.sha256(reply.body).hexdigest()[:16]}"' if reply.etag == "" else reply.etag
            fields = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body)), **reply.fields}
            status = reply.status
            if tag:
                fields["ETag"] = tag
            if tag and self.headers.get("If-None-Match") == tag and not reply.always:
                status, with_body = 304, False
                del fields["Content-Length"]
            if self.command == "HEAD" and reply.head:
                status, other = reply.head
                fields |= other
            self.send_response(status)
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(reply.body)
            self.close_connection = True

    server = ThreadingHTTPServer((host, 0), Handler)
    site.url = f"http://{host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
