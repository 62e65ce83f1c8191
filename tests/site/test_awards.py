"""The page about awards: each once, with all its recipients and its source; nothing is summed."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pyoxigraph as ox

from ozg_lod.rdf.graph import Graph
from ozg_lod.site import awards

JSON = {"accept": "application/sparql-results+json"}
COUNT = "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> SELECT (COUNT(DISTINCT ?a) AS ?n) { ?a ozg:awardedEur ?euro }"


def rows(client: httpx.Client) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get("/foerderung.csv").content.decode("utf-8-sig"))))


def test_every_award_stands_once(client: httpx.Client) -> None:
    asked = client.get("/sparql", params={"query": COUNT}, headers=JSON).json()
    count = int(asked["results"]["bindings"][0]["n"]["value"])
    assert len(rows(client)) == len({row["award"] for row in rows(client)}) == count
    page = client.get("/foerderung", headers={"accept": "text/html"}).text
    assert len(re.findall(r"<tr>\s*<td class=\"amount\"", page)) == count


def test_the_keys_of_all_recipients_stand_in_one_row(client: httpx.Client) -> None:
    (award,) = (row for row in rows(client) if row["award"].endswith("/award-ikz-oberzent-erbach-michelstadt"))
    assert (award["amount_eur"], award["programme"]) == ("75000", "ikz-ozg")
    assert award["recipients"].split() == ["06437006", "06437011", "06437016"]
    assert award["source"].endswith("/source/sammlung-ikz")


def test_every_amount_names_its_source_and_the_gaps_are_said(client: httpx.Client) -> None:
    assert all(row["source"] and row["source_name"] for row in rows(client))
    page = client.get("/foerderung", headers={"accept": "text/html"}, params={"lang": "en"}).text
    assert "no list of all exists" in page
    assert "that name no amount" in page


def test_a_catalogue_without_awards_has_none() -> None:
    assert awards.read(Graph(ox.Store())).by_programme == {}
