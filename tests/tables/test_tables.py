"""Tables: CSV with a CSVW description, through `describe` and `Table.read`."""

from __future__ import annotations

import json
import string
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ozg_lod.core.errors import SourceError
from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.core.vocab import OZG, RDF, XSD
from ozg_lod.rdf.lexical import CONTROL, canonical, is_legal
from ozg_lod.tables import cells, tables
from ozg_lod.tables.csv_rows import Row

BASE = "https://w3id.org/ozg-lod/hessen/"
DATA = Path(__file__).parents[2] / "data"
KEY = {"name": "key", "datatype": {"base": "string", "format": "[a-z0-9-]+"}, "required": True, "suppressOutput": True}


def column(name: str, **terms: object) -> dict[str, object]:
    return {"name": name, "propertyUrl": OZG + name, **terms}


def metadata(*columns: dict[str, object], **schema: object) -> bytes:
    return json.dumps(
        {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "de", "@base": BASE}],
            "url": "x.csv",
            "tableSchema": {"aboutUrl": "id/bundle/{key}", "primaryKey": "key", "columns": [KEY, *columns], **schema},
        }
    ).encode()


def read(text: str | bytes, *columns: dict[str, object], **options: object) -> tables.TableReading:
    content = text if isinstance(text, bytes) else text.encode()
    return tables.describe(metadata(*columns), file="x.csv-metadata.json").read(content, file="x.csv", **options)  # type: ignore[arg-type] # options are passed through


def only(reading: tables.TableReading) -> Finding:
    assert len(reading.findings) == 1, reading.findings
    return reading.findings[0]


def values(reading: tables.TableReading) -> list[str]:
    return [str(triple.object) for triple in reading.triples]


MONTH = column("month", titles={"de": "Verfügbar ab", "en": "Available from"}, datatype="gYearMonth")


def test_a_wrong_cell_is_named_by_row_and_header_and_says_what_would_be_right() -> None:
    reading = read('key,Verfügbar ab\na,2020-10\n"b",2020-11\nc,Herbst 20\n', MONTH)
    finding = only(reading)
    assert (finding.place.file, finding.place.row, finding.place.column) == ("x.csv", 4, "Verfügbar ab")
    assert finding.message["en"] == '"Herbst 20" is not a month; write for example 2020-10'
    assert finding.message["de"] == "„Herbst 20“ ist kein Monat; schreiben Sie zum Beispiel 2020-10"
    assert (finding.value, finding.suggestion) == ("Herbst 20", None)
    assert len(reading.triples) == 2


@pytest.mark.parametrize(
    ("base", "text", "sure"),
    [
        ("gYearMonth", "Oktober 2020", "2020-10"),
        ("gYearMonth", "Okt. 2020", "2020-10"),
        ("gYearMonth", "March 2021", "2021-03"),
        ("gYearMonth", "10/2020", "2020-10"),
        ("gYearMonth", "2020/1", "2020-01"),
        ("gYearMonth", "Q4 2020", None),
        ("gYearMonth", "13/2020", None),
        ("gYearMonth", "2020-10Z", None),
        ("date", "01.10.2020", "2020-10-01"),
        ("date", "1. Oktober 2020", "2020-10-01"),
        ("date", "2020-1-5", "2020-01-05"),
        ("date", "2020-10-01 00:00:00", "2020-10-01"),
        ("date", "31.02.2020", None),
        ("date", "1. Frimaire 2020", None),
        ("date", "01/02/2020", None),
        ("date", "2020-10-01+02:00", None),
        ("gYear", "2020.0", "2020"),
        ("gYear", "20", None),
        ("integer", "1.000.000", "1000000"),
        ("integer", "25 000", "25000"),
        ("integer", "4,0", "4"),
        ("integer", "1.000", None),
        ("integer", "vier", None),
        ("decimal", "15,5", "15.5"),
        ("decimal", "1.234,50", "1234.50"),
        ("decimal", "1,000", None),
        ("boolean", "Ja", "true"),
        ("boolean", "nein", "false"),
        ("boolean", "vielleicht", None),
        ("yearMonthDuration", "5 Jahre", "P5Y"),
        ("yearMonthDuration", "18 Monate", "P1Y6M"),
        ("yearMonthDuration", "lange", None),
        ("anyURI", "www.hessen.de", None),
        ("anyURI", "javascript:alert(1)", None),
        ("anyURI", "http://a b/", None),
        ("anyURI", "http://[bad", None),
    ],
)
def test_a_suggestion_is_made_only_where_it_is_sure(base: str, text: str, sure: str | None) -> None:
    fault = cells.read(text, cells.Datatype(base))
    assert isinstance(fault, cells.CellFault)
    assert fault.suggestion == sure
    assert (sure or cells.example(cells.Datatype(base)) or "?") in fault.message["de"]
    assert fault.message["en"].startswith(f'"{text}" is not ')


