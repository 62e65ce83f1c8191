"""Spellings: what people and spreadsheets write instead of the form a datatype has, where it can mean one thing only.

Each function takes the text of a cell and returns the form meant, or None. Whether that form is legal is for others.
"""

from __future__ import annotations

import re
from typing import Final

from ozg_lod.rdf.lexical import canonical

_MONTHS: Final = {
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
        day, month, year = match[1], str(_MONTHS.get(match[2].casefold(), 0)), match[3]
    elif match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", text, re.ASCII):
        year, month, day = match.groups()
    else:
        return None
    return f"{year}-{int(month):02}-{int(day):02}"


def month(text: str) -> str | None:
    """Return a month as German and English people write it."""
    if match := re.fullmatch(r"([^\W\d]+)\.? (\d{4})", text):
        number, year = _MONTHS.get(match[1].casefold(), 0), match[2]
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
