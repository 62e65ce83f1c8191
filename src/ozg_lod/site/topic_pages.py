"""Pages for people about no single thing: map, timeline, sources, contradictions, status, help, legal texts.

Like `pages` it is pure: what is known goes into templates, and the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from babel.dates import format_datetime
from babel.numbers import format_percent
from babel.units import format_unit

from ozg_lod.core.vocab import DCT, OZG
from ozg_lod.site import as_of, maps
from ozg_lod.site.atlas import ANNOUNCED, PARTICIPATES, Area, Atlas
from ozg_lod.site.inventory import Contradiction, SourcePage
from ozg_lod.site.legal import LegalPage
from ozg_lod.site.manual import ManualStep
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render
from ozg_lod.site.timeline import Timeline
from ozg_lod.site.values import ValueWriter
from ozg_lod.snapshots.snapshot import Manifest, Publication
from ozg_lod.snapshots.summary import ENGLISH, MEASURES, Dates, KindCount

_MAX_FINDINGS: Final = 100
_KILO: Final = 1000


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What the status page says: the snapshot, its report as the build wrote it, its publications, its completeness."""

    manifest: Manifest
    report: Mapping[str, object]
    log: Sequence[Publication]
    stocks: Sequence[KindCount]
    dates: Dates | None

    def as_json(self) -> bytes:
        """Return the same for programs."""
        latest = self.log[-1] if self.log else None
        status = {
            "version": self.manifest.version,
            "snapshot": self.manifest.build_key,
            "published": latest and {"number": latest.number, "time": latest.time},
            "triples": self.manifest.triples,
            "judges": self.report.get("judges"),
            "findings": self.report.get("findings"),
            "stocks": self.stocks,
        }
        return msgspec.json.encode(status)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """Numbers as people read them."""

    writer: ValueWriter

    def share(self, given: int, total: int) -> str:
        """Return a share in whole per cent, rounded down so that 100 % means all; a small one is not nothing."""
        whole = given * 100 // total if total else 0
        text = format_percent(max(whole, 1 if given else 0) / 100, locale=self.writer.locale)
        return f"< {text}" if given and not whole else text

    def size(self, count: int) -> str:
        """Return a size in bytes, kB or MB."""
        units = ("byte", "kilobyte", "megabyte", "gigabyte")
        power = next((n for n in range(len(units)) if count < _KILO ** (n + 1)), len(units) - 1)
        amount = round(count / _KILO**power, 1 if power > 1 else 0)
        return format_unit(amount, f"digital-{units[power]}", length="short", locale=self.writer.locale)

    def time(self, written: str) -> str:
        """Return a point in time, as UTC."""
        return format_datetime(datetime.fromisoformat(written), "long", locale=self.writer.locale)


def chart(site: PageContext, atlas: Atlas, district: Area | None, names: Mapping[str, Mapping[str, str]]) -> bytes:
    writer = site.writer(names)
    drawing = maps.overview(atlas, writer) if district is None else maps.part(atlas, district, writer)
    return render(
        "karte.html",
        site,
        drawing=drawing,
        district=district,
        place=None if district is None else writer.name(district.iri),
        sources=atlas.sources,
        programme=writer.name(atlas.programme) if atlas.programme else None,
        marked=[(mark, maps.marked(atlas, mark, writer)) for mark in (PARTICIPATES, ANNOUNCED)],
        districts=maps.districts(atlas, writer),
        inside=maps.inside(atlas, district, writer) if district is not None else [],
        writer=writer,
    )


def timeline(site: PageContext, data: Timeline, names: Mapping[str, Mapping[str, str]]) -> bytes:
    writer = site.writer(names)
    return render("zeitleiste.html", site, timeline=data, writer=writer, wording=OZG + "wording", month=OZG + "month")


def sources(site: PageContext, listed: SourcePage, names: Mapping[str, Mapping[str, str]]) -> bytes:
    """Return the sources with their passages and how much rests on each."""
    return render("quellen.html", site, listed=listed, writer=site.writer(names), issued=DCT + "issued")


def disputes(
    site: PageContext,
    contradictions: Sequence[Contradiction],
    names: Mapping[str, Mapping[str, str]],
    *,
    pages: int = 1,
) -> bytes:
    """Return the contradictions, the sides of each beside each other."""
    return render("widersprueche.html", site, disputes=contradictions, writer=site.writer(names), pages=pages)


def status(site: PageContext, state: ServiceState) -> bytes:
    """Return what is served: version, findings, completeness, downloads."""
    writer = site.writer({})
    findings = state.report.get("findings")
    return render(
        "status.html",
        site,
        state=state,
        latest=state.log[-1] if state.log else None,
        as_of=as_of.days(state.dates, writer) if state.dates else "",
        findings=findings[:_MAX_FINDINGS] if isinstance(findings, list) else [],
        measures=(*MEASURES, ENGLISH),
        numbers=NumberFormat(writer),
        writer=writer,
    )


def manual(site: PageContext, steps: Sequence[ManualStep]) -> bytes:
    """Return the help page: glossary, SPARQL in five steps, citing and linking."""
    return render("hilfe.html", site, steps=steps)


def legal(site: PageContext, page: LegalPage) -> bytes:
    """Return a legal page with its gaps marked."""
    return render("legal.html", site, page=page)
