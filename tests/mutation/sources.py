"""The real sources as what can be broken: cells of tables, and statements of Turtle files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import pyoxigraph as ox

from ozg_lod.core.vocab import OZG

DCT = "http://purl.org/dc/terms/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
XSD = "http://www.w3.org/2001/XMLSchema#"
PREFIXES = {
    "ozg": OZG,
    "dct": DCT,
    "dcat": "http://www.w3.org/ns/dcat#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
Row = dict[str, str]
Terms = list[ox.NamedNode | ox.Literal]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way in which the sources are broken: where, and what the file is then."""

    place: str
    file: str
    content: Callable[[], bytes]


@dataclass(frozen=True)
class Sources:
    """The files of the real sources."""

    files: dict[str, bytes]

    @cached_property
    def tables(self) -> dict[str, tuple[list[str], list[Row]]]:
        """Return the columns and rows of each table."""
        readers = {
            name: csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
            for name, content in self.files.items()
            if name.endswith(".csv")
        }
        return {name: (list(reader.fieldnames or ()), list(reader)) for name, reader in readers.items()}

    @cached_property
    def graphs(self) -> dict[str, list[ox.Triple]]:
        """Return the triples of each Turtle file, in its order."""
        return {
            name: [quad.triple for quad in ox.parse(content, ox.RdfFormat.TURTLE)]
            for name, content in self.files.items()
            if name.endswith(".ttl")
        }

    def rows(self, table: str) -> list[Row]:
        return self.tables[table][1]

    def cells(self, table: str, **changes: Callable[[Row], str]) -> Iterator[Mutant]:
        """Yield a mutant for each row in which all of these columns are filled and their changes change something."""
        columns, rows = self.tables[table]
        for number, row in enumerate(rows):
            if not all(row[column] for column in changes):
                continue
            changed = {column: change(row) for column, change in changes.items()}
            if any(row[name] != text for name, text in changed.items()):
                told = ", ".join(f"{name} {row[name][:40]!r} -> {text[:40]!r}" for name, text in changed.items())
                others = [*rows[:number], {**row, **changed}, *rows[number + 1 :]]
                yield Mutant(f"row {row[columns[0]]}: {told}", table, partial(_written, columns, others))

    def with_rows(self, table: str, change: Callable[[list[Row], int], list[Row]], told: str) -> Iterator[Mutant]:
        """Yield a mutant for each row, with the rows that `change` makes of all and the number of one."""
        columns, rows = self.tables[table]
        for number, row in enumerate(rows):
            yield Mutant(f"{told} row {row[columns[0]]}", table, partial(_written, columns, change(rows, number)))

    def statements(
        self, predicate: str, change: Callable[[ox.Triple], Terms | None], *, of: str = ""
    ) -> Iterator[Mutant]:
        """Yield a mutant for each statement with the predicate, about things whose address holds `of`."""
        wanted = _iri(predicate)
        for name, triples in self.graphs.items():
            for number, triple in enumerate(triples):
                if triple.predicate != wanted or of not in str(triple.subject):
                    continue
                objects = change(triple)
                if objects is not None and objects != [triple.object]:
                    made = [ox.Triple(triple.subject, wanted, term) for term in objects]
                    told = (
                        f"{_short(triple.subject)} {predicate} {_short(triple.object)} -> {list(map(_short, objects))}"
                    )
                    yield self.rewritten(name, [*triples[:number], *made, *triples[number + 1 :]], told)

    def rewritten(self, name: str, triples: list[ox.Triple], told: str) -> Mutant:
        return Mutant(told, name, partial(_turtle, triples))

    def values(self, subject: ox.NamedNode | ox.BlankNode | ox.Triple, predicate: str) -> list[str]:
        """Return the texts and addresses that the Turtle files give a thing."""
        wanted = _iri(predicate)
        return [
            getattr(triple.object, "value", "")
            for triples in self.graphs.values()
            for triple in triples
            if triple.subject == subject and triple.predicate == wanted
        ]


def _turtle(triples: list[ox.Triple]) -> bytes:
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


def _iri(name: str) -> ox.NamedNode:
    prefix, _, local = name.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)


def iri(name: str) -> ox.NamedNode:
    """Return the term of a prefixed name."""
    return _iri(name)


def _short(term: object) -> str:
    return str(getattr(term, "value", term)).rpartition("/id/")[2].rpartition("#")[2][:60]


def _written(columns: list[str], rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
