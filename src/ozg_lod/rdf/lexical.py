"""The lexical gate: which written forms a literal and an IRI may have.

It stands between the parser and every library that computes with values. `"1E+999999999"^^xsd:decimal` is twenty
bytes long and takes rdflib two gigabytes; an `rdf:HTML` literal of 20 KB takes it fifteen seconds. Here every test is
one linear regular expression over a string of bounded length.
"""

from __future__ import annotations

import calendar
import re
from typing import Final

from pyoxigraph import NamedNode

from ozg_lod.core.vocab import RDF, XSD

MAX_CHARACTERS: Final = 100_000
"""The longest literal or table cell, in characters."""

MAX_DIGITS: Final = 1_000
"""The longest number, in characters."""

SCHEMES: Final = ("http", "https", "mailto", "urn", "tel")
"""The only IRI schemes; none of them runs anything when it is followed."""

REFUSED_DATATYPES: Final = frozenset(RDF + name for name in ("HTML", "XMLLiteral", "JSON", "dirLangString"))

CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
"""What no text may hold: controls but tab and line ends, direction overrides, and what XML 1.0 §2.2 cannot carry."""

_SCHEME: Final = re.compile(r"(?:https?://[^/?#\s]|(?:mailto|urn|tel):\S)", re.IGNORECASE)
_ZONE = r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?"
_YEAR = r"-?(?:[1-9]\d{4,8}|\d{4})"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,18})?|24:00:00(?:\.0{1,18})?)"
_DATE = rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY})"
_FLOAT = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,9})?|[+-]?INF|NaN"
_SIGNED = r"[+-]?\d+"
_NATURAL = r"\+?\d+|-0+"
_N = r"\d{1,9}"

_FORMS: Final = {
    "integer": _SIGNED,
    "long": _SIGNED,
    "int": _SIGNED,
    "short": _SIGNED,
    "byte": _SIGNED,
    "nonNegativeInteger": _NATURAL,
    "positiveInteger": r"\+?0*[1-9]\d*",
    "nonPositiveInteger": r"-\d+|\+?0+",
    "negativeInteger": r"-0*[1-9]\d*",
    "unsignedLong": _NATURAL,
    "unsignedInt": _NATURAL,
    "unsignedShort": _NATURAL,
    "unsignedByte": _NATURAL,
    "decimal": r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})",
    "double": _FLOAT,
    "float": _FLOAT,
    "boolean": r"true|false|1|0",
    "date": _DATE + _ZONE,
    "dateTime": rf"{_DATE}T{_TIME}{_ZONE}",
    "dateTimeStamp": rf"{_DATE}T{_TIME}(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)",
    "time": _TIME + _ZONE,
    "gYear": _YEAR + _ZONE,
    "gYearMonth": rf"{_YEAR}-{_MONTH}{_ZONE}",
    "gMonth": rf"--{_MONTH}{_ZONE}",
    "gDay": rf"---{_DAY}{_ZONE}",
    "gMonthDay": rf"--{_MONTH}-{_DAY}{_ZONE}",
    "duration": rf"-?P(?=\d|T\d)(?:{_N}Y)?(?:{_N}M)?(?:{_N}D)?(?:T(?=\d)(?:{_N}H)?(?:{_N}M)?(?:{_N}(?:\.{_N})?S)?)?",
    "yearMonthDuration": rf"-?P(?=\d)(?:{_N}Y)?(?:{_N}M)?",
    "dayTimeDuration": rf"-?P(?=\d|T\d)(?:{_N}D)?(?:T(?=\d)(?:{_N}H)?(?:{_N}M)?(?:{_N}(?:\.{_N})?S)?)?",
    "language": r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*",
    "hexBinary": r"(?:[0-9A-Fa-f]{2})*",
    "base64Binary": r"[A-Za-z0-9+/ ]*={0,2}",
}
NUMBERS: Final = frozenset(name for name in _FORMS if re.search(r"[iI]nt|[lL]ong|[sS]hort|[bB]yte|double|float", name))
_PATTERNS: Final = {XSD + name: re.compile(form, re.ASCII) for name, form in _FORMS.items()}
_BITS: Final = {"byte": 8, "short": 16, "int": 32, "long": 64}
_RANGES: Final = {XSD + name: range(-(1 << bits - 1), 1 << bits - 1) for name, bits in _BITS.items()} | {
    XSD + f"unsigned{name.title()}": range(1 << bits) for name, bits in _BITS.items()
}
_UNBOUNDED: Final = frozenset(XSD + name for name in ("base64Binary", "hexBinary"))


