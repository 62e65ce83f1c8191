"""What strangers may upload to do harm: one entry for each row V01–V31 and C01–C07 of the table of attacks.

`CASES` has for each row the files and what must come of them: a rule that is named in a finding, the failure that says
that nothing could be checked, or "handled" where the file is as good as any other. `CANARY` is replaced by the address of
a listener that must hear nothing.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

CANARY = "http://canary.invalid/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
HEAD = (
    "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> . "
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix ozg: <https://w3id.org/ozg-lod/ontology#> . "
    "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
)


@dataclass(frozen=True)
class Case:
    """One upload; `shapes` are somebody's own rules, as only the command line takes them."""

    row: str
    what: str
    file: str
    content: bytes
    expects: str
    shapes: str = ""
    within_s: float = 10


def xml(body: str, head: str = "") -> bytes:
    return f'{head}<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="http://e/">{body}</rdf:RDF>'.encode()


def archive(**parts: bytes) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as found:
        for name, content in {**WORKBOOK, **parts}.items():
            found.writestr(name, content)
    return output.getvalue()


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WORKBOOK = {
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="r"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r" Type="{OFFICE}/worksheet" Target="worksheets/a.xml"/></Relationships>',
}


def sheet(cells: str, head: str = "") -> bytes:
    body = f'{head}<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'
    return archive(**{"xl/worksheets/a.xml": body.encode()})


def ttl(body: str) -> bytes:
    return (HEAD + body).encode()


def select(query: str) -> str:
    return (
        HEAD
        + "ex:S a sh:NodeShape ; sh:targetSubjectsOf rdfs:label ; sh:sparql ex:q . ex:q a sh:SPARQLConstraint ; "
        + f'sh:message "no" ; sh:select """{query}""" .'
    )


def pattern(text: str) -> str:
    return (
        HEAD
        + f"ex:S a sh:NodeShape ; sh:targetSubjectsOf rdfs:label ; sh:property ex:p . ex:p sh:path rdfs:label ; {text} ."
    )


LOL = "".join(f'<!ENTITY l{n} "{10 * f"&l{n - 1};"}">' for n in range(1, 10))
LABEL = ttl('ex:a rdfs:label "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" .')
CROSS = "SELECT $this WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . FILTER(?a = ?o && ?c = ?m) }"
STATEMENT = "<https://e.org/id/statement/{n}> a ozg:Statement ; skos:prefLabel {text}@de .\n"
BOM = b"\xef\xbb\xbf"
TABLE = b"AGS;Leistung;Stand;Gepr\xc3\xbcft am\n06531005;jugendamt;geplant;2026-11-24\n"
MIB = 1 << 20

