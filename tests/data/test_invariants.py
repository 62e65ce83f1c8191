"""The invariants and the derivations: each net catches what it is for, and each derived date is right."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

ROOT = Path(__file__).resolve().parents[2]
INVARIANTS = sorted((ROOT / "tests" / "invariants").glob("*.rq"))
TURTLE = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix ozg: <https://w3id.org/ozg-lod/ontology#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <https://example.org/> .
"""


def store_of(turtle: str) -> ox.Store:
    store = ox.Store()
    store.load(turtle.encode(), format=ox.RdfFormat.TURTLE)
    return store


def solutions(store: ox.Store, query: str) -> list[ox.QuerySolution]:
    found = store.query(query)
    assert isinstance(found, ox.QuerySolutions)
    return list(found)


def derived(turtle: str, name: str) -> set[tuple[str, str]]:
    """Return (property, value) of what a derivation makes, each by the end of its address or its text."""
    made = store_of(TURTLE + turtle).query((ROOT / "queries" / "derive" / f"{name}.rq").read_text(encoding="utf-8"))
    assert isinstance(made, ox.QueryTriples)
    return {(triple.predicate.value.rsplit("#", 1)[-1], triple.object.value) for triple in made}


@pytest.mark.parametrize("path", INVARIANTS, ids=lambda path: path.stem)
def test_an_invariant_catches_what_it_is_for(path: Path) -> None:
    broken = (ROOT / "tests" / "broken" / f"{path.stem}.ttl").read_text(encoding="utf-8")
    assert solutions(store_of(broken), path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", INVARIANTS, ids=lambda path: path.stem)
def test_an_invariant_is_titled_in_two_languages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# title: \S.*\n# title-en: \S", text)


@pytest.mark.parametrize(
    ("month", "last"),
    [
        ("2019-02", "2019-02-28"),
        ("2020-02", "2020-02-29"),
        ("2000-02", "2000-02-29"),
        ("2100-02", "2100-02-28"),
        ("2021-04", "2021-04-30"),
        ("2021-12", "2021-12-31"),
    ],
)
def test_the_latest_day_is_the_last_of_the_month(month: str, last: str) -> None:
    turtle = f':a a ozg:Availability ; ozg:month "{month}"^^xsd:gYearMonth .'
    assert derived(turtle, "bounds") == {("earliest", f"{month}-01"), ("latest", last)}


def test_several_months_make_one_pair_of_bounds() -> None:
    turtle = """:a a ozg:Availability ; ozg:month "2019-11"^^xsd:gYearMonth, "2020-10"^^xsd:gYearMonth ,
        "2020-01"^^xsd:gYearMonth ."""
    assert derived(turtle, "bounds") == {("earliest", "2019-11-01"), ("latest", "2020-10-31")}


def test_bounds_that_are_stated_stay() -> None:
    turtle = """:a a ozg:Availability ; ozg:month "2020-10"^^xsd:gYearMonth ; ozg:latest "2020-10-15"^^xsd:date ."""
    assert derived(turtle, "bounds") == set()


def test_years_reach_from_new_year_to_new_years_eve() -> None:
    turtle = ':a dcat:startDate "2020"^^xsd:gYear ; dcat:endDate "2022"^^xsd:gYear .'
    assert derived(turtle, "year-bounds") == {("earliest", "2020-01-01"), ("latest", "2022-12-31")}


def test_periods_in_days_need_no_bounds() -> None:
    assert derived(':a dcat:startDate "2020-06-01"^^xsd:date .', "year-bounds") == set()


def test_only_the_source_that_describes_a_programme_makes_someone_take_part() -> None:
    turtle = """:p a ozg:Programme ; dct:source :slide .
    :one a ozg:Participation ; ozg:programme :p ; ozg:member :a ; dct:source :slide .
    :two a ozg:Participation ; ozg:programme :p ; ozg:member :b ; dct:source :press ."""
    store = store_of(TURTLE + turtle)
    made = store.query((ROOT / "queries" / "derive" / "participates.rq").read_text(encoding="utf-8"))
    assert isinstance(made, ox.QueryTriples)
    assert [triple.subject.value for triple in made] == ["https://example.org/a"]
