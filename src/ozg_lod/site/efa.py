"""EfA offers and who reuses them, read from the merged graph: what sources and contributions say, nothing more.

An offer is an `ozg:EfaOffer`; a reuse is an `ozg:Reuse` statement of another authority about it (a contribution kind).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.vocab import DCT, FOAF, OZG
from ozg_lod.rdf.graph import (
    TYPE,
    Graph,
    Term,
    collation,
    iri_of,
    pick,
)

OFFER: Final = OZG + "EfaOffer"
REUSE: Final = OZG + "Reuse"
FACTS: Final = (
    OZG + "leadAuthority",
    OZG + "builtBy",
    OZG + "contact",
    OZG + "status",
    OZG + "month",
    OZG + "asOf",
    OZG + "topic",
    OZG + "onlineForm",
    FOAF + "page",
    DCT + "source",
    OZG + "readOn",
)
"""What is shown of an offer, in this order."""
CONCEPTS: Final = (OZG + "subject", OZG + "concerns", OZG + "mayConcern")
"""How an offer is related to OZG and LeiKa entries: stated, supported by the label, a candidate."""
OF_REUSE: Final = (OZG + "status", OZG + "month", OZG + "lastMonth", OZG + "contact", OZG + "onlineForm", OZG + "asOf")
_FIGURE: Final = OZG + "efaServices"

Facts = dict[str, list[Term]]


@dataclass(frozen=True, slots=True)
class OfferReuse:
    """One authority reusing one offer: the IRIs of statement, authority and offer, and what is said of it."""

    iri: str
    at: str
    of: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class EfaOffer:
    """One offer: its facts by predicate, and its reuses."""

    iri: str
    facts: Facts
    reuses: tuple[OfferReuse, ...]


@dataclass(frozen=True, slots=True)
class EfaRegister:
    """All offers and reuses, bundles marked as EfA, figures about EfA services, and the names of all of these."""

    offers: tuple[EfaOffer, ...]
    reuses: tuple[OfferReuse, ...]
    bundles: tuple[str, ...]
    figures: tuple[str, ...]
    names: Mapping[str, Mapping[str, str]]

    @property
    def reusers(self) -> list[str]:
        """Return the authorities that reuse something, in order of their names."""
        return sorted({reuse.at for reuse in self.reuses}, key=lambda iri: collation(self.name(iri)))

    def name(self, iri: str) -> str:
        """Return the German name."""
        return pick(self.names.get(iri, {}), "de", iri)[0]

    def between(self, at: str, of: str) -> list[OfferReuse]:
        """Return what is said of this authority reusing this offer."""
        return [reuse for reuse in self.reuses if (reuse.at, reuse.of) == (at, of)]


def read(graph: Graph) -> EfaRegister:
    reuses = tuple(reuse for iri in _of_class(graph, REUSE) for reuse in _reuses(graph, iri))
    offers = [_offer(graph, iri, reuses) for iri in _of_class(graph, OFFER)]
    marked = sorted(iri_of(triple.subject) for triple in graph.using(OZG + "efaMarked") if _true(triple.object))
    figures = sorted(iri_of(triple.subject) for triple in graph.using(OZG + "indicator", _FIGURE))
    named = {one for offer in offers for terms in offer.facts.values() for one in map(iri_of, terms)}
    named |= {one for reuse in reuses for terms in reuse.facts.values() for one in map(iri_of, terms)}
    named |= {part for reuse in reuses for part in (reuse.iri, reuse.at, reuse.of)}
    named |= {*FACTS, *OF_REUSE, *marked, *figures, *(offer.iri for offer in offers)}
    names = graph.names_of(named - {""})
    ordered = sorted(offers, key=lambda offer: collation(pick(names[offer.iri], "de", offer.iri)[0]))
    return EfaRegister(tuple(ordered), reuses, tuple(marked), tuple(figures), names)


def status_of(offer: EfaOffer) -> tuple[str, str, str]:
    """Return (IRI of the status, day it is as of by its source, day the source was read), each "" where not stated."""
    status = next((iri_of(term) for term in offer.facts.get(OZG + "status", ())), "")
    as_of, read_on = (
        next((str(getattr(day, "value", "")) for day in offer.facts.get(OZG + name, ())), "")
        for name in ("asOf", "readOn")
    )
    return status, as_of, read_on


def _of_class(graph: Graph, kind: str) -> Sequence[str]:
    return sorted({iri_of(triple.subject) for triple in graph.using(TYPE, kind)} - {""})


def _offer(graph: Graph, iri: str, reuses: Sequence[OfferReuse]) -> EfaOffer:
    facts = {predicate: terms for predicate in (*FACTS, *CONCEPTS) if (terms := graph.objects(iri, predicate))}
    return EfaOffer(iri, facts, tuple(reuse for reuse in reuses if reuse.of == iri))


def _reuses(graph: Graph, iri: str) -> list[OfferReuse]:
    facts = {predicate: terms for predicate in (*OF_REUSE, DCT + "source") if (terms := graph.objects(iri, predicate))}
    return [
        OfferReuse(iri, iri_of(at), iri_of(of), facts)
        for at in graph.objects(iri, OZG + "availableAt")
        for of in graph.objects(iri, OZG + "availabilityOf")
    ]


def _true(term: Term) -> bool:
    return getattr(term, "value", "") in {"true", "1"}
