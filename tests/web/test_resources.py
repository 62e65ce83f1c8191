"""Pages about real things over HTTP: the same graph in every format, and all of it in the page."""

from __future__ import annotations

import html
import re

import httpx
import pyoxigraph as ox
import pytest
from tests.conftest import ROOT

BASE = "https://w3id.org/ozg-lod/hessen/id/"
THINGS = [
    "municipality/06534014",
    "municipality/06435014",
    "district/06531",
    "bundle/jugendamt",
    "programme/ozg-modellkommunen",
    "module/beratung-3",
    "channel/newsletter",
    "source/hmdis-2021-05-19",
    "availability/abfallwirtschaft-2021-05-17",
]
FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdf": ox.RdfFormat.RDF_XML,
    "nt": ox.RdfFormat.N_TRIPLES,
}
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
WORDING = "https://w3id.org/ozg-lod/ontology#wording"


def graph(client: httpx.Client, thing: str, suffix: str) -> set[ox.Triple]:
    answer = client.get(f"/doc/{thing}.{suffix}")
    assert answer.status_code == 200, answer.text
    return {quad.triple for quad in ox.parse(answer.content, FORMATS[suffix])}


def text_of(client: httpx.Client, thing: str, language: str) -> str:
    page = client.get(f"/doc/{thing}", headers={"accept": "text/html", "accept-language": language}).text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def things(client: httpx.Client) -> list[str]:
    """One thing of each kind that has any, besides those named above."""
    start = client.get("/", headers={"accept": "text/html"}).text
    kinds = sorted(set(re.findall(r'href="/doc/([a-z]+)(?:\?[^"]*)?"', start)))
    first = [client.get(f"/doc/{kind}.csv").text.splitlines()[1].partition(",")[0] for kind in kinds]
    return [f"{kind}/{key.rpartition('/')[2]}" for kind, key in zip(kinds, first, strict=True)]


@pytest.mark.parametrize("thing", THINGS)
def test_every_format_holds_the_same_graph(client: httpx.Client, thing: str) -> None:
    turtle = graph(client, thing, "ttl")
    assert any(triple.subject.value == BASE + thing for triple in turtle if isinstance(triple.subject, ox.NamedNode))
    for suffix in ("jsonld", "rdf", "nt"):
        assert graph(client, thing, suffix) == turtle, suffix


@pytest.mark.parametrize("thing", THINGS)
def test_the_page_shows_label_wording_and_source_of_every_statement(client: httpx.Client, thing: str) -> None:
    triples = graph(client, thing, "nt")
    shown = text_of(client, thing, "de")
    typed = (triple for triple in triples if triple.predicate.value.endswith("#type"))
    statements = {triple.subject for triple in typed if "ontology#" in str(triple.object)}
    statements.add(ox.NamedNode(BASE + thing))
    said = [
        triple.object.value
        for triple in triples
        if triple.subject in statements
        and triple.predicate.value in (LABEL, WORDING)
        and isinstance(triple.object, ox.Literal)
        and triple.object.language == "de"
    ]
    assert said
    for text in said:
        assert re.sub(r"\s+", " ", text) in shown, text


def test_every_kind_has_a_list_and_every_first_thing_a_page(client: httpx.Client) -> None:
    found = things(client)
    assert len(found) >= 18
    for thing in found:
        assert client.get(f"/doc/{thing}", headers={"accept": "text/html"}).status_code == 200, thing
        assert graph(client, thing, "ttl") == graph(client, thing, "jsonld"), thing


def test_a_thing_leads_to_its_page_by_303(client: httpx.Client) -> None:
    answer = client.get("/id/municipality/06414000")
    assert (answer.status_code, answer.headers["location"]) == (303, "/doc/municipality/06414000")


