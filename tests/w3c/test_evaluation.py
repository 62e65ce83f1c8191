"""SPARQL 1.0 and 1.1 evaluation and syntax: the W3C suites through the code that answers /sparql.

What fails is listed in failures.toml with its cause; a test that newly fails, or newly passes, fails here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from ozg_lod.core.errors import OzgLodError
from ozg_lod.sparql import rdf_files, store
from ozg_lod.sparql.scan import scan

from . import results, suite

SUITES = {"sparql11": "SPARQL 1.1", "dawg-data-r2": "SPARQL 1.0"}
NOT_RUN = {"sparql11/delete-insert", "sparql11/entailment", "sparql11/service"}
"""Groups about what this service does not do: updates, inference, and asking other servers."""
FAILURES = tomllib.loads(Path(__file__).with_name("failures.toml").read_text("utf-8"))
DOCS = Path(__file__).parents[2] / "docs" / "conformance.md"
_FORMS = {".csv": "csv", ".tsv": "tsv", ".srj": "json"}


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return suite.unpacked(tmp_path_factory.mktemp("w3c"))


@pytest.mark.parametrize("name", SUITES)
def test_exactly_the_listed_tests_fail(suites: Path, name: str) -> None:
    outcomes = {f"{group}/{case.name}": passes(case) for group, case in _cases(suites, name)}
    failed = {key for key, passed in outcomes.items() if not passed}
    assert failed == {key for key in FAILURES if key.startswith(name)}
    assert f"{SUITES[name]}: {len(outcomes) - len(failed)} of {len(outcomes)}" in DOCS.read_text("utf-8")


def test_every_failure_has_a_cause_that_the_documentation_explains() -> None:
    explained = set(re.findall(r"^### `([a-z0-9-]+)`", DOCS.read_text("utf-8"), re.MULTILINE))
    assert set(FAILURES.values()) == explained


def _cases(suites: Path, name: str) -> Iterator[tuple[str, suite.Case]]:
    for manifest in sorted((suites / name).glob("*/manifest.ttl")):
        group = f"{name}/{manifest.parent.name}"
        if group not in NOT_RUN:
            yield from ((group, case) for case in suite.cases(manifest))


def passes(case: suite.Case) -> bool:
    """Return whether the case comes out as its manifest says."""
    text = f"BASE <{case.query.as_uri()}> {case.query.read_text('utf-8')}"
    syntax = "Syntax" in case.kind
    try:
        makes_graph = scan(text).form in ("CONSTRUCT", "DESCRIBE")
        form = "ttl" if makes_graph else _FORMS.get(case.result.suffix, "json") if case.result else "json"
        loaded = store.EmbeddedStore(rdf_files.load(() if syntax else _files(case, text)))
        answer = bytearray()
        loaded.answer(store.SparqlQuery(text, form), answer.extend)
    except OzgLodError as refusal:
        unreadable = "line" in refusal.details
        return unreadable if "Negative" in case.kind else syntax and not unreadable
    if syntax or case.result is None:
        return "Positive" in case.kind
    return results.same(_result(bytes(answer), form), results.expected(case.result))


def _files(case: suite.Case, text: str) -> list[rdf_files.RdfFile]:
    """Return the files of the case; without any in the manifest, those that FROM and FROM NAMED name."""
    named = [(iri, path) for iri, path in case.graphs]
    if not case.data and not case.graphs:
        found = scan(text)
        named = [(iri, Path(iri.removeprefix("file://"))) for iri in dict.fromkeys(found.graphs + found.named)]
    return [*map(rdf_files.RdfFile, case.data), *(rdf_files.RdfFile(path, iri) for iri, path in named)]


def _result(answer: bytes, form: str) -> results.Result:
    if form == "ttl":
        return frozenset(quad.triple for quad in ox.parse(answer, ox.RdfFormat.TURTLE))
    return results.parsed(answer, form)