@pytest.mark.parametrize(
    ("pattern", "text", "sure", "said"),
    [
        ("[0-9]{8}", "6531005", "06531005", "8 Ziffern"),
        (r"\d{8}", "6531005.0", "06531005", "8 Ziffern"),
        ("06[0-9]{6}", "06 531 005", "06531005", "8 Ziffern, beginnend mit 06"),
        ("[0-9]{8}", "65310", None, "8 Ziffern"),
        ("(?:Stadt|Gemeinde)", "gemeinde", "Gemeinde", "einer der Werte Stadt, Gemeinde"),
        ("Stadt|Gemeinde", "Gemeide", None, "meinten Sie Gemeinde?"),
        ("[a-z0-9-]+", "Jugend Amt", None, "nur Kleinbuchstaben a bis z, Ziffern und Bindestrich"),
        ("[A-Za-z0-9-]+", "ä", None, "nur Buchstaben a bis z, Ziffern und Bindestrich"),
        ("[a-z0-9-]+", " jugendamt ", "jugendamt", "schreiben Sie jugendamt"),
        ("[a-z0-9][a-z0-9-]*", "Ausfuhr von Gut", None, "nur Kleinbuchstaben a bis z, Ziffern und Bindestrich"),
        ("(?<a>[0-9]{8})|(?<b>[0-9]{5})", "1", None, "8 Ziffern oder 5 Ziffern"),
        ("(?<a>1[0-9]{4})|(?<b>99[0-9]{2})", "x", None, "5 Ziffern, beginnend mit 1, oder 4 Ziffern, beginnend mit 99"),
        ("Q[0-9]+", "x", None, "das Muster Q[0-9]+"),
    ],
)
def test_a_format_is_said_in_words(pattern: str, text: str, sure: str | None, said: str) -> None:
    reading = read(f'key,k\na,"{text}"\n', column("k", datatype={"base": "string", "format": pattern}))
    finding = only(reading)
    assert finding.suggestion == sure
    assert said in finding.message["de"]


@pytest.mark.parametrize(
    ("base", "text", "written"),
    [
        ("integer", " 007 ", "7"),
        ("integer", "-0", "0"),
        ("decimal", "15.50", "15.5"),
        ("decimal", "-0.0", "0"),
        ("decimal", "-.5", "-0.5"),
        ("boolean", "1", "true"),
        ("boolean", "0", "false"),
        ("yearMonthDuration", "P12M", "P1Y"),
        ("yearMonthDuration", "-P0Y", "P0M"),
        ("date", "2020-02-29", "2020-02-29"),
        ("gYear", "2020", "2020"),
    ],
)
def test_a_value_is_written_as_a_store_gives_it_back(base: str, text: str, written: str) -> None:
    triple = read(f"key,n\na,{text}\n", column("n", datatype=base)).triples[0]
    assert triple.object == ox.Literal(written, datatype=ox.NamedNode(XSD + base))
    store = ox.Store()
    store.add(ox.Quad(triple.subject, triple.predicate, triple.object))
    assert next(iter(store)).object == triple.object


