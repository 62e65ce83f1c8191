"""References: what files refer to must exist, in another table (CSVW foreign keys) or among what is published.

A contribution is held against what is published: which things there are, and what they are called.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, Store, Triple

from ozg_lod.core.findings import Finding, Location, Severity
from ozg_lod.core.kinds import Kinds
from ozg_lod.core.messages import Text, _, pgettext
from ozg_lod.core.spelling import nearest
from ozg_lod.rdf.labels import Labels
from ozg_lod.rdf.overlay import Overlay, Quads
from ozg_lod.tables.datatypes import shown
from ozg_lod.tables.schema import ForeignKey
from ozg_lod.tables.tables import Cell, Table, TableReading
from ozg_lod.validation.source_locations import SourceLocations

Tables = Mapping[str, tuple[Table, TableReading]]

_ENTRY: Final = pgettext("unknown key", "entry")
_NEAR: Final = 70.0


def broken(tables: Tables, *, complete: bool = True) -> Iterator[Finding]:
    """Yield a finding for each reference to a row that does not exist.

    `tables` are by file name. Unless they are `complete`, as in a contribution that refers to what is published, a
    table that is not among them is passed over.
    """
    for file, (table, _reading) in tables.items():
        for key in table.schema.foreign_keys:
            target = posixpath.join(posixpath.dirname(file), key.resource)
            if target in tables:
                yield from _absent(tables, file, target, key)
            elif complete:
                message = _("the table {resource}, which this one refers to, is missing; add it", resource=key.resource)
                yield Finding(Severity.ERROR, "table-reference", message, Location(file=file))


def _absent(tables: Tables, file: str, target: str, key: ForeignKey) -> Iterator[Finding]:
    reading = tables[file][1]
    rows = tables[target][1].records
    existing = {tuple(record.values.get(name, ()) for name in key.targets) for record in rows}
    names = sorted({values[0][0] for values in existing if len(values) == 1 and values[0]})
    for record in reading.records:
        cells = [record.values.get(name, ()) for name in key.columns]
        if not all(cells):
            continue
        wanted = [((value,),) for value in cells[0]] if len(cells) == 1 else [tuple(cells)]
        for values in wanted:
            if values not in existing:
                place = reading.place(Cell(record.row, key.columns[0]))
                yield _without_row(", ".join(" ".join(value) for value in values), names, target, place)


def _without_row(value: str, names: list[str], target: str, place: Location) -> Finding:
    near = nearest(value, names)
    hint = _("; did you mean {near}?", near=near[0]) if near else ""
    message = _(
        '"{value}" does not stand in {target}; use a key from there or add a row there{hint}',
        value=shown(value),
        target=target,
        hint=hint,
    )
    return Finding(Severity.ERROR, "table-reference", message, place, value=value[:200])


@lru_cache(maxsize=2)
def published(nquads: bytes, base: str, kinds: bytes = b"") -> PublishedThings:
    """Return the published data, read once for the same bytes."""
    return PublishedThings(nquads, base, kinds)


class PublishedThings:
    """The published data (N-Quads), empty where a source folder is checked as a whole.

    They may stand in a store `below`, on disk; then `keys` has the keys of its things, by kind.
    """

    def __init__(
        self,
        nquads: bytes,
        base: str,
        kinds: bytes,
        below: Quads | None = None,
        keys: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._own = Store()
        self._things = f"{base}id/"
        self._kinds = Kinds.read(kinds)
        if nquads:
            self._own.bulk_load(nquads, RdfFormat.N_QUADS)
        self._store: Quads = self._own if below is None else Overlay(below, self._own)
        self._known_keys = keys
        self.labels = Labels(self._store)

    def about(self, nodes: Iterable[NamedNode]) -> list[Triple]:
        triples = {quad.triple for node in nodes for quad in self._store.quads_for_pattern(node, None, None, None)}
        return sorted(triples, key=str)

    def knows(self, iri: str) -> bool:
        return next(self._store.quads_for_pattern(NamedNode(iri), None, None, None), None) is not None

    @cached_property
    def _keys(self) -> Mapping[str, Sequence[str]]:
        if self._known_keys:
            return self._known_keys
        keys_by_kind: dict[str, set[str]] = {}
        for quad in self._own:
            if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(self._things):
                kind, _, key = quad.subject.value.removeprefix(self._things).partition("/")
                if key and "#" not in key:
                    keys_by_kind.setdefault(kind, set()).add(key)
        return {kind: sorted(keys) for kind, keys in keys_by_kind.items()}

    def unknown(self, triples: Iterable[Triple], own: set[str], places: SourceLocations) -> Iterator[Finding]:
        """Yield a finding for each reference of `triples` to a thing that neither they nor the published data have."""
        seen: set[tuple[str, str, str]] = set()
        for triple in triples:
            value = triple.object
            if not isinstance(value, NamedNode) or not value.value.startswith(self._things):
                continue
            statement = (getattr(triple.subject, "value", ""), triple.predicate.value, value.value)
            if value.value not in own and statement not in seen and not self.knows(value.value):
                seen.add(statement)
                yield self._finding(*statement, places)

    def _finding(self, subject: str, predicate: str, iri: str, places: SourceLocations) -> Finding:
        kind, _slash, key = iri.removeprefix(self._things).partition("/")
        shown = key.removeprefix("ozg-").removeprefix("leika-") if kind == "concept" else key
        hint = self._nearest(kind, key)
        message = _(
            "there is no {kind} with the key {key}{hint}",
            kind=self._kinds[kind].without or _ENTRY,
            key=shown,
            hint=hint,
        )
        place = places.of(subject, predicate, iri)
        return Finding(Severity.ERROR, "key-unknown", message, place, value=shown[:200])

    def _nearest(self, kind: str, key: str) -> Text:
        best = _meant(key, self._keys.get(kind, []))
        if best is None:
            return _("; choose one from the template")
        label = self.labels.of(f"{self._things}{kind}/{best}")
        shown = re.sub(r"^(ozg|leika)-", "", best) if kind == "concept" else best
        return _("; did you mean {shown} ({name})?", shown=shown, name=label)

    def misnamed(self, readings: Iterable[TableReading]) -> Iterator[Finding]:
        """Yield a warning for each key beside which another name stands.

        Which column holds the name of which key, the reading says (`Reading.named`).
        """
        for reading in readings:
            for key, name in reading.named.items():
                yield from self._misnamed(reading, key, name)

    def _misnamed(self, reading: TableReading, key: str, name: str) -> Iterator[Finding]:
        meant = {
            cell.row: triple.object.value
            for triple, cell in zip(reading.triples, reading.cells, strict=True)
            if cell.column == key
            and isinstance(triple.object, NamedNode)
            and triple.object.value.startswith(self._things)
        }
        for record in reading.records:
            texts, iri = record.values.get(name, ()), meant.get(record.row)
            if not texts or iri is None or not self.knows(iri):
                continue
            label = self.labels.of(iri)
            if not _alike(texts[0], label["de"]) and not _alike(texts[0], label["en"]):
                yield _other_name(record.values[key][0], label, texts[0], reading, record.row, name)


def _meant(key: str, keys: Iterable[str]) -> str | None:
    """Return the key that somebody most probably meant; of digits one may be wrong, or two swapped."""
    prefix = re.match(r"[a-z]+-(?=[0-9])", key)
    start = prefix[0] if prefix else ""
    others = (other.removeprefix(start) for other in keys if other.startswith(start))
    near = nearest(key.removeprefix(start), others, least=_NEAR, errors=1)
    return start + near[0] if near else None


def _other_name(key: str, label: Text, written: str, reading: TableReading, row: int, column: str) -> Finding:
    message = _("the key {key} belongs to {name}; check key and name", key=key, name=label)
    return Finding(Severity.WARNING, "key-name", message, reading.place(Cell(row, column)), value=written[:200])


def _alike(name: str, other: str) -> bool:
    """Tell whether two names mean the same: one holds the other, as "Stadt Musterstadt" does "Musterstadt"."""
    first, second = (" ".join(re.findall(r"\w+", text.casefold())) for text in (name, other))
    return bool(first) and (first in second or second in first)
