"""The gate in a cage of its own: files and rules go in as bytes, the examination comes back as bytes.

For a build and the command line, which check once; a server keeps a `check_pool`. A build has its files read one by
one, and keeps what was read.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from ozg_lod.core.errors import Late
from ozg_lod.core.findings import ShaclTerms
from ozg_lod.core.messages import Message, _
from ozg_lod.sandbox import fork_server, wire
from ozg_lod.sandbox.worker_process import Work, WorkerLimits, WorkerSetup, Write, work_on
from ozg_lod.tables import spreadsheets
from ozg_lod.validation import file_readings, gate, judges
from ozg_lod.validation.file_readings import KeptReading, ReadingCache
from ozg_lod.validation.gate import METADATA, Examination, Rules, SourceFile, examine, examine_readings

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
_SAMPLE_RULES: Final = Rules(base="https://example.org/", shapes=_SAMPLE_SHAPES)
Progress = Callable[[Message, int, int], None]
"""Takes the stage, how much of it is done and how much there is."""


def silent(_stage: Message, _done: int, _total: int) -> None:
    """Tell nobody."""


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


@dataclass(frozen=True, slots=True)
class SourceTask:
    """What a worker of a build is asked: the reading of the first file, or, without files, the whole of all readings.

    `key` is the name of the reading; the other files are what describes the first.
    """

    rules: Rules
    files: tuple[SourceFile, ...] = ()
    key: str = ""


@dataclass(frozen=True)
class SourceReadings:
    """The readings of a build: the names of those in the cache, and where those of others (parts) begin in a file."""

    cache: ReadingCache
    names: tuple[str, ...]
    parts: tuple[tuple[Path, int], ...] = ()

    def read(self) -> list[KeptReading]:
        return file_readings.mapped(self.places())

    def places(self) -> Iterator[tuple[Path, int]]:
        yield from ((self.cache.path(name), 0) for name in self.names)
        yield from self.parts


class SourceExaminer:
    """A cage for the sources of a build: each file is read in a question of its own, the whole in the last.

    The readings pass by as files: the second worker opens them before it gives files up.
    """

    def __init__(self, rules: Rules, cache: ReadingCache, *, memory_mb: int, deadline_s: float) -> None:
        self._rules = rules
        self._cache = cache
        self._list = cache.folder / "list"
        self._deadline_s = deadline_s
        self._ends = time.monotonic() + deadline_s
        limits = WorkerLimits(memory_mb=memory_mb, cpu_s=int(deadline_s) + 1)
        argument = f"{judges.first(rules.shapes)}\n{self._list}"
        self._server = fork_server.ForkServer("ozg_lod.validation.check_process:examining_sources", argument, limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self._server.close()
        self._list.unlink(missing_ok=True)

    def read(self, files: Sequence[SourceFile], progress: Progress) -> list[str]:
        """Return the names of the readings of all files; those that were kept are not made again."""
        beside = {file.name: file for file in files}
        tasks = [
            self._task(file, beside.get(file.name + METADATA)) for file in files if not file.name.endswith(METADATA)
        ]
        missing = [task for task in tasks if not self._cache.has(task.key)]
        total, done = sum(len(task.files[0].content) for task in missing), 0
        with contextlib.ExitStack() as stack:
            worker = self._server.fork() if missing else None
            if worker is not None:
                stack.callback(worker.kill)
                for task in missing:
                    self._cache.keep(task.key, self._asked(worker, task))
                    done += len(task.files[0].content)
                    progress(_("Reading"), done, total)
        return [task.key for task in tasks]

    def _task(self, file: SourceFile, description: SourceFile | None) -> SourceTask:
        rules = replace(
            self._rules, shapes=b"", ontology=b"", derive=(), invariants=(), known=b"", kinds=b"", judged_again=0
        )
        files = (file, description) if description is not None else (file,)
        return SourceTask(rules, files, file_readings.key(rules, files))

    def whole(self, readings: SourceReadings) -> Examination:
        """Return the examination of the whole; raises what `examine_in_cage` does."""
        self._cache.folder.mkdir(parents=True, exist_ok=True)
        self._list.write_text("".join(f"{start} {path.resolve()}\n" for path, start in readings.places()), "utf-8")
        worker = self._server.fork()
        try:
            return wire.decode(Examination, self._asked(worker, SourceTask(self._rules)))
        finally:
            worker.kill()

    def _asked(self, worker: fork_server.Worker, task: SourceTask) -> bytes:
        try:
            return worker.answer(wire.encode(task), deadline_s=max(0.0, self._ends - time.monotonic()))
        except Late:
            raise fork_server.late(self._deadline_s) from None


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
    examine([SourceFile("warm.ttl", _SAMPLE)], _SAMPLE_RULES)
    return work_on(ExaminationRequest, lambda request: examine(request.files, request.rules))


def examining_sources(argument: str) -> WorkerSetup:
    """Return the work of a build: the judge, and the file that names those with readings once they are there."""
    judge, _line, listed = argument.partition("\n")
    judging(judge)
    kept = gate.read(SourceFile("warm.ttl", _SAMPLE), [], _SAMPLE_RULES, "")
    examine_readings(file_readings.unpacked(memoryview(kept)), _SAMPLE_RULES)
    decode = wire.decoder(SourceTask)

    def prepare() -> Work:
        path = Path(listed)
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        readings = file_readings.mapped((Path(line.partition(" ")[2]), int(line.partition(" ")[0])) for line in lines)

        def work(question: bytes, write: Write) -> None:
            task = decode(question)
            if task.files:
                write(gate.read(task.files[0], task.files, task.rules, task.key))
            else:
                write(wire.encode(examine_readings(readings, task.rules)))

        return work

    return WorkerSetup(prepare)


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
