"""What the search finds besides the names in the data: everyday words for things, and the pages of the site.

Both stand in the source folder, `words.toml` and `pages.toml`: a table for each address, with words by language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.errors import SourceError
from ozg_lod.core.messages import _

PAGES_FILE: Final = "pages.toml"
FILES: Final = ("words.toml", PAGES_FILE)
_LANGUAGES: Final = ("de", "en")
_FIELDS: Final = {"name", "source", *_LANGUAGES}


@dataclass(frozen=True, slots=True)
class SearchWords:
    """The words for one address: `KIND/KEY` of a thing or the path of a page; only a page has `names` here."""

    address: str
    names: Mapping[str, str]
    words: tuple[tuple[str, str], ...]


def read(files: Mapping[str, bytes]) -> tuple[SearchWords, ...]:
    """Return what the files of a source folder say; raises SourceError where they say something else than they may."""
    return tuple(
        _words(file, address, table)
        for file in FILES
        if file in files
        for address, table in _tables(file, files[file]).items()
    )


def _tables(file: str, content: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(_("{file} cannot be read: {reason}.", file=file, reason=error)) from None


def _words(file: str, address: str, table: object) -> SearchWords:
    fields = table if isinstance(table, dict) else {}
    names = fields.get("name", {})
    named = isinstance(names, dict) and all(isinstance(text, str) for text in names.values())
    lists = [fields.get(language, []) for language in _LANGUAGES]
    listed = all(isinstance(texts, list) and all(isinstance(text, str) for text in texts) for texts in lists)
    page = address.startswith("/")
    if not named or not listed or not fields.get("source") or set(fields) - _FIELDS or bool(names) != page:
        raise SourceError(
            _("{file}, {address}: not of the form that the file explains.", file=file, address=address),
        )
    words = tuple((language, text) for language, texts in zip(_LANGUAGES, lists, strict=True) for text in texts)
    return SearchWords(address, names, words)
