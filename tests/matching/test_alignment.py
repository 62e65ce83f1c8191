"""Matching a list for people: paste or upload, decide, download; and the same on the command line."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path

import httpx
import openpyxl
import pyoxigraph as ox
import pytest
from tests.conftest import KINDS

from ozg_lod.core.errors import BadRequest, TooLarge
from ozg_lod.matching import alignment_files
from ozg_lod.matching.alignment import (
    NOBODY,
    AlignmentChoice,
    AlignmentState,
    align,
)
from ozg_lod.matching.register import Register, register
from ozg_lod.sandbox import wire
from ozg_lod.snapshots import snapshot
from ozg_lod.validation import list_reader
from ozg_lod.validation.examination import SourceFile
from ozg_lod.validation.list_reader import Listing

BASE = "https://w3id.org/ozg-lod/hessen/id/"
LIST = """Schlüssel;Gemeinde;Landkreis;Notiz
;Gießen;;=HYPERLINK("http://x")
;Gießen;LK Gießen;<script>alert(1)</script>
06531;;;
;Limburg an der Lahn;;+49
;Frankfurt (Oder);;
;;;nur eine Notiz
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def known(snapshot_directory: Path) -> Register:
    return register(snapshot.open_store(snapshot_directory, from_disk=False), BASE.removesuffix("id/"), kinds=KINDS)


def send(client: httpx.Client, text: str = "", file: tuple[str, bytes] | None = None, **fields: str) -> httpx.Response:
    parts = {name.replace("__", "."): (None, value) for name, value in {"text": text, **fields}.items()}
    files = {**parts, **({"file": file} if file else {})}
    return client.post("/abgleich", files=files, headers={"accept-language": "de"})


