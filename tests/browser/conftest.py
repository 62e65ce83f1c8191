"""A real browser on our own pages: the system's Chromium, driven by Playwright, with axe-core from web/node_modules."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visitor:
    """One page in one browser window, and everything about it that must not happen."""

    page: Any
    base: str
    editor: bool = True
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Go to a page of the site; return its status."""
        answer = self.page.goto(self.base + path)
        if self.editor and self.page.locator("textarea[data-completion]").count():
            self.page.locator(".cm-content").wait_for()
        return int(answer.status)

    def violations(self) -> list[str]:
        """Return what axe finds: rule and place, in shadow trees too."""
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})",
            RULES,
        )
        return [
            f"{one['id']}: {node['target']} {node['html'][:120]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A running browser; it ends with the module: Playwright keeps an event loop running that others trip over."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no Chromium; on Debian: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-extensions"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core."""
    if not AXE.is_file():
        pytest.skip("axe-core is not there; `python hatch_build.py` fetches it with the other packages of web/")
    return AXE.read_text("utf-8")


@pytest.fixture
def page_request(chromium: Any, endpoint: str) -> Callable[..., Any]:
    """Return the context manager that opens a window on the running server with the real data."""
    return visiting(chromium, endpoint)


def visiting(chromium: Any, base: str) -> Callable[..., Any]:
    """Return the context manager that opens a window on the server at `base`."""

    @contextmanager
    def page_request(
        *,
        width: int = 1280,
        scheme: str = "light",
        language: str = "de",
        javascript: bool = True,
        touch: bool = False,
        script: str = "",
    ) -> Iterator[Visitor]:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale={"de": "de-DE", "en": "en-GB"}[language],
            java_script_enabled=javascript,
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce",
        )
        if script:
            context.add_init_script(script)
        page = context.new_page()
        visitor = Visitor(page, base, editor=javascript and not touch)
        page.on("console", lambda said: visitor.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((base, "data:")) else visitor.foreign.append(asked.url),
        )
        yield visitor
        assert visitor.foreign == []
        assert context.cookies() == []
        context.close()

    return page_request
