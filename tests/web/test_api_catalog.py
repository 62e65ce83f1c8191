"""Programs that come without knowing the catalogue find its interfaces, and where they lead."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
import pytest


def test_every_interface_has_its_descriptions(client: httpx.Client) -> None:
    answer = client.get("/.well-known/api-catalog")
    assert answer.headers["content-type"].startswith("application/linkset+json")
    assert "rfc9727" in answer.headers["content-type"]
    own, *interfaces = answer.json()["linkset"]
    assert {item["href"] for item in own["item"]} == {interface["anchor"] for interface in interfaces}
    for interface in interfaces:
        for link in (*interface["service-desc"], *interface["service-doc"]):
            described = client.get(urlsplit(link["href"]).path, headers={"accept": link["type"]})
            assert described.status_code == 200, link
            assert described.headers["content-type"].split(";")[0] in (link["type"], "application/json"), link


def test_harvesters_find_the_catalogue(client: httpx.Client) -> None:
    sent = client.get("/.well-known/dcat", follow_redirects=False)
    assert (sent.status_code, urlsplit(sent.headers["location"]).path) == (303, "/catalog")


def test_every_address_of_the_guide_is_there(client: httpx.Client) -> None:
    text = client.get("/llms.txt").text
    paths = {urlsplit(address).path for address in re.findall(r"\((http[^)]+)\)", text)}
    assert {"/sparql", "/doc/municipality", "/ontology"} <= paths
    for path in paths - {"/search.json", "/validate"}:  # these want something to work on
        assert client.head(path).status_code == 200, path


@pytest.mark.parametrize(("suffix", "media_type"), [("ttl", "text/turtle"), ("jsonld", "application/ld+json")])
def test_an_answer_about_a_thing_says_what_it_is(client: httpx.Client, suffix: str, media_type: str) -> None:
    page = "/doc/municipality/06532023"
    got = client.get(page, headers={"accept": media_type})
    assert urlsplit(got.headers["content-location"]).path == f"{page}.{suffix}"
    links = {rel: href for href, rel in re.findall(r'<([^>]*)>; rel="(cite-as|up)"', got.headers["link"])}
    assert links["cite-as"].endswith("/id/municipality/06532023")
    assert urlsplit(links["up"]).path == "/doc/municipality"
