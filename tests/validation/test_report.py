"""Reports: the same findings as text, JSON and SHACL, through `report`."""

from __future__ import annotations

import json
import re

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Label
from ozg_lod.core.vocab import SH
from ozg_lod.sandbox import wire
from ozg_lod.validation import report
from ozg_lod.validation.examination import Examination

RULE = "https://w3id.org/ozg-lod/shapes#month-needed"
MONTH = Label({"de": "Tragen Sie einen Monat ein.", "en": "Fill in a month."})
CELL = Finding(
    Severity.ERROR,
    "cell-datatype",
    Label({"de": "„Herbst 20“ ist kein Monat", "en": '"Herbst 20" is not a month'}),
    Location(file="availability.csv", row=4, column="Verfügbar ab"),
    value="Herbst 20",
    suggestion="2020-10",
)


def needed(row: int) -> Finding:
    focus = f"https://w3id.org/ozg-lod/hessen/id/bundle/b{row}"
    place = Location(
        file="bundles.csv", row=row, column="Monat", subject=Label({"de": "B", "en": "B"}), property=MONTH, focus=focus
    )
    return Finding(Severity.ERROR, RULE, MONTH, place)


def hint(**place: object) -> Finding:
    return Finding(
        Severity.HINT,
        "note",
        Label({"de": "Sehen Sie nach", "en": "have a look"}),
        Location(**place),
        value="ftp://x/y",
    )  # type: ignore[arg-type] # fields by name


def examined(*findings: Finding, rows: int = 41, files: int = 1, more: int = 0) -> Examination:
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    counts[Severity.ERROR] += more
    return Examination(b"", findings, counts, files, rows)


def test_the_text_groups_by_cause_puts_errors_first_and_names_the_place_first() -> None:
    text = report.to_text(examined(hint(file="x.ttl", line=3, character=9), needed(2), CELL, needed(3)), "de")
    assert text == (
        "3 Fehler, 1 Hinweis in 41 Zeilen\n\n"
        "Fehler\n"
        "  2-mal: Tragen Sie einen Monat ein.\n"
        "    bundles.csv, Zeile 2, Spalte „Monat“\n"
        "    bundles.csv, Zeile 3, Spalte „Monat“\n"
        "  availability.csv, Zeile 4, Spalte „Verfügbar ab“: „Herbst 20“ ist kein Monat\n\n"
        "Hinweise\n"
        "  x.ttl, Zeile 3, Zeichen 9: Sehen Sie nach"
    )


def test_the_english_text_reads_as_the_style_guide_has_it() -> None:
    text = report.to_text(examined(CELL), "en")
    assert text.splitlines()[0] == "1 error in 41 rows"
    assert '  availability.csv row 4, column "Verfügbar ab": "Herbst 20" is not a month' in text


@pytest.mark.parametrize(
    ("examination", "de", "en"),
    [
        (examined(), "Keine Befunde in 41 Zeilen", "No findings in 41 rows"),
        (examined(rows=1), "Keine Befunde in 1 Zeile", "No findings in 1 row"),
        (examined(rows=0, files=2), "Keine Befunde in 2 Dateien", "No findings in 2 files"),
        (examined(rows=0), "Keine Befunde in 1 Datei", "No findings in 1 file"),
        (examined(CELL, hint(), hint()), "1 Fehler, 2 Hinweise in 41 Zeilen", "1 error, 2 hints in 41 rows"),
    ],
)
def test_the_headline_counts(examination: Examination, de: str, en: str) -> None:
    assert (report.summary(examination, "de"), report.summary(examination, "en")) == (de, en)


def test_a_cause_lists_its_first_places_and_the_text_says_what_is_left_out() -> None:
    text = report.to_text(examined(*(needed(row) for row in range(2, 15)), more=5), "de")
    assert text.count("bundles.csv") == report.LISTED
    assert "und an 3 weiteren Stellen" in text
    assert text.endswith("5 weitere sind nicht aufgeführt.")
    one = examined(*(needed(row) for row in range(2, 13)), more=1)
    assert "und an einer weiteren Stelle\n" in report.to_text(one, "de")
    assert report.to_text(one, "de").endswith("Ein weiterer Befund ist nicht aufgeführt.")
    assert "and in one more place\n" in report.to_text(one, "en")
    assert report.to_text(one, "en").endswith("One more is not listed.")


