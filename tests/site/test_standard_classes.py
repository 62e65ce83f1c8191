"""Whoever asks by the class of a standard finds as many things as the pages count."""

from __future__ import annotations

import csv
import io

import httpx
import pytest

from ozg_lod.core.vocab import (
    CV,
    DCAT,
    GEO,
    ORG,
    OZG,
    PROV,
    QB,
)

AUTHORITIES = ("municipality", "district", "state")
STATEMENTS = (
    *("availability", "service", "funding", "condition", "participation", "figure", "discrepancy", "statement"),
    "containment.csv",
)
COUNTED = {
    OZG + "Statement": STATEMENTS,
    QB + "Observation": ("figures.csv",),
    ORG + "Organization": (*AUTHORITIES, "organisation"),
    ORG + "FormalOrganization": AUTHORITIES,
    CV + "PublicOrganisation": AUTHORITIES,
    GEO + "Feature": ("outlines.csv",),
    DCAT + "Dataset": ("dataset",),
    OZG + "ServiceBundle": ("bundle",),
}
"""Each class with what the pages count of it: kinds of things (`/status`) and rows of tables."""


def stocks(client: httpx.Client) -> dict[str, int]:
    """Return how many things of each kind the pages count."""
    counted = client.get("/status", headers={"accept": "application/json"}).json()["stocks"]
    return {stock["kind"]: stock["total"] for stock in counted}


def rows(client: httpx.Client, table: str) -> int:
    return sum(1 for _row in csv.reader(io.StringIO(client.get(f"/dump/{table}").text))) - 1


@pytest.mark.parametrize("name", COUNTED)
def test_a_class_has_as_many_things_as_the_pages_count(name: str, client: httpx.Client) -> None:
    totals = stocks(client)
    counted = sum(rows(client, part) if part.endswith(".csv") else totals[part] for part in COUNTED[name])
    assert counts(client)[name] == counted > 0


def counts(client: httpx.Client) -> dict[str, int]:
    """Return the instances of each class, as the endpoint answers."""
    query = "SELECT ?class (COUNT(DISTINCT ?thing) AS ?count) WHERE { ?thing a ?class } GROUP BY ?class"
    answer = client.get("/sparql", params={"query": query}, headers={"accept": "text/csv"})
    return {row["class"]: int(row["count"]) for row in csv.DictReader(io.StringIO(answer.text))}


def test_what_has_an_origin_are_statements_sources_and_what_is_called_a_programme_but_is_none(
    client: httpx.Client,
) -> None:
    counted, listed = counts(client), stocks(client)["programme"]
    origin = counted[OZG + "Statement"] + rows(client, "sources.csv") + listed - counted[OZG + "Programme"]
    assert counted[PROV + "Entity"] == origin


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_page_names_the_narrowest_class_alone(language: str, client: httpx.Client) -> None:
    page = client.get("/doc/figure/starke-heimat-jahr", headers={"accept": "text/html", "accept-language": language})
    assert page.status_code == httpx.codes.OK
    superfluous = {"de": ("Aussage</a>", "Bezugszeit"), "en": ("statement</a>", "Reference period")}[language]
    assert not any(text in page.text for text in superfluous)
