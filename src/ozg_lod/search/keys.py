"""Official keys as people write them: with spaces or dots, out of a spreadsheet that ate the leading zero, as a URN.

Only what can mean one key is put right; anything else is refused with a sentence that says what a key looks like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import Text, _

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
    form: Text
    left: Mapping[int, int] = field(default_factory=dict)
    right: Mapping[int, int] = field(default_factory=dict)
    lead: str = ""

    def read(self, text: str) -> str:
        """Return the key that `text` means; raise BadRequest where it can mean none.

        >>> AGS.read("06 4 14 000"), AGS.read("6414000"), ARS.read("06.531"), OZG_ID.read("OZG-10169")
        ('06414000', '06414000', '065310000000', '10169')
        """
        key = self.guess(text)
        if key is None:
            shown = text[:_LONGEST]
            raise BadRequest(
                _("“{shown}” is not a key of this kind; {reason}", shown=shown, reason=self.form),
            )
        return key

    def guess(self, text: str) -> str | None:
        """Return the key that `text` means, None where it can mean none."""
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
        "a municipality key (AGS) has 8 digits, for example 06414000, a district key 5, that of an "
        "administrative region 3 and that of a state 2. Spaces, dots and hyphens may stand in it, a "
        "missing first zero is put back for municipalities and districts."
    ),
    left={7: 1, 4: 1},
)
ARS: Final = Scheme(
    "ars",
    (12,),
    _(
        "a regional key (ARS) has 12 digits, for example 064350014014, or for districts the first 5. "
        "Spaces, dots and hyphens may stand in it, a missing first zero is put back."
    ),
    left={11: 1},
    right={5: 7},
)
LEIKA: Final = Scheme(
    "leika",
    (14,),
    _("a LeiKa key has 14 digits, for example 99010005000000. Spaces, dots and hyphens may stand in it."),
    lead="urn:de:fim:leika:leistung:",
)
OZG_ID: Final = Scheme(
    "ozg",
    (5,),
    _("an OZG id has 5 digits, for example 10169; “OZG” may stand before it."),
    lead="ozg",
)
SCHEMES: Final[Mapping[str, Scheme]] = {scheme.name: scheme for scheme in (AGS, ARS, LEIKA, OZG_ID)}


def guesses(text: str) -> list[tuple[str, str]]:
    """Return each (scheme, key) that what somebody typed can mean.

    >>> guesses("06531"), guesses("Waffe")
    ([('ags', '06531'), ('ars', '065310000000'), ('ozg', '06531')], [])
    """
    found = ((scheme.name, scheme.guess(text)) for scheme in SCHEMES.values())
    return [(name, key) for name, key in found if key]


def completed(key: str, typed: str) -> Text:
    """Return in brackets what was typed where the key has more digits than that, else nothing.

    >>> completed("06414001", "6414001").en, completed("06414001", "06 414 001").en
    (' (typed: 6414001, completed with zeros)', '')
    """
    if sum(character.isdigit() for character in typed) == len(key):
        return _("")
    return _(" (typed: {typed}, completed with zeros)", typed=typed)
