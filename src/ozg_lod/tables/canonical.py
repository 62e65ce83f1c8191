"""Tables as they are kept: plain UTF-8 CSV, the header the names of the columns, the cells as they were understood.

So nothing has to be guessed when a table is read again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from ozg_lod.tables.schema import Schema


def written(schema: Schema, rows: Sequence[Mapping[str, str]]) -> str:
    names = [column.name for column in schema.columns if not column.virtual]
    output = io.StringIO()
    writer = csv.DictWriter(output, names, lineterminator="\n", extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return output.getvalue()


def rows_of(text: str) -> list[dict[str, str]]:
    r"""Return the rows of such a table.

    >>> rows_of("ags,name\n09999001,Musterstadt\n")
    [{'ags': '09999001', 'name': 'Musterstadt'}]
    """
    return list(csv.DictReader(io.StringIO(text, newline="")))
