"""The gate in a cage of its own: files and rules go in as bytes, the examination comes back as bytes.

For a build and the command line, which check once; a server keeps a `check_pool`.
"""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import ShaclTerms
from ozg_lod.sandbox import fork_server, wire
from ozg_lod.sandbox.worker_process import Work, WorkerLimits, work_on
from ozg_lod.tables import spreadsheets
from ozg_lod.validation import judges
from ozg_lod.validation.gate import (
    Examination,
    Rules,
    SourceFile,
    examine,
)

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


@dataclass(frozen=True, slots=True)
class ExaminationRequest:
    """What a worker that knows nothing yet is sent: the files, and what they are held against."""

    files: tuple[SourceFile, ...]
    rules: Rules


def examine_in_cage(files: Sequence[SourceFile], rules: Rules, *, memory_mb: int, deadline_s: float) -> Examination:
    """Return what `gate.examine` says; raises what it raises, Late, or OutOfMemory."""
    limits = WorkerLimits(memory_mb=memory_mb, cpu_s=int(deadline_s) + 1)
    question = wire.encode(ExaminationRequest(tuple(files), rules))
    judge = judges.first(rules.shapes)
    answer = fork_server.once(
        "ozg_lod.validation.check_process:examining", judge, question, limits=limits, deadline_s=deadline_s
    )
    return wire.decode(Examination, answer)


def judge_again(examination: Examination, shapes: bytes, *, memory_mb: int, deadline_s: float) -> None:
    """Let the second judge of an examination judge; raises Unprocessable on a disagreement, else as above."""
    if examination.second:
        limits = WorkerLimits(memory_mb=memory_mb, cpu_s=int(deadline_s) + 1)
        question, entry = wire.encode((examination.judged, shapes)), "ozg_lod.validation.check_process:judging"
        answer = fork_server.once(entry, judges.PYSHACL, question, limits=limits, deadline_s=deadline_s)
        names, others = (examination.judge, examination.second), wire.decode(list[ShaclTerms], answer)
        judges.agree(names, examination.results, others)


def judging(judge: str) -> Work:
    """Return the work of a judge (entry of its fork server)."""
    judges.named(judge)
    judges.judge(_SAMPLE, _SAMPLE_SHAPES, judge)
    return work_on(tuple[bytes, bytes], lambda pair: [result.terms for result in judges.judge(*pair, judge)])


def examining(judge: str) -> Work:
    """Return the work of a checking worker (entry of its fork server); late imports are done before the fork."""
    warm()
    judging(judge)
    examine([SourceFile("warm.ttl", _SAMPLE)], Rules(base="https://example.org/", shapes=_SAMPLE_SHAPES))
    return work_on(ExaminationRequest, lambda request: examine(request.files, request.rules))


def warm() -> None:
    """Load what is loaded on first use, since a worker can open no file."""
    for encoding in ("cp1252", "cp437", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig"):
        codecs.lookup(encoding)
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
