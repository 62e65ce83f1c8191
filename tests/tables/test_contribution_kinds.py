"""The kinds of contribution: contracts from which reading, facts, help and templates come."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from ozg_lod.build import build
from ozg_lod.core.errors import SourceError
from ozg_lod.core.settings import Settings
from ozg_lod.core.vocab import DCT, SKOS
from ozg_lod.snapshots import snapshot
from ozg_lod.tables import contribution_kinds
from ozg_lod.validation import gate, rulebook

ROOT = Path(__file__).parents[2]
BASE = "https://w3id.org/ozg-lod/hessen/"
KINDS = contribution_kinds.of_directory(ROOT, BASE)
NAMES = {"06531005": "Gießen", "16": "Thüringen", "jugendamt": "Jugendamt"}
ROWS = {
    "efa-angebote": {"leistung": "10169"},
    "nachnutzung": {"stand": "in Nutzung", "bis": ""},
    "verfuegbarkeit": {"bis": ""},
    "leistungen": {"bis": "", "bezeichnung": ""},
    "teilnahme": {"stand": "läuft"},
}


def table(kind: contribution_kinds.ContributionKind, language: str = "de", **cells: str) -> bytes:
    """A table of one row: the examples of its columns."""
    said = {**ROWS.get(kind.slug, {}), **cells}
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow([column.title(language) for column in kind.columns])
    writer.writerow([said.get(column.name, column.datatype.example) for column in kind.columns])
    return output.getvalue().encode()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_each_column_says_in_two_languages_what_belongs_into_it_and_gives_an_example(
    kind: contribution_kinds.ContributionKind,
) -> None:
    assert kind.slug.isascii()
    for language in ("de", "en"):
        assert kind.title(language)
        assert kind.help(language).endswith(".")
        for column in kind.columns:
            assert column.titles[language]
            assert column.description[language].endswith(".")
    assert all(column.datatype.example for column in kind.columns)
    assert all(choice.name("en") for column in kind.columns for choice in column.datatype.choices)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_a_row_of_the_examples_conforms_and_has_one_source(
    kind: contribution_kinds.ContributionKind, language: str, target: Path
) -> None:
    snapshots = snapshot.Snapshots(target)
    directory = snapshots.directory(snapshots.current() or "")
    rules = rulebook.of_snapshot(directory, BASE)
    found = gate.examine([gate.SourceFile("my table.csv", table(kind, language))], rules)
    assert found.findings == ()
    sources = [quad for quad in ox.parse(found.quads, ox.RdfFormat.N_QUADS) if quad.predicate.value == DCT + "source"]
    assert [quad.object.value for quad in sources] == [f"{BASE}id/source/beitrag"]


def test_accepted_tables_build_together_with_the_catalogue(tmp_path: Path) -> None:
    data = tmp_path / "more" / "data"
    data.mkdir(parents=True)
    source = f"<{BASE}id/source/beitrag-7> a <http://www.w3.org/ns/prov#Entity> ; <{SKOS}prefLabel> 'Beitrag 7'@de ."
    (data / "beitrag-7.ttl").write_text(source, "utf-8")
    for kind in KINDS:
        (data / f"beitrag-7-{kind.slug}.csv").write_bytes(table(kind))
        name = f"beitrag-7-{kind.slug}{contribution_kinds.SUFFIX}"
        (data / name).write_bytes(contribution_kinds.described_for(kind, "beitrag-7"))
    outcome = build.build(Settings(source=(ROOT, tmp_path / "more"), target=tmp_path / "t"), say=lambda _message: None)
    assert outcome.manifest is not None, outcome.examination
    directory = tmp_path / "t" / "snapshots" / outcome.manifest.build_key
    store = snapshot.open_store(directory)
    asked = f"SELECT ?name {{ <{BASE}id/availability/%s> <{SKOS}prefLabel> ?name }}"
    for key, name in (
        ("06531005-jugendamt", "Jugendamt, Gießen"),
        ("16-ausfuhr-von-kulturguetern", "Ausfuhr von Kulturgütern, Thüringen"),
    ):
        (row,) = store.query(asked % key)
        assert row["name"].value == name


def test_a_cell_takes_a_district_where_it_takes_a_municipality(target: Path) -> None:
    kind = next(kind for kind in KINDS if kind.slug == "verfuegbarkeit")
    snapshots = snapshot.Snapshots(target)
    rules = rulebook.of_snapshot(snapshots.directory(snapshots.current() or ""), BASE)
    content = table(kind, ags="06531", name="", leistung="10169", bezeichnung="")
    found = gate.examine([gate.SourceFile("x.csv", content)], rules)
    assert found.findings == ()
    assert f"{BASE}id/district/06531>".encode() in found.quads
    assert f"{BASE}id/concept/ozg-10169>".encode() in found.quads
    assert b"/id/municipality/" not in found.quads


def test_an_accepted_table_names_its_own_source_and_nothing_else_changes() -> None:
    for kind in KINDS:
        described = contribution_kinds.described_for(kind, "beitrag-7")
        assert described.replace(b"id/source/beitrag-7", b"id/source/beitrag") == kind.description
        assert described != kind.description


def test_the_contracts_serve_a_catalogue_with_another_base() -> None:
    (kind, *_) = contribution_kinds.of_directory(ROOT, "https://example.org/thueringen/")
    assert json.loads(kind.description)["@context"][1]["@base"] == "https://example.org/thueringen/"
    assert kind.schema.base == "https://example.org/thueringen/"


@pytest.mark.parametrize(
    "broken",
    [{"url": "other.csv"}, {"primaryKey": []}, {"valueUrl": "id/source/mine"}],
    ids=["file name", "key", "source"],
)
def test_a_contract_without_name_key_or_source_is_refused(broken: dict[str, object]) -> None:
    kind = KINDS[0]
    content = json.loads(kind.description)
    content.update({key: value for key, value in broken.items() if key == "url"})
    content["tableSchema"].update({key: value for key, value in broken.items() if key == "primaryKey"})
    for column in content["tableSchema"]["columns"]:
        if column.get("valueUrl") == "id/source/beitrag" and "valueUrl" in broken:
            column["valueUrl"] = broken["valueUrl"]
    with pytest.raises(SourceError, match="needs url"):
        contribution_kinds.kinds({kind.file: json.dumps(content).encode()}, BASE)
