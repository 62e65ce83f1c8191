"""A catalogue of any size with our vocabulary, always the same for the same size: one file of N-Triples."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://w3id.org/ozg-lod/hessen/id/"
OZG = "https://w3id.org/ozg-lod/ontology#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
SOURCE = "http://purl.org/dc/terms/source"
PART_OF = "http://purl.org/dc/terms/isPartOf"
XSD = "http://www.w3.org/2001/XMLSchema#"
DISTRICTS, MUNICIPALITIES, BUNDLES, PER_THING = 26, 421, 17, 8


def write(path: Path, triples: int) -> None:
    """Write about `triples` triples: places first, then availabilities with 8 triples each."""
    chance = random.Random(20210517)
    with path.open("w", encoding="utf-8") as file:
        for line in _places():
            file.write(line)
        for number in range(max(1, (triples - 2 * (DISTRICTS + BUNDLES) - 3 * MUNICIPALITIES) // PER_THING)):
            file.write("".join(_availability(number, chance)))


def _iri(value: str) -> str:
    return f"<{value}>"


def _line(subject: str, predicate: str, value: str) -> str:
    return f"<{BASE}{subject}> <{predicate}> {value} .\n"


def _places() -> list[str]:
    lines = []
    for key in range(DISTRICTS):
        lines += [
            _line(f"district/{key}", LABEL, f'"Landkreis {key}"@de'),
            _line(f"district/{key}", RDF_TYPE, _iri(OZG + "TerritorialAuthority")),
        ]
    for key in range(MUNICIPALITIES):
        subject = f"municipality/{key}"
        lines += [
            _line(subject, LABEL, f'"Gemeinde {key}"@de'),
            _line(subject, RDF_TYPE, _iri(OZG + "TerritorialAuthority")),
            _line(subject, PART_OF, _iri(f"{BASE}district/{key % DISTRICTS}")),
        ]
    for key in range(BUNDLES):
        lines += [
            _line(f"bundle/{key}", LABEL, f'"Bündel {key}"@de'),
            _line(f"bundle/{key}", RDF_TYPE, _iri(OZG + "ServiceBundle")),
        ]
    return lines


def _availability(number: int, chance: random.Random) -> list[str]:
    subject = f"availability/{number}"
    month = f"{chance.randint(2019, 2024)}-{chance.randint(1, 12):02}"
    return [
        _line(subject, RDF_TYPE, _iri(OZG + "Availability")),
        _line(subject, LABEL, f'"Leistung {number} seit {month}"@de'),
        _line(subject, OZG + "availabilityOf", _iri(f"{BASE}bundle/{chance.randrange(BUNDLES)}")),
        _line(subject, OZG + "availableAt", _iri(f"{BASE}municipality/{chance.randrange(MUNICIPALITIES)}")),
        _line(subject, OZG + "serviceCount", f'"{chance.randint(1, 14)}"^^<{XSD}integer>'),
        _line(subject, OZG + "month", f'"{month}"^^<{XSD}gYearMonth>'),
        _line(subject, OZG + "status", _iri(OZG + chance.choice(("available", "planned", "announced")))),
        _line(subject, SOURCE, _iri(f"{BASE}source/{chance.randrange(100)}")),
    ]
