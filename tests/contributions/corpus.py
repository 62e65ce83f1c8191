"""Spreadsheets and RDF files as people send them: broken ones and sound ones, each made here.

`broken()` and `sound()` give name, file name and bytes; what is to be said of each stands in `golden/`.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl

HERE = Path(__file__).parent
HEAD = ["AGS", "Name", "Leistung", "Bezeichnung", "Stand", "Seit", "Bis", "Formular", "Geprüft am"]
GOOD: list[Any] = [
    "06531005", "Gießen", "jugendamt", "Jugendamt", "verfügbar", "2020-10", "", "https://www.giessen.de/antrag",
    "2026-11-24",
]  # fmt: skip
PREFIXES = """@prefix : <https://w3id.org/ozg-lod/hessen/id/> . @prefix ozg: <https://w3id.org/ozg-lod/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
"""
ID = "https://w3id.org/ozg-lod/hessen/id/"
FACT = (
    PREFIXES
    + f"""<{ID}availability/06531005-standesamt> a ozg:Availability ; ozg:availabilityOf <{ID}bundle/standesamt> ;
  skos:prefLabel "Standesamt, Gießen"@de ; ozg:availableAt <{ID}municipality/06531005> ;
  ozg:status ozg:available ; ozg:month "2021-03"^^xsd:gYearMonth ; dct:source <{ID}source/beitrag> .
"""
)
File = tuple[str, str, bytes]


def row(**cells: Any) -> list[Any]:
    """The good row with other cells, by folded headers."""
    names = ("ags", "name", "leistung", "bezeichnung", "stand", "seit", "bis", "formular", "geprueft")
    return list({**dict(zip(names, GOOD, strict=True)), **cells}.values())


def csv_file(*rows: Sequence[Any], separator: str = ";", head: Sequence[str] = HEAD, encoding: str = "utf-8") -> bytes:
    lines = [separator.join(map(str, line)) for line in (head, *rows)]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def xlsx(*rows: Sequence[Any], head: Sequence[str] = HEAD, change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook with one sheet; `change` gets the workbook before it is saved."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Meldung"
    for line in (head, *rows):
        sheet.append([value if value != "" else None for value in line])
    if change:
        change(book)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def repacked(content: bytes, **changed: str) -> bytes:
    """A workbook whose parts are changed by pairs of pattern and replacement ("a=>b"), by the ends of their names."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            for part, change in changed.items():
                if name.endswith(part + ".xml"):
                    before, _, after = change.partition("=>")
                    text = re.sub(before, after, text.decode(), count=1).encode()
            new.writestr(name, text)
    return output.getvalue()


def on(sheet: str, **cells: Any) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        for place, value in cells.items():
            book[sheet][place] = value

    return change


CELLS: dict[str, dict[str, Any]] = {
    "ags-too-short": {"ags": "065310", "name": ""},
    "ags-is-a-name": {"ags": "Gießen", "name": ""},
    "ags-digits-swapped": {"ags": "06531050", "name": ""},
    "ags-of-another-state": {"ags": "09162000", "name": "München"},
    "ags-of-another-municipality": {"name": "Wetzlar"},
    "ags-with-spaces": {"ags": "06 531 005"},
    "ags-missing": {"ags": ""},
    "ags-shortened": {"ags": "6,53E+06"},
    "district-that-does-not-exist": {"ags": "06599", "name": ""},
    "bundle-mistyped": {"leistung": "jugendamtt", "bezeichnung": ""},
    "bundle-by-its-name": {"leistung": "Jugendamt"},
    "ozg-id-unknown": {"leistung": "19999", "bezeichnung": ""},
    "leika-unknown": {"leistung": "99010005000001", "bezeichnung": ""},
    "leika-shortened": {"leistung": "9,90E+13", "bezeichnung": ""},
    "label-of-another-bundle": {"bezeichnung": "Standesamt"},
    "status-mistyped": {"stand": "geplannt"},
    "status-free-text": {"stand": "kommt bald"},
    "status-missing": {"stand": ""},
    "month-in-words": {"seit": "Oktober 2020"},
    "month-season": {"seit": "Herbst 20"},
    "month-with-slash": {"seit": "10/2020"},
    "month-thirteenth": {"seit": "2020-13"},
    "month-is-a-quarter": {"seit": "Q3/2020"},
    "month-after-the-day-it-holds-for": {"seit": "2027-01"},
    "date-with-slashes": {"geprueft": "11/12/2026"},
    "date-german-short": {"geprueft": "24.11.26"},
    "month-is-a-german-day": {"seit": "15.10.2020"},
    "date-impossible": {"geprueft": "2026-02-30"},
    "date-missing": {"geprueft": ""},
    "date-is-a-year": {"geprueft": "2026"},
    "form-without-scheme": {"formular": "www.giessen.de/antrag"},
    "form-is-a-script": {"formular": "javascript:alert(1)"},
    "form-is-a-local-file": {"formular": "file:///C:/antrag.pdf"},
    "form-is-words": {"formular": "siehe Startseite"},
    "control-character": {"bezeichnung": "Jugend\x07amt"},
    "text-too-long": {"bezeichnung": "J" * 100_001},
    "formula-as-text": {"bezeichnung": '=HYPERLINK("http://x")'},
}
"""One wrong cell in a row of a CSV file."""


