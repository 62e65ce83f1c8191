"""What each kind of thing is called, and what its list and the columns of it are headed; from `texts.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from ozg_lod.core.messages import Label, Language


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(files("ozg_lod").joinpath("texts.toml").read_text("utf-8"))


def kind_word(kind: str, form: str, language: Language) -> str:
    """Return the `form` (one, many, about) of a kind, the kind itself where none is known ("" for about)."""
    texts = _words()["kind"].get(kind, {}).get(form)
    return Label(texts)[language] if texts else "" if form == "about" else kind


def column_word(name: str, language: Language) -> str:
    """Return the heading of a column that has a name of its own, "" for others."""
    texts = _words()["column"].get(name)
    return Label(texts)[language] if texts else ""
