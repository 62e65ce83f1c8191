"""Reports: the findings of an examination for people (text), programs (JSON) and validators (SHACL, Turtle).

The text names places as people see them and says what would be right. It holds no address: a value that is one is
left out, the JSON has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.csv_writer import harmless, written
from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.core.messages import LANGUAGES, Label, Language, Message, _, ngettext, pgettext
from ozg_lod.core.vocab import (
    OZGSH,
    RDF,
    RDFS,
    SH,
    XSD,
)
from ozg_lod.validation import grouped_findings
from ozg_lod.validation.gate import Examination
from ozg_lod.validation.grouped_findings import (
    NAMES,
    by_sentence,
    line,
    quoted,
    unlisted,
)
from ozg_lod.validation.shapes import ShapeCoverage

LISTED: Final = 10
"""How many places one group lists in the text."""

_SECTIONS: Final = {Severity.ERROR: _("Errors"), Severity.WARNING: _("Warnings"), Severity.HINT: _("Hints")}
_SHACL_SEVERITIES: Final = {Severity.ERROR: "Violation", Severity.WARNING: "Warning", Severity.HINT: "Info"}


def conforms(examination: Examination, *, strict: bool = False) -> bool:
    """Tell whether nothing refuses the files: no error, and when `strict` no warning."""
    return examination.conforms and not (strict and examination.counts.get(Severity.WARNING))


def summary(examination: Examination, language: Language) -> str:
    """Return the headline, such as "2 Fehler, 1 Hinweis in 41 Zeilen"."""
    return grouped_findings.headline(examination, language)


def grouped(examination: Examination, language: Language) -> grouped_findings.GroupedFindings:
    return grouped_findings.grouped(examination, language)


def to_text(examination: Examination, language: Language) -> str:
    """Return the findings as text: errors first, each group once, with its places."""
    parts = [summary(examination, language)]
    for severity, heading in _SECTIONS.items():
        findings = [finding for finding in examination.findings if finding.severity is severity]
        if findings:
            parts.append("\n".join([heading[language], *_group_lines(findings, language)]))
    if examination.truncated:
        parts.append(unlisted(examination)[language])
    if examination.coverage:
        parts.append("\n".join(_coverage_lines(examination.coverage, language)))
    return "\n\n".join(parts)


def to_csv(examination: Examination, language: Language) -> bytes:
    """Return the findings as a table that a spreadsheet opens: one row each, with a byte order mark.

    In German a semicolon separates, as German spreadsheets expect. A text that would run as a formula gets an
    apostrophe.
    """
    groups = grouped(examination, language).groups
    rows = [row(group, location, language) for group in groups for location in group.locations]
    table = [[heading[language] for heading in HEADINGS], *([harmless(text) for text in cells] for cells in rows)]
    return written(table, separator=";" if language == "de" else ",", mark=True)


def row(
    group: grouped_findings.FindingGroup, location: grouped_findings.FindingLocation, language: Language
) -> list[str]:
    """Return the cells of one finding under `HEADINGS`."""
    number = str(location.row) if location.row is not None else ""
    about = location.column or ", ".join(text for text in (location.thing, location.property) if text)
    name = NAMES[group.severity][language]
    return [
        name,
        location.file,
        location.sheet,
        number,
        location.letter,
        about,
        group.sentence,
        location.value,
        location.suggestion,
    ]


HEADINGS: Final = (
    _("Kind"),
    _("File"),
    _("Sheet"),
    _("Row"),
    _("Column"),
    _("Heading"),
    _("Finding"),
    pgettext("report", "Found"),
    _("Suggestion"),
)


def to_json(examination: Examination) -> bytes:
    """Return the findings as JSON.

    Members: conforms, counts by severity, truncated (how many findings are not listed), files, rows, judges (first and
    second: who applied the shapes, and who did so again; message for people), and findings
    with severity, rule, message (de, en), place, value, suggestion; what is not known is left out.
    """
    report = {
        "conforms": examination.conforms,
        "counts": {str(severity): examination.counts.get(severity, 0) for severity in Severity},
        "truncated": examination.truncated,
        "files": examination.files,
        "rows": examination.rows,
        "judges": {"first": examination.judge, "second": examination.second, "message": _value(examination.judges)},
        **({"shapes": [asdict(one) for one in examination.coverage]} if examination.coverage else {}),
        "findings": [_plain(finding) for finding in examination.findings],
    }
    return json.dumps(report, ensure_ascii=False, indent=2).encode() + b"\n"


def to_turtle(examination: Examination) -> bytes:
    """Return the findings as a SHACL validation report (SHACL §3.6).

    As there `sh:conforms` is true only when there are no results at all, of whatever severity. A result about a cell
    that belongs to no thing yet has no focus node; its message names the cell. Of somebody's own shapes it is the
    report of the judge, with all results.
    """
    prefixes = {"ozgsh": OZGSH, "rdfs": RDFS, "sh": SH, "xsd": XSD}
    if examination.report:
        triples = (quad.triple for quad in ox.parse(examination.report, ox.RdfFormat.N_TRIPLES))
        return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""
    return ox.serialize(_report(examination), format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""


def place(location: Location, language: Language) -> str:
    """Return a place in words, such as `bundles.csv row 4, column "Verfügbar ab"`."""
    return grouped_findings.place(location, language)


def _group_lines(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    """Yield the lines of one severity; findings of one rule with the same sentence are one group."""
    for group in by_sentence(findings, language):
        message = line(group[0].message[language])
        if len(group) == 1:
            start = _where(group[0], language)
            yield f"  {start}{': ' if start else ''}{message}"
            continue
        times = _("{count} times", count=len(group))[language]
        yield f"  {times}: {message}"
        yield from (f"    {_where(finding, language)}" for finding in group[:LISTED])
        if len(group) > LISTED:
            more = ngettext("and in one more place", "and in {count} more places", len(group) - LISTED)
            yield f"    {more[language]}"


def _coverage_lines(coverage: Sequence[ShapeCoverage], language: Language) -> Iterator[str]:
    """Yield how many things each shape looked at; those that found none stand in one line."""
    idle = [one.shape for one in coverage if not one.focus_nodes]
    yield _("Shapes: {used} of {count} found something to check", used=len(coverage) - len(idle), count=len(coverage))[
        language
    ]
    for one in coverage:
        if one.focus_nodes:
            nodes = ngettext("{count} node", "{count} nodes", one.focus_nodes)[language]
            yield f"  {one.shape} ({', '.join(one.targets)}): {nodes}"
    if idle:
        unused = _("without a node: {shapes}", shapes=", ".join(idle))
        yield f"  {unused[language]}"


def _where(finding: Finding, language: Language) -> str:
    """Return the place, and what stands there unless the sentence says it or it is an address."""
    start = place(finding.place, language)
    value = finding.value
    if value is None or grouped_findings.is_address(value) or value[:20] in finding.message[language]:
        return start
    shown = quoted(line(value))[language]
    return f"{start} ({shown})" if start else shown


def _plain(finding: Finding) -> dict[str, object]:
    place = {item.name: _value(getattr(finding.place, item.name)) for item in fields(finding.place)}
    members = {
        "severity": str(finding.severity),
        "rule": finding.rule,
        "message": _value(finding.message),
        "place": {key: value for key, value in place.items() if value is not None},
        "value": finding.value,
        "suggestion": finding.suggestion,
    }
    return {key: value for key, value in members.items() if value is not None}


def _value(value: object) -> object:
    return {language: value[language] for language in LANGUAGES} if isinstance(value, Message | Label) else value


def _report(examination: Examination) -> Iterator[ox.Triple]:
    report = ox.BlankNode("report")
    total = sum(examination.counts.values())
    yield ox.Triple(report, _node(RDF + "type"), _node(SH + "ValidationReport"))
    yield ox.Triple(report, _node(SH + "conforms"), ox.Literal(total == 0))
    if examination.truncated:
        comment = f"{examination.truncated} of {total} results are not listed."
        yield ox.Triple(report, _node(RDFS + "comment"), ox.Literal(comment, language="en"))
    results = [ox.BlankNode(f"result{number}") for number in range(1, len(examination.findings) + 1)]
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
        yield ox.Triple(result, _node(SH + "value"), ox.Literal(line(finding.value)))
    for language in LANGUAGES:
        where = place(finding.place, language)
        text = f"{where}: {line(finding.message[language])}" if where else line(finding.message[language])
        yield ox.Triple(result, _node(SH + "resultMessage"), ox.Literal(text, language=language))


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)
