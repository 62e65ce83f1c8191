"""Rows: the bytes of a CSV file as numbered rows of text (RFC 4180), or one sentence that says why not.

Rows count as a spreadsheet counts them, so a record with line ends in a cell is one row and the header is row 1.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Sentence, Text, _
from ozg_lod.rdf.lexical import CONTROL, MAX_CHARACTERS

MAX_COLUMNS: Final = 200
INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
"""Soft hyphens and characters without width, which come along where text is copied."""
_MISREAD: Final = re.compile("\u00c3[\u0080-\u00bf\u0152-\u0178\u2013-\u203a]")
"""An umlaut in UTF-8 that was read as Latin-1 or Windows-1252."""
SEPARATORS: Final = {",": _("comma"), ";": _("semicolon"), "\t": _("tab")}


@dataclass(frozen=True, slots=True)
class Row:
    """One row that has content; `number` as in a spreadsheet.

    `types` has a letter for each cell of a spreadsheet: t text, n number, d date, b truth value, e error value,
    f result of a formula, u formula without result. The cells of a CSV file are only text, and `types` is empty.
    `links` are the addresses behind cells, `merged` the cells that others cover, by their place in the row.
    """

    number: int
    cells: tuple[str, ...]
    types: str = ""
    links: tuple[tuple[int, str], ...] = ()
    merged: tuple[int, ...] = ()


def folded(header: str) -> str:
    """Return a header as it is compared: without regard to capitals, spaces, and what nobody sees."""
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", header)).split()).casefold()


def decoded(content: bytes, *, file: str, wanted: Sentence | None = None) -> str | Finding:
    """Return the text of a file in UTF-8, with or without a byte order mark, or the one finding about its encoding."""
    form = wanted or _('"CSV UTF-8"')
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _wrong_encoding(
            file,
            _("the file is saved as UTF-16; save it as {form}", form=form),
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        letter = content[error.start : error.start + 1].decode("cp1252", "replace")
    return _wrong_encoding(
        file,
        _(
            'line {line} holds a character that is not UTF-8 (in Windows-1252 it would be "{letter}"); save '
            "the file as {form}",
            line=line,
            letter=letter,
            form=form,
        ),
        line,
    )


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file that was not in UTF-8, and the hint about that."""

    text: str
    hint: Finding


def decoded_leniently(content: bytes, *, file: str) -> str | Decoded | Finding:
    """Return the text of a file as spreadsheets on Windows write it too: UTF-16 with a byte order mark, Windows-1252.

    A finding instead of text is about bytes that are none of these.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, name = "utf-16", "UTF-16"
    else:
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode("utf-8-sig")
            return _reread(text, file) if _MISREAD.search(text) else text
        encoding, name = "cp1252", "Windows-1252"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return decoded(content, file=file) if encoding == "cp1252" else _damaged(file)
    if CONTROL.search(text[:10_000]):
        return _damaged(file)
    message = _('the file is saved as {name} and was read as that; "CSV UTF-8" is better', name=name)
    return Decoded(text, Finding(Severity.HINT, "file-encoding", message, Location(file=file)))


def _reread(text: str, file: str) -> str | Decoded:
    """Return a text whose umlauts were read wrongly once before, put right where all of it can be."""
    wrong = _MISREAD.findall(text)[0]
    try:
        right, letter = (b"".join(map(_byte, misread)).decode() for misread in (text, wrong))
    except UnicodeError:
        return text
    message = _(
        'the file is UTF-8 that was read as Latin-1 and saved again ("{wrong}" is "{letter}"); it was put right: save '
        'the table as "CSV UTF-8"',
        wrong=wrong,
        letter=letter,
    )
    return Decoded(right, Finding(Severity.WARNING, "file-encoding", message, Location(file=file)))


def _byte(character: str) -> bytes:
    """Return the byte that was read as a character; Windows-1252 leaves five to Latin-1."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _damaged(file: str) -> Finding:
    message = _('the file holds characters that are not text; save the table again as "CSV UTF-8"')
    return _wrong_encoding(file, message)


def _wrong_encoding(file: str, message: Text, line: int | None = None) -> Finding:
    return Finding(Severity.ERROR, "file-encoding", message, Location(file=file, line=line))


def separator_of(text: str, known: set[str]) -> str:
    """Return the separator under which the header row names most known columns; a comma when none does."""
    header = text[:MAX_CHARACTERS].lstrip("\r\n").split("\n", 1)[0]
    matches = {
        separator: sum(folded(name.strip().strip('"')) in known for name in header.split(separator))
        for separator in SEPARATORS
    }
    return max(SEPARATORS, key=lambda separator: matches[separator])


def rows(text: str, separator: str, *, file: str) -> Iterator[Row | Finding]:
    """Yield the rows that have content; a finding ends the table, since what follows cannot be told apart."""
    records = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(records, start=1):
            if any(cell.strip() for cell in cells):
                yield Row(number, tuple(cells))
    except csv.Error as error:
        yield _broken(str(error), number + 1, file)


def _broken(reason: str, row: int, file: str) -> Finding:
    if "field larger" in reason:
        return too_long(Location(file=file, row=row))
    message = _(
        "a quotation mark opens a text that does not end, or that something follows; close it, and "
        'write a " inside the text twice: ""'
    )
    return Finding(Severity.ERROR, "row-quotes", message, Location(file=file, row=row))


def too_long(place: Location) -> Finding:
    message = _(
        "the cell is longer than {limit} characters; shorten the text or close a quotation mark", limit=MAX_CHARACTERS
    )
    return Finding(Severity.ERROR, "cell-length", message, place)


def unfit(text: str, place: Location) -> Finding | None:
    """Return the finding about a cell that is too long or holds control characters, if it does."""
    if len(text) > MAX_CHARACTERS:
        return too_long(place)
    match = CONTROL.search(text)
    if match is None:
        return None
    code = f"U+{ord(match[0]):04X}"
    message = _("the cell holds an invisible control character ({code}); delete it", code=code)
    return Finding(Severity.ERROR, "cell-characters", message, place, suggestion=re.sub(CONTROL, "", text)[:200])


def computed(text: str, kind: str, place: Location) -> Finding | None:
    """Return what is to be said of a cell that a spreadsheet computed; `kind` is a letter as in `Row.types`."""
    if kind == "e":
        message = _("the cell holds the error value {value}; correct the formula or fill in the value", value=text[:20])
        return Finding(Severity.ERROR, "cell-error", message, place)
    if kind == "u":
        message = _("the cell holds a formula without a stored result; copy the column and paste it as values")
        return Finding(Severity.ERROR, "cell-formula", message, place)
    if kind == "f":
        message = _("the cell holds a formula; its result was read")
        return Finding(Severity.HINT, "cell-formula", message, place, value=text[:200])
    return None
