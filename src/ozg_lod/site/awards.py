"""Awards: who got how much of which programme, as sources name it; the page `/foerderung` and its table. Pure.

An amount is for all recipients together, so it stands once. There is no sum: sources name only some awards, and two may
name the same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.vocab import DCT, OZG
from ozg_lod.rdf.graph import TYPE, Graph, Term, collation, iri_of, pick
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render
from ozg_lod.site.values import Value

AMOUNT: Final = OZG + "awardedEur"
_PARTICIPATION: Final = OZG + "Participation"
_PROGRAMME: Final = OZG + "programme"
_MEMBER: Final = OZG + "member"
_PRECISION: Final = OZG + "precision"
_COLUMNS: Final = (OZG + "status", OZG + "asOf", OZG + "readOn", DCT + "source")
_FACTS: Final = (_PROGRAMME, _MEMBER, _PRECISION, *_COLUMNS)
_HEAD: Final = (
    *("award", "award_name", "amount_eur", "precision", "programme", "programme_name", "recipients", "recipient_names"),
    *("status", "as_of", "read_on", "source", "source_name"),
)


@dataclass(frozen=True, slots=True)
class Award:
    """One award: its amount, and its other properties by their IRIs."""

    iri: str
    amount: Term
    facts: Mapping[str, Sequence[Term]]

    def iris(self, predicate: str) -> list[str]:
        return [iri_of(term) for term in self.facts.get(predicate, ())]

    def text(self, predicate: str) -> str:
        """Return the one literal or the last part of the one IRI."""
        values = [str(getattr(term, "value", "")).rpartition("#")[2] for term in self.facts.get(predicate, ())]
        return " ".join(sorted(values))


@dataclass(frozen=True, slots=True)
class Awards:
    """All awards by programme, the largest first.

    `without_amount` is how many statements about who takes part in a programme name no amount.
    """

    by_programme: Mapping[str, Sequence[Award]]
    without_amount: Mapping[str, int]
    names: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class AwardRow:
    """One award as a page shows it."""

    amount: Value
    precision: list[Value]
    recipients: list[Value]
    statement: Value
    status: list[Value]
    day: list[Value]
    sources: list[Value]


def read(graph: Graph) -> Awards:
    """Return the awards of the catalogue; one that names no programme stands under ""."""
    awards = [_award(graph, iri_of(triple.subject), triple.object) for triple in graph.using(AMOUNT)]
    named = {iri for award in awards for predicate in _FACTS for iri in award.iris(predicate)}
    names = graph.names_of({*named, *(award.iri for award in awards)} - {""})
    by_programme: dict[str, list[Award]] = {}
    for award in sorted(awards, key=lambda award: (-_euro(award), award.iri)):
        for programme in award.iris(_PROGRAMME) or [""]:
            by_programme.setdefault(programme, []).append(award)
    order = sorted(by_programme, key=lambda iri: (not iri, collation(pick(names.get(iri, {}), "de", iri)[0])))
    told = {award.iri for award in awards}
    others = (triple for triple in graph.using(_PROGRAMME) if iri_of(triple.subject) not in told)
    without = Counter(iri_of(t.object) for t in others if _is_participation(graph, iri_of(t.subject)))
    return Awards({iri: by_programme[iri] for iri in order}, without, names)


def page(site: PageContext, awards: Awards) -> bytes:
    writer = site.writer(awards.names)
    sections = [
        (
            writer.name(programme) if programme else None,
            awards.without_amount.get(programme, 0),
            [_row(site, awards, award) for award in listed],
        )
        for programme, listed in awards.by_programme.items()
    ]
    count = len({award.iri for listed in awards.by_programme.values() for award in listed})
    return render("foerderung.html", site, sections=sections, count=count)


def as_csv(site: PageContext, awards: Awards) -> bytes:
    """Return one row for each award (RFC 4180): keys of recipients apart by spaces, their names by semicolons."""
    return written([harmless(cell) for cell in row] for row in (_HEAD, *_cells(site, awards)))


def _cells(site: PageContext, awards: Awards) -> Iterator[tuple[str, ...]]:
    writer = site.writer(awards.names)

    def named(iris: Iterable[str]) -> str:
        return "; ".join(writer.name(iri).text for iri in iris)

    for programme, listed in awards.by_programme.items():
        for award in listed:
            recipients, sources = award.iris(_MEMBER), award.iris(DCT + "source")
            yield (
                award.iri,
                named([award.iri]),
                str(getattr(award.amount, "value", "")),
                award.text(_PRECISION),
                programme.rpartition("/")[2],
                named([programme]) if programme else "",
                " ".join(iri.rpartition("/")[2] for iri in recipients),
                named(recipients),
                *(award.text(predicate) for predicate in _COLUMNS[:3]),
                " ".join(sources),
                named(sources),
            )


def _award(graph: Graph, iri: str, amount: Term) -> Award:
    facts = {predicate: graph.objects(iri, predicate) for predicate in _FACTS}
    facts[_MEMBER] = sorted(facts[_MEMBER], key=lambda term: collation(pick(graph.names(iri_of(term)), "de", "")[0]))
    return Award(iri, amount, facts)


def _row(site: PageContext, awards: Awards, award: Award) -> AwardRow:
    writer = site.writer(awards.names)
    as_of = award.facts[OZG + "asOf"]
    return AwardRow(
        amount=writer.value(award.amount, AMOUNT),
        precision=writer.named(award.iris(_PRECISION)),
        recipients=writer.named(award.iris(_MEMBER)),
        statement=writer.name(award.iri),
        status=writer.named(award.iris(OZG + "status")),
        day=writer.values(as_of or award.facts[OZG + "readOn"], OZG + ("asOf" if as_of else "readOn")),
        sources=writer.named(award.iris(DCT + "source")),
    )


def _euro(award: Award) -> float:
    try:
        return float(getattr(award.amount, "value", ""))
    except ValueError:
        return 0.0


def _is_participation(graph: Graph, iri: str) -> bool:
    return _PARTICIPATION in map(iri_of, graph.objects(iri, TYPE))