def broken_csv() -> Iterator[File]:
    for name, cells in CELLS.items():
        yield name, "meldung.csv", csv_file(row(**cells))
    yield "row-twice", "meldung.csv", csv_file(GOOD, GOOD)
    yield "csv-headings-only", "meldung.csv", csv_file()
    yield "same-fault-in-many-rows", "meldung.csv", csv_file(*(row(ags=key, name="", stand="ja?") for key in KEYS))
    yield "header-missing", "meldung.csv", "\r\n".join(";".join(map(str, GOOD)) for _ in range(2)).encode()
    yield "header-of-something-else", "meldung.csv", csv_file(["1", "2"], head=["Kunde", "Umsatz"])
    yield "header-mistyped", "meldung.csv", csv_file(GOOD, head=[*HEAD[:7], "Formulahr", "Geprüft am"])
    yield "column-required-missing", "meldung.csv", csv_file(GOOD[:8], head=HEAD[:8])
    yield "column-twice", "meldung.csv", csv_file([*GOOD, "x"], head=[*HEAD, "Stand"])
    yield "column-of-ones-own", "meldung.csv", csv_file([*GOOD, "x"], head=[*HEAD, "Sachbearbeitung"])
    yield "quote-open", "meldung.csv", csv_file(row(bezeichnung='"Jugendamt'))
    yield "separator-in-text", "meldung.csv", csv_file(row(bezeichnung="Jugendamt; Kita"))
    yield "empty", "meldung.csv", b""
    yield "header-only-spaces", "meldung.csv", b" ; ; \r\n"
    yield "total-below", "meldung.csv", csv_file(GOOD, ["Summe", "", "", "", "", "", "", "", ""])
    yield "second-table-below", "meldung.csv", csv_file(GOOD, HEAD, row(leistung="standesamt", bezeichnung=""))
    yield "bytes-of-nothing", "meldung.csv", b"AGS;Stand\r\n\x81\x8d\x00;ja\r\n"
    yield (
        "mail-of-a-person",
        "kontakt.csv",
        (
            "AGS;Internetauftritt;Funktionsadresse (E-Mail);Geprüft am\r\n"
            "06531005;https://www.giessen.de/;vorname.nachname@giessen.de;2026-11-24\r\n"
        ).encode(),
    )
    yield (
        "amount-with-words",
        "teilnahme.csv",
        (
            "AGS;Programm;Stand;Betrag in Euro;Geprüft am\r\n06531005;ozg-modellkommunen;läuft;87 Tsd.;2026-11-24\r\n"
        ).encode(),
    )
    yield (
        "offer-that-does-not-exist",
        "nachnutzung.csv",
        ("Nachnutzer;Angebot;Stand;Geprüft am\r\n16;ausfuhr-von-kulturgueter;in Nutzung;2026-11-24\r\n").encode(),
    )


KEYS = ("06531005", "06531001", "06531002", "06531003")


