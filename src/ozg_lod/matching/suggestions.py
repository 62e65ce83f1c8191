"""Suggestions while somebody types: things, kinds and properties whose name, word or key begins so (pure).

An identifier finds its thing (Reconciliation Service API, "General Expectations about Suggest Services").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ozg_lod.core.folding import contract, fold
from ozg_lod.core.kinds import Kinds
from ozg_lod.core.messages import Language
from ozg_lod.matching import reasons
from ozg_lod.matching.data_extension import NAMES, ExtensionProperty, described
from ozg_lod.matching.reconcile_queries import EVIDENCE
from ozg_lod.matching.reconciliation import type_of
from ozg_lod.matching.register import Register, RegisterEntry
from ozg_lod.rdf.graph import collation

USUAL: Final = 20
MOST: Final = 100
_KEY_BEGINS: Final = 3


def things(register: Register, prefix: str, kinds: Sequence[str]) -> list[RegisterEntry]:
    """Return the things that begin so, best first: by identifier or key, by name, by a word in the name."""
    wanted, typed = contract(fold(prefix)), prefix.strip()
    ranked, kind_order = [], register.kinds.names
    for record in register.records.values():
        if not kinds or record.kind in kinds:
            tier = _tier(record, wanted, typed)
            if tier is not None:
                ranked.append((tier, kind_order.index(record.kind), collation(record.de), record.id, record))
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1])]


def thing(record: RegisterEntry, language: Language) -> dict[str, object]:
    return {
        "id": record.id,
        "name": reasons.name(record, language),
        "description": reasons.description(record, language),
        "notable": [type_of(record.described, language)],
    }


def types(kinds: Kinds, prefix: str, language: Language) -> list[dict[str, str]]:
    """Return the kinds that begin so; all of them for an empty prefix."""
    return _beginning(
        [
            {**type_of(kind, language), "description": kind.about[language] if kind.about else ""}
            for kind in kinds.matched
        ],
        prefix,
    )


def properties(fetched: Iterable[ExtensionProperty], prefix: str, language: Language) -> list[dict[str, str]]:
    """Return the properties that begin so: those that are compared first, then those that can be fetched."""
    compared = [{"id": name, "name": NAMES[name][language]} for name in EVIDENCE]
    others = [described(one, language) for one in fetched if one.id not in EVIDENCE]
    return _beginning([*compared, *others], prefix)


def _beginning(all_of_them: Sequence[dict[str, str]], prefix: str) -> list[dict[str, str]]:
    wanted = fold(prefix)
    words = [(one, f" {fold(one['name'])}") for one in all_of_them]
    return [one for one, name in words if one["id"].startswith(prefix.strip()) or f" {wanted}" in name]


def _tier(record: RegisterEntry, wanted: str, typed: str) -> int | None:
    if typed in {record.id, record.iri, record.official} and typed:
        return 0
    if len(typed) >= _KEY_BEGINS and (record.official.startswith(typed) or record.id.startswith(typed)):
        return 1
    if any(one.startswith(wanted) for one in record.forms):
        return 2
    return 3 if any(f" {wanted}" in one for one in record.forms) else None
