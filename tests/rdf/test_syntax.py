"""Faults of RDF files: line, column, the piece, and what would be right, in every format."""

from __future__ import annotations

import pytest

from ozg_lod.core.findings import Finding
from ozg_lod.validation import documents

XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="http://d.example/">
%s
</rdf:RDF>"""
JSON = '{"@context": {"d": "http://d.example/"},\n"@id": "%s",\n"d:name": {"@value": "x", "@language": "%s"}}'


def fault(file: str, text: str | bytes) -> Finding:
    document = documents.read(text if isinstance(text, bytes) else text.encode(), file, base="https://base.example/")
    assert not document.readable
    return document.findings[-1]


@pytest.mark.parametrize(
    ("body", "line", "piece", "right"),
    [
        ('<d:A rdf:about="http://a/b c"/>', 3, "http://a/b c", "http://a/b%20c"),
        (
            '<d:A rdf:about="http://a/">\n<d:p rdf:resource="http://x/{y}"/></d:A>',
            4,
            "http://x/{y}",
            "http://x/%7By%7D",
        ),
        (
            '<d:A rdf:about="http://a/">\n\n<d:p rdf:resource="http://x/?a=1&amp;b=[2]"/></d:A>',
            5,
            "http://x/?a=1",
            "%5B2%5D",
        ),
        ('<d:A rdf:about="tel:06 41 12"/>', 3, "tel:06 41 12", "tel:064112"),
        ('<d:A rdf:about="karte 1"/>', 3, "karte 1", "%20"),
        ('<d:A rdf:about="http://a/"><d:p xml:lang="de_DE">x</d:p></d:A>', 3, "de_DE", "de-DE"),
        ('<d:A rdf:about="http://a/"><d:p xml:lang="en_gb">x</d:p></d:A>', 3, "en_gb", "en-GB"),
        ('<d:A rdf:about="http://a/">\n<foaf:name>x</foaf:name></d:A>', 4, "foaf", "http://xmlns.com/foaf/0.1/"),
        ('<d:A rdf:about="http://a/">\n<zz:name>x</zz:name></d:A>', 4, "zz", 'xmlns:zz="…"'),
        ('<d:A rdf:ID="a b"/>', 3, "a b", "rdf:about"),
        ('<d:A rdf:ID="a"/>\n<d:A rdf:ID="a"/>', 4, "a", 'rdf:about="#a"'),
        ('<d:A rdf:ID="1a"/>', 3, "1a", "rdf:about"),
    ],
)
def test_a_fault_of_rdf_xml_has_its_place(body: str, line: int, piece: str, right: str) -> None:
    finding = fault("a.rdf", XML % body)
    assert finding.place.line == line
    text = (XML % body).splitlines()[line - 1]
    assert finding.place.character is not None
    assert piece in text[finding.place.character - 1 :]
    for language in ("de", "en"):
        assert piece in finding.message[language]
        assert right in finding.message[language]


@pytest.mark.parametrize(
    ("text", "line", "right"),
    [
        ("<http://a> <http://b> 1 .\n<http://a/b c> <http://b> 1 .", 2, "http://a/b%20c"),
        ("<http://a> <http://b> <http://x/[1]> .", 1, "http://x/%5B1%5D"),
        ('<http://a> <http://b> "x"@de_AT .', 1, "de-AT"),
        ('<http://a> <http://b> "x"@deu_DE .', 1, "de-DE"),
        ("<http://a> dct:title 1 .", 1, "<http://purl.org/dc/terms/>"),
        ("\n\n<http://a> zz:title 1 .", 3, '"@prefix zz: …'),
    ],
)
def test_a_fault_of_turtle_has_its_piece(text: str, line: int, right: str) -> None:
    finding = fault("a.ttl", text)
    assert finding.place.line == line
    assert right in finding.message["en"]


@pytest.mark.parametrize(
    ("address", "tag", "line", "right"),
    [
        ("http://a/b c", "de", 2, "http://a/b%20c"),
        ("http://a/{b}", "de", 2, "http://a/%7Bb%7D"),
        ("http://a/", "de_DE", 3, "de-DE"),
        ("http://a/", "deutschland", 3, "for example de"),
    ],
)
def test_json_ld_loses_nothing_silently(address: str, tag: str, line: int, right: str) -> None:
    finding = fault("a.jsonld", JSON % (address, tag))
    assert finding.place.line == line
    assert right in finding.message["en"]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "iso-8859-15"])
def test_rdf_xml_is_read_in_the_encoding_it_declares(encoding: str) -> None:
    body = '<d:A rdf:about="http://a/"><d:p xml:lang="de">Gießen, Büdingen</d:p></d:A>'
    text = (XML % body).replace('version="1.0"', f'version="1.0" encoding="{encoding}"')
    document = documents.read(text.encode(encoding), "a.rdf", base="https://base.example/")
    assert document.readable
    assert any(getattr(triple.object, "value", "") == "Gießen, Büdingen" for triple in document.triples)


@pytest.mark.parametrize("file", ["a.ttl", "a.nt", "a.jsonld"])
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_named_where_rdf_has_none_but_utf_8(file: str, encoding: str) -> None:
    finding = fault(file, '<http://a> <http://b> "Gießen" .'.encode(encoding))
    assert finding.rule == "file-encoding"
    assert "UTF-8" in finding.message["de"]
