"""Ontology and data do not contradict each other: by the rules of OWL 2 RL, and by a reasoner for OWL 2 DL (HermiT)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from tests.conftest import ROOT

HERE = Path(__file__).parent
DOWNLOADS = Path(os.environ.get("OZG_W3C", Path.home() / ".cache" / "ozg-lod"))
COMMAND = "org.semanticweb.HermiT.cli.CommandLine"
TOP = "http://www.w3.org/2002/07/owl#Thing"
PREFIX = "@prefix : <https://example.org/> .\n@prefix ozg: <https://w3id.org/ozg-lod/ontology#> .\n"
CONTRADICTIONS = {
    "two classes that nothing has in common": ":a a ozg:Figure , ozg:Programme .",
    "a domain that is none": ":a a ozg:ServiceBundle ; ozg:indicator ozg:population .",
    "a range that is none": ":a ozg:availableAt :b . :b a ozg:Figure .",
    "a statement of two kinds": ":a ozg:part :b . :a a ozg:FundingRule .",
}
"""Each with what contradicts the ontology."""


def closed(*graphs: rdflib.Graph) -> rdflib.Graph:
    """Return all that follows by the rules of OWL 2 RL (OWL 2 Profiles 4.3)."""
    closure = rdflib.Graph()
    for graph in graphs:
        closure += graph
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(closure)
    return closure


def contradictions(closure: rdflib.Graph) -> list[str]:
    """Return what the rules that conclude `false` found, in the words of the reasoner."""
    message = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")
    return sorted({str(value) for value in closure.objects(None, message)})


@pytest.fixture(scope="module")
def ontology() -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in ("ozg.ttl", "alignments.ttl"):
        graph.parse(ROOT / "ontology" / name)
    return graph


def test_the_published_data_do_not_contradict_the_ontology(snapshot_directory: Path) -> None:
    graph = rdflib.Graph()
    graph.parse(snapshot_directory / "data.nt", format="nt")
    assert contradictions(closed(graph)) == []


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_is_noticed(case: str, ontology: rdflib.Graph) -> None:
    wrong = rdflib.Graph()
    wrong.parse(data=PREFIX + CONTRADICTIONS[case], format="turtle")
    assert contradictions(closed(ontology)) == []
    assert contradictions(closed(ontology, wrong))


@pytest.fixture(scope="module")
def reasoner(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that asks HermiT, which comes in the source distribution of owlready2."""
    archives, java = sorted(DOWNLOADS.glob("owlready2-*.tar.gz")), shutil.which("java")
    if not archives or java is None:
        pytest.skip(f"there is no Java, or no owlready2-*.tar.gz in {DOWNLOADS} (docs/conformance.md)")
    folder = tmp_path_factory.mktemp("hermit")
    with tarfile.open(archives[-1]) as archive:
        (jar,) = (member for member in archive.getmembers() if member.name.endswith("/HermiT.jar"))
        archive.extract(jar, folder, filter="data")
    return [java, "-Xmx1g", "-cp", str(folder / jar.name), COMMAND, f"-k={TOP}"]


def legal(store: ox.Store) -> bytes:
    """Return the part that OWL 2 DL allows: no annotations, no datatypes it does not know."""
    triples = store.query((HERE / "legal.rq").read_text("utf-8"))
    assert isinstance(triples, ox.QueryTriples)
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE) or b""


def is_consistent(reasoner: list[str], turtle: bytes, folder: Path) -> bool:
    file = folder / "legal.ttl"
    file.write_bytes(turtle)
    said = subprocess.run([*reasoner, file.as_uri()], capture_output=True, text=True, check=False, timeout=120)
    assert "is satisfiable" in said.stdout or "Inconsistent ontology" in said.stderr, said.stderr
    return said.returncode == 0


def test_a_reasoner_for_owl_2_dl_finds_no_contradiction(
    reasoner: list[str], snapshot_directory: Path, tmp_path: Path
) -> None:
    store = ox.Store()
    store.bulk_load(path=snapshot_directory / "data.nt")
    turtle = legal(store)
    assert turtle.count(b"\n") > 5_000
    assert is_consistent(reasoner, turtle, tmp_path)


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_the_reasoner_notices_a_contradiction(case: str, reasoner: list[str], tmp_path: Path) -> None:
    store = ox.Store()
    store.load(path=ROOT / "ontology" / "ozg.ttl")
    assert is_consistent(reasoner, legal(store), tmp_path)
    store.load((PREFIX + CONTRADICTIONS[case]).encode(), format=ox.RdfFormat.TURTLE)
    assert not is_consistent(reasoner, legal(store), tmp_path)
