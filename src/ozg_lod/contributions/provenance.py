"""Provenance of a contribution: the source its statements name, as PROV: who said it, when, and how it came here.

Only the authority is named. Who sent the file stays in the inbox, and who decided is told by role.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from babel.dates import format_date

from ozg_lod.contributions.submissions import Submission
from ozg_lod.core.messages import Language, _, locale_of, pgettext
from ozg_lod.core.vocab import (
    DCT,
    FOAF,
    OZG,
    PROV,
    RDF,
    SKOS,
    XSD,
)
from ozg_lod.rdf import formats
from ozg_lod.rdf.triples import resource, text

_LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who said something, and by which role and when it was accepted: `kind` and `name` are those of the authority."""

    kind: str
    name: str
    role: str
    time: str


def source_iri(base_iri: str, submission: Submission) -> str:
    return f"{base_iri}id/source/{submission.key}"


def source(base_iri: str, submission: Submission, acceptance: Acceptance) -> str:
    """Return the source as Turtle."""
    triples = set(_triples(source_iri(base_iri, submission), submission, acceptance))
    return formats.serialize(triples, formats.TURTLE).decode()


_AUTHORITIES: Final = {
    "municipality": _("{name} (municipality)"),
    "district": _("{name} (district)"),
    "kreis": pgettext("contribution", "{name} (district)"),
    "state": _("{name} (state)"),
    "other": _("{name}"),
}


def label(language: Language, acceptance: Acceptance, day: str) -> str:
    """Return what people call the source.

    >>> label("de", Acceptance("municipality", "Musterstadt", "Redaktion", ""), "2026-11-24")
    'Mitteilung der Kommune Musterstadt vom 24. November 2026'
    >>> label("de", Acceptance("district", "Musterkreis", "Redaktion", ""), "2026-11-24")
    'Mitteilung des Musterkreises vom 24. November 2026'
    """
    name = _AUTHORITIES[_grammar(acceptance)][language].format(name=acceptance.name.removeprefix("Landkreis "))
    date = format_date(dt.date.fromisoformat(day), "long", locale=locale_of(language))
    return _("Notice of {authority}, {date}", authority=name, date=date)[language]


def _grammar(acceptance: Acceptance) -> str:
    if acceptance.kind == "district":
        return "kreis" if acceptance.name.casefold().endswith("kreis") else "district"
    return acceptance.kind if acceptance.kind in {"municipality", "state"} else "other"


def _triples(iri: str, submission: Submission, acceptance: Acceptance) -> Iterator[ox.Triple]:
    sending, deciding = f"{iri}#mitteilung", f"{iri}#annahme"
    for name in (PROV + "Entity", FOAF + "Document"):
        yield resource(iri, RDF + "type", name)
    for language in _LANGUAGES:
        yield text(iri, SKOS + "prefLabel", label(language, acceptance, submission.day), language)
        yield text(sending, SKOS + "prefLabel", _("Notice to the catalogue")[language], language)
        yield text(deciding, SKOS + "prefLabel", _("Accepted by: {role}", role=acceptance.role)[language], language)
    for predicate in (DCT + "contributor", PROV + "wasAttributedTo"):
        yield resource(iri, predicate, submission.authority)
    yield _typed(iri, DCT + "issued", submission.day, "date")
    yield _typed(iri, OZG + "readOn", acceptance.time[:10], "date")
    yield resource(iri, PROV + "wasGeneratedBy", sending)
    yield resource(sending, RDF + "type", PROV + "Activity")
    yield _typed(sending, PROV + "endedAtTime", submission.received, "dateTime")
    yield resource(deciding, RDF + "type", PROV + "Activity")
    yield resource(deciding, PROV + "used", iri)
    yield _typed(deciding, PROV + "endedAtTime", acceptance.time, "dateTime")


def _typed(subject: str, predicate: str, value: str, kind: str) -> ox.Triple:
    return ox.Triple(
        ox.NamedNode(subject), ox.NamedNode(predicate), ox.Literal(value, datatype=ox.NamedNode(XSD + kind))
    )
