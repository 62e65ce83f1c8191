"""Expressions over all functions and aggregates, held against a second engine (rdflib).

Where both differ, a row of `CAUSES` says who is right by the text of the specification. A difference that no row
covers, and a row that covers none any more, fail. `docs/conformance.md` has the rows with their counts
(`--update-golden`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from tests.sparql.expressions import queries

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.vocab import XSD
from ozg_lod.sparql.store import EmbeddedStore, SparqlQuery

DOCS = Path(__file__).parents[2] / "docs" / "conformance.md"
MARKS = ("<!-- second engine -->\n", "<!-- end of second engine -->\n")
LEAST = 400
Value = tuple[str, str, str] | None
"""Text, datatype and language; an address has the datatype "IRI", an error or no value is None."""
OURS, THEIRS = "the service", "rdflib"


@dataclass(frozen=True)
class Cause:
    """Why both differ: what the expression looks like, who is right, and what the specification says."""

    name: str
    right: str
    pattern: str
    text: str


CAUSES = (
    Cause(
        "zero-by-decimal",
        THEIRS,
        r"\(0 / -?2\.5\)",
        "0 divided by a decimal with digits after the point is 0; unbound here",
    ),
    Cause(
        "less-than-itself",
        THEIRS,
        r"(<urn:a> < <urn:a>|\"x\"\^\^<urn:d> < \"x\")",
        "`<` is an error for addresses and unknown datatypes (§17.3); false here where both are the same",
    ),
    Cause(
        "spaces-in-casts",
        THEIRS,
        r"^xsd:\w+\(\" 1 \"\)",
        "a cast leaves out spaces around a text (XPath F&O §17.1); unbound here",
    ),
    Cause(
        "unbound-in-aggregates",
        OURS,
        r"UNDEF",
        "a row whose expression is an error makes SUM, AVG, MIN, MAX and GROUP_CONCAT unbound (§11.2, §18.5.1)",
    ),
    Cause(
        "concatenated-texts",
        OURS,
        r"^GROUP_CONCAT",
        "GROUP_CONCAT takes texts (§18.5.1.7 by way of CONCAT): write STR(?x)",
    ),
    Cause("no-numbers", OURS, r"^(SUM|AVG)\(", "SUM and AVG of what is no number are errors (§18.5.1.3), of nothing 0"),
    Cause(
        "nothing-in-it",
        OURS,
        r"VALUES \?a \{  \}",
        "a group without rows has COUNT, SUM and AVG 0, GROUP_CONCAT empty, MIN and MAX unbound",
    ),
    Cause("addresses-stay", OURS, r"^(MIN|MAX)\(", "MIN and MAX give a term of the group as it is"),
    Cause("not-a-number", OURS, r"NaN|INF", "NaN is false (§17.2.2), stays a double, and has no decimal"),
    Cause("errors-and-truth", OURS, r"(&&|\|\|)", "`true || error` is true, `false && error` is false (§17.2)"),
    Cause(
        "equal-or-error",
        OURS,
        r"<urn:d>\)?( !?=|\)$| IN)|!?= \"x\"\^\^<urn:d>",
        "two literals of which one has an unknown datatype are not known to differ (§17.4.1.7)",
    ),
    Cause("not-comparable", OURS, r" < ", "terms of different kinds cannot be compared with `<` (§17.3), only sorted"),
    Cause("values-in-lists", OURS, r" IN \(", "IN is `=` by value, and an error in its list stays one (§17.4.1.9)"),
    Cause(
        "plain-texts-only",
        OURS,
        r"^(MD5|SHA256|STRDT|IRI)\(",
        "hashes, STRDT and IRI take texts without a language; there is no BASE",
    ),
    Cause("substrings", OURS, r"^SUBSTR\(", "places before the first character count (XPath fn:substring)"),
    Cause(
        "kinds-of-numbers",
        OURS,
        r"^\([^ ]+ [*/] ",
        "products and quotients have the kind of their operands, division by 0 of doubles is INF (§17.3)",
    ),
    Cause("casts", OURS, r"^xsd:", "numbers, truth values and moments are cast into each other (§17.5)"),
    Cause(
        "unbound",
        OURS,
        r"^isNumeric\(\?none",
        "an unbound variable is an error to all functions but BOUND and COALESCE",
    ),
    Cause("no-duration", OURS, r"^TIMEZONE", "the zone Z is PT0S (§17.4.5.8)"),
)


def ours(store: EmbeddedStore, query: str) -> Value:
    written = bytearray()
    try:
        store.answer(SparqlQuery(query, "json"), written.extend)
    except BadRequest as refusal:
        return (str(refusal), "refused", "")
    rows = json.loads(written)["results"]["bindings"]
    term = rows[0].get("x") if rows else None
    if term is None:
        return None
    datatype = "IRI" if term["type"] == "uri" else term.get("datatype", "").removeprefix(XSD)
    return (term["value"], datatype, term.get("xml:lang", ""))


def theirs(graph: rdflib.Graph, query: str) -> Value:
    try:
        rows = list(graph.query(query))
    except Exception as error:  # noqa: BLE001 - whatever an engine dies of is its answer
        return (type(error).__name__, "died", "")
    term = rows[0][0] if rows else None
    if term is None:
        return None
    if isinstance(term, rdflib.URIRef):
        return (str(term), "IRI", "")
    datatype = str(term.datatype or "").removeprefix(XSD)
    return (str(term), "" if datatype == "string" else datatype, term.language or "")


def same(one: Value, other: Value) -> bool:
    """Return whether both are the same term, numbers by value and to twelve digits."""
    if one is None or other is None or one[1:] != other[1:]:
        return one == other
    try:
        return one[0].lower() == other[0].lower() or math.isclose(float(one[0]), float(other[0]), rel_tol=1e-12)
    except ValueError:
        return one == other


def differences() -> Iterator[tuple[str, Value, Value]]:
    store, graph = EmbeddedStore(ox.Store()), rdflib.Graph()
    for query in queries():
        here, there = ours(store, query), theirs(graph, query)
        if not same(here, there):
            text = query.partition("SELECT (")[2]
            expression = text.removesuffix(" AS ?x) {}") if text.endswith(" {}") else text
            yield expression, here, there


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("caplog")
def test_all_differences_from_a_second_engine_are_known(update_golden: bool) -> None:
    total = len(list(queries()))
    assert total >= LEAST
    counts: dict[Cause, list[str]] = {cause: [] for cause in CAUSES}
    unknown = []
    for expression, here, there in differences():
        cause = next((cause for cause in CAUSES if re.search(cause.pattern, expression)), None)
        if cause is None:
            unknown.append((expression, here, there))
        else:
            counts[cause].append(expression)
    assert unknown == []
    assert [cause.name for cause, found in counts.items() if not found] == []
    lines = [f"{total} expressions, {total - sum(map(len, counts.values()))} with the same value.", ""]
    lines += ["| kind | expressions | right is | by the specification |", "|---|---:|---|---|"]
    lines += [
        f"| `{cause.name}` | {len(found)} | {cause.right} | {_cell(cause.text)} |" for cause, found in counts.items()
    ]
    written = "\n".join(lines) + "\n"
    before, _, rest = DOCS.read_text("utf-8").partition(MARKS[0])
    if update_golden:
        DOCS.write_text(f"{before}{MARKS[0]}{written}{MARKS[1]}{rest.partition(MARKS[1])[2]}", "utf-8")
    assert DOCS.read_text("utf-8").partition(MARKS[0])[2].partition(MARKS[1])[0] == written


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
