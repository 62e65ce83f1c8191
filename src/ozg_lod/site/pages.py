"""Pages for people: what is known, put into templates. Pure: the same input gives the same bytes.

Every template escapes what it prints; a gap that is not filled is an error (StrictUndefined). No page needs a script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import CodeType
from typing import Final

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from ozg_lod.core.errors import OzgLodError
from ozg_lod.core.identity import NEUTRAL, Identity
from ozg_lod.core.messages import LANGUAGES, Label, Language, Message, _, ngettext, pgettext, say
from ozg_lod.core.vocab import ADMS, OZG
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.graph import Term, collation
from ozg_lod.search import results
from ozg_lod.search.search import Thing
from ozg_lod.site import as_of, key_facts, static_files, structured_data
from ozg_lod.site.description import Description
from ozg_lod.site.highlights import Highlights
from ozg_lod.site.linking import LinkBox
from ozg_lod.site.list_columns import ListColumn
from ozg_lod.site.lists import Directory, ListTable
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.thing_view import ThingComposer
from ozg_lod.site.values import Value, ValueWriter, marked
from ozg_lod.snapshots.summary import CoverageCount, Dates

BAR: Final = (formats.HTML, *formats.GRAPHS)
_NOWHERE: Final = Addresses("", "")
_AT, _OF = OZG + "availableAt", OZG + "availabilityOf"
_TERRITORY: Final = (OZG + "part", OZG + "whole")
"""What places say of each other stands last on a page: people know where a town lies."""
_UNFOLDED: Final = (OZG + "claim", OZG + "condition")
_MENU: Final = (
    ("/", _("Catalogue"), "#catalogue"),
    ("/karte", _("Map"), ""),
    ("/sparql", _("Query"), ""),
    ("/pruefen", _("Check data"), ""),
    ("/mitmachen", _("Take part"), ""),
)
"""The doors in the head of every page; more than five do not fit a phone."""
_FOOTING: Final = (
    (
        ("people", _("Look up")),
        (
            ("/suche", _("Search")),
            ("/efa", _("EfA offers")),
            ("/reuse", _("Reuse")),
            ("/abgleich", _("Match lists")),
            ("/vorlagen", _("Templates")),
            ("/zeitleiste", _("Timeline")),
            ("/foerderung", _("Funding")),
            ("/quellen", _("Sources")),
            ("/widersprueche", _("Discrepancies")),
            ("/status", _("State of the data")),
            ("/hilfe", _("Help")),
        ),
    ),
    (
        ("programs", _("Data and rules")),
        (
            ("/catalog", _("Catalogue for portals")),
            ("/harvest", _("For portal operators")),
            ("/ontology", _("Vocabulary")),
            ("/shapes", _("Rules")),
            ("/aenderungen", _("Changes")),
        ),
    ),
    (
        ("duties", _("About this site")),
        (
            ("/impressum", _("Imprint")),
            ("/datenschutz", _("Privacy")),
            ("/barrierefreiheit", pgettext("menu", "Accessibility")),
        ),
    ),
)
_MAX_NUMBERS: Final = 4
_NUMBER_NAMES: Final = {
    "services": _("services online, as of {day}"),
    "services_latest": _("services online, of each bundle the latest statement, {day} to {until}"),
    "services_undated": _("services online"),
    "participants": _("municipalities in the programme “{programme}”"),
}
_NEXT_STEPS: Final = {
    400: _("Check the address, or start from the home page."),
    403: _("Nobody can use this function here. The data themselves are free to read."),
    404: _("The list of all entries may help."),
    405: _("Open the address as an ordinary page."),
    406: _("Choose one of the formats offered."),
    410: _("The entry has been withdrawn and will not return. The list shows what there is today."),
    413: _("Split the request into smaller pieces."),
    415: _("Send the data in one of the formats named."),
    422: _("See the message for the reason and try again."),
    429: _("Wait a moment, then try again."),
    500: _("The fault is ours and has been noted. Please try again later."),
    503: _("Try again in a few seconds."),
}


def thing(
    site: PageContext,
    description: Description,
    reuse: LinkBox | None = None,
    *,
    located: str = "",
    coverage: CoverageCount | None = None,
    template: str = "thing.html",
) -> bytes:
    """Return the page about one thing; `located` is the key of a map that shows where it lies, "" for none.

    An authority leads with what is online there, a service with where it is; `coverage` is said where no source says.
    """
    kind = description.iri.removeprefix(site.addresses.base_iri).split("/")[1]
    seen = key_facts.of(description, site.kinds[kind])
    writer = site.writer({**description.names, **key_facts.names(seen, description.graph)})
    first = [(_heading(site, writer, fact.column), _ordered(writer, fact.terms, fact.column)) for fact in seen]
    if site.kinds[kind].body and (received := key_facts.received(description.facts, description.iri, writer)):
        first.append((escape(_("Money received")[site.language]), received))
    composer = ThingComposer(description, writer)
    stated, others = composer.incoming()
    unfolded = composer.unfolded(_UNFOLDED)
    hidden = (
        set(_UNFOLDED if unfolded else ()) | {ADMS + "identifier"} | {fact.column.direct_predicate for fact in seen}
    )
    card = composer.card(description.iri, hidden=hidden)
    texts = {value.text for _, values in first for value in values}
    texts |= {value.text for fact in card.facts for value in fact.values}
    return render(
        template,
        site,
        as_of=as_of.sentence(as_of.of_facts(description.facts, description.graph), writer),
        card=card,
        glance=first,
        kind=kind,
        parts_of_thing=composer.parts(texts),
        reuse_of=reuse,
        located=located,
        unfolded=unfolded,
        online=[section for section in stated if section.property in (_AT, _OF)],
        placed=any(_AT in properties for iri, properties in description.facts.items() if iri != description.iri),
        coverage=coverage,
        days=as_of.days(coverage.days, writer) if coverage and coverage.days else "",
        writer=writer,
        stated=[section for section in stated if section.property not in (_AT, _OF, *_TERRITORY)],
        territory=[section for section in stated if section.property in _TERRITORY],
        others=others,
        iri=description.iri,
        page=description.page,
        pages=description.pages,
        formats=BAR,
    )


def listing(site: PageContext, table: ListTable, dates: Dates | None = None) -> bytes:
    """Return the list of one kind; a column nobody on the page fills is left out."""
    writer = site.writer(table.names)
    filled = [n for n in range(len(table.columns)) if any(cells[n] for _, cells in table.rows)]
    rows = [
        (writer.name(entry.iri), entry.key, [_ordered(writer, cells[n], table.columns[n]) for n in filled])
        for entry, cells in table.rows
    ]
    columns = [_heading(site, writer, table.columns[n]) for n in filled]
    offered = (*BAR, formats.CSV)
    return render(
        "list.html",
        site,
        as_of=as_of.sentence(dates, writer),
        table=table,
        rows=rows,
        columns=columns,
        formats=offered,
        writer=writer,
    )


def _heading(site: PageContext, writer: ValueWriter, column: ListColumn) -> Markup:
    return _data(column.heading, site.language) if column.heading else writer.name(column.predicate).marked


def _ordered(writer: ValueWriter, terms: Sequence[Term], column: ListColumn) -> list[Value]:
    """Return the values of a cell: times in time, numbers by size, anything else by its text."""
    values = writer.values(terms, column.predicate)
    return sorted(values, key=lambda value: (value.machine, collation(value.text)))


def start(
    site: PageContext, directory: Directory, title: Label, highlights: Highlights, dates: Dates | None = None
) -> bytes:
    """Return the start page: what people ask first, the doors, and every kind that has entries, with their counts."""
    writer = site.writer(highlights.names)
    counts = {kind: writer.count(len(entries)) for kind, entries in directory.kinds.items() if entries}
    programme = writer.name(highlights.programme).marked if highlights.programme else Markup()
    return render(
        "start.html",
        site,
        as_of=as_of.sentence(dates, writer),
        kinds=len(counts),
        total=writer.count(sum(len(entries) for entries in directory.kinds.values())),
        title=title,
        website=structured_data.block(structured_data.website(site, title[site.language])),
        shelves=_shelves(site, counts),
        numbers=_numbers(site, writer, highlights, counts, programme)[:_MAX_NUMBERS],
        programme=programme,
        mapped=highlights.mapped,
    )


def _shelves(site: PageContext, counts: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the kinds that have entries, with their counts, by the shelf they stand on; unknown ones on the last."""
    shelves = [
        (shelf, [(kind.id, counts[kind.id]) for kind in members if kind.id in counts])
        for shelf, members in site.kinds.shelves()
    ]
    shelves[-1][1].extend((kind, count) for kind, count in counts.items() if kind not in site.kinds)
    return [(shelf, members) for shelf, members in shelves if members]