@pytest.mark.parametrize("query", ["format=ttl", "lang=de", "lang=de&format=jsonld", "page=2", "x=%C3%A4%26&x"])
def test_the_way_to_a_page_keeps_the_query(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/id/municipality/06414000?{query}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/doc/municipality/06414000?{query}")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("*/*", "text/turtle"),
        ("application/ld+json;q=0.4, application/rdf+xml;q=0.6", "application/rdf+xml"),
        ("text/turtle;q=0, application/n-triples", "application/n-triples"),
    ],
)
def test_the_accept_field_is_obeyed(client: httpx.Client, accept: str, media_type: str) -> None:
    answer = client.get("/doc/municipality/06414000", headers={"accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert {"accept", "accept-language"} <= {name.strip().lower() for name in answer.headers["vary"].split(",")}


def test_what_is_not_offered_is_406_with_a_list(client: httpx.Client) -> None:
    answer = client.get("/doc/municipality/06414000", headers={"accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.json()["offered"]


def test_head_etag_and_compression_agree(client: httpx.Client) -> None:
    path = "/doc/municipality/06414000.ttl"
    get, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]
    assert client.get(path, headers={"if-none-match": get.headers["etag"]}).status_code == 304
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert plain.content == get.content
    assert plain.headers["etag"] != get.headers["etag"]


def test_links_name_formats_licence_and_vocabulary(client: httpx.Client) -> None:
    link = client.get("/doc/bundle/jugendamt.ttl").headers["link"]
    for relation in ("alternate", "describedby", "canonical", "license"):
        assert f'rel="{relation}"' in link


def test_a_wrong_key_is_answered_with_the_nearest_ones(client: httpx.Client) -> None:
    answer = client.get("/doc/municipality/6414000")
    assert answer.status_code == 404
    assert any("06414000" in suggestion["iri"] for suggestion in answer.json()["suggestions"])


def test_a_key_far_from_all_others_is_likened_to_none(client: httpx.Client) -> None:
    far = client.get("/doc/municipality/99999999").json()
    assert far["suggestions"] == []
    near = client.get("/doc/municipality/06531095").json()
    assert near["suggestions"][0]["iri"].endswith("/municipality/06531005")
    assert all("/municipality/065310" in suggestion["iri"] for suggestion in near["suggestions"])


def test_pages_lead_on_to_what_their_visitors_came_for(client: httpx.Client) -> None:
    for page, path in [
        ("/doc/service/ausfuhr-von-kulturguetern", "/reuse"),
        ("/doc/municipality", "/abgleich"),
        ("/widersprueche", "/mitmachen"),
        *(
            ("/hilfe", path)
            for path in ("/abgleich", "/efa", "/foerderung", "/karte", "/mitmachen", "/pruefen", "/zeitleiste")
        ),
    ]:
        text = client.get(page, headers={"accept": "text/html", "accept-language": "de"}).text
        assert f'href="{path}"' in text.partition("<main")[2].partition("</main>")[0]


def test_the_ministrys_facts_stand_on_the_page_with_their_date(client: httpx.Client) -> None:
    german = text_of(client, "bundle/jugendamt", "de")
    assert "Jugendamt (4 Leistungen)" in german
    assert "November 2019" in german
    assert "Stand 17. Mai 2021" in german
    assert "youth" not in german.lower()
    english = text_of(client, "programme/ozg-modellkommunen", "en")
    assert "100,000" in english
    assert "150,000" in english


def test_graphs_of_source_files_are_served_by_name(client: httpx.Client) -> None:
    assert len(list(ox.parse(client.get("/graph/bundles").content, ox.RdfFormat.TURTLE))) > 200
    assert client.get("/graph/nothing").status_code == 404


def test_the_json_ld_context_is_the_file_beside_the_ontology(client: httpx.Client) -> None:
    answer = client.get("/ontology/context.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.content == (ROOT / "ontology" / "context.jsonld").read_bytes()
    assert {"etag", "cache-control", "vary", "access-control-allow-origin"} <= set(answer.headers)
    head = client.head("/ontology/context.jsonld")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    again = client.get("/ontology/context.jsonld", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    page = client.get("/ontology", headers={"accept": "text/html"}).text
    assert 'href="/ontology/context.jsonld"' in page
