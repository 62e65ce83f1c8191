"""A page about an authority leads with what is online there, or with the sentence that no source says so."""

from __future__ import annotations

import re

import httpx
import pytest

HTML = {"accept": "text/html"}


def headings(client: httpx.Client, address: str) -> list[str]:
    page = client.get(address, headers=HTML, params={"lang": "en"}).text
    return [re.sub(r"<[^>]+>", "", text).strip() for text in re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.DOTALL)]


@pytest.mark.parametrize(
    ("address", "first"),
    [
        ("/doc/municipality/06532023", "Online in Wetzlar"),
        ("/doc/municipality/06412000", "Online in Frankfurt am Main"),
        ("/doc/district/06532", "What is online here"),
        ("/doc/bundle/waffenrechtliche-erlaubnisse", "Where it is online"),
        ("/doc/concept/ozg-10119", "Where it is online"),
    ],
)
def test_the_page_leads_with_what_is_online(client: httpx.Client, address: str, first: str) -> None:
    assert headings(client, address)[0] == first


def test_what_no_authority_offers_has_no_place_to_be_online(client: httpx.Client) -> None:
    for kind in ("channel", "programme", "source"):
        listed = client.get(f"/doc/{kind}", headers=HTML).text
        address = re.findall(rf'href="(/doc/{kind}/[^"?]+)"', listed)[0]
        assert "Where it is online" not in headings(client, address), address


def test_keys_and_territory_come_after_what_sources_say(client: httpx.Client) -> None:
    order = headings(client, "/doc/municipality/06532023")
    assert order.index("What sources say about it") < order.index("Keys and territory")


def test_nothing_is_concluded_for_one_town_from_what_is_online_somewhere(client: httpx.Client) -> None:
    page = client.get("/doc/municipality/06532023", headers=HTML, params={"lang": "en"}).text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert "No source says what is online at this authority." in text
    assert "nothing follows from that for Wetzlar" in text
    assert re.search(r"at 0 of \d+ authorities", text)
    assert 'href="/mitmachen' in page
