"""Submitting a checked file, with and without scripts: nothing gets lost on the way, and axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import visiting
from tests.conftest import serving
from tests.contributing import Office, opened, row, table

SUBMIT = 'form[action="/contributions"] button[type="submit"]'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return opened(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def server(place: Office) -> Iterator[str]:
    options = ["--source", str(place.source), "--source", str(place.into), "--inbox", str(place.folder)]
    with serving(place.target, *options) as url:
        yield url


WINDOWS = {
    "wide, German": {"scheme": "light"},
    "narrow, German, dark, without scripts": {"width": 320, "scheme": "dark", "javascript": False},
    "narrow, English, dark": {"width": 320, "scheme": "dark", "language": "en"},
}


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_a_clerk_submits_a_checked_file(
    chromium: Any, axe: str, server: str, place: Office, tmp_path: Path, window: dict[str, Any]
) -> None:
    file = tmp_path / "tabelle.csv"
    file.write_bytes(table(row()))
    before = len(place.inbox.cases())
    scripts = window.get("javascript", True)
    with visiting(chromium, server)(script=axe if scripts else "", **window) as visitor:
        page = visitor.page
        visitor.open("/pruefen")
        page.set_input_files("#file", file)
        page.click('button[value="check"]')
        page.click('form[action="/einreichen"] button')
        assert_well(visitor, scripts=scripts)
        page.fill("#authority", "06999999")
        page.fill("#sender", "Person im Rathaus")
        page.fill("#mail", "rathaus@example.org")
        page.check("#consent")
        page.click(SUBMIT)
        assert "06999999" in page.locator("#failure").inner_text()
        assert page.locator("#sender").input_value() == "Person im Rathaus", "nothing has to be written again"
        assert_well(visitor, scripts=scripts)
        page.fill("#authority", "06531005")
        page.click(SUBMIT)
        assert "/einreichung/" in page.url
        assert page.locator("h1").count() == 1
        assert "rathaus@example.org" not in page.content()
        assert_well(visitor, scripts=scripts)
        page.reload()
    assert len(place.inbox.cases()) == before + 1, "loading the page again submits nothing"


def assert_well(visitor: Any, *, scripts: bool) -> None:
    if scripts:
        assert visitor.violations() == []
        assert visitor.overflow() == 0
    assert [said for said in visitor.complaints if "400" not in said] == []