def broken_workbooks() -> Iterator[File]:
    good = xlsx(GOOD)
    yield "excel-day-for-a-month", "m.xlsx", xlsx(row(seit=dt.date(2020, 10, 15)))
    yield "excel-serial-for-a-day", "m.xlsx", xlsx(row(geprueft=46350))
    yield "excel-serial-for-a-month", "m.xlsx", xlsx(row(seit=44105))
    yield "excel-formula-without-result", "m.xlsx", xlsx(GOOD, change=on("Meldung", I2="=TODAY()"))
    yield (
        "excel-error-value",
        "m.xlsx",
        repacked(good, sheet1='<c r="C2"[^/]*<is><t>jugendamt</t></is>=><c r="C2" t="e"><v>#REF!</v>'),
    )
    yield "excel-headings-only", "m.xlsx", xlsx()
    yield "excel-key-lost-its-zero-and-is-unknown", "m.xlsx", xlsx(row(ags=6531050, name=""))
    yield "excel-key-with-decimals", "m.xlsx", xlsx(row(ags=6531005.5, name=""))
    yield "excel-two-tables-side-by-side", "m.xlsx", xlsx([*GOOD, "", *GOOD], head=[*HEAD, "", *HEAD])
    yield "excel-second-table-below", "m.xlsx", xlsx(GOOD, [], HEAD, row(leistung="standesamt", bezeichnung=""))
    yield "excel-no-sheet-fits", "m.xlsx", xlsx(["1", "2"], head=["Kunde", "Umsatz"])
    yield "excel-empty", "m.xlsx", xlsx(head=[])
    yield "excel-far-corner", "m.xlsx", xlsx(GOOD, change=on("Meldung", XFD1048576="x"))
    yield "excel-too-many-columns", "m.xlsx", xlsx(GOOD, head=[*HEAD, *(f"Spalte {n}" for n in range(60))])
    yield (
        "excel-with-password",
        "m.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"),
    )
    yield "excel-cut-off", "m.xlsx", good[: len(good) // 2]
    yield "excel-not-well-formed", "m.xlsx", repacked(good, sheet1="</sheetData>=>")
    yield "excel-with-entities", "m.xlsx", repacked(good, sheet1='<worksheet=><!DOCTYPE x [<!ENTITY a "b">]><worksheet')
    yield "word-document", "m.xlsx", zipped({"word/document.xml": b"<w/>"})
    yield "web-page-named-xlsx", "m.xlsx", b"<html><body><table><tr><td>AGS</td></tr></table></body></html>"
    yield "excel-2003-xml", "m.xls", b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>'
    yield "old-excel-damaged", "m.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    yield (
        "ods-with-password",
        "m.ods",
        zipped({"content.xml": b"x", "META-INF/manifest.xml": b"<manifest:encryption-data/>"}),
    )
    yield "two-sheets-one-broken", "m.xlsx", xlsx(GOOD, change=second_sheet(row(ags="06531001", name="", stand="?")))