def _numbers(
    site: PageContext, writer: ValueWriter, highlights: Highlights, counts: Mapping[str, str], programme: Markup
) -> list[tuple[Markup, str, str]]:
    """Return the numbers that are shown first: each with what it counts and the page that lists it."""
    days = {name: getattr(highlights, name) for name in ("day", "until")}
    gaps = {"programme": programme, **{name: writer.date(day, "").text if day else "" for name, day in days.items()}}
    numbers = [
        (escape(_NUMBER_NAMES[name][site.language]).format(**gaps), writer.count(count), path)
        for name, count, path in highlights.numbers
        if count
    ]
    ranked = site.kinds.ranked(lambda kind: kind.number)
    return numbers + [
        (_data(kind.number_text, site.language), counts[kind.id], f"/doc/{kind.id}")
        for kind in ranked
        if kind.id in counts and kind.number_text
    ]


def search(site: PageContext, result_page: results.ResultPage) -> bytes:
    """Return a page of search results, or the empty form where nothing was asked."""
    writer = site.writer({})
    everything = sum(number for _, number in result_page.outcome.facets)
    return render(
        "search.html", site, result_page=result_page, outcome=result_page.outcome, writer=writer, everything=everything
    )


def choices(site: PageContext, key: str, things: Sequence[Thing]) -> bytes:
    """Return the list of several things with the same key."""
    named = [(thing, *results.name_of(thing, site.language), site.addresses.target(thing.iri)) for thing in things]
    return render("choices.html", site, key=key, named=named)


