"""Withdrawals of contributions: what vanishes with one, told in a table of its own, with what takes its place.

A contribution is a folder in the source root; when statements of it go, a folder beside it has the rows that account
for their addresses, so that no file is written by two decisions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ozg_lod.snapshots.changes import Withdrawal
from ozg_lod.tables.canonical import rows_of
from ozg_lod.tables.metadata import METADATA

SUFFIX: Final = "-withdrawn"
_HEAD: Final = "iri,withdrawn,reason,successor\n"

Folder = dict[str, str]


@dataclass(frozen=True, slots=True)
class WithdrawalNotes:
    """The rows of one contribution's table of withdrawals, by IRI."""

    key: str
    rows: Mapping[str, Withdrawal]

    @classmethod
    def read(cls, root: Path, key: str) -> WithdrawalNotes:
        """Return the rows in the source root; none where nothing has been withdrawn."""
        path = root / (key + SUFFIX) / _file(key)
        records = rows_of(path.read_text(encoding="utf-8")) if path.is_file() else []
        rows = [Withdrawal(row["iri"], row["withdrawn"], row["reason"], row["successor"]) for row in records]
        return cls(key, {row.iri: row for row in rows})

    def with_rows(self, rows: Iterable[Withdrawal]) -> WithdrawalNotes:
        """Return the same with more rows; a newer one about the same IRI wins."""
        return WithdrawalNotes(self.key, {**self.rows, **{row.iri: row for row in rows}})

    def without(self, present: Collection[str]) -> WithdrawalNotes:
        """Return the same without the IRIs that are there again; a successor that is gone is no longer named."""
        return WithdrawalNotes(self.key, {iri: row for iri, row in self.rows.items() if iri not in present})

    def folder(self, description: bytes) -> Folder | None:
        """Return the folder, None where there are no rows; `description` is that of `withdrawn.csv`."""
        if not self.rows:
            return None
        metadata = json.loads(description)
        metadata["url"] = _file(self.key)
        lines = (_line(row) for _, row in sorted(self.rows.items()))
        return {
            _file(self.key): _HEAD + "".join(lines),
            _file(self.key) + METADATA: json.dumps(metadata, ensure_ascii=False, indent=2) + "\n",
        }


def all_notes(root: Path) -> list[WithdrawalNotes]:
    """Return the notes of every contribution in a source root."""
    names = sorted(path.name.removesuffix(SUFFIX) for path in root.glob(f"[!.]*{SUFFIX}") if path.is_dir())
    return [WithdrawalNotes.read(root, name) for name in names]


def _file(key: str) -> str:
    return f"withdrawn-{key}.csv"


def _line(row: Withdrawal) -> str:
    cells = (row.iri, row.day, row.reason, row.successor)
    return ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in cells) + "\n"
