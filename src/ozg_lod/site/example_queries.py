"""The example queries: files that explain themselves in two languages, shown to people and published for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.core import query_files
from ozg_lod.core.messages import Language
from ozg_lod.core.vocab import RDF, RDFS, SH
from ozg_lod.sparql.scan import scan

TOPICS: Final = ("services", "programmes", "places", "evidence")
_KINDS: Final = {"SELECT": "Select", "ASK": "Ask", "CONSTRUCT": "Construct", "DESCRIBE": "Describe"}
_TARGET: Final = ox.NamedNode("https://schema.org/target")
_LARGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class ExampleQuery:
    """One query with what it asks, by language; `topic` groups it."""

    name: str
    titles: Mapping[Language, str]
    questions: Mapping[Language, str]
    topic: str
    query: str


def read(folder: Path) -> tuple[ExampleQuery, ...]:
    """Return the examples of a folder of .rq files by topic and title; a file without a title is none."""
    files = sorted(folder.glob("*.rq")) if folder.is_dir() else []
    examples = [_example(file.stem, file.read_text("utf-8")) for file in files]
    queries = [example for example in examples if example.titles]
    return tuple(sorted(queries, key=lambda one: (TOPICS.index(one.topic), one.titles.get("de", one.name).casefold())))


def _example(name: str, text: str) -> ExampleQuery:
    file = query_files.parsed(text)
    topic = file.text("topic")
    titles, questions = file.label("title").texts, file.label("question").texts
    return ExampleQuery(name, titles, questions, topic if topic in TOPICS else TOPICS[-1], file.query)


def triples(examples: Iterable[ExampleQuery], public_url: str) -> Iterator[ox.Triple]:
    """Yield the examples as SHACL executables (SHACL Advanced Features §3), as the SIB publishes them."""
    for example in examples:
        subject = ox.NamedNode(f"{public_url}/queries/{example.name}")
        form = scan(example.query, max_bytes=_LARGEST).form or "SELECT"
        kind = f"SPARQL{_KINDS[form]}Executable"
        yield ox.Triple(subject, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + "SPARQLExecutable"))
        yield ox.Triple(subject, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + kind))
        yield ox.Triple(subject, ox.NamedNode(SH + form.lower()), ox.Literal(example.query))
        yield ox.Triple(subject, _TARGET, ox.NamedNode(f"{public_url}/sparql"))
        for language, title in example.titles.items():
            yield ox.Triple(subject, ox.NamedNode(RDFS + "label"), ox.Literal(title, language=language))
        for language, question in example.questions.items():
            yield ox.Triple(subject, ox.NamedNode(RDFS + "comment"), ox.Literal(question, language=language))
