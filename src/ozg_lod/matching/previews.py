"""Small previews of a thing for other programs: a page for a frame, and a piece of HTML for a hint (pure)."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from ozg_lod.core.messages import Language
from ozg_lod.matching import reasons
from ozg_lod.matching.data_extension import NAMES, Reader
from ozg_lod.matching.register import RegisterEntry
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.pages import render

_SHOWN: Final = ("district", "status", "service-count", "lead-authority", "built-by", "read-on", "successor", "source")


def page(site: PageContext, record: RegisterEntry, reader: Reader) -> bytes:
    """Return the page for a frame: name, what it is, a few facts, the way to the whole page."""
    facts = [(NAMES[name][site.language], _texts(reader, record, name)) for name in _SHOWN]
    return render(
        "glance.html",
        site,
        name=reasons.name(record, site.language),
        about=reasons.description(record, site.language),
        facts=[(name, texts) for name, texts in facts if texts],
        iri=record.iri,
        href=site.addresses.absolute(site.path),
    )


def flyout_of_thing(record: RegisterEntry, language: Language) -> str:
    return flyout(reasons.name(record, language), reasons.description(record, language))


def flyout(name: str, about: str) -> str:
    """Return a name and what it is as HTML.

    >>> flyout("<b>", "a & b")
    '<p><strong>&lt;b&gt;</strong></p><p>a &amp; b</p>'
    """
    return str(Markup("<p><strong>{}</strong></p><p>{}</p>").format(name, about))


def _texts(reader: Reader, record: RegisterEntry, name: str) -> list[str]:
    shown = ("name", "str", "int", "date")
    texts = [next((value[part] for part in shown if part in value), "") for value in reader.values(record.id, name)]
    return [str(one).removesuffix("T00:00:00") for one in texts]
