"""A new kind of thing is data alone: a table in kinds.toml, terms, rules, rows, a query, a contract, and no code."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from tests.conftest import ROOT

from ozg_lod.build import build
from ozg_lod.core.settings import Settings
from ozg_lod.core.vocab import OZG, VOID

BASE = "https://w3id.org/ozg-lod/hessen/"
KEY = "hafen-2025"
NAME = "Bescheid über den Hafenbau"
KIND = """
[award]
one = { de = "Förderbescheid", en = "Award" }
many = { de = "Förderbescheide", en = "Awards" }
about = { de = "Was bewilligt wurde.", en = "What was granted." }
without = { de = "Einen Förderbescheid", en = "award" }
shelf = "programmes"
columns = ["ozg:grantedTo", "ozg:grantedEur"]
key_facts = true
search = 21
spelled = true
match = 11
matched_as = "service"
example = 8
preview = 7
"""
TERMS = """
ozg:Award a owl:Class ; rdfs:label "Förderbescheid"@de , "award"@en ; rdfs:subClassOf ozg:Statement ;
    rdfs:isDefinedBy <https://w3id.org/ozg-lod/ontology> ;
    skos:definition "Eine Bewilligung."@de , "A grant that was awarded."@en .
ozg:grantedTo a owl:ObjectProperty ; rdfs:label "bewilligt für"@de , "granted to"@en ; rdfs:domain ozg:Award ;
    rdfs:isDefinedBy <https://w3id.org/ozg-lod/ontology> ;
    skos:definition "Wer die Bewilligung hat."@de , "Who was granted it."@en .
ozg:grantedEur a owl:DatatypeProperty ; rdfs:label "bewilligte Euro"@de , "euros granted"@en ; rdfs:domain ozg:Award ;
    rdfs:range xsd:integer ; rdfs:isDefinedBy <https://w3id.org/ozg-lod/ontology> ;
    skos:definition "Der Betrag in Euro."@de , "The amount in euros."@en .
"""
SHAPE = """
@prefix ozg: <https://w3id.org/ozg-lod/ontology#> .
@prefix ozgsh: <https://w3id.org/ozg-lod/shapes#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
ozgsh:Award a sh:NodeShape ; rdfs:label "Förderbescheid"@de , "award"@en ;
    rdfs:isDefinedBy <https://w3id.org/ozg-lod/shapes> ;
    sh:property ozgsh:award-amount-missing ; sh:targetClass ozg:Award .
ozgsh:award-amount-missing a sh:PropertyShape ; rdfs:isDefinedBy <https://w3id.org/ozg-lod/shapes> ; sh:minCount 1 ;
    sh:message "Geben Sie den bewilligten Betrag an."@de , "Give the amount that was granted."@en ;
    sh:name "Betrag"@de , "amount"@en ; sh:path ozg:grantedEur ; sh:severity sh:Violation .
