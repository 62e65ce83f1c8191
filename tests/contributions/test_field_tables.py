"""Tables as they come from the field: hidden and merged parts of workbooks, links, forms of text, words that say no."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.hyperlink import Hyperlink
from tests.contributions.corpus import HEAD, csv_file, row, xlsx

from ozg_lod.core.findings import Finding
from ozg_lod.validation import gate, rulebook
from ozg_lod.validation.examination import Rules, SourceFile

BASE = "https://w3id.org/ozg-lod/hessen/"
Findings = Callable[[str, bytes], list[Finding]]


@pytest.fixture(scope="module")
def findings(snapshot_directory: Path) -> Callable[[str, bytes], list[Finding]]:
    rules: Rules = rulebook.of_snapshot(snapshot_directory, BASE)
    return lambda name, content: list(gate.examine([SourceFile(name, content)], rules).findings)


@pytest.mark.parametrize(
    ("space", "rule"),
    [
        ("http://w3id.org/ozg-lod/ontology#", "vocabulary-misspelt"),
        ("https://w3id.org/ozg-lod/ontology/", "vocabulary-misspelt"),
        ("https://www.w3id.org/ozg-lod/Ontology#", "vocabulary-misspelt"),
        ("https://example.org/terms#", "vocabulary-unknown"),
    ],
)
def test_a_vocabulary_that_is_not_ours_is_named(findings: Findings, space: str, rule: str) -> None:
    text = f'<{BASE}id/municipality/06531005> <{space}status> "quatsch" .'
    (finding,) = [one for one in findings("a.ttl", text.encode()) if one.rule.startswith("vocabulary")]
    assert finding.rule == rule
    assert "https://w3id.org/ozg-lod/ontology#" in finding.message["de"]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.parametrize("title", ["Stand 2024", "alt", "Entwurf"])
def test_a_hidden_sheet_is_announced(findings: Findings, state: str, title: str) -> None:
    def change(book: Any) -> None:
        sheet = book.create_sheet(title)
        for line in (HEAD, row(ags="06531001", name="Allendorf (Lumda)")):
            sheet.append(line)
        sheet.sheet_state = state

    (finding,) = [one for one in findings("a.xlsx", xlsx(row(), change=change)) if one.rule == "sheet-hidden"]
    assert finding.place.sheet == title


@pytest.mark.parametrize(("area", "rows"), [("A2:A3", {3}), ("A2:A4", {3, 4}), ("A2:B4", {3, 4}), ("A3:A4", {4})])
def test_a_merged_cell_is_named_as_the_cause(findings: Findings, area: str, rows: set[int]) -> None:
    def change(book: Any) -> None:
        book.active.merge_cells(area)

    lines = (row(), row(leistung="standesamt"), row(leistung="kfz-wesen"))
    told = [one for one in findings("a.xlsx", xlsx(*lines, change=change)) if "merged" in one.message["en"]]
    assert {one.place.row for one in told} == rows


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Zum Antrag", "https://www.giessen.de/a"),
        ("hier", "https://b.example.de/?x=1"),
        ("Online", "https://c.example.de"),
    ],
)
def test_an_address_behind_a_text_is_suggested(findings: Findings, text: str, address: str) -> None:
    def change(book: Any) -> None:
        book.active["H2"].hyperlink = Hyperlink(ref="H2", target=address)
        book.active["H2"].value = text

    (finding,) = findings("a.xlsx", xlsx(row(formular=text), change=change))
    assert (finding.place.letter, finding.suggestion) == ("H", address)
    assert text in finding.message["en"]


@pytest.mark.parametrize(
    "lines", [[row()], [row(), row(leistung="standesamt")], [row(stand="geplant", seit="2027-01")]]
)
def test_the_strict_kind_of_a_workbook_is_read_as_the_usual_one(findings: Findings, lines: list[list[Any]]) -> None:
    usual = xlsx(*lines)
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(usual)) as source, zipfile.ZipFile(output, "w") as strict:
        for name in source.namelist():
            part = source.read(name).replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006", b"http://purl.oclc.org/ooxml/spreadsheetml"
            )
            part = part.replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006", b"http://purl.oclc.org/ooxml/officeDocument"
            )
            strict.writestr(name, part)
    assert findings("a.xlsx", output.getvalue()) == findings("a.xlsx", usual)


@pytest.mark.parametrize("form", ["NFD", "NFKD", "NFC"])
@pytest.mark.parametrize("line", [row(), row(ags="06431006", name="Fürth"), row(ags="06433002", name="Büttelborn")])
def test_a_decomposed_umlaut_is_the_same_text(findings: Findings, form: str, line: list[Any]) -> None:
    plain = csv_file(line).decode()
    assert findings("a.csv", unicodedata.normalize(form, plain).encode()) == findings("a.csv", plain.encode())


@pytest.mark.parametrize("character", ["\u200b", "\u00ad", "\u2060", "\u00a0", "\u202f", "\ufeff"])
def test_a_character_that_nobody_sees_is_named(findings: Findings, character: str) -> None:
    (finding,) = findings("a.csv", csv_file(row(leistung=f"jugendamt{character}")))
    assert finding.suggestion == "jugendamt"
    assert f"U+{ord(character):04X}" in finding.message["de"]
    head = [f"{HEAD[0]}{character}", *HEAD[1:]]
    assert findings("a.csv", csv_file(row(), head=head)) == []


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("line", [row(), row(ags="06431006", name="Fürth"), row(ags="06433002", name="Büttelborn")])
def test_a_text_read_with_the_wrong_letters_is_put_right(findings: Findings, encoding: str, line: list[Any]) -> None:
    plain = csv_file(line)
    misread = plain.decode(encoding, "replace").replace("\ufffd", "")
    told = findings("a.csv", misread.encode())
    assert told[0].rule == "file-encoding"
    assert "Latin-1" in told[0].message["de"]
    assert [one.rule for one in told[1:]] == [one.rule for one in findings("a.csv", plain)]


@pytest.mark.parametrize(
    "word", ["nein", "nicht verfügbar", "unverfügbar", "nicht geplant", "kein", "abgeschlossen", "ungeplant"]
)
def test_no_word_is_offered_for_its_opposite(findings: Findings, word: str) -> None:
    (finding,) = findings("a.csv", csv_file(row(stand=word)))
    assert "did you mean" not in finding.message["en"]


@pytest.mark.parametrize("word", ["verfügbr", "geplannt", "beendt"])
def test_a_mistyped_word_is_still_offered(findings: Findings, word: str) -> None:
    assert any("did you mean" in one.message["en"] for one in findings("a.csv", csv_file(row(stand=word))))


@pytest.mark.parametrize("key", ["0653100", "0643100", "0653"])
def test_a_key_that_lacks_a_digit_is_not_made_another(findings: Findings, key: str) -> None:
    (finding,) = findings("a.csv", csv_file(row(ags=key)))
    assert finding.suggestion is None
    assert f"{len(key)} Ziffern" in finding.message["de"]


@pytest.mark.parametrize(
    "address", ["HTTPS://www.giessen.de/antrag", "Https://WWW.Giessen.DE/antrag", "https://WWW.GIESSEN.DE/"]
)
def test_capitals_in_scheme_and_host_are_the_same_address(findings: Findings, address: str) -> None:
    assert findings("a.csv", csv_file(row(formular=address))) == []


CONTACT = (
    ["AGS", "Name", "Website", "Kontakt", "Geprüft am"],
    ["06531005", "Gießen", "https://www.giessen.de/", "", "2026-11-24"],
)


@pytest.mark.parametrize(("gap", "suffix"), [(1, "csv"), (2, "xlsx"), (3, "csv")])
def test_tables_of_several_kinds_on_one_sheet_are_each_read(findings: Findings, gap: int, suffix: str) -> None:
    lines = [*([""] * 5 for _ in range(gap)), *CONTACT]
    content = xlsx(row(), *lines) if suffix == "xlsx" else csv_file(row(), *lines)
    assert [one.rule for one in findings(f"a.{suffix}", content)] == ["table-split"]


def test_a_fault_in_the_second_table_has_its_row(findings: Findings) -> None:
    wrong = ["06531005", "Gießen", "giessen", "", "2026-11-24"]
    told = findings("a.csv", csv_file(row(), [""], CONTACT[0], wrong))
    assert [(one.rule, one.place.row) for one in told if one.rule == "cell-datatype"] == [("cell-datatype", 5)]
