"""Tables as they are kept: which kind a file is, and its rows as plain UTF-8 CSV, read and written in a cage.

The header has the names of the columns, the cells the values as they were understood, so that nothing has to be
guessed when the table is read again. Rows are in the order of the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from typing import TYPE_CHECKING, Final

from ozg_lod import cage, gate
from ozg_lod.frames import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ozg_lod.cage import Work, Write
    from ozg_lod.examination import SourceFile
    from ozg_lod.schema import Schema
    from ozg_lod.tables import Reading

_LIMITS: Final = cage.Limits(memory_mb=1024, cpu_s=60)
_DEADLINE_S: Final = 60
_NOWHERE: Final = "https://example.org/"
_ENCODINGS: Final = ("cp1252", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig")


def table_in_cage(file: SourceFile, descriptions: Sequence[SourceFile]) -> tuple[str, str]:
    """Return which of the descriptions fits (its table without suffix) and the rows as CSV; ("", "") for no table."""
    files = (file, *descriptions)
    job = packed({"names": [one.name for one in files]}, [one.content for one in files])
    answer = cage.once("ozg_lod.canonical:canonicalising", "", job, limits=_LIMITS, deadline_s=_DEADLINE_S)
    found = json.loads(answer)
    return found["kind"], found["table"]


def canonicalising(_argument: str) -> Work:
    """Return the work of a child (entry of the template); late imports are done before the fork."""
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)

    def work(question: bytes, write: Write) -> None:
        head, contents = unpacked(question)
        file, *known = (gate.SourceFile(name, text) for name, text in zip(head["names"], contents, strict=True))
        kind, rows = table(file, known)
        write(json.dumps({"kind": kind, "table": rows}).encode())

    return work


def table(file: SourceFile, descriptions: Sequence[SourceFile]) -> tuple[str, str]:
    """Return the same, in this process."""
    rules = gate.Rules(base=_NOWHERE, descriptions=tuple(descriptions), separators=",;\t")
    for described, reading in gate.readings(file, rules).values():
        schema = described.schema
        return schema.url.removesuffix(".csv"), written(schema, values(reading, schema))
    return "", ""


def written(schema: Schema, rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as CSV with the columns of the schema."""
    names = [column.name for column in schema.columns if not column.virtual]
    output = io.StringIO()
    writer = csv.DictWriter(output, names, lineterminator="\n", extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return output.getvalue()


def rows_of(text: str) -> list[dict[str, str]]:
    r"""Return the rows of such a table.

    >>> rows_of("ags,name\\n06531005,Gießen\\n")
    [{'ags': '06531005', 'name': 'Gießen'}]
    """
    return list(csv.DictReader(io.StringIO(text, newline="")))


def values(reading: Reading, schema: Schema) -> list[dict[str, str]]:
    """Return the records of a reading as rows; several values of a cell are joined as the schema separates them."""
    separators = {column.name: column.separator or " " for column in schema.columns}
    return [
        {name: separators.get(name, " ").join(found) for name, found in record.values.items()}
        for record in reading.records
    ]
