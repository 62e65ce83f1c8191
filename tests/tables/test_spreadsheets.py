"""Spreadsheets: bytes in, rows of text out, with what each cell was, or one sentence that says why not."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ozg_lod.core.findings import Finding, Location
from ozg_lod.tables import spreadsheet_parts, spreadsheets, zip_parts
from ozg_lod.tables.csv_rows import Decoded, computed, decoded_leniently
from ozg_lod.tables.spreadsheets import Sheet

OFFICE = Path(__file__).parents[1] / "contributions" / "office"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(*lines: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.worksheets[0].append(line)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def archive(parts: dict[str, str]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return output.getvalue()


def read(content: bytes, *, max_rows: int = 100) -> list[Sheet] | Finding | None:
    return spreadsheets.read(content, file="x.xlsx", max_rows=max_rows)


def rule(content: bytes, *, max_rows: int = 100) -> str:
    found = read(content, max_rows=max_rows)
    assert isinstance(found, Finding)
    assert found.place.file == "x.xlsx"
    return found.rule


def test_each_kind_of_value_becomes_text_and_says_what_it_was() -> None:
    when = dt.datetime(2020, 10, 1, 12, 30, tzinfo=dt.UTC).replace(tzinfo=None)
    found = read(workbook(["text", 4, 4.5, True, dt.date(2020, 10, 1), when, None, "="]))
    assert isinstance(found, list)
    (row,) = found[0].rows
    assert row.cells == ("text", "4", "4.5", "true", "2020-10-01", "2020-10-01 12:30:00", "", "=")
    assert row.types[:6] == "tnnbdd"


def test_rows_keep_the_numbers_a_spreadsheet_shows() -> None:
    found = read(workbook(["a"], [], [None], ["b"]))
    assert isinstance(found, list)
    assert [row.number for row in found[0].rows] == [1, 4]


def opendocument(rows: str) -> dict[str, spreadsheet_parts.Marks]:
    head = (
        f'<o:d xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:t="{TABLE}" '
        'xmlns:c="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    )
    return spreadsheet_parts.marks({"content.xml": f'{head}<t:table t:name="A">{rows}</t:table></o:d>'.encode()})


def test_formulas_errors_and_hidden_rows_of_opendocument_are_found() -> None:
    marks = opendocument(
        '<t:table-row t:number-rows-repeated="2"><t:table-cell t:number-columns-repeated="3"/></t:table-row>'
        '<t:table-row t:visibility="collapse"><t:table-cell/><t:table-cell t:formula="of:=1">2</t:table-cell>'
        '<t:table-cell t:formula="of:=x"/><t:table-cell c:value-type="error">#REF!</t:table-cell></t:table-row>'
        '<t:table-row t:visibility="filter" t:number-rows-repeated="1048573"><t:table-cell/></t:table-row>'
    )["A"]
    assert marks.formulas == {(3, 2): True, (3, 3): False}
    assert marks.errors == {(3, 4): "#REF!"}
    assert marks.hidden == [3]
    assert (marks.height, marks.width) == (3, 4)


@pytest.mark.parametrize(
    "row",
    [
        '<t:table-row><t:table-cell><x:s x:c="999999999"/></t:table-cell></t:table-row>',
        f'<t:table-row t:number-rows-repeated="9999"><t:table-cell>{"x" * 9_999}</t:table-cell></t:table-row>',
        '<t:table-row><t:table-cell t:number-columns-repeated="999"><x:s x:c="99999"/></t:table-cell></t:table-row>',
    ],
)
def test_few_bytes_that_stand_for_very_many_characters_are_not_written_out(row: str) -> None:
    with pytest.raises(spreadsheet_parts.Unreadable):
        opendocument(row.replace("<x:s", '<x:s xmlns:x="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'))


@pytest.mark.parametrize("number", ["NaN", "nan", "inf", "-Infinity", "1e400", "-1e400", "9" * 400])
@pytest.mark.parametrize("office", [True, False])
def test_a_number_that_is_none_is_an_error_value(number: str, office: bool) -> None:
    content = with_number(number) if office else opendocument_with_number(number)
    found = spreadsheets.read(content, file="x.xlsx", max_rows=100)
    assert isinstance(found, list)
    row = found[0].rows[-1]
    assert (row.cells, row.types) == (("#NUM!",), "e")


@pytest.mark.parametrize(("number", "text"), [("12345678901", "12345678901"), ("5.0", "5"), ("1e300", "1e+300")])
def test_a_number_is_written_as_long_as_it_is_known(number: str, text: str) -> None:
    found = spreadsheets.read(with_number(number), file="x.xlsx", max_rows=100)
    assert isinstance(found, list)
    assert found[0].rows[-1].cells == (text,)


def with_number(number: str) -> bytes:
    """Return a workbook in which a number stands that no office program writes."""
    with zipfile.ZipFile(io.BytesIO(workbook(["x"], [12345.5]))) as packed:
        parts = {name: packed.read(name).decode() for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert "<v>12345.5</v>" in sheet
    return archive(parts | {"xl/worksheets/sheet1.xml": sheet.replace("<v>12345.5</v>", f"<v>{number}</v>")})


def opendocument_with_number(number: str) -> bytes:
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    names = " ".join(f'xmlns:{name}="{space}{name}:1.0"' for name in ("office", "table", "text"))
    cell = f'<table:table-cell office:value-type="float" office:value="{number}"><text:p>1</text:p></table:table-cell>'
    table = f'<table:table table:name="A"><table:table-row>{cell}</table:table-row></table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{space}manifest:1.0"/>',
            "content.xml": f"<office:document-content {names}>{body}</office:document-content>",
        }
    )


def test_spaces_and_repetitions_as_offices_write_them_are_read() -> None:
    spaces = '<x:s xmlns:x="urn:oasis:names:tc:opendocument:xmlns:text:1.0" x:c="3"/>'
    assert opendocument(f"<t:table-row><t:table-cell>a{spaces}b</t:table-cell></t:table-row>")["A"].height == 1


def test_cells_without_an_address_are_counted() -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row><c/><c><v>1</v></c></row><row><c t="str"><f>x</f><v/></c></row>'
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships"><sheets><sheet name="A" r:id="r"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<R xmlns="http://x"><Relationship Id="r" Target="/xl/a.xml"/></R>',
        "xl/a.xml": f"{sheet}</sheetData></worksheet>",
    }
    marks = spreadsheet_parts.marks({name: text.encode() for name, text in parts.items()})["A"]
    assert (marks.height, marks.width) == (2, 2)
    assert marks.formulas == {(2, 1): True}


@pytest.mark.parametrize("file", sorted(path.name for path in OFFICE.glob("text.*")))
def test_what_libreoffice_writes_is_read_cell_by_cell(file: str) -> None:
    found = spreadsheets.read((OFFICE / file).read_bytes(), file=file, max_rows=10)
    assert isinstance(found, list)
    assert [row.cells[0] for row in found[0].rows] == ["AGS", "06531005", "06531005"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "file-kind"),
        (b"<?xml version='1.0'?><x/>", "file-kind"),
        (b"\0\1\2", "file-damaged"),
        (b"PK\x03\x04", "file-damaged"),
        (archive({"a": "b"}), "file-kind"),
        (archive({"content.xml": "<a"}), "file-damaged"),
        (archive({"content.xml": "<a/>"}), "file-damaged"),
        (archive({str(number): "" for number in range(1_001)}), "file-unpacked"),
        (archive({"content.xml": 3_000_000 * "x"}), "file-unpacked"),
        (workbook([]), "file-kind"),
        (workbook(*([number] for number in range(130))), "table-size"),
        (workbook(list(range(51))), "table-size"),
    ],
)
def test_what_is_no_spreadsheet_or_too_much_is_refused(content: bytes, expected: str) -> None:
    assert rule(content) == expected


def test_an_archive_that_lies_about_its_sizes_is_not_believed() -> None:
    content = archive({"content.xml": 3_000_000 * "x"})
    size = (3_000_000).to_bytes(4, "little")
    assert content.count(size) == 2
    found = zip_parts.parts(content.replace(size, (10).to_bytes(4, "little")), "x.ods")
    assert isinstance(found, Finding)


def test_text_is_left_to_others() -> None:
    assert read(b"a;b\n") is None
    assert read("a;b\n".encode("utf-16")) is None


def test_text_is_read_in_the_encodings_of_windows_too() -> None:
    assert decoded_leniently("ä".encode(), file="x") == "ä"
    for encoding, name in (("cp1252", "Windows-1252"), ("utf-16", "UTF-16")):
        found = decoded_leniently("ä;b".encode(encoding), file="x")
        assert isinstance(found, Decoded)
        assert found.text == "ä;b"
        assert name in found.hint.message["de"]
    for content in (b"\x81", "a\0b".encode("utf-16"), b"\xff\xfea"):
        assert isinstance(decoded_leniently(content, file="x"), Finding)


def test_a_plain_cell_was_not_computed() -> None:
    assert computed("a", "t", Location()) is None
