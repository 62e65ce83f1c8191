"""What changed between two versions, by resource; and what was published and is gone without a word.

A resource is a thing of the catalogue (its fragments are parts of it) or a term of the ontology. Two versions are
compared as sorted N-Triples, which are canonical since source data have no blank nodes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Text, _
from ozg_lod.core.vocab import OZG, OZGSH, PREFIXES
from ozg_lod.tables import tables
from ozg_lod.tables.metadata import METADATA

_FOREIGN: Final = tuple(namespace for namespace in PREFIXES.values() if namespace not in (OZG, OZGSH))
WITHDRAWN_FILE: Final = "withdrawn.csv"
_WITHDRAWN: Final = re.compile(r"withdrawn(-[a-z0-9-]+)?\.csv")


@dataclass(frozen=True, slots=True)
class Changes:
    """The resources that came, that say something else now, and that went: IRIs, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One row of `withdrawn.csv`: since when the IRI is gone, why (in German), what takes its place, if anything."""

    iri: str
    day: str
    reason: str
    successor: str


def between(old: bytes, new: bytes, base_iri: str) -> Changes:
    """Return what changed from one merged graph to the next, both as N-Triples."""
    before, after = set(old.splitlines()), set(new.splitlines())
    gone, come = resources(before - after, base_iri), resources(after - before, base_iri)
    same = resources(before & after, base_iri) & (gone | come)  # of whose statements some stay
    changed = (gone & come) | same
    return Changes(tuple(sorted(come - changed)), tuple(sorted(changed)), tuple(sorted(gone - changed)))


def resources(lines: Iterable[bytes], base_iri: str) -> set[str]:
    """Return the IRIs that lines of N-Triples are about; a fragment of a thing counts as the thing.

    Terms of the vocabularies of others are none: nobody comes here for them.
    """
    subjects = {line.partition(b"> ")[0][1:].decode() for line in lines if line.startswith(b"<")}
    return {iri.partition("#")[0] if iri.startswith(base_iri) else iri for iri in subjects if not _is_foreign(iri)}


def _is_foreign(iri: str) -> bool:
    return iri.startswith(_FOREIGN)


def withdrawals(files: Mapping[str, bytes]) -> dict[str, Withdrawal]:
    """Return the rows of all tables of withdrawals by IRI; none where there is no such table.

    They have passed the gate before.
    """
    found: dict[str, Withdrawal] = {}
    for name in withdrawal_tables(files):
        metadata = files.get(name + METADATA)
        if metadata is None:
            continue
        for record in tables.describe(metadata, file=name).read(files[name], file=name).records:
            iri, day, reason, successor = (
                _first(record.values, n) for n in ("iri", "withdrawn", "reason", "successor")
            )
            found[iri] = Withdrawal(iri, day, reason, successor)
    return found


def withdrawal_tables(names: Iterable[str]) -> list[str]:
    """Return the tables of withdrawals among the names of files: `withdrawn.csv` and those of contributions."""
    return sorted(name for name in names if _WITHDRAWN.fullmatch(name))


def unaccounted(
    published: Collection[str], present: Collection[str], withdrawn: Mapping[str, Withdrawal]
) -> Iterator[Finding]:
    """Yield a finding for each IRI that was published and vanished, and for each that is withdrawn and still there."""
    for iri in sorted(set(published) - set(present) - set(withdrawn)):
        if _is_foreign(iri):  # logged before such terms were left out
            continue
        yield _finding(
            "withdrawn-missing",
            _(
                "{address} was published and is missing now; name it in withdrawn.csv with day, "
                "reason and, if there is one, its successor, or put it back",
                address=iri,
            ),
            iri,
        )
    for iri in sorted(set(present) & set(withdrawn)):
        yield _finding(
            "withdrawn-present",
            _("{address} counts as withdrawn and is still in the data; delete one of the two", address=iri),
            iri,
        )
    for row in withdrawn.values():
        if row.successor and row.successor not in present and row.successor not in withdrawn:
            yield _finding(
                "withdrawn-successor",
                _("the successor {successor} does not exist; name an address from the data", successor=row.successor),
                row.iri,
            )


def _finding(rule: str, message: Text, iri: str) -> Finding:
    return Finding(Severity.ERROR, rule, message, Location(file=WITHDRAWN_FILE, focus=iri), value=iri)


def _first(values: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(iter(values.get(name, ())), "")
