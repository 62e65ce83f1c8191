"""The gate: files in, findings and quads out, through `examine`."""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ozg_lod.core.errors import Unprocessable
from ozg_lod.core.findings import Finding, Severity
from ozg_lod.core.vocab import OZG, SKOS, XSD
from ozg_lod.sandbox import wire
from ozg_lod.validation.gate import (
    METADATA,
    SUFFIXES,
    Examination,
    Rules,
    SourceFile,
    examine,
    graph_of,
)

ROOT = Path(__file__).parents[2]
BASE = "https://w3id.org/ozg-lod/hessen/"
PREFIXES = f"""
@prefix : <{BASE}id/> . @prefix ozg: <{OZG}> . @prefix skos: <{SKOS}> . @prefix xsd: <{XSD}> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix r: <https://w3id.org/ozg-lod/shapes#> .
"""
ONTOLOGY = (
    PREFIXES
    + """
ozg:Bundle a rdfs:Class ; rdfs:isDefinedBy <https://w3id.org/ozg-lod/ontology> .
ozg:month rdfs:label "Monat"@de, "month"@en ; rdfs:isDefinedBy <https://w3id.org/ozg-lod/ontology> .
"""
).encode()
SHAPES = (
    PREFIXES
    + """
r:Bundle a sh:NodeShape ; sh:targetClass ozg:Bundle ; sh:property r:month-needed, r:month-form, r:label-short .
r:month-needed a sh:PropertyShape ; sh:path ozg:month ; sh:minCount 1 ; sh:name "Monat"@de, "month"@en ;
  sh:message "Tragen Sie einen Monat ein."@de, "Fill in a month."@en .
r:month-form a sh:PropertyShape ; sh:path ozg:month ; sh:datatype xsd:gYearMonth ;
  sh:message "Schreiben Sie den Monat wie 2020-10."@de, "Write the month like 2020-10."@en .
r:label-short a sh:PropertyShape ; sh:path skos:prefLabel ; sh:maxLength 20 ; sh:severity sh:Warning ;
  sh:message "Kürzen Sie den Namen."@de .
r:broader a sh:NodeShape ; sh:targetSubjectsOf skos:broader ; sh:property r:broader-known .
r:broader-known a sh:PropertyShape ; sh:path skos:broader ; sh:class ozg:Bundle ; rdfs:label "Oberbegriff"@de .
"""
).encode()
BUNDLES = "key,label,Verfügbar ab,broader\na,A,2020-10,\nb,B,2020-11,a\n"


