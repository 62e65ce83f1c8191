"""The redirects of w3id.org, held against our own server: every canonical address ends at a page."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from tests.conftest import ROOT

RULE = re.compile(r"^RewriteRule (\S+) https://CATALOGUE\.EXAMPLE(\S+) \[R=303,L\]$", re.MULTILINE)
VERSION = ox.NamedNode("http://www.w3.org/2002/07/owl#versionIRI")
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


@pytest.mark.parametrize(
    ("path", "about"),
    [
        ("ontology/1.0.0", "ontology"),
        ("ontology/alignments", "ontology/alignments"),
        ("ontology/alignments/1.0.0", "ontology/alignments"),
        ("shapes/1.0.0", "shapes"),
    ],
)
@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "application/rdf+xml"])
def test_a_version_is_what_says_that_it_is_this_version(
    path: str, about: str, accept: str, client: httpx.Client
) -> None:
    answer = client.get(redirected(f"https://w3id.org/ozg-lod/{path}") or "", headers={"accept": accept})
    assert answer.status_code == 303
    answer = client.get(answer.headers["location"], headers={"accept": accept})
    assert answer.headers["content-type"].startswith(accept)
    store = ox.Store()
    store.load(answer.content, format=ox.RdfFormat.from_media_type(accept))
    (version,) = store.quads_for_pattern(ox.NamedNode(f"https://w3id.org/ozg-lod/{about}"), VERSION, None)
    assert str(version.object).startswith(f"<https://w3id.org/ozg-lod/{about}/")


@pytest.mark.parametrize("path", ["ontology/9.0.0", "ontology/alignments/9.0.0", "shapes/9.0.0"])
def test_a_version_that_never_was_is_not_there(path: str, client: httpx.Client) -> None:
    assert client.get(redirected(f"https://w3id.org/ozg-lod/{path}") or "").status_code == 404


@pytest.mark.parametrize("name", ["%20", "%3C%3E", "%00", "a%22b", "%F0%9F%98%80", "%7B%7D"])
def test_what_is_no_version_is_not_there_either(name: str, client: httpx.Client) -> None:
    assert client.get(f"/ontology/{name}").status_code in {400, 404}
    assert client.get(f"/ontology/alignments/{name}").status_code in {400, 404}


def test_the_context_has_its_media_type(client: httpx.Client) -> None:
    answer = client.get(redirected("https://w3id.org/ozg-lod/ontology/context.jsonld") or "")
    assert answer.headers["content-type"].startswith("application/ld+json")
    assert "@context" in answer.json()


def test_the_catalogue_has_its_address(client: httpx.Client) -> None:
    answer = client.get(redirected("https://w3id.org/ozg-lod/hessen/catalog") or "", headers={"accept": "text/turtle"})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/turtle")


def test_the_readme_says_that_they_do_not_resolve_yet() -> None:
    assert "only" in Path(ROOT / "README.md").read_text(encoding="utf-8").partition("w3id/.htaccess")[0][-200:]
