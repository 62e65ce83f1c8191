"""Contributions: accepted submissions as folders of the source root, and what each row of them is about.

A table stays a table: canonical CSV with the description of its kind, whose statements name this contribution as their
source. RDF becomes Turtle. Beside it lies the source with its provenance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.rdf import formats
from ozg_lod.tables import canonical, contribution_kinds, tables
from ozg_lod.tables.contribution_kinds import ContributionKind
from ozg_lod.tables.metadata import METADATA

_SOURCE: Final = "-quelle.ttl"
_ACCORDING_TO: Final = "-laut-"

Folder = dict[str, str]
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContributedTable:
    """The table of one contribution: its rows, their description (CSVW, JSON), the columns that tell rows apart."""

    key: str
    columns: Key
    rows: tuple[Mapping[str, str], ...]
    description: bytes

    @classmethod
    def of(cls, kind: ContributionKind, key: str, text: str, *, according_to: str = "") -> ContributedTable:
        """Return the table of a submission that is to be the source `key`.

        `according_to` parts the statements from those of somebody else about the same.
        """
        metadata = json.loads(contribution_kinds.described_for(kind, key))
        metadata["url"] = f"{key}.csv"
        if according_to:
            metadata["tableSchema"]["aboutUrl"] += f"{_ACCORDING_TO}{according_to}"
        description = json.dumps(metadata, ensure_ascii=False, indent=2).encode() + b"\n"
        return cls(key, kind.key, tuple(canonical.rows_of(text)), description)

    @classmethod
    def read(cls, root: Path, key: str) -> ContributedTable | None:
        """Return the table of a contribution in the source root, None where it is none or not there."""
        path = root / key / f"{key}.csv"
        if not path.is_file():
            return None
        description = path.with_name(path.name + METADATA).read_bytes()
        columns = tables.describe(description, file=path.name).schema.primary_key
        return cls(key, columns, tuple(canonical.rows_of(path.read_text(encoding="utf-8"))), description)

    def without(self, keys: set[Key]) -> ContributedTable:
        return ContributedTable(
            self.key, self.columns, tuple(row for row in self.rows if self.key_of(row) not in keys), self.description
        )

    def key_of(self, row: Mapping[str, str]) -> Key:
        """Return what tells a row apart."""
        return tuple(row.get(name, "") for name in self.columns)

    @property
    def keys(self) -> set[Key]:
        return {self.key_of(row) for row in self.rows}

    def subjects(self) -> dict[str, Key]:
        """Return the IRIs the rows are about, with the key of the row."""
        reading = tables.describe(self.description, file=self.key).read(self._csv().encode(), file=self.key)
        keys = {number: self.key_of(row) for number, row in enumerate(self.rows, start=2)}
        return {
            triple.subject.value.partition("#")[0]: keys[cell.row]
            for triple, cell in zip(reading.triples, reading.cells, strict=True)
            if isinstance(triple.subject, ox.NamedNode)
        }

    def files(self) -> Folder:
        return {f"{self.key}.csv": self._csv(), f"{self.key}.csv{METADATA}": self.description.decode()}

    def _csv(self) -> str:
        return canonical.written(tables.describe(self.description, file=self.key).schema, self.rows)


def source_file(key: str, turtle: str) -> Folder:
    return {key + _SOURCE: turtle}


def turtle(quads: bytes, graph: str, *, provisional: str, source: str) -> str:
    """Return one graph of N-Quads as Turtle, with the provisional source replaced by the real one.

    What the file itself says of that source is left out; a statement that names another source keeps it.
    """
    triples = {quad.triple for quad in ox.parse(quads, ox.RdfFormat.N_QUADS) if _value(quad.graph_name) == graph}
    moved = {_moved(triple, provisional, source) for triple in triples if _value(triple.subject) != provisional}
    return formats.serialize(moved, formats.TURTLE).decode()


def subjects_of(folder: Mapping[str, str]) -> set[str]:
    """Return the IRIs that the Turtle files of a folder are about."""
    quads = [
        quad
        for name, text in folder.items()
        if name.endswith(".ttl")
        for quad in ox.parse(text.encode(), ox.RdfFormat.TURTLE)
    ]
    return {_value(quad.subject).partition("#")[0] for quad in quads}


def read_folder(root: Path, key: str) -> Folder:
    """Return the files of a contribution in the source root; none where it is not there."""
    folder = root / key
    paths: Sequence[Path] = sorted(folder.iterdir()) if folder.is_dir() else ()
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def _moved(triple: ox.Triple, old: str, new: str) -> ox.Triple:
    if _value(triple.object) != old:
        return triple
    return ox.Triple(triple.subject, triple.predicate, ox.NamedNode(new))


def _value(term: object) -> str:
    return str(getattr(term, "value", ""))
