"""What reaches the reader: exit codes, sentences in one's language, tables, the progress of long work."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import LANGUAGES, SOURCE_LANGUAGE, Language, Sentence, _
from ozg_lod.core.messages import say as rendered

FINE: Final = 0
FINDINGS: Final = 1
COULD_NOT_RUN: Final = 2
_LINE_S: Final = 10


def language(default: Language | None = None) -> Language:
    """Return the language to speak: as asked, else the default or as the locale says, else English."""
    option: Language | None = click.get_current_context().meta.get("lang")
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    locale_language = next((tag for tag in LANGUAGES if locale.startswith(tag)), SOURCE_LANGUAGE)
    return option or default or locale_language


def say(sentence: Sentence) -> None:
    """Say a sentence in the reader's language."""
    note(rendered(sentence, language()))


def note(text: str) -> None:
    print(text, file=sys.stderr)


def plain(text: str) -> str:
    """Return text without control characters, which a terminal would obey."""
    from ozg_lod.rdf.lexical import CONTROL

    return CONTROL.sub("\ufffd", text)


def table(rows: Iterable[Sequence[str]], form: str) -> None:
    """Print rows, on a terminal with columns that fit and what begins with a mark in bold, elsewhere as `form` says."""
    cleaned = [[plain(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in cleaned:
            print(form.format(*row))
        return
    from rich import console, text
    from rich import table as tables

    grid = tables.Table.grid(padding=(0, 2))
    for row in cleaned:
        grid.add_row(*map(text.Text, row), style="" if row[0] in (" ", "ok") else "bold")
    console.Console().print(grid)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[Sentence, int, int], None]]:
    """Give what takes the stage of long work, how much of it is done and how much there is.

    A terminal shows a bar with the rate and the time left, anything else now and then a line.
    """
    if not sys.stderr.isatty():
        yield _ProgressLines()
        return
    from rich import console, progress

    columns = (*progress.Progress.get_default_columns(), progress.TextColumn("{task.speed:,.0f}/s"))
    with progress.Progress(*columns, console=console.Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def update(stage: Sentence, done: int, total: int) -> None:
            bar.update(task, description=rendered(stage, language()), completed=done, total=total)

        yield update


class _ProgressLines:
    """Says how far work is that takes longer than `_LINE_S` seconds, as often as that."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = self._said = time.monotonic()

    def __call__(self, stage: Sentence, done: int, total: int) -> None:
        now, name = time.monotonic(), rendered(stage, language())
        if name != self._stage:
            self._stage, self._began = name, now
        if now - self._said < _LINE_S or not 0 < done < total:
            return
        self._said = now
        rate = done / max(now - self._began, 0.001)
        left = (total - done) / rate
        values = {"percent": 100 * done // total, "rate": f"{rate:,.0f}", "left": f"{left:.0f}"}
        say(_("{stage}: {percent} %, {rate} per second, {left} s left", stage=name, **values))


def content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(_("{path} cannot be read: {reason}.", path=path, reason=error.strerror)) from None


def write(data: bytes, path: Path | None = None) -> None:
    """Write to the file, else to standard output."""
    (path.write_bytes if path else sys.stdout.buffer.write)(data)
