"""The scan before the parser: refuses what would end the process instead of failing.

RDF 1.2 triple terms (20,000 nested ones are a stack overflow), JSON nested deeper than 64 (10,000 levels took 2.5 GB),
XML with a document type (entities grow without bound) or deeper than 100 (quadratic). All measured on pyoxigraph
0.5.13. The scan is a courtesy, the cage is the barrier.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

from pyoxigraph import RdfFormat

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import _

MAX_DEPTH: Final = {RdfFormat.JSON_LD: 64, RdfFormat.RDF_XML: 100}
MAX_NESTING: Final = 100

_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
_TURTLE_TOKEN: Final = re.compile(
    r"""\\.|"{3}(?:[^"\\]|\\.|"(?!""))*(?:"{3})?|'{3}(?:[^'\\]|\\.|'(?!''))*(?:'{3})?"""
    r"""|"(?:[^"\\\n\r]|\\.)*"?|'(?:[^'\\\n\r]|\\.)*'?|<[^<>"{}|^`\s]*>|\#[^\n\r]*|<<|[\[({]|[\])}]""",
    re.DOTALL,
)

RDF12: Final = _(
    "statements about statements (RDF 1.2, <<…>>) are not accepted; give the statement an address of its own"
)


def prescan(text: str, form: RdfFormat, file: str) -> Finding | None:
    """Return why a file must not reach the parser, or None; linear in its length."""
    if form == RdfFormat.RDF_XML:
        return _xml_fault(text, file)
    if form == RdfFormat.JSON_LD:
        return _too_deep(file) if _json_depth(text) > MAX_DEPTH[form] else None
    if "<<" not in text and sum(map(text.count, "[({")) <= MAX_NESTING:
        return None
    depth = 0
    for match in _TURTLE_TOKEN.finditer(text):
        bracket = match[0]
        if bracket == "<<":
            line = text.count("\n", 0, match.start()) + 1
            return Finding(Severity.ERROR, "document-rdf12", RDF12, Location(file=file, line=line))
        depth += (bracket in "[({") - (bracket in "])}")
        if depth > MAX_NESTING:
            return _too_deep(file)
    return None


def _json_depth(text: str) -> int:
    """Return the nesting of brackets; it stops counting once it is too deep."""
    depth = deepest = 0
    for match in _JSON_TOKEN.finditer(text):
        depth += (match[0] in "[{") - (match[0] in "]}")
        deepest = max(deepest, depth)
        if deepest > MAX_DEPTH[RdfFormat.JSON_LD]:
            break
    return deepest


def _too_deep(file: str, line: int | None = None) -> Finding:
    message = _("the statements are nested too deeply; write them side by side")
    return Finding(Severity.ERROR, "document-depth", message, Location(file=file, line=line))


class _RefusedXmlError(Exception):
    """Ends the scan of an XML file; carries the finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


def _xml_fault(text: str, file: str) -> Finding | None:
    """Scan an XML file without building anything from it."""
    parser = expat.ParserCreate("utf-8")
    depth = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH[RdfFormat.RDF_XML]:
            raise _RefusedXmlError(_too_deep(file, parser.CurrentLineNumber))

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_arguments: object) -> None:
        message = _("the file starts with a DOCTYPE; delete it and write out its abbreviations")
        raise _RefusedXmlError(Finding(Severity.ERROR, "document-doctype", message, Location(file=file)))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text.encode(), True)
    except _RefusedXmlError as refusal:
        return refusal.finding
    except expat.ExpatError as error:
        message = _("from here on the file is not valid XML; check that every element is closed")
        place = Location(file=file, line=error.lineno, character=error.offset + 1)
        return Finding(Severity.ERROR, "document-syntax", message, place)
    return None
