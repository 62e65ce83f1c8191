"""What workers do, done in this process: a worker ends without leaving a measurement of coverage behind."""

from __future__ import annotations

import errno
import os
import platform
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests import cage_work

from ozg_lod.core import errors
from ozg_lod.core.settings import RdfFile
from ozg_lod.harvest_check import reader
from ozg_lod.harvest_check.reader import CataloguePage, CatalogueReading
from ozg_lod.sandbox import fork_server, seccomp, wire, worker_process
from ozg_lod.sandbox.wire import framed
from ozg_lod.sandbox.worker_process import ForkServerOrder, Work, WorkerLimits, Write
from ozg_lod.snapshots import snapshot
from ozg_lod.sparql import rdf_files, store
from ozg_lod.validation import check_process
from ozg_lod.validation.check_process import ExaminationRequest
from ozg_lod.validation.gate import (
    Examination,
    Rules,
    SourceFile,
    examine,
)

BASE = "https://example.org/"
ORDER = ForkServerOrder("tests.cage_work:setup", "here", WorkerLimits(memory_mb=200, cpu_s=20))


def answered(work: Work, question: bytes) -> bytes:
    pieces: list[bytes] = []
    work(question, pieces.append)
    return b"".join(pieces)


def body_of(work: Work, query: str, form: str = "csv") -> bytes:
    return store.AnswerHead.taken(answered(work, wire.encode(store.SparqlQuery(query, form))))[1]


@contextmanager
def child(work: Work) -> Iterator[fork_server.Worker]:
    """A child whose life is led by a thread: the loop of a real one, without fork and walls."""
    ours, theirs = socket.socketpair()
    living = threading.Thread(target=worker_process.serve, args=(theirs, work))
    living.start()
    with ours, theirs:
        yield fork_server.Worker(threading.Lock(), ours, 0, ours)  # nobody forked it
        ours.shutdown(socket.SHUT_RDWR)
        living.join()


def test_a_child_answers_until_nobody_asks_any_more_whatever_goes_wrong_in_between() -> None:
    with child(cage_work.setup("here")) as asked:
        assert asked.answer(b"big", deadline_s=5) == b"x" * 1_000_000
        with pytest.raises(errors.BadRequest) as caught:
            asked.answer(b"expected", deadline_s=5)
        assert (caught.value.message["de"], caught.value.details) == ("deutsch", {"line": 3})
        with pytest.raises(fork_server.WorkerFault, match="ZeroDivisionError"):
            asked.answer(b"fault", deadline_s=5)
        assert asked.answer(b"echo", deadline_s=5) == b"here echo"


def test_memory_that_runs_out_is_told_as_such() -> None:
    def greedy(_question: bytes, _write: Write) -> None:
        raise MemoryError

    with child(greedy) as asked, pytest.raises(errors.OutOfMemory):
        asked.answer(b"more", deadline_s=5)


@pytest.fixture
def control() -> Iterator[tuple[socket.socket, Callable[[], None]]]:
    """Our end of a control socket, and what is the fork server at the other end until ours says no more."""
    ours, theirs = socket.socketpair()
    interrupt = signal.getsignal(signal.SIGINT)

    def be_the_fork_server() -> None:
        ours.shutdown(socket.SHUT_WR)
        worker_process.main(theirs.detach())

    ours.settimeout(10)
    with ours, theirs:
        yield ours, be_the_fork_server
    signal.signal(signal.SIGINT, interrupt)


def test_a_fork_server_forks_a_child_that_answers_behind_its_walls(
    control: tuple[socket.socket, Callable[[], None]],
) -> None:
    ours, be_the_fork_server = control
    asked, born = socket.socketpair()
    asked.settimeout(10)
    with asked, born:
        ours.sendall(framed(b"Q", wire.encode(ORDER)))
        socket.send_fds(ours, [worker_process.FORK], [born.fileno()])
        born.close()
        be_the_fork_server()
        assert ours.recv(9) == framed(wire.ANSWER)
        (pid,) = struct.unpack("!i", ours.recv(4))
        one = fork_server.Worker(threading.Lock(), ours, pid, asked)  # its fork server has gone home
        assert one.answer(b"echo", deadline_s=10) == b"here echo"
        if seccomp.available():
            with pytest.raises(fork_server.WorkerFault, match="PermissionError"):
                one.answer(b"file", deadline_s=10)
        asked.shutdown(socket.SHUT_RDWR)  # closing is not enough: the child was born with our end too
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_fork_server_reaps_who_is_named_to_it_and_does_not_mind_who_is_gone(
    control: tuple[socket.socket, Callable[[], None]],
) -> None:
    ours, be_the_fork_server = control
    pid = os.fork()
    if not pid:
        signal.pause()
    ours.sendall(framed(b"Q", wire.encode(ORDER)))
    ours.sendall(2 * (worker_process.REAP + struct.pack("!i", pid)))
    be_the_fork_server()
    ours.recv(9)
    assert struct.unpack("!ii", ours.recv(8)) == (-signal.SIGKILL, 0)


