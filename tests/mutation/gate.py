"""The gate in this process, with what it reads of unchanged files kept from one mutant to the next."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.mutation.sources import Mutant, Sources

from ozg_lod.build import build
from ozg_lod.core.errors import Unprocessable
from ozg_lod.core.findings import Severity
from ozg_lod.tables import tables
from ozg_lod.validation import documents, gate

_KEPT = 60


class Gate:
    """The rules of a source folder, and the files that mutants replace one of."""

    def __init__(self, root: Path) -> None:
        self._sources = build.read((root,))
        self._rules = build.rules(self._sources)
        self.sources = Sources(self._sources.data)

    def findings(self, mutant: Mutant | None = None) -> list[str]:
        """Return the rules that refuse the sources, with the file of the mutant in its place."""
        data = self._sources.data | ({mutant.file: mutant.content()} if mutant else {})
        files = [gate.SourceFile(name, content) for name, content in data.items()]
        with (
            patch.object(tables, "describe", _described),
            patch.object(tables.Table, "read", _rows),
            patch.object(documents, "read", _document),
        ):
            try:
                examination = gate.examine(files, self._rules)
            except Unprocessable as error:
                return [f"unprocessable: {error}"]
        return [finding.rule for finding in examination.findings if finding.severity is Severity.ERROR]


_describe, _read, _read_document = tables.describe, tables.Table.read, documents.read
_READINGS: dict[tuple[int, bytes], tables.TableReading] = {}


@lru_cache(maxsize=64)
def _described(content: bytes, *, file: str) -> tables.Table:
    return _describe(content, file=file)


def _rows(table: tables.Table, content: bytes, **options: Any) -> tables.TableReading:
    """Read a table, or return what was read of these bytes; what one mutant alone has is soon read again."""
    key = (id(table), content)
    if key not in _READINGS:
        if len(_READINGS) > _KEPT:
            _READINGS.clear()
        _READINGS[key] = _read(table, content, **options)
    return _READINGS[key]


_document = lru_cache(maxsize=_KEPT)(_read_document)
