"""The templates that a snapshot offers, for everyone or prefilled for one authority or bundle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.contributions import (
    template_ods,
    template_sheets,
    template_xlsx,
)
from ozg_lod.contributions.template_sheets import TemplateSheet
from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.errors import NotFound
from ozg_lod.core.folding import fold
from ozg_lod.core.messages import Language, _
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format
from ozg_lod.rdf.graph import Graph, pick
from ozg_lod.search.search import Index
from ozg_lod.site.lists import Directory, ListEntry
from ozg_lod.site.page_snapshot import PageSnapshot, SnapshotValue
from ozg_lod.snapshots import site_files
from ozg_lod.tables import contribution_kinds
from ozg_lod.tables.contribution_kinds import ContributionKind

FORMS: Final = (formats.XLSX, formats.ODS, formats.CSV)
_FOR_AUTHORITIES: Final = "ags"
"""The parameter of `/vorlagen` that asks for a table of one authority (`template` in `kinds.toml`)."""
_KEY: Final = re.compile(r"[0-9]{5}(?:[0-9]{3})?")
_MAX_MATCHES: Final = 30


@dataclass(frozen=True)
class TemplateCatalogue:
    """The templates of one snapshot; `address` is where filled ones can be checked.

    `authorities` are the kinds of things that a table may be prefilled for by their official key.
    """

    kinds: tuple[ContributionKind, ...]
    store: ox.Store
    directory: Directory
    version: str
    address: str
    authorities: tuple[str, ...]

    @classmethod
    def of(
        cls,
        snapshot: Path,
        store: ox.Store,
        base_iri: str,
        *,
        version: str,
        public_url: str,
        things: Directory | None = None,
    ) -> TemplateCatalogue:
        """Return the templates of a snapshot, whose contracts stand in its directory; `things` saves reading them."""
        described = site_files.kinds(snapshot)
        return cls(
            contribution_kinds.of_directory(snapshot, base_iri),
            store,
            things or Directory.of(Index.of(snapshot), Graph(store), described),
            version,
            f"{public_url}/pruefen",
            tuple(kind.id for kind in described if kind.template == _FOR_AUTHORITIES),
        )

    def kind(self, slug: str) -> ContributionKind:
        """Return the kind of this name; raise NotFound, with those there are."""
        kind = next((kind for kind in self.kinds if kind.slug == slug), None)
        if kind is not None:
            return kind
        listed = ", ".join(kind.slug for kind in self.kinds)
        raise NotFound(
            _("There is no template “{slug}”; there are: {listed}.", slug=slug[:40], listed=listed),
        )

    def authority(self, key: str, language: Language) -> ListEntry:
        """Return the authority with an official key; raise NotFound, with the nearest."""
        authority = self._keyed(key)
        if authority is not None:
            return authority
        near = [entry for kind in self.authorities for entry in self.directory.nearest(kind, key[:40])][:5]
        names = "; ".join(f"{pick(entry.names, language, entry.key)[0]} ({entry.key})" for entry in near)
        raise NotFound(
            _(
                "There is no authority with the key “{key}”; write the 8 digits of a municipality or "
                "the 5 of a district.{hint}",
                key=key[:40],
                hint=_(" Near: {names}.", names=names) if near else "",
            ),
            suggestions=[{"iri": entry.iri, "name": pick(entry.names, language, entry.key)[0]} for entry in near],
        )

    def bundle(self, key: str) -> ListEntry:
        """Return the bundle with this key; raise NotFound."""
        bundle = next((entry for entry in self.directory.entries("bundle") if entry.key == key), None)
        if bundle is None:
            raise NotFound(_("There is no bundle “{key}”.", key=key[:80]))
        return bundle

    def at(self, addresses: Sequence[str]) -> list[ListEntry]:
        """Return the authorities with these addresses, in their order."""
        known = {entry.iri: entry for entry in self._entries()}
        return [known[address] for address in addresses if address in known]

    def search(self, text: str) -> list[ListEntry]:
        """Return the authorities whose names begin with or contain a text."""
        wanted = fold(text)
        named = [
            (name, entry)
            for entry in self._entries()
            if (name := fold(pick(entry.names, "de", entry.key)[0])) and wanted and wanted in name
        ]
        ordered = sorted(named, key=lambda pair: (not pair[0].startswith(wanted), pair[0], pair[1].key))
        return [entry for _, entry in ordered][:_MAX_MATCHES]

    def sheet(self, kind: ContributionKind, language: Language, topic: ListEntry | None = None) -> TemplateSheet:
        """Return the sheet of a kind, with what is published about the topic, if one is given."""
        empty = template_sheets.blank(kind, self.store, self.directory, language=language, version=self.version)
        if topic is None:
            return empty
        return replace(empty, rows=template_sheets.filled(empty, kind, self.store, topic.iri), key=topic.key)

    def write(self, sheet: TemplateSheet, form: Format) -> bytes:
        if form is formats.XLSX:
            return template_xlsx.write(sheet, self.address)
        if form is formats.ODS:
            return template_ods.write(sheet, self.address)
        rows = [[column.title for column in sheet.columns], *([harmless(cell) for cell in row] for row in sheet.rows)]
        return written(rows, separator=";", mark=True)  # as spreadsheets in Germany open it

    def _keyed(self, key: str) -> ListEntry | None:
        """Return the authority with this key; the 5 digits of an independent city lead to its 8."""
        if not _KEY.fullmatch(key):
            return None
        keys = (key, f"{key}000") if len(key) == 5 else (key,)  # noqa: PLR2004 - a district key has 5 digits
        return next((entry for entry in self._entries() if entry.key in keys), None)

    def _entries(self) -> Iterator[ListEntry]:
        return (entry for kind in self.authorities for entry in self.directory.entries(kind))


@SnapshotValue
def of(snapshot: PageSnapshot) -> TemplateCatalogue:
    """Return the templates of a snapshot that is served; raise NotFound where there are none."""
    if not snapshot.base_iri:
        raise NotFound(
            _("This server has queries and nothing else; there are no templates here."),
        )
    return TemplateCatalogue.of(
        snapshot.checked(f"{contribution_kinds.FOLDER}/", *site_files.FILES),
        snapshot.store,
        snapshot.base_iri,
        version=snapshot.version[:12],
        public_url=snapshot.public_url,
        things=snapshot.things,
    )