def test_columns_are_found_by_name_or_title_in_any_order() -> None:
    for header in ("key,month", "key,Verfügbar ab", "key,AVAILABLE  from"):
        assert len(read(f"{header}\na,2020-10\n", MONTH).triples) == 1
    assert len(read("available from,key\n2020-10,a\n", MONTH).triples) == 1


def test_unknown_and_missing_columns_are_named_with_the_nearest_known_one() -> None:
    reading = read("key,Verfugbar ab,quatschspalte,Key\na,2020-10,1,2\n", MONTH, column("need", required=True))
    said = [(finding.severity, finding.place.column, finding.message["de"]) for finding in reading.findings]
    assert (Severity.ERROR, "Verfugbar ab", "Diese Spalte gibt es nicht; meinten Sie „Verfügbar ab“?") in said
    assert any(place == "quatschspalte" and "löschen Sie sie" in text for _, place, text in said)
    assert any(place == "Key" and "zweimal" in text for _, place, text in said)
    assert any(severity is Severity.ERROR and "„need“ fehlt" in text for severity, _, text in said)
    assert any(severity is Severity.HINT and "„Verfügbar ab“ fehlt" in text for severity, _, text in said)


def test_a_table_without_a_header_says_which_columns_it_needs() -> None:
    for text in ("", "\n\n", "1,2\n3,4\n", "," * 300, "key" + ",a" * 300):
        finding = only(read(text, MONTH))
        assert "die erste Zeile muss die Spalten nennen: key, Verfügbar ab" in finding.message["de"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_the_separator_is_decided_from_the_header_and_named_where_it_is_not_accepted(separator: str) -> None:
    text = f'key{separator}"month"\na{separator}2020-10\n'
    assert "trennen Sie sie durch Komma" in only(read(text, MONTH)).message["de"]
    accepted = read(text, MONTH, separators=",;\t")
    assert (accepted.findings, len(accepted.triples)) == ([], 1)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read("\ufeffkey,month\na,2020-10\n", MONTH).findings == []


def test_empty_columns_at_the_end_are_nothing() -> None:
    assert read("key,month,,\na,2020-10,,\n", MONTH).findings == []
    assert only(read("key,month,,\na,2020-10,x,\n", MONTH)).rule == "row-length"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("key,t\na,ä\n".encode("utf-16"), "UTF-16"),
        (
            "key,t\na,ä\n".encode("cp1252"),
            "Zeile 2 enthält ein Zeichen, das kein UTF-8 ist (in Windows-1252 wäre es „ä“)",
        ),
        (b"key,t\na,\xc0\xaf\n", "kein UTF-8"),
        (b"key,t\na,\xed\xa0\x80\n", "kein UTF-8"),
    ],
)
def test_another_encoding_is_one_finding(content: bytes, said: str) -> None:
    reading = read(content, column("t"))
    assert said in only(reading).message["de"]
    assert "CSV UTF-8" in only(reading).message["en"]
    assert not reading.triples


@pytest.mark.parametrize(
    ("text", "rule", "row"),
    [
        ('key,t\na,x\nb,"never closed\nc,y\n', "row-quotes", 3),
        ('key,t\na,"x"y\n', "row-quotes", 2),
        ('"key', "row-quotes", 1),
        ("key,t\na,x,y\n", "row-length", 2),
        ("key,t\n\na\n", "row-length", 3),
        ("key,t\na,x\x00y\n", "cell-characters", 2),
        ("key,t\na,x\u202ey\n", "cell-characters", 2),
        ("key,t\na," + 100_001 * "x" + "\n", "cell-length", 2),
        ("key,t\na," + 200_000 * "x" + "\n", "cell-length", 2),
        ("key,t\na,x\na,y\n", "table-key", 3),
        ("key,t\n,x\n", "cell-required", 2),
        ("key,t\n  ,x\n", "cell-required", 2),
        ("key,t\nA,x\n", "cell-datatype", 2),
    ],
)
def test_a_fault_of_the_file_is_found_in_its_row(text: str, rule: str, row: int) -> None:
    finding = only(read(text, column("t")))
    assert (finding.rule, finding.place.row, finding.severity) == (rule, row, Severity.ERROR)


