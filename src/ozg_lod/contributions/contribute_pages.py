"""The pages about taking part: three ways, and the templates with their columns explained. Pure, like `pages`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ozg_lod.contributions import sheets
from ozg_lod.contributions.blanks import FORMS
from ozg_lod.pages.pages import render
from ozg_lod.rdf.graph import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ozg_lod.contributions.blanks import Blanks
    from ozg_lod.pages.listing import Entry
    from ozg_lod.pages.site import Site
    from ozg_lod.tables.kinds import Kind
    from ozg_lod.text.language import Language

_ORDER: Final = ("verfuegbarkeit", "kontakt", "teilnahme", "leistungen", "efa-angebote", "nachnutzung")
"""What most come for stands first; kinds not named here come last."""
_FOR: Final = {"municipality": "ags", "district": "ags", "bundle": "buendel"}


@dataclass(frozen=True, slots=True)
class Choice:
    """For whom templates are wanted: the one thing, or what was typed and what it may mean."""

    topic: Entry | None
    typed: str
    matches: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind of table: what it is called and for, its columns, and the query that prefills it ("" for none)."""

    kind: Kind
    title: str
    help: str
    columns: Sequence[sheets.SheetColumn]
    query: dict[str, str]


def contribute(site: Site, blanks: Blanks, choice: Choice, kept: tuple[tuple[str, str], ...]) -> bytes:
    """Return the page that says how to take part."""
    return _page("mitmachen.html", site, blanks, choice, kept)


def templates(site: Site, blanks: Blanks, choice: Choice, kept: tuple[tuple[str, str], ...]) -> bytes:
    """Return the list of templates."""
    return _page("vorlagen.html", site, blanks, choice, kept)


def _page(template: str, site: Site, blanks: Blanks, choice: Choice, kept: tuple[tuple[str, str], ...]) -> bytes:
    return render(
        template,
        replace(site, kept=kept),
        choice=choice,
        topic=None if choice.topic is None else _named(choice.topic, site.language),
        matches=[_named(entry, site.language) for entry in choice.matches] if choice.topic is None else [],
        offers=[_offer(kind, choice.topic, site.language) for kind in sorted(blanks.kinds, key=_position)],
        forms=FORMS,
    )


def _offer(kind: Kind, topic: Entry | None, language: Language) -> Offer:
    """Return one kind; a table that has no row for the topic is offered without it."""
    query = {}
    if topic is not None:
        sort = _sort(topic)
        fits = any(
            sort in {column.name, *column.datatype.groups} or column.name == _FOR[sort] for column in kind.columns
        )
        query = {_FOR[sort]: topic.key} if fits else {}
    return Offer(kind, kind.title(language), kind.help(language), sheets.explained(kind, language), query)


def _position(kind: Kind) -> int:
    return _ORDER.index(kind.slug) if kind.slug in _ORDER else len(_ORDER)


def _named(entry: Entry, language: Language) -> tuple[str, str, str]:
    """Return (name, key, parameter) of a thing."""
    return pick(entry.names, language, entry.key)[0], entry.key, _FOR[_sort(entry)]


def _sort(entry: Entry) -> str:
    return entry.iri.split("/")[-2]
