"""Start the source folder of another state or region: our ontology, rules and queries, and a catalogue of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.core import identity, kinds, search_words
from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import _
from ozg_lod.core.settings import packaged_source
from ozg_lod.core.vocab import (
    DCAT,
    DCT,
    RDF,
    VOID,
)

_SHARED: Final = {
    "ontology": "ontology",
    "shapes": "shapes",
    "contributions": "contributions",
    "queries/derive": "queries/derive",
    "queries/help": "queries/help",
    "tests/invariants": "invariants",
    "tests/shapes": "cases",
}
"""What every source folder has, and what it is called in the package."""
_READ_ME: Final = """# {title}

Ein Ordner mit Quellen für ozg-lod. / A source folder for ozg-lod.

- `data/catalogue.ttl` nennt Titel und Basis-IRI. / names title and base IRI.
- `data/` bekommt Ihre Tabellen (`x.csv` mit `x.csv-metadata.json`) und RDF-Dateien. / takes your tables and RDF files.
- `contributions/` beschreibt, was andere beitragen können. / describes what others may contribute.
- `ontology/`, `shapes/`, `queries/derive/` sind überall dieselben. / are the same everywhere.

    ozg-lod build --source {directory}
    ozg-lod serve --source {directory}
"""


_SITE: Final = """# What this catalogue is called and which territory it is about; the file of the same name in the
# repository of ozg-lod explains all fields.
name = {{ de = {title}, en = {title} }}
claim = {{ de = {title}, en = {title} }}

# [territory]
# of = {{ de = "von …", en = "of …" }}
# in = {{ de = "in …", en = "in …" }}
# whole = {{ de = "Ganz …", en = "All of …" }}

# [examples]
# authority = "…"
"""


def source_folder(directory: Path, *, base_iri: str, title: str) -> None:
    """Write a folder that builds as it stands; raise UsageError if the place or the IRI will not do."""
    if not base_iri.startswith(("https://", "http://")) or not base_iri.endswith("/"):
        raise UsageError(
            _(
                "{base_iri} is no base IRI; write one like https://w3id.org/ozg-lod/thueringen/, slash at the end.",
                base_iri=repr(base_iri),
            ),
        )
    if directory.exists() and any(directory.iterdir()):
        raise UsageError(
            _("{directory} is not empty; name a new folder.", directory=directory),
        )
    source = packaged_source()
    for name, packaged in _SHARED.items():
        origin = source / name
        shutil.copytree(origin if origin.is_dir() else source / packaged, directory / name)
    for contract in (directory / "contributions").glob("*.json"):
        _rebase(contract, base_iri)
    (directory / "data").mkdir()
    for name in (kinds.FILE, search_words.PAGES_FILE):
        shutil.copy(source / "data" / name, directory / "data" / name)
    (directory / "data" / identity.FILE).write_text(
        _SITE.format(title=json.dumps(title, ensure_ascii=False)), encoding="utf-8"
    )
    (directory / "data" / "catalogue.ttl").write_bytes(_catalogue(base_iri, title))
    (directory / "README.md").write_text(_READ_ME.format(title=title, directory=directory), encoding="utf-8")


def _rebase(contract: Path, base_iri: str) -> None:
    """Let the rows of a table be about the things of this catalogue: the base of a description is its own."""
    described = json.loads(contract.read_text("utf-8"))
    described["@context"][1]["@base"] = base_iri
    contract.write_text(json.dumps(described, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _catalogue(base_iri: str, title: str) -> bytes:
    try:
        catalogue = ox.NamedNode(f"{base_iri}catalog")
    except ValueError as error:
        raise UsageError(_("{base_iri} is no IRI: {error}.", base_iri=repr(base_iri), error=error)) from None
    triples = [
        ox.Triple(catalogue, ox.NamedNode(RDF + "type"), ox.NamedNode(DCAT + "Catalog")),
        ox.Triple(catalogue, ox.NamedNode(DCT + "title"), ox.Literal(title, language="de")),
        ox.Triple(catalogue, ox.NamedNode(VOID + "uriSpace"), ox.Literal(base_iri)),
    ]
    prefixes = {"dcat": DCAT, "dct": DCT, "void": VOID}
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""
