"""The judged queries hold: what people mean comes first, in German and English, tuned for or kept aside."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import searching

from ozg_lod.core import search_words
from ozg_lod.core.errors import SourceError
from ozg_lod.search.search import Index

DATA = Path(__file__).parents[2] / "data"


def test_what_people_mean_comes_first(snapshot_directory: Path) -> None:
    answers = searching.judged(Index.of(snapshot_directory))
    aside = [answer for answer in answers if answer.aside]
    assert len(answers) >= 200
    assert 0.45 <= len(aside) / len(answers) <= 0.55
    missed = [answer.query for answer in answers if not answer.place]
    assert searching.success(answers, 1) >= 0.96, missed
    assert searching.success(answers, 5) >= 0.96, missed
    assert searching.success(aside, 1) >= 0.93, missed


def test_every_word_names_something_and_its_source(snapshot_directory: Path) -> None:
    index = Index.of(snapshot_directory)
    rows = search_words.read({name: (DATA / name).read_bytes() for name in search_words.FILES})
    for row in rows:
        kind, _, key = row.address.rpartition("/")
        assert row.names or key in index.iris(kind), row.address
        for _language, word in row.words:
            assert any(hit.thing.key == key for hit in index.find(word, limit=50).hits), (word, row.address)


@pytest.mark.parametrize(
    "content",
    [
        b'["concept/a"]\nde = ["x"]\n',
        b'["concept/a"]\nde = "x"\nsource = "s"\n',
        b'["concept/a"]\nname = { de = "x" }\nsource = "s"\n',
        b'["/karte"]\nde = ["x"]\nsource = "s"\n',
        b'["/karte"]\nname = { de = "x" }\nfr = ["x"]\nsource = "s"\n',
        b"concept = 1\n",
        b"[",
    ],
)
def test_a_table_of_words_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(SourceError):
        search_words.read({"words.toml": content})
