"""What German words say in numbers and days is what was read from them, and what was read otherwise is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ozg_lod.core.findings import Severity
from ozg_lod.validation.examination import Rules, SourceFile
from ozg_lod.validation.gate import examine
from ozg_lod.validation.wordings import amounts, spans

BASE = "https://example.org/"
PREFIXES = """@base <https://example.org/id/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix ozg: <https://w3id.org/ozg-lod/ontology#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix wgs84: <http://www.w3.org/2003/01/geo/wgs84_pos#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
RULES = Rules(base=BASE, ontology=b"<https://w3id.org/ozg-lod/ontology> a <http://www.w3.org/2002/07/owl#Ontology> .")


def refused(turtle: str) -> list[str]:
    examination = examine([SourceFile("data.ttl", (PREFIXES + turtle).encode())], RULES)
    return [finding.rule for finding in examination.findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("insgesamt 16 Millionen Euro", ["16000000"]),
        ("20 Mio. Euro jährlich", ["20000000"]),
        ("rund 3,5 Millionen Euro", ["3500000"]),
        ("bis zu 1.250.000 EUR", ["1250000"]),
        ("130.000,- Euro", ["130000"]),
        ("acht Städte und knapp 600 Leistungen", ["8", "600"]),
        ("Bei mehr als drei Kommunen", ["3", "4"]),
        ("mehr als 6.000 Leistungen", ["6000"]),
        ("zweieinhalb Jahre", ["2.5"]),
        ("von mindestens 15%", ["15"]),
        ("Stand 17. Mai 2021, seit Herbst 2019, 2020 bis 2022", []),
        ("nach § 68, siehe https://example.org/a/12 und Modul 3", []),
        ("2.500 Anträge", ["2500"]),
    ],
)
def test_the_numbers_of_a_wording(text: str, numbers: list[str]) -> None:
    assert sorted(amount.value for amount in amounts(text)) == sorted(Decimal(number) for number in numbers)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Stand: 17. Mai 2021", [("2021-05-17", "2021-05-17")]),
        ("ab 01.03.2021", [("2021-03-01", "2021-03-01")]),
        ("Februar / März 2021", [("2021-02-01", "2021-02-28"), ("2021-03-01", "2021-03-31")]),
        ("November 2019 / Januar 2020", [("2019-11-01", "2019-11-30"), ("2020-01-01", "2020-01-31")]),
        ("III. Quartal 2021", [("2021-07-01", "2021-09-30")]),
        ("seit Herbst 2019", [("2019-09-01", "2019-11-30")]),
        ("seit Anfang 2021", [("2021-01-01", "2021-12-31")]),
        ("im Zeitraum 2020 bis 2022", [("2020-01-01", "2020-12-31"), ("2022-01-01", "2022-12-31")]),
        ("2000 Euro", []),
    ],
)
def test_the_days_of_a_wording(text: str, days: list[tuple[str, str]]) -> None:
    assert [(span.first, span.last) for span in spans(text)] == days


FIGURE = '<figure/a> ozg:wording "insgesamt 16 Millionen Euro"@de ; ozg:indicator ozg:budgetEur ; ozg:value {value} .'
BUNDLE = '<availability/a> ozg:wording "Amt ({count} Leistungen)"@de , "Februar / März 2021"@de ; ozg:serviceCount 12 ;'


@pytest.mark.parametrize(
    ("turtle", "rules"),
    [
        (FIGURE.format(value=16000000), []),
        (FIGURE.format(value=61000000), ["wording-number"]),
        (FIGURE.format(value=16000000).replace("budgetEur", "projects"), ["wording-number"]),
        (FIGURE.format(value=17).replace(" .", " ; prov:wasGeneratedBy <figure/a#count> ."), []),
        ('<figure/a> skos:prefLabel "18 Landkreise, Oktober 2020"@de ; ozg:value 18 .', []),
        ('<figure/a> skos:prefLabel "18 Landkreise"@de , "81 districts"@en ; ozg:value 18 .', ["wording-number"]),
        (BUNDLE.format(count=12) + 'ozg:month "2021-02"^^xsd:gYearMonth , "2021-03"^^xsd:gYearMonth .', []),
        (BUNDLE.format(count=12) + 'ozg:month "2021-03"^^xsd:gYearMonth .', ["wording-day"]),
        (
            BUNDLE.format(count=12) + 'ozg:month "2021-02"^^xsd:gYearMonth , "2021-04"^^xsd:gYearMonth .',
            ["wording-day"] * 2,
        ),
        ('<statement/a> ozg:wording "bis 31. Juli 2023"@de ; dcat:endDate "2023-07-31"^^xsd:date .', []),
        ('<statement/a> ozg:wording "bis 31. Juli 2023"@de ; dcat:endDate "2024-07-31"^^xsd:date .', ["wording-day"]),
        ('<funding/a> ozg:wording "im Zeitraum 2020 bis 2022"@de ; dcat:endDate "2022"^^xsd:gYear .', []),
    ],
)
def test_what_is_read_is_held_against_the_words(turtle: str, rules: list[str]) -> None:
    assert refused(turtle) == rules


PLACE = """<place/a> wgs84:lat {lat} ; wgs84:long 8.5 ; geo:hasGeometry <place/a#outline> ; dct:isPartOf <place/b> .
<place/a#outline> geo:asWKT "POLYGON ((8 50,9 50,9 51,8 51,8 50))"^^geo:wktLiteral .
<place/b> geo:hasGeometry <place/b#outline> .
<place/b#outline> geo:asWKT "POLYGON (({west} 49,10 49,10 52,{west} 52,{west} 49))"^^geo:wktLiteral .
<figure/a> ozg:indicator ozg:areaKm2 ; ozg:subject [ dct:spatial <place/a> ] ; ozg:value {area} .
"""


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, []),
        ({"lat": "51.5"}, ["outline-centre"]),
        ({"west": "9.5"}, ["outline-within"]),
        ({"area": "1234"}, ["outline-area"]),
    ],
)
def test_an_outline_fits_its_place(changes: dict[str, str], rules: list[str]) -> None:
    turtle = PLACE.format(**{"lat": "50.5", "west": "7", "area": "7860", **changes})
    turtle = (
        turtle.replace("[ dct:spatial <place/a> ]", "<municipality/a>") + "<municipality/a> dct:spatial <place/a> ."
    )
    assert refused(turtle) == rules
