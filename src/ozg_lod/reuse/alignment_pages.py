"""The pages where people match a list: the form, and what came of the list. Pure, like `pages`."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ozg_lod.checks import lists
from ozg_lod.contributions.uploads import MOST_CARRIED
from ozg_lod.pages.pages import render
from ozg_lod.rdf.graph import collation
from ozg_lod.reuse import alignment_files, reasons
from ozg_lod.reuse.alignment import NOBODY, Aligned, Choice, State, count
from ozg_lod.reuse.reconcile_manifest import ROOT
from ozg_lod.reuse.reconcile_queries import BATCH
from ozg_lod.reuse.register import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ozg_lod.checks.lists import Listing
    from ozg_lod.contributions.uploads import Upload
    from ozg_lod.errors import OzgLodError
    from ozg_lod.pages.site import Site
    from ozg_lod.reuse.register import Register

ASKED: Final = 200
"""Unclear rows that are shown to be decided; each is a group of radio buttons."""
_LISTED: Final = 200
_MEBI: Final = 1024 * 1024
EXAMPLE: Final = "06531005\nLimburg an der Lahn\nLK Marburg-Biedenkopf\nGiessen\nBromskirchen\nFrankfurt (Oder)"


@dataclass(frozen=True, slots=True)
class Work:
    """One list on the way: the file, what was read of it, how it is to be read, what came of it."""

    upload: Upload
    listing: Listing
    choice: Choice
    rows: Sequence[Aligned]


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is shown: its number as people count, its text, a name with its address, and words about it."""

    number: int
    text: str
    name: str = ""
    path: str = ""
    why: str = ""
    options: tuple[tuple[str, str, str], ...] = ()


def blank(site: Site, *, failure: OzgLodError | None = None, text: str = "", kind: str = "") -> bytes:
    """Return the form, with the reason where a list was not matched."""
    return render(
        "abgleich.html",
        site,
        failure=failure,
        text=text,
        kind=kind,
        kinds=_kinds(site),
        example=EXAMPLE,
        accepted=",".join(lists.SUFFIXES),
        most_rows=site.writer({}).count(lists.MOST_ROWS),
        limit=MOST_CARRIED // _MEBI,
        address=site.addresses.absolute(ROOT),
        batch=BATCH,
    )


def result(site: Site, work: Work, register: Register) -> bytes:
    """Return what came of the list, with the choices that are open."""
    by_state = {state: [row for row in work.rows if row.state is state] for state in State}
    open_rows = sorted([*by_state[State.UNCLEAR], *by_state[State.CHOSEN]], key=lambda row: row.number)
    return render(
        "abgeglichen.html",
        site,
        work=work,
        counts=_counted(site, work.rows),
        kinds=_kinds(site),
        roles=list(zip(lists.ROLES, work.choice.columns, strict=True)),
        titles=_titles(site, work.listing),
        unclear=[_asked(site, row, work, register) for row in open_rows[:ASKED]],
        unclear_rest=max(0, len(open_rows) - ASKED),
        unknown=_capped([_line(site, row, work, register) for row in by_state[State.UNKNOWN]]),
        matched=_capped([_line(site, row, work, register) for row in by_state[State.MATCHED]]),
        carried=base64.b64encode(work.upload.content).decode(),
        nobody=NOBODY,
        forms=[form.suffix for form in alignment_files.OFFERED],
    )


def _kinds(site: Site) -> list[tuple[str, str]]:
    named = [(kind, site.words(f"kind/{kind}/many")) for kind in KINDS]
    return sorted(named, key=lambda one: collation(one[1]))


def _titles(site: Site, listing: Listing) -> list[str]:
    numbered = enumerate(listing.titles, start=1)
    return [title[:60] or site.words("align/column", number=number) for number, title in numbered]


def _counted(site: Site, rows: Sequence[Aligned]) -> dict[str, str]:
    found, written = count(rows), site.writer({}).count
    return {
        "count": written(len(rows)),
        "matched": written(found[State.MATCHED] + found[State.CHOSEN]),
        "unclear": written(found[State.UNCLEAR]),
        "unknown": written(found[State.UNKNOWN]),
    }


def _capped(lines: list[Line]) -> tuple[list[Line], int]:
    return lines[:_LISTED], max(0, len(lines) - _LISTED)


def _line(site: Site, row: Aligned, work: Work, register: Register) -> Line:
    number = row.number + 1 + work.listing.headed
    if row.record is None:
        return Line(number, row.text, why=reasons.note(row.outcome, site.words))
    best = row.outcome.matched
    why = reasons.reason(best, site.words, register) if best is not None else ""
    path = site.addresses.path(f"/doc/{row.record.id}")
    return Line(number, row.text, reasons.name(row.record, site.language), path, why)


def _asked(site: Site, row: Aligned, work: Work, register: Register) -> Line:
    words = site.words
    options = tuple(
        (
            one.record.id,
            reasons.name(one.record, site.language),
            " – ".join((reasons.description(one.record, words), reasons.reason(one, words, register))),
        )
        for one in row.candidates
    )
    return Line(
        row.number + 1 + work.listing.headed,
        row.text,
        name=work.choice.picks.get(row.number, ""),
        path=str(row.number),
        why=reasons.note(row.outcome, words),
        options=options,
    )
