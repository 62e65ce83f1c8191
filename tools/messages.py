"""Collects the sentences of the program and holds the translations against them.

`python tools/messages.py update` brings every `locale/*/LC_MESSAGES/ozg_lod.po` up to date: new sentences come in
untranslated, those that are gone are dropped. `python tools/messages.py check` exits with 1 and says which sentence is
untranslated, stale or unused, or has a gap that its English text does not fill.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "ozg_lod"
LOCALES = PACKAGE / "locale"
KEYWORDS = {"_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
METHODS = [("**.py", "python"), ("templates/**", "jinja2.ext:babel_extract")]
OPTIONS = {"templates/**": {"trimmed": "true", "silent": "false"}}


_HEADER = "# What the program says, in another language; `make messages` keeps the list of sentences up to date."
_DAY = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)  # a header that tells the time would change with every run


def extracted() -> Catalog:
    """Return every sentence of the program, without where it stands: lines move too often to be kept."""
    catalogue = Catalog(domain="ozg_lod")
    for _file, _line, message, _comments, context in extract_from_dir(
        PACKAGE, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=()
    ):
        catalogue.add(message, context=context)
    return catalogue


def update(path: Path, program: Catalog) -> None:
    """Write a translation anew: sorted, with what is new and without what is gone."""
    with path.open("rb") as file:
        old = read_po(file, locale=path.parts[-3])
    new = Catalog(
        path.parts[-3], "ozg_lod", _HEADER, "ozg-lod", "1", creation_date=_DAY, revision_date=_DAY, fuzzy=False
    )
    for message in program:
        if message.id:
            known = old.get(_first(message), message.context)
            same = known is not None and isinstance(known.id, str) == isinstance(message.id, str)
            new.add(message.id, known.string if known and same else None, context=message.context)
    with path.open("wb") as file:
        write_po(file, new, width=0, sort_output=True, omit_header=False)


def faults(path: Path, program: Catalog) -> Iterator[str]:
    """Yield one line for each sentence that is not translated as it should be."""
    with path.open("rb") as file:
        translation = read_po(file, locale=path.parts[-3])
    for message in filter(_said, program):
        known = translation.get(_first(message), message.context)
        if known is None or known.id != message.id or not all(_texts(known.string)):
            yield f"{path}: no translation of {_first(message)!r}"
        elif _gaps(*_texts(known.string)) - _gaps(*_texts(message.id)):
            yield f"{path}: other gaps than in {_first(message)!r}"
    for message in filter(_said, translation):
        if program.get(_first(message), message.context) is None:
            yield f"{path}: nothing says {_first(message)!r} any more"
        if message.fuzzy:
            yield f"{path}: {_first(message)!r} is marked fuzzy; confirm it"


def _said(message: Message) -> bool:
    """Tell a sentence from the header of a catalogue."""
    return bool(message.id)


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _texts(texts: object) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts or ("",))  # type: ignore[arg-type]


def _gaps(*texts: str) -> set[str]:
    gaps: set[str] = set()
    for text in texts:
        with contextlib.suppress(ValueError):  # a text without values may hold any brackets
            gaps |= {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
    return gaps


def main() -> int:
    """Run what was asked for."""
    program = extracted()
    paths = sorted(LOCALES.glob("*/LC_MESSAGES/ozg_lod.po"))
    if sys.argv[1:] == ["update"]:
        for path in paths:
            update(path, program)
        return 0
    lines = [line for path in paths for line in faults(path, program)]
    print("\n".join(lines) or f"{len(program)} sentences, {len(paths)} translations")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
