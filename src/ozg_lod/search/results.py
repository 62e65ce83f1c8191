"""Results of a search as people read them: names with what was found marked, context, and a piece of the text.

What is marked is kept apart as text (`Part`), so that the template escapes everything and only it writes `<mark>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.core.folding import spans
from ozg_lod.core.kinds import Kind, Kinds
from ozg_lod.core.messages import Language, _
from ozg_lod.rdf.addresses import Addresses, Target
from ozg_lod.search.index import PAGE
from ozg_lod.search.search import Hit, SearchResult, Thing

PAGE_SIZE: Final = 20

_BEFORE: Final = 70
_AFTER: Final = 150


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of a text, marked or not."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text in pieces; `language` is "" where it is the page's."""

    parts: tuple[TextPart, ...]
    language: str = ""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class ResultItem:
    """One line of the list: kind, name, where it leads, what it is, where else the words stand (None: nowhere)."""

    kind: Kind
    name: MarkedText
    target: Target | None
    context: tuple[MarkedText, ...]
    excerpt: MarkedText | None


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page of results; `first` is the number of its first one, `cut` says that the query was too long."""

    outcome: SearchResult
    results: tuple[ResultItem, ...]
    page: int
    pages: int
    first: int
    cut: bool = False


def page_of(
    language: Language, addresses: Addresses, kinds: Kinds, outcome: SearchResult, *, page: int, cut: bool = False
) -> ResultPage:
    """Return page number `page` of an outcome that was asked for with PAGE_SIZE."""
    pages = max(1, -(-outcome.total // PAGE_SIZE))
    results = tuple(result(language, addresses, kinds[hit.thing.kind], hit, outcome.words) for hit in outcome.hits)
    return ResultPage(outcome, results, page, pages, (page - 1) * PAGE_SIZE + 1, cut)


def result(language: Language, addresses: Addresses, kind: Kind, hit: Hit, sought: Sequence[str]) -> ResultItem:
    """Return one hit with the folded words `sought` marked."""
    name = _line(*name_of(hit.thing, language), language, sought)
    excerpt = _excerpt(hit, sought, language) if hit.match in {"name", "other-name", "text"} else None
    if hit.thing.kind == PAGE:
        context = (_line(_("Page of this site")[language], language, language, ()),)
        return ResultItem(kind, name, Target(addresses.path(hit.thing.iri)), context, excerpt)
    return ResultItem(kind, name, addresses.target(hit.thing.iri), _context(language, hit.thing, kind, sought), excerpt)


def name_of(thing: Thing, language: str) -> tuple[str, str]:
    """Return (name, its language): the asked one, else the German."""
    return (thing.en, "en") if language == "en" and thing.en else (thing.de, "de")


def _context(language: Language, thing: Thing, kind: Kind, sought: Sequence[str]) -> tuple[MarkedText, ...]:
    """Return what the thing is, its district and its official key; “Stadt” stands for “Kommune”, it says more."""
    english = language == "en" and thing.type_en
    type_name = thing.type_en if english else thing.type_de
    shown = type_name[:1].upper() + type_name[1:]
    lines = [
        _line("" if kind.body and shown else kind.one[language], kind.one.answered(language), language, ()),
        _line(shown, "en" if english else "de", language, sought),
        _line(thing.district, "de", language, sought),
        _line(thing.official, language, language, sought),
    ]
    return tuple(line for line in lines if line.text)


def _excerpt(hit: Hit, words: Sequence[str], language: str) -> MarkedText | None:
    """Return the passage with most of the words, the page's language first, cut around the first of them."""
    best: tuple[int, bool] = (0, False)
    chosen = ("", "")
    for tag, text in hit.passages:
        hits = sum(bool(spans(text, [word])) for word in words)
        if hits and (hits, tag == language) > best:
            best, chosen = (hits, tag == language), (tag, text)
    tag, text = chosen
    return _line(_cut(text, spans(text, words)[0][0]), tag, language, words) if text else None


def _cut(text: str, start: int) -> str:
    """Return the text around `start`, cut between words.

    >>> _cut("eins " * 100, 300)[:10]
    '… eins ein'
    """
    begin = 0 if start <= _BEFORE else text.find(" ", start - _BEFORE, start) + 1 or start
    end = len(text) if len(text) <= start + _AFTER else text.rfind(" ", start + 1, start + _AFTER)
    end = end if end > start else start + _AFTER
    return ("… " if begin else "") + text[begin:end] + (" …" if end < len(text) else "")


def _line(text: str, tag: str, language: str, words: Sequence[str]) -> MarkedText:
    parts: list[TextPart] = []
    at = 0
    for start, end in spans(text, words):
        parts += [TextPart(text[at:start]), TextPart(text[start:end], marked=True)]
        at = end
    parts.append(TextPart(text[at:]))
    return MarkedText(tuple(part for part in parts if part.text), "" if tag == language else tag)
