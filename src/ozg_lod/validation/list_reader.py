"""Lists of strangers: CSV, pasted lines or a workbook as plain rows of text. Runs in the cage only.

A workbook gives the values a spreadsheet would show; formulas are not evaluated, and what they last gave is text like
all else. The first row is a heading where it has a word that lists use for their columns.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.errors import BadRequest, TooLarge
from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import _
from ozg_lod.sandbox.worker_process import Work, work_on
from ozg_lod.tables import csv_rows
from ozg_lod.validation.examination import SourceFile

MAX_ROWS: Final = 5000
"""Rows of a list on a page."""
MAX_ROWS_OF_FILE: Final = 50_000
"""Rows of a list that becomes a file."""
MAX_COLUMNS: Final = 50
SUFFIXES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".ods")
_LONGEST: Final = 500
_BOOKS: Final = (".xlsx", ".ods")
_WORDS: Final = {
    "key": "ags ars schlüssel schluessel gemeindeschlüssel regionalschlüssel kreisschlüssel amtlicher key leika "
    "leika-schlüssel leikaschlüssel ozg-id ozgid ozg leistungsschlüssel",
    "name": "name gemeinde gemeindename kommune ort ortsname stadt behörde bezeichnung leistung leistungsname titel "
    "municipality service label körperschaft angebot bündel nachnutzer",
    "district": "kreis landkreis kreisname district county",
    "state": "land bundesland state",
}
_ABOVE: Final = 20
"""The heading must be among so many rows."""
_PARTS: Final = {
    "land": ("land", "bl", "bundesland"),
    "rb": ("rb", "regierungsbezirk"),
    "kreis": ("kreis", "krs"),
    "vb": ("vb", "verband", "gemeindeverband"),
    "gem": ("gem", "gemeinde", "gde"),
}
"""The columns of a key that is split, as lists call them."""
_WIDTHS: Final = {"land": 2, "rb": 1, "kreis": 2, "gem": 3}
_WHOLE_KEY: Final = "AGS (Land RB Kreis Gem)"
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
"""What Excel reads the separator from."""
_KIND_OF: Final = {word: kind for kind, words in _WORDS.items() for word in words.split()}
ROLES: Final = tuple(_WORDS)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: the titles of its columns, its rows as text, whether the first row was taken for the heading.

    `columns` says which column is name, key, district, state; -1 for none. `above` rows stood above the heading.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    headed: bool
    columns: tuple[int, ...]
    above: int = 0


NO_LISTING: Final = Listing((), (), headed=False, columns=())


def read(name: str, content: bytes, max_rows: int = MAX_ROWS) -> Listing:
    """Return the rows of a file; raise BadRequest with the place, or TooLarge."""
    suffix = name[name.rfind(".") :].lower()
    rows = list(_limited(_book(content, max_rows) if suffix in _BOOKS else _text(content, name), max_rows))
    if not rows:
        raise BadRequest(_("The list is empty; it needs at least one row."))
    width = max(map(len, rows))
    if width > MAX_COLUMNS:
        raise TooLarge(
            _("The list has {width} columns; at most {limit} are read.", width=width, limit=MAX_COLUMNS),
        )
    padded = [(*row, *[""] * (width - len(row))) for row in rows]
    start = _heading(padded)
    titles, body = (padded[start], padded[start + 1 :]) if start >= 0 else (tuple("" for _ in range(width)), padded)
    titles, body = _with_whole_key(titles, body)
    return Listing(titles, tuple(body), start >= 0, _guessed(titles, body), max(start, 0))


def _heading(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of the row with the headings, -1 for none; titles of the list may stand above it.

    A heading below others must name two columns: one cell alone may be a title that holds such a word.
    """
    for number, row in enumerate(rows[: min(_ABOVE, len(rows) - 1)]):
        roles = sum(bool(_role(cell)) for cell in row)
        alone = all(sum(bool(cell) for cell in above) <= 1 for above in rows[:number])
        title = sum(bool(cell) for cell in row) == 1 < len(row)
        if alone and not title and (roles > 1 or (roles and (not number or _filled(row)))):
            return number
        if not alone:
            return -1
    return 0 if len(rows) > 1 and any(_role(cell) for cell in rows[0]) else -1


def _filled(row: Sequence[str]) -> bool:
    return all(row)


