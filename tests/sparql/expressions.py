"""Expressions over all functions and aggregates of SPARQL 1.1 §17 and §18.5, each with the values that it must take."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

TEXTS = ('""', '"abc"', '"Äpfel"@de', '"a b"@en', "1", "<urn:a>", "?none")
NUMBERS = ("1", "-2.5", "2.5", "0", "1.0e1", '"NaN"^^xsd:double', '"x"', "true", "?none")
MOMENTS = (
    '"2020-10-05T10:20:30.5Z"^^xsd:dateTime',
    '"2020-10-05T10:20:30+02:00"^^xsd:dateTime',
    '"2020-10-05T10:20:30"^^xsd:dateTime',
    '"2020-10-05"',
    "1",
)
TRUTHS = ("true", "false", '""', '"a"', "0", "1", "0.0", '"NaN"^^xsd:double', "<urn:a>", "?none")
TERMS = ('"a"', '"a"@en', "1", "1.0", "true", "<urn:a>", '"2020-01-01"^^xsd:date', '"x"^^<urn:d>', "?none")
CASTS = ("string", "integer", "decimal", "float", "double", "boolean", "dateTime")
CAST = (
    '"1"',
    '"1.5"',
    '"x"',
    '" 1 "',
    "1",
    "1.5",
    "-1.7e0",
    "true",
    '"true"',
    '"INF"^^xsd:double',
    "<urn:a>",
    MOMENTS[0],
)
BAGS = (
    "",
    "1 2 3",
    "1 1 2.5",
    '"a" "b" "a"',
    '"a"@de "b"@de',
    "1 UNDEF 3",
    '1 "x"',
    "<urn:a> <urn:b>",
    "1.5e0 2",
    "true false",
)
AGGREGATES = ("COUNT(?a)", "COUNT(DISTINCT ?a)", "SUM(?a)", "SUM(DISTINCT ?a)", "AVG(?a)", "MIN(?a)", "MAX(?a)")
AGGREGATES += ("GROUP_CONCAT(?a)", 'GROUP_CONCAT(DISTINCT ?a; separator="|")', "COUNT(*)")


PIECES = ('"b"', '"b"@en', '""', '"c"@de', '"abc"', "?none")
STARTS = ("1", "2", "0", "-1", "1.5", "9", "2, 2", "0, 3", "2, 0", "2, 99", "?none")


def _calls(*names: str, arguments: str = "{}") -> tuple[str, ...]:
    return tuple(f"{name}({arguments})" for name in names)


FAMILIES: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...] = (
    (_calls("STRLEN", "UCASE", "LCASE", "STR", "LANG", "DATATYPE", "ENCODE_FOR_URI", "MD5", "SHA256"), (TEXTS,)),
    (
        _calls("CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE", "STRAFTER", "CONCAT", arguments="{}, {}"),
        (('"abc"', '"abc"@en', "1"), PIECES),
    ),
    (("SUBSTR({}, {})",), (('"abcde"', '"äöü"@de', "1"), STARTS)),
    (_calls("ABS", "ROUND", "CEIL", "FLOOR", "isNumeric", "+", "-"), (NUMBERS,)),
    (("({} + {})", "({} - {})", "({} * {})", "({} / {})"), (NUMBERS[:6], NUMBERS[:6])),
    (_calls("YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TIMEZONE", "TZ"), (MOMENTS,)),
    (("({} && {})", "({} || {})"), (TRUTHS, TRUTHS)),
    (("(!{})", 'IF({}, "yes", "no")'), (TRUTHS,)),
    (("({} = {})", "({} != {})", "({} < {})", "sameTerm({}, {})"), (TERMS, TERMS)),
    (_calls("isIRI", "isBLANK", "isLITERAL", "COALESCE"), (TERMS,)),
    (('COALESCE(1/0, {}, "else")', '({} IN ("a", 1, <urn:a>))', '({} NOT IN (1/0, "a"))'), (TERMS,)),
    (("STRDT({}, <urn:d>)", 'STRLANG({}, "de")', "IRI({})", 'LANGMATCHES(LANG({}), "*")'), (TERMS,)),
    (_calls(*(f"xsd:{name}" for name in CASTS)), (CAST,)),
)
"""Templates, and the values that each of their places takes."""


def expressions() -> Iterator[str]:
    """Yield expressions."""
    for templates, values in FAMILIES:
        for template, chosen in product(templates, list(product(*values))):
            yield template.format(*chosen)


def queries() -> Iterator[str]:
    """Yield queries with one value each."""
    prefix = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
    for expression in dict.fromkeys(expressions()):
        yield f"{prefix}SELECT ({expression} AS ?x) {{}}"
    for aggregate, bag in product(AGGREGATES, BAGS):
        yield f"{prefix}SELECT ({aggregate} AS ?x) {{ VALUES ?a {{ {bag} }} }}"
