"""Reports: the findings of an examination for people (text), programs (JSON) and validators (SHACL, Turtle).

The text names places as people see them and says what would be right. It holds no address: a value that is one is
left out, the JSON has it.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Final, Literal

import pyoxigraph as ox

from ozg_lod.findings import Severity, Text
from ozg_lod.lexical import CONTROL
from ozg_lod.vocab import OZGSH, RDF, RDFS, SH, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ozg_lod.findings import Finding, Place
    from ozg_lod.gate import Examination

    Language = Literal["de", "en"]

LISTED: Final = 10
"""How many places one cause lists in the text."""

_NAMES: Final = {
    Severity.ERROR: (Text("Fehler", "error"), Text("Fehler", "errors")),
    Severity.WARNING: (Text("Warnung", "warning"), Text("Warnungen", "warnings")),
    Severity.HINT: (Text("Hinweis", "hint"), Text("Hinweise", "hints")),
}
_ROWS: Final = (Text("Zeile", "row"), Text("Zeilen", "rows"))
_FILES: Final = (Text("Datei", "file"), Text("Dateien", "files"))
_SHACL_SEVERITIES: Final = {Severity.ERROR: "Violation", Severity.WARNING: "Warning", Severity.HINT: "Info"}


def conforms(examination: Examination, *, strict: bool = False) -> bool:
    """Tell whether nothing refuses the files: no error, and when `strict` no warning."""
    return examination.conforms and not (strict and examination.counts.get(Severity.WARNING))


def summary(examination: Examination, language: Language) -> str:
    """Return the headline, such as "2 Fehler, 1 Hinweis in 41 Zeilen"."""
    found = [
        _counted(count, _NAMES[severity], language)
        for severity in Severity
        if (count := examination.counts.get(severity, 0))
    ]
    nothing = Text(de="Keine Befunde", en="No findings")[language]
    within = (examination.rows, _ROWS) if examination.rows else (examination.files, _FILES)
    preposition = Text(de="in", en="in")[language]
    dative = "Dateien" if language == "de" and within[1] is _FILES and within[0] != 1 else None
    counted = f"{within[0]} {dative}" if dative else _counted(*within, language)
    return f"{', '.join(found) or nothing} {preposition} {counted}"


def to_text(examination: Examination, language: Language) -> str:
    """Return the findings as text: errors first, each cause once, with its places."""
    parts = [summary(examination, language)]
    for severity in Severity:
        found = [finding for finding in examination.findings if finding.severity is severity]
        if found:
            parts.append("\n".join([_NAMES[severity][1][language].capitalize(), *_causes(found, language)]))
    if examination.truncated:
        more = examination.truncated
        several = Text(de=f"{more} weitere sind nicht aufgeführt.", en=f"{more} more are not listed.")
        one = Text(de="Ein weiterer Befund ist nicht aufgeführt.", en="One more is not listed.")
        parts.append((one if more == 1 else several)[language])
    return "\n\n".join(parts)


def to_json(examination: Examination) -> bytes:
    """Return the findings as JSON.

    Members: conforms, counts by severity, truncated (how many findings are not listed), files, rows, and findings
    with severity, rule, message (de, en), place, value, suggestion; what is not known is left out.
    """
    report = {
        "conforms": examination.conforms,
        "counts": {str(severity): examination.counts.get(severity, 0) for severity in Severity},
        "truncated": examination.truncated,
        "files": examination.files,
        "rows": examination.rows,
        "findings": [_plain(finding) for finding in examination.findings],
    }
    return json.dumps(report, ensure_ascii=False, indent=2).encode() + b"\n"


def to_turtle(examination: Examination) -> bytes:
    """Return the findings as a SHACL validation report (SHACL §3.6).

    As there `sh:conforms` is true only when there are no results at all, of whatever severity. A result about a cell
    that belongs to no thing yet has no focus node; its message names the cell.
    """
    prefixes = {"ozgsh": OZGSH, "rdfs": RDFS, "sh": SH, "xsd": XSD}
    return ox.serialize(_report(examination), format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""


def place(found: Place, language: Language) -> str:
    """Return a place in words, such as `bundles.csv row 4, column "Verfügbar ab"`."""
    words = Text(de="Zeile", en="row" if found.row is not None else "line")[language]
    number = found.row if found.row is not None else found.line
    parts = [found.file or "", found.sheet or "", f"{words} {number}" if number is not None else ""]
    start = (", " if language == "de" else " ").join(part for part in parts if part)
    rest = [start]
    if found.column is not None:
        rest.append(Text(de="Spalte", en="column")[language] + " " + _quoted(found.column, language))
    if found.character is not None:
        rest.append(Text(de="Zeichen", en="character")[language] + f" {found.character}")
    if found.row is None:
        rest += [_quoted(text[language], language) for text in (found.subject, found.property) if text is not None]
    return _line(", ".join(part for part in rest if part))


def _counted(count: int, names: tuple[Text, Text], language: Language) -> str:
    return f"{count} {names[count != 1][language]}"


def _causes(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    """Yield the lines of one severity; findings of one rule with the same sentence are one cause."""
    causes: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        causes.setdefault((finding.rule, finding.message[language]), []).append(finding)
    order = {rule: index for index, rule in enumerate(dict.fromkeys(rule for rule, _ in causes))}
    for (_, message), group in sorted(causes.items(), key=lambda cause: order[cause[0][0]]):
        if len(group) == 1:
            start = _where(group[0], language)
            yield f"  {start}{': ' if start else ''}{_line(message)}"
            continue
        times = Text(de=f"{len(group)}-mal", en=f"{len(group)} times")[language]
        yield f"  {times}: {_line(message)}"
        yield from (f"    {_where(finding, language)}" for finding in group[:LISTED])
        if len(group) > LISTED:
            more = len(group) - LISTED
            several = Text(de=f"und an {more} weiteren Stellen", en=f"and in {more} more places")
            one = Text(de="und an einer weiteren Stelle", en="and in one more place")
            yield "    " + (one if more == 1 else several)[language]


def _where(finding: Finding, language: Language) -> str:
    """Return the place, and what stands there unless the sentence says it or it is an address."""
    start = place(finding.place, language)
    value = finding.value
    if value is None or re.search(r"[<>]|^[A-Za-z][\w+.-]*:\S", value) or value[:20] in finding.message[language]:
        return start
    return f"{start} ({_quoted(_line(value), language)})" if start else _quoted(_line(value), language)


def _quoted(text: str, language: Language) -> str:
    return f"„{text}“" if language == "de" else f'"{text}"'


def _line(text: str) -> str:
    """Return text on one line without control characters, which a terminal would obey."""
    return " ".join(CONTROL.sub("\ufffd", text).split())


def _plain(finding: Finding) -> dict[str, object]:
    place = {item.name: _value(getattr(finding.place, item.name)) for item in fields(finding.place)}
    found = {
        "severity": str(finding.severity),
        "rule": finding.rule,
        "message": _value(finding.message),
        "place": {key: value for key, value in place.items() if value is not None},
        "value": finding.value,
        "suggestion": finding.suggestion,
    }
    return {key: value for key, value in found.items() if value is not None}


def _value(found: object) -> object:
    return {"de": found.de, "en": found.en} if isinstance(found, Text) else found


def _report(examination: Examination) -> Iterator[ox.Triple]:
    report = ox.BlankNode("report")
    total = sum(examination.counts.values())
    yield ox.Triple(report, _node(RDF + "type"), _node(SH + "ValidationReport"))
    yield ox.Triple(report, _node(SH + "conforms"), ox.Literal(total == 0))
    if examination.truncated:
        said = f"{examination.truncated} of {total} results are not listed."
        yield ox.Triple(report, _node(RDFS + "comment"), ox.Literal(said, language="en"))
    results = [ox.BlankNode(f"result{number}") for number, _ in enumerate(examination.findings, start=1)]
    yield from (ox.Triple(report, _node(SH + "result"), result) for result in results)
    for result, finding in zip(results, examination.findings, strict=True):
        yield from _result(result, finding)


def _result(result: ox.BlankNode, finding: Finding) -> Iterator[ox.Triple]:
    rule = finding.rule if ":" in finding.rule else OZGSH + finding.rule
    yield ox.Triple(result, _node(RDF + "type"), _node(SH + "ValidationResult"))
    yield ox.Triple(result, _node(SH + "resultSeverity"), _node(SH + _SHACL_SEVERITIES[finding.severity]))
    yield ox.Triple(result, _node(SH + "sourceShape"), _node(rule))
    if finding.place.focus is not None:
        yield ox.Triple(result, _node(SH + "focusNode"), _node(finding.place.focus))
    if finding.value is not None:
        yield ox.Triple(result, _node(SH + "value"), ox.Literal(_line(finding.value)))
    languages: tuple[Language, Language] = ("de", "en")
    for language in languages:
        where = place(finding.place, language)
        said = f"{where}: {_line(finding.message[language])}" if where else _line(finding.message[language])
        yield ox.Triple(result, _node(SH + "resultMessage"), ox.Literal(said, language=language))


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)