def _with_whole_key(
    titles: Sequence[str], body: list[tuple[str, ...]]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Put a key together that stands in the columns Land, RB, Kreis, VB, Gem, as Destatis publishes it (GV100AD).

    Without the state it is that of the catalogue's only one, which is known where names are matched.
    """
    places = {part: n for part, names in _PARTS.items() for n, title in enumerate(titles) if _plain(title) in names}
    if not {"rb", "kreis", "gem"} <= places.keys():
        return tuple(titles), body
    wanted = [part for part in _PARTS if part in places and part != "vb"]

    def whole(row: Sequence[str]) -> str:
        parts = [(row[places[part]], _WIDTHS[part]) for part in wanted]
        filled = all(text.isdecimal() and len(text) <= width for text, width in parts)
        return "".join(text.zfill(width) for text, width in parts) if filled else ""

    return (*titles, _WHOLE_KEY), [(*row, whole(row)) for row in body]


def _plain(title: str) -> str:
    return title.casefold().strip(" .")


def warm() -> None:
    """Load what reads workbooks: a worker can open no file."""
    for encoding in ("utf-8-sig", "cp1252"):
        codecs.lookup(encoding)
    import python_calamine  # noqa: F401, PLC0415 - as above


def reading(_argument: str) -> Work:
    """Return the work of a worker that reads lists, each sent as a `SourceFile` (entry of its fork server)."""
    warm()
    return work_on(SourceFile, lambda file: read(file.name, file.content, MAX_ROWS_OF_FILE))


def _limited(rows: Iterable[Sequence[str]], max_rows: int) -> Iterator[tuple[str, ...]]:
    for count, row in enumerate(rows):
        if count > max_rows:
            raise TooLarge(
                _("The list has more than {limit:,} rows; split it.", limit=max_rows),
                limit=max_rows,
            )
        yield tuple(_shown(cell) for cell in row)


def _shown(cell: str) -> str:
    """Return the text of a cell without what does not print, at most so long."""
    return "".join(letter if letter.isprintable() else " " for letter in cell[:_LONGEST]).strip()


def _text(content: bytes, name: str) -> Iterator[tuple[str, ...]]:
    text = csv_rows.decoded(content, file=name)
    if isinstance(text, Finding):
        raise _refused(text)
    stated = _SEPARATOR_LINE.match(text)
    text = text[stated.end() :] if stated else text
    start = [line for line in text.splitlines() if line.strip()][:_ABOVE]
    counts = {one: max((line.count(one) for line in start), default=0) for one in (";", "\t", ",", "|")}
    separator = max(
        counts, key=lambda one: ((start or [""])[0].count(one) or (counts[one] > 1 and one != ","), one == ";")
    )
    first = max(start, key=lambda line: line.count(separator), default="")
    if stated:
        separator = stated[1]
    if separator == "," and not any(_role(cell) for cell in first.split(",")):
        separator = "\0" if _pasted(name) else ","  # in pasted lines “Musterstadt, Hafenstadt” is one name
    for row in csv_rows.rows(text, separator if separator in first or separator == "\0" else ";", file=name):
        if isinstance(row, Finding):
            raise _refused(row)
        yield row.cells


def _pasted(name: str) -> bool:
    return not name.lower().endswith((".csv", ".tsv"))


def _refused(finding: Finding) -> BadRequest:
    row = finding.place.row or finding.place.line or 1
    return BadRequest(_("{file}, row {row}: {reason}.", file=finding.place.file, row=row, reason=finding.message))


def _book(content: bytes, max_rows: int) -> Iterator[tuple[str, ...]]:
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - for those only who send a workbook

    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        cells = sheet.to_python(nrows=max_rows + 2)
    except MemoryError:  # is told as what it is
        raise
    except Exception as error:  # whatever the library says of a broken file, it is the file
        raise BadRequest(
            _("The workbook cannot be read; open it, save it again as XLSX or as CSV UTF-8, and send that."),
        ) from error
    for row in cells:
        texts = tuple(_cell(value) for value in row)
        if any(texts):
            yield texts


def _cell(value: object) -> str:
    """Return a cell as text; a key that a spreadsheet made a number has no decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _role(cell: str) -> str:
    words = cell.casefold().replace("_", " ").replace("(", " ").replace(")", " ").split()
    return next((_KIND_OF[word] for word in words if word in _KIND_OF), "") if len(words) <= _LONGEST_TITLE else ""


_LONGEST_TITLE: Final = 4


def _guessed(titles: Sequence[str], body: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Return the columns of the roles: by their titles, a name else the first column with letters."""
    split = {name for names in _PARTS.values() for name in names} if _WHOLE_KEY in titles else set()
    roles = ["key" if title == _WHOLE_KEY else "" if _plain(title) in split else _role(title) for title in titles]
    columns = {role: roles.index(role) if role in roles else -1 for role in ROLES}
    if columns["name"] < 0:
        used_columns = set(columns.values())
        lettered = (
            n for n in range(len(titles)) if n not in used_columns and any(_lettered(row[n]) for row in body[:50])
        )
        columns["name"] = next(lettered, -1)
    if columns["name"] < 0 and columns["key"] < 0:
        columns["key"] = 0
    return tuple(columns[role] for role in ROLES)


def _lettered(cell: str) -> bool:
    return any(letter.isalpha() for letter in cell)
