"""Likeness: what somebody may have meant who mistyped a name or a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from ozg_lod.core.folding import SHORTEST_PART, contract, fold

_LEAST_LIKE: Final = 80.0
"""Percent of letters that agree in order: one wrong letter in five. Below it “Bauantrag” is answered by “Aufträge”."""
_MOST: Final = 6
_TELLING: Final = 5
"""Letters from which on one word of several may be offered alone: “der” is like “Eder”, and not what was meant."""


@dataclass(frozen=True, slots=True)
class Spellings:
    """Names and words as they are shown, by their contracted reading; `folded` are these readings, in order."""

    shown: Mapping[str, str]
    folded: Sequence[str]

    def like(self, words: Sequence[str], *, apart: bool) -> list[str]:
        """Return texts like the folded words: for all of them, with each put right, and `apart` for one alone."""
        typed = contract(" ".join(words))
        if len(typed) < SHORTEST_PART:
            return []
        alike = process.extract(typed, self.folded, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKE, limit=_MOST)
        offered = [self.shown[folded] for folded, _, _ in alike]
        if len(words) > 1:
            corrected = [(word, self._nearest(word)) for word in words]
            offered.append(" ".join(like or word for word, like in corrected))
            offered += [like for word, like in corrected if like and apart and len(word) >= _TELLING]
        return [text for text in dict.fromkeys(offered) if contract(fold(text)) != typed]

    def _nearest(self, word: str) -> str | None:
        if len(word) < SHORTEST_PART:
            return None
        best = process.extractOne(contract(word), self.folded, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKE)
        return self.shown[best[0]] if best else None


def nearest_keys(key: str, known: Iterable[str], *, most: int) -> list[str]:
    """Return the keys with the fewest typing errors between, of equals those that begin alike for longest.

    >>> nearest_keys("06410400", ["06411000", "06414000", "06531001"], most=2)
    ['06414000', '06411000']
    """
    return sorted(known, key=lambda other: (OSA.distance(key, other), -_common(key, other), other))[:most]


def _common(one: str, other: str) -> int:
    """Return the length of the beginning they share."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