def error(
    failure: OzgLodError, language: Language, addresses: Addresses = _NOWHERE, identity: Identity = NEUTRAL
) -> bytes:
    """Return the page that says what failed and what to do next; it needs no snapshot."""
    site = PageContext(language, addresses, path="", identity=identity)
    suggested = failure.details.get("suggestions")
    offered = failure.details.get("offered")
    return render(
        "error.html",
        site,
        failure=failure,
        heading=failure.title[language],
        sentence=say(failure.message, language),
        step=_NEXT_STEPS.get(failure.status, _NEXT_STEPS[500])[language],
        suggestions=suggested if isinstance(suggested, list) else [],
        offered=offered if isinstance(offered, list) else [],
    )


def render(template: str, site: PageContext, **gaps: object) -> bytes:
    """Return a template filled in, for pages that are made in a module of their own."""
    page = _environment(site.language).get_template(template)
    return page.render(site=site, a=site.addresses, **gaps).encode()


def fill(template: str, language: Language, **gaps: object) -> str:
    """Return a template of a document that is no page, filled in."""
    return _environment(language).get_template(template).render(**gaps)


def load() -> None:
    """Read every template, for a process that will not be able to open files."""
    for language in LANGUAGES:
        for name in _environment(language).list_templates(extensions=["html"]):
            _environment(language).get_template(name)


class _CompiledTemplates(BytecodeCache):
    """Compiled templates in memory, so that a second language does not compile them again."""

    def __init__(self) -> None:
        self._code: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key] = bucket.code


_COMPILED: Final = _CompiledTemplates()


def _data(text: Label | Mapping[str, str], language: Language) -> Markup:
    """Return a text of the data, marked where it is in another language than the page."""
    label = text if isinstance(text, Label) else Label(text)
    answered = label.answered(language)
    return marked(label[language], "" if answered == language else answered)


def _filled(message: Message, language: Language) -> str:
    """Return a message; texts of the data in its gaps may be marked already."""
    if not any(isinstance(value, Markup) for value in message.values.values()):
        return message[language]
    gaps = {
        name: value[language] if isinstance(value, Message | Label) else value for name, value in message.values.items()
    }
    return escape(Message(message.text, context=message.context)[language]).format(**gaps)


@cache
def _environment(language: Language) -> Environment:
    """Return the templates in one language: what stands in `_()` there is translated, and escaped like all else."""
    environment = Environment(
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=_COMPILED,
        loader=PackageLoader("ozg_lod"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"asset": static_files.address, "built": static_files.has}
    environment.install_gettext_callables(  # type: ignore[attr-defined] # added by the extension
        lambda text, /, **values: _filled(_(text, **values), language),
        lambda one, many, count, /, **values: ngettext(one, many, count, **values)[language],
        newstyle=False,
        pgettext=lambda context, text, /, **values: pgettext(context, text, **values)[language],
    )
    environment.filters["data"] = lambda label: _data(label, language)
    environment.globals |= {"menu": _MENU, "footing": _FOOTING, "languages": LANGUAGES}
    return environment