def zipped(parts: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return output.getvalue()


def second_sheet(*rows: Sequence[Any], title: str = "Weitere", head: Sequence[str] = HEAD) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        sheet = book.create_sheet(title)
        for line in (head, *rows):
            sheet.append([value if value != "" else None for value in line])

    return change


def broken_rdf() -> Iterator[File]:
    fact = FACT
    yield "turtle-dot-missing", "f.ttl", fact.rstrip().rstrip(".").encode()
    yield "turtle-prefix-unknown", "f.ttl", fact.replace("@prefix skos:", "@prefix sk:").encode()
    yield "turtle-month-as-text", "f.ttl", fact.replace('"2021-03"^^xsd:gYearMonth', '"März 2021"').encode()
    yield "turtle-status-unknown", "f.ttl", fact.replace("ozg:available ", "ozg:online ").encode()
    yield "turtle-term-unknown", "f.ttl", fact.replace("ozg:month", "ozg:since").encode()
    yield "turtle-no-source", "f.ttl", re.sub(r" ; dct:source \S+ \.", " .", fact).encode()
    yield (
        "turtle-two-sources",
        "f.ttl",
        fact.replace(
            "source/beitrag> .", "source/beitrag> , <https://w3id.org/ozg-lod/hessen/id/source/abgleich> ."
        ).encode(),
    )
    yield "turtle-key-unknown", "f.ttl", fact.replace("municipality/06531005", "municipality/06531050").encode()
    yield (
        "turtle-script-address",
        "f.ttl",
        fact.replace("dct:source", "ozg:onlineForm <javascript:alert(1)> ; dct:source").encode(),
    )
    yield (
        "turtle-decimal-bomb",
        "f.ttl",
        fact.replace("dct:source", "ozg:serviceCount 1E999999999 ; dct:source").encode(),
    )
    yield (
        "turtle-html-literal",
        "f.ttl",
        fact.replace("dct:source", 'skos:note "<b>x</b>"^^rdf:HTML ; dct:source').encode(),
    )
    yield "turtle-utf16", "f.ttl", fact.encode("utf-16")
    yield "json-ld-remote-context", "f.jsonld", b'{"@context": "https://example.org/context.jsonld", "@id": "a"}'
    yield "json-ld-cut-off", "f.jsonld", b'{"@context": {"a": "https://example.org/a"}, "a": '
    yield "rdf-xml-entities", "f.rdf", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    yield "rdf-xml-open", "f.rdf", b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description>'
    yield (
        "n-triples-space-in-address",
        "f.nt",
        b"<https://example.org/a b> <https://example.org/p> <https://example.org/c> .\n",
    )
    yield "pdf-file", "meldung.pdf", b"%PDF-1.7"


def broken() -> list[File]:
    return [*broken_csv(), *broken_workbooks(), *broken_rdf()]


def sound() -> list[File]:
    def hide(book: Any) -> None:
        book["Meldung"].row_dimensions[2].hidden = True

    def merge(book: Any) -> None:
        book["Meldung"].merge_cells("A1:I1")

    def cached(content: bytes) -> bytes:
        return repacked(
            content, sheet1='<c r="D2"[^/]*<is><t>Jugendamt</t></is>=><c r="D2" t="str"><f>"a"</f><v>Jugendamt</v>'
        )

    typed = row(ags=6531005, seit=dt.date(2020, 10, 1), geprueft=dt.date(2026, 11, 24))
    names = ["ags", "leistung", "stand", "geprueft_am"]
    english = [
        "Municipality or district (AGS)",
        "Service (bundle, OZG id or LeiKa key)",
        "Status",
        "Checked or confirmed unchanged on",
    ]
    made: list[File] = [
        ("csv-semicolon", "m.csv", csv_file(GOOD)),
        ("csv-comma", "m.csv", csv_file(GOOD, separator=",")),
        ("csv-tab", "m.tsv", csv_file(GOOD, separator="\t")),
        ("csv-byte-order-mark", "m.csv", csv_file(GOOD, encoding="utf-8-sig")),
        ("csv-windows-1252", "m.csv", csv_file(GOOD, encoding="cp1252")),
        ("csv-utf-16", "m.csv", csv_file(GOOD, encoding="utf-16")),
        ("csv-english-titles", "m.csv", csv_file(["06531005", "jugendamt", "available", "2026-11-24"], head=english)),
        ("csv-names-of-columns", "m.csv", csv_file(["06531", "10169", "planned", "2026-11-24"], head=names)),
        ("csv-lost-zero", "m.csv", csv_file(row(ags="6531005"))),
        ("csv-german-days", "m.csv", csv_file(row(seit="01.10.2020", geprueft="24.11.2026"))),
        ("csv-title-above", "m.csv", "Meldung der Stadt Gießen;;;;;;;;\r\n".encode() + csv_file(GOOD)),
        ("csv-named-xlsx", "m.xlsx", csv_file(GOOD)),
        ("excel-text", "m.xlsx", xlsx(GOOD)),
        ("excel-numbers-and-dates", "m.xlsx", xlsx(typed)),
        ("excel-title-merged-above", "m.xlsx", xlsx(HEAD, GOOD, head=["Meldung"], change=merge)),
        ("excel-empty-rows-between", "m.xlsx", xlsx(GOOD, [], [], row(leistung="standesamt", bezeichnung=""))),
        ("excel-hidden-row", "m.xlsx", xlsx(GOOD, change=hide)),
        ("excel-formula-with-result", "m.xlsx", cached(xlsx(GOOD))),
        ("excel-help-sheet", "m.xlsx", xlsx(GOOD, change=second_sheet(["x"], title="Hilfe", head=["So geht es"]))),
        ("excel-two-sheets", "m.xlsx", xlsx(GOOD, change=second_sheet(row(leistung="standesamt", bezeichnung="")))),
        ("excel-sheet-of-notes", "m.xlsx", xlsx(GOOD, change=second_sheet(["1"], title="Notizen", head=["Frage"]))),
        ("excel-named-csv", "m.csv", xlsx(GOOD)),
        ("turtle", "f.ttl", FACT.encode()),
        ("turtle-byte-order-mark", "f.ttl", b"\xef\xbb\xbf" + FACT.encode()),
    ]  # fmt: skip
    return made + [(path.name.replace(".", "-"), path.name, path.read_bytes()) for path in sorted(OFFICE.iterdir())]


OFFICE = HERE / "office"
"""What LibreOffice wrote; see `make_office_files.py`."""
