"""The legal pages: texts of the operator from a folder, or ours with their gaps plainly marked.

    FOLDER/impressum.de.md  impressum.en.md  datenschutz.de.md …  barrierefreiheit.de.md …

A text has a little of CommonMark: "# " begins a heading, "- " or "1. " a list entry, [text](address) is a link; a line
ends where it ends; and [[…]] is a gap still to be filled. Nothing of it is taken for HTML, nor a star for emphasis:
“Bürger*innen und Besucher*innen” has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markupsafe import Markup

from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import LANGUAGES, Language, _

SLOTS: Final = ("impressum", "datenschutz", "barrierefreiheit")
MAX_BYTES: Final = 200_000
_GAP: Final = re.compile(r"\[\[([^\[\]]+)\]\]")
_GAP_HTML: Final = Markup('<mark class="gap"><span class="unseen">{}</span>{}</mark>')
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+")
_EXTERNAL: Final = {"rel": "external noopener noreferrer", "class": "external"}
_DATE: Final = re.compile(r"^(?:Stand|As of): ([0-9]{4}-[0-9]{2}-[0-9]{2})\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LegalPage:
    """One text: in which language it is, whether the operator wrote it, and its gaps."""

    slot: str
    language: Language
    own: bool
    text: str

    def html(self, gap: str) -> Markup:
        """Return the text as HTML; `gap` is said to those who cannot see what a gap looks like."""
        env = {"gap": gap}
        tokens = _markdown().parse(self.text, env)
        for token in tokens:
            token.tag = "h2" if token.type.startswith("heading_") else token.tag
            for link in token.children or ():
                link.attrs |= _EXTERNAL if str(link.attrs.get("href", "")).startswith("http") else {}
        return Markup(_markdown().renderer.render(tokens, _markdown().options, env))  # noqa: S704 - text is escaped

    @property
    def gaps(self) -> list[str]:
        """Return what is still to be filled in."""
        return _GAP.findall(self.text)

    @property
    def dated(self) -> str:
        """Return the day of a line `Stand: 2026-11-22`, "" where there is none."""
        match = _DATE.search(self.text)
        return match[1] if match else ""


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
        if len(content) > MAX_BYTES:
            raise UsageError(
                _("{path} is larger than {MAX_BYTES} bytes; shorten it.", path=path, MAX_BYTES=MAX_BYTES),
            )
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(_("{path} cannot be read as UTF-8: {error}.", path=path, error=error)) from None


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - its name there
        return _ADDRESS.fullmatch(url) is not None


@cache
def _markdown() -> MarkdownIt:
    markdown = _Markdown("zero", {"breaks": True}).enable(["heading", "list", "link", "newline", "escape"])
    markdown.inline.ruler.before("link", "gap", _gap)
    return markdown


def _gap(state: StateInline, silent: bool) -> bool:
    """Read a gap (rule of markdown-it): move on behind it, and unless `silent` write it."""
    match = _GAP.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = _GAP_HTML.format(state.env["gap"], match[1])
    state.pos = match.end()
    return True