def test_the_text_holds_no_address_and_no_control_character() -> None:
    named = {
        "subject": Label({"de": "Jugendamt", "en": "Youth office"}),
        "property": Label({"de": "Monat", "en": "month"}),
        "focus": RULE,
    }
    wild = Finding(
        Severity.WARNING,
        "r",
        Label({"de": "a\nb", "en": "a\nb"}),
        Location(file="x\x1b[31m.csv", column="c\n"),
        value="v\x1b",
    )
    for language in ("de", "en"):
        text = report.to_text(examined(hint(file="x.ttl", **named), hint(), needed(2), wild), language)  # type: ignore[arg-type] # both languages
        assert not re.search(r"https?://|ftp:|sh:|blank node|\x1b", text)
    assert "x.ttl, „Jugendamt“, „Monat“: Sehen Sie nach" in report.to_text(examined(hint(file="x.ttl", **named)), "de")
    assert report.to_text(examined(hint()), "de").endswith("\n  Sehen Sie nach")


def test_a_value_stands_behind_the_place_unless_the_sentence_says_it() -> None:
    finding = Finding(Severity.ERROR, "r", MONTH, Location(file="x.ttl"), value="2020")
    nowhere = Finding(Severity.ERROR, "r", MONTH, value="2021")
    text = report.to_text(examined(finding, nowhere), "en")
    assert 'x.ttl ("2020")' in text
    assert '    "2021"' in text


def test_only_errors_refuse_and_warnings_when_strict() -> None:
    warned = examined(Finding(Severity.WARNING, "r", MONTH))
    assert report.conforms(warned)
    assert not report.conforms(warned, strict=True)
    assert not report.conforms(examined(CELL))
    assert report.conforms(examined(hint()), strict=True)


def test_the_json_has_what_is_known_and_leaves_out_the_rest() -> None:
    assert json.loads(report.to_json(examined(CELL, more=1))) == {
        "conforms": False,
        "counts": {"error": 2, "warning": 0, "hint": 0},
        "truncated": 1,
        "files": 1,
        "rows": 41,
        "judges": {"first": "", "second": "", "message": None},
        "findings": [
            {
                "severity": "error",
                "rule": "cell-datatype",
                "message": {"de": "„Herbst 20“ ist kein Monat", "en": '"Herbst 20" is not a month'},
                "place": {"file": "availability.csv", "row": 4, "column": "Verfügbar ab"},
                "value": "Herbst 20",
                "suggestion": "2020-10",
            }
        ],
    }


def test_the_shacl_report_is_a_report_and_always_the_same() -> None:
    examination = examined(CELL, needed(2), hint(), more=1)
    turtle = report.to_turtle(examination)
    assert turtle == report.to_turtle(examination)
    store = ox.Store()
    store.extend(ox.parse(turtle, ox.RdfFormat.TURTLE))

    def objects(name: str) -> list[str]:
        return sorted(quad.object.value for quad in store.quads_for_pattern(None, ox.NamedNode(SH + name), None))

    assert objects("conforms") == ["false"]
    assert len(objects("result")) == 3
    assert objects("resultSeverity") == [SH + "Info", SH + "Violation", SH + "Violation"]
    assert objects("focusNode") == ["https://w3id.org/ozg-lod/hessen/id/bundle/b2"]
    assert objects("sourceShape")[0] == "https://w3id.org/ozg-lod/shapes#cell-datatype"
    assert 'bundles.csv row 2, column "Monat": Fill in a month.' in objects("resultMessage")
    assert b"1 of 4 results are not listed." in turtle
    assert b"sh:conforms true" in report.to_turtle(examined())


TEXTS = st.text(max_size=30)
PLACES = st.builds(Location, file=st.none() | TEXTS, row=st.none() | st.integers(1, 1 << 40), column=st.none() | TEXTS)
FINDINGS = st.builds(
    Finding,
    severity=st.sampled_from(Severity),
    rule=st.sampled_from(("a", RULE)),
    message=st.builds(lambda de, en: Label({"de": de, "en": en}), TEXTS, TEXTS),
    place=PLACES,
    value=st.none() | TEXTS,
    suggestion=st.none() | TEXTS,
)


@given(st.lists(FINDINGS, max_size=4))
def test_any_findings_can_be_reported_in_every_form(findings: list[Finding]) -> None:
    examination = examined(*findings)
    assert wire.decode(Examination, wire.encode(examination)) == examination
    assert report.summary(examination, "de") in report.to_text(examination, "de")
    assert len(json.loads(report.to_json(examination))["findings"]) == len(findings)
    assert len(list(ox.parse(report.to_turtle(examination), ox.RdfFormat.TURTLE))) >= 2
