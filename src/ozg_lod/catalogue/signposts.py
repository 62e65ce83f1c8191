"""Signposting (signposting.org, FAIR): typed links in the Link field that lead a program from page to data.

A landing page names its persistent identifier (`cite-as`), its metadata (`describedby`), its licence, its kind and its
files (`item`); a file leads back to its landing page (`collection`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ozg_lod.catalogue.catalogue import Catalogue, CatalogueEntry
from ozg_lod.catalogue.distribution_offers import Distribution
from ozg_lod.core.vocab import SCHEMA
from ozg_lod.rdf import formats
from ozg_lod.tables.metadata import METADATA

_LANDING_PAGE: Final = (SCHEMA + "AboutPage", SCHEMA + "Dataset")


def dataset(entry: CatalogueEntry, page: str) -> str:
    """Return the links of the page about a dataset, whose address is `page`."""
    links = [link(entry.iri, "cite-as"), *_described(page), *(link(kind, "type") for kind in _LANDING_PAGE)]
    links += [link(one.url, "item", one.form.media_type) for one in entry.distributions if one.file]
    return ", ".join(links)


def catalogue(shown: Catalogue, pages: Mapping[str, str], public_url: str) -> str:
    """Return the links of the catalogue; `pages` are the pages around this one by relation."""
    links = [link(shown.iri, "cite-as"), *_described(f"{public_url}/catalog"), link(SCHEMA + "DataCatalog", "type")]
    links += [link(f"{public_url}/doc/dataset/{entry.key}", "item", formats.HTML.media_type) for entry in shown.entries]
    links += [link(target, relation) for relation, target in pages.items()]
    if shown.licence:
        links.append(link(shown.licence, "license"))
    return ", ".join(links)


def file(entry: CatalogueEntry, one: Distribution, public_url: str) -> str:
    """Return the links of a file of a dataset."""
    links = [
        link(f"{public_url}/doc/dataset/{entry.key}", "collection", formats.HTML.media_type),
        link(entry.licence, "license"),
    ]
    if one.form is formats.CSV:  # CSV on the Web, Model for Tabular Data §5.2
        links.append(link(one.url + METADATA, "describedby", formats.CSVW.media_type))
    return ", ".join(links)


def link(target: str, relation: str, media_type: str = "") -> str:
    """Return one link (RFC 8288).

    >>> link("https://example.org/", "license")
    '<https://example.org/>; rel="license"'
    """
    return f'<{target}>; rel="{relation}"' + (f'; type="{media_type}"' if media_type else "")


def _described(page: str) -> Iterator[str]:
    for form in formats.GRAPHS:
        yield link(f"{page}.{form.suffix}", "describedby", form.media_type)
