"""The redirects of w3id.org, held against our own server: every canonical address ends at a page."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from tests.conftest import ROOT

RULE = re.compile(r"^RewriteRule (\S+) https://CATALOGUE\.EXAMPLE(\S+) \[R=303,L\]$", re.MULTILINE)
KINDS = {
    "state": "06",
    "place": "06534014",
    "district": "06531",
    "municipality": "06414000",
    "organisation": "hmdis",
    "bundle": "jugendamt",
    "availability": "jugendamt-2021-05-17",
    "programme": "ozg-modellkommunen",
    "module": "beratung-3",
    "participation": "modellkommunen-06534014",
    "source": "hmdis-2021-05-19",
    "concept": "ozg-10169",
}


def redirected(iri: str) -> str | None:
    """Return the path on our host, as Apache would by the first rule that matches."""
    path = iri.removeprefix("https://w3id.org/ozg-lod/").partition("#")[0]
    for pattern, substitution in RULE.findall((ROOT / "w3id" / ".htaccess").read_text(encoding="utf-8")):
        found = re.match(pattern, path)
        if found:
            groups = ("", *(group or "" for group in found.groups()))
            return re.sub(r"\$(\d)", lambda number: groups[int(number[1])], substitution)  # noqa: B023 - used at once
    return None


def test_there_are_rules() -> None:
    assert len(RULE.findall((ROOT / "w3id" / ".htaccess").read_text(encoding="utf-8"))) >= 6
    assert redirected("https://w3id.org/ozg-lod/thueringen/id/state/16") is None


@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
@pytest.mark.parametrize(("kind", "key"), KINDS.items())
def test_a_thing_leads_to_its_page(client: httpx.Client, kind: str, key: str, accept: str) -> None:
    path = redirected(f"https://w3id.org/ozg-lod/hessen/id/{kind}/{key}")
    answer = client.get(path or "", headers={"accept": accept}, follow_redirects=True)
    assert (answer.status_code, answer.history[0].status_code) == (200, 303)
    assert answer.headers["content-type"].startswith(accept)


@pytest.mark.parametrize(
    "iri",
    [
        "https://w3id.org/ozg-lod/ontology",
        "https://w3id.org/ozg-lod/ontology#ServiceBundle",
        "https://w3id.org/ozg-lod/ontology/1.0.0",
        "https://w3id.org/ozg-lod/ontology.ttl",
        "https://w3id.org/ozg-lod/shapes",
        "https://w3id.org/ozg-lod/shapes.rdf",
        "https://w3id.org/ozg-lod/hessen/",
        "https://w3id.org/ozg-lod/hessen/graph/bundles",
    ],
)
def test_vocabulary_rules_and_graphs_resolve(client: httpx.Client, iri: str) -> None:
    accept = {"accept": "text/html, text/turtle;q=0.5"}
    answer = client.get(redirected(iri) or "", headers=accept, follow_redirects=True)
    assert answer.status_code == 200


def test_the_readme_says_that_they_do_not_resolve_yet() -> None:
    assert "only" in Path(ROOT / "README.md").read_text(encoding="utf-8").partition("w3id/.htaccess")[0][-200:]
