"""The inspector: what a child of the inspection does with one file, and what its template loads before.

Everything a check may need is imported and read here before the first fork: a child can open no file.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ozg_lod import build, snapshot, store
from ozg_lod.errors import SourceError, Unavailable
from ozg_lod.gate import METADATA, Examination, Rules, SourceFile, examine
from ozg_lod.inspection import Inspected, Order

if TYPE_CHECKING:
    from ozg_lod.cage import Work, Write

_ENCODINGS: Final = ("cp1252", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig")
_SAMPLE: Final = b'<https://example.org/a> <http://www.w3.org/2000/01/rdf-schema#label> "a"@de .'


@dataclass(frozen=True, slots=True)
class Inspector:
    """What files are held against: the rules of the snapshot that is served."""

    rules: Rules

    def inspect(self, order: Order) -> Inspected:
        """Return what the gate says of one file."""
        return Inspected(self._examined(order))

    def _examined(self, order: Order) -> Examination:
        return examine([SourceFile(order.name, order.content)], self._rules(order.kind))

    def _rules(self, kind: str) -> Rules:
        """Return the rules, with the description of this kind alone where one is named."""
        if not kind:
            return self.rules
        named = tuple(file for file in self.rules.descriptions if Path(file.name).name == f"{kind}.csv{METADATA}")
        return replace(self.rules, descriptions=named or self.rules.descriptions)


def inspecting(argument: str) -> Work:
    """Return the work of a child (entry of the template)."""
    inspector = inspector_of(argument)
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    inspector.inspect(Order("warm.ttl", _SAMPLE))

    def work(question: bytes, write: Write) -> None:
        write(inspector.inspect(Order.from_bytes(question)).to_bytes())

    return work


def inspector_of(argument: str) -> Inspector:
    """Return the inspector for a snapshot: its shapes and data, and the descriptions and rules of the source folder.

    `argument` is JSON: source (folders), snapshot (directory), public_url, official.
    """
    said = json.loads(argument)
    directory = Path(said["snapshot"])
    try:
        sources = build.read(tuple(Path(root) for root in said["source"]))
    except SourceError as error:
        raise Unavailable(
            f"Files cannot be checked here: {error.en}",
            f"Hier kann nicht geprüft werden: {error.de}",
            retry_after_s=600,
        ) from error
    rules = build.contribution_rules(sources, known=(directory / store.DATA_FILE).read_bytes())
    shapes = (directory / snapshot.SHAPES_FILE).read_bytes()
    return Inspector(replace(rules, shapes=shapes, base=snapshot.Manifest.read(directory).base_iri))
