"""The program names no territory: what it is about stands in the source folder, and another state gets its own site."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from babel.messages.pofile import read_po
from tests.conftest import ROOT

from ozg_lod.build import build, new_source
from ozg_lod.core.settings import Settings
from ozg_lod.core.vocab import PREFIXES, SKOS

SOURCE = ROOT / "src"
BINARY = {".ico", ".mo", ".pyc", ".woff2", ".png"}
ELSEWHERE = {
    "placenames.txt": "a list of places of all Germany, to tell a place elsewhere from a slip of the pen",
    "built": "made by the build from web/",
    "source": "the packaged copy of the source folder",
}
"""Files and folders that are not read, each with its reason."""
EVERYDAY = {
    "Bundesamt für Kartographie und Geodäsie (BKG)": "a body of the federation",
    "Statistisches Bundesamt (Destatis)": "a body of the federation",
    "Eurostat": "a body of the European Union",
    "KSpV": "an abbreviation used in every state, explained in the glossary",
    "Neustadt": "dozens of places are called so",
    "Koordinierungsstelle": "an everyday word",
    "OZG-Koordinierungsstelle": "every state has one",
    "Coordination office": "an everyday word",
}
"""Names in the data that are no names of this territory, each with its reason."""
KEYS = re.compile(
    r"(?i)hess[ei]|(?<!\w)(?-i:DE7[0-9A-Z]{0,2})(?!\w)|(?<![\w.#])06(?:[1-9]\d{2}(?:\d{3}|\d{7})?)?(?![\w-])"
)
"""The name of the state, its NUTS key, and its key with those of its districts and municipalities (AGS, ARS)."""
BASE = "https://example.org/uferland/"
TITLE = "Katalog Uferland"
OFFICIAL = "Dies ist eine amtliche Website."
TOWNS = {"16999001": "Oberufer", "16999002": "Niederufer", "16999003": "Mittelufer"}
USED = ("ozg", "skos", "dct", "foaf", "org", "cv", "xsd")
PAGES = ("/", "/doc/municipality", "/doc/municipality/16999001", "/nowhere", "/openapi.json", "/catalog", "/hilfe")


def column(name: str, *fields: str) -> Iterator[str]:
    with (ROOT / "data" / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from (row[field] for field in fields if row[field])


def names() -> set[str]:
    """Names of towns, districts and bodies; towns also without “am Main”, districts without “Landkreis”."""
    towns = {*column("municipalities.csv", "name", "place_name"), *column("districts.csv", "name", "place_name")}
    towns |= {re.split(r" (?:am|an|in|im|i\.|a\.) |,| \(", town)[0] for town in towns}
    towns |= {town.removeprefix("Landkreis ") for town in towns}
    bodies = {
        quad.object.value
        for path in (ROOT / "data").glob("*.ttl")
        for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)
        if "/id/organisation/" in quad.subject.value and quad.predicate.value in {SKOS + "prefLabel", SKOS + "altLabel"}
    }
    return (towns | bodies) - set(EVERYDAY)


def test_no_file_of_the_program_names_this_territory() -> None:
    listed = sorted(map(re.escape, names()), key=len, reverse=True)
    assert len(listed) > 420
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(listed)})(?!\w)")
    hits = [
        f"{path.relative_to(ROOT)}:{number}: {hit[0]}"
        for path in sorted(SOURCE.rglob("*"))
        if path.is_file() and path.suffix not in BINARY and not ELSEWHERE.keys() & set(path.parts)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for wanted in (pattern, KEYS)
        for hit in wanted.finditer(line)
    ]
    assert hits == []


def test_the_icon_of_the_source_folder_is_the_icon_of_the_site(client: httpx.Client) -> None:
    icon = (ROOT / "data" / "icon.svg").read_bytes()
    assert icon != (SOURCE / "ozg_lod" / "static" / "icon.svg").read_bytes()
    address = re.search(r'rel="icon" href="([^"]+)"', client.get("/").text)
    assert address is not None
    assert client.get(address[1]).content == icon
    assert client.get("/static/icon.svg").content == icon
    failed = re.search(r'rel="icon" href="([^"]+)"', client.get("/nowhere", headers={"accept": "text/html"}).text)
    assert failed is not None
    assert failed[1] == address[1]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Any]) -> Iterator[httpx.Client]:
    """A client of the site of another state, made by `ozg-lod init`, with a few towns."""
    folder = tmp_path_factory.mktemp("uferland")
    source = folder / "source"
    new_source.source_folder(source, base_iri=BASE, title=TITLE)
    (source / "data" / "towns.ttl").write_text(_towns(), "utf-8")
    site = source / "data" / "site.toml"
    site.write_text(f'official = {{ de = "{OFFICIAL}" }}\n' + site.read_text("utf-8"), "utf-8")
    outcome = build.build(Settings(source=(source,), target=folder / "target"), say=lambda _message: None)
    assert outcome.manifest is not None
    with serve(folder / "target") as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def _towns() -> str:
    prefixes = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in USED)
    source = f"""<{BASE}id/source/list> a foaf:Document ; skos:prefLabel "Liste der Gemeinden"@de, "List"@en ;
  dct:issued "2026-01-01"^^xsd:date .
