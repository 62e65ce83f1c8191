"""The pages about taking part: three ways, and the templates with their columns explained. Pure, like `pages`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ozg_lod.contributions import template_sheets
from ozg_lod.contributions.templates import FORMS, TemplateCatalogue
from ozg_lod.rdf.graph import pick
from ozg_lod.site.lists import ListEntry
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render
from ozg_lod.tables.contribution_kinds import ContributionKind


@dataclass(frozen=True, slots=True)
class TemplateSelection:
    """For whom templates are wanted: the one thing, or what was typed and what it may mean.

    `submits` says that submissions are accepted here, `contact` is where the catalogue is asked, "" for nowhere.
    """

    topic: ListEntry | None
    typed: str
    matches: Sequence[ListEntry]
    submits: bool = False
    contact: str = ""


@dataclass(frozen=True, slots=True)
class TemplateOffer:
    """One kind of table: what it is called and for, its columns, and the query that prefills it ("" for none)."""

    kind: ContributionKind
    title: str
    help: str
    columns: Sequence[template_sheets.TemplateColumn]
    query: dict[str, str]


def contribute(
    site: PageContext, catalogue: TemplateCatalogue, choice: TemplateSelection, parameters: tuple[tuple[str, str], ...]
) -> bytes:
    return _page("mitmachen.html", site, catalogue, choice, parameters)


def templates(
    site: PageContext, catalogue: TemplateCatalogue, choice: TemplateSelection, parameters: tuple[tuple[str, str], ...]
) -> bytes:
    return _page("vorlagen.html", site, catalogue, choice, parameters)


def _page(
    template: str,
    site: PageContext,
    catalogue: TemplateCatalogue,
    choice: TemplateSelection,
    parameters: tuple[tuple[str, str], ...],
) -> bytes:
    return render(
        template,
        replace(site, parameters=parameters),
        choice=choice,
        topic=None if choice.topic is None else _named(choice.topic, site),
        matches=[_named(entry, site) for entry in choice.matches] if choice.topic is None else [],
        offers=[_offer(kind, choice.topic, site) for kind in sorted(catalogue.kinds, key=lambda kind: kind.position)],
        forms=FORMS,
    )


def _offer(kind: ContributionKind, topic: ListEntry | None, site: PageContext) -> TemplateOffer:
    """Return one kind; a table that has no row for the topic is offered without it."""
    query = {}
    if topic is not None:
        sort = _sort(topic)
        parameter = site.kinds[sort].template
        fits = any(
            sort in {column.name, *column.datatype.groups} or column.name == parameter for column in kind.columns
        )
        query = {parameter: topic.key} if fits else {}
    language = site.language
    return TemplateOffer(
        kind, kind.title(language), kind.help(language), template_sheets.explained(kind, language), query
    )


def _named(entry: ListEntry, site: PageContext) -> tuple[str, str, str]:
    """Return (name, key, parameter) of a thing."""
    return pick(entry.names, site.language, entry.key)[0], entry.key, site.kinds[_sort(entry)].template


def _sort(entry: ListEntry) -> str:
    return entry.iri.split("/")[-2]
