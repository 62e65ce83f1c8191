"""Why a candidate is proposed and why a row stays open, as people read it."""

from __future__ import annotations

from datetime import date
from typing import Final

from babel.dates import format_date

from ozg_lod.core.messages import Language, _, locale_of
from ozg_lod.matching.matching import Candidate, MatchResult
from ozg_lod.matching.register import Register, RegisterEntry

_REASONS: Final = {
    "address": _("the address in this catalogue"),
    "key": _("the official key is the same"),
    "label": _("the name is the same"),
    "name": _("another name or spelling is the same"),
    "head": _("the name is the same but for the words that tell it apart"),
    "typo": _("the name is the same but for typing errors"),
    "cut": _("the name begins like this"),
    "like": _("the name is similar"),
    "part": _("the name contains what was looked for"),
    "kind": _("the name is the same, the kind of body is not"),
    "marks": _("the name is the same, the words that tell it apart are not"),
}
_CAUTIONS: Final = {
    "former": _("does not exist any more, last day {until}"),
    "kind": _("the kind of body does not fit"),
    "marks": _("words that tell it apart do not fit"),
    "district": _("does not lie in the district that is named"),
    "elsewhere": _("a place in another state has a name like this, or the row names another state or district"),
    "short": _("without the words that tell it apart a place in another state may be meant"),
    "also": _("several bear this name here"),
    "name": _("the key is the same, the name beside it is another"),
}
_NOTES: Final = {
    "empty": _("The cell is empty."),
    "nothing": _("Nothing in the catalogue has this name or one like it."),
    "unknown-key": _("The catalogue does not know this key."),
    "several": _("Several fit equally well."),
    "weak": _("Nothing fits closely enough."),
}


def name(record: RegisterEntry, language: str) -> str:
    """Return the name in this language, else the German one."""
    return (record.en if language == "en" else "") or record.de


def description(record: RegisterEntry, language: Language) -> str:
    """Return what tells a thing apart from its namesakes: kind, district, key, and until when it existed."""
    kind = (record.type_en if language == "en" else "") or record.type_de
    if record.kind == "concept" or not kind:
        kind = record.described.one[language]
    until = (
        _("does not exist any more, last day {until}", until=_day(record.until, language))[language]
        if record.until
        else ""
    )
    return ", ".join(part for part in (kind, record.district, record.official, until) if part)


def reason(candidate: Candidate, language: Language, register: Register) -> str:
    """Return why the candidate is proposed, and what speaks against it."""
    sentences = [_REASONS[candidate.reason][language]]
    if candidate.caution and candidate.caution != candidate.reason:
        sentences.append(_CAUTIONS[candidate.caution][language].format(until=_day(candidate.record.until, language)))
    after = register.records.get(candidate.record.successor)
    if after is not None:
        sentences.append(_("now {name}", name=name(after, language))[language])
    return "; ".join(sentences)


def note(outcome: MatchResult, language: Language) -> str:
    """Return why nothing is sure, "" where something is."""
    if not outcome.note:
        return ""
    if outcome.note in _NOTES:
        return _NOTES[outcome.note][language]
    caution = _CAUTIONS[outcome.note][language]
    return f"{caution[0].upper()}{caution[1:]}."


def _day(until: str, language: Language) -> str:
    return format_date(date.fromisoformat(until), "long", locale=locale_of(language)) if until else ""
