"""Content-Disposition (RFC 6266): the name a file has for its sender, and the name it gets for its receiver."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

_EXTENDED: Final = re.compile(r"filename\*\s*=\s*(?:utf-8|iso-8859-1)'[^']*'([^;\s]+)", re.IGNORECASE)
_QUOTED: Final = re.compile(r'filename\s*=\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_TOKEN: Final = re.compile(r"filename\s*=\s*([^;\s\"]+)", re.IGNORECASE)


def filename_of(header: str) -> str:
    r"""Return the file name in a field, "" where there is none; the extended form wins.

    >>> filename_of("attachment; filename=\"a.csv\"; filename*=UTF-8''verf%C3%BCgbar.csv")
    'verfügbar.csv'
    >>> filename_of('attachment; filename="a\\"b.csv"'), filename_of("attachment; filename=c.csv"), filename_of("")
    ('a"b.csv', 'c.csv', '')
    """
    extended = _EXTENDED.search(header)
    if extended is not None:
        return unquote(extended[1])
    quoted = _QUOTED.search(header)
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted[1])
    token = _TOKEN.search(header)
    return token[1] if token is not None else ""


def attachment(name: str) -> str:
    """Return the field that makes a browser save the answer under this name.

    >>> attachment("verfügbar.csv")
    "attachment; filename=verfgbar.csv; filename*=UTF-8''verf%C3%BCgbar.csv"
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "", name) or "download"
    return f"attachment; filename={plain}; filename*=UTF-8''{quote(name, safe='')}"