"""
    return prefixes + source + "\n".join(_town(key, name) for key, name in TOWNS.items())


def _town(key: str, name: str) -> str:
    return f"""<{BASE}id/place/{key}> a dct:Location ; skos:prefLabel "{name}"@de ; dct:identifier "{key}" ;
  dct:type ozg:Gemeinde ; dct:source <{BASE}id/source/list> .
<{BASE}id/municipality/{key}> a ozg:TerritorialAuthority, cv:PublicOrganisation ;
  skos:prefLabel "{name}"@de ; ozg:ags "{key}" ;
  org:classification ozg:Gemeinde ; dct:spatial <{BASE}id/place/{key}> ; dct:source <{BASE}id/source/list> .
"""


def test_no_message_knows_a_year() -> None:
    """What the data are as of stands in the data; a message may only show how a day is written."""
    with (SOURCE / "ozg_lod" / "locale" / "de" / "LC_MESSAGES" / "ozg_lod.po").open("rb") as file:
        messages = [message.id for message in read_po(file) if message.id]
    texts = [text for message in messages for text in (message if isinstance(message, tuple) else (message,))]
    assert [text for text in texts if re.search(r"\b(19|20)\d\d\b(?!-\d\d)", text)] == []


@pytest.mark.parametrize("path", PAGES)
def test_the_site_of_another_state_names_itself_and_not_this_one(elsewhere: httpx.Client, path: str) -> None:
    accept = "application/json" if path.endswith(".json") else "text/html"
    for language in ("de", "en"):
        answer = elsewhere.get(path, params={"lang": language}, headers={"accept": accept}).text
        assert re.findall(r"(?i)\bhess\w*|\b06\d{3,}\b|\bDE7\w*", answer) == []
        if path.endswith(".json"):
            assert TITLE in answer
            continue
        assert re.search(rf"<title>[^<]*{TITLE}</title>", answer)
        assert OFFICIAL in answer
        assert re.search(rf'<a class="brand"[^>]*>.*{TITLE}</a>', answer)


def test_the_site_of_another_state_has_its_things_and_is_cited_by_its_name(elsewhere: httpx.Client) -> None:
    assert "Niederufer" in elsewhere.get("/doc/municipality").text
    town = elsewhere.get("/doc/municipality/16999001", headers={"accept": "text/html"}).text
    (citation,) = re.findall(r"<dt>Beleg</dt><dd[^>]*>([^<]*)</dd>", town)
    assert TITLE in citation
    assert TITLE in re.findall(r"<pre[^>]*>[^<]*</pre>", elsewhere.get("/hilfe").text)[-1]
