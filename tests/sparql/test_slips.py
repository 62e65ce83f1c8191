"""The usual slips in queries: each is named, and mended where that is certain."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import say
from ozg_lod.sparql.store import EmbeddedStore, SparqlQuery

SLIPS = tomllib.loads(Path(__file__).with_name("slips.toml").read_text("utf-8"))["slip"]
STORE = EmbeddedStore(ox.Store())


def refusal(query: str) -> BadRequest:
    with pytest.raises(BadRequest) as refused:
        STORE.answer(SparqlQuery(query, "json"), lambda _data: None)
    return refused.value


@pytest.mark.parametrize("case", SLIPS)
def test_a_slip_is_named_with_what_mends_it(case: dict[str, Any]) -> None:
    refused = refusal(case["query"])
    assert say(refused.message, "en").partition(": ")[2] == case["says"] + "."
    assert refused.details.get("corrected", "") == case["right"]
    if case["right"]:
        STORE.answer(SparqlQuery(case["right"], "json"), lambda _data: None)


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_proposed_can_be_read(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    query = list(chance.choice([case["right"] or case["query"] for case in SLIPS]))
    for _ in range(chance.randint(1, 3)):
        query[chance.randrange(len(query))] = chance.choice([*"{}()<>“”„\u00a0;,.=%", " COUNT(?x) ", " LIKE ", " AND "])
    try:
        STORE.answer(SparqlQuery("".join(query), "json"), lambda _data: None)
    except BadRequest as refused:
        if "corrected" in refused.details:
            STORE.answer(SparqlQuery(str(refused.details["corrected"]), "json"), lambda _data: None)