def test_a_fork_server_that_cannot_load_says_why_before_it_ends(
    control: tuple[socket.socket, Callable[[], None]],
) -> None:
    ours, be_the_fork_server = control
    ours.sendall(framed(b"Q", wire.encode(replace(ORDER, entry="tests.no_such_module:setup"))))
    be_the_fork_server()
    assert b"ModuleNotFoundError" in ours.recv(1000)


def fate(program: bytes, architecture: int, call: int, argument: int = 0) -> int:
    """Return what a BPF program (linux/bpf_common.h) decides about a system call: it loads, compares, returns."""
    lines = list(struct.iter_unpack("HBBI", program))
    at, value = 0, 0
    while True:
        code, if_equal, if_not, operand = lines[at]
        at += 1
        if code == 0x20:  # load a word of struct seccomp_data
            value = {0: call, 4: architecture, 16: argument}[operand]
        elif code == 0x15:
            at += if_equal if value == operand else if_not
        else:
            assert code == 0x06
            return operand


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_allows_exactly_its_list_on_each_processor(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    class Kernel:
        """Keeps what it is asked to enforce."""

        def __init__(self) -> None:
            self.asked: list[int] = []
            self.program = b""

        def prctl(self, option: int, _value: int, pointer: object, *_unused: int) -> int:
            self.asked.append(option)
            if option == 22:
                length, address = struct.unpack("HxxxxxxP", bytes(pointer)[:16])  # type: ignore[call-overload]
                self.program = seccomp.ctypes.string_at(address, 8 * length)
            return 0

    kernel, limits = Kernel(), {}
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(seccomp.ctypes, "CDLL", lambda *_unused, **_also: kernel)
    monkeypatch.setattr(seccomp.resource, "setrlimit", limits.__setitem__)
    seccomp.confine(memory_bytes=1 << 20, cpu_s=5)
    architecture, allowed = seccomp._TABLES[machine]  # noqa: SLF001 - the list that is enforced
    assert kernel.asked == [38, 22]  # without no_new_privs the kernel takes no filter from us
    assert limits[seccomp.resource.RLIMIT_CPU] == (5, 6)
    assert limits[seccomp.resource.RLIMIT_FSIZE] == (0, 0)
    assert limits[seccomp.resource.RLIMIT_AS][0] > 1 << 20
    arguments = (0, os.getpid())
    passed = {c for c in range(600) for a in arguments if fate(kernel.program, architecture, c, a) == 0x7FFF0000}
    assert passed == set(allowed.values())
    for name in ("tgkill", "sched_getaffinity", "clock_gettime", "clock_nanosleep"):
        assert fate(kernel.program, architecture, allowed[name], os.getppid()) == 0x00050000 | errno.EPERM
    refused = {fate(kernel.program, architecture, call) for call in set(range(600)) - passed}
    assert refused == {0x00050000 | errno.EPERM}
    assert fate(kernel.program, 0x40000003, 0) == 0x80000000  # the numbers of another architecture mean other calls


def test_a_kernel_that_refuses_the_walls_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Kernel:
        def prctl(self, *_unused: object) -> int:
            return -1

    monkeypatch.setattr(seccomp.ctypes, "CDLL", lambda *_unused, **_also: Kernel())
    with pytest.raises(errors.UsageError, match="refuses prctl"):
        seccomp.die_with_parent(os.getppid())


FILES = [
    SourceFile("x.ttl", b'<https://example.org/a> <http://www.w3.org/2000/01/rdf-schema#label> "B"@de .'),
    SourceFile("y.ttl", b'<https://example.org/b> <http://www.w3.org/2000/01/rdf-schema#label> "C"@de .'),
]
RULES = Rules(
    base=BASE,
    shapes=b"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    <https://example.org/s> a sh:NodeShape ; sh:targetSubjectsOf rdfs:label ; sh:property <https://example.org/r> .
    <https://example.org/r> a sh:PropertyShape ; sh:path rdfs:label ; sh:maxLength 0 ; sh:message "kurz"@de .""",
    invariants=(("none.rq", "# title: Nichts\n# title-en: Nothing\nSELECT ?s { ?s ?p ?o }"),),
)


def test_a_job_for_the_gate_arrives_whole_and_its_findings_come_back_whole() -> None:
    question = wire.encode(ExaminationRequest(tuple(FILES), RULES))
    outcome = wire.decode(Examination, answered(check_process.examining("shacl"), question))
    assert outcome == examine(FILES, RULES)
    assert {finding.place.file for finding in outcome.findings} == {"x.ttl", "y.ttl"}


PAGES = {
    "sound": (b'<#a> <urn:p> "x"@de, 1, _:b .', "text/turtle", set(), 3),
    "twice": (b"<#a> <urn:p> <#b> . <#a> <urn:p> <#b> .", "text/turtle", set(), 1),
    "a bad address": (b"<#a> <urn:p> <http://x/a b> .", "text/turtle", {"iri-invalid"}, 1),
    "no Turtle": (b"<#a> <urn:p>", "text/turtle", {"page-unreadable"}, 0),
    "Latin-1": ('<#a> <urn:p> "ü" .'.encode("latin-1"), "text/turtle", {"charset-invalid"}, 0),
    "an entity": (b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "application/rdf+xml", {"page-unreadable"}, 0),
    "a context elsewhere": (
        b'[{"@context": [{}, "https://example.org/c"]}]',
        "application/ld+json",
        {"context-remote"},
        0,
    ),
    "a context here": (
        b'{"@context": {"p": "urn:p"}, "@id": "urn:a", "p": ["x", {"@id": "urn:b"}]}',
        "application/ld+json",
        set(),
        2,
    ),
    "no JSON": (b'{"@context"', "application/ld+json", {"page-unreadable"}, 0),
}


@pytest.fixture(scope="module")
def reading() -> Work:
    return reader.reading("")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_catalogue_is_read_or_the_reason_is_named(reading: Work, page: str) -> None:
    body, media_type, rules, triples = PAGES[page]
    outcome = wire.decode(CatalogueReading, answered(reading, wire.encode(CataloguePage(body, media_type, BASE))))
    assert {finding.rule for finding in outcome.findings} == rules
    assert len(outcome.triples) == triples
    assert outcome.readable is bool(triples)
    here = reader.here(body, media_type, BASE)
    assert (len(here.triples), here.readable) == (triples, outcome.readable)


def test_a_page_with_too_many_statements_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_TRIPLES", 2)
    found = reader.here(b"<#a> <urn:p> 1, 2, 3 .", "text/turtle", BASE)
    assert ([finding.rule for finding in found.findings], found.triples) == (["page-too-many"], [])


SUM = "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> SELECT (SUM(?n) AS ?sum) { ?a ozg:serviceCount ?n }"


def test_workers_answer_alike_from_memory_and_from_disk(snapshot_directory: Path) -> None:
    in_memory = store.answering(str(snapshot_directory))
    snapshot.open_store(snapshot_directory, from_disk=True)  # writes the store, which a build leaves out
    from_disk = store.answering_from_disk(str(snapshot_directory)).prepare()
    for query, form in (
        (SUM, "csv"),
        ("ASK { ?s ?p ?o }", "json"),
        ("SELECT * { ?z a ?a } ORDER BY ?z ?a LIMIT 3", "tsv"),
    ):
        question = wire.encode(store.SparqlQuery(query, form))
        assert answered(in_memory, question) == answered(from_disk, question)
    assert body_of(in_memory, SUM).split() == [b"sum", b"70"]


def test_files_of_one_s_own_are_answered_from_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text("<urn:a> <urn:p> 1 .", encoding="utf-8")
    (tmp_path / "y.nq").write_text("<urn:b> <urn:p> <urn:c> <urn:g> .", encoding="utf-8")
    files = [RdfFile(tmp_path / "x.ttl", "urn:here"), RdfFile(tmp_path / "y.nq")]
    work = rdf_files.answering(rdf_files.argument(files, tmp_path))
    query = "SELECT ?g ?s { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"
    assert body_of(work, query).split() == [b"g,s", b"urn:g,urn:b", b"urn:here,urn:a"]


@pytest.mark.parametrize(
    ("name", "content", "graph", "failure", "said"),
    [
        ("x.ttl", "<urn:a> <urn:p>", None, errors.SourceError, "x.ttl"),
        ("x.txt", "", None, errors.UsageError, "not named like an RDF file"),
        ("x.nq", "", "urn:g", errors.UsageError, "names its graphs itself"),
        ("none.ttl", None, None, errors.UsageError, "cannot be read"),
    ],
)
def test_a_file_that_is_no_rdf_is_named(
    tmp_path: Path, name: str, content: str | None, graph: str | None, failure: type[Exception], said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    file = RdfFile(tmp_path / name, graph)
    read = rdf_files.load if failure is errors.SourceError else rdf_files.version
    with pytest.raises(failure, match=said):
        read([file])


def test_the_columns_of_a_star_stand_in_the_order_of_the_query() -> None:
    loaded = ox.Store()
    loaded.load(b"<urn:a> <urn:p> <urn:b> .", ox.RdfFormat.TURTLE)
    work = store.work(store.EmbeddedStore(loaded))
    for query, columns in (
        ("SELECT * { ?z ?y ?a }", b"z,y,a"),
        ("SELECT * { ?a ?b ?c }", b"a,b,c"),
        ("SELECT * {}", b""),
    ):
        assert body_of(work, query).splitlines()[0] == columns
