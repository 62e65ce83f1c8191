"""Official keys as people write them: with spaces or dots, out of a spreadsheet that ate the leading zero, as a URN.

Only what can mean one key is put right; anything else is refused with a sentence that says what a key looks like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.identity import ExampleKeys
from ozg_lod.core.messages import Message, Sentence, _

_SEPARATORS: Final = re.compile(r"[\s.\-–_]+")
_DIGITS: Final = re.compile(r"[0-9]+")
_LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Scheme:
    """A kind of official key.

    `lengths` are the digits a key may have, `left` and `right` say for a shorter number how many zeros it lacks in
    front (a spreadsheet took them) or behind (the last levels are all zero); `lead` may stand before the digits.
    """

    name: str
    lengths: tuple[int, ...]
    form: Message
    left: Mapping[int, int] = field(default_factory=dict)
    right: Mapping[int, int] = field(default_factory=dict)
    lead: str = ""

    def read(self, text: str, examples: ExampleKeys) -> str:
        """Return the key that `text` means; raise BadRequest where it can mean none."""
        key = self.guess(text)
        if key is None:
            shown = text[:_LONGEST]
            raise BadRequest(
                _("“{shown}” is not a key of this kind; {reason}", shown=shown, reason=self._form(examples)),
            )
        return key

    def _form(self, examples: ExampleKeys) -> Message:
        named = {name: getattr(examples, name) for name in ("city", "ars", "leika", "ozg_id")}
        return Message(self.form.text, named)

    def guess(self, text: str) -> str | None:
        """Return the key that `text` means, None where it can mean none.

        >>> AGS.guess("09 1 62 000"), AGS.guess("9162000"), ARS.guess("09.162"), OZG_ID.guess("OZG-10169")
        ('09162000', '09162000', '091620000000', '10169')
        """
        digits = _SEPARATORS.sub("", text[: _LONGEST + 1].lower().removeprefix(self.lead))
        if len(text) > _LONGEST or not _DIGITS.fullmatch(digits):
            return None
        size = len(digits)
        whole = "0" * self.left.get(size, 0) + digits + "0" * self.right.get(size, 0)
        return whole if len(whole) in self.lengths else None


AGS: Final = Scheme(
    "ags",
    (2, 3, 5, 8),
    _(
        "a municipality key (AGS) has 8 digits, for example {city}, a district key 5, that of an "
        "administrative region 3 and that of a state 2. Spaces, dots and hyphens may stand in it, a "
        "missing first zero is put back for municipalities and districts."
    ),
    left={7: 1, 4: 1},
)
ARS: Final = Scheme(
    "ars",
    (12,),
    _(
        "a regional key (ARS) has 12 digits, for example {ars}, or for districts the first 5. "
        "Spaces, dots and hyphens may stand in it, a missing first zero is put back."
    ),
    left={11: 1},
    right={5: 7},
)
LEIKA: Final = Scheme(
    "leika",
    (14,),
    _("a LeiKa key has 14 digits, for example {leika}. Spaces, dots and hyphens may stand in it."),
    lead="urn:de:fim:leika:leistung:",
)
OZG_ID: Final = Scheme(
    "ozg",
    (5,),
    _("an OZG id has 5 digits, for example {ozg_id}; “OZG” may stand before it."),
    lead="ozg",
)
SCHEMES: Final[Mapping[str, Scheme]] = {scheme.name: scheme for scheme in (AGS, ARS, LEIKA, OZG_ID)}


def guesses(text: str) -> list[tuple[str, str]]:
    """Return each (scheme, key) that what somebody typed can mean.

    >>> guesses("09162"), guesses("Waffe")
    ([('ags', '09162'), ('ars', '091620000000'), ('ozg', '09162')], [])
    """
    pairs = ((scheme.name, scheme.guess(text)) for scheme in SCHEMES.values())
    return [(name, key) for name, key in pairs if key]


def completed(key: str, typed: str) -> Sentence:
    """Return in brackets what was typed where the key has more digits than that, else nothing.

    >>> str(completed("09162000", "9162000")), str(completed("09162000", "09 162 000"))
    (' (typed: 9162000, completed with zeros)', '')
    """
    if sum(character.isdigit() for character in typed) == len(key):
        return ""
    return _(" (typed: {typed}, completed with zeros)", typed=typed)
