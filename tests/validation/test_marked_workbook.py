"""Reports in every form: the marked workbook, the table, and what pages show."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from tests.contributions.corpus import GOOD, HEAD, csv_file, on, row, second_sheet, xlsx

from ozg_lod.contributions import report_formats
from ozg_lod.core.errors import UsageError
from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Label
from ozg_lod.core.vocab import OZG, SKOS
from ozg_lod.rdf import formats
from ozg_lod.sandbox import wire
from ozg_lod.validation import (
    check_process,
    corrected_workbook,
    gate,
    judges,
    marked_workbook,
    report,
    rulebook,
)
from ozg_lod.validation.check_process import ExaminationRequest
from ozg_lod.validation.examination import (
    CheckedSheet,
    Examination,
    Rules,
    SourceFile,
)

BASE = "https://w3id.org/ozg-lod/hessen/"
RED = "FFF4B6B6"


@pytest.fixture(scope="module")
def rules(snapshot_directory: Path) -> Rules:
    return rulebook.of_snapshot(snapshot_directory, BASE)


def book_of(examination: Examination, language: str = "de") -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(marked_workbook.workbook(examination, "de" if language == "de" else "en")))


def crossed(examination: Examination) -> Examination:
    return wire.decode(Examination, wire.encode(examination))


def test_the_faulty_cell_is_coloured_and_explained_and_the_others_are_as_they_were(rules: Rules) -> None:
    content = xlsx(GOOD, row(ags="06531001", name="", seit="Oktober 2020"), change=second_sheet(["x"], head=["y"]))
    book = book_of(gate.examine([SourceFile("m.xlsx", content)], rules))
    assert book.sheetnames == ["Prüfbericht", "Meldung", "Weitere"]
    cell = book["Meldung"]["F3"]
    assert cell.value == "Oktober 2020"
    assert cell.fill.start_color.rgb == RED
    assert cell.comment is not None
    assert cell.comment.text == "Fehler: „Oktober 2020“ ist kein Monat; schreiben Sie 2020-10. Vorschlag: 2020-10"
    others = [cell for line in book["Meldung"].iter_rows() for cell in line if cell.coordinate != "F3"]
    assert not any(cell.comment or cell.fill.start_color.rgb == RED for cell in others)
    assert [cell.value for cell in book["Meldung"][1]] == HEAD
    assert [cell.value for cell in book["Meldung"][2]] == [value or None for value in GOOD]


def test_the_report_sheet_says_all_of_it_once_more(rules: Rules) -> None:
    examination = gate.examine([SourceFile("m.csv", csv_file(row(stand="?", seit="Herbst")))], rules)
    sheet = book_of(examination)["Prüfbericht"]
    lines = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=3)]
    assert sheet["A1"].value == "2 Fehler in 1 Zeile"
    assert lines[0] == [heading["de"] for heading in report.HEADINGS]
    assert lines[1][:6] == ["Fehler", "m.csv", None, "2", "E", "Stand"]
    assert len(lines) == 3


def test_text_never_becomes_a_formula(rules: Rules) -> None:
    content = csv_file(row(bezeichnung="=1+1", formular="@SUM(A1)"))
    book = book_of(gate.examine([SourceFile("=m.csv", content)], rules))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=1+1" in {cell.value for cell in cells}


def test_a_file_without_a_table_has_the_report_alone(rules: Rules) -> None:
    book = book_of(gate.examine([SourceFile("x.ttl", b"<a> <b> ")], rules), "en")
    assert book.sheetnames == ["Report"]


def test_names_of_sheets_are_made_legal_and_different() -> None:
    rows = ((1, ("a",)),)
    sheets = tuple(
        CheckedSheet("x.xlsx", name, "", 0, rows)
        for name in ("a/b:c", "A b c", "Prüfbericht", "'", 40 * "n", 30 * "n" + "'n", 20 * "🏛", "'")
    )
    book = book_of(Examination(b"", (), {}, 1, 1, sheets))
    names = ["a b c", "A b c 2", "Prüfbericht 2", "Tabelle", 31 * "n", 30 * "n", 15 * "🏛", "Tabelle 2"]
    assert book.sheetnames == ["Prüfbericht", *names]


def test_texts_longer_than_excel_takes_are_cut_and_line_ends_are_those_of_a_cell() -> None:
    long = Label({"de": 40_000 * "w", "en": ""})
    finding = Finding(Severity.ERROR, "r", long, Location("m.csv", row=1, letter="AB"))
    sheet = CheckedSheet("m.csv", None, "x", 0, ((1, ("a\r\nb", 40_000 * "v")),))
    page = book_of(Examination(b"", (finding,), {Severity.ERROR: 1}, 1, 1, (sheet,)))["m"]
    assert page["A1"].value == "a\nb"
    assert len(str(page["B1"].value)) == 32_767
    assert page["AB1"].fill.start_color.rgb == RED
    assert page["AB1"].comment is not None
    assert len(page["AB1"].comment.text) == 32_767


def test_what_is_not_listed_is_counted() -> None:
    finding = Finding(Severity.ERROR, "r", Label({"de": "Falsch\x00", "en": "wrong"}), Location("m.csv", row=2))
    examination = Examination(b"", (finding,), {Severity.ERROR: 3}, 1, 1, (CheckedSheet("m.csv", None, "x", 1, ()),))
    sheet = book_of(examination)["Prüfbericht"]
    assert sheet["A5"].value == "2 weitere sind nicht aufgeführt."
    assert book_of(examination)["m"]["A2"].comment.text.startswith("Fehler: Falsch")


@pytest.mark.parametrize(("language", "separator"), [("de", ";"), ("en", ",")])
def test_the_table_of_findings_opens_in_a_spreadsheet(rules: Rules, language: str, separator: str) -> None:
    examination = gate.examine([SourceFile("m.csv", csv_file(row(stand="=1")))], rules)
    content = report.to_csv(examination, language)
    assert content.startswith(b"\xef\xbb\xbf")
    heading, line = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=separator)
    assert list(heading) == [title[language] for title in report.HEADINGS]
    assert line[7] == "'=1"


def test_what_pages_show_is_grouped_errors_first_with_every_part_of_a_place(rules: Rules) -> None:
    content = xlsx(row(ags=6531005, stand="?"), row(ags="06531001", name="", stand="?"))
    found = report.grouped(gate.examine([SourceFile("m.xlsx", content)], rules), "de")
    assert [cause.severity for cause in found.groups] == [Severity.ERROR, Severity.HINT]
    (cause,) = found.of(Severity.ERROR)
    assert [(spot.sheet, spot.row, spot.letter, spot.column) for spot in cause.locations] == [
        ("Meldung", 2, "E", "Stand"),
        ("Meldung", 3, "E", "Stand"),
    ]
    (hint,) = found.of(Severity.HINT)
    assert (hint.locations[0].value, hint.locations[0].suggestion) == ("6531005", "06531005")


def test_a_finding_in_rdf_names_thing_and_property_instead_of_a_cell(rules: Rules) -> None:
    content = f"<a> a <{OZG}Statement> ; <{SKOS}prefLabel> 'A'@de ."
    found = report.grouped(gate.examine([SourceFile("f.ttl", content.encode())], rules), "de")
    (spot,) = found.groups[0].locations
    assert (spot.thing, spot.property, spot.row, spot.letter) == ("A", "Quelle", None, "")


def test_every_form_can_be_written(rules: Rules) -> None:
    examination = gate.examine([SourceFile("m.csv", csv_file(row(stand="?")))], rules)
    for form in (formats.TEXT, formats.JSON, formats.CSV, formats.TURTLE):
        assert report_formats.write(examination, form, "de")
    assert marked_workbook.workbook(examination, "de")


def test_what_was_read_crosses_the_pipe(rules: Rules) -> None:
    content = xlsx(row(ags=6531005), change=on("Meldung", K1="eigene"))
    found = crossed(gate.examine([SourceFile("m.xlsx", content)], rules))
    wrong = crossed(gate.examine([SourceFile("m.csv", csv_file(GOOD))], replace(rules, kind="kontakt")))
    (sheet,) = found.sheets
    assert (sheet.file, sheet.name, sheet.kind, sheet.header) == ("m.xlsx", "Meldung", "verfuegbarkeit", 1)
    assert sheet.rows[1][1][0] == "6531005"
    canonical = list(csv.DictReader(io.StringIO(sheet.canonical)))
    assert (canonical[0]["ags"], canonical[0]["stand"]) == ("06531005", "available")
    assert not wrong.conforms
    assert wrong.sheets[0].kind == "kontakt"


def test_a_kind_that_does_not_exist_is_named_with_those_that_do(rules: Rules) -> None:
    with pytest.raises(UsageError, match="verfuegbarkeit"):
        rulebook.for_kind(rules, "verfügbarkeit")


def test_the_command_line_checks_a_workbook_and_writes_it_marked(
    run_program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, target: Path
) -> None:
    file, output = tmp_path / "m.xlsx", tmp_path / "marked.xlsx"
    file.write_bytes(xlsx(row(ags="06531050", name="")))
    run = run_program("validate", file, "--target", target, "--kind", "verfuegbarkeit", "--lang", "de")
    assert run.returncode == 1
    assert "Spalte A „AGS“: Eine Gemeinde mit dem Schlüssel 06531050 gibt es nicht; meinten Sie 06531005" in run.stdout
    run = run_program("validate", file, "--target", target, "--format", "xlsx", "-o", output)
    assert run.returncode == 1
    assert openpyxl.load_workbook(output).sheetnames[1:] == ["Meldung"]
    run = run_program("validate", file, "--target", target, "--format", "xlsx")
    assert run.returncode == 2
    assert "-o FILE" in run.stderr


def test_what_runs_in_the_cage_says_the_same_in_this_process(rules: Rules) -> None:
    """The frames that cross the pipe hold all that goes in: files, rules, descriptions, kind."""
    files = [SourceFile("m.csv", csv_file(row(stand="?"))), SourceFile("f.ttl", b"", "https://example.org/g")]
    frames: list[bytes] = []
    check_process.examining(judges.SHACL)(wire.encode(ExaminationRequest(tuple(files), rules)), frames.append)
    alone = wire.decode(Examination, b"".join(frames))
    assert alone == gate.examine(files, rules)
    assert alone.counts[Severity.ERROR] == 1


def test_the_corrected_workbook_has_every_sure_suggestion_and_lists_what_it_changed(rules: Rules) -> None:
    wrong = row(ags="6531005", seit="Oktober 2020", geprueft="24.11.2026", formular="www.giessen.de")
    examination = gate.examine([SourceFile("m.csv", csv_file(wrong))], rules)
    book = openpyxl.load_workbook(io.BytesIO(corrected_workbook.workbook(examination, "de")))
    assert book.sheetnames == ["Übernommene Vorschläge", "m"]
    listed = [[cell.value for cell in line] for line in book.worksheets[0].iter_rows(min_row=4)]
    assert sorted(line[1:] for line in listed) == [
        ["A2", "6531005", "06531005"],
        ["F2", "Oktober 2020", "2020-10"],
        ["I2", "24.11.2026", "2026-11-24"],
    ]
    page = book["m"]
    assert [page[place].value for place in ("A2", "F2", "I2")] == ["06531005", "2020-10", "2026-11-24"]
    assert page["F2"].comment.text == "Vorher: Oktober 2020"
    assert page["H2"].value == "www.giessen.de"
    assert page["H2"].fill.start_color.rgb == RED


def test_the_corrected_workbook_is_read_again_with_what_was_left_and_nothing_else(rules: Rules) -> None:
    content = xlsx(row(seit="10/2020", stand="?"), change=second_sheet(["x"], head=["y"]))
    first = gate.examine([SourceFile("m.xlsx", content)], rules)
    again = gate.examine([SourceFile("n.xlsx", corrected_workbook.workbook(first, "en"))], rules)
    errors = [(found.place.letter, found.value) for found in again.findings if found.severity is Severity.ERROR]
    assert errors == [("E", "?")]


def test_a_suggestion_about_a_part_of_a_cell_or_a_second_one_is_not_put_in() -> None:
    sheet = CheckedSheet("m.csv", None, "", 1, ((1, ("a",)), (2, ("x; y",)), (3, ("1",))))
    places = [
        Location(file="m.csv", row=2, column="a", letter="A"),
        Location(file="m.csv", row=3, column="a", letter="A"),
    ]
    no_cell = [Location(file="m.csv", row=9, letter="C"), Location(file="m.csv", row=3), Location(file="n.csv", row=3)]
    found = [
        Finding(Severity.ERROR, "r", Label({"de": "a", "en": "a"}), place, value, wanted)
        for place, value, wanted in [(places[0], "x", "X"), (places[1], "1", "2"), (places[1], "1", "3")]
    ] + [Finding(Severity.ERROR, "r", Label({"de": "a", "en": "a"}), place, "1", "2") for place in no_cell]
    examination = Examination(b"", tuple(found), {Severity.ERROR: len(found)}, 1, 2, (sheet,))
    assert [(change.cell, change.now) for change in corrected_workbook.changes(examination)] == [("A3", "2")]
