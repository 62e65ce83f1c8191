"""Flat tables: one CSV per question people ask, with its CSVW description, from `queries/flat/*.rq`.

The head of a query says what its table is called, to which dataset it belongs and what its columns hold:

    # title: Gebietsänderungen
    # title-en: Territorial changes
    # dataset: authorities
    # key: iri
    # column day: date! | Tag | Day            (! never empty, * several values with "; " between them)
    # unit amount_eur: Euro | euros            (also empty and zero: what an empty cell and a 0 mean)

The same data give the same bytes: rows come in the query's order, several values of a cell are sorted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from ozg_lod.core import query_files
from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.errors import SourceError
from ozg_lod.core.messages import Message, _
from ozg_lod.core.query_files import QueryFile

SEPARATOR: Final = "; "
_COLUMN: Final = re.compile(r"([A-Za-z]+)([!*]?) \| ([^|]+) \| ([^|]+)")
_BOTH: Final = re.compile(r"([^|]+) \| ([^|]+)")
_MEANINGS: Final = ("unit", "empty", "zero")


@dataclass(frozen=True, slots=True)
class FlatColumn:
    """One column: its name, its datatype, whether it is never empty or may hold several values, its titles.

    `meanings` say, by language, the "unit" of a number and what an "empty" cell and a "zero" mean, where that is known.
    """

    name: str
    datatype: str
    required: bool
    several: bool
    de: str
    en: str
    meanings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlatQuery:
    """One table as its query describes it; `name` names the file, `dataset` is the key of its dataset."""

    name: str
    dataset: str
    de: str
    en: str
    key: tuple[str, ...]
    columns: tuple[FlatColumn, ...]
    query: str

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    def table(self, store: ox.Store) -> bytes:
        """Return the table as CSV (RFC 4180, UTF-8); a text that a spreadsheet would run gets an apostrophe."""
        solutions = store.query(self.query)
        if not isinstance(solutions, ox.QuerySolutions):
            raise _faulty(self.name, _("it is not a SELECT query"))
        names = [variable.value for variable in solutions.variables]
        if names != [column.name for column in self.columns]:
            raise _faulty(self.name, _("its columns are {names}", names=names))
        rows = ([_cell(row[column.name], column) for column in self.columns] for row in solutions)
        return written([names, *rows])

    def metadata(self) -> bytes:
        """Return the description of the table (CSV on the Web, JSON).

        Its address is relative to the description itself, so it has no @base; each heading is among the titles of its
        column, by which processors check that they have the right file (Metadata Vocabulary §5.5.1, §6.5.1).
        """
        described = {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "de"}],
            "url": self.file,
            "dc:title": {"de": self.de, "en": self.en},
            "tableSchema": {
                **({"primaryKey": list(self.key)} if self.key else {}),
                "columns": [_described(column) for column in self.columns],
            },
        }
        return json.dumps(described, ensure_ascii=False, indent=2).encode() + b"\n"


def questions(queries: Mapping[str, bytes]) -> tuple[FlatQuery, ...]:
    """Return the tables that the queries (by file name) describe; raise SourceError where a head says too little."""
    return tuple(_question(name.removesuffix(".rq"), text.decode()) for name, text in sorted(queries.items()))


def _question(name: str, text: str) -> FlatQuery:
    file = query_files.parsed(text)
    titles, dataset = file.label("title").texts, file.text("dataset")
    meanings = _meanings(file)
    columns = tuple(
        FlatColumn(column, match[1], match[2] == "!", match[2] == "*", match[3], match[4], meanings.pop(column, {}))
        for column, described in file.about("column")
        if (match := _COLUMN.fullmatch(described))
    )
    if not columns or not dataset or not {"de", "en"} <= set(titles):
        raise _faulty(name, _("its head needs title, title-en, dataset and its columns"))
    if meanings:
        names = ", ".join(sorted(meanings))
        raise _faulty(name, _("it explains {names}, which it does not have", names=names))
    return FlatQuery(name, dataset, titles["de"], titles["en"], tuple(file.text("key").split()), columns, text)


def _meanings(file: QueryFile) -> dict[str, dict[str, dict[str, str]]]:
    """Return what units, gaps and zeros mean: by column, kind and language."""
    meanings: dict[str, dict[str, dict[str, str]]] = {}
    for kind in _MEANINGS:
        for column, text in file.about(kind):
            if match := _BOTH.fullmatch(text):
                meanings.setdefault(column, {})[kind] = {"de": match[1], "en": match[2]}
    return meanings


def _cell(term: object, column: FlatColumn) -> str:
    value = term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""
    if column.several:
        value = SEPARATOR.join(sorted(set(value.split(SEPARATOR)) - {""}))
    return harmless(value) if column.datatype == "string" else value


def _described(column: FlatColumn) -> dict[str, object]:
    return {
        "name": column.name,
        "titles": {"de": [column.de, column.name], "en": [column.en, column.name]},
        "datatype": column.datatype,
        **({"required": True} if column.required else {}),
        **({"separator": SEPARATOR} if column.several else {}),
        "suppressOutput": True,
    }


def _faulty(name: str, reason: Message) -> SourceError:
    return SourceError(_("queries/flat/{name}.rq: {reason}.", name=name, reason=reason))
