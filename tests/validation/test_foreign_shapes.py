"""Somebody's own shapes: what each constraint says for itself, what was looked at, and the report as SHACL has it."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest

from ozg_lod.build import build
from ozg_lod.core.errors import SourceError, Unprocessable
from ozg_lod.core.findings import Severity
from ozg_lod.core.vocab import SH
from ozg_lod.validation import gate, report
from ozg_lod.validation.examination import Examination, SourceFile

BASE = "https://example.org/"
PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix x: <https://example.org/x#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
DATA = """x:bus a x:Line ; x:stops 3 ; x:label "Bus"@de , "Omnibus"@de ; x:from x:a ; x:to x:b ; x:code "4711" .
x:a a x:Stop . x:tram a x:Line ; x:stops 7 ; x:label "Tram"@en ; x:code "ab" ; x:from x:b ; x:to x:b ."""
RULE = "x:Rule a sh:NodeShape ; sh:targetClass x:Line ; sh:property [ {} ] ."


def file(name: str, text: str) -> SourceFile:
    return SourceFile(name, (PREFIXES + text if name.endswith(".ttl") else text).encode())


def checked(data: str, *shapes: str, imports: tuple[SourceFile, ...] = ()) -> Examination:
    files = [file(f"shapes{number}.ttl", text) for number, text in enumerate(shapes)]
    return gate.examine([file("data.ttl", data)], build.foreign_rules(files, BASE, imports))


@pytest.mark.parametrize(
    ("constraint", "sentence"),
    [
        ("sh:path x:from ; sh:class x:Stop", "the value must be of the class x:Stop"),
        ("sh:path x:code ; sh:datatype xsd:int", "the value must have the datatype xsd:int"),
        ("sh:path x:from ; sh:nodeKind sh:Literal", "the value must be a text, number or date (literal)"),
        ("sh:path x:operator ; sh:minCount 1", "number of values: at least 1"),
        ("sh:path x:label ; sh:maxCount 1", "number of values: at most 1"),
        ("sh:path x:stops ; sh:minExclusive 3", "the value must be greater than 3"),
        ("sh:path x:stops ; sh:minInclusive 4", "the value must be 4 or greater"),
        ("sh:path x:stops ; sh:maxExclusive 7", "the value must be less than 7"),
        ("sh:path x:stops ; sh:maxInclusive 5", "the value must be 5 or less"),
        ("sh:path x:code ; sh:minLength 4", "number of characters: at least 4"),
        ("sh:path x:code ; sh:maxLength 3", "number of characters: at most 3"),
        ("sh:path x:code ; sh:pattern '^[0-9]+$'", 'the value must match the pattern "^[0-9]+$"'),
        ("sh:path x:label ; sh:languageIn ( 'de' 'fr' )", 'the text must be in one of the languages "de", "fr"'),
        ("sh:path x:label ; sh:uniqueLang true", "there may be only one text in each language"),
        ("sh:path x:from ; sh:equals x:to", "the values must be the same as those of x:to"),
        ("sh:path x:from ; sh:disjoint x:to", "the value must not stand under x:to too"),
        ("sh:path x:stops ; sh:lessThan x:stops", "the value must be less than that of x:stops"),
        ("sh:path x:from ; sh:not [ sh:class x:Stop ]", "the shape [class x:Stop] must not apply to the value"),
        (
            "sh:path x:code ; sh:or ( [ sh:datatype xsd:int ] [ sh:hasValue 'z' ] )",
            'at least one of these must apply to the value: [datatype xsd:int], [hasValue "z"]',
        ),
        ("sh:path x:from ; sh:node [ sh:class x:Stop ]", "the value must conform to the shape [class x:Stop]"),
        (
            "sh:path x:from ; sh:qualifiedMinCount 2 ; sh:qualifiedValueShape [ sh:class x:Stop ]",
            "number of values that conform to [class x:Stop]: at least 2",
        ),
        ("sh:path x:code ; sh:hasValue 'ab'", 'one of the values must be "ab"'),
        ("sh:path x:stops ; sh:in ( 1 2 3 )", "the value must be one of 1, 2, 3"),
    ],
)
def test_a_constraint_without_a_message_says_what_it_asks_for(constraint: str, sentence: str) -> None:
    examination = checked(DATA, RULE.format(constraint))
    assert {finding.message["en"].startswith(sentence) for finding in examination.findings} == {True}
    assert all(finding.message["de"] != finding.message["en"] for finding in examination.findings)
    told = results(examination)
    assert all({text.language for text in texts} == {"de", "en"} for texts in told.values())
    path = constraint.removeprefix("sh:path ").partition(" ")[0]
    assert all(text.value.startswith(path) for texts in told.values() for text in texts)


def results(examination: Examination) -> dict[object, list[ox.Literal]]:
    """Return the messages of each result in the Turtle report."""
    graph = [quad.triple for quad in ox.parse(report.to_turtle(examination), ox.RdfFormat.TURTLE)]
    nodes = [triple.object for triple in graph if triple.predicate.value == SH + "result"]
    message = SH + "resultMessage"
    return {node: [t.object for t in graph if t.subject == node and t.predicate.value == message] for node in nodes}


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("( x:from x:to )", "x:from / x:to"),
        ("[ sh:inversePath x:serves ]", "^x:serves"),
        ("[ sh:alternativePath ( x:operator x:owner ) ]", "(x:operator | x:owner)"),
        ("[ sh:oneOrMorePath [ sh:inversePath x:serves ] ]", "^x:serves+"),
    ],
)
def test_a_path_that_is_no_property_is_shown_and_stands_in_the_report(path: str, written: str) -> None:
    examination = checked(DATA, RULE.format(f"sh:path {path} ; sh:minCount 5"))
    assert {str(finding.place.property) for finding in examination.findings} == {written}
    assert report.to_turtle(examination).count(b"sh:resultPath") == len(examination.findings) == 2


def test_the_report_has_all_results_where_the_text_lists_some() -> None:
    data = "".join(f"x:l{number} a x:Line . " for number in range(1_200))
    examination = checked(data, RULE.format("sh:path x:code ; sh:minCount 1"))
    assert examination.truncated == 200
    assert len(results(examination)) == 1_200


@pytest.mark.parametrize(
    ("value", "datatype"),
    [
        ('"8"^^xsd:unsignedByte', "xsd:unsignedByte"),
        ('"007"^^xsd:nonNegativeInteger', "xsd:nonNegativeInteger"),
        ('"<p>Ein Text</p>"^^rdf:HTML', "rdf:HTML"),
        ('"%s"^^rdf:HTML' % ("<b>fett</b>" * 3_000), "rdf:HTML"),
        ('"%s"' % ("lang " * 30_000), "xsd:string"),
    ],
)
def test_values_are_judged_as_they_are_written(value: str, datatype: str) -> None:
    data = f"x:bus a x:Line ; x:code {value} ."
    assert checked(data, RULE.format(f"sh:path x:code ; sh:datatype {datatype}")).findings == ()


def test_a_value_outside_its_datatype_is_a_result_with_the_value_as_it_stands() -> None:
    values = ('"300"^^xsd:byte', '"2026-11-31"^^xsd:date', '"2026-08-16T12:00:00Z"^^xsd:date')
    for value in values:
        datatype = value.partition("^^")[2]
        examination = checked(
            f"x:bus a x:Line ; x:code {value} .", RULE.format(f"sh:path x:code ; sh:datatype {datatype}")
        )
        assert f"sh:value {value}" in report.to_turtle(examination).decode()


@pytest.mark.parametrize(
    ("data", "shapes", "part"),
    [
        (DATA, "x:Rule a sh:NodeShape ; sh:property [ sh:path x:code ; sh:minCount 1 ] .", "no shape says"),
        ("x:bus a <http://example.org/x#Line> .", RULE.format("sh:path x:code"), "<http://example.org/x#Line>"),
        ("x:bus x:code 1 .", "x:R a sh:NodeShape ; sh:targetSubjectsOf x:kode ; sh:closed true .", "x:kode"),
    ],
)
def test_a_check_that_looked_at_nothing_says_so(data: str, shapes: str, part: str) -> None:
    examination = checked(data, shapes)
    (finding,) = examination.findings
    assert finding.severity is Severity.WARNING
    assert part in finding.message["en"]
    assert not report.conforms(examination, strict=True)
    assert b"sh:conforms true" in report.to_turtle(examination)


def test_the_report_says_what_each_shape_looked_at() -> None:
    shapes = "x:Lines a sh:NodeShape ; sh:targetClass x:Line . x:Ships a sh:NodeShape ; sh:targetClass x:Ship ."
    examination = checked(DATA + " x:boat a x:Ferry . x:Ferry rdfs:subClassOf x:Line .", shapes)
    assert [(one.shape, one.focus_nodes) for one in examination.coverage] == [("x:Lines", 3), ("x:Ships", 0)]
    assert "x:Lines (x:Line): 3 nodes\n  without a node: x:Ships" in report.to_text(examination, "en")
    assert [one["focus_nodes"] for one in json.loads(report.to_json(examination))["shapes"]] == [3, 0]


def test_shapes_come_in_every_format_and_in_several_files() -> None:
    first = RULE.format("sh:path x:code ; sh:pattern '^[0-9]+$'")
    second = "x:Stops a sh:NodeShape ; sh:targetClass x:Stop ; sh:property [ sh:path x:name ; sh:minCount 1 ] ."
    triples = [quad.triple for quad in ox.parse((PREFIXES + first).encode(), ox.RdfFormat.TURTLE)]
    for suffix, form in (
        ("rdf", "RDF_XML"),
        ("owl", "RDF_XML"),
        ("jsonld", "JSON_LD"),
        ("json", "JSON_LD"),
        ("nt", "N_TRIPLES"),
    ):
        written = SourceFile(f"s.{suffix}", ox.serialize(triples, format=getattr(ox.RdfFormat, form)) or b"")
        rules = build.foreign_rules([written, file("second.ttl", second)], BASE)
        assert len(gate.examine([file("data.ttl", DATA)], rules).findings) == 2


def test_imports_are_read_from_the_folder_that_is_named() -> None:
    shapes = "<https://other.org/rules/all> a owl:Ontology ; owl:imports <https://other.org/rules/lines#> ."
    lines = file(
        "anything.ttl",
        "<https://other.org/rules/lines> a owl:Ontology ; owl:imports <codes> . "
        + RULE.format("sh:path x:nr ; sh:minCount 1"),
    )
    codes = file(
        "codes.ttl",
        "x:Codes a sh:NodeShape ; sh:targetClass x:Line ; sh:property [ sh:path x:code ; sh:maxLength 3 ] .",
    )
    alone = checked(DATA, shapes)
    assert "shapes-import" in {finding.rule for finding in alone.findings}
    whole = checked(DATA, shapes, imports=(lines, codes, file("broken.ttl", "x:")))
    assert {finding.message["en"] for finding in whole.findings} == {
        "number of values: at least 1",
        "number of characters: at most 3",
    }


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("sh:path x:code ; sh:sparql [ sh:select 'SELECT $this WHERE { $this ?p ' ]", ("x:Rule", "x:code")),
        ("sh:path x:code ; sh:pattern '('", ("x:Rule", "x:code")),
        ("sh:path x:code ; sh:minCount 'two'", ("x:Rule", "x:code", "minCount")),
        ("sh:path x:code ; sh:in x:list", ("x:Rule", "x:code", "sh:in")),
    ],
)
def test_a_rule_that_cannot_be_applied_is_named(rule: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(Unprocessable) as failed:
        checked(DATA, RULE.format(rule), "x:Good a sh:NodeShape ; sh:targetClass x:Stop ; sh:nodeKind sh:IRI .")
    assert all(part in failed.value.message["en"] for part in parts)


@pytest.mark.parametrize(
    "text", ["x:Rule a sh:NodeShape ; y:z 1 .", "x:Rule a sh:NodeShape\nx:a x:b x:c .", "x:R x:a 'b"]
)
def test_a_shapes_file_that_cannot_be_read_has_a_place(text: str) -> None:
    with pytest.raises(SourceError) as failed:
        checked(DATA, text)
    assert "shapes0.ttl line " in failed.value.message["en"]
    assert "shapes0.ttl, Zeile " in failed.value.message["de"]
