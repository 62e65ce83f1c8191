"""Where pages are declared: the table of first parts of paths is that of the pages, so that none is out of reach."""

from __future__ import annotations

import importlib

import pytest

from ozg_lod.web import app
from ozg_lod.web.routing import first_part


@pytest.mark.parametrize("subject", app.SUBJECTS)
def test_every_page_stands_under_its_first_part(subject: str) -> None:
    pages = importlib.import_module(f"ozg_lod.web.{subject}_routes").pages.pages
    assert {first_part(page.route.path) for page in pages} == set(app.SUBJECTS[subject])
