"""The doors of the check: what programs and people send, what they get, and what is refused with which sentence."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import select
import socket
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import openpyxl
import pyoxigraph as ox
import pytest
from starlette.requests import Request
from tests.conftest import free_port, program, wait_until_ready

from ozg_lod.catalogue import responsible
from ozg_lod.core.errors import Late
from ozg_lod.http import bodies
from ozg_lod.rdf.graph import Graph
from ozg_lod.site import uploads

HEAD = (
    "Gemeinde oder Kreis (AGS);Leistung (Bündel, OZG-Nummer oder LeiKa-Schlüssel);Stand;Seit oder ab (Monat);"
    "Beendet im (Monat);Adresse des Online-Antrags;Geprüft oder unverändert bestätigt am\n"
)
GOOD = (HEAD + "06531005;jugendamt;verfügbar;2020-10;;https://www.giessen.de/antrag;2026-11-24\n").encode()
BAD = (HEAD + "06531005;jugendamt;verfügbar;Herbst 20;;;2026-11-24\n").encode()
TURTLE = b'<https://example.org/a> <http://www.w3.org/2000/01/rdf-schema#label> "a"@de .'
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SH = "http://www.w3.org/ns/shacl#"


def validate(client: httpx.Client, content: bytes = BAD, name: str = "a.csv", **more: str) -> httpx.Response:
    headers = {field.replace("_", "-"): value for field, value in more.items()}
    return client.post("/validate", files={"file": (name, content)}, headers=headers)


class Fields(HTMLParser):
    """The hidden fields of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("type") == "hidden":
            self.hidden[str(found["name"])] = str(found["value"])


def test_the_answer_is_200_whether_or_not_the_file_conforms(client: httpx.Client) -> None:
    bad, good = validate(client), validate(client, GOOD)
    assert (bad.status_code, good.status_code) == (200, 200)
    assert (bad.json()["conforms"], good.json()["conforms"]) == (False, True)
    assert bad.headers["cache-control"] == "no-store"
    assert bad.headers["access-control-allow-origin"] == "*"
    finding = bad.json()["findings"][0]
    assert finding["place"]["row"] == 2
    assert finding["place"]["column"] == "Seit oder ab (Monat)"
    assert "Herbst 20" in finding["message"]["de"]


@pytest.mark.parametrize(
    ("accept", "content_type", "contained"),
    [
        ("application/json", "application/json", '"conforms": false'),
        ("text/turtle", "text/turtle; charset=utf-8", "ValidationReport"),
        ("application/ld+json", "application/ld+json", "ValidationReport"),
        ("application/rdf+xml", "application/rdf+xml", "ValidationReport"),
        ("application/n-triples", "application/n-triples", "ValidationReport"),
        ("text/plain", "text/plain; charset=utf-8", "row 2, column"),
        ("text/csv", "text/csv; charset=utf-8; header=present", "Finding"),
        ("text/html", "text/html; charset=utf-8", "<h1>"),
        ("*/*", "application/json", '"conforms": false'),
    ],
)
def test_the_report_comes_as_it_is_wanted(client: httpx.Client, accept: str, content_type: str, contained: str) -> None:
    answer = validate(client, accept=accept, accept_language="en")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert contained in answer.text


def test_the_format_of_the_address_wins_and_others_are_refused_before_the_file_is_read(client: httpx.Client) -> None:
    answer = client.post(
        "/validate?format=ttl&lang=de", files={"file": ("a.csv", BAD)}, headers={"accept": "image/png"}
    )
    report = list(ox.parse(answer.content, ox.RdfFormat.TURTLE))
    assert any(quad.predicate.value == SH + "resultMessage" and "Herbst 20" in quad.object.value for quad in report)
    refused = validate(client, accept="image/png")
    assert refused.status_code == 406
    assert "text/turtle" in refused.json()["offered"]


def test_people_without_a_language_read_german_and_programs_english(client: httpx.Client) -> None:
    headers = {"accept": "text/plain"}
    with httpx.Client(base_url=client.base_url, headers=headers) as plain:
        assert "row 2" in validate(plain).text
        assert "Zeile 2" in validate(plain, accept_language="de").text


