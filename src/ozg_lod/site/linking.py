"""How a page is linked, cited and reported: the texts of the box "Link and reuse" below every thing."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from ozg_lod.catalogue import responsible
from ozg_lod.core.messages import _
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import Graph, pick
from ozg_lod.site import structured_data
from ozg_lod.site.description import Description
from ozg_lod.site.page_context import PageContext

_SHORT: Final = 12
_IN_MARKDOWN: Final = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>()#!|"})


@dataclass(frozen=True, slots=True)
class LinkSnippet:
    """Text to copy, and the name of its form."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class LinkBox:
    """All that the box says: `iri` is the lasting address, `url` that of this page on this host."""

    iri: str
    url: str
    citation: str
    snippets: Sequence[LinkSnippet]
    report: str
    structured: Markup


def reuse(site: PageContext, description: Description, kind: str, graph: Graph) -> LinkBox:
    name = pick(description.names.get(description.iri, {}), site.language, description.iri)[0]
    url = site.addresses.absolute(site.path)
    return LinkBox(
        iri=description.iri,
        url=url,
        citation=citation(site, name, description.iri, responsible.name(graph, site.identity.name)[site.language]),
        snippets=[
            LinkSnippet("Markdown", f"[{name.translate(_IN_MARKDOWN)}]({url})"),
            LinkSnippet("HTML", f'<a href="{html.escape(url)}">{html.escape(name)}</a>'),
            LinkSnippet("Turtle", _turtle(description.iri)),
            *(_embedded(site, description, name, url) if kind == "service" else ()),
            LinkSnippet("curl", f"curl -L -H 'Accept: {formats.TURTLE.media_type}' '{url}'"),
        ],
        report=report_address(responsible.contact(graph), site, name),
        structured=structured_data.block(structured_data.thing(site, description, kind)),
    )


def _embedded(site: PageContext, description: Description, name: str, url: str) -> list[LinkSnippet]:
    """Return what an offer is shown by on other sites: its badge, and its description for search engines."""
    key = site.path.rpartition("/")[2]
    image = site.addresses.absolute(f"/badge/{key}{'.en' if site.language == 'en' else ''}.svg")
    alternative = _("EfA offer in the OZG catalogue: {name}", name=name)[site.language]
    badge = f'<a href="{html.escape(url)}"><img src="{html.escape(image)}" alt="{html.escape(alternative)}"></a>'
    data = structured_data.block(structured_data.thing(site, description, "service"))
    return [
        LinkSnippet(_("Badge (HTML)")[site.language], badge),
        LinkSnippet(
            _("Badge (Markdown)")[site.language], f"[![{alternative.translate(_IN_MARKDOWN)}]({image})]({url})"
        ),
        LinkSnippet("JSON-LD", f'<script type="{formats.JSONLD.media_type}">{data}</script>'),
    ]


def citation(site: PageContext, name: str, iri: str, catalogue: str) -> str:
    """Return the sentence to cite a thing by: name, catalogue, version of the data, lasting address."""
    return _(
        "“{name}”. In: {catalogue}. Data version {version}. {iri}",
        name=name,
        catalogue=catalogue,
        version=site.version[:_SHORT],
        iri=iri,
    )[site.language]


def report_address(reached: str, site: PageContext, name: str) -> str:
    """Return the link for reporting an error: a mail gets the page as its subject, a form is opened as it is."""
    if not reached.startswith("mailto:"):
        return reached
    subject = quote(_("Error in the catalogue: {name}", name=name)[site.language])
    body = quote(f"{site.addresses.absolute(site.path)}\n\n")
    return f"{reached}?subject={subject}&body={body}"


def _turtle(iri: str) -> str:
    """Return how one's own data point here; the address on the left is to be replaced."""
    return (
        f"@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n<https://example.org/id/1> rdfs:seeAlso <{iri}> ."
    )
