"""A third language is one `.po`: with a made-up one, in which each word is marked, no page says a word without a mark.

What the data say in German or English stands in an element whose `lang` says so; codes, times and numbers are no words.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from tests.conftest import ROOT

LANGUAGE: Final = "fr"
"""Babel needs a language it knows, for dates and numbers; the words are English ones with marks."""
PATHS: Final = (
    "/",
    "/doc/municipality",
    "/doc/municipality/06531005",
    "/doc/bundle/jugendamt",
    "/doc/programme/ozg-modellkommunen",
    "/karte",
    "/suche?q=Jugendamt",
    "/sparql",
    "/status",
    "/hilfe",
    "/pruefen",
    "/nowhere",
)
PLAIN: Final = frozenset({"code", "pre", "script", "style", "time", "textarea", "title", "text"})
"""What is no prose; a title cannot mark a part of it, and names in a map (text) are drawn for the eye."""
COPY: Final = "copy"
"""The class of what is there to be copied as it stands: an address, a citation."""
VOID: Final = frozenset({"meta", "link", "input", "img", "br", "hr", "path", "rect", "circle"})
NAMES: Final = frozenset(
    {
        "AGS",
        "ARS",
        "CSV",
        "EfA",
        "FIM",
        "HTML",
        "IKZ",
        "JSON",
        "Jugendamt",
        "KSpV",
        "LD",
        "LeiKa",
        "Markdown",
        "Mo",
        "N",
        "ODS",
        "OZG",
        "RDF",
        "RQ",
        "SPARQL",
        "Triples",
        "Turtle",
        "VoID",
        "XLSX",
        "XML",
        "curl",
    }
)
"""Names of formats, what is abbreviated alike in every language (Mo by Babel), and what the test searches for."""


def marked(text: str) -> str:
    """Return the text with each word marked; gaps stay as they are."""
    pieces = re.split(r"(\{[^{}]*\}|\{\{|\}\})", text)
    return "".join(
        piece if number % 2 else re.sub(r"[^\W\d_]+", r"‹\g<0>›", piece) for number, piece in enumerate(pieces)
    )


def translate(package: Path) -> None:
    """Write the made-up translation into a copy of the program."""
    with (package / "locale" / "de" / "LC_MESSAGES" / "ozg_lod.po").open("rb") as file:
        sentences = read_po(file)
    catalogue = Catalog(LANGUAGE)
    for message in sentences:
        if message.id:
            texts = tuple(map(marked, message.id)) if isinstance(message.id, tuple) else marked(message.id)
            catalogue.add(message.id, texts, context=message.context)
    target = package / "locale" / LANGUAGE / "LC_MESSAGES" / "ozg_lod.po"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_po(file, catalogue)


class Words(HTMLParser):
    """The text nodes of a page that are in its language, and the languages that it can be switched to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []
        self.switch: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        classes = {"number", COPY} & set((said.get("class") or "").split())
        foreign = said.get("lang", LANGUAGE) != LANGUAGE or tag in PLAIN or bool(classes)
        foreign = foreign or bool(self.open and self.open[-1][1])
        if said.get("class") == "language":
            self.switch.append(str(said["hreflang"]))
        if tag not in VOID:
            self.open.append((tag, foreign))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1][1]):
            self.texts.append(data)


def unmarked(html: str) -> list[str]:
    """Return the texts that have a word without a mark; what has a digit (keys, versions, days) is no word."""
    texts = [
        re.sub(r"‹[^‹›]*›|https?://\S+|/\S+|[\w-]*\.[a-z]+|\w*\d\w*( [^\W\d]+ \d{4})?", " ", text).strip()
        for text in Words(html).texts
    ]
    return [text for text in texts if set(re.findall(r"[^\W\d_]+", text)) - NAMES]


@pytest.fixture(scope="module")
def translated(
    target: Path, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Any]
) -> Iterator[httpx.Client]:
    """A client of a server whose program is a copy with a translation more."""
    sources = tmp_path_factory.mktemp("third")
    shutil.copytree(ROOT / "src" / "ozg_lod", sources / "ozg_lod", ignore=shutil.ignore_patterns("__pycache__"))
    translate(sources / "ozg_lod")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(sources))
        with serve(target) as url, httpx.Client(base_url=url, timeout=30) as client:
            yield client


@pytest.mark.parametrize("path", PATHS)
def test_a_page_says_nothing_without_the_mark(translated: httpx.Client, path: str) -> None:
    answer = translated.get(path, headers={"accept": "text/html", "accept-language": LANGUAGE})
    assert answer.status_code == (httpx.codes.NOT_FOUND if path == "/nowhere" else httpx.codes.OK)
    assert answer.headers["content-language"] == LANGUAGE
    assert f'<html lang="{LANGUAGE}">' in answer.text
    assert "‹" in answer.text
    assert unmarked(answer.text) == []
    assert path == "/nowhere" or Words(answer.text).switch == ["de", "en"]


def test_the_address_chooses_it_too(translated: httpx.Client) -> None:
    answer = translated.get("/", params={"lang": LANGUAGE}, headers={"accept": "text/html"})
    assert answer.headers["content-language"] == LANGUAGE
    assert f'hreflang="{LANGUAGE}"' in answer.text
    german = translated.get("/?lang=de", headers={"accept": "text/html"}).text
    assert Words(german).switch == ["en", LANGUAGE]
