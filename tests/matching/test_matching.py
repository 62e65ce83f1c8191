"""Matching rows of lists: the figures on labelled rows, and what each kind of evidence does."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests import labelled
from tests.conftest import KINDS

from ozg_lod.matching import reasons
from ozg_lod.matching.matching import ListRow, MatchResult, match
from ozg_lod.matching.place_names import take_apart
from ozg_lod.matching.register import Register, register
from ozg_lod.snapshots import snapshot

BASE = "https://w3id.org/ozg-lod/hessen/"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def known(snapshot_directory: Path) -> Register:
    """The register of the real data."""
    return register(
        snapshot.open_store(snapshot_directory, from_disk=False),
        BASE,
        "http://here.example",
        kinds=KINDS,
        marks=frozenset({"hessen", "hess", "he", "hesse"}),
    )


def figures(known: Register, rows: Iterable[labelled.Labelled]) -> tuple[float, float]:
    """Precision of what is called sure, and the share of what is here that is found surely."""
    right = wrong = here = 0
    for row in rows:
        found = match(known, ListRow(row.text, tuple(row.kinds.split()), row.district, row.state)).matched
        here += row.truth not in {"", labelled.UNCLEAR}
        right += found is not None and found.record.id == row.truth
        wrong += found is not None and found.record.id != row.truth
    return right / (right + wrong), right / here


def outcome(known: Register, text: str, *kinds: str, **beside: str) -> MatchResult:
    return match(known, ListRow(text, kinds, **beside))


def matched(known: Register, text: str, *kinds: str, **beside: str) -> str:
    found = outcome(known, text, *kinds, **beside).matched
    return found.record.id if found else ""


def test_the_labelled_rows_are_many_and_always_the_same() -> None:
    kept, develop = labelled.rows(labelled.KEPT), labelled.rows(labelled.DEVELOP)
    assert len(kept) + len(develop) >= 400
    assert kept == labelled.rows(labelled.KEPT)
    assert not set(kept) & set(develop)
    assert {row.truth for row in kept} >= {"", labelled.UNCLEAR}


@pytest.mark.parametrize("half", [labelled.DEVELOP, labelled.KEPT])
def test_what_is_called_sure_is_right_and_hardly_anything_is_left_open(known: Register, half: str) -> None:
    precision, recall = figures(known, labelled.rows(half))
    assert precision >= 0.995
    assert recall >= 0.95


def test_the_figures_in_the_docs_are_those_of_the_kept_half(known: Register) -> None:
    rows = labelled.rows(labelled.KEPT)
    precision, recall = figures(known, rows)
    said = (ROOT / "docs" / "reconcile.md").read_text("utf-8")
    assert f"| kept | {len(rows)} | {precision:.4f} | {recall:.4f} |" in said


def test_three_hundred_rows_take_less_than_two_seconds(known: Register) -> None:
    rows = labelled.rows(labelled.KEPT)[:300]
    start = time.process_time()  # of this process alone: what else the machine does is measured by bench/matching.py
    for row in rows:
        outcome(known, row.text)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("06531005", "municipality/06531005"),
        ("6531005", "municipality/06531005"),
        ("06 5 31 005", "municipality/06531005"),
        ("064350014014", "municipality/06435014"),
        ("06415000", "municipality/06435014"),
        ("06531", "district/06531"),
        ("99010005000000", "concept/leika-99010005000000"),
        ("OZG 10169", "concept/ozg-10169"),
        ("jugendamt", "bundle/jugendamt"),
        ("bundle/jugendamt", "bundle/jugendamt"),
        ("ehe-online", "bundle/ehe-online"),
        (f"{BASE}id/district/06531", "district/06531"),
        ("http://here.example/doc/district/06531.ttl", "district/06531"),
        ("https://elsewhere.example/id/bundle/jugendamt", ""),
        ("06414000 Wiesbaden", "municipality/06414000"),
        ("Wiesbaden (06414000)", "municipality/06414000"),
        ("06414000 Kassel", ""),
        ("06414000 ()", "municipality/06414000"),
        ("09162000", ""),
        ("12345678901234567890", ""),
    ],
)
def test_a_key_or_an_address_decides_alone_unless_the_name_beside_it_is_another(
    known: Register, text: str, found: str
) -> None:
    assert matched(known, text) == found


def test_a_column_with_keys_goes_before_the_name(known: Register) -> None:
    assert matched(known, "Wiesbaden", key="06414000") == "municipality/06414000"
    assert matched(known, "", key="6414000") == "municipality/06414000"
    assert matched(known, "Kassel", key="06414000") == ""
    assert matched(known, "Wiesbaden", key="99999999") == "municipality/06414000"
    assert outcome(known, "", key="99999999").note == "unknown-key"
    assert matched(known, "06531", "municipality") == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Frankfurt a. M.", "municipality/06412000"),
        ("Frankfurt/Main", "municipality/06412000"),
        ("Frankfurt (Oder)", ""),
        ("Frankfurt", "municipality/06412000"),
        ("GIESSEN, UNIVERSITÄTSSTADT", "municipality/06531005"),
        ("Giessen, Landkreis", "district/06531"),
        ("Der Kreisausschuss des Lahn-Dill-Kreises", "district/06532"),
        ("Offenbach/Main", "municipality/06413000"),
        ("Limburg an der Lahn", "municipality/06533009"),
        ("Lautertal, Vogelsbergkreis", "municipality/06535012"),
        ("Land Hessen", "state/06"),
        ("Regierungspräsidium Kassel", "place/066"),
        ("Schenklengsfe", "municipality/06632019"),
        ("Weimar", ""),
        ("Weimar (Lahn)", "municipality/06534020"),
        ("Bad Soden", ""),
        ("Lorch", "municipality/06439010"),
        ("Lorsch", "municipality/06431016"),
        ("Hünfelde", ""),
        ("Alfeld", ""),
        ("<script>alert(1)</script>", ""),
        ("=HYPERLINK(1)", ""),
        ("x" * 5000, ""),
        ("(((((", ""),
    ],
)
def test_names_are_found_in_the_forms_in_which_lists_have_them(known: Register, text: str, found: str) -> None:
    assert matched(known, text) == found


def test_city_and_district_of_one_name_need_a_word_more(known: Register) -> None:
    both = outcome(known, "Gießen")
    assert both.matched is None
    assert {one.record.id for one in both.candidates[:2]} == {"municipality/06531005", "district/06531"}
    assert matched(known, "Gießen", "municipality") == "municipality/06531005"
    assert matched(known, "Gießen", "district") == "district/06531"
    assert matched(known, "Gießen", district="Kreis Gießen") == "municipality/06531005"
    assert matched(known, "Marburg") == "municipality/06534014"
    assert matched(known, "Marburg-Biedenkopf") == "district/06534"


def test_district_and_state_are_evidence_for_and_against(known: Register) -> None:
    assert matched(known, "Lautertal") == ""
    assert matched(known, "Lautertal", district="06535") == "municipality/06535012"
    assert matched(known, "Alsfeld", district="Main-Kinzig-Kreis") == ""
    assert matched(known, "Alsfeld", district="Landkreis Hildesheim") == ""
    assert matched(known, "Altenstadt", state="Bayern") == ""
    assert matched(known, "Altenstadt", state="Hessen") == "municipality/06440001"
    assert matched(known, "Altenstadt", state="Atlantis") == "municipality/06440001"
    assert matched(known, "Neustadt", district="Marburg-Biedenkopf") == "municipality/06534016"
    assert matched(known, "Wiesbaden", district="Wiesbaden, Stadt") == "municipality/06414000"


def test_a_body_that_is_no_more_is_found_and_its_successor_named(known: Register) -> None:
    found = outcome(known, "Bromskirchen").matched
    assert found is not None
    assert found.record.until == "2022-12-31"
    said = {language: reasons.reason(found, language, known) for language in ("de", "en")}
    assert said["de"] == "der Name stimmt; besteht nicht mehr, letzter Tag 31. Dezember 2022; heute Allendorf (Eder)"
    assert (
        said["en"] == "the name is the same; does not exist any more, last day 31 December 2022; now Allendorf (Eder)"
    )


def test_services_are_found_by_name_and_need_their_kind_where_two_have_it(known: Register) -> None:
    assert outcome(known, "Führerschein").note == "several"
    assert matched(known, "Führerschein", "bundle") == "bundle/fuehrerschein"
    assert matched(known, "Umsetzungsbündel Standesamt") == "bundle/standesamt"
    assert matched(known, "Ausfuhr von Kulturguetern") == "service/ausfuhr-von-kulturguetern"
    assert matched(known, "Kommunale Abgaben") == "bundle/kommunale-abgaben"
    parts = outcome(known, "Fahrerlaubnis", "bundle").candidates
    assert [(one.record.id, one.reason, one.match) for one in parts] == [
        ("bundle/parken-und-fahrerlaubnisse", "part", False)
    ]


def test_every_reason_has_its_words(known: Register) -> None:
    texts = ["", "nichts davon", "Gießen", "Weimar", "99999999", "Alfeld", "Marburg (Oder)", "Oberwesr", "Fulda (RP)"]
    for text in [*texts, "Bad Soden", "06414000 Kassel", "Standeasmt", "Gemeinde Bergstraße", "Hessisch Lichte"]:
        for kinds in ((), ("municipality",)):
            found = match(known, ListRow(text, kinds, district="Werra-Meißner-Kreis"))
            for language in ("de", "en"):
                assert all(reasons.reason(one, language, known) for one in found.candidates)
                assert all(reasons.description(one.record, language) for one in found.candidates)
                assert bool(reasons.note(found, language)) == (found.matched is None)


def test_names_are_taken_apart() -> None:
    assert take_apart("").head == ()
    assert take_apart("Stadt").head == ("stadt",)
    assert take_apart("Frankfurt a. M.").marks == ("m",)
    assert take_apart("Der Magistrat der Stadt Marburg").joined == "marburg"
