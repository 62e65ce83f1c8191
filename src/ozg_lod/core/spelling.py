"""Suggestions: what somebody may have meant who mistyped a name or a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Prefix

from ozg_lod.core.folding import SHORTEST_PART, contract, fold

_LEAST_LIKE: Final = 80.0
"""Percent of letters that agree in order: one wrong letter in five. Below it “Bauantrag” is answered by “Aufträge”."""
LIKELY: Final = 60.0
"""Percent of letters that agree in order where little is to choose from."""
_MISTYPED: Final = 2
_READ: Final = 200
"""So many characters of a text are compared."""
_MOST: Final = 6
_TIES: Final = 5
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
        offered = [self.shown[folded] for folded in nearest(typed, self.folded, most=_MOST, least=_LEAST_LIKE)]
        if len(words) > 1:
            corrected = [(word, self._nearest(word)) for word in words]
            offered.append(" ".join(like or word for word, like in corrected))
            offered += [like for word, like in corrected if like and apart and len(word) >= _TELLING]
        return [text for text in dict.fromkeys(offered) if contract(fold(text)) != typed]

    def _nearest(self, word: str) -> str | None:
        if len(word) < SHORTEST_PART:
            return None
        best = nearest(contract(word), self.folded, least=_LEAST_LIKE)
        return self.shown[best[0]] if best else None


def nearest(
    text: str, candidates: Iterable[str], *, most: int = 1, least: float = LIKELY, errors: int = _MISTYPED
) -> list[str]:
    """Return the candidates most like a text: `least` percent of letters agree, of digits at most `errors` are wrong.

    >>> nearest("Gemeide", ["Stadt", "Gemeinde"]), nearest("09531050", ["09531005", "09531500"]), nearest("x", ["y"])
    (['Gemeinde'], ['09531005'], [])
    """
    written = text[:_READ]
    if written.isdecimal():
        return nearest_keys(written, candidates, most=most, errors=errors)
    alike = process.extract(written, list(candidates), scorer=fuzz.ratio, score_cutoff=least, limit=most + _TIES)
    ranked = sorted(alike, key=lambda like: (-like[1], OSA.distance(written, like[0])))  # letters that changed places
    return [candidate for candidate, _, _ in ranked[:most]]


def nearest_keys(key: str, known: Iterable[str], *, most: int, errors: int | None = None) -> list[str]:
    """Return the keys with the fewest typing errors between, of equals those that begin alike for longest.

    >>> nearest_keys("09160200", ["09161000", "09162000", "09471001"], most=2)
    ['09162000', '09161000']
    """
    near = process.extract(key, list(known), scorer=OSA.distance, score_cutoff=errors, limit=None)
    ranked = sorted((distance, -Prefix.similarity(key, other), other) for other, distance, _ in near)
    return [other for _, _, other in ranked[:most]]