"""
FLAT = """# title: Förderbescheide
# title-en: Awards
# dataset: awards
# key: iri
# column iri: anyURI! | Adresse | Address
# column name: string! | Bescheid | Award
# column granted_eur: integer! | Betrag in Euro | Amount in euros
# unit granted_eur: Euro | euros
# zero granted_eur: Kommt nicht vor. | Does not occur.
PREFIX ozg: <https://w3id.org/ozg-lod/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?iri ?name ?granted_eur
WHERE {
  ?iri a ozg:Award ; skos:prefLabel ?name ; ozg:grantedEur ?granted_eur .
  FILTER(LANG(?name) = "de")
}
ORDER BY ?iri
"""
COLUMNS = (
    ("bescheid", "Kürzel des Bescheids", "Short name", {"base": "string", "format": "[a-z0-9-]+"}, KEY, {}),
    (
        "name",
        "Name des Bescheids",
        "Name of the award",
        "string",
        NAME,
        {"propertyUrl": "skos:prefLabel", "lang": "de"},
    ),
    (
        "ags",
        "Gemeinde (AGS)",
        "Municipality (AGS)",
        {"base": "string", "format": "(?<municipality>[0-9]{8})"},
        "06411000",
        {"propertyUrl": OZG + "grantedTo", "valueUrl": "id/municipality/{municipality}"},
    ),
    ("euro", "Bewilligte Euro", "Euros granted", "integer", "120000", {"propertyUrl": OZG + "grantedEur"}),
)


def described(url: str, source: str) -> str:
    """The description of the table (CSV on the Web), for our data or for contributions."""
    columns: list[dict[str, object]] = [
        {
            "name": name,
            "titles": {"de": de, "en": en},
            "dc:description": {"de": f"{de}, wie der Bescheid es sagt.", "en": f"{en}, as the award says."},
            "skos:example": example,
            "datatype": datatype,
            "required": True,
            **(properties or {"suppressOutput": True}),
        }
        for name, de, en, datatype, example, properties in COLUMNS
    ]
    columns += [
        {"name": "typ", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": OZG + "Award"},
        {"name": "quelle", "virtual": True, "propertyUrl": "dcterms:source", "valueUrl": f"id/source/{source}"},
    ]
    table = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "de", "@base": BASE}],
        "url": url,
        "dc:title": {"de": "Förderbescheide", "en": "Awards"},
        "dc:description": {"de": "Eine Zeile je Bescheid.", "en": "One row per award."},
        "tableSchema": {"aboutUrl": "id/award/{bescheid}", "primaryKey": ["bescheid"], "columns": columns},
    }
    return json.dumps(table, ensure_ascii=False, indent=2)


def dataset(folder: Path) -> str:
    """The description of a dataset of awards: that of the bundles with another name and another space."""
    about = f"{BASE}id/dataset/bundles"
    text = "".join(
        str(ox.Triple(*quad)) + " .\n"
        for quad in ox.parse((folder / "datasets.ttl").read_bytes(), ox.RdfFormat.TURTLE)
        for quad in [(quad.subject, quad.predicate, quad.object)]
        if quad[0].value.startswith(about) and quad[1].value != VOID + "uriSpace"
    )
    text = text.replace(about, f"{BASE}id/dataset/awards").replace("Umsetzungsbündel des OZG", "Förderbescheide")
    return text + f'<{BASE}id/dataset/awards> <{VOID}uriSpace> "{BASE}id/award/" .\n'


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, "utf-8")


@pytest.fixture(scope="module")
def awards(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Any]) -> Iterator[httpx.Client]:
    """A client of a site whose source folder got one kind more."""
    folder = tmp_path_factory.mktemp("awards")
    source = folder / "source"
    for name in ("data", "ontology", "shapes", "queries", "contributions"):
        shutil.copytree(ROOT / name, source / name)
    shutil.copytree(ROOT / "tests" / "invariants", source / "invariants")
    append(source / "data" / "kinds.toml", KIND)
    append(source / "data" / "datasets.ttl", dataset(source / "data"))
    append(source / "ontology" / "ozg.ttl", TERMS)
    (source / "shapes" / "award.ttl").write_text(SHAPE, "utf-8")
    (source / "queries" / "flat" / "award.rq").write_text(FLAT, "utf-8")
    row = ",".join(column[4] for column in COLUMNS)
    (source / "data" / "award.csv").write_text(",".join(c[0] for c in COLUMNS) + f"\n{row}\n", "utf-8")
    known = "hmdis-2021-05-19"
    (source / "data" / "award.csv-metadata.json").write_text(described("award.csv", known), "utf-8")
    contract = source / "contributions" / "foerderbescheide.csv-metadata.json"
    contract.write_text(described("foerderbescheide.csv", "beitrag"), "utf-8")
    outcome = build.build(Settings(source=(source,), target=folder / "target"), say=lambda _message: None)
    assert outcome.manifest is not None, [str(f.message) for f in outcome.examination.findings]  # type: ignore[union-attr]
    with serve(folder / "target") as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == httpx.codes.OK, path
    return answer.text


def test_a_thing_has_its_page_with_its_facts(awards: httpx.Client) -> None:
    text = page(awards, f"/doc/award/{KEY}")
    assert f"<h1>{NAME}</h1>" in text
    assert "Förderbescheid" in text
    assert "Darmstadt" in text
    assert "120.000 €" in text
    assert "bewilligt für" in text
    assert "euros granted" in page(awards, f"/doc/award/{KEY}?lang=en")


def test_the_list_has_the_columns_of_the_file_and_is_filtered(awards: httpx.Client) -> None:
    text = page(awards, "/doc/award")
    assert re.findall(r'<th scope="col">([^<]*)</th>', text) == ["Bezeichnung", "bewilligt für", "bewilligte Euro"]
    assert NAME in text
    assert NAME in page(awards, "/doc/award?q=hafenbau")
    assert NAME not in page(awards, "/doc/award?q=flughafen")
    table = awards.get("/doc/award.csv").text.splitlines()
    assert table[0] == "key,name,iri,grantedTo,grantedEur"
    assert table[1].startswith(f"{KEY},{NAME},{BASE}id/award/{KEY},")
    assert f"award/{KEY}" in awards.get("/doc/award.ttl").text


def test_search_finds_it_under_its_kind(awards: httpx.Client) -> None:
    text = page(awards, "/suche?q=Hafenbau")
    assert f"/doc/award/{KEY}" in text
    result = awards.get("/search.json?q=Hafenbau&kind=award").json()
    assert [row["kind"] for row in result["results"]] == ["award"]
    assert re.search(r"kind=award[^>]*>\s*Förderbescheide", page(awards, "/suche?q=Hafenbau&kind=award"))


def test_its_flat_table_and_its_dataset_are_published(awards: httpx.Client) -> None:
    assert awards.get("/dump/award.csv").text.splitlines()[1] == f"{BASE}id/award/{KEY},{NAME},120000"
    text = page(awards, "/doc/dataset/awards")
    assert "award.csv" in text
    assert f"{BASE}id/award/{KEY}" in awards.get("/dump/awards.nt").text


def test_its_template_has_the_titles_of_its_columns(awards: httpx.Client) -> None:
    assert "Förderbescheide" in page(awards, "/vorlagen")
    book = awards.get("/vorlagen/foerderbescheide.xlsx")
    assert book.status_code == httpx.codes.OK
    with zipfile.ZipFile(io.BytesIO(book.content)) as parts:
        texts = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    assert all(column[1] in texts for column in COLUMNS)


def test_a_table_of_it_can_be_checked(awards: httpx.Client) -> None:
    titles, cells = ",".join(column[1] for column in COLUMNS), ",".join(column[4] for column in COLUMNS)
    table = f"{titles}\n{cells}\n"
    report = awards.post("/validate", files={"file": ("neu.csv", table.encode())}).json()
    assert report["conforms"], report["findings"]
    worse = awards.post("/validate", files={"file": ("neu.csv", table.replace("120000", "viel").encode())}).json()
    assert not worse["conforms"]


def test_lists_are_matched_with_it(awards: httpx.Client) -> None:
    types = awards.get("/reconcile").json()["defaultTypes"]
    assert {"id": "award", "name": "Förderbescheid"} in [{"id": t["id"], "name": t["name"]} for t in types]
    queries = json.dumps({"q0": {"query": NAME, "type": "award"}})
    (best, *_rest) = awards.post("/reconcile", data={"queries": queries}).json()["q0"]["result"]
    assert (best["id"], best["match"]) == (f"award/{KEY}", True)
    offered = awards.get("/reconcile/extend/propose?type=award").json()["properties"]
    assert "Bewilligte Euro".lower() in {row["name"].lower() for row in offered}


def test_start_page_and_status_list_it(awards: httpx.Client) -> None:
    assert re.search(r'href="/doc/award">Förderbescheide</a> <span class="amount">1<', page(awards, "/"))
    assert re.search(r'<th scope="row"><a href="/doc/award">Förderbescheide</a>', page(awards, "/status"))


def test_vocabulary_and_rules_know_it(awards: httpx.Client) -> None:
    assert "bewilligte Euro" in page(awards, "/ontology")
    assert "Geben Sie den bewilligten Betrag an." in page(awards, "/shapes")
