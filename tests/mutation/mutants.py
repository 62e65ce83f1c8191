"""The mutants that are tried: of each operator the same few places each time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from tests.mutation.operators import OPERATORS
from tests.mutation.sources import Mutant, Sources


def mutants(sources: Sources, places: int, names: Iterable[str]) -> Iterator[tuple[str, Mutant]]:
    """Yield up to so many places of each of these operators, in an order that a seed fixes."""
    for name in names:
        every = sorted(OPERATORS[name](sources), key=lambda mutant: (mutant.file, mutant.place))
        chosen = random.Random(name).sample(every, min(places, len(every)))  # noqa: S311 - the same each time
        yield from ((name, mutant) for mutant in chosen)
