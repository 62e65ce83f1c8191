"""The legal pages: texts of the operator from a folder, or ours with their gaps plainly marked.

    FOLDER/impressum.de.md  impressum.en.md  datenschutz.de.md …  barrierefreiheit.de.md …

A text is plain: lines that begin with "# " are headings, with "- " list entries, [text](address) is a link, [[…]] a gap
that is still to be filled; everything else is a paragraph. Nothing of it is taken for HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import LANGUAGES, Language, _

SLOTS: Final = ("impressum", "datenschutz", "barrierefreiheit")
MOST_BYTES: Final = 200_000
_PIECE: Final = re.compile(
    r"\[\[(?P<gap>[^\[\]]+)\]\]|\[(?P<text>[^\[\]]+)\]\((?P<href>(?:https?://|mailto:)[^\s()<>\"]+)\)"
)
_DATE: Final = re.compile(r"^(?:Stand|As of): ([0-9]{4}-[0-9]{2}-[0-9]{2})\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `href` where it is a link, `gap` where it is still to be filled."""

    text: str
    href: str = ""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph by lines, or a list (`kind` is h2, p or ul)."""

    kind: str
    entries: Sequence[Sequence[Piece]]


@dataclass(frozen=True, slots=True)
class LegalPage:
    """One text: in which language it is, whether the operator wrote it, and its gaps."""

    slot: str
    language: Language
    own: bool
    text: str

    @property
    def blocks(self) -> list[Block]:
        """Return the text as blocks."""
        return list(_blocks(self.text))

    @property
    def gaps(self) -> list[str]:
        """Return what is still to be filled in."""
        return [found["gap"] for found in _PIECE.finditer(self.text) if found["gap"]]

    @property
    def dated(self) -> str:
        """Return the day of a line `Stand: 2026-11-22`, "" where there is none."""
        found = _DATE.search(self.text)
        return found[1] if found else ""


def page(folder: Path | None, slot: str, language: Language) -> LegalPage:
    """Return the text of a slot: the operator's in this language, in the other, else ours.

    Raises UsageError for a text that cannot be read.
    """
    others = [language, *(other for other in LANGUAGES if other != language)]
    for written in others if folder is not None else ():
        path = folder / f"{slot}.{written}.md" if folder is not None else None
        if path is not None and path.is_file():
            return LegalPage(slot, written, own=True, text=_content(path))
    ours = files("ozg_lod").joinpath("slots", f"{slot}.{language}.md")
    return LegalPage(slot, language, own=False, text=ours.read_text("utf-8"))


def _content(path: Path) -> str:
    try:
        content = path.read_bytes()
        if len(content) > MOST_BYTES:
            raise UsageError(
                _("{path} is larger than {MOST_BYTES} bytes; shorten it.", path=path, MOST_BYTES=MOST_BYTES),
            )
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(_("{path} cannot be read as UTF-8: {error}.", path=path, error=error)) from None


def _blocks(text: str) -> Iterator[Block]:
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        lines = part.strip().split("\n")
        if lines[0].startswith("#"):
            yield Block("h2", [_pieces(lines[0].lstrip("# "))])
            lines = lines[1:]
        if lines and all(line.startswith("- ") for line in lines):
            yield Block("ul", [_pieces(line[2:]) for line in lines])
        elif lines and "".join(lines).strip():
            yield Block("p", [_pieces(line) for line in lines])


def _pieces(text: str) -> list[Piece]:
    found: list[Piece] = []
    end = 0
    for match in _PIECE.finditer(text):
        found += [Piece(text[end : match.start()])] if match.start() > end else []
        found.append(Piece(match["gap"], gap=True) if match["gap"] else Piece(match["text"], match["href"]))
        end = match.end()
    return [*found, Piece(text[end:])] if end < len(text) else found
