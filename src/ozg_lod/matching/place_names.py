"""Names of authorities taken apart: the name itself, what tells it from others of that name, and the kind it says.

"Neustadt a. d. Aisch, Kreisstadt" is `neustadt`, told apart by `aisch`, and says it is a municipality; "LK Garmisch-
Partenkirchen" is `garmisch partenkirchen` and says it is a district. Everything is folded and contracted (see
`folding`), so umlauts, their digraphs, hyphens and capitals make no difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.folding import contract, fold

DISTRICT: Final = "district"
MUNICIPALITY: Final = "municipality"
STATE: Final = "state"
REGION: Final = "place"

_SAYS: Final = {
    DISTRICT: "landkreis landkreise landkreises lk lkr ldkr kreis kreises kreisverwaltung kreisausschuss landratsamt",
    MUNICIPALITY: "stadt gemeinde marktgemeinde marktflecken markt kreisstadt stadtverwaltung gemeindeverwaltung "
    "magistrat gemeindevorstand kommune kreisfreie kreisfrei kernstadt st gde gem landeshauptstadt universitatsstadt "
    "wissenschaftsstadt hochschulstadt domstadt barockstadt kurstadt festspielstadt sportstadt brunnenstadt",
    STATE: "land bundesland freistaat hansestadt",
    REGION: "regierungsbezirk rb regierungsprasidium rp",
}
_KIND_OF: Final = {contract(word): kind for kind, words in _SAYS.items() for word in words.split()}
_ENDS: Final = ("stadt", "gemeinde", "flecken")
_JOINING: Final = frozenset(
    {"a", "am", "an", "auf", "b", "bei", "d", "dem", "den", "der", "des", "die", "i", "im", "in", "o", "ob", "v", "vor"}
)
_FILLING: Final = frozenset({"der", "des", "die", "das", "und", "u"})
_APART: Final = re.compile(r"[(),;/\[\]|]+| [-–] ")
_LONGEST: Final = 200
_COMPOUND: Final = re.compile(r"(.{4,})kreis(?:es)?")
_SHORTHANDS: Final = frozenset({("ts", "taunus"), ("odw", "odenwald"), ("str", "strasse"), ("ww", "westerwald")})


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A name taken apart: `head` are the words of the name, `marks` those that tell it apart, `says` the kind or ""."""

    head: tuple[str, ...]
    marks: tuple[str, ...]
    says: str

    @property
    def joined(self) -> str:
        """Return the name without spaces, as it is compared: "Groß-Muster" and "Grossmuster" are one."""
        return "".join(self.head)

    @property
    def whole(self) -> str:
        """Return name and marks without spaces."""
        return "".join(self.head + self.marks)


def take_apart(text: str) -> PlaceName:
    """Return the parts of a name.

    >>> take_apart("Neustadt a. d. Aisch, Kreisstadt")
    PlaceName(head=('neustadt',), marks=('aisch',), says='municipality')
    >>> take_apart("LK Garmisch-Partenkirchen").says, take_apart("Saale-Orla-Kreis").head
    ('district', ('saale', 'orla'))
    """
    pieces = [contract(fold(piece)).split() for piece in _APART.split(text[:_LONGEST])]
    first, *others = [piece for piece in pieces if piece] or [[]]
    words, says = _without_kind(first)
    head, marks = _at_joint(words)
    for piece in others:
        rest, kind_name = _without_kind(piece, alone=True)
        says = says or kind_name
        marks += tuple(word for word in rest if word not in _JOINING and word not in _FILLING)
    compound = _COMPOUND.fullmatch(head[-1]) if head and says in {"", DISTRICT} else None
    if compound:
        says, head = DISTRICT, (*head[:-1], compound[1])
    return PlaceName(head, marks, says)


def explains(mark: str, known: str) -> bool:
    """Tell whether what somebody wrote stands for a known mark: the same or shortened."""
    return known.startswith(mark) or (mark, known) in _SHORTHANDS


def _without_kind(words: list[str], *, alone: bool = False) -> tuple[tuple[str, ...], str]:
    """Return the words without those at either end that say a kind, and the kind; `alone`: nothing need be left."""
    says = ""
    left = list(words)
    while left and (len(left) > 1 or alone):
        at = 0 if _says(left[0], alone=alone) or left[0] in _FILLING else -1
        kind_name = _says(left[at], alone=alone)
        if not kind_name and not (at == 0 and left[0] in _FILLING):
            break
        says = kind_name if kind_name and not (says == DISTRICT and kind_name == MUNICIPALITY) else says or kind_name
        left.pop(at)
    return tuple(left), says


def _says(word: str, *, alone: bool) -> str:
    """Return the kind a word says; behind a comma every “…stadt” does."""
    return _KIND_OF.get(word, "") or (MUNICIPALITY if alone and word.endswith(_ENDS) else "")


def _at_joint(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words before “am”, “a. d.”, “im” … and the telling ones behind."""
    at = next((n for n, word in enumerate(words) if n and word in _JOINING), len(words))
    marks = tuple(word for word in words[at:] if word not in _JOINING)
    if not marks:  # “Musterstadt a. M.” ends in letters that are joints too
        marks = words[at + 1 :]
    return words[:at], marks
