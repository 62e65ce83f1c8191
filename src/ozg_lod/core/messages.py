"""What the program says: English sentences in the code, their translations by gettext, rendered where they are read.

`_("{count} rows are missing", count=3)` makes a message; nothing is translated before somebody reads it:
`message["de"]` is the sentence in German, `str(message)` in English. The translations stand in
`locale/LANGUAGE/LC_MESSAGES/ozg_lod.po` (`make messages` collects what is new, `make lint` refuses what is missing,
stale or unused). A language is there as soon as its folder is.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec

Language = str
"""A language tag (BCP 47) in small letters: "de", "en", or another one that has a folder in `locale`."""

DOMAIN: Final = "ozg_lod"
LOCALES: Final = Path(__file__).resolve().parents[1] / "locale"
SOURCE_LANGUAGE: Final = "en"
DEFAULT_LANGUAGE: Final = "de"
_JOINED: Final = "joined"
_LOCALES: Final = {"en": "en_GB"}


class Label(msgspec.Struct, frozen=True, tag="label", dict=False):
    """A text of the data by language. "" is a text that has none.

    A language that it lacks is answered in German, then by the text without a language, then by any other.
    """

    texts: Mapping[str, str]

    def __getitem__(self, language: Language) -> str:
        return self.texts.get(self.answered(language), "")

    def answered(self, language: Language) -> Language:
        """Return the language that it answers this one in."""
        known = (tag for tag in (language, DEFAULT_LANGUAGE, "") if tag in self.texts)
        return next(known, min(self.texts, default=""))

    def __str__(self) -> str:
        return self[SOURCE_LANGUAGE]

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.texts.items())))


class Message(msgspec.Struct, frozen=True, tag="message"):
    """One sentence: its English text with named gaps, and what fills them.

    `plural` is the English text where `values["count"]` is not one; `context` tells equal English texts apart.
    """

    text: str
    values: Mapping[str, str | int | float | Message | Label] = {}
    plural: str | None = None
    context: str | None = None

    def __getitem__(self, language: Language) -> str:
        translated = _translated(self, language)
        if not self.values:
            return translated
        return translated.format(
            **{
                name: value[language] if isinstance(value, Message | Label) else value
                for name, value in self.values.items()
            }
        )

    def __str__(self) -> str:
        return self[SOURCE_LANGUAGE]

    def __hash__(self) -> int:
        return hash((self.text, self.context, *map(str, self.values.values())))

    def __bool__(self) -> bool:
        return bool(self.text)


Value = str | int | float | Message | Label
Text = Message | Label
"""What is shown to people in their language."""
Sentence = Text | str
"""The same, or a plain string, which says the same in every language."""
MessageSink = Callable[[Message], None]
"""What gets a message for each step of long work."""


def _(text: str, /, **values: object) -> Message:
    """Return the message with this English text; a value that is no text, number or message stands as its text."""
    return Message(text, _plain(values))


def ngettext(singular: str, plural: str, count: int, /, **values: object) -> Message:
    """Return the message for one, or for any other `count`, which fills the gap {count} unless it is given written."""
    return Message(singular, {"count": count, **_plain(values), "n": count}, plural)


def pgettext(context: str, text: str, /, **values: object) -> Message:
    """Return the message with this English text where it is used in this sense."""
    return Message(text, _plain(values), context=context)


def _plain(values: Mapping[str, object]) -> dict[str, Value]:
    return {
        name: value if isinstance(value, str | int | float | Message | Label) else str(value)
        for name, value in values.items()
    }


def say(sentence: Sentence, language: Language) -> str:
    """Return a sentence in a language."""
    return sentence if isinstance(sentence, str) else sentence[language]


def joined(sentences: Iterable[Sentence], separator: str = ", ", *, end: str = "") -> Message:
    """Return sentences one after the other as one message, each translated for itself."""
    values = {f"part{number}": sentence for number, sentence in enumerate(sentences)}
    return Message(separator.join(f"{{{name}}}" for name in values) + end, values, context=_JOINED)


def locale_of(language: Language) -> str:
    """Return the locale (CLDR) of dates and numbers in a language; English is that of Europe."""
    return _LOCALES.get(language, language)


def _languages() -> tuple[Language, ...]:
    """Return the languages of the site: German first, then English, then every other that has a folder."""
    others = {path.parent.name for path in LOCALES.glob("*/LC_MESSAGES")}
    return (DEFAULT_LANGUAGE, SOURCE_LANGUAGE, *sorted(others - {DEFAULT_LANGUAGE, SOURCE_LANGUAGE}))


LANGUAGES: Final = _languages()


def _translated(message: Message, language: Language) -> str:
    if message.context == _JOINED:
        return message.text
    catalogue = translations(language)
    count = message.values.get("n")
    if message.plural is not None and isinstance(count, int):
        if message.context is None:
            return catalogue.ngettext(message.text, message.plural, count)
        return catalogue.npgettext(message.context, message.text, message.plural, count)
    if message.context is None:
        return catalogue.gettext(message.text)
    return catalogue.pgettext(message.context, message.text)


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """Return the catalogue of a language; the source language needs none."""
    if language == SOURCE_LANGUAGE:  # a caged child may not even look for a file
        return gettext.NullTranslations()
    folder = LOCALES / language / "LC_MESSAGES"
    compiled, source = folder / f"{DOMAIN}.mo", folder / f"{DOMAIN}.po"
    if not source.exists():
        return gettext.NullTranslations()
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        return gettext.GNUTranslations(BytesIO(compiled.read_bytes()))
    return gettext.GNUTranslations(BytesIO(compile_catalogue(source)))


def load() -> None:
    """Read the translations of all languages, for a process that will not be able to open files."""
    for language in LANGUAGES:
        translations(language)


def compile_catalogue(source: Path) -> bytes:
    """Return a `.po` file as gettext reads it (`.mo`)."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - only where the build hook has not run
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file))
    return compiled.getvalue()
