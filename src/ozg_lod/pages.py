"""Pages for people: what is known, put into templates. Pure: the same input gives the same bytes.

Every template escapes what it prints; a gap that is not filled is an error (StrictUndefined). There is no script.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from ozg_lod import formats, vocabulary
from ozg_lod.addresses import Addresses
from ozg_lod.cards import Composer
from ozg_lod.graph import collation
from ozg_lod.language import LANGUAGES
from ozg_lod.values import Writer
from ozg_lod.vocab import ADMS, ONTOLOGY, OZG
from ozg_lod.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ozg_lod.describe import Description
    from ozg_lod.errors import OzgLodError
    from ozg_lod.language import Language
    from ozg_lod.listing import Directory, Table

_BAR: Final = (formats.HTML, *formats.GRAPHS)
_NOWHERE: Final = Addresses("", "")
_UNFOLDED: Final = (OZG + "claim", OZG + "condition")


@dataclass(frozen=True, slots=True)
class Site:
    """What every page needs: its language, its addresses, its own path and page number, the version of the data."""

    language: Language
    addresses: Addresses
    version: str = ""
    path: str = "/"
    page: int = 1

    @property
    def words(self) -> Words:
        """Return the texts in the page's language."""
        return words(self.language)

    @property
    def other_language(self) -> Language:
        """Return the language the switch leads to."""
        return LANGUAGES[1 - LANGUAGES.index(self.language)]

    def writer(self, names: Mapping[str, Mapping[str, str]]) -> Writer:
        """Return the writer of values for these names."""
        return Writer(self.words, self.addresses, names)


def thing(site: Site, description: Description) -> bytes:
    """Return the page about one thing."""
    composer = Composer(description, site.writer(description.names))
    kind = description.iri.removeprefix(site.addresses.base_iri).split("/")[1]
    stated, others = composer.incoming()
    unfolded = composer.unfolded(_UNFOLDED)
    hidden = set(_UNFOLDED if unfolded else ()) | {ADMS + "identifier"}
    return _render(
        "thing.html",
        site,
        card=composer.card(description.iri, hidden=hidden),
        kind=kind,
        parts_of_thing=[composer.card(part, beside=description.iri) for part in description.parts],
        unfolded=unfolded,
        stated=stated,
        others=others,
        iri=description.iri,
        page=description.page,
        pages=description.pages,
        formats=_BAR,
    )


def listing(site: Site, table: Table) -> bytes:
    """Return the list of one kind; a column nobody on the page fills is left out."""
    writer = site.writer(table.names)
    filled = [n for n in range(len(table.columns)) if any(cells[n] for _, cells in table.rows)]
    rows = [
        (writer.name(entry.iri), entry.key, [writer.values(cells[n], table.columns[n]) for n in filled])
        for entry, cells in table.rows
    ]
    columns = [writer.name(table.columns[n]) for n in filled]
    offered = (*_BAR, formats.CSV)
    return _render("list.html", site, table=table, rows=rows, columns=columns, formats=offered, writer=writer)


def start(site: Site, directory: Directory, title: str) -> bytes:
    """Return the start page: three doors and every kind that has entries, with their counts."""
    writer = site.writer({})
    kinds = [(kind, writer.count(len(entries))) for kind, entries in directory.kinds.items() if entries]
    total = writer.count(sum(len(entries) for entries in directory.kinds.values()))
    return _render("start.html", site, kinds=kinds, total=total, title=title)


def ontology(
    site: Site,
    terms: Sequence[vocabulary.Definition],
    names: Mapping[str, Mapping[str, str]],
    covered: Mapping[str, int],
) -> bytes:
    """Return the page of the terms; `covered` says how many rules are about each."""
    writer = site.writer(names)
    groups = [*(name for name, _ in vocabulary.GROUPS), vocabulary.OTHER]
    grouped = [(group, [term for term in terms if term.group == group]) for group in groups]
    return _render(
        "ontology.html",
        site,
        groups=[(group, members) for group, members in grouped if members],
        writer=writer,
        covered=covered,
        iri=ONTOLOGY,
        formats=_BAR,
    )


def shapes(site: Site, rules: Sequence[vocabulary.Rule], names: Mapping[str, Mapping[str, str]]) -> bytes:
    """Return the page of the rules, by the class they are for."""
    writer = site.writer(names)
    targets = {rule.target: writer.name(rule.target) for rule in rules}
    groups = [
        (target, [rule for rule in rules if rule.target == iri])
        for iri, target in sorted(targets.items(), key=lambda entry: collation(entry[1].text))
    ]
    return _render("shapes.html", site, groups=groups, writer=writer, total=len(rules), formats=_BAR)


def error(failure: OzgLodError, language: Language, addresses: Addresses = _NOWHERE) -> bytes:
    """Return the page that says what failed and what to do next; it needs no snapshot."""
    site = Site(language, addresses, path="")
    key = f"error/step_{failure.status}"
    said = site.words(key if site.words.has(key) else "error/step_500")
    suggested = failure.details.get("suggestions")
    offered = failure.details.get("offered")
    return _render(
        "error.html",
        site,
        failure=failure,
        heading=failure.title[0 if language == "en" else 1],
        sentence=failure.sentence(language),
        step=said,
        suggestions=suggested if isinstance(suggested, list) else [],
        offered=offered if isinstance(offered, list) else [],
    )


def _render(template: str, site: Site, **gaps: object) -> bytes:
    text = _environment().get_template(template).render(site=site, w=site.words, a=site.addresses, **gaps)
    return text.encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ozg_lod"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
