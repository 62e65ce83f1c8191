"""Pages about what portals take: the catalogue, a dataset with a preview and its citation, and what has changed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from ozg_lod.catalogue import feed
from ozg_lod.catalogue.catalogue import Catalogue, CatalogueEntry
from ozg_lod.catalogue.distribution_offers import Distribution
from ozg_lod.catalogue.distributions import FOLDER
from ozg_lod.core.vocab import DCAT, DCT
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import iri_of, names_in, pick
from ozg_lod.site import pages
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.term_names import term_name
from ozg_lod.snapshots.releases import Release
from ozg_lod.snapshots.snapshot import Publication
from ozg_lod.tables.metadata import METADATA

PREVIEW_ROWS: Final = 20
_BAR: Final = (formats.HTML, *formats.GRAPHS)
_MAX_NAMES: Final = 100
_KB: Final = 1_000
_MB: Final = 1_000_000
_TWO_DIGITS: Final = 10
_LICENCES: Final = {
    "http://dcat-ap.de/def/licenses/dl-zero-de/2.0": ("Datenlizenz Deutschland – Zero – 2.0", "dl-de/zero-2-0"),
    "http://dcat-ap.de/def/licenses/dl-by-de/2.0": ("Datenlizenz Deutschland – Namensnennung – 2.0", "dl-de/by-2-0"),
}


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The first rows of a table, with the titles of its columns in the page's language."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def catalogue(site: PageContext, shown: Catalogue, title: str) -> bytes:
    texts = (DCT + "title", DCT + "description")
    listed = [(entry, *(text_of(entry, predicate, site.language) for predicate in texts)) for entry in shown.entries]
    licences = {entry.iri: _called(site, entry.licence) for entry in shown.entries}
    gaps = {"listed": listed, "licences": licences, "title": title, "formats": _BAR, "iri": shown.iri}
    return pages.render("catalogue.html", site, modified=shown.modified, day=_day(site, shown.modified), **gaps)


def dataset(site: PageContext, entry: CatalogueEntry, release: Release, preview: TablePreview | None) -> bytes:
    """Return the page of one dataset: what it is, how to get it, its first rows, how to cite it."""
    title = text_of(entry, DCT + "title", site.language)
    permalink = f"{release.public_url}/snapshot/{release.version}/catalog"
    return pages.render(
        "dataset.html",
        site,
        entry=entry,
        title=title,
        description=text_of(entry, DCT + "description", site.language),
        files=[(one, pick(one.titles, site.language)[0], size(one.bytes, site)) for one in entry.distributions],
        licence=_called(site, entry.licence),
        day=_day(site, entry.modified),
        first_day=_day(site, entry.issued),
        preview=preview,
        permalink=permalink,
        version=release.version[:12],
        markup=_schema_org(entry, site, title, release),
        formats=_BAR,
    )


def changes(
    site: PageContext, log: Sequence[Publication], names: Mapping[str, Mapping[str, str]], *, page: int, of: int
) -> bytes:
    """Return the page of what changed, newest first; `log` is the part that is shown, `of` the number of pages."""
    shown = []
    for publication in log:
        groups = []
        for kind in feed.KINDS:
            resources = getattr(publication, kind) or ()
            links = [_link(site, iri, names) for iri in resources[:_MAX_NAMES]]
            groups.append((kind, len(resources), links))
        shown.append((publication, feed.summary(publication, site.language), [group for group in groups if group[1]]))
    days = {publication.number: _day(site, publication.time) for publication in log}
    return pages.render("changes.html", site, shown=shown, days=days, page=page, pages=of)


def preview(release: Release, entry: CatalogueEntry, language: str) -> TablePreview | None:
    """Return the first rows of the first table of a dataset, None where it has none."""
    table = next((one for one in entry.distributions if one.form is formats.CSV), None)
    if table is None:
        return None
    name = f"{FOLDER}{table.file}"
    described = json.loads(release.path(name + METADATA).read_bytes())["tableSchema"]["columns"]
    with io.TextIOWrapper(release.path(name).open("rb"), encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        first = [row for row, _ in zip(rows, range(PREVIEW_ROWS), strict=False)]
    return TablePreview(pick(table.titles, language)[0], [column["titles"][language][0] for column in described], first)


def _called(site: PageContext, licence: str) -> str:
    return term_name(licence, site.language) or licence_name(licence)


def _day(site: PageContext, timestamp: str) -> str:
    """Return the day of a moment (xsd:dateTime) in words, "" for none."""
    return site.writer({}).date(timestamp[:10], "").text if timestamp else ""


def text_of(entry: CatalogueEntry, predicate: str, language: str) -> str:
    """Return what is said of a dataset, in this language where there is a text in it."""
    terms = (t.object for t in entry.triples if t.predicate.value == predicate and iri_of(t.subject) == entry.iri)
    return pick(names_in(terms), language)[0]


def size(number: int, site: PageContext) -> str:
    """Return a number of bytes as people read it, "" for none."""
    if not number:
        return ""
    value, unit = (number / _KB, "kB") if number < _MB else (number / _MB, "MB")
    text = f"{value:.1f}" if value < _TWO_DIGITS else f"{value:.0f}"
    return f"{text.replace('.', ',') if site.language == 'de' else text} {unit}"


def licence_name(iri: str) -> str:
    """Return what people call a licence, else the end of its IRI."""
    return _LICENCES.get(iri, (iri.partition("/licenses/")[2] or iri,))[0]


def _schema_org(entry: CatalogueEntry, site: PageContext, title: str, release: Release) -> Markup:
    """Return the dataset for search engines (schema.org/Dataset) as JSON-LD that cannot end its element."""
    downloads = [_download(one) for one in entry.distributions if one.file]
    keywords = [t.object.value for t in sorted(entry.triples, key=str) if t.predicate.value == DCAT + "keyword"]  # type: ignore[union-attr] # keywords are texts
    described = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": entry.iri,
        "identifier": entry.iri,
        "name": title,
        "description": text_of(entry, DCT + "description", site.language),
        "url": site.addresses.absolute(site.path),
        "license": entry.licence,
        "creditText": entry.attribution,
        "isAccessibleForFree": True,
        "inLanguage": ["de", "en"],
        "keywords": keywords,
        "datePublished": entry.issued,
        "dateModified": entry.modified,
        "version": release.version,
        "includedInDataCatalog": {"@type": "DataCatalog", "url": site.addresses.absolute("/catalog")},
        "distribution": downloads,
    }
    text = json.dumps({name: value for name, value in described.items() if value}, ensure_ascii=False, indent=1)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - no "<" is left that could end the script element


def _download(one: Distribution) -> dict[str, object]:
    described: dict[str, object] = {"@type": "DataDownload", "contentUrl": one.url}
    return described | {"encodingFormat": one.form.media_type, "contentSize": f"{one.bytes} B"}


def _link(site: PageContext, iri: str, names: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    target = site.addresses.target(iri)
    name = pick(names.get(iri, {}), site.language, iri.rpartition("/id/")[2] or iri)[0]
    return name, target.href if target and not target.external else ""
