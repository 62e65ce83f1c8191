"""What every page of one answer needs to know: language, addresses, its own path, the version of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

from ozg_lod.core.identity import NEUTRAL, Identity
from ozg_lod.core.kinds import NO_KINDS, Kinds
from ozg_lod.core.messages import LANGUAGES, Language, _
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.site.values import ValueWriter


@dataclass(frozen=True, slots=True)
class PageContext:
    """What every page needs: its language, its addresses, its own path and page number, the version of the data.

    `parameters` are those of the query that go along to the page in the other language.
    """

    language: Language
    addresses: Addresses
    version: str = ""
    path: str = "/"
    page: int = 1
    parameters: tuple[tuple[str, str], ...] = ()
    kinds: Kinds = NO_KINDS
    identity: Identity = NEUTRAL

    @property
    def other_languages(self) -> list[tuple[Language, str, str]]:
        """Return the languages the switch leads to, each with its name and what the link says, both in itself."""
        names = {tag: str(Locale.parse(tag).get_display_name(tag)) for tag in LANGUAGES if tag != self.language}
        return [(tag, name, _("This page in {language}", language=name)[tag]) for tag, name in names.items()]

    def writer(self, names: Mapping[str, Mapping[str, str]]) -> ValueWriter:
        return ValueWriter(self.language, self.addresses, names)
