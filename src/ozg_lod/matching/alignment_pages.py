"""The pages where people match a list: the form, and what came of the list. Pure, like `pages`."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.errors import OzgLodError
from ozg_lod.core.messages import _
from ozg_lod.matching import alignment_files, reasons
from ozg_lod.matching.alignment import (
    NOBODY,
    AlignedRow,
    AlignmentChoice,
    AlignmentState,
    count,
)
from ozg_lod.matching.manifest import ROOT
from ozg_lod.matching.reconcile_queries import BATCH
from ozg_lod.matching.register import Register
from ozg_lod.rdf.graph import collation
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render
from ozg_lod.site.uploads import MAX_CARRIED, Upload
from ozg_lod.validation import list_reader
from ozg_lod.validation.list_reader import Listing

ASKED: Final = 200
"""Unclear rows that are shown to be decided; each is a group of radio buttons."""
_LISTED: Final = 200
_MEBI: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class AlignmentWork:
    """One list on the way: the file, what was read of it, how it is to be read, what came of it."""

    upload: Upload
    listing: Listing
    choice: AlignmentChoice
    rows: Sequence[AlignedRow]


@dataclass(frozen=True, slots=True)
class AlignmentLine:
    """A row as it is shown: its number as people count, its text, a name with its address, and words about it."""

    number: int
    text: str
    name: str = ""
    path: str = ""
    why: str = ""
    options: tuple[tuple[str, str, str], ...] = ()


def blank(site: PageContext, *, failure: OzgLodError | None = None, text: str = "", kind: str = "") -> bytes:
    """Return the form, with the reason where a list was not matched."""
    return render(
        "abgleich.html",
        site,
        failure=failure,
        text=text,
        kind=kind,
        kinds=_kinds(site),
        example="\n".join(site.identity.examples.rows),
        accepted=",".join(list_reader.SUFFIXES),
        most_rows=site.writer({}).count(list_reader.MAX_ROWS),
        limit=MAX_CARRIED // _MEBI,
        address=site.addresses.absolute(ROOT),
        batch=BATCH,
    )


def result(site: PageContext, work: AlignmentWork, register: Register) -> bytes:
    """Return what came of the list, with the choices that are open."""
    by_state = {state: [row for row in work.rows if row.state is state] for state in AlignmentState}
    open_rows = sorted(
        [*by_state[AlignmentState.UNCLEAR], *by_state[AlignmentState.CHOSEN]], key=lambda row: row.number
    )
    return render(
        "abgeglichen.html",
        site,
        work=work,
        counts=_counted(site, work.rows),
        kinds=_kinds(site),
        roles=list(zip(list_reader.ROLES, work.choice.columns, strict=True)),
        titles=_titles(site, work.listing),
        unclear=[_asked(site, row, work, register) for row in open_rows[:ASKED]],
        unclear_rest=max(0, len(open_rows) - ASKED),
        unknown=_capped([_line(site, row, work, register) for row in by_state[AlignmentState.UNKNOWN]]),
        matched=_capped([_line(site, row, work, register) for row in by_state[AlignmentState.MATCHED]]),
        carried=base64.b64encode(work.upload.content).decode(),
        nobody=NOBODY,
        forms=[form.suffix for form in alignment_files.OFFERED],
    )


def _kinds(site: PageContext) -> list[tuple[str, str]]:
    named = [(kind.id, kind.many[site.language]) for kind in site.kinds.matched]
    return sorted(named, key=lambda one: collation(one[1]))


def _titles(site: PageContext, listing: Listing) -> list[str]:
    numbered = enumerate(listing.titles, start=1)
    return [title[:60] or _("Column {number}", number=number)[site.language] for number, title in numbered]


def _counted(site: PageContext, rows: Sequence[AlignedRow]) -> dict[str, str]:
    counts, written = count(rows), site.writer({}).count
    return {
        "count": written(len(rows)),
        "matched": written(counts[AlignmentState.MATCHED] + counts[AlignmentState.CHOSEN]),
        "unclear": written(counts[AlignmentState.UNCLEAR]),
        "unknown": written(counts[AlignmentState.UNKNOWN]),
    }


def _capped(lines: list[AlignmentLine]) -> tuple[list[AlignmentLine], int]:
    return lines[:_LISTED], max(0, len(lines) - _LISTED)


def _line(site: PageContext, row: AlignedRow, work: AlignmentWork, register: Register) -> AlignmentLine:
    number = row.number + 1 + work.listing.headed + work.listing.above
    if row.record is None:
        return AlignmentLine(number, row.text, why=reasons.note(row.outcome, site.language))
    best = row.outcome.matched
    why = reasons.reason(best, site.language, register) if best is not None else ""
    path = site.addresses.path(f"/doc/{row.record.id}")
    return AlignmentLine(number, row.text, reasons.name(row.record, site.language), path, why)


def _asked(site: PageContext, row: AlignedRow, work: AlignmentWork, register: Register) -> AlignmentLine:
    language = site.language
    options = tuple(
        (
            one.record.id,
            reasons.name(one.record, site.language),
            " – ".join((reasons.description(one.record, language), reasons.reason(one, language, register))),
        )
        for one in row.candidates
    )
    return AlignmentLine(
        row.number + 1 + work.listing.headed + work.listing.above,
        row.text,
        name=work.choice.picks.get(row.number, ""),
        path=str(row.number),
        why=reasons.note(row.outcome, language),
        options=options,
    )