def carried(page: str) -> dict[str, str]:
    """What the page brings along to the next step."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in hidden}


def book(*rows: tuple[object, ...]) -> bytes:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_pasted_lines_get_what_they_mean_and_stay_open_where_nothing_is_sure(client: httpx.Client) -> None:
    page = send(client, "06531005\nGießen\nDarmstadt, Wissenschaftsstadt\nNirgendheim\n")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "4 Zeilen: 2 gefunden, 1 unklar, 1 unbekannt" in page.text
    assert 'name="row.1" value="district/06531"' in page.text
    assert "Nichts im Katalog heißt so" in page.text


def test_a_table_is_read_by_its_headings_and_decided_and_downloaded(client: httpx.Client) -> None:
    page = send(client, file=("liste.csv", LIST.encode("utf-8-sig")))
    assert "6 Zeilen: 3 gefunden, 2 unklar, 1 unbekannt" in page.text
    assert "<script>alert" not in page.text
    again = carried(page.text)
    chosen = {"row__0": "district/06531", "row__4": NOBODY}
    saved = send(client, do="csv", **again, **chosen)
    assert saved.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert saved.headers["content-disposition"].startswith("attachment; filename=liste-abgeglichen.csv")
    rows = rows_of(saved)
    addresses = [row["Adresse im Katalog"].removeprefix(BASE) for row in rows]
    found = ["district/06531", "municipality/06531005", "district/06531", "municipality/06533009", "", ""]
    assert addresses == found
    said = [row["Ergebnis"] for row in rows]
    assert said == ["ausgewählt", *["gefunden"] * 3, *["unbekannt"] * 2]
    assert rows[0]["Notiz"].startswith("'=HYPERLINK")
    assert rows[3]["Notiz"] == "'+49"
    sheet = openpyxl.load_workbook(io.BytesIO(send(client, do="xlsx", **again, **chosen).content)).active
    cells = list(sheet.iter_rows())
    assert cells[1][3].value == '=HYPERLINK("http://x")'
    assert {cell.data_type for row in cells for cell in row} <= {"s", "n", "inlineStr"}
    assert [row[4].value for row in cells[1:5]] == [f"{BASE}{one}" for one in found[:4]]
    links = list(ox.parse(send(client, do="ttl", **again, **chosen).content, ox.RdfFormat.TURTLE))
    assert len([one for one in links if one.predicate.value.endswith("seeAlso")]) == 4


def test_columns_and_kind_can_be_chosen_otherwise(client: httpx.Client) -> None:
    again = carried(send(client, file=("liste.csv", LIST.encode())).text)
    page = send(client, do="again", column__name="1", column__district=NOBODY, kind="district", **again)
    assert "6 Zeilen: 3 gefunden" in page.text
    assert '<option value="district" selected>' in page.text
    assert "6 Zeilen: 1 gefunden" in send(client, column__name="3", column__key="99", kind="nothing", **again).text


def test_a_workbook_is_a_list_too_and_keys_lose_no_zero(client: httpx.Client) -> None:
    content = book(("AGS", "Ort"), (6531005, "Gießen"), ("06414000", None), (None, '=CONCATENATE("Kas","sel")'))
    page = send(client, file=("liste.xlsx", content))
    assert "2 gefunden" in page.text
    assert page.status_code == 200
    broken = send(client, file=("liste.xlsx", b"PK\x03\x04 nothing"))
    assert broken.status_code == 400
    assert "Die Arbeitsmappe ist nicht lesbar" in broken.text


def test_what_cannot_be_read_gets_a_sentence_and_the_form(client: httpx.Client) -> None:
    cases = [
        (send(client), 400, "Es fehlt die Liste"),
        (send(client, file=("liste.csv", b"Name\n" + b"x" * (10 * 1024 * 1024 - 100))), 413, "größer als 1 MiB"),
        (send(client, file=("liste.csv", b"a" * (23 * 1024 * 1024))), 413, "größer als 10 MiB"),
        (send(client, "Gießen\n" * 5002), 413, "mehr als 5000 Zeilen"),
        (send(client, file=("liste.csv", ";".join(["Name"] * 51).encode())), 413, "51 Spalten"),
        (send(client, file=("liste.csv", "Gießen".encode("cp1252"))), 400, "CSV UTF-8"),
        (send(client, file=("liste.csv", b'Name\n"offen')), 400, "Anführungszeichen"),
        (send(client, file=("liste.csv", b"\n\n")), 400, "Die Liste ist leer"),
        (send(client, file=("liste.exe", b"MZ")), 415, ".csv"),
        (send(client, again="%%%"), 400, "beschädigt"),
        (client.post("/abgleich", data={"text": "a"}, headers={"accept-language": "de"}), 400, "Formular"),
    ]
    for page, status, sentence in cases:
        assert (page.status_code, sentence in page.text) == (status, True), (status, sentence, page.text[-900:])
        assert 'id="text"' in page.text


def test_many_open_rows_are_asked_up_to_a_limit(client: httpx.Client) -> None:
    page = send(client, "\n".join(["Gießen"] * 250))
    assert page.text.count("<fieldset") == 200
    assert "50 weitere unklare Zeilen" in page.text
    found = send(client, "\n".join(["Alsfeld"] * 250))
    assert "und 50 weitere" in found.text


def test_the_form_is_there_in_both_languages(client: httpx.Client) -> None:
    for language, title in (("de", "Listen abgleichen"), ("en", "Match lists")):
        page = client.get("/abgleich", headers={"accept-language": language, "accept": "text/html"})
        assert f"<h1>{title}</h1>" in page.text
        assert page.headers["content-language"] == language


def test_the_program_does_the_same_on_a_file(run_program: Run, target: Path, tmp_path: Path) -> None:
    file, places = tmp_path / "liste.csv", ("--target", target, "--lang", "de")
    file.write_text(LIST, encoding="utf-8")
    done = run_program("reconcile", file, *places)
    assert (done.returncode, done.stderr.strip()) == (1, "6 Zeilen: 3 gefunden, 2 unklar, 1 unbekannt")
    assert f"{BASE}municipality/06533009" in done.stdout
    output = tmp_path / "o.xlsx"
    done = run_program("reconcile", file, "--column", "Gemeinde", "--kind", "municipality", "-o", output, *places)
    assert done.returncode == 1
    links = tmp_path / "o.ttl"
    run_program("reconcile", output, "--column", "Gemeinde", "-o", links, *places)
    assert len(list(ox.parse(links.read_bytes(), ox.RdfFormat.TURTLE))) >= 4
    sure = tmp_path / "sure.txt"
    sure.write_text("Alsfeld\n", encoding="utf-8")
    assert run_program("reconcile", sure, *places).returncode == 0
    for wrong, sentence in (
        (("--column", "Dorf"), "Eine Spalte „Dorf“ gibt es nicht"),
        (("--kind", "dorf"), "--kind ist eines von"),
        (("-o", "x.doc"), "Die Ausgabe ist eine Datei"),
    ):
        done = run_program("reconcile", file, *wrong, *places)
        assert done.returncode == 2
        assert sentence in done.stderr
    assert run_program("reconcile", file, "--target", tmp_path, "--lang", "de").returncode == 2
    other = tmp_path / "liste.pdf"
    other.write_bytes(b"x")
    assert "Eine Liste ist eine von" in run_program("reconcile", other, *places).stderr


def test_lists_are_read_as_they_are_meant() -> None:
    assert list_reader.read("a.txt", b"Darmstadt, Wissenschaftsstadt\n").rows == (("Darmstadt, Wissenschaftsstadt",),)
    assert list_reader.read("a.csv", b"Alsfeld,x\nLich,y\n").rows == (("Alsfeld", "x"), ("Lich", "y"))
    tabbed = list_reader.read("a.txt", "AGS\tName\n06531005\tGießen\n".encode())
    assert (tabbed.titles, tabbed.columns) == (("AGS", "Name"), (0, 1, -1, -1))
    assert list_reader.read("a.txt", b"06531005\n06414000\n").columns == (0, -1, -1, -1)
    assert list_reader.read("a.txt", b"a|b\nc|d\n").rows[0] == ("a", "b")
    assert list_reader.read("a.csv", b"Name;x\nAlsfeld\n").rows == (("Alsfeld", ""),)
    assert list_reader.read("a.txt", "Gießen\u202e\x07".encode()).rows == (("Gießen",),)
    assert wire.decode(Listing, wire.encode(tabbed)) == tabbed
    for name, content, kind in (
        ("a.csv", b"", BadRequest),
        ("a.csv", b"\xff\xfea", BadRequest),
        ("a.csv", b'a\n"b', BadRequest),
        ("a.xlsx", b"", BadRequest),
        ("a.txt", b"a\n" * 6000, TooLarge),
        ("a.csv", b";" * 60 + b"a", TooLarge),
    ):
        with pytest.raises(kind):
            list_reader.read(name, content)
    assert list_reader.read("a.xlsx", book(("Name",), ("Lich",), (None,), (1.5,))).rows == (("Lich",), ("1.5",))


def test_the_child_that_reads_lists_gives_them_back_as_bytes() -> None:
    pieces: list[bytes] = []
    list_reader.reading("")(wire.encode(SourceFile("a.txt", b"Alsfeld")), pieces.append)
    assert wire.decode(Listing, b"".join(pieces)).rows == (("Alsfeld",),)


def test_what_is_chosen_counts_and_nonsense_does_not(known: Register) -> None:
    listing = list_reader.read("a.txt", "Gießen\nAlsfeld\n\nNirgendheim".encode())
    said = {"row.0": "district/06531", "row.1": NOBODY, "row.2": "nobody/1", "row.x": "a", "column.name": "7"}
    said["row." + "9" * 5000] = "district/06531"
    rows = align(known, listing, AlignmentChoice.of(listing, said))
    assert [row.state for row in rows] == [AlignmentState.CHOSEN, AlignmentState.UNKNOWN, AlignmentState.UNKNOWN]


def test_a_cell_that_only_begins_like_an_address_is_no_address(known: Register) -> None:
    listing = list_reader.read("a.csv", b"name;page\nAlsfeld;http://[\nHerbstein;https://example.org/herbstein\n")
    written = alignment_files.as_turtle(align(known, listing, AlignmentChoice.of(listing, {}))).decode()
    assert "<https://example.org/list#row-1>" in written
    assert "<https://example.org/herbstein>" in written
    assert "http://[" not in written


@pytest.mark.parametrize(
    ("text", "titles", "first", "above"),
    [
        ("sep=;\nGemeinde;Kreis\nGießen;Gießen\n", ("Gemeinde", "Kreis"), ("Gießen", "Gießen"), 0),
        ("sep=,\r\nOrt,Land\r\nGießen,Hessen\r\n", ("Ort", "Land"), ("Gießen", "Hessen"), 0),
        ("Liste der Kommunen\n\nGemeinde;Kreis\nGießen;Gießen\n", ("Gemeinde", "Kreis"), ("Gießen", "Gießen"), 1),
        (
            "Gemeinden in Hessen;;\nStand 2026;;\nAGS;Name;Kreis\n06531005;Gießen;Gießen\n",
            ("AGS", "Name", "Kreis"),
            ("06531005", "Gießen", "Gießen"),
            2,
        ),
        ("Gemeinde\nGießen\nWetzlar\n", ("Gemeinde",), ("Gießen",), 0),
    ],
)
def test_titles_above_the_heading_are_left_out(text: str, titles: tuple[str, ...], first: object, above: int) -> None:
    listing = list_reader.read("a.csv", text.encode())
    assert (listing.titles, listing.rows[0], listing.above) == (titles, first, above)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Land;RB;Kreis;VB;Gem;Name\n06;5;31;0005;005;Gießen\n", ["06531005"]),
        ("Satzart;Land;RB;Kreis;VB;Gem;Gemeindename\n60;6;4;33;3;3;Büttelborn\n", ["06433003"]),
        ("RB;Kreis;VB;Gem;Name\n5;31;0005;005;Gießen\n;;;;Wetzlar\n", ["531005", ""]),
    ],
)
def test_a_key_that_is_split_is_put_together(known: Register, text: str, keys: list[str]) -> None:
    listing = list_reader.read("a.csv", text.encode())
    choice = AlignmentChoice.of(listing, {})
    assert [choice.cell("key", row) for row in listing.rows] == keys
    assert align(known, listing, choice)[0].state is AlignmentState.MATCHED


@pytest.mark.parametrize("name", ["Friedberg", "Münster", "Langen"])
def test_the_state_is_evidence_for_a_place_and_against_it(known: Register, name: str) -> None:
    def state_of(text: str) -> AlignmentState:
        listing = list_reader.read("a.csv", text.encode())
        return align(known, listing, AlignmentChoice.of(listing, {}))[0].state

    assert state_of(f"Gemeinde;Land\n{name};Hessen\n") is AlignmentState.MATCHED
    assert state_of(f"Gemeinde;Bundesland\n{name};Bayern\n") is not AlignmentState.MATCHED
    assert state_of(f"Gemeinde;Nummer\n{name};1\n") is not AlignmentState.MATCHED


@pytest.mark.parametrize("name", ["Offenbach", "Friedberg", "Münster"])
def test_an_unclear_row_carries_its_candidates_into_the_file(known: Register, name: str) -> None:
    listing = list_reader.read("a.csv", f"Gemeinde;Nr\n{name};1\n".encode())
    aligned = align(known, listing, AlignmentChoice.of(listing, {}))
    rows = list(csv.reader(io.StringIO(alignment_files.as_csv(listing, aligned, "de", known).decode("utf-8-sig"))))
    assert rows[0][-1] == "Kandidaten"
    assert all(one.record.iri in rows[1][-1] for one in aligned[0].candidates)
    assert aligned[0].candidates
