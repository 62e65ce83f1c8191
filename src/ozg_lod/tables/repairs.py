"""Repairs: what people and spreadsheets write instead of the form a datatype has, where it can mean one value only.

A program that takes a key for a number drops its leading zero; one that takes a month for a day adds a day; and a
German one writes each day as 24.11.2026 when it saves CSV, which no other day is written like. What could have been two
things is not touched: it stays a fault, at best with a suggestion.

The functions named after datatypes return the form that a text means, or None; whether that is legal is for others.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.messages import Text, _
from ozg_lod.core.vocab import XSD
from ozg_lod.rdf.lexical import canonical, is_legal
from ozg_lod.tables.csv_rows import INVISIBLE
from ozg_lod.tables.datatypes import CellFault, Datatype, shown

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "januar jänner january jan",
            "februar february feb",
            "märz maerz march mär mrz mar",
            "april apr",
            "mai may",
            "juni june jun",
            "juli july jul",
            "august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "dezember december dez dec",
        ),
        start=1,
    )
    for name in names.split()
}
_EPOCH: Final = dt.date(1899, 12, 30)
"""Day 0 of the serial numbers in which spreadsheets keep dates."""
_SERIALS: Final = range(20_000, 80_000)
"""Serial numbers of the years 1954 to 2119; other numbers are no days anybody means here."""
_SAVED_DAY: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2}[T ]00:00(:00(\.0+)?)?", re.ASCII)
"""A day as spreadsheets save it: with points as in German, or with a time nobody wrote. Slashes may mean two days."""
_SHORTENED: Final = re.compile(r"\d(?:[.,]\d+)?[Ee]\+?\d{1,2}")


@dataclass(frozen=True, slots=True)
class Repair:
    """The value that was meant, and the sentence that says so."""

    value: str
    message: Text


def repair(text: str, kind: str, datatype: Datatype) -> Repair | CellFault | None:
    """Return what a text that is no value of its datatype was before a program changed it; None where that is open.

    `kind` is what the cell was, a letter as in `Row.types`. A fault says more of what happened than the general one.
    """
    value = " ".join(text.split())
    if datatype.base == "string" and datatype.format is not None:
        return _hidden(text, datatype.format) or _key(value, datatype.format)
    day = value if kind == "d" else _day(value)
    if datatype.base == "gYearMonth" and day is not None:
        return _month(day, value)
    if datatype.base == "date" and day is not None and day != value:
        return Repair(day, _('"{value}" was read as {day}', value=shown(text), day=day))
    if datatype.base in {"gYearMonth", "date"} and value.isdecimal() and int(value[:9]) in _SERIALS:
        return _serial(value, datatype.base)
    return None


def _hidden(text: str, form: re.Pattern[str]) -> Repair | None:
    """Return a key without the characters in it that nobody sees."""
    codes = sorted({f"U+{ord(character):04X}" for character in text if unseen(character)})
    meant = "".join(character for character in text if not unseen(character)).strip()
    if not codes or not form.fullmatch(meant):
        return None
    message = _('"{value}" was read without invisible characters ({codes})', value=shown(meant), codes=", ".join(codes))
    return Repair(meant, message)


def unseen(character: str) -> bool:
    """Tell whether a character has no width, or is a space that does not look different from others."""
    return INVISIBLE.match(character) is not None or (character != " " and unicodedata.category(character) == "Zs")


def is_short(digits: str, form: re.Pattern[str]) -> bool:
    """Tell whether a key begins with its zero and lacks another digit: none was dropped at its start."""
    return digits[:1] == "0" and not form.fullmatch(digits) and form.fullmatch("0" + digits) is not None


def _key(text: str, form: re.Pattern[str]) -> Repair | CellFault | None:
    digits = re.sub(r"[.,]0+$", "", text)
    if _SHORTENED.fullmatch(text):
        return CellFault(
            _(
                'the spreadsheet program shortened the key to "{value}"; format the column as text and enter it again',
                value=shown(text),
            )
        )
    if not digits.isascii() or not digits.isdecimal():
        return None
    if is_short(digits, form):
        message = _('"{value}" has {count} digits, one is missing; look the key up', value=digits, count=len(digits))
        return CellFault(message)
    for meant in (digits, "0" + digits):
        if form.fullmatch(meant):
            message = _(
                '"{value}" became {meant}: the spreadsheet program dropped the leading zero',
                value=shown(text),
                meant=meant,
            )
            if meant == digits:
                message = _('"{value}" became {meant}', value=shown(text), meant=meant)
            return Repair(meant, message)
    return None


def _day(text: str) -> str | None:
    """Return a day that stands as text in the form in which a spreadsheet saves days, None for all else."""
    day = date(text) if _SAVED_DAY.fullmatch(text) else None
    return day if day is not None and is_legal(day, XSD + "date") else None


def _month(day: str, text: str) -> Repair | CellFault:
    """Return the month of a day (ISO), which a program makes of a month by adding the first; `text` is what stood."""
    month = day[:7]
    if day[7:] == "-01":
        return Repair(
            month,
            _("the date {value} was read as month {month}", value=text, month=month),
        )
    return CellFault(
        _('"{value}" is a day, a month is wanted; write {month}', value=shown(text), month=month),
        month,
    )


def _serial(text: str, base: str) -> CellFault:
    day = (_EPOCH + dt.timedelta(days=int(text))).isoformat()
    meant = day if base == "date" else day[:7]
    kind = _("a date") if base == "date" else _("a month")
    return CellFault(
        _(
            '"{value}" is not {kind} but probably the number in which the spreadsheet program keeps the day '
            "{day}; write {meant}",
            value=text,
            day=day,
            meant=meant,
            kind=kind,
        ),
        meant,
    )


def integer(text: str) -> str | None:
    """Return a whole number without its thousands separators and without ",0"; "1.000" may be one or a thousand."""
    number = re.sub(r"(?<=\d)[ \u00a0'’](?=\d{3}(?!\d))", "", text)
    number = re.sub(r"[.,]0+$", "", number) if not re.search(r"[.,]\d{3}$", number) else number
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3}){2,}", number, re.ASCII):
        number = number.replace(".", "")
    return number if number != text else None


def decimal(text: str) -> str | None:
    """Return a number with a decimal comma with a point instead; "1,000" may be one or a thousand."""
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", text, re.ASCII):
        return text.replace(".", "").replace(",", ".")
    if re.fullmatch(r"[+-]?(?:\d+,(?:\d{1,2}|\d{4,})|0,\d+)", text, re.ASCII):
        return text.replace(",", ".")
    return None


def boolean(text: str) -> str | None:
    """Return what yes and no mean."""
    meanings = {"ja": "true", "yes": "true", "wahr": "true", "nein": "false", "no": "false", "falsch": "false"}
    meanings |= {"true": "true", "false": "false"}
    return meanings.get(text.casefold())


def date(text: str) -> str | None:
    """Return a day as German and English people and spreadsheets write it."""
    if match := re.fullmatch(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})", text, re.ASCII):
        day, month, year = match.groups()
    elif match := re.fullmatch(r"(\d{1,2})\. ?([^\W\d]+)\.? (\d{4})", text):
        day, month, year = match[1], str(MONTHS.get(match[2].casefold(), 0)), match[3]
    elif match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", text, re.ASCII):
        year, month, day = match.groups()
    else:
        return None
    return f"{year}-{int(month):02}-{int(day):02}"


def month(text: str) -> str | None:
    """Return a month as German and English people write it."""
    if match := re.fullmatch(r"([^\W\d]+)\.? (\d{4})", text):
        number, year = MONTHS.get(match[1].casefold(), 0), match[2]
    elif match := re.fullmatch(r"(\d{1,2})[./-](\d{4})", text, re.ASCII):
        number, year = int(match[1]), match[2]
    elif match := re.fullmatch(r"(\d{4})[./-](\d{1,2})", text, re.ASCII):
        number, year = int(match[2]), match[1]
    else:
        return None
    return f"{year}-{number:02}"


def year(text: str) -> str | None:
    """Return a year that a spreadsheet took for a number."""
    match = re.fullmatch(r"(\d{4})[.,]0", text, re.ASCII)
    return match[1] if match else None


def duration(text: str) -> str | None:
    """Return a number of years or months."""
    match = re.fullmatch(r"(\d{1,4}) ?(jahre?n?|years?|monate?n?|months?)", text.casefold(), re.ASCII)
    if match is None:
        return None
    return canonical(f"P{match[1]}{'Y' if match[2][0] in 'jy' else 'M'}", "yearMonthDuration")


def address(_: str) -> None:
    """Return nothing: which scheme or host was meant is never sure."""
