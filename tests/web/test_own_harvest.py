"""The page for operators of portals, and what the harvest check says of our own catalogue."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from ozg_lod.harvest_check import (
    check,
    reader,
    report,
)
from ozg_lod.harvest_check import (
    client as harvest_client,
)
from ozg_lod.harvest_check.check import HarvestRequest

HTML = {"Accept": "text/html"}
Serve = Callable[..., AbstractContextManager[str]]


@pytest.mark.parametrize("path", ["/catalog.rdf", "/catalog.ttl?page=1&pageSize=3", "/catalog.jsonld?lang=all"])
def test_our_own_catalogue_has_no_error_and_the_points_the_metadata_allow(endpoint: str, path: str) -> None:
    order = HarvestRequest(endpoint + path)
    outcome = check.check(order, harvest_client.Client(order.url), reader.in_cage)
    text = report.to_text(outcome, "en")
    assert outcome.passes(), text
    assert {finding.rule for finding in outcome.findings if finding.severity == "warning"} <= {
        "dataset-contact-missing",
        "dataset-contributor-id-missing",
    }, text
    assert outcome.score is not None
    assert outcome.score.points >= 375, text
    assert outcome.score.of("accessibility")[0] == 100


def test_the_page_shows_the_address_the_settings_and_the_result(client: httpx.Client, endpoint: str) -> None:
    page = client.get("/harvest", headers={**HTML, "Accept-Language": "de"})
    assert page.status_code == 200
    assert "Für Portalbetreiber" in page.text
    assert f"{endpoint}/catalog.rdf" in page.text
    assert "dcat_rdf" in page.text
    assert "von 405 Punkten" in page.text
    assert "Noch nicht anmelden" in page.text
    assert "Es ist kein Herausgeber eingetragen" in page.text
    english = client.get("/harvest?lang=en", headers=HTML)
    assert "For operators of portals" in english.text
    assert "leads to this machine" in english.text


def test_programs_get_the_same_as_json_and_the_check_asks_our_own_files(client: httpx.Client, endpoint: str) -> None:
    said = client.get("/harvest.json").json()
    assert said["register"] == f"{endpoint}/catalog.rdf"
    source = said["ckan_harvest_source"]
    assert source["url"] == said["register"]
    assert source["source_type"] == "dcat_rdf"
    assert json.loads(source["config"]) == {"rdf_format": "application/rdf+xml"}
    assert said["check"]["passes"] is True
    assert said["check"]["read"]["addresses"] > 20
    assert said["check"]["score"]["dimensions"]["accessibility"] == 100
    client.headers["accept-encoding"] = "identity"
    head = client.head("/harvest.json")
    assert head.status_code == 200
    assert head.headers["content-length"] == str(len(client.get("/harvest.json").content))
    assert client.get("/harvest.pdf").status_code == 406


def test_a_final_base_leaves_no_warning_but_what_is_not_configured(target: Path, serve: Serve, tmp_path: Path) -> None:
    copy = tmp_path / "target"
    shutil.copytree(target, copy)
    with serve(copy, "--public-url", "http://daten.example.org") as url:
        warnings = " ".join(text["en"] for text in httpx.get(url + "/harvest.json", timeout=60).json()["warnings"])
    assert "leads to this machine" not in warnings
    assert "http:// instead of https://" in warnings
    assert "https://w3id.org/ozg-lod/hessen/" in warnings


def test_the_check_of_our_own_catalogue_says_the_same_from_inside_and_outside(
    endpoint: str, client: httpx.Client
) -> None:
    order = HarvestRequest(endpoint + "/catalog.rdf")
    outside = json.loads(report.to_json(check.check(order, harvest_client.Client(order.url), reader.in_cage)))
    assert client.get("/harvest.json").json()["check"] == outside


def test_signposting_finds_the_links_of_a_dataset_page(client: httpx.Client, endpoint: str) -> None:
    signposting = pytest.importorskip("signposting", reason="the package signposting is not installed")
    page = client.get("/catalog.ttl").text
    key = page.partition("/id/dataset/")[2].partition(">")[0].partition("#")[0].split()[0]
    answer = client.head(f"/doc/dataset/{key}", headers=HTML)
    found = signposting.find_signposting_http_link(answer.headers.get_list("link"), f"{endpoint}/doc/dataset/{key}")
    assert found.citeAs is not None
    assert found.items
    assert found.describedBy