def test_a_table_that_breaks_off_says_so() -> None:
    assert not read('key,t\na,x\nb,"open\n', column("t")).complete
    assert read("key,t\na,x\n", column("t")).complete


def test_rows_count_as_a_spreadsheet_counts_them() -> None:
    reading = read('key,t\n"a","two\nlines"\n\n,,\nb,x,,\nC,z\n', column("t"))
    assert [record.row for record in reading.records] == [2, 5, 6]
    assert only(reading).place.row == 6


def test_more_rows_than_allowed_are_one_finding() -> None:
    reading = read("key,t\na,1\nb,2\nc,3\n", column("t"), max_rows=2)
    assert (only(reading).rule, only(reading).place.row, len(reading.records)) == ("table-size", 4, 2)


def test_spaces_around_a_text_are_kept_and_mentioned() -> None:
    reading = read("key,t\na, x \n", column("t"))
    assert values(reading) == ['" x "']
    assert (only(reading).severity, only(reading).suggestion) == (Severity.HINT, "x")


def test_the_first_findings_are_kept_and_all_are_counted() -> None:
    rows = "".join(f"k{number},x\n" for number in range(3_000))
    reading = read("key,n\n" + rows, column("n", datatype="integer"))
    assert (len(reading.findings), reading.collector.counts[Severity.ERROR]) == (1_000, 3_000)


def test_a_list_makes_a_triple_for_each_item_and_a_link_for_each_item() -> None:
    months = column("month", datatype="gYearMonth", separator=" ")
    links = column("member", separator=";", valueUrl="id/municipality/{member}")
    reading = read("key,month,member\na,2019-11  2020-01,06411000; 06534014;\n", months, links)
    assert [triple.object.value for triple in reading.triples] == [
        "2019-11",
        "2020-01",
        BASE + "id/municipality/06411000",
        BASE + "id/municipality/06534014",
    ]


def test_a_template_with_a_column_that_has_no_value_makes_no_triple() -> None:
    link = column("part", valueUrl="id/x/{part}")
    virtual = {"name": "v", "virtual": True, "propertyUrl": "dcterms:isPartOf", "valueUrl": "id/y/{part}"}
    reading = read("key,part\na,\nb,1/ä\n", link, virtual)
    assert values(reading) == [f"<{BASE}id/x/1%2F%C3%A4>", f"<{BASE}id/y/1%2F%C3%A4>"]


