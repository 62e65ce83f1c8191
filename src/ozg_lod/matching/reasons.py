"""Why a candidate is proposed and why a row stays open, as people read it."""

from __future__ import annotations

from datetime import date
from typing import Final

from babel.dates import format_date

from ozg_lod.core.messages import _
from ozg_lod.http.words import Words
from ozg_lod.matching.matching import Candidate, MatchResult
from ozg_lod.matching.register import Register, RegisterEntry

_NOTES: Final = frozenset({"empty", "nothing", "unknown-key", "several", "weak"})


def name(record: RegisterEntry, language: str) -> str:
    """Return the name in this language, else the German one."""
    return (record.en if language == "en" else "") or record.de


def description(record: RegisterEntry, words: Words) -> str:
    """Return what tells a thing apart from its namesakes: kind, district, key, and until when it existed."""
    kind = (record.type_en if words.language == "en" else "") or record.type_de
    if record.kind == "concept" or not kind:
        kind = words(f"kind/{record.kind}/one")
    until = (
        _("does not exist any more, last day {until}", until=_day(record.until, words))[words.language]
        if record.until
        else ""
    )
    return ", ".join(part for part in (kind, record.district, record.official, until) if part)


def reason(candidate: Candidate, words: Words, register: Register) -> str:
    """Return why the candidate is proposed, and what speaks against it."""
    said = [words(f"match/{candidate.reason}")]
    if candidate.caution and candidate.caution != candidate.reason:
        said.append(words(f"match/caution_{candidate.caution}", until=_day(candidate.record.until, words)))
    after = register.records.get(candidate.record.successor)
    if after is not None:
        said.append(_("now {name}", name=name(after, words.language))[words.language])
    return "; ".join(said)


def note(outcome: MatchResult, words: Words) -> str:
    """Return why nothing is sure, "" where something is."""
    if not outcome.note:
        return ""
    if outcome.note in _NOTES:
        return words(f"match/note_{outcome.note.replace('-', '_')}")
    said = words(f"match/caution_{outcome.note}")
    return f"{said[0].upper()}{said[1:]}."


def _day(until: str, words: Words) -> str:
    locale = "de_DE" if words.language == "de" else "en_GB"
    return format_date(date.fromisoformat(until), "long", locale=locale) if until else ""
