"""A list as CSV is whole, or it is refused: nobody who opens it in a spreadsheet would ask for a second page."""

from __future__ import annotations

import pytest

from ozg_lod.core.errors import AnswerTooLarge
from ozg_lod.site import lists
from ozg_lod.site.lists import ListEntry


def test_a_table_has_all_rows_or_is_refused_with_the_way_on() -> None:
    entries = [ListEntry(str(number), f"https://example.org/{number}", {}) for number in range(lists.LONGEST_TABLE + 1)]
    assert len(lists.whole(entries[1:])) == lists.LONGEST_TABLE
    with pytest.raises(AnswerTooLarge, match="20,001 rows"):
        lists.whole(entries)