def is_legal(lexical: str, datatype: str) -> bool:
    """Tell whether `lexical` is in the lexical space of `datatype` (XSD 1.1 part 2) and of bearable size.

    A datatype that is not known here has no rule; one of `REFUSED_DATATYPES` has no legal form.

    >>> is_legal("2020-02-30", XSD + "date"), is_legal("1E+999999999", XSD + "decimal")
    (False, False)
    """
    if datatype in REFUSED_DATATYPES or len(lexical) > MAX_CHARACTERS:
        return False
    if datatype == XSD + "anyURI":
        return is_web_address(lexical)
    pattern = _PATTERNS.get(datatype)
    if pattern is None:
        return True
    if len(lexical) > MAX_DIGITS and datatype not in _UNBOUNDED:
        return False
    match = pattern.fullmatch(lexical)
    if match is None or (datatype in _RANGES and int(lexical) not in _RANGES[datatype]):
        return False
    return _is_in_calendar(match)


def _is_in_calendar(match: re.Match[str]) -> bool:
    """Tell whether the day exists; patterns without a day have nothing to say."""
    if "day" not in match.re.groupindex:
        return True
    day = int(match["day"])
    if day <= 28:  # noqa: PLR2004 - every month has 28 days
        return True
    year = 2000 + int(match["year"]) % 400  # the calendar repeats after 400 years
    return day <= calendar.monthrange(year, int(match["month"]))[1]


def is_web_address(iri: str) -> bool:
    """Tell whether `iri` is a valid absolute IRI (RFC 3987) that has one of `SCHEMES`.

    >>> is_web_address("javascript:alert(1)"), is_web_address("urn:de:fim:leika:leistung:99010005000000")
    (False, True)
    """
    if _SCHEME.match(iri) is None:
        return False
    try:
        NamedNode(iri)
    except ValueError:
        return False
    return True


def canonical(lexical: str, base: str) -> str:
    """Return the one form of a legal value that a store gives back; `base` is the local name of an XSD datatype.

    A store keeps values, not spellings (measured: "007" comes back as "7", "15.0" as "15"). Written canonically at
    once, the same fact in two files is one triple and the dump equals the store.

    >>> canonical("-007", "integer"), canonical("15.50", "decimal"), canonical("1", "boolean")
    ('-7', '15.5', 'true')
    >>> canonical("P18M", "yearMonthDuration")
    'P1Y6M'
    """
    if base == "integer":
        return str(int(lexical))
    if base == "decimal":
        return _canonical_decimal(lexical)
    if base == "boolean":
        return "true" if lexical in {"true", "1"} else "false"
    if base == "yearMonthDuration":
        return _canonical_duration(lexical)
    return lexical


def _canonical_decimal(lexical: str) -> str:
    whole, _, fraction = lexical.lstrip("+-").partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return f"-{number}" if lexical.startswith("-") and number != "0" else number


def _canonical_duration(lexical: str) -> str:
    months = sum(int(n) * (12 if unit == "Y" else 1) for n, unit in re.findall(r"(\d+)([YM])", lexical))
    years, months = divmod(months, 12)
    sign = "-" if lexical.startswith("-") and (years or months) else ""
    return f"{sign}P" + (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
