"""What is missing in a catalogue, what stands there twice, and what is not from the list it should be from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ozg_lod.core.findings import Finding, Severity
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import (
    DCAT,
    DCT,
    FOAF,
    VCARD,
)
from ozg_lod.harvest_check.findings import error, warning
from ozg_lod.harvest_check.graph import CATALOG, CatalogueGraph, CatalogueTerm
from ozg_lod.harvest_check.profile import ProfileRule, profile
from ozg_lod.harvest_check.structure import is_stub, place

_WHO: Final = {
    "catalogue": _("the catalogue"),
    "dataset": _("the dataset"),
    "distribution": _("the distribution"),
    "service": _("the data service"),
}
_FILES_ONLY: Final = frozenset({"size", "checksum", "media-type"})
"""What a distribution that is reached through a service need not have: it is no file."""
_WAYS: Final = (VCARD + "hasEmail", VCARD + "hasURL", VCARD + "hasTelephone")


def properties(graph: CatalogueGraph) -> Iterator[Finding]:
    """Yield what breaks the rules of `harvest.toml`, and agents and contacts without a name or a way to reach them."""
    yield from _absent(graph)
    for rule, subject, found in _used(graph, profile().single):
        if len(found) > 1:
            yield _several(rule, graph, subject, found)
    for rule, subject, found in _used(graph, profile().lists):
        for value in found:
            if not value.value.startswith(rule.start):
                yield _unlisted(rule, graph, subject, value)
    yield from _agents(graph)


def _absent(graph: CatalogueGraph) -> Iterator[Finding]:
    for rule, subject, found in _used(graph, profile().asked):
        if not found and not _is_excused(graph, subject, rule):
            yield _missing(rule, graph, subject)


def _used(
    graph: CatalogueGraph, rules: Sequence[ProfileRule]
) -> Iterator[tuple[ProfileRule, CatalogueTerm, list[CatalogueTerm]]]:
    """Yield each rule with each thing it is about and the values that stand there."""
    for rule in rules:
        for subject in graph.typed(rule.type):
            yield rule, subject, graph.of(subject, rule.predicate)


def short(iri: str) -> str:
    """Return the end of an address, which people can read.

    >>> short("http://dcat-ap.de/def/licenses/dl-by-de/2.0")
    'dl-by-de/2.0'
    """
    start, licences, licence = iri.partition("/licenses/")
    return licence if licences else re.split(r"[#/]", start.rstrip("/"))[-1]


def _is_excused(graph: CatalogueGraph, subject: CatalogueTerm, rule: ProfileRule) -> bool:
    """Tell whether a rule has nothing to say here: of what is no file, or no dataset and has its finding already."""
    if rule.kind == "dataset":
        return is_stub(graph, subject) or graph.is_a(subject, CATALOG)
    return rule.kind == "distribution" and rule.slug in _FILES_ONLY and bool(graph.of(subject, DCAT + "accessService"))


def _missing(rule: ProfileRule, graph: CatalogueGraph, subject: CatalogueTerm) -> Finding:
    de = f"{_WHO[rule.kind].de} {'fehlen' if rule.plural else 'fehlt'} {rule.name.de}"
    en = f"{_WHO[rule.kind].en} has no {rule.name.en}"
    if rule.effect:
        de, en = f"{de}; {rule.effect.de}", f"{en}; {rule.effect.en}"
    return Finding(rule.severity, f"{rule.kind}-{rule.slug}-missing", Text(de, en), place(graph, subject))


def _several(rule: ProfileRule, graph: CatalogueGraph, subject: CatalogueTerm, found: list[CatalogueTerm]) -> Finding:
    return error(
        f"{rule.kind}-{rule.slug}-several",
        _("{count} {reason} are given; exactly one is allowed", count=len(found), reason=rule.name),
        value=", ".join(sorted(short(term.value) for term in found)),
        place=place(graph, subject),
    )


def _unlisted(rule: ProfileRule, graph: CatalogueGraph, subject: CatalogueTerm, value: CatalogueTerm) -> Finding:
    return warning(
        f"{rule.kind}-{rule.slug}-unlisted",
        _(
            "{reason} is not from the list that the profile asks for; its addresses start with {start}",
            start=rule.start,
            reason=rule.name,
        ),
        value=value.value,
        place=place(graph, subject),
    )


def _agents(graph: CatalogueGraph) -> Iterator[Finding]:
    for agent in _named_by(graph, DCT + "publisher"):
        if agent in graph.said and not graph.of(agent, FOAF + "name"):
            text = _("the publisher has no name (foaf:name)")
            yield Finding(Severity.ERROR, "publisher-name-missing", text, place(graph, agent))
    for contact in _named_by(graph, DCAT + "contactPoint"):
        if not any(graph.of(contact, way) for way in _WAYS):
            text = _("the contact point has neither e-mail nor web address nor telephone")
            yield Finding(Severity.ERROR, "contact-empty", text, place(graph, contact))


def _named_by(graph: CatalogueGraph, predicate: str) -> list[CatalogueTerm]:
    found = {term for own in graph.said.values() for term in own.get(predicate, ())}
    return sorted(found, key=lambda term: term.value)
