"""The gate in a cage of its own: files and rules go in as bytes, the examination comes back as bytes.

For a build and the command line, which check once; a server keeps an `check_pool`.
"""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from ozg_lod.core.messages import LANGUAGES, translations
from ozg_lod.sandbox import fork_server
from ozg_lod.sandbox.fork_server import Work, Write
from ozg_lod.sandbox.frames import packed, unpacked
from ozg_lod.tables import spreadsheets
from ozg_lod.validation.gate import (
    Examination,
    Rules,
    SourceFile,
    examine,
)

_BYTES: Final = ("shapes", "ontology", "known")
_SAMPLE: Final = b'<https://example.org/a> <http://www.w3.org/2000/01/rdf-schema#label> "a"@de .'
_SAMPLE_SHAPES: Final = b"""
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://example.org/shape> a sh:NodeShape ; sh:targetSubjectsOf rdfs:label ; sh:property <https://example.org/rule> .
<https://example.org/rule> a sh:PropertyShape ; sh:path rdfs:label ; sh:maxCount 0 ; sh:message "no"@en, "nein"@de ;
  sh:datatype rdfs:Literal ; sh:pattern "^b" ; sh:uniqueLang true ; sh:in ( "b" ) ; sh:nodeKind sh:Literal .
<https://example.org/sparql> a sh:NodeShape ; sh:targetSubjectsOf rdfs:label ; sh:sparql <https://example.org/query> ;
  sh:message "no"@en .
<https://example.org/query> a sh:SPARQLConstraint ; sh:select "SELECT $this WHERE { $this ?p ?o }" .
"""


def examine_in_cage(files: Sequence[SourceFile], rules: Rules, *, memory_mb: int, deadline_s: float) -> Examination:
    """Return what `gate.examine` says; raises what it raises, Late, or OutOfMemory."""
    limits = fork_server.WorkerLimits(memory_mb=memory_mb, cpu_s=int(deadline_s) + 1)
    answer = fork_server.once(
        "ozg_lod.validation.check_process:examining", "", _job(files, rules), limits=limits, deadline_s=deadline_s
    )
    return Examination.from_bytes(answer)


def examining(_argument: str) -> Work:
    """Return the work of a checking child (entry of the template); late imports are done before the fork."""
    warm()
    examine([SourceFile("warm.ttl", _SAMPLE)], Rules(base="https://example.org/", shapes=_SAMPLE_SHAPES))

    def work(question: bytes, write: Write) -> None:
        files, rules = _from_job(question)
        write(examine(files, rules).to_bytes())

    return work


def warm() -> None:
    """Load what is loaded on first use, since a child can open no file."""
    for encoding in ("cp1252", "cp437", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig"):
        codecs.lookup(encoding)
    for language in LANGUAGES:
        translations(language)
    spreadsheets.read(_workbook(), file="warm.xlsx", max_rows=1)


def _workbook() -> bytes:
    """Return the smallest workbook there is, to load all that reads one."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    sheet = '<sheets><sheet name="a" sheetId="1" r:id="r"/></sheets>'
    relation = f'<Relationship Id="r" Type="{office}/worksheet" Target="worksheets/a.xml"/>'
    cell = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{sheet}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{relation}</Relationships>',
        "xl/worksheets/a.xml": f'<worksheet xmlns="{main}">{cell}</worksheet>',
    }
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return output.getvalue()


def _job(files: Sequence[SourceFile], rules: Rules) -> bytes:
    """Return the question to a child that knows nothing yet: files and rules."""
    contents = [*(getattr(rules, name) for name in _BYTES), *(file.content for file in (*rules.descriptions, *files))]
    plain = {name: value for name, value in asdict(replace(rules, descriptions=())).items() if name not in _BYTES}
    head = {
        "rules": plain,
        "descriptions": [(file.name, file.graph) for file in rules.descriptions],
        "files": [(file.name, file.graph) for file in files],
    }
    return packed(head, contents)


def _from_job(job: bytes) -> tuple[list[SourceFile], Rules]:
    head, contents = unpacked(job)
    named = [*head["descriptions"], *head["files"]]
    files = [SourceFile(name, content, graph) for (name, graph), content in zip(named, contents[3:], strict=True)]
    descriptions = len(head["descriptions"])
    said = head["rules"]
    rules = Rules(
        **{
            **said,
            **dict(zip(_BYTES, contents[:3], strict=True)),
            "derive": tuple((name, text) for name, text in said["derive"]),
            "invariants": tuple((name, text) for name, text in said["invariants"]),
            "descriptions": tuple(files[:descriptions]),
        }
    )
    return files[descriptions:], rules
