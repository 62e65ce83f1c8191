"""Answers to queries as people see them: one page of a result table, yes or no, the beginning of a graph."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.rdf.graph import Term

ROWS: Final = 50
MAX_COLUMNS: Final = 100
"""The columns a page shows at most; all of them are in the other formats."""
DRAWN_ROWS: Final = 2000
"""The rows a timeline or a map is made of at most."""
_SHOWN: Final = 20_000


@dataclass(frozen=True, slots=True)
class Solutions:
    """One page of the rows of an answer, of which there are `total`; None is an unbound cell.

    `first_rows` are the first rows of the whole answer, whatever the page: what a drawing is made of. `width` is the
    number of columns of the answer, of which the first are here.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Term | None]]
    total: int
    page: int
    first_rows: Sequence[Sequence[Term | None]] = ()
    width: int = 0

    @property
    def pages(self) -> int:
        """Return the number of pages, at least 1."""
        return max(1, -(-self.total // ROWS))

    @property
    def first(self) -> int:
        """Return the number of the first row of the page."""
        return (self.page - 1) * ROWS + 1


def read(body: bytes, page: int) -> Solutions | bool:
    """Return a page of an answer in SPARQL 1.1 Query Results JSON, or the answer to an ASK."""
    results = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    columns = [variable.value for variable in results.variables[:MAX_COLUMNS]]
    start, end = (page - 1) * ROWS, page * ROWS
    rows: list[list[Term | None]] = []
    first_rows: list[list[Term | None]] = []
    total = 0
    for total, solution in enumerate(results, 1):
        targets = [rows] if start < total <= end else []
        targets += [first_rows] if total <= DRAWN_ROWS else []
        for part in targets:
            part.append([solution[column] for column in columns])
    return Solutions(columns, rows, total, page, first_rows, len(results.variables))


def beginning(body: bytes) -> tuple[str, bool]:
    """Return the beginning of a text and whether that is all of it."""
    text = body.decode("utf-8", "replace")
    return text[:_SHOWN], len(text) <= _SHOWN


def sheet(body: bytes) -> bytes:
    """Return a CSV answer as German spreadsheet programs open it: semicolons, a mark of UTF-8, and no formula.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection).
    """
    rows = csv.reader(io.StringIO(body.decode("utf-8"), newline=""))
    return written(([harmless(cell, numbers=True) for cell in row] for row in rows), separator=";", mark=True)
