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
_LINK: Final = "http://www.w3.org/1999/xlink href"
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
    and `width` are the last row and column with anything in it. `links` are the addresses behind cells, `covered` those
    that a merge takes their value; `unseen` is a sheet that is hidden as a whole.
    """

    formulas: dict[Spot, bool] = field(default_factory=dict)
    errors: dict[Spot, str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    links: dict[Spot, str] = field(default_factory=dict)
    covered: set[Spot] = field(default_factory=set)
    unseen: bool = False
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
    marked: dict[str, Marks] = {}
    for name, (path, unseen) in _office_sheets(parts).items():
        folder, _slash, part = path.rpartition("/")
        targets = _relations(parts.get(f"{folder}/_rels/{part}.rels", b"<none/>"))
        marked[name] = _office(parts.get(path, b""), targets)
        marked[name].unseen = unseen
    return marked


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


def _relations(content: bytes) -> dict[str, str]:
    """Return the targets of relations by their names."""
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name.endswith(" Relationship"):
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    parser = _parser()
    parser.StartElementHandler = relation
    _parse(parser, content)
    return targets


def _office_sheets(parts: Mapping[str, bytes]) -> dict[str, tuple[str, bool]]:
    """Return the parts of the sheets of a workbook by their names, and whether they are hidden."""
    targets = _relations(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"))
    sheets: dict[str, tuple[str, bool]] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name.endswith(" sheet"):
            path = targets.get(attributes.get(_RELATION, ""), "")
            path = path.lstrip("/") if path[:1] == "/" else posixpath.join("xl", path)
            sheets[attributes.get("name", "")] = path, attributes.get("state", "visible") != "visible"

    parser = _parser()
    parser.StartElementHandler = sheet
    _parse(parser, parts.get("xl/workbook.xml", b"<none/>"))
    return sheets


class _OfficeSheet:
    """The handlers for one sheet of Office Open XML; `targets` are its relations."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self.marks = Marks()
        self.targets = targets
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
        elif tag == "v":
            self.text = []
        elif tag in {"mergeCell", "hyperlink"}:
            self._area(tag, attributes)
        self.formula = self.formula or tag == "f"
        self.value = self.value or tag == "is"

    def _area(self, tag: str, attributes: dict[str, str]) -> None:
        spots, target = _spots(attributes.get("ref", "")), self.targets.get(attributes.get(_RELATION, ""))
        if tag == "mergeCell":
            self.marks.covered |= set(spots[1:])
        elif target is not None:
            self.marks.links |= dict.fromkeys(spots, target)

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


def _spots(area: str) -> list[Spot]:
    """Return the cells of an area such as A2:B4, of a large one the first."""
    ends = [end for text in area.split(":") if (end := _REFERENCE.fullmatch(text))]
    rows, columns = (
        range(min(ends, default=1), min(max(ends, default=0) + 1, min(ends, default=1) + most))
        for ends, most in (([int(end[2]) for end in ends], _FEW), ([number(end[1]) for end in ends], _WIDE))
    )
    return [(row, column) for row in rows for column in columns]


def _office(content: bytes, targets: Mapping[str, str]) -> Marks:
    sheet = _OfficeSheet(targets)
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = sheet.start, sheet.end
    parser.CharacterDataHandler = sheet.data
    _parse(parser, content)
    return sheet.marks


_MAX_WRITTEN: Final = 50_000_000
"""Characters of all cells: a few bytes stand for any number of spaces (text:s, OpenDocument 1.3 §6.1.3) or cells."""
_WIDE: Final = 50
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
            if name == _TABLE + "covered-table-cell":
                times = min(_repeated(attributes, "columns"), _FEW)
                self.marks.covered |= {(self.row + 1, self.column + 1 + more) for more in range(times)}
        elif name == _TEXT + "a" and self.inside:
            self.marks.links[self.row + 1, self.column + 1] = attributes.get(_LINK, "")
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
