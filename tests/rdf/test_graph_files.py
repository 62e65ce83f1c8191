"""Large graphs as files: in blocks, and still the bytes of the graph written as a whole."""

from __future__ import annotations

import random
from pathlib import Path

import pyoxigraph as ox
import pytest

from ozg_lod.core.errors import NotAcceptable
from ozg_lod.core.vocab import PREFIXES, XSD
from ozg_lod.rdf import formats, graph_files

SPACES = (
    *PREFIXES.values(),
    "https://example.org/a/",
    "https://example.org/a#",
    "urn:x:",
    "mailto:",
    "dct:",
    "tag:a,2026:",
)
TEXTS = ("", "a", "ä\n\t", 'a "b" \\', "1", "-0", "007", "true", "> .\n<", "<a> .", "\r", "&<>", "9" * 20)


def term(chance: random.Random, texts: tuple[str, ...]) -> ox.NamedNode | ox.Literal:
    kind, text = chance.randint(0, 3), chance.choice(texts)
    if kind == 0:
        return node(chance)
    if kind == 1:
        return ox.Literal(text, language=chance.choice(("de", "en", "de-x-a")))
    if kind == 2:
        return ox.Literal(text, datatype=ox.NamedNode(XSD + chance.choice(("integer", "boolean", "date", "string"))))
    return ox.Literal(text)


def node(chance: random.Random) -> ox.NamedNode:
    return ox.NamedNode(chance.choice(SPACES) + chance.choice(("a", "b-1", "b", "a.b", "1", "ab/c", "-")))


def graph(seed: int, texts: tuple[str, ...] = TEXTS) -> set[ox.Triple]:
    chance = random.Random(seed)  # noqa: S311 - what the graph is, not a secret
    predicates = [ox.NamedNode(space + "p") for space in (*list(PREFIXES.values())[:9], "https://example.org/a#")]
    predicates.append(ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"))
    triples = [ox.Triple(node(chance), chance.choice(predicates), term(chance, texts)) for _ in range(seed * 9)]
    return set(triples)


@pytest.mark.parametrize("lines", [1, 7, 5_000])
@pytest.mark.parametrize("texts", [TEXTS, ("a", "\x01")])
def test_blocks_of_a_graph_are_the_graph(
    lines: int, texts: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_files, "_BLOCK_LINES", lines)
    files = {form: tmp_path / f"x.{form.suffix}" for form in formats.GRAPHS}
    for seed in range(1, 25):
        triples = graph(seed, texts)
        written = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").splitlines(keepends=True)
        graph_files.write(sorted(written), files)
        for form, path in files.items():
            try:
                whole = formats.serialize(triples, form)
            except NotAcceptable:
                assert not path.exists(), (seed, form.label)
            else:
                assert path.read_bytes() == whole, (seed, form.label)
