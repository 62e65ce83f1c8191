"""The texts people see, from `texts.toml`: each in German and English, with named gaps."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from ozg_lod.core.messages import Language

_SEPARATOR: Final = "/"


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language. `words("list/count", count=3)` fills the gap {count}."""

    language: Language
    texts: Mapping[str, str]

    def __call__(self, key: str, **gaps: object) -> str:
        """Return the text; a missing one is a KeyError, a fault of ours that a test finds."""
        text = self.texts[key]
        return text.format(**gaps) if gaps else text

    def has(self, key: str) -> bool:
        """Return whether there is such a text."""
        return key in self.texts


@cache
def words(language: Language) -> Words:
    """Return the texts of this language."""
    return Words(language, {key: said[language] for key, said in all_texts().items()})


@cache
def all_texts() -> Mapping[str, Mapping[str, str]]:
    """Return every text by key and language, as the file has them."""
    return dict(_leaves("", tomllib.loads(files("ozg_lod").joinpath("texts.toml").read_text("utf-8"))))


def _leaves(path: str, table: Mapping[str, object]) -> Iterator[tuple[str, dict[str, str]]]:
    for key, value in table.items():
        if not isinstance(value, dict):
            raise TypeError(f"texts.toml: {path}{key} is not a table")
        if all(isinstance(text, str) for text in value.values()):
            yield path + key, value
        else:
            yield from _leaves(f"{path}{key}{_SEPARATOR}", value)
