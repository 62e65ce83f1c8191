"""The figures are a well-formed cube: the integrity constraints IC-1 to IC-21 of the RDF Data Cube Vocabulary hold."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

HERE = Path(__file__).parent
CONSTRAINTS = sorted(HERE.glob("ic-*.rq"))
NORMAL = sorted(HERE.glob("normal-*.ru"))


def normalised(*files: Path) -> ox.Store:
    """Return the files with what follows from them by section 10.1: types and properties of components."""
    store = ox.Store()
    for file in files:
        store.bulk_load(path=file)
    for update in NORMAL:
        store.update(update.read_text("utf-8"))
    return store


def broken(store: ox.Store, constraint: Path) -> list[str]:
    solutions = store.query(constraint.read_text("utf-8"))
    assert isinstance(solutions, ox.QuerySolutions)
    return [str(solution[0]) for solution in solutions]


@pytest.fixture(scope="module")
def published(snapshot_directory: Path) -> ox.Store:
    return normalised(snapshot_directory / "data.nt", HERE / "borrowed.ttl")


def test_all_constraints_are_there() -> None:
    assert [path.stem for path in CONSTRAINTS] == [f"ic-{number:02}" for number in range(1, 22)]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda path: path.stem)
def test_the_published_figures_keep_it(constraint: Path, published: ox.Store) -> None:
    assert broken(published, constraint) == []


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda path: path.stem)
def test_it_passes_a_sound_cube_and_catches_a_broken_one(constraint: Path) -> None:
    assert broken(normalised(HERE / "sound.ttl"), constraint) == []
    case = HERE / f"broken-{constraint.stem[-2:]}.ttl"
    assert len(broken(normalised(HERE / "sound.ttl", case), constraint)) == 1


def test_every_figure_has_the_day_the_source_and_the_unit_that_its_statement_has(published: ox.Store) -> None:
    solutions = published.query((HERE / "complete.rq").read_text("utf-8"))
    assert isinstance(solutions, ox.QuerySolutions)
    (row,) = solutions
    assert row["complete"] == row["figures"]
    assert int(row["figures"].value) > 900
