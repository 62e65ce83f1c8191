"""Writes docs/sources.md below its marker: every statement of the sources other than the slides, with its wording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from ozg_lod.core.vocab import PREFIXES
from ozg_lod.tables import tables

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "sources.md"
MARKER = "<!-- the other sources -->\n"
BASE = "https://w3id.org/ozg-lod/hessen/id/"
Rows = dict[str, dict[tuple[str, str], list[str]]]
"""The wordings of each statement, by its source, its entry and its label."""
MANY = 60
"""With more statements than this a source is a register: its rows are counted, not listed."""
STATEMENTS = """
SELECT DISTINCT ?source ?statement ?label ?wording
WHERE {
  VALUES ?class { ozg:Statement ozg:Availability ozg:FundingRule ozg:Condition ozg:Participation ozg:Figure
    ozg:Discrepancy ozg:Containment ozg:EfaOffer }
  ?statement a ?class ; dct:source ?source ; skos:prefLabel ?label .
  FILTER(LANG(?label) = "de" && !CONTAINS(STR(?source), "/source/hmdis-2021-05-19"))
  OPTIONAL { ?statement ozg:wording ?wording }
}
ORDER BY ?source ?statement ?wording"""
SOURCE = """
SELECT ?label (SAMPLE(?link) AS ?page) (SAMPLE(?day) AS ?read) (SAMPLE(?type) AS ?kind)
WHERE {
  ?source skos:prefLabel ?label . FILTER(LANG(?label) = "de")
  OPTIONAL { ?source foaf:page ?link }
  OPTIONAL { ?source ozg:readOn ?day }
  OPTIONAL { ?source dct:type/skos:prefLabel ?type . FILTER(LANG(?type) = "en") }
}
GROUP BY ?label"""


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(PAGE.read_text(encoding="utf-8").partition(MARKER)[0] + MARKER + sources(), encoding="utf-8")


def sources() -> str:
    """Return a section for each source: where it is, what kind it is of, and what it says."""
    store = data()
    rows: Rows = defaultdict(lambda: defaultdict(list))
    for row in _solutions(store, STATEMENTS):
        said = rows[row["source"].value][_entry(row["statement"].value), row["label"].value]
        said += [row["wording"].value] if row["wording"] else []
    return "\n".join(line for source, entries in rows.items() for line in _section(store, source, entries))


def data() -> ox.Store:
    """Return the graph of all files in data/, without what is derived from them."""
    store = ox.Store()
    for path in sorted((ROOT / "data").glob("*.ttl")):
        store.extend(ox.Quad(*quad.triple) for quad in ox.parse(path=path))
    for path in sorted((ROOT / "data").glob("*.csv")):
        about = path.with_name(f"{path.name}-metadata.json")
        table = tables.describe(about.read_bytes(), file=about.name)
        store.extend(ox.Quad(*triple) for triple in table.read(path.read_bytes(), file=path.name).triples)
    return store


def _section(store: ox.Store, source: str, entries: dict[tuple[str, str], list[str]]) -> Iterator[str]:
    told = next(iter(_solutions(store, SOURCE.replace("?source", f"<{source}>"))))
    page, read, kind = (told[name].value if told[name] else "" for name in ("page", "read", "kind"))
    yield f"### {_cell(told['label'].value)}"
    yield ""
    facts = (f"`{_entry(source)}`", kind, page and f"<{page}>", read and f"read {read}")
    yield ", ".join(fact for fact in facts if fact) + "."
    yield ""
    if len(entries) > MANY:
        yield f"A register: {len(entries)} statements, such as `{min(entries)[0]}`."
    else:
        yield "| entry | says | wording |"
        yield "|---|---|---|"
        for (entry, label), wordings in entries.items():
            words = " ".join(f"“{_cell(wording)}”" for wording in wordings) or "not recorded"
            yield f"| `{entry}` | {_cell(label)} | {words} |"
    yield ""


def _solutions(store: ox.Store, query: str) -> Iterable[ox.QuerySolution]:
    return cast("ox.QuerySolutions", store.query(query, prefixes=PREFIXES))


def _entry(iri: str) -> str:
    return iri.removeprefix(BASE)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