def description(*, foreign: bool = True) -> bytes:
    columns = [
        {"name": "key", "required": True, "suppressOutput": True},
        {"name": "label", "lang": "de", "propertyUrl": "skos:prefLabel"},
        {"name": "month", "titles": {"de": "Verfügbar ab"}, "datatype": "gYearMonth", "propertyUrl": OZG + "month"},
        {"name": "broader", "propertyUrl": "skos:broader", "valueUrl": "id/bundle/{broader}"},
        {"name": "type", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": OZG + "Bundle"},
    ]
    key = {"columnReference": "broader", "reference": {"resource": "bundles.csv", "columnReference": "key"}}
    schema = {"aboutUrl": "id/bundle/{key}", "primaryKey": "key", "columns": columns}
    if foreign:
        schema["foreignKeys"] = [key]
    context = ["http://www.w3.org/ns/csvw", {"@language": "de", "@base": BASE}]
    return json.dumps({"@context": context, "url": "bundles.csv", "tableSchema": schema}).encode()


def table(text: str, name: str = "bundles.csv") -> list[SourceFile]:
    return [SourceFile(name, text.encode()), SourceFile(name + METADATA, description())]


def turtle(text: str, name: str = "x.ttl") -> SourceFile:
    return SourceFile(name, (PREFIXES + text).encode())


def rules(**changes: object) -> Rules:
    return Rules(**{"base": BASE, "ontology": ONTOLOGY, "shapes": SHAPES, **changes})  # type: ignore[arg-type] # fields by name


def only(examination: Examination) -> Finding:
    assert len(examination.findings) == 1, examination.findings
    return examination.findings[0]


def found(*files: SourceFile, **changes: object) -> list[str]:
    return [finding.rule.rpartition("#")[2] for finding in examine(files, rules(**changes)).findings]


def test_files_that_conform_become_sorted_quads_in_their_graphs() -> None:
    examination = examine(
        [*table(BUNDLES), turtle(':bundle\\/c a ozg:Bundle ; ozg:month "2020-12"^^xsd:gYearMonth .')], rules()
    )
    assert (examination.findings, examination.conforms, examination.rows, examination.files) == ((), True, 2, 2)
    lines = examination.quads.splitlines()
    assert lines == sorted(lines)
    assert {quad.graph_name.value for quad in ox.parse(examination.quads, ox.RdfFormat.N_QUADS)} == {
        BASE + "graph/bundles",
        BASE + "graph/x",
    }


def test_a_finding_of_a_rule_points_at_the_cell() -> None:
    finding = only(examine(table(BUNDLES.replace("2020-11", "")), rules()))
    assert (finding.place.file, finding.place.row, finding.place.column) == ("bundles.csv", 3, "Verfügbar ab")
    assert finding.rule == "https://w3id.org/ozg-lod/shapes#month-needed"
    assert finding.message["de"] == "Tragen Sie einen Monat ein."
    assert finding.place.subject is not None
    assert finding.place.subject["de"] == "B"
    assert finding.place.property is not None
    assert finding.place.property["en"] == "month"
    assert finding.place.focus == BASE + "id/bundle/b"


def test_a_cell_that_cannot_be_read_is_one_finding_and_not_two() -> None:
    assert found(*table(BUNDLES.replace("2020-11", "Herbst 20"))) == ["cell-datatype"]


def test_a_finding_in_rdf_names_file_thing_and_property() -> None:
    finding = only(examine([turtle(':bundle\\/c a ozg:Bundle ; skos:prefLabel "Ce"@de ; ozg:month "2020" .')], rules()))
    assert finding.place.file == "x.ttl"
    assert finding.place.subject is not None
    assert finding.place.subject["de"] == "Ce"
    assert finding.place.property is not None
    assert finding.place.property["de"] == "Monat"
    assert finding.value == "2020"


def test_a_warning_does_not_refuse_and_a_message_in_one_language_serves_both() -> None:
    examination = examine(table(BUNDLES.replace(",B,", ",Ein Name mit mehr als zwanzig Zeichen,")), rules())
    assert examination.conforms
    assert only(examination).severity is Severity.WARNING
    assert only(examination).message["en"] == "Kürzen Sie den Namen."


def test_a_reference_to_a_row_that_does_not_exist_is_found_with_the_nearest_key() -> None:
    text = "key,label,month,broader\njugendamt,J,2020-10,\nb,B,2020-10,jugendmat\n"
    finding = only(examine(table(text), rules(shapes=b"")))
    assert (finding.rule, finding.place.row, finding.place.column) == ("table-reference", 3, "broader")
    assert "meinten Sie jugendamt?" in finding.message["de"]


def test_a_reference_to_a_table_that_is_missing_is_a_finding_unless_it_is_published() -> None:
    files = table(BUNDLES.replace(",a\n", ",z\n"), "more.csv")
    assert found(*files, shapes=b"") == ["table-reference"]
    known = f"<{BASE}id/bundle/z> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{OZG}Bundle> .\n".encode()
    assert found(*files, known=known) == []
    assert found(*table(BUNDLES.replace(",a\n", ",y\n"), "more.csv"), known=known) == ["broader-known"]


def test_references_over_several_columns_are_checked_together() -> None:
    described = json.loads(description())
    described["tableSchema"]["foreignKeys"] = [
        {
            "columnReference": ["broader", "label"],
            "reference": {"resource": "bundles.csv", "columnReference": ["key", "label"]},
        }
    ]
    files = [
        SourceFile("bundles.csv", b"key,label,month,broader\na,A,2020-10,\nb,A,2020-10,a\nc,C,2020-10,a\n"),
        SourceFile("bundles.csv" + METADATA, json.dumps(described).encode()),
    ]
    assert only(examine(files, rules())).place.row == 4


def test_a_contribution_is_checked_by_the_description_that_fits_it() -> None:
    known = (SourceFile("bundles.csv" + METADATA, description(foreign=False)),)
    for name in ("bundles.csv", "meine tabelle.csv"):
        files = [SourceFile(name, b"key;label;month;broader\na;A;2020-10;\n")]
        assert examine(files, rules(descriptions=known, separators=",;\t")).findings == ()
    assert found(SourceFile("x.csv", b"a,b\n1,2\n"), descriptions=known) == ["table-description", "not-checked"]


def test_what_is_published_is_not_judged_again() -> None:
    known = f"<{BASE}id/bundle/z> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{OZG}Bundle> .\n".encode()
    file = turtle(':bundle\\/c a ozg:Bundle ; ozg:month "2020-12"^^xsd:gYearMonth ; skos:broader :bundle\\/z .')
    assert examine([file], rules(known=known)).findings == ()
    assert found(file) == ["broader-known"]


def test_a_triple_in_two_files_counts_once_in_the_merge() -> None:
    counting = (
        "count.rq",
        f"CONSTRUCT {{ <{BASE}id/x> <{OZG}n> ?n }} WHERE {{ SELECT (COUNT(*) AS ?n) {{ ?s <{OZG}m> ?o }} }}",
    )
    files = [turtle(":a ozg:m 15.0 .", "x.ttl"), turtle(":a ozg:m 15.00 .", "y.ttl")]
    quads = list(ox.parse(examine(files, rules(derive=(counting,))).quads, ox.RdfFormat.N_QUADS))
    assert [quad.object.value for quad in quads if quad.graph_name.value == BASE + "graph/derived"] == ["1"]
    assert len(quads) == 3


def test_derived_triples_see_earlier_ones_and_are_in_their_own_graph_once() -> None:
    derive = (
        ("b.rq", f"CONSTRUCT {{ ?s <{OZG}c> ?o }} WHERE {{ ?s <{OZG}b> ?o }}"),
        ("a.rq", f"CONSTRUCT {{ ?s <{OZG}b> ?o }} WHERE {{ ?s <{OZG}a> ?o }}"),
    )
    examination = examine([turtle(":x ozg:a 1 . :y ozg:a 2 ; ozg:b 2 .")], rules(derive=derive))
    derived = [q for q in ox.parse(examination.quads, ox.RdfFormat.N_QUADS) if q.graph_name.value.endswith("derived")]
    assert sorted(f"{quad.predicate.value[-1]}{quad.object.value}" for quad in derived) == ["b1", "c1", "c2"]


@pytest.mark.parametrize(
    "query",
    [
        "CONSTRUCT { ?s ?p [] } WHERE { ?s ?p ?o }",
        f'CONSTRUCT {{ ?s ?p "x"^^<{XSD}date> }} WHERE {{ ?s ?p ?o }}',
        "SELECT * { ?s ?p ?o }",
        "CONSTRUCT {",
    ],
)
def test_a_faulty_query_means_that_nothing_could_be_checked(query: str) -> None:
    with pytest.raises(Unprocessable, match=r"d\.rq"):
        examine([turtle(":a ozg:m 1 .")], rules(derive=(("d.rq", query),)))


def test_an_invariant_that_returns_rows_is_a_finding_for_each() -> None:
    query = f"# title: Kein Monat doppelt\n# title-en: No month twice\nSELECT ?a ?m {{ ?a <{OZG}month> ?m }}"
    examination = examine(table(BUNDLES), rules(invariants=(("months.rq", query),)))
    assert [(f.place.row, f.value, f.message["en"]) for f in examination.findings] == [
        (2, "2020-10", "No month twice"),
        (3, "2020-11", "No month twice"),
    ]
    bare = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert only(examine(table(BUNDLES), rules(invariants=(("count.rq", bare),)))).message["de"] == "count.rq"
    with pytest.raises(Unprocessable):
        examine(table(BUNDLES), rules(invariants=(("ask.rq", "ASK {}"),)))


def test_a_broken_file_stops_the_rules_that_need_all_files() -> None:
    files = [*table(BUNDLES.replace("2020-11", "")), SourceFile("x.ttl", b"<a> <b> ")]
    examination = examine(files, rules())
    assert [(finding.severity, finding.rule) for finding in examination.findings] == [
        (Severity.ERROR, "document-syntax"),
        (Severity.HINT, "not-checked"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("x.doc", b"", "file-kind"),
        ("x.ttl", 11 * 1024 * 1024 * b" ", "file-size"),
        ("x.csv", b"a\n", "table-description"),
        ("x.ttl", "<a> <b> 'ä' .".encode("cp1252"), "file-encoding"),
        ("x.ttl", "<a> <b> <c> .".encode("utf-16"), "file-encoding"),
        ("x.ttl", b'<a> <b> "\xed\xa0\x80" .', "file-encoding"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_says_why(name: str, content: bytes, rule: str) -> None:
    assert found(SourceFile(name, content)) == [rule, "not-checked"]


def test_a_broken_description_is_a_finding() -> None:
    files = [SourceFile("x.csv", b"a\n"), SourceFile("x.csv" + METADATA, b"{}")]
    examination = examine(files, rules())
    assert examination.findings[0].message["en"].startswith("x.csv-metadata.json, $.@context: must be")


def xml(body: str, head: str = "") -> bytes:
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    return f'{head}<rdf:RDF xmlns:rdf="{rdf}" xmlns:e="http://e/">{body}</rdf:RDF>'.encode()


LOL = "".join(f'<!ENTITY l{n} "{10 * f"&l{n - 1};"}">' for n in range(1, 10))
DESCRIPTION = '<rdf:Description rdf:about="http://a"><e:p>{}</e:p></rdf:Description>'
NESTED = "<rdf:Description><e:p>"

HOSTILE = {
    "V01 billion laughs": (
        "x.rdf",
        xml(DESCRIPTION.format("&l9;"), f'<!DOCTYPE r [<!ENTITY l0 "lol">{LOL}]>'),
        "document-doctype",
    ),
    "V03 external entity": (
        "x.rdf",
        xml("", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "document-doctype",
    ),
    "V03 external DTD": ("x.rdf", xml("", '<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">'), "document-doctype"),
    "V04 deep RDF/XML": ("x.rdf", xml(100_000 * NESTED), "document-depth"),
    "V05 deep JSON": ("x.jsonld", 200_000 * b'{"a":', "document-depth"),
    "V05 deep JSON arrays": ("x.jsonld", 200_000 * b"[", "document-depth"),
    "V06 deep blank nodes": ("x.ttl", b"<a> <b> " + 200_000 * b"[ <b> ", "document-depth"),
    "V06 deep lists": ("x.ttl", b"<a> <b> " + 200_000 * b"( ", "document-depth"),
    "V07 deep triple terms": ("x.ttl", b"<a> <b> " + 20_000 * b"<<( <a> <b> ", "document-rdf12"),
    "V07 deep triple terms in N-Triples": (
        "x.nt",
        b"<http://a> <http://b> " + 20_000 * b"<<( <http://a> <http://b> ",
        "document-rdf12",
    ),
    "V07 one quoted triple": ("x.ttl", b"# a comment\n<< <a> <b> <c> >> <d> <e> .", "document-rdf12"),
    "V08 long literal": ("x.ttl", b'<a> <b> "' + 100_001 * b"x" + b'" .', "value-length"),
    "V09 decimal bomb": (
        "x.ttl",
        b'<a> <b> "1E+999999999"^^<http://www.w3.org/2001/XMLSchema#decimal> .',
        "value-form",
    ),
    "V10 rdf:HTML": (
        "x.ttl",
        b'<a> <b> "<div>"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML> .',
        "value-datatype",
    ),
    "V10 rdf:JSON": ("x.jsonld", b'{"@id":"http://a","http://b":{"@value":{},"@type":"@json"}}', "value-datatype"),
    "V10 XMLLiteral": (
        "x.rdf",
        xml('<rdf:Description rdf:about="http://a"><e:p rdf:parseType="Literal"><b/></e:p></rdf:Description>'),
        "value-datatype",
    ),
    "V11 long integer": ("x.ttl", b"<a> <b> " + 5_000 * b"9" + b" .", "value-form"),
    "V12 remote context": ("x.jsonld", b'{"@context":"http://127.0.0.1/c","@id":"http://a"}', "document-syntax"),
    "V12 file context": ("x.jsonld", b'{"@context":{"@import":"file:///etc/passwd"}}', "document-syntax"),
    "V27 surrogate": ("x.ttl", b'<a> <b> "\\uD800" .', "document-syntax"),
    "V28 NUL": ("x.ttl", b'<a> <b> "x\\u0000" .', "value-characters"),
    "V28 raw control": ("x.ttl", b'<a> <b> "x\x1b[31m" .', "value-characters"),
    "V29 IRI with a space": ("x.ttl", b"<a> <b> <http://x/a b> .", "document-syntax"),
    "V29 IRI with CR LF": ("x.ttl", b"<a> <b> <http://x/a\\u000D\\u000ASet-Cookie:x> .", "document-syntax"),
    "javascript": ("x.ttl", b"<a> <b> <javascript:alert(1)> .", "address-scheme"),
    "file address": ("x.ttl", b"<file:///etc/passwd> <b> <c> .", "address-scheme"),
    "datatype address": ("x.ttl", b'<a> <b> "x"^^<data:x> .', "address-scheme"),
    "unnamed": ("x.ttl", b"<a> <b> [ <c> <d> ] .", "document-unnamed"),
    "direction": ("x.ttl", b'<a> <b> "x"@de--ltr .', "value-datatype"),
    "triple term": ("x.ttl", b"<a> <b> <c> ~ <d> .", "document-rdf12"),
    "annotation": ("x.ttl", b"<a> <b> <c> {| <d> <e> |} .", "document-unnamed"),
    "no XML": ("x.rdf", b"<a", "document-syntax"),
    "no namespaces": ("x.rdf", b"<a/>", "document-syntax"),
    "XML in an unknown encoding": ("x.rdf", xml("", '<?xml version="1.0" encoding="x-none"?>'), "document-syntax"),
    "no prefix": ("x.ttl", b"ex:a <b> <c> .", "document-syntax"),
    "no full stop": ("x.ttl", b"<a> <b> <c>", "document-syntax"),
    "no object": ("x.ttl", b"<a> <b> c .", "document-syntax"),
    "line end in text": ("x.ttl", b'<a> <b> "x\ny" .', "document-syntax"),
    "language tag": ("x.ttl", b'<a> <b> "x"@de-toolongsubtag .', "document-syntax"),
    "escape": ("x.ttl", b'<a> <b> "\\q" .', "document-syntax"),
    "half JSON": ("x.jsonld", b'{"a":', "document-syntax"),
    "other with an address": ("x.ttl", b'@prefix x: "http://y" .', "document-syntax"),
    "other": ("x.ttl", b"@prefix x <y> .", "document-syntax"),
    "twice": ("x.jsonld", b'{"@context":{},"@context":{}}', "document-syntax"),
    "an unclosed string of backslashes": ("x.jsonld", b'"' + 500_000 * b'\\"', "document-syntax"),
    "unclosed addresses": ("x.ttl", b"<<" + 500_000 * b"<a", "document-rdf12"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_a_finding_in_no_time(case: str) -> None:
    name, content, rule = HOSTILE[case]
    start = time.process_time()
    examination = examine([SourceFile(name, content)], rules(shapes=b""))
    assert time.process_time() - start < 2
    assert rule in {finding.rule for finding in examination.findings}
    assert not examination.conforms
    for finding in examination.findings:
        assert len(finding.message["de"]) > 20
        assert finding.value is None or len(finding.value) <= 200


def test_a_syntax_error_has_its_line_and_says_what_would_be_right() -> None:
    finding = examine([SourceFile("x.ttl", b"<a> <b> <c> .\n<a> ex:b <c> .\n")], rules()).findings[0]
    assert (finding.place.line, finding.place.character) == (2, 5)
    assert finding.message["de"] == "Das Präfix „ex:“ ist nicht erklärt; ergänzen Sie oben eine Zeile „@prefix ex: … .“"
    assert finding.value == "<a> ex:b <c> ."


def test_refused_things_inside_texts_and_comments_are_only_text() -> None:
    many = ", ".join(f'"[({number}"' for number in range(200))
    content = f"""
    # << a comment
    :a skos:note "<< [[[ ", '<<', \"\"\"<< "quoted" \"\"\", '''<<''' ; :b\\#c "(" .
    :a skos:note {many} .
    """
    assert found(turtle(content), shapes=b"") == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.nt", b"<http://a> <http://b> <http://c> ."),
        ("x.nq", b"<http://a> <http://b> <http://c> ."),
        ("x.trig", b"<http://a> <http://b> <http://c> ."),
        ("x.rdf", xml(DESCRIPTION.format("x"))),
        ("x.rdf", b"\xef\xbb\xbf" + xml(DESCRIPTION.format("x"))),
        ("x.jsonld", b'{"@id":"http://a","http://b":[{"@id":"http://c"}]}'),
        ("x.ttl", b"\xef\xbb\xbf<a> <b> <c> ."),
        ("x.ttl", b'<a> <b> "2020-02-29"^^<http://www.w3.org/2001/XMLSchema#date>, "POINT(1 2)"^^<http://x/wkt> .'),
    ],
)
def test_every_format_is_read(name: str, content: bytes) -> None:
    examination = examine([SourceFile(name, content)], rules(shapes=b""))
    assert examination.findings == ()
    assert examination.quads


def test_graphs_inside_a_file_are_read_as_one_and_said() -> None:
    examination = examine([SourceFile("x.nq", b"<http://a> <http://b> <http://c> <http://g> .")], rules(shapes=b""))
    assert (only(examination).rule, only(examination).severity) == ("document-graphs", Severity.HINT)
    assert b"graph/x" in examination.quads


def test_entries_without_an_address_may_be_let_through() -> None:
    file = turtle("[] a ozg:Bundle ; ozg:month \"2020\" . <b> skos:note [ skos:note 'x' ] .")
    finding = only(examine([file], rules(blank_nodes=True)))
    assert finding.place.subject is not None
    assert finding.place.subject["de"] == "ein Eintrag ohne eigene Adresse"
    assert (finding.place.file, finding.place.focus) == ("x.ttl", None)


def test_a_rule_that_cannot_be_applied_is_no_verdict() -> None:
    broken = (
        PREFIXES + "r:S a sh:NodeShape ; sh:targetClass ozg:Bundle ; sh:minCount ( 1 ) ; sh:property r:none ."
    ).encode()
    for shapes in (broken, b"<a"):
        with pytest.raises(Unprocessable):
            examine(table(BUNDLES), rules(shapes=shapes))
    with pytest.raises(Unprocessable):
        examine(table(BUNDLES), rules(ontology=b"<a"))


def test_data_cannot_switch_a_rule_off() -> None:
    files = [
        *table(BUNDLES.replace("2020-11", "")),
        turtle("r:month-needed sh:deactivated true . r:Bundle sh:deactivated true ."),
    ]
    assert "month-needed" in found(*files)


def test_a_rule_without_a_message_says_what_it_asks_for() -> None:
    nameless = (
        PREFIXES
        + """
    r:A a sh:NodeShape ; sh:targetClass ozg:Bundle ; sh:property [ sh:path ozg:month ; sh:maxCount 0 ] .
    r:B a sh:NodeShape ; sh:targetClass ozg:Bundle ; sh:not r:C .
    r:C a sh:NodeShape ; sh:class ozg:Bundle ."""
    )
    examination = examine(table(BUNDLES), rules(shapes=nameless.encode()))
    assert {finding.message["en"] for finding in examination.findings} == {
        "number of values: at most 0",
        "the shape r:C must not apply to the value",
    }
    files = [*table(BUNDLES.replace(",a\n", ",\n")), turtle(":bundle\\/b skos:broader :x .")]
    assert only(examine(files, rules())).message["de"] == "Der Wert muss zur Klasse ozg:Bundle gehören"


QUERIES = """
<https://w3id.org/ozg-lod/shapes> sh:declare r:prefix .
r:prefix sh:prefix "ozg" ; sh:namespace "https://w3id.org/ozg-lod/ontology#" .
r:Late a sh:NodeShape ; sh:targetClass ozg:Bundle ; sh:sparql r:late-query ; sh:message "Zu spät."@de, "Too late."@en .
r:late-query sh:prefixes <https://w3id.org/ozg-lod/shapes> ;
  sh:select "SELECT $this ?value WHERE { $this ozg:month ?value FILTER(STR(?value) > '2020-10') }" .
r:Unknown a sh:NodeShape ; sh:targetNode <https://w3id.org/ozg-lod/ontology> ; sh:sparql r:unknown-query ;
  sh:targetSubjectsOf rdfs:isDefinedBy ; sh:targetObjectsOf rdfs:isDefinedBy .
r:unknown-query sh:message "Unbekannt."@de ; sh:select \"\"\"SELECT $this ?value ?path WHERE {
  ?value ?path ?o FILTER(STRSTARTS(STR(?path), "https://w3id.org/ozg-lod/ontology#"))
  FILTER NOT EXISTS { ?path <http://www.w3.org/2000/01/rdf-schema#isDefinedBy> $this } }\"\"\" .
r:Left a sh:NodeShape ; sh:targetClass ozg:Bundle ; sh:sparql r:left-query ; sh:severity sh:Info .
r:left-query
  sh:select "SELECT $this WHERE { $this a ?t FILTER($currentShape = $currentShape) }" ; sh:message "Links."@de .
"""


def test_constraints_in_sparql_find_cells_and_things() -> None:
    files = [*table(BUNDLES), turtle(":bundle\\/a ozg:mnth 1 .")]
    examination = examine(files, rules(shapes=(PREFIXES + QUERIES).encode()))
    said = [
        (f.rule.rpartition("#")[2], f.place.file, f.place.row, f.message["de"], f.value) for f in examination.findings
    ]
    assert ("Late", "bundles.csv", 3, "Zu spät.", "2020-11") in said
    assert any(rule == "Unknown" and file == "x.ttl" and text == "Unbekannt." for rule, file, _, text, _ in said)
    assert any(rule == "Left" for rule, *_ in said)


def test_a_thing_that_is_only_mentioned_is_placed_where_it_is_mentioned() -> None:
    described = PREFIXES + "r:S a sh:NodeShape ; sh:targetObjectsOf skos:broader ; sh:property r:p . "
    described += "r:p sh:path rdfs:label"
    only_mentioned = (described + ' ; sh:minCount 1 ; sh:message "Beschreiben."@de .').encode()
    finding = only(examine(table(BUNDLES.replace(",a\n", ",q\n")), rules(shapes=only_mentioned)))
    assert (finding.rule, finding.place.column) == ("table-reference", "broader")
    described_alone = json.loads(description(foreign=False))
    files = [
        SourceFile("bundles.csv", BUNDLES.replace(",a\n", ",q\n").encode()),
        SourceFile("bundles.csv" + METADATA, json.dumps(described_alone).encode()),
    ]
    finding = only(examine(files, rules(shapes=only_mentioned)))
    assert (finding.place.file, finding.place.row, finding.place.column) == ("bundles.csv", 3, "broader")
    finding = only(examine([turtle(":x skos:broader :y .")], rules(shapes=only_mentioned)))
    assert finding.place.file == "x.ttl"


def test_a_part_is_placed_where_its_whole_is() -> None:
    where = f'{{ ?s a <{OZG}Bundle> BIND(IRI(CONCAT(STR(?s), "#p")) AS ?part) }}'
    derive = (("part.rq", f"CONSTRUCT {{ ?part <{OZG}availabilityOf> ?s }} WHERE {where}"),)
    part = PREFIXES + "r:S a sh:NodeShape ; sh:targetSubjectsOf ozg:availabilityOf ; sh:property r:p . "
    part += "r:p sh:path ozg:n ; sh:minCount 1 ."
    examination = examine(table(BUNDLES), rules(shapes=part.encode(), derive=derive))
    assert [finding.place.row for finding in examination.findings] == [2, 3]


def test_an_examination_crosses_a_pipe() -> None:
    examination = examine(
        [*table(BUNDLES.replace("2020-11", "Oktober 2020")), SourceFile("x.ttl", b"<a> <b> 1 .")], rules()
    )
    assert wire.decode(Examination, wire.encode(examination)) == examination


def test_findings_beyond_the_first_thousand_are_counted() -> None:
    rows = "".join(f"k{number},,,\n" for number in range(1_200))
    examination = examine(table("key,label,month,broader\n" + rows), rules())
    assert (len(examination.findings), examination.counts[Severity.ERROR], examination.truncated) == (1_000, 1_200, 200)


def test_the_order_of_files_does_not_matter() -> None:
    files = [
        *table(BUNDLES.replace("2020-10", "")),
        turtle(":x a ozg:Bundle .", "a.ttl"),
        turtle(":y skos:broader :z .", "b.ttl"),
    ]
    assert examine(files, rules()) == examine(files[::-1], rules())


def test_a_graph_is_named_after_its_file() -> None:
    assert graph_of("data/übersicht 1.ttl", BASE) == BASE + "graph/%C3%BCbersicht%201"
    examination = examine([SourceFile("x.ttl", b"<a> <b> 1 .", "https://g/")], rules())
    assert b"<https://g/>" in examination.quads


def test_no_engine_for_javascript_is_installed() -> None:
    assert find_spec("pyduktape2") is None


@given(st.binary(max_size=200), st.sampled_from(sorted(set(SUFFIXES) - {".csv"})))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_found_faulty(content: bytes, suffix: str) -> None:
    examination = examine([SourceFile("x" + suffix, content)], rules(shapes=b""))
    assert examination.conforms or examination.findings


def test_the_catalogue_itself_passes_in_time() -> None:
    data = [path for path in sorted((ROOT / "data").iterdir()) if path.name.endswith((*SUFFIXES, METADATA))]
    texts = {
        folder: sorted((ROOT / folder).glob(kind)) for folder, kind in (("shapes", "*.ttl"), ("ontology", "*.ttl"))
    }
    queries = sorted((ROOT / "queries" / "derive").glob("*.rq"))
    everything = Rules(
        base=BASE,
        shapes=b"\n".join(path.read_bytes() for path in texts["shapes"]),
        ontology=b"\n".join(path.read_bytes() for path in texts["ontology"]),
        derive=tuple((path.name, path.read_text()) for path in queries),
    )
    start = time.process_time()
    examination = examine([SourceFile(path.name, path.read_bytes()) for path in data], everything)
    assert sys.gettrace() or time.process_time() - start < 8  # measuring coverage doubles it
    assert [finding for finding in examination.findings if finding.severity is Severity.ERROR] == []
