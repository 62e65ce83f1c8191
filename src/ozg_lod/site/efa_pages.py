"""The pages of EfA offers and of their reuse, and the badge of an offer. Pure, like `pages`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import escape

from ozg_lod.core.messages import _, pgettext
from ozg_lod.core.vocab import OZG
from ozg_lod.rdf.graph import Term, pick
from ozg_lod.site.efa import (
    CONCEPTS,
    FACTS,
    OF_REUSE,
    EfaOffer,
    EfaRegister,
    OfferReuse,
    status_of,
)
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render
from ozg_lod.site.values import Value, ValueWriter

_PER_LETTER: Final = 7.2
"""Width of a letter at 12 px in the fonts that are everywhere, with room to spare."""
_ROOM: Final = 16
_HEIGHT: Final = 24


@dataclass(frozen=True, slots=True)
class OfferFact:
    """One property with its values."""

    name: Value
    values: list[Value]


@dataclass(frozen=True, slots=True)
class OfferView:
    """One offer as it is shown: its name, its lasting address, its key, its facts, how it is related to the OZG.

    `contacted` and `stated` tell whether a source names a contact and a status.
    """

    name: Value
    iri: str
    key: str
    facts: list[OfferFact]
    concepts: list[tuple[str, list[Value]]]
    reused: list[Value]
    contacted: bool
    stated: bool


def efa(site: PageContext, register: EfaRegister) -> bytes:
    writer = site.writer(register.names)
    return render(
        "efa.html",
        site,
        offers=[_shown(writer, offer) for offer in register.offers],
        bundles=[writer.name(iri) for iri in register.bundles],
        figures=[writer.name(iri) for iri in register.figures],
        example=register.offers[0].iri if register.offers else "",
    )


def reuse(site: PageContext, register: EfaRegister) -> bytes:
    """Return the register of reuse: authorities as rows, offers as columns."""
    writer = site.writer(register.names)
    offers = [offer for offer in register.offers if offer.reuses]
    rows = [
        (
            writer.name(at),
            [[_of_reuse(writer, one) for one in register.between(at, offer.iri)] for offer in offers],
        )
        for at in register.reusers
    ]
    return render(
        "nachnutzung.html",
        site,
        columns=[writer.name(offer.iri) for offer in offers],
        rows=rows,
        offers=[writer.name(offer.iri) for offer in register.offers],
    )


_FACT_NAMES: Final = {
    "status": _("Reuse"),
    "month": _("Since or from"),
    "lastMonth": _("Ended in"),
    "contact": _("Contact"),
    "onlineForm": _("Online form"),
    "asOf": pgettext("reuse", "As of"),
}


def badge(site: PageContext, register: EfaRegister, offer: EfaOffer) -> bytes:
    """Return the badge of an offer: SVG with title and description, dark letters and light letters well apart."""
    status, as_of, read_on = status_of(offer)
    writer = site.writer(register.names)
    label = writer.name(status).text if status else _("as reported")[site.language]
    left = _("EfA service of {lead}", lead=_lead(site, register, offer))[site.language]
    as_of_day, read_day = (writer.date(day, "").text if day else "" for day in (as_of, read_on))
    right = label
    if as_of:
        right = _("{status}, as of {day}", status=label, day=as_of_day)[site.language]
    elif read_on:
        right = _("{status}, read on {day}", status=label, day=read_day)[site.language]
    name = pick(register.names.get(offer.iri, {}), site.language, offer.iri)[0]
    widths = [round(len(text) * _PER_LETTER) + _ROOM for text in (left, right)]
    return _svg(site, name, left, right, widths)


def _svg(site: PageContext, name: str, left: str, right: str, widths: list[int]) -> bytes:
    whole, language, colour = sum(widths), site.language, site.identity.colours.badge
    middle = _HEIGHT / 2 + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{_HEIGHT}" viewBox="0 0 {whole} {_HEIGHT}" '
        f'role="img" aria-labelledby="t d" xml:lang="{language}" lang="{language}">\n'
        f'<title id="t">{escape(left)}: {escape(name)}</title>\n<desc id="d">{escape(right)}</desc>\n'
        f'<rect width="{widths[0]}" height="{_HEIGHT}" fill="{colour}"/>\n'
        f'<rect x="{widths[0]}" width="{widths[1]}" height="{_HEIGHT}" fill="#eef2f7"/>\n'
        '<g font-family="Verdana, DejaVu Sans, sans-serif" font-size="12" text-anchor="middle">\n'
        f'<text x="{widths[0] / 2:g}" y="{middle:g}" fill="#ffffff">{escape(left)}</text>\n'
        f'<text x="{widths[0] + widths[1] / 2:g}" y="{middle:g}" fill="#18222d">{escape(right)}</text>\n'
        "</g>\n</svg>\n"
    ).encode()


def _lead(site: PageContext, register: EfaRegister, offer: EfaOffer) -> str:
    lead = next((getattr(term, "value", "") for term in offer.facts.get(OZG + "leadAuthority", ())), "")
    return pick(register.names.get(lead, {}), site.language, "")[0]


def _shown(writer: ValueWriter, offer: EfaOffer) -> OfferView:
    facts = [_fact(writer, offer, predicate) for predicate in FACTS]
    concepts = [
        (predicate.removeprefix(OZG), writer.values(offer.facts[predicate], predicate))
        for predicate in CONCEPTS
        if predicate in offer.facts
    ]
    reused = [writer.name(at) for at in dict.fromkeys(reuse.at for reuse in offer.reuses)]
    key = offer.iri.rpartition("/")[2]
    contacted, stated = OZG + "contact" in offer.facts, OZG + "status" in offer.facts
    shown = [one for one in facts if one.values]
    return OfferView(writer.name(offer.iri), offer.iri, key, shown, concepts, reused, contacted, stated)


def _fact(writer: ValueWriter, offer: EfaOffer, predicate: str) -> OfferFact:
    return OfferFact(_property(writer, predicate), _values(writer, offer.facts.get(predicate, ()), predicate))


def _of_reuse(writer: ValueWriter, reuse: OfferReuse) -> list[OfferFact]:
    named = [(name, _FACT_NAMES[name.removeprefix(OZG)]) for name in OF_REUSE]
    facts = [
        OfferFact(Value(text[writer.language]), _values(writer, reuse.facts.get(name, ()), name))
        for name, text in named
    ]
    return [one for one in facts if one.values]


def _values(writer: ValueWriter, terms: Sequence[Term], predicate: str) -> list[Value]:
    """Return the values as people read them: a mail address without the scheme of its IRI."""
    values = writer.values(terms, predicate)
    return [replace(one, text=one.text.removeprefix("mailto:")) for one in values]


def _property(writer: ValueWriter, predicate: str) -> Value:
    """Return the name of a property, without a link: on this page it is a word, not a term."""
    name = writer.name(predicate)
    return Value(name.text, name.language)
