"""Hostile uploads: each is refused with a sentence or handled, in time and without a packet, and the next is served."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from tests.conftest import patience
from tests.hostile.test_hostile import Canary
from tests.hostile.uploads import CANARY, CASES, TABLE, Case

from ozg_lod.build import build
from ozg_lod.contributions.check_request import CheckAnswer, CheckRequest
from ozg_lod.core.errors import Late, OutOfMemory, Unprocessable
from ozg_lod.sandbox import wire
from ozg_lod.sandbox.fork_server import ForkServer
from ozg_lod.sandbox.worker_process import WorkerLimits
from ozg_lod.tables.finding_collector import MAX_FINDINGS
from ozg_lod.validation import check_process, marked_workbook, report
from ozg_lod.validation.examination import Examination, SourceFile

BASE = "https://w3id.org/ozg-lod/hessen/"
MEMORY_MB = 1024
DEADLINE_S = 2
FAILURES = {"Late": Late, "Unprocessable": Unprocessable}


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.close()
    assert canary.hits == 0


@pytest.fixture(scope="module")
def server(snapshot_directory: Path) -> Iterator[ForkServer]:
    argument = json.dumps({"snapshot": str(snapshot_directory), "public_url": "", "rows": 10_000})
    limits = WorkerLimits(memory_mb=MEMORY_MB, cpu_s=int(10 * patience()) + 1)
    server = ForkServer("ozg_lod.contributions.check_worker:checking", argument, limits)
    yield server
    server.close()


def test_every_row_has_a_case() -> None:
    rows = {f"V{number:02}" for number in range(1, 32)} | {f"C{number:02}" for number in range(1, 8)}
    assert {case.row for case in CASES} == rows


def inspected(server: ForkServer, name: str, content: bytes) -> Examination:
    child = server.fork()
    try:
        answer = child.answer(wire.encode(CheckRequest(name, content)), deadline_s=10 * patience())
    finally:
        child.kill()
    return wire.decode(CheckAnswer, answer).examination


def examined(case: Case, server: ForkServer, address: str) -> Examination:
    content = case.content.replace(CANARY.encode(), address.encode())
    if not case.shapes:
        return inspected(server, case.file, content)
    rules = build.foreign_rules([SourceFile("shapes.ttl", case.shapes.replace(CANARY, address).encode())], BASE)
    deadline = DEADLINE_S if case.expects == "Late" else case.within_s * patience()
    files = [SourceFile(case.file, content)]
    return check_process.examine_in_cage(files, rules, memory_mb=MEMORY_MB, deadline_s=deadline)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.what}")
def test_an_upload_does_no_harm(case: Case, server: ForkServer, canary: Canary) -> None:
    began = time.monotonic()
    if case.expects in FAILURES:
        with pytest.raises(FAILURES[case.expects]) as failed:
            examined(case, server, canary.address)
        assert failed.value.message["de"]
        assert failed.value.message["en"]
    else:
        judge(case, examined(case, server, canary.address))
    assert time.monotonic() - began < case.within_s * patience()
    assert canary.hits == 0
    assert inspected(server, "next.csv", TABLE).findings == ()


def judge(case: Case, found: Examination) -> None:
    if case.expects == "handled":
        assert "root:" not in report.to_text(found, "de")
    elif case.expects == "truncated":
        assert sum(found.counts.values()) == 20_000
        assert (len(found.findings), found.truncated) == (MAX_FINDINGS, 20_000 - MAX_FINDINGS)
    elif case.expects == "short":
        assert len(found.findings) == 30
        assert len(report.to_json(found)) < 100_000
    elif case.expects == "no file address":
        assert b"file:" not in found.quads
    elif case.expects == "no formula":
        no_formula(found)
    else:
        assert case.expects in {finding.rule.rpartition("#")[2] for finding in found.findings}


def no_formula(found: Examination) -> None:
    assert not found.conforms
    rows = list(csv.reader(io.StringIO(report.to_csv(found, "en").decode("utf-8-sig"))))
    assert "'=HYPERLINK(1)" in rows[1]
    book = openpyxl.load_workbook(io.BytesIO(marked_workbook.workbook(found, "de")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(cell.value == "=HYPERLINK(1)" for cell in cells)
    assert all(cell.data_type == "s" for cell in cells)


def test_the_limit_of_memory_is_a_sentence_too() -> None:
    rules = replace(build.foreign_rules([SourceFile("shapes.ttl", b"")], BASE), max_bytes=1 << 30)
    files = [SourceFile("x.nt", b"".join(b'<http://a/%d> <http://b> "x" .\n' % number for number in range(400_000)))]
    with pytest.raises(OutOfMemory):
        check_process.examine_in_cage(files, rules, memory_mb=64, deadline_s=60)
