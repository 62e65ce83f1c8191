"""An aligned list as a file: the rows as they came, with the address of what each means; as CSV, XLSX or RDF (pure).

Whatever stands in a cell is text: in CSV an apostrophe stands before what a spreadsheet would take for a formula, in
XLSX the cell is typed as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.messages import Language, _
from ozg_lod.core.vocab import RDFS
from ozg_lod.matching import reasons
from ozg_lod.matching.alignment import AlignedRow
from ozg_lod.matching.register import Register
from ozg_lod.rdf import formats
from ozg_lod.rdf.lexical import is_web_address
from ozg_lod.tables.workbooks import Book
from ozg_lod.validation.list_reader import Listing

OFFERED: Final = (formats.CSV, formats.XLSX, formats.TURTLE)
_ADDED: Final = ("address", "found", "kind", "key", "result", "score", "reason", "candidates")
_UNNAMED: Final = "https://example.org/list#row-"
"""Stands for the address of a row that has none; its owner puts the real one in its place."""


_TITLES: Final = {
    "address": _("Address in the catalogue"),
    "found": _("Name in the catalogue"),
    "kind": _("Kind"),
    "key": _("Official key in the catalogue"),
    "result": _("Result"),
    "score": _("Score"),
    "reason": _("Reason"),
    "candidates": _("Candidates"),
}
STATES: Final = {
    "matched": _("found"),
    "chosen": _("chosen"),
    "unclear": _("unclear"),
    "unknown": _("unknown"),
}


def as_csv(listing: Listing, aligned: Sequence[AlignedRow], language: Language, register: Register) -> bytes:
    """Return the list as CSV (RFC 4180) in UTF-8 with a byte order mark, which spreadsheets need."""
    rows = _table(listing, aligned, language, register)
    return written(([harmless(cell) for cell in row] for row in rows), mark=True)


def as_workbook(listing: Listing, aligned: Sequence[AlignedRow], language: Language, register: Register) -> bytes:
    """Return the list as a workbook in which every cell is text."""
    book = Book()
    page = book.page(_("Matching")[language])
    for row, cells in enumerate(_table(listing, aligned, language, register), start=1):
        for column, text in enumerate(cells, start=1):
            page.write(row, column, text)
    page.sheet.freeze_panes(1, 0)
    return book.saved()


def as_turtle(aligned: Sequence[AlignedRow]) -> bytes:
    """Return links as Turtle: each row by its number in the file, or by the address it has itself, points to its thing.

    The relation is rdfs:seeAlso: whether the two are the same is for the list's owner to say.
    """
    triples = []
    for row in aligned:
        if row.record is not None:
            subject = ox.NamedNode(_own_address(row) or f"{_UNNAMED}{row.number + 1}")
            triples.append(ox.Triple(subject, ox.NamedNode(RDFS + "seeAlso"), ox.NamedNode(row.record.iri)))
            triples.append(ox.Triple(subject, ox.NamedNode(RDFS + "label"), ox.Literal(row.text)))
    return formats.serialize(triples, formats.TURTLE)


def _own_address(row: AlignedRow) -> str:
    """Return the first cell that is a web address an IRI can be."""
    ours = row.record.iri if row.record else ""
    addresses = (cell for cell in row.cells if cell.startswith(("https://", "http://")) and cell != ours)
    return next(filter(is_web_address, addresses), "")


def _table(
    listing: Listing, aligned: Sequence[AlignedRow], language: Language, register: Register
) -> Iterator[list[str]]:
    titles = [title or _("Column {number}", number=n)[language] for n, title in enumerate(listing.titles, start=1)]
    yield [*titles, *(_TITLES[name][language] for name in _ADDED)]
    for row in aligned:
        yield [*row.cells, *_added(row, language, register)]


def _added(row: AlignedRow, language: Language, register: Register) -> list[str]:
    record, state = row.record, STATES[row.state][language]
    best = next((one for one in row.outcome.candidates if record is None or one.record.id == record.id), None)
    why = reasons.reason(best, language, register) if best is not None and record is not None else ""
    if record is None:
        named = (
            f"{reasons.name(one.record, language)} ({one.record.official}): {one.record.iri}" for one in row.candidates
        )
        return ["", "", "", "", state, "", reasons.note(row.outcome, language), "; ".join(named)]
    score = str(best.score) if best is not None else ""
    kind = record.described.one[language]
    return [record.iri, reasons.name(record, language), kind, record.official, state, score, why, ""]
