"""The findings of an examination grouped as people work through them, each with its places in words.

Errors come before warnings before hints; findings of one rule with the same sentence are one group. No text here holds
an address: a value that is one is left out, programs have it in the JSON report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.core.messages import Language, Message, Sentence, _, joined, ngettext
from ozg_lod.rdf.lexical import CONTROL
from ozg_lod.validation.examination import Examination

NAMES: Final = {Severity.ERROR: _("Error"), Severity.WARNING: _("Warning"), Severity.HINT: _("Hint")}
_ADDRESS: Final = re.compile(r"[<>]|^[A-Za-z][\w+.-]*:\S")


@dataclass(frozen=True, slots=True)
class FindingLocation:
    """One place of a group in words; `where` is all of it. What is not known or not said to people is empty.

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
    locations: tuple[FindingLocation, ...]


@dataclass(frozen=True, slots=True)
class GroupedFindings:
    """A whole report for people: `headline` counts, `truncated` is the number of findings that are not listed."""

    headline: str
    conforms: bool
    groups: tuple[FindingGroup, ...]
    truncated: int

    def of(self, severity: Severity) -> tuple[FindingGroup, ...]:
        return tuple(group for group in self.groups if group.severity is severity)


def grouped(examination: Examination, language: Language) -> GroupedFindings:
    groups = tuple(
        _group(group, language)
        for severity in Severity
        for group in by_sentence(
            [finding for finding in examination.findings if finding.severity is severity], language
        )
    )
    return GroupedFindings(headline(examination, language), examination.conforms, groups, examination.truncated)


def _group(group: Sequence[Finding], language: Language) -> FindingGroup:
    first = group[0]
    locations = tuple(finding_location(finding, language) for finding in group)
    return FindingGroup(first.severity, first.rule, line(first.message[language]), locations)


def headline(examination: Examination, language: Language) -> str:
    """Return the headline, such as "2 Fehler, 1 Hinweis in 41 Zeilen"."""
    counts = [_counted(severity, count) for severity in Severity if (count := examination.counts.get(severity, 0))]
    extent = ngettext("{count} file", "{count} files", examination.files)
    if examination.rows:
        extent = ngettext("{count} row", "{count} rows", examination.rows)
    findings = joined(counts) if counts else _("No findings")
    return _("{findings} in {extent}", findings=findings, extent=extent)[language]


def _counted(severity: Severity, count: int) -> Message:
    match severity:
        case Severity.ERROR:
            return ngettext("{count} error", "{count} errors", count)
        case Severity.WARNING:
            return ngettext("{count} warning", "{count} warnings", count)
        case Severity.HINT:
            return ngettext("{count} hint", "{count} hints", count)


def unlisted(examination: Examination) -> Message:
    return ngettext("One more is not listed.", "{count} more are not listed.", examination.truncated)


def by_sentence(findings: Sequence[Finding], language: Language) -> Iterator[list[Finding]]:
    """Yield the findings of each group, in the order in which their rules first appear."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.message[language]), []).append(finding)
    rank = {rule: index for index, rule in enumerate(dict.fromkeys(rule for rule, _message in groups))}
    yield from (group for _key, group in sorted(groups.items(), key=lambda item: rank[item[0][0]]))


def finding_location(finding: Finding, language: Language) -> FindingLocation:
    location = finding.place
    thing, about = (text[language] if text is not None else "" for text in (location.subject, location.property))
    in_table = location.row is not None
    return FindingLocation(
        where=place(location, language),
        file=location.file or "",
        sheet=location.sheet or "",
        row=location.row if in_table else location.line,
        letter=location.letter or "",
        column=line(location.column or ""),
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


def place(location: Location, language: Language) -> str:
    """Return a place in words, such as `bundles.csv row 4, column "Verfügbar ab"`."""
    parts = [*_in_file(location)]
    if location.column is not None:
        letter = f"{location.letter} " if location.letter else ""
        parts.append(_("column {name}", name=_('{letter}"{title}"', letter=letter, title=location.column)))
    if location.character is not None:
        parts.append(_("character {number}", number=location.character))
    if location.row is None:
        parts += [quoted(text) for text in (location.subject, location.property) if text is not None]
    return line(joined(parts)[language])


def _in_file(location: Location) -> Iterator[Sentence]:
    """Yield the file, the sheet and the row or line, as far as they are known."""
    row: Message | None = None
    if location.row is not None:
        row = _("row {number}", number=location.row)
    elif location.line is not None:
        row = _("line {number}", number=location.line)
    if location.file and row and not location.sheet:
        yield _("{file} {row}", file=location.file, row=row)
        return
    if location.file:
        yield location.file
    if location.sheet:
        yield _('sheet "{title}"', title=location.sheet)
    if row:
        yield row


def quoted(text: Sentence) -> Message:
    """Return a text between the quotation marks of the reader's language."""
    return _('"{text}"', text=text)


def line(text: str) -> str:
    """Return text on one line without control characters, which a terminal would obey."""
    return " ".join(CONTROL.sub("\ufffd", text).split())