def test_virtual_columns_defaults_nulls_and_languages() -> None:
    reading = read(
        "key,t,kind\na,-,\nb,n/a,z\n",
        column("t", lang="de", null=["-", "n/a"]),
        column("kind", default="k"),
        column("gone", default="7", datatype="integer"),
        {"name": "type", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": OZG + "Bundle"},
        {"name": "note", "virtual": True, "propertyUrl": "skos:note", "default": "so", "lang": "de"},
    )
    assert values(reading)[:4] == ['"k"', f'"7"^^<{XSD}integer>', f"<{OZG}Bundle>", '"so"@de']
    assert str(reading.triples[2].predicate) == f"<{RDF}type>"


def test_a_web_address_is_a_link_or_a_literal() -> None:
    form = column("form", datatype="anyURI", valueUrl="{+form}")
    page = column("page", datatype="anyURI")
    reading = read("key,form,page\na,https://a.de/x?y=1#z,mailto:a@b.de\n", form, page)
    assert values(reading) == ["<https://a.de/x?y=1#z>", f'"mailto:a@b.de"^^<{XSD}anyURI>']


def test_every_triple_knows_its_cell() -> None:
    virtual = {"name": "of", "virtual": True, "propertyUrl": OZG + "availabilityOf", "valueUrl": "id/month/{month}"}
    constant = {"name": "type", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": OZG + "Bundle"}
    reading = read("key,Verfügbar ab\na,2020-10\nb,2020-11\n", MONTH, virtual, constant)
    b = BASE + "id/bundle/b"
    assert reading.origin(b, OZG + "month", "2020-11") == tables.Cell(3, "month")
    assert reading.origin(b, OZG + "availabilityOf") == tables.Cell(3, "month")
    assert reading.origin(b, RDF + "type") == tables.Cell(3, None)
    assert reading.origin(b) == tables.Cell(3, "month")
    assert reading.origin(b, OZG + "month", "2020-10") is None
    assert reading.columns[OZG + "month"] == "month"
    assert reading.place(tables.Cell(3, "month")) == Location(file=reading.file, row=3, column="Verfügbar ab")


def test_a_table_is_recognised_by_its_header() -> None:
    table = tables.describe(metadata(MONTH, column("t")), file="m")
    whole = table.recognises(Row(1, ("Verfügbar ab", "t", "key")))
    assert whole > table.recognises(Row(1, ("key", "t"))) > 0
    assert table.recognises(Row(1, ("t", "a", "b", "c"))) == table.recognises(Row(1, ("",))) == 0


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"dialect": {}}, "$", '"dialect" is not understood'),
        ({"@context": "http://www.w3.org/ns/csvw"}, "$.@context", "must be ["),
        ({"@context": ["http://www.w3.org/ns/csvw", {"@language": "de", "@base": "x/"}]}, "$.@context", "must be ["),
        ({"url": 3}, "$.url", "a text is needed"),
        ({"dc:title": "x"}, "$.dc:title", "must be by language"),
        ({"dc:title": {"Deutsch!": "x"}}, "$.dc:title", "is not a language"),
        ({"dc:title": {"de": [1]}}, "$.dc:title.de[0]", "a text is needed"),
        ({"tableSchema": []}, "$.tableSchema", "must be an object"),
    ],
)
def test_a_description_outside_the_subset_is_refused_with_file_and_path(
    change: dict[str, object], path: str, said: str
) -> None:
    described = {**json.loads(metadata(column("t"))), **change}
    with pytest.raises(SourceError) as caught:
        tables.describe(json.dumps(described).encode(), file="x.csv-metadata.json")
    assert caught.value.message["en"].startswith(f"x.csv-metadata.json, {path}: ")
    assert said in caught.value.message["en"]
    assert caught.value.message["de"] != caught.value.message["en"]


