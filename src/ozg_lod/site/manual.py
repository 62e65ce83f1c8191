"""The help page's way into SPARQL: a few queries in order, each a file with its titles in its first lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SAID: Final = re.compile(r"^# (title|title-en|text|text-en): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ManualStep:
    """One step: what it shows, in German and English, and the query without its comments."""

    titles: Mapping[str, str]
    texts: Mapping[str, str]
    query: str


def steps(folder: Path) -> Sequence[ManualStep]:
    """Return the steps in order of their file names; none where the folder is not there."""
    return tuple(_step(path.read_text("utf-8")) for path in sorted(folder.glob("*.rq")))


def _step(text: str) -> ManualStep:
    fields = dict(_SAID.findall(text))
    query = "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip()
    return ManualStep(
        titles={"de": fields.get("title", ""), "en": fields.get("title-en", "")},
        texts={"de": fields.get("text", ""), "en": fields.get("text-en", "")},
        query=query,
    )
