"""The pages of matching and reuse as a browser shows them: accessible, within their window, usable without scripts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

HOSTILE = "Name;Kreis;Notiz\nGießen;;<img src=x onerror=alert(1)>\n<script>alert(2)</script>;;=1+1\nLich;LK Gießen;\n"
PREVIEW = "/reconcile/preview?id=municipality/06531005"
SETTINGS = [("de", "light", 320), ("en", "dark", 1280)]
PAGES = [
    "/abgleich",
    "/efa",
    "/reuse",
    "/doc/service/ausfuhr-von-kulturguetern",
    PREVIEW,
]


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    file = tmp_path / "liste.csv"
    file.write_text(HOSTILE, encoding="utf-8")
    return file


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_reuse_is_accessible_and_keeps_to_its_window(
    page_request: Callable[..., Any], axe: str, path: str, setting: tuple[str, str, int]
) -> None:
    language, scheme, width = setting
    with page_request(width=width, scheme=scheme, language=language, script=axe) as visitor:
        assert visitor.open(path) == 200
        assert visitor.violations() == []
        assert visitor.overflow() <= 0
        assert visitor.complaints == []


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_result_of_matching_is_accessible_and_hostile_cells_stay_text(
    page_request: Callable[..., Any], axe: str, list_file: Path, setting: tuple[str, str, int]
) -> None:
    language, scheme, width = setting
    with page_request(width=width, scheme=scheme, language=language, script=axe) as visitor:
        visitor.open("/abgleich")
        visitor.page.set_input_files("#file", str(list_file))
        visitor.page.click("main button[type=submit]")
        assert visitor.page.locator("fieldset").count() == 1
        assert visitor.page.locator("main img, main script").count() == 0
        assert visitor.violations() == []
        assert visitor.overflow() <= 0
        assert visitor.complaints == []


def test_a_refused_list_keeps_what_was_pasted_and_says_why(page_request: Callable[..., Any], axe: str) -> None:
    with page_request(script=axe) as visitor:
        visitor.open("/abgleich")
        visitor.page.evaluate("document.querySelector('#text').value = 'Gießen\\n'.repeat(5002)")
        visitor.page.click("main button[type=submit]")
        assert "mehr als 5000 Zeilen" in visitor.page.locator("#failure").inner_text()
        assert visitor.page.locator("#text").input_value().startswith("Gießen")
        assert visitor.violations() == []


def test_a_list_is_matched_decided_and_downloaded_without_javascript(
    page_request: Callable[..., Any], list_file: Path, tmp_path: Path
) -> None:
    with page_request(javascript=False) as visitor:
        visitor.open("/abgleich")
        visitor.page.set_input_files("#file", str(list_file))
        visitor.page.click("main button[type=submit]")
        visitor.page.locator("fieldset input[value='district/06531']").check()
        with visitor.page.expect_download() as coming:
            visitor.page.get_by_role("button", name="CSV", exact=True).click()
        saved = tmp_path / "saved.csv"
        coming.value.save_as(saved)
        lines = saved.read_text("utf-8-sig").splitlines()
        assert "id/district/06531" in lines[1]
        assert "id/municipality/06531011" in lines[3]
        assert "'=1+1" in lines[2]


class Other(BaseHTTPRequestHandler):
    """Another site, with a preview and a page of ours in frames."""

    ours = ""

    def do_GET(self) -> None:
        frames = "".join(f'<iframe src="{self.ours}{path}"></iframe>' for path in (PREVIEW, "/doc/bundle/jugendamt"))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>other</title>{frames}".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_another_site_may_frame_a_preview_and_no_other_page(page_request: Callable[..., Any], endpoint: str) -> None:
    handler = type("Handler", (Other,), {"ours": endpoint})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, page_request() as visitor:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        visitor.page.goto(f"http://127.0.0.1:{server.server_port}/")
        visitor.page.wait_for_load_state("networkidle")
        _, preview, page = visitor.page.frames
        assert preview.locator("h1").inner_text() == "Gießen"
        assert page.locator("h1", has_text="Jugendamt").count() == 0
        server.shutdown()
        visitor.foreign.clear()
