"""What tests of contributions share: a tiny catalogue, a submission put in by hand, the program with its options."""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import json
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.small_source import small_source

from ozg_lod import cli
from ozg_lod.contributions.inbox import Inbox, ReceivedFile
from ozg_lod.contributions.submissions import Sender, Submission

BASE = "https://w3id.org/ozg-lod/hessen/"
TOWN = f"{BASE}id/municipality/06531005"
OTHER_TOWN = f"{BASE}id/municipality/06414000"
DISTRICT = f"{BASE}id/district/06531"
HEADER = "AGS;Name;Leistung;Bezeichnung;Stand;Seit;Bis;Formular;Geprüft am"
KEPT = {"municipalities.csv": ("06531005", "06414000"), "districts.csv": ("06531",), "states.csv": ("06",)}
"""The authorities of the small catalogue: the rows of the tables that begin with these keys."""


def row(ags: str = "06531005", bundle: str = "soziales", status: str = "verfügbar", since: str = "2025-03") -> str:
    return f"{ags};;{bundle};;{status};{since};;https://www.example.org/antrag;2026-11-20"


def table(*rows: str) -> bytes:
    return "\r\n".join([HEADER, *rows, ""]).encode("utf-8-sig")


def typed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in this process, in a thread of its own, as browser tests have an event loop in theirs."""
    out, err = io.BytesIO(), io.StringIO()
    words = io.TextIOWrapper(out, "utf-8", write_through=True)
    with (
        contextlib.redirect_stdout(words),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
        ThreadPoolExecutor(1) as thread,
    ):
        thread.submit(cli.main, list(arguments)).result()
    return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), out.getvalue().decode(), err.getvalue())


@dataclass(frozen=True)
class Office:
    """A small catalogue with an inbox: where the source, the contributions, the snapshots and the inbox are."""

    source: Path
    into: Path
    target: Path
    folder: Path

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.folder)

    @property
    def places(self) -> list[str]:
        return ["--source", str(self.source), "--source", str(self.into), "--target", str(self.target)]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Type `ozg-lod inbox …` as its operator would."""
        return typed("inbox", *arguments, "--inbox", str(self.folder), *self.places, "--lang", "de")

    def accept(self, reference: str, *more: str) -> subprocess.CompletedProcess[str]:
        return self.run("accept", reference, "--checked", "Rückruf im Rathaus", *more)

    def build(self) -> None:
        done = typed("build", *self.places)
        assert done.returncode == 0, done.stderr

    def put(self, content: bytes, authority: str = TOWN, name: str = "meine tabelle.csv", kind: str = "") -> Submission:
        """Put a file into the inbox as the door does."""
        sender = Sender("Person im Rathaus", "rathaus@example.org")
        report = json.dumps({"conforms": True, "findings": []}).encode()
        return self.inbox.submit(ReceivedFile(name, kind, authority, sender, content, report))

    def query(self, text: str) -> list[str]:
        """Return the lines of a query's answer, without the header."""
        query = self.target.parent / "query.rq"
        query.write_text(text, encoding="utf-8")
        return typed("query", str(query), "--target", str(self.target)).stdout.split("\n")[1:-1]


def office(folder: Path) -> Office:
    """Set up the small catalogue, without a snapshot."""
    source = small_source(folder / "source")
    shutil.copytree(ROOT / "contributions", source / "contributions")
    data = ROOT / "data"
    shutil.copy(data / "sources-territory.ttl", source / "data")
    for name, keys in KEPT.items():
        head, *rows = (data / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [row for row in rows if row.startswith(tuple(f"{key}," for key in keys))]
        (source / "data" / name).write_text("".join([head, *kept]), encoding="utf-8")
        shutil.copy(data / f"{name}-metadata.json", source / "data")
    return Office(source, folder / "contributions", folder / "target", folder / "inbox")


@functools.cache
def _built() -> Path:
    """Return the folder of the small catalogue with its first snapshot; made once, copied for each test."""
    folder = Path(tempfile.mkdtemp(prefix="office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    place = office(folder)
    place.into.mkdir()
    place.build()
    return folder


def opened(folder: Path) -> Office:
    """Set up the small catalogue with its first snapshot."""
    shutil.copytree(_built(), folder, dirs_exist_ok=True)
    return Office(folder / "source", folder / "contributions", folder / "target", folder / "inbox")
