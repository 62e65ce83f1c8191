"""What the XML of a spreadsheet says that its values do not: formulas, errors, hidden rows, its extent.

Read before any library gets the file: one cell at the far corner of a sheet makes readers allocate everything in
between, and no reader tells a formula from a number. Office Open XML (ECMA-376 part 1, §18.3) and OpenDocument 1.3.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_LETTERS: Final = 26
_SPACE: Final = " "
_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_CALC: Final = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"

Spot = tuple[int, int]
"""Row and column, counted from 1."""


class Unreadable(Exception):
    """The XML is not what it should be: a document type, or not well-formed."""


@dataclass
class Marks:
    """What one sheet says besides its values.

    `formulas` tells for each formula whether its result is stored; `errors` are error values such as #REF!. `height`
    and `width` are the last row and column with anything in it.
    """

    formulas: dict[Spot, bool] = field(default_factory=dict)
    errors: dict[Spot, str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    height: int = 0
    width: int = 0

    def reach(self, spot: Spot) -> None:
        """Take note of a cell that holds something."""
        self.height, self.width = max(self.height, spot[0]), max(self.width, spot[1])


def letter(column: int) -> str:
    """Return the letters of a column, counted from 1.

    >>> letter(1), letter(27)
    ('A', 'AA')
    """
    name = ""
    while column > 0:
        column, rest = divmod(column - 1, _LETTERS)
        name = chr(ord("A") + rest) + name
    return name


def number(letters: str) -> int:
    """Return the column that letters name.

    >>> number("A"), number("AA")
    (1, 27)
    """
    column = 0
    for character in letters:
        column = column * _LETTERS + ord(character) - ord("A") + 1
    return column


def marks(parts: Mapping[str, bytes]) -> dict[str, Marks]:
    """Return the marks of each sheet by its name; raises Unreadable."""
    if "content.xml" in parts:
        return _opendocument(parts["content.xml"])
    return {name: _office(parts.get(path, b"")) for name, path in _office_sheets(parts).items()}


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(None, _SPACE)
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise Unreadable

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _parse(parser: expat.XMLParserType, content: bytes) -> None:
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Unreadable from error


def _office_sheets(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Return the parts of the sheets of a workbook by their names."""
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name.endswith(" Relationship"):
            path = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = path.lstrip("/") if path[:1] == "/" else posixpath.join("xl", path)

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name.endswith(" sheet"):
            sheets[attributes.get("name", "")] = targets.get(attributes.get(_RELATION, ""), "")

    for part, handler in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
        parser = _parser()
        parser.StartElementHandler = handler
        _parse(parser, parts.get(part, b"<none/>"))
    return sheets


class _OfficeSheet:
    """The handlers for one sheet of Office Open XML."""

    def __init__(self) -> None:
        self.marks = Marks()
        self.spot = (0, 0)
        self.row = self.column = 0
        self.kind = ""
        self.formula = self.value = False
        self.text: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(_SPACE)[2]
        if tag == "row":
            given = attributes.get("r", "")
            self.row = int(given) if given.isdecimal() else self.row + 1
            self.column = 0
            if attributes.get("hidden") in {"1", "true"}:
                self.marks.hidden.append(self.row)
        elif tag == "c":
            self._cell(attributes)
        elif tag == "f":
            self.formula = True
        elif tag == "v":
            self.text = []
        elif tag == "is":
            self.value = True

    def _cell(self, attributes: dict[str, str]) -> None:
        place = _REFERENCE.fullmatch(attributes.get("r", ""))
        self.column = number(place[1]) if place else self.column + 1
        self.spot = (int(place[2]) if place else self.row, self.column)
        self.kind, self.formula, self.value = attributes.get("t", ""), False, False

    def data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def end(self, name: str) -> None:
        tag = name.rpartition(_SPACE)[2]
        if tag == "v" and self.text is not None:
            text, self.text = "".join(self.text), None
            self.value = self.value or bool(text) or self.kind == "str"
            if self.kind == "e":
                self.marks.errors[self.spot] = text
        elif tag == "c" and (self.formula or self.value):
            self.marks.reach(self.spot)
            if self.formula:
                self.marks.formulas[self.spot] = self.value


def _office(content: bytes) -> Marks:
    sheet = _OfficeSheet()
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = sheet.start, sheet.end
    parser.CharacterDataHandler = sheet.data
    _parse(parser, content)
    return sheet.marks


_MAX_WRITTEN: Final = 50_000_000
"""Characters of all cells: a few bytes stand for any number of spaces (text:s, OpenDocument 1.3 §6.1.3) or cells."""
_FEW: Final = 1_000
"""More repeated rows than this are the empty end of a sheet."""


class _OpenSheets:
    """The handlers for the content of an OpenDocument spreadsheet."""

    def __init__(self) -> None:
        self.sheets: dict[str, Marks] = {}
        self.marks = Marks()
        self.row = self.column = self.rows = self.spaces = self.written = 0
        self.cell: dict[str, str] = {}
        self.text = ""
        self.inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _TABLE + "table":
            self.marks = self.sheets[attributes.get(_TABLE + "name", "")] = Marks()
            self.row = self.rows = 0
        elif name == _TABLE + "table-row":
            self.row, self.rows, self.column = self.row + self.rows, _repeated(attributes, "rows"), 0
            self._row(attributes)
        elif name in {_TABLE + "table-cell", _TABLE + "covered-table-cell"}:
            self.cell, self.text, self.inside, self.spaces = attributes, "", True, 0
        elif name == _TEXT + "s":
            self.spaces += max(0, int(attributes.get(_TEXT + "c", "1")))

    def _row(self, attributes: dict[str, str]) -> None:
        if attributes.get(_TABLE + "visibility") in {"collapse", "filter"} and self.rows <= _FEW:
            self.marks.hidden += range(self.row + 1, self.row + self.rows + 1)

    def data(self, text: str) -> None:
        if self.inside:
            self.text += text

    def end(self, name: str) -> None:
        if name not in {_TABLE + "table-cell", _TABLE + "covered-table-cell"}:
            return
        self.inside = False
        times = _repeated(self.cell, "columns")
        formula, stored = _TABLE + "formula" in self.cell, bool(self.text) or _OFFICE + "value" in self.cell
        self.written += (len(self.text) + self.spaces) * times * self.rows
        if self.written > _MAX_WRITTEN:
            raise Unreadable
        if stored or formula:
            self.marks.reach((self.row + self.rows, self.column + times))
            spot = (self.row + 1, self.column + 1)
            if formula:
                self.marks.formulas[spot] = stored
            if self.cell.get(_CALC + "value-type") == "error":
                self.marks.errors[spot] = self.text
        self.column += times


def _repeated(attributes: dict[str, str], what: str) -> int:
    times = attributes.get(f"{_TABLE}number-{what}-repeated", "1")
    return int(times) if times.isdecimal() and len(times) < len("10000000") else 1


def _opendocument(content: bytes) -> dict[str, Marks]:
    sheets = _OpenSheets()
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = sheets.start, sheets.end
    parser.CharacterDataHandler = sheets.data
    _parse(parser, content)
    return sheets.sheets
