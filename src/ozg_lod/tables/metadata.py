"""Metadata: a JSON description whose every value knows where it stands, to say so when it is not what it should be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, NoReturn

from ozg_lod.core.errors import SourceError
from ozg_lod.core.messages import Message, _

METADATA: Final = "-metadata.json"
"""A description stands beside its table: x.csv-metadata.json describes x.csv (Model for Tabular Data §5.3)."""
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


class Node:
    """A JSON value, its path from the root `$`, and its file."""

    def __init__(self, value: object, path: str, file: str) -> None:
        self.value = value
        self.path = path
        self.file = file

    def fail(self, reason: Message) -> NoReturn:
        """Raise SourceError with the place in front."""
        raise SourceError(_("{file}, {path}: {reason}", file=self.file, path=self.path, reason=reason))

    @property
    def given(self) -> bool:
        return self.value is not None

    def only(self, terms: tuple[str, ...]) -> None:
        """Require an object that has no other terms than these."""
        if not isinstance(self.value, dict):
            self.fail(_("must be an object {…}"))
        for term in self.value:
            if term not in terms:
                listed = ", ".join(terms)
                self.fail(
                    _('"{term}" is not understood; right are: {listed}', term=term, listed=listed),
                )

    def at(self, term: str) -> Node:
        """Return the value of a term, which may be absent."""
        value = self.value.get(term) if isinstance(self.value, dict) else None
        return Node(value, f"{self.path}.{term}", self.file)

    def items(self) -> Iterator[Node]:
        """Yield the members of an array; an absent one has none."""
        if not self.given:
            return
        if not isinstance(self.value, list):
            self.fail(_("must be an array […]"))
        for index, value in enumerate(self.value):
            yield Node(value, f"{self.path}[{index}]", self.file)

    def text(self) -> str:
        if not isinstance(self.value, str):
            self.fail(_("a text is needed here"))
        return self.value

    def flag(self) -> bool:
        """Return true or false; absent is false."""
        if self.value not in {None, True, False} or isinstance(self.value, int | float) > isinstance(self.value, bool):
            self.fail(_("must be true or false"))
        return bool(self.value)

    def texts(self) -> tuple[str, ...]:
        """Return one text or an array of texts as a tuple; absent is empty."""
        if not self.given:
            return ()
        if isinstance(self.value, str):
            return (self.value,)
        return tuple(node.text() for node in self.items())

    def by_language(self) -> dict[str, str]:
        return {language: texts[0] for language, texts in self.titles().items() if texts}

    def titles(self) -> dict[str, tuple[str, ...]]:
        """Return texts by language: {"de": "…", "en": ["…", "…"]}; absent is empty."""
        if not self.given:
            return {}
        if not isinstance(self.value, dict):
            self.fail(_('must be by language: {"de": "…", "en": "…"}'))
        for language in self.value:
            if not LANGUAGE.fullmatch(language):
                self.fail(_('"{language}" is not a language', language=language))
        return {language: self.at(language).texts() for language in self.value}


def parsed(metadata: bytes, file: str) -> object:
    """Return the value of a JSON file; raises SourceError."""
    try:
        value: object = json.loads(metadata.decode("utf-8-sig"), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        reason = str(error)
        raise SourceError(_("{file} is not JSON: {reason}", file=file, reason=reason)) from error
    return value


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _value in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'"{repeated}" stands twice in one object')
    return members
