"""Every file of the corpus: the German sentences, places and suggestions are those in golden/, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.contributions import corpus

from ozg_lod.core.findings import Severity
from ozg_lod.validation import (
    gate,
    grouped_findings,
    report,
    rulebook,
)
from ozg_lod.validation.examination import Examination, Rules, SourceFile

GOLDEN = Path(__file__).parent / "golden"
BASE = "https://w3id.org/ozg-lod/hessen/"
BROKEN, SOUND = corpus.broken(), corpus.sound()
JARGON = re.compile(
    r"\bsh:|blank node|Literal|Traceback|Exception|\bIRI\b|\bURI\b|w3id\.org|www\.w3\.org|None\b|\bxsd:|\bozg:"
)
"""What no sentence for people may hold."""
TO_PASTE = re.compile(r"@prefix \S+ <[^>]*>")
"""A line that is missing in a file, as it is to be put there."""


@pytest.fixture(scope="module")
def rules(snapshot_directory: Path) -> Rules:
    return rulebook.of_snapshot(snapshot_directory, BASE)


def said(examination: Examination) -> str:
    lines = [
        " | ".join(
            part
            for part in (str(cause.severity), spot.where, cause.sentence, spot.suggestion and f"→ {spot.suggestion}")
            if part
        )
        for cause in report.grouped(examination, "de").groups
        for spot in cause.locations
    ]
    return "".join(f"{line}\n" for line in [report.summary(examination, "de"), *lines])


def check(name: str, examination: Examination, update: bool) -> None:
    golden = GOLDEN / f"{name}.txt"
    if update:
        golden.write_text(said(examination), "utf-8")
    assert said(examination) == golden.read_text("utf-8")


def without_jargon(examination: Examination) -> None:
    for language in ("de", "en"):
        for cause in grouped_findings.grouped(examination, language).groups:
            for spot in cause.locations:
                for text in (cause.sentence, spot.where, spot.value, spot.suggestion):
                    assert not JARGON.search(TO_PASTE.sub("", text)), text


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(BROKEN) >= 60
    assert len(SOUND) >= 15
    names = [name for name, _, _ in (*BROKEN, *SOUND)]
    assert len(set(names)) == len(names)
    assert {path.stem for path in GOLDEN.iterdir()} == set(names)


@pytest.mark.parametrize(("name", "file", "content"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_a_broken_file_gets_its_sentences(
    name: str, file: str, content: bytes, rules: Rules, update_golden: bool
) -> None:
    examination = gate.examine([SourceFile(file, content)], rules)
    assert any(finding.severity is not Severity.HINT for finding in examination.findings)
    check(name, examination, update_golden)
    without_jargon(examination)


@pytest.mark.parametrize(("name", "file", "content"), SOUND, ids=[name for name, _, _ in SOUND])
def test_a_sound_file_passes(name: str, file: str, content: bytes, rules: Rules, update_golden: bool) -> None:
    examination = gate.examine([SourceFile(file, content)], rules)
    assert examination.conforms
    assert not examination.counts[Severity.WARNING]
    assert examination.quads
    check(name, examination, update_golden)
    without_jargon(examination)
