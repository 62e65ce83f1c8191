"""Causes: the findings of an examination grouped as people work through them, each with its places in words.

Errors come before warnings before hints; findings of one rule with the same sentence are one cause. No text here holds
an address: a value that is one is left out, programs have it in the JSON report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.core.messages import Language, Message, Text, _
from ozg_lod.rdf.lexical import CONTROL
from ozg_lod.validation.examination import Examination

NAMES: Final = {
    Severity.ERROR: (_("error"), _("errors")),
    Severity.WARNING: (_("warning"), _("warnings")),
    Severity.HINT: (_("hint"), _("hints")),
}
_ROWS: Final = (_("row"), _("rows"))
_FILES: Final = (_("file"), _("files"))
_ADDRESS: Final = re.compile(r"[<>]|^[A-Za-z][\w+.-]*:\S")


@dataclass(frozen=True, slots=True)
class FindingLocation:
    """One place of a cause in words; `where` is all of it. What is not known or not said to people is empty.

    `value` is what stands there and `suggestion` what would be right, where one is sure. `thing` and `property` name
    what a finding in an RDF file is about.
    """

    where: str
    file: str
    sheet: str
    row: int | None
    letter: str
    column: str
    thing: str
    property: str
    value: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """One sentence and the places it is about; `rule` names what was broken, for programs."""

    severity: Severity
    rule: str
    sentence: str
    spots: tuple[FindingLocation, ...]


@dataclass(frozen=True, slots=True)
class GroupedFindings:
    """A whole report for people: `headline` counts, `truncated` is the number of findings that are not listed."""

    headline: str
    conforms: bool
    causes: tuple[FindingGroup, ...]
    truncated: int

    def of(self, severity: Severity) -> tuple[FindingGroup, ...]:
        """Return the causes of one severity."""
        return tuple(cause for cause in self.causes if cause.severity is severity)


def grouped(examination: Examination, language: Language) -> GroupedFindings:
    """Return the findings as people read them."""
    causes = tuple(
        _cause(group, language)
        for severity in Severity
        for group in by_cause([found for found in examination.findings if found.severity is severity], language)
    )
    return GroupedFindings(headline(examination, language), examination.conforms, causes, examination.truncated)


def _cause(group: Sequence[Finding], language: Language) -> FindingGroup:
    first = group[0]
    spots = tuple(spot(found, language) for found in group)
    return FindingGroup(first.severity, first.rule, line(first.message[language]), spots)


def headline(examination: Examination, language: Language) -> str:
    """Return the headline, such as "2 Fehler, 1 Hinweis in 41 Zeilen"."""
    found = [
        counted(count, NAMES[severity], language)
        for severity in Severity
        if (count := examination.counts.get(severity, 0))
    ]
    nothing = _("No findings")[language]
    within = (examination.rows, _ROWS) if examination.rows else (examination.files, _FILES)
    preposition = _("in")[language]
    dative = "Dateien" if language == "de" and within[1] is _FILES and within[0] != 1 else None
    number = f"{within[0]} {dative}" if dative else counted(*within, language)
    return f"{', '.join(found) or nothing} {preposition} {number}"


def by_cause(findings: Sequence[Finding], language: Language) -> Iterator[list[Finding]]:
    """Yield the findings of each cause, in the order in which their rules first appear."""
    causes: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        causes.setdefault((finding.rule, finding.message[language]), []).append(finding)
    order = {rule: index for index, rule in enumerate(dict.fromkeys(rule for rule, _ in causes))}
    yield from (group for _, group in sorted(causes.items(), key=lambda cause: order[cause[0][0]]))


def spot(finding: Finding, language: Language) -> FindingLocation:
    """Return the place of a finding in words."""
    found = finding.place
    thing, about = (text[language] if text is not None else "" for text in (found.subject, found.property))
    in_table = found.row is not None
    return FindingLocation(
        where=place(found, language),
        file=found.file or "",
        sheet=found.sheet or "",
        row=found.row if found.row is not None else found.line,
        letter=found.letter or "",
        column=line(found.column or ""),
        thing="" if in_table else line(thing),
        property="" if in_table else line(about),
        value=spoken(finding.value),
        suggestion=spoken(finding.suggestion),
    )


def is_address(value: str) -> bool:
    """Tell whether a value is an address or holds one."""
    return _ADDRESS.search(value) is not None


def spoken(value: str | None) -> str:
    """Return a value as people may see it: on one line, and nothing for an address."""
    return "" if value is None or is_address(value) else line(value)


def place(found: Location, language: Language) -> str:
    """Return a place in words, such as `bundles.csv row 4, column "Verfügbar ab"`."""
    number = found.row if found.row is not None else found.line
    sheet = _("sheet")[language] + " " + quoted(found.sheet, language) if found.sheet else ""
    parts = [found.file or "", sheet, _row(found)[language] if number is not None else ""]
    rest = [(", " if language == "de" or sheet else " ").join(part for part in parts if part)]
    if found.column is not None:
        letter = f"{found.letter} " if found.letter else ""
        rest.append(_("column {name}", name=f"{letter}{quoted(found.column, language)}")[language])
    if found.character is not None:
        rest.append(_("character")[language] + f" {found.character}")
    if found.row is None:
        rest += [quoted(text[language], language) for text in (found.subject, found.property) if text is not None]
    return line(", ".join(part for part in rest if part))


def _row(found: Location) -> Message:
    if found.row is not None:
        return _("row {number}", number=found.row)
    return _("line {number}", number=found.line)


def counted(count: int, names: tuple[Text, Text], language: Language) -> str:
    """Return a number with its noun."""
    return f"{count} {names[count != 1][language]}"


def quoted(text: str, language: Language) -> str:
    """Return a text between the quotation marks of a language."""
    return f"„{text}“" if language == "de" else f'"{text}"'


def line(text: str) -> str:
    """Return text on one line without control characters, which a terminal would obey."""
    return " ".join(CONTROL.sub("\ufffd", text).split())
