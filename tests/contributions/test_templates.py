"""Templates: what is in them, for whom, in every format; and that a filled one passes the check."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import openpyxl
import pyoxigraph as ox
import pytest
import python_calamine

from ozg_lod.contributions import (
    template_ods,
    template_sheets,
    template_xlsx,
)
from ozg_lod.contributions.check_pool import CheckRequest
from ozg_lod.contributions.check_request import CheckSubject
from ozg_lod.contributions.check_worker import worker_of
from ozg_lod.contributions.prefill import Prefill
from ozg_lod.contributions.template_sheets import TemplateColumn, TemplateSheet
from ozg_lod.contributions.templates import TemplateCatalogue
from ozg_lod.core.errors import NotFound
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import Graph
from ozg_lod.snapshots import data_files

BASE = "https://w3id.org/ozg-lod/hessen/"
KINDS = ("verfuegbarkeit", "kontakt", "teilnahme", "leistungen", "efa-angebote", "nachnutzung")
HOSTILE = ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "<b>&\"'</b>", "a\x0bb")


@pytest.fixture(scope="module")
def published(snapshot_directory: Path) -> ox.Store:
    found = ox.Store()
    found.bulk_load(path=str(snapshot_directory / data_files.MERGED_FILE), format=ox.RdfFormat.N_TRIPLES)
    return found


@pytest.fixture(scope="module")
def blanks(snapshot_directory: Path, published: ox.Store) -> TemplateCatalogue:
    return TemplateCatalogue.of(snapshot_directory, published, BASE, version="abc", public_url="https://example.org")


def workbook(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def hostile() -> TemplateSheet:
    columns = (
        TemplateColumn("a", "A", "Hilfe", "", required=True, choices=("x", 'y"z')),
        TemplateColumn("b", "B", "", "", False),
    )
    return TemplateSheet("k", "K: [1]*?/\\", "Wozu", "de", columns, tuple((text, text) for text in HOSTILE), (), "v")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "csv"])
def test_every_kind_comes_in_every_format(client: httpx.Client, kind: str, suffix: str) -> None:
    answer = client.get(f"/vorlagen/{kind}.{suffix}?ags=06531005")
    assert answer.status_code == 200
    assert f"filename={kind}-06531005.{suffix}" in answer.headers["content-disposition"]
    again = client.get(f"/vorlagen/{kind}.{suffix}?ags=06531005", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    if suffix != "csv":
        titles = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).sheet_names
        assert titles[0] == "So geht’s"
        assert titles[-1] == "Version"


def test_a_workbook_helps_to_fill_it_in(client: httpx.Client) -> None:
    book = workbook(client.get("/vorlagen/verfuegbarkeit.xlsx?ags=06531005").content)
    table = book.worksheets[1]
    assert book.active is table
    assert table.freeze_panes == "A2"
    assert [table["A2"].value, table["B2"].value] == ["06531005", "Gießen"]
    assert table["A2"].number_format == "@"
    assert table.column_dimensions["A"].number_format == "@"
    assert "8 Ziffern" in table["A1"].comment.text
    assert "Erlaubt: verfügbar, geplant, beendet" in table["E1"].comment.text
    lists = {str(rule.sqref): rule.formula1 for rule in table.data_validations.dataValidation}
    assert lists["E2:E2001"] == '"verfügbar,geplant,beendet"'
    assert lists["A2:A2001"].startswith("'Nachschlagen'!$A$2:$A$")
    keys = {row[0].value: row[1].value for row in book["Nachschlagen"].iter_rows(min_row=2, min_col=1, max_col=2)}
    assert keys["06531005"] == "Gießen"
    assert book["Version"].sheet_state == "hidden"
    assert book["Version"]["B1"].value == "verfuegbarkeit"
    assert any("/pruefen" in str(row[0].value) for row in book.worksheets[0].iter_rows())


def test_a_template_comes_in_english_for_those_who_choose_it(client: httpx.Client) -> None:
    english = workbook(client.get("/vorlagen/verfuegbarkeit.xlsx?lang=en").content)
    assert english.sheetnames[0] == "How it works"
    assert english.worksheets[1]["E1"].value == "Status"
    german = client.get("/vorlagen/verfuegbarkeit.csv", headers={"accept-language": "en"})
    assert german.headers["content-language"] == "de"


def test_csv_is_what_excel_opens_in_germany(client: httpx.Client) -> None:
    content = client.get("/vorlagen/kontakt.csv?ags=06531").content
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert rows[1][:2] == ["06531", "Landkreis Gießen"]


def test_an_independent_city_is_found_by_both_its_keys(client: httpx.Client) -> None:
    assert (
        client.get("/vorlagen/kontakt.csv?ags=06414").content
        == client.get("/vorlagen/kontakt.csv?ags=06414000").content
    )


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/vorlagen/kontakt.csv?ags=06531099", "Langgöns"),
        ("/vorlagen/kontakt.csv?ags=nirgends", "8 Ziffern"),
        ("/vorlagen/termine.csv", "verfuegbarkeit"),
        ("/vorlagen/leistungen.csv?buendel=nichts", "nichts"),
    ],
)
def test_what_does_not_exist_is_told_with_what_does(client: httpx.Client, path: str, sentence: str) -> None:
    answer = client.get(path, headers={"accept-language": "de"})
    assert answer.status_code == 404
    assert sentence in answer.json()["detail"]


def test_a_format_that_is_not_offered_is_refused(client: httpx.Client) -> None:
    assert client.get("/vorlagen/kontakt.pdf").status_code == 406
    assert client.get("/vorlagen/kontakt").status_code == 406


def test_a_bundle_prefills_the_table_of_its_services(client: httpx.Client) -> None:
    rows = client.get("/vorlagen/leistungen.csv?buendel=jugendamt").content.decode("utf-8-sig").splitlines()
    assert rows[1].startswith("jugendamt;")


def test_the_list_explains_every_column_and_finds_a_municipality(client: httpx.Client) -> None:
    page = client.get("/vorlagen").text
    assert page.count('<article class="blank"') == len(KINDS)
    assert "Der Monat, in dem es online ging oder gehen soll" in page
    found = client.get("/vorlagen?q=Giessen").text
    assert "Vorlagen für" in found or "Gießen" in found
    assert "/vorlagen/kontakt.xlsx?ags=06531005" in client.get("/vorlagen?ags=06531005").text
    assert "keine Kommune" in client.get("/vorlagen?q=Nirgendwo", headers={"accept-language": "de"}).text
    several = client.get("/mitmachen?q=Bad+H").text
    assert re.search(r'href="/mitmachen\?ags=\d{8}#templates"', several)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Wetzlar", "06532023"),
        ("Wezlar", "06532023"),
        ("6532023", "06532023"),
        ("06 532 023", "06532023"),
        ("Stadt Wetzlar", "06532023"),
        ("Giessen", "06531005"),
        ("Lahn-Dill-Kreis", "06532"),
    ],
)
@pytest.mark.parametrize("path", ["/vorlagen", "/mitmachen"])
def test_templates_are_found_by_every_name_and_key_that_means_one_authority(
    client: httpx.Client, path: str, typed: str, key: str
) -> None:
    page = client.get(path, params={"q": typed, "lang": "de"}).text
    assert f"/vorlagen/kontakt.xlsx?ags={key}" in page
    assert "Vorlagen für" in page
    assert "keine Kommune" not in page


@pytest.mark.parametrize("path", ["/vorlagen", "/mitmachen"])
def test_where_nothing_is_accepted_the_page_says_so_before_any_work(client: httpx.Client, path: str) -> None:
    page = client.get(path, params={"lang": "de"}).text
    assert "nimmt keine Dateien an" in page
    assert page.index("nimmt keine Dateien an") < page.index("<h2")
    assert "reichen Sie die Datei ein" not in page


def test_the_page_says_how_to_take_part_for_a_thing(client: httpx.Client) -> None:
    page = client.get("/mitmachen?ags=06531005&lang=en").text
    assert "/vorlagen/verfuegbarkeit.xlsx?ags=06531005&amp;lang=en" in page
    assert "in memory" in page
    bundle = client.get("/mitmachen?buendel=jugendamt").text
    assert "/vorlagen/leistungen.xlsx?buendel=jugendamt" in bundle
    assert client.get("/mitmachen?ags=99999999").status_code == 404
    assert "/mitmachen?ags=06531005#templates" in client.get("/doc/municipality/06531005.html").text
    assert "/mitmachen?buendel=jugendamt#templates" in client.get("/doc/bundle/jugendamt.html").text


def test_names_are_found_as_people_type_them(blanks: TemplateCatalogue) -> None:
    assert blanks.search("fulda")[0].key in {"06631009", "06631"}
    assert blanks.search("Bad H")[0].names["de"].startswith("Bad H")
    assert blanks.search("") == []
    assert blanks.search("???") == []
    with pytest.raises(NotFound):
        blanks.kind("x")


def test_text_stays_text_whatever_it_begins_with(blanks: TemplateCatalogue) -> None:
    table = workbook(template_xlsx.write(hostile(), "")).worksheets[1]
    cells = [table.cell(row, 1) for row in range(2, 2 + len(HOSTILE))]
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[0].value == "=HYPERLINK(1)"
    assert table.title == "K   1"
    package = zipfile.ZipFile(io.BytesIO(template_ods.write(hostile(), "")))
    content = package.read("content.xml").decode()
    ET.fromstring(content)  # noqa: S314 - our own file
    assert "table:formula" not in content
    assert package.namelist()[0] == "mimetype"
    assert package.infolist()[0].compress_type == zipfile.ZIP_STORED
    rows = list(csv.reader(io.StringIO(blanks.write(hostile(), formats.CSV).decode("utf-8-sig")), delimiter=";"))
    assert rows[1] == ["'=HYPERLINK(1)", "'=HYPERLINK(1)"]


def test_the_heading_of_an_open_document_stays_in_sight() -> None:
    """LibreOffice has no view where it converts without a window, so this is read from the file."""
    settings = zipfile.ZipFile(io.BytesIO(template_ods.write(hostile(), ""))).read("settings.xml").decode()
    assert re.search(r'"VerticalSplitMode"[^>]*>2<', settings)
    assert re.search(r'"VerticalSplitPosition"[^>]*>1<', settings)


def test_a_day_is_a_day_in_both_formats() -> None:
    day = TemplateColumn("a", "Tag", "", "", required=True, day=True)
    sheet = TemplateSheet("k", "K", "", "de", (day,), (("2026-11-24",), ("morgen",)), (), "v")
    table = workbook(template_xlsx.write(sheet, "")).worksheets[1]
    assert table["A2"].value == dt.datetime(2026, 11, 24)  # noqa: DTZ001 - as openpyxl reads days
    assert table["A3"].value == "morgen"
    assert table["A2"].number_format == table.column_dimensions["A"].number_format == "DD.MM.YYYY"
    written = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(template_ods.write(sheet, "")))
    rows = written.get_sheet_by_index(1).to_python()
    assert rows[1:3] == [[dt.date(2026, 11, 24)], ["morgen"]]


def test_the_same_sheet_gives_the_same_file_without_a_clock_in_it() -> None:
    for write in (template_ods.write, template_xlsx.write):
        content = write(hostile(), "x")
        assert content == write(hostile(), "x")
        assert {part.date_time for part in zipfile.ZipFile(io.BytesIO(content)).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert workbook(template_xlsx.write(hostile(), "x")).properties.created == dt.datetime(1980, 1, 1)  # noqa: DTZ001


def test_long_titles_are_cut_between_words() -> None:
    assert template_xlsx.name("Verfügbarkeit online bei Gemeinden und Kreisen") == "Verfügbarkeit online bei"
    assert template_xlsx.name("x" * 40) == "x" * 31


def test_libreoffice_opens_both_with_their_lists_and_the_saved_copy_passes(
    blanks: TemplateCatalogue, tmp_path: Path
) -> None:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed; on Debian: apt install libreoffice-calc-nogui")
    kind = blanks.kind("verfuegbarkeit")
    sheet = blanks.sheet(kind, "de", blanks.authority("06531005", "de"))
    (tmp_path / "a.ods").write_bytes(template_ods.write(sheet, ""))
    (tmp_path / "b.xlsx").write_bytes(template_xlsx.write(sheet, ""))
    common = [program, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to"]
    subprocess.run([*common, "xlsx", "--outdir", tmp_path / "out", tmp_path / "a.ods"], check=True, timeout=120)
    subprocess.run([*common, "ods", "--outdir", tmp_path / "out", tmp_path / "b.xlsx"], check=True, timeout=120)
    table = openpyxl.load_workbook(tmp_path / "out" / "a.xlsx").worksheets[1]
    assert table["A2"].value == "06531005"
    assert "8 Ziffern" in table["A1"].comment.text
    lists = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in table.data_validations.dataValidation}
    assert lists["E2"].replace(" ", "") == '"verfügbar,geplant,beendet"'
    assert "Nachschlagen" in lists["A2"]
    saved = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "out" / "b.ods"))
    assert saved.get_sheet_by_index(1).to_python()[1][:2] == ["06531005", "Gießen"]
    content = zipfile.ZipFile(tmp_path / "out" / "b.ods").read("content.xml").decode()
    assert "cell-content-is-in-list" in content


@pytest.mark.parametrize("suffix", ["xlsx", "ods", "csv"])
def test_an_untouched_template_lacks_only_what_is_required(client: httpx.Client, suffix: str) -> None:
    content = client.get(f"/vorlagen/verfuegbarkeit.{suffix}?ags=06531005").content
    found = client.post("/validate", files={"file": (f"a.{suffix}", content)}).json()
    assert [finding["severity"] for finding in found["findings"]] == ["error"] * 3
    assert {finding["place"]["column"].split(" (")[0] for finding in found["findings"]} == {
        "Leistung",
        "Stand",
        "Geprüft oder unverändert bestätigt am",
    }


def test_a_filled_template_passes_and_comes_back_in_the_next_one(
    blanks: TemplateCatalogue, snapshot_directory: Path, published: ox.Store
) -> None:
    kind = blanks.kind("verfuegbarkeit")
    sheet = blanks.sheet(kind, "de", blanks.authority("06531005", "de"))
    book = workbook(template_xlsx.write(sheet, ""))
    filled = (
        "06531005",
        "Gießen",
        "jugendamt",
        None,
        "verfügbar",
        "2020-10",
        None,
        "https://www.giessen.de/a",
        "2026-11-24",
    )
    for number, text in enumerate(filled, start=1):
        book.worksheets[1].cell(2, number).value = text
    saved = io.BytesIO()
    book.save(saved)
    worker = worker_of(CheckSubject(str(snapshot_directory), "", rows=10_000))
    found = worker.check(CheckRequest("a.xlsx", saved.getvalue())).examination
    assert found.conforms, found.findings
    together = ox.Store()
    together.extend(published)
    together.extend(ox.Quad(*quad.triple) for quad in ox.parse(found.quads, ox.RdfFormat.N_QUADS))
    rows = Prefill(kind, Graph(together), "de").rows(f"{BASE}id/municipality/06531005")
    wanted = dict(zip([column.name for column in kind.columns], [text or "" for text in filled], strict=True))
    assert rows == [wanted | {"bezeichnung": "Jugendamt"}]


@pytest.mark.parametrize("name", KINDS)
def test_a_table_read_backwards_says_what_was_written(
    blanks: TemplateCatalogue, snapshot_directory: Path, published: ox.Store, name: str
) -> None:
    """The examples of the descriptions are one valid row; it goes to facts and back."""
    kind = blanks.kind(name)
    texts = {column.name: column.datatype.example for column in kind.columns}
    if "bis" in texts:
        texts["bis"] = ""
    if name == "nachnutzung":
        texts["angebot"] = next(entry.key for entry in blanks.directory.kinds["service"])
    content = io.StringIO()
    writer = csv.writer(content, delimiter=";")
    writer.writerows([[column.title("de") for column in kind.columns], list(texts.values())])
    worker = worker_of(CheckSubject(str(snapshot_directory), "", rows=10_000))
    found = worker.check(CheckRequest("a.csv", content.getvalue().encode(), kind=name)).examination
    assert found.conforms, found.findings
    together = ox.Store()
    together.extend(published)
    together.extend(ox.Quad(*quad.triple) for quad in ox.parse(found.quads, ox.RdfFormat.N_QUADS))
    prefill = Prefill(kind, Graph(together), "de")
    about = {"leistungen": "bundle/jugendamt", "efa-angebote": "state/06", "nachnutzung": "state/16"}
    rows = prefill.rows(BASE + "id/" + about.get(name, "municipality/06531005"))
    reread = next(row for row in rows if all(row[key] == texts[key] for key in kind.key))
    told = {column.name for column in kind.columns if column.property is not None or column.name in kind.key}
    assert {key: reread[key] for key in told} == {key: texts[key] for key in told}


def test_a_thing_that_no_column_names_prefills_nothing(blanks: TemplateCatalogue, published: ox.Store) -> None:
    prefill = Prefill(blanks.kind("kontakt"), Graph(published), "de")
    assert prefill.rows(f"{BASE}id/bundle/jugendamt") == []


def test_lists_of_keys_that_are_too_long_are_left_out(
    blanks: TemplateCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_sheets, "ROWS", 10)
    sheet = blanks.sheet(blanks.kind("kontakt"), "de")
    assert sheet.lookups == ()


def test_the_command_writes_what_the_page_offers(run_program: Callable[..., Any], target: Path, tmp_path: Path) -> None:
    written = tmp_path / "v.ods"
    said = run_program("template", "kontakt", "--ags", "06531005", "-o", written, "--target", target)
    assert (said.returncode, said.stdout.strip()) == (0, str(written))
    assert zipfile.is_zipfile(written)
    wrong = run_program("template", "termine", "--target", target, "--lang", "de")
    assert wrong.returncode == 2
    assert "verfuegbarkeit" in wrong.stderr
    nobody = run_program("template", "kontakt", "--ags", "1", "--target", target, "-o", tmp_path / "x.csv")
    assert nobody.returncode == 2
    unbuilt = run_program("template", "kontakt", "--target", tmp_path)
    assert "ozg-lod build" in unbuilt.stderr


def test_only_keys_that_the_table_takes_for_that_thing_are_offered(client: httpx.Client) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/vorlagen/verfuegbarkeit.xlsx").content))
    keys = {line[0].value for line in book["Nachschlagen"].iter_rows(min_row=2, min_col=3, max_col=3)} - {None}
    assert {"jugendamt", "10169"} <= keys
    assert not {"umsetzungskatalog", "katalog-2019"} & keys  # schemes of keys, which are no services
