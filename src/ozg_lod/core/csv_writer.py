"""Separated values (RFC 4180) for people and their spreadsheets: nothing in a cell runs as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


def written(rows: Iterable[Sequence[str]], *, separator: str = ",", mark: bool = False) -> bytes:
    r"""Return the rows as they are, in UTF-8; a byte order mark in front (`mark`) tells spreadsheets so.

    >>> written([("a", "b"), ("1", "x;y")], separator=";")
    b'a;b\r\n1;"x;y"\r\n'
    """
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig" if mark else "utf-8")


def harmless(cell: str, *, numbers: bool = False) -> str:
    """Return the cell, with an apostrophe in front of what would run as a formula (OWASP, CSV injection).

    `numbers` says that a cell may be a number; else “+49” is text and stays it.

    >>> harmless("=HYPERLINK(1)"), harmless("-5"), harmless("-5", numbers=True)
    ("'=HYPERLINK(1)", "'-5", '-5')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) and not (numbers and _NUMBER.fullmatch(cell)) else cell