def test_a_file_may_be_the_body_itself_with_its_name_or_its_type(client: httpx.Client) -> None:
    named = client.post("/validate?name=a.csv", content=BAD)
    typed = client.post("/validate", content=BAD, headers={"content-type": "text/csv; charset=utf-8"})
    disposed = client.post(
        "/validate", content=BAD, headers={"content-disposition": "attachment; filename*=UTF-8''verf%C3%BCgbar.csv"}
    )
    turtle = client.post("/validate", content=TURTLE, headers={"content-type": "text/turtle"})
    curl = client.post(
        "/validate?name=a.csv", content=BAD, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert [answer.json()["conforms"] for answer in (named, typed, disposed, curl)] == [False] * 4
    assert disposed.json()["findings"][0]["place"]["file"] == "verfügbar.csv"
    assert turtle.status_code == 200
    assert "findings" in turtle.json()


def test_a_term_the_vocabulary_does_not_have_is_shown_as_it_was_written(client: httpx.Client) -> None:
    thing = "<https://w3id.org/ozg-lod/hessen/id/bundle/x> a ozg:Bundle ; ozg:wordnig 'a'@de ."
    content = f"@prefix ozg: <https://w3id.org/ozg-lod/ontology#> .\n{thing}".encode()
    found = client.post("/validate", files={"file": ("f.ttl", content)}).json()["findings"]
    unknown = [finding for finding in found if finding["rule"].endswith("#term-unknown")]
    assert sorted(finding["value"] for finding in unknown) == ["Bundle", "wordnig"]
    told = client.post("/validate", files={"file": ("f.ttl", content)}, headers={"Accept": "text/plain"}).text
    assert "wordnig" in told
    assert "Bundle" in told


def test_warnings_count_where_the_client_says_so(client: httpx.Client) -> None:
    lax = validate(client, GOOD).json()
    strict = client.post("/validate?strict", files={"file": ("a.csv", GOOD)}).json()
    assert lax["conforms"] is True
    assert strict["conforms"] is (strict["counts"]["warning"] == 0)


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(client: httpx.Client) -> None:
    answer = client.post("/validate?kind=termine", files={"file": ("a.csv", GOOD)}, headers={"accept-language": "de"})
    assert answer.status_code == 404
    assert "verfuegbarkeit" in answer.json()["detail"]
    assert client.post("/validate?kind=verfuegbarkeit", files={"file": ("a.csv", GOOD)}).json()["conforms"] is True
    assert client.post("/validate?kind=kontakt", files={"file": ("a.csv", GOOD)}).json()["conforms"] is False


@pytest.mark.parametrize(
    ("files", "status", "sentence"),
    [
        ({"other": (None, "x")}, 400, "There is no file; choose one."),
        ([("file", ("a.csv", GOOD)), ("file", ("b.csv", GOOD))], 400, "There are 2 files; send one at a time."),
        ({"file": ("a.csv", b"")}, 400, "The file is empty"),
        ({"file": ("a.exe", b"MZ")}, 415, "Files of the kind “.exe” are not read here"),
        ({"file": ("noname", b"x")}, 415, "Files without a known kind are not read here"),
        ({"file": ("a.csv", b"x" * (10 * 1024 * 1024 + 1))}, 413, "larger than 10 MiB"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_one_sentence(
    client: httpx.Client, files: object, status: int, sentence: str
) -> None:
    answer = client.post("/validate", files=files)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_bodies_that_are_no_form_and_have_no_name_are_told_what_is_read(client: httpx.Client) -> None:
    for headers in ({"content-type": "application/pdf"}, {}):
        answer = client.post("/validate", content=b"x", headers=headers)
        assert answer.status_code == 415
        assert ".csv" in answer.json()["offered"]
    broken = client.post("/validate", content=b"x", headers={"content-type": "multipart/form-data"})
    assert broken.status_code == 400
    assert "boundary" in broken.json()["detail_en"]
    torn = client.post("/validate", content=b"--x\r\nno", headers={"content-type": "multipart/form-data; boundary=x"})
    assert torn.status_code == 400


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_of_300_mb_is_refused_long_before_its_end(endpoint: str, declared: bool) -> None:
    where = urlsplit(endpoint)
    with socket.create_connection((where.hostname, where.port), timeout=20) as raw:
        length = b"Content-Length: 300000000" if declared else b"Transfer-Encoding: chunked"
        raw.sendall(b"POST /validate?name=a.csv HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n")
        piece = b"x" * 65536
        frame = piece if declared else b"10000\r\n" + piece + b"\r\n"
        sent = 0
        while sent < 300_000_000 and not select.select([raw], [], [], 0)[0]:
            sent += raw.send(frame)
        assert raw.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert sent < 40_000_000
    assert httpx.get(endpoint + "/health").status_code == 200


def test_a_body_of_eleven_megabytes_is_told_why(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(11):
            yield b"x" * 1_000_000

    answer = client.post("/validate?name=a.csv", content=pieces())
    assert answer.status_code == 413
    assert answer.json()["limit_bytes"] == 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Daten\\a.csv", "a.csv"),
        ("<img src=x onerror=alert(1)>.csv", "&lt;img src=x onerror=alert(1)&gt;.csv"),
        ("a" * 400 + ".csv", "a" * 116 + ".csv"),
        ("..csv", None),
    ],
)
def test_hostile_names_are_shown_as_text_or_not_at_all(client: httpx.Client, name: str, shown: str | None) -> None:
    answer = client.post("/pruefen", files={"file": (name, BAD)})
    assert "<img" not in answer.text
    if shown is None:
        assert answer.status_code == 415
    else:
        assert f'<p class="eyebrow">{shown}</p>' in answer.text


def test_cells_with_markup_are_shown_as_text(client: httpx.Client) -> None:
    hostile = HEAD + "06531005;jugendamt;<script>alert(1)</script>;;;javascript:alert(1);2026-11-24\n"
    answer = client.post("/pruefen", files={"file": ("a.csv", hostile.encode())})
    assert "<script>alert" not in answer.text
    assert 'href="javascript' not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_the_form_stands_on_its_own_page_and_validate_leads_there(client: httpx.Client) -> None:
    page = client.get("/pruefen")
    assert page.status_code == 200
    assert 'enctype="multipart/form-data"' in page.text
    assert "Verfügbarkeit online" in page.text
    assert client.get("/pruefen?lang=en").headers["content-language"] == "en"
    led = client.get("/validate")
    assert (led.status_code, led.headers["location"]) == (303, "/pruefen")
    assert client.head("/pruefen").status_code == 200


def test_a_page_says_what_is_wrong_where_and_carries_the_file(client: httpx.Client) -> None:
    answer = client.post("/pruefen", files={"file": ("a.csv", BAD)}, data={"kind": "verfuegbarkeit", "strict": "1"})
    assert "Fast fertig: 1 Fehler" in answer.text
    assert 'role="alert"' in answer.text
    assert "Zeile 2, Spalte D „Seit oder ab (Monat)“" in answer.text
    fields = Fields(answer.text).hidden
    assert base64.b64decode(fields["again"]) == BAD
    assert (fields["name"], fields["kind"], fields["strict"]) == ("a.csv", "verfuegbarkeit", "1")
    for wanted, kind in (("json", "application/json"), ("txt", "text/plain; charset=utf-8")):
        report = client.post("/pruefen", files={"do": (None, wanted)}, data=fields)
        assert report.headers["content-type"] == kind
        assert f"a-geprueft.{wanted}" in report.headers["content-disposition"]
    assert report.text.startswith("1 Fehler")


def test_a_large_file_is_not_carried_and_can_be_chosen_again(client: httpx.Client) -> None:
    large = HEAD.encode() + b"06531005;jugendamt;verf\xc3\xbcgbar;;;;2026-11-24\n" + b";;;;;;\n" * 200_000
    answer = client.post("/pruefen", files={"file": ("a.csv", large)})
    assert answer.status_code == 200
    assert "again" not in Fields(answer.text).hidden
    assert 'id="same-file"' in answer.text


def test_a_good_file_shows_what_would_change_and_the_page_as_it_would_be(client: httpx.Client) -> None:
    answer = client.post("/pruefen", files={"file": ("a.csv", GOOD)}, headers={"accept-language": "de"})
    assert "1 neu, 0 geändert, 0 unverändert" in answer.text
    assert "Jugendamt, Gießen" in answer.text
    about = re.findall(r'name="about" value="([^"]+)"', answer.text)
    assert about[0].endswith("/id/municipality/06531005")
    fields = Fields(answer.text).hidden | {"about": about[0]}
    page = client.post("/pruefen", files={"x": (None, "")}, data=fields).text
    assert "Vorschau" in page
    assert "<h1>Gießen</h1>" in page
    assert "Jugendamt, Gießen" in page
    assert 'content="noindex"' in page
    assert "Jugendamt, Gießen" not in client.get("/doc/municipality/06531005").text


def test_pasted_cells_are_checked_like_a_file(client: httpx.Client) -> None:
    pasted = BAD.decode().replace(";", "\t")
    answer = client.post("/pruefen", files={"file": ("", b"")}, data={"text": pasted})
    assert "Herbst 20" in answer.text
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("files", "data", "status", "sentence"),
    [
        ({"file": ("", b"")}, {}, 400, "Es fehlt die Datei"),
        ({"file": ("a.exe", b"MZ")}, {}, 415, "werden hier nicht gelesen"),
        ({"file": ("a.csv", b"")}, {}, 400, "Die Datei ist leer"),
        ({"x": (None, "")}, {"again": "no base64!"}, 400, "ist beschädigt"),
        ({"file": ("a.csv", GOOD)}, {"kind": "nichts"}, 404, "Eine Vorlage „nichts“ gibt es nicht"),
    ],
)
def test_what_people_cannot_have_checked_comes_back_with_the_form(
    client: httpx.Client, files: dict[str, tuple[str | None, str]], data: dict[str, str], status: int, sentence: str
) -> None:
    answer = client.post("/pruefen", files=files, data=data, headers={"accept-language": "de"})
    assert answer.status_code == status
    assert sentence in answer.text
    assert 'role="alert"' in answer.text
    assert 'type="file"' in answer.text


def test_a_server_that_has_queries_only_checks_no_files(serve: object, tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_bytes(TURTLE)
    with serve(tmp_path / "target", "--rdf", str(tmp_path / "a.ttl")) as url:  # type: ignore[operator]
        assert httpx.post(url + "/validate", files={"file": ("a.csv", GOOD)}).status_code == 404
        assert httpx.get(url + "/pruefen").status_code == 404
        assert httpx.get(url + "/vorlagen").status_code == 404


def test_the_interface_is_described(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()["paths"]["/validate"]["post"]
    assert "multipart/form-data" in described["requestBody"]["content"]
    assert {"200", "413", "415", "422", "429", "503"} <= set(described["responses"])
    assert {parameter["name"] for parameter in described["parameters"]} >= {"kind", "strict", "lang", "format", "name"}
    json.dumps(described)


def test_what_is_checked_leaves_nothing_behind(client: httpx.Client) -> None:
    before = set(Path("/tmp").glob("*"))  # noqa: S108 - where a spooled upload would lie
    assert validate(client, GOOD + b";;;;;;\n" * 400_000).status_code == 200
    assert not [path for path in set(Path("/tmp").glob("*")) - before if path.is_file()]  # noqa: S108


def test_the_marked_workbook_shows_what_is_wrong_where_it_stands(client: httpx.Client) -> None:
    answer = validate(client, accept=XLSX, accept_language="de")
    assert answer.headers["content-type"] == XLSX
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames[0] == "Prüfbericht"
    assert "Herbst 20" in book.worksheets[1]["D2"].comment.text
    fields = Fields(client.post("/pruefen", files={"file": ("a.csv", BAD)}).text).hidden
    saved = client.post("/pruefen", files={"do": (None, "xlsx")}, data=fields)
    assert "a-geprueft.xlsx" in saved.headers["content-disposition"]
    assert saved.content[:2] == b"PK"


def test_rdf_has_no_cells_to_mark(client: httpx.Client) -> None:
    answer = validate(client, TURTLE, "a.ttl", accept=XLSX)
    assert answer.status_code == 422
    assert "has no cells" in answer.json()["detail"]


def test_a_name_without_an_ending_takes_that_of_its_type(client: httpx.Client) -> None:
    answer = client.post("/validate?name=tabelle", content=BAD, headers={"content-type": "text/csv"})
    assert answer.json()["findings"][0]["place"]["file"] == "tabelle.csv"


def test_a_file_that_never_arrives_is_given_up() -> None:
    async def receive() -> dict[str, object]:
        await asyncio.sleep(5)
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "POST", "query_string": b"name=a.csv", "headers": []}
    with pytest.raises(Late, match="did not arrive"):
        asyncio.run(uploads.read_file(Request(scope, receive), uploads.Delivery(0.05)))


def test_a_body_that_trickles_is_given_up_and_one_that_comes_on_is_not() -> None:
    async def read(piece: bytes, pieces: int) -> bytes:
        left = iter(range(pieces, -1, -1))

        async def receive() -> dict[str, object]:
            await asyncio.sleep(0.05)
            return {"type": "http.request", "body": piece, "more_body": next(left) > 1}

        return await bodies.read_body(Request({"type": "http", "method": "POST"}, receive), 1_000_000, grace_s=0.2)

    with pytest.raises(Late, match="so slowly"):
        asyncio.run(read(b"x", 20))
    assert len(asyncio.run(read(b"x" * 4_000, 10))) == 40_000


def test_who_hangs_up_while_sending_leaves_no_error_in_the_log(target: Path) -> None:
    port = free_port()
    command = [program(), "serve", "--target", str(target), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as server:
        wait_until_ready(f"http://127.0.0.1:{port}", server)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"POST /validate?name=a.csv HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        server.terminate()
        said = server.communicate(timeout=60)[1]
    assert b"internal error" not in said


def test_the_catalogue_is_asked_by_mail_before_any_other_way() -> None:
    store = ox.Store()
    turtle = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
        <https://example.org/c> a dcat:Catalog ; dcat:contactPoint <https://example.org/p> .
        <https://example.org/p> vcard:hasURL <https://example.org/form> ; vcard:hasEmail {mail} ."""
    store.load(turtle.format(mail="<mailto:daten@example.org>").encode(), ox.RdfFormat.TURTLE)
    assert responsible.contact(Graph(store)) == "mailto:daten@example.org"
    store.clear()
    store.load(turtle.format(mail="<javascript:alert(1)>").encode(), ox.RdfFormat.TURTLE)
    assert responsible.contact(Graph(store)) == "https://example.org/form"
    store.clear()
    assert responsible.contact(Graph(store)) == ""


def test_the_page_offers_a_copy_with_the_sure_suggestions_put_in(client: httpx.Client) -> None:
    table = (HEAD + "6531005;jugendamt;verfügbar;Oktober 2020;;;24.11.2026\n").encode()
    page = client.post("/pruefen", files={"file": ("a.csv", table)}, data={"do": "check"})
    assert "3 Vorschläge übernehmen und Datei laden" in page.text
    copy = client.post("/pruefen", files={"do": (None, "corrected")}, data=Fields(page.text).hidden)
    assert "a-berichtigt.xlsx" in copy.headers["content-disposition"]
    assert copy.headers["content-type"] == XLSX
    again = client.post("/pruefen", files={"file": ("b.xlsx", copy.content)}, data={"do": "check"})
    assert "Alles in Ordnung" in again.text
    assert 'value="corrected"' not in again.text


def test_a_file_without_cells_has_no_corrected_copy(client: httpx.Client) -> None:
    answer = client.post("/pruefen", files={"file": ("a.ttl", TURTLE)}, data={"do": "corrected"})
    assert answer.status_code == 422
    assert "hat keine Zellen" in answer.text