@pytest.mark.parametrize(
    ("columns", "schema", "said"),
    [
        ([column("t", ordered=True)], {}, '"ordered" is not understood; right are: name, titles'),
        ([column("t t")], {}, "is not a column name"),
        ([column("t", datatype="float")], {}, '"float" is not offered; right are: string, integer'),
        ([column("t", datatype={"base": "date", "format": "x"})], {}, "only a string has a format"),
        ([column("t", datatype={"base": "string", "format": "("})], {}, "is not a regular expression"),
        ([column("t", datatype={"base": "string", "minimum": 1})], {}, '"minimum" is not understood'),
        ([column("t", datatype="date", lang="de")], {}, "belongs to a column of datatype string"),
        ([column("t", lang="DE!")], {}, "belongs to a column of datatype string"),
        ([column("t", separator="")], {}, "must not be empty"),
        ([column("t", required="yes")], {}, "must be true or false"),
        ([column("t", required=1)], {}, "must be true or false"),
        ([{"name": "t"}], {}, "needs either propertyUrl or suppressOutput"),
        ([column("t", suppressOutput=True)], {}, "needs either propertyUrl or suppressOutput"),
        ([{"name": "t", "propertyUrl": "id/{key}"}], {}, "must be without {…}"),
        ([{"name": "t", "propertyUrl": "ozg:t"}], {}, '"ozg:" is not known'),
        ([column("t", valueUrl="/x/{t}")], {}, "must start with a name"),
        ([column("t", valueUrl="id/{t")], {}, "is not an address"),
        ([column("t", valueUrl="id/{unknown}")], {}, "{unknown} is not a column with cells"),
        ([column("t", valueUrl="{+t}")], {}, "write {+t} for a column of datatype anyURI"),
        ([column("t", datatype="anyURI", valueUrl="id/{t}")], {}, "write {+t} for a column of datatype anyURI"),
        ([column("t", datatype="anyURI", valueUrl="{+t}#x")], {}, "{+name} must stand alone"),
        ([column("t", separator=" ", aboutUrl="id/{t}")], {}, "only a valueUrl may use a column with a separator"),
        ([column("v", virtual=True)], {}, "a virtual column needs propertyUrl and valueUrl or default"),
        ([column("t"), column("t")], {}, 'two columns are named "t"'),
        ([column("t", titles={"de": "KEY"})], {}, 'two columns have the title "KEY"'),
        ([column("t")], {"aboutUrl": None}, "has no aboutUrl, nor has the table"),
        ([column("t")], {"primaryKey": "x"}, 'a key names "x", which is not a column'),
        ([column("t")], {"columns": []}, "needs at least one column"),
        ([column("t")], {"columns": {}}, "must be an array"),
        ([column("t")], {"foreignKeys": [{"columnReference": "t", "reference": {"resource": "y.csv"}}]}, "as many"),
    ],
)
def test_a_column_outside_the_subset_is_refused(
    columns: list[dict[str, object]], schema: dict[str, object], said: str
) -> None:
    with pytest.raises(SourceError) as caught:
        tables.describe(metadata(*columns, **schema), file="m.json")
    assert said in caught.value.message["en"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"url": "a", "url": "b"}', b"[" * 100_000])
def test_a_description_that_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(SourceError, match="is not JSON"):
        tables.describe(content, file="m.json")


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv")), ids=lambda path: path.name)
def test_our_own_tables_have_no_findings(path: Path) -> None:
    description = path.with_name(path.name + "-metadata.json")
    reading = tables.describe(description.read_bytes(), file=description.name).read(path.read_bytes(), file=path.name)
    assert reading.findings == []


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_found_faulty(content: bytes) -> None:
    reading = read(b"key,month\n" + content, MONTH)
    assert all(isinstance(finding, Finding) for finding in reading.findings)


@given(st.binary(max_size=200))
def test_any_description_is_understood_or_a_source_error(content: bytes) -> None:
    with pytest.raises(SourceError):
        tables.describe(content, file="m.json")


ALPHABET = st.sampled_from(string.printable + "äß٣²\u00a0\u202e")


@given(st.sampled_from(cells.BASES), st.text(ALPHABET, max_size=12))
def test_typing_never_accepts_an_illegal_form(base: str, text: str) -> None:
    found = cells.read(text, cells.Datatype(base))
    if isinstance(found, cells.CellFault):
        assert found.suggestion is None or is_legal(found.suggestion, XSD + base)
    else:
        assert is_legal(found, XSD + base)
        assert base == "string" or canonical(found, base) == found


@given(st.lists(st.text(ALPHABET, max_size=9).filter(lambda t: t.strip() and not CONTROL.search(t)), min_size=1))
def test_what_is_written_is_what_is_read(texts: list[str]) -> None:
    rows = "".join(f'k{number},"{text.replace(chr(34), 2 * chr(34))}"\n' for number, text in enumerate(texts))
    reading = read("key,t\n" + rows, column("t"))
    assert [triple.object.value for triple in reading.triples] == texts


def test_a_hostile_table_takes_no_time() -> None:
    start = time.process_time()
    read('key,t\na,"' + 5_000_000 * "x", column("t"))
    read("key,t\n" + 1_000_000 * "\n", column("t"))
    read("," * 1_000_000, column("t"))
    read("key,n\na," + 90_000 * "1" + "\n", column("n", datatype="decimal"))
    read("key,n\na," + 90_000 * " " + "x\n", column("n", datatype="date"))
    assert time.process_time() - start < 5
