"""The way of a clerk: template, filled, checked, marked, corrected, previewed; with and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

PAGES = ["/pruefen", "/vorlagen", "/vorlagen?ags=06531005", "/mitmachen", "/mitmachen?q=Bad+H", "/mitmachen?q=xyzxyz"]
HEAD = (
    "Gemeinde oder Kreis (AGS);Leistung (Bündel, OZG-Nummer oder LeiKa-Schlüssel);Stand;Seit oder ab (Monat);"
    "Beendet im (Monat);Adresse des Online-Antrags;Geprüft oder unverändert bestätigt am\n"
)
GOOD = (HEAD + "06531005;jugendamt;verfügbar;2020-10;;https://www.giessen.de/antrag;2026-11-24\n").encode()
BAD = (HEAD + "06531005;jugendamt;verfügbar;Herbst 20;;;2026-11-24\n").encode()
RIGHT = {"C": "jugendamt", "E": "verfügbar", "F": "2020-10", "H": "https://www.giessen.de/antrag", "I": "2026-11-24"}


def fill(path: Path, cells: dict[str, str]) -> None:
    book = openpyxl.load_workbook(path)
    for column, text in cells.items():
        book.worksheets[1][f"{column}2"].value = text
    book.save(path)


def check(page: Any, path: Path) -> None:
    page.set_input_files("#file", path)
    page.click("button[value=check]")
    page.wait_for_load_state()


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_a_clerk_gets_from_the_template_to_the_preview(
    page_request: Callable[..., Any], tmp_path: Path, *, javascript: bool
) -> None:
    with page_request(javascript=javascript) as visitor:
        page = visitor.page
        visitor.open("/doc/municipality/06531005")
        page.get_by_role("link", name="Diese Daten verbessern").click()
        with page.expect_download() as saving:
            page.get_by_role("link", name="Verfügbarkeit online bei Gemeinden und Kreisen als Excel").click()
        table = tmp_path / saving.value.suggested_filename
        saving.value.save_as(table)
        assert table.name == "verfuegbarkeit-06531005.xlsx"

        fill(table, RIGHT | {"F": "Herbst 20", "E": "verfügbr"})
        page.get_by_role("navigation", name="Hauptmenü").get_by_role("link", name="Daten prüfen").click()
        check(page, table)
        assert page.locator(".checkup h2").inner_text() == "Fast fertig: 2 Fehler in 1 Zeile"
        assert page.evaluate("document.activeElement.id") == "verdict"
        assert "Zeile 2, Spalte F „Seit oder ab (Monat)“" in page.locator("main").inner_text()
        page.locator(".checkup a").first.click()
        assert page.url.endswith("#cause-1")

        with page.expect_download() as saving:
            page.get_by_role("button", name="Datei mit Markierungen herunterladen").click()
        marked = tmp_path / "marked.xlsx"
        saving.value.save_as(marked)
        sheet = openpyxl.load_workbook(marked).worksheets[1]
        assert "Herbst 20" in sheet["F2"].comment.text

        fill(table, RIGHT)
        check(page, table)
        assert page.locator(".checkup h2").inner_text().startswith("Alles in Ordnung")
        assert "1 neu" in page.locator("main").inner_text()
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Vorschau: Gießen", exact=True).click()
        shown = opened.value
        shown.wait_for_load_state()
        assert shown.locator("h1").inner_text() == "Gießen"
        assert shown.locator(".preview-mark").count() == 1
        assert "Jugendamt, Gießen" in shown.locator("main").inner_text()
        shown.close()
        assert page.locator(".checkup h2").inner_text().startswith("Alles in Ordnung")  # the result is still there
        assert visitor.complaints == []


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_accessible_and_keep_to_their_window(
    page_request: Callable[..., Any], axe: str, path: str, language: str
) -> None:
    with page_request(language=language, script=axe, scheme="dark" if language == "en" else "light") as visitor:
        assert visitor.open(path) == 200
        for summary in visitor.page.locator("main summary").all():
            summary.click()
        assert visitor.violations() == []
        for width in (320, 768, 1280):
            visitor.page.set_viewport_size({"width": width, "height": 900})
            assert visitor.overflow() <= 0, width
        assert visitor.complaints == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_results_are_accessible_and_keep_to_their_window(
    page_request: Callable[..., Any], axe: str, tmp_path: Path, language: str
) -> None:
    hostile = BAD.replace(b"Herbst 20", b"<img src=x onerror=alert(1)>" + b"x" * 150)
    files = {"good.csv": GOOD, "bad.csv": BAD, "x" * 150 + ".csv": hostile, "empty.csv": b"", "a.exe": b"MZ"}
    with page_request(language=language, script=axe, scheme="light" if language == "en" else "dark") as visitor:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
            visitor.open("/pruefen")
            check(visitor.page, tmp_path / name)
            assert visitor.page.locator("html").get_attribute("lang") == language
            assert visitor.violations() == [], name
            for width in (320, 1280):
                visitor.page.set_viewport_size({"width": width, "height": 900})
                assert visitor.overflow() <= 0, (name, width)
        assert visitor.page.evaluate("document.activeElement.id") == "failure"
        assert [said for said in visitor.complaints if "status of 4" not in said] == []


def test_a_file_can_be_dropped_and_cells_can_be_pasted(page_request: Callable[..., Any]) -> None:
    drop = """([name, text]) => {
        const data = new DataTransfer();
        data.items.add(new File([text], name));
        const zone = document.querySelector(".drop-zone");
        for (const type of ["dragover", "drop"])
            zone.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    with page_request() as visitor:
        visitor.open("/pruefen")
        visitor.page.evaluate(drop, ["bad.csv", BAD.decode()])
        assert visitor.page.locator(".dropped").inner_text() == "Ausgewählt: bad.csv"
        visitor.page.click("button[value=check]")
        assert "Fast fertig" in visitor.page.locator(".checkup h2").inner_text()
        visitor.open("/pruefen")
        visitor.page.locator("summary", has_text="Oder Zellen einfügen").click()
        visitor.page.fill("#text", BAD.decode().replace(";", "\t"))
        visitor.page.click("button[value=check]")
        assert "Herbst 20" in visitor.page.locator(".checkup").inner_text()


def test_the_keyboard_gets_through_the_form_and_the_result(page_request: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(BAD)
    with page_request() as visitor:
        visitor.open("/pruefen")
        check(visitor.page, tmp_path / "bad.csv")
        names = []
        for _ in range(8):
            visitor.page.keyboard.press("Tab")
            names.append(visitor.page.evaluate("document.activeElement.innerText"))
        assert "Datei mit Markierungen herunterladen" in names