CASES = [
    Case("V01", "billion laughs", "x.rdf", xml("<e:p>&l9;</e:p>", f'<!DOCTYPE r [<!ENTITY l0 "l">{LOL}]>'), "document-doctype"),
    Case("V02", "quadratic blow-up", "x.rdf", xml(50_000 * "&a;", f'<!DOCTYPE r [<!ENTITY a "{50_000 * "a"}">]>'), "document-doctype"),
    Case("V03", "external entity", "x.rdf", xml("&x;", f'<!DOCTYPE r [<!ENTITY x SYSTEM "{CANARY}">]>'), "document-doctype"),
    Case("V03", "external DTD", "x.rdf", xml("", f'<!DOCTYPE r SYSTEM "{CANARY}">'), "document-doctype"),
    Case("V04", "deep RDF/XML", "x.rdf", xml(100_000 * "<rdf:Description><e:p>"), "document-depth"),
    Case("V05", "deep JSON", "x.jsonld", 200_000 * b'{"a":', "document-depth"),
    Case("V06", "deep blank nodes", "x.ttl", b"<a> <b> " + 200_000 * b"[ <b> ", "document-depth"),
    Case("V06", "deep lists", "x.ttl", b"<a> <b> " + 200_000 * b"( ", "document-depth"),
    Case("V07", "deep triple terms", "x.ttl", b"<a> <b> " + 20_000 * b"<<( <a> <b> ", "document-rdf12"),
    Case("V08", "12 MiB of literal", "x.ttl", b'<a> <b> "' + 12 * MIB * b"x" + b'" .', "file-size"),
    Case("V08", "literal of 100,001 characters", "x.ttl", b'<a> <b> "' + 100_001 * b"x" + b'" .', "value-length"),
    Case("V09", "decimal bomb", "x.ttl", ttl('ex:a ex:b "1E+999999999"^^xsd:decimal .'), "value-form"),
    Case("V10", "HTML literal", "x.ttl", ttl(f'ex:a ex:b "{4_000 * "<div>"}"^^rdf:HTML .'), "value-datatype"),
    Case("V10", "XML literal", "x.ttl", ttl(f'ex:a ex:b "{4_000 * "<a>"}"^^rdf:XMLLiteral .'), "value-datatype"),
    Case("V11", "integer of 5,000 digits", "x.ttl", b"<a> <b> " + 5_000 * b"9" + b" .", "value-form"),
    Case("V12", "remote context", "x.jsonld", f'{{"@context":"{CANARY}","@id":"http://a"}}'.encode(), "document-syntax"),
    Case("V12", "context from a file", "x.jsonld", b'{"@context":{"@import":"file:///etc/passwd"}}', "document-syntax"),
    Case("V13", "imports in data", "x.ttl", ttl(f"ex:a a owl:Ontology ; owl:imports <{CANARY}> ."), "handled"),
    Case("V13", "imports in shapes", "x.ttl", LABEL, "handled", HEAD + f"ex:s a owl:Ontology ; owl:imports <{CANARY}> ."),
    Case("V14", "an address as shapes", "x.ttl", LABEL, "handled", HEAD + f"<{CANARY}> a sh:NodeShape ; sh:targetNode ex:a ."),
    Case("V15", "script in shapes", "x.ttl", LABEL, "handled", HEAD + f'ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:js [ sh:jsLibrary [ sh:jsLibraryURL "{CANARY}" ] ; sh:jsFunctionName "f" ] .'),
    Case("V16", "SERVICE in shapes", "x.ttl", LABEL, "Unprocessable", select(f"SELECT $this WHERE {{ SERVICE <{CANARY}> {{ $this ?p ?o }} }}")),
    Case("V16", "SERVICE spelled with an escape", "x.ttl", LABEL, "Unprocessable", select(f"SELECT $this WHERE {{ \\\\u0053ERVICE <{CANARY}> {{ $this ?p ?o }} }}")),
    Case("V17", "FROM a file in shapes", "x.ttl", LABEL, "handled", select("SELECT $this FROM <file:///etc/passwd> WHERE { $this ?p ?o }")),
    Case("V18", "cross product in shapes", "x.ttl", ttl("".join(f'ex:a{n} rdfs:label "{n}" .\n' for n in range(300))), "Late", select(CROSS)),
    Case("V19", "pattern that backtracks for ever", "x.ttl", LABEL, "handled", pattern('sh:pattern "^(a+)+$"')),
    Case("V19", "hostile text for our own patterns", "x.ttl", ttl(STATEMENT.format(n=1, text='"' + 45_000 * " a" + '\\n"')), "label-plain"),
    Case("V20", "rules that make ever more", "x.ttl", LABEL, "handled", HEAD + "ex:S a sh:NodeShape ; sh:targetSubjectsOf rdfs:label ; sh:rule [ a sh:TripleRule ; sh:subject sh:this ; sh:predicate rdfs:label ; sh:object ex:x ] ."),
    Case("V21", "400 subclasses", "x.ttl", ttl("".join(f"ex:c{n} rdfs:subClassOf ex:c{n + 1} .\n" for n in range(400))), "handled", HEAD + "ex:S a sh:NodeShape ; sh:targetClass ex:c400 ; sh:nodeKind sh:IRI ."),
    Case("V22", "20,000 violations", "x.ttl", ttl("".join(f'ex:a{n} rdfs:label "{n}" .\n' for n in range(20_000))), "truncated", pattern('sh:maxCount 0 ; sh:message "no"@en'), within_s=40),
    Case("V23", "violations with 30 long texts", "x.ttl", ttl("".join(f'ex:a{n} rdfs:label "{99_000 * "x"}" .\n' for n in range(30))), "short", pattern('sh:maxLength 5 ; sh:message "no"@en')),
    Case("V24", "shapes that are none", "x.ttl", LABEL, "Unprocessable", pattern('sh:minCount "x"')),
    Case("V25", "data that switch a rule off", "x.ttl", ttl(STATEMENT.format(n=1, text='"a"') + "<https://w3id.org/ozg-lod/shapes#statement-source-missing> sh:deactivated true ."), "statement-source-missing"),
    Case("V26", "shape that contains itself", "x.ttl", LABEL, "handled", HEAD + "ex:S a sh:NodeShape ; sh:targetSubjectsOf rdfs:label ; sh:node ex:S ."),
    Case("V26", "list that contains itself", "x.ttl", LABEL, "Unprocessable", HEAD + "ex:S a sh:NodeShape ; sh:targetSubjectsOf rdfs:label ; sh:or ex:l . ex:l rdf:first ex:T ; rdf:rest ex:l . ex:T a sh:NodeShape ."),
    Case("V26", "60 negations", "x.ttl", LABEL, "Unprocessable", HEAD + "ex:S0 a sh:NodeShape ; sh:targetSubjectsOf rdfs:label . " + "".join(f"ex:S{n} sh:not ex:S{n + 1} . ex:S{n + 1} a sh:NodeShape . " for n in range(60)) + "ex:S60 sh:nodeKind sh:IRI ."),
    Case("V27", "bytes that are not UTF-8", "x.ttl", b'<http://a> <http://b> "\xc3\x28" .', "file-encoding"),
    Case("V27", "UTF-16", "x.ttl", '<http://a> <http://b> "x" .'.encode("utf-16"), "file-encoding"),
    Case("V27", "lone surrogate", "x.ttl", b'<a> <b> "\\uD800" .', "document-syntax"),
    Case("V27", "byte order mark", "x.ttl", BOM + ttl("ex:a ex:b ex:c ."), "handled"),
    Case("V28", "NUL in a text", "x.ttl", b'<a> <b> "x\\u0000" .', "value-characters"),
    Case("V29", "space in an address", "x.ttl", b"<a> <b> <http://x/a b> .", "document-syntax"),
    Case("V29", "line end in an address", "x.ttl", b"<a> <b> <http://x/a\\u000D\\u000ASet-Cookie:x> .", "document-syntax"),
    Case("V30", "relative address", "x.ttl", b"<../../etc/passwd> <b> <c> .", "no file address"),
    Case("V31", "unfinished last statement", "x.ttl", b"<a> <b> <c>", "document-syntax"),
    Case("C01", "formula in a cell", "x.csv", TABLE.replace(b"geplant", b"=HYPERLINK(1)"), "no formula"),
    Case("C02", "60 MB packed into little", "x.xlsx", sheet("<row><c><v>1</v></c></row>" + 60_000_000 * " "), "file-unpacked"),
    Case("C03", "200,000 rows", "x.xlsx", sheet("".join(f'<row r="{n}"><c r="A{n}"><v>{n * 7919}</v></c></row>' for n in range(1, 200_000))), "table-size"),
    Case("C04", "a cell in the far corner", "x.xlsx", sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "table-size"),
    Case("C05", "entities in a workbook", "x.xlsx", sheet("", f'<!DOCTYPE r [<!ENTITY l0 "l">{LOL}]>'), "file-damaged"),
    Case("C05", "external entity in a workbook", "x.xlsx", sheet("&x;", f'<!DOCTYPE r [<!ENTITY x SYSTEM "{CANARY}">]>'), "file-damaged"),
    Case("C06", "cell of 200 KB", "x.csv", TABLE + b'06531005;"' + 200_000 * b"x" + b'";geplant;2026-11-24\n', "cell-length"),
    Case("C06", "NUL in a table", "x.csv", TABLE.replace(b"jugendamt", b"jugend\x00amt"), "file-damaged"),
    Case("C06", "4 MB after a quotation mark", "x.csv", TABLE + b'06531005;"' + 2 * MIB * b"x\n", "cell-length"),
    Case("C07", "entry that wants to go elsewhere", "x.xlsx", archive(**{"../../evil": b"x", "xl/worksheets/a.xml": sheet("")}), "file-damaged"),
]  # fmt: skip
