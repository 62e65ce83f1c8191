"""The feed of publications (Atom, RFC 4287): one entry for each, with the resources that came, changed and went."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from ozg_lod.core.messages import Language, _
from ozg_lod.rdf import formats
from ozg_lod.snapshots.snapshot import Publication

ATOM: Final = "http://www.w3.org/2005/Atom"
KINDS: Final = ("added", "changed", "withdrawn")
_MAX_ENTRIES: Final = 50
_MAX_LINKS: Final = 200
_NEVER: Final = "1970-01-01T00:00:00Z"


def atom(log: Sequence[Publication], *, iri: str, public_url: str, title: str, language: Language) -> bytes:
    """Return the feed, newest first; `iri` is that of the catalogue, which names the entries for good."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    _text(feed, "id", f"{iri}#changes")
    _text(feed, "title", _("{title}: changes", title=title)[language])
    _text(feed, "updated", log[-1].time)
    _link(feed, "self", f"{public_url}/changes.atom", formats.ATOM.media_type)
    _link(feed, "alternate", f"{public_url}/aenderungen", formats.HTML.media_type)
    _text(ET.SubElement(feed, f"{{{ATOM}}}author"), "name", _("Contributors to ozg-lod (no authority)")[language])
    for publication in list(reversed(log))[:_MAX_ENTRIES]:
        _entry(feed, publication, iri=iri, public_url=public_url, language=language)
    ET.indent(feed)
    body = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return bytes(body) + b"\n"


def of_thing(
    log: Sequence[Publication], touched: Collection[str], *, iri: str, page: str, name: str, language: Language
) -> bytes:
    """Return the feed of one thing, newest first: the publications that changed something in `touched`."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    publications = [(one, changed) for one in reversed(log) if (changed := _changed(one, touched))]
    _text(feed, "id", iri)
    _text(feed, "title", _("Changes: {name}", name=name)[language])
    _text(feed, "updated", publications[0][0].time if publications else log[0].time if log else _NEVER)
    _link(feed, "self", f"{page}.atom", formats.ATOM.media_type)
    _link(feed, "alternate", page, formats.HTML.media_type)
    _text(ET.SubElement(feed, f"{{{ATOM}}}author"), "name", _("Contributors to ozg-lod (no authority)")[language])
    for publication, changed in publications[:_MAX_ENTRIES]:
        entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
        _text(entry, "id", f"{iri}#publication-{publication.number}")
        _text(
            entry,
            "title",
            _("Publication {number}, version {version}", number=publication.number, version=publication.version[:12])[
                language
            ],
        )
        _text(entry, "updated", publication.time)
        _link(entry, "alternate", page, formats.HTML.media_type)
        counts = {kind: sum(one == kind for one, _ in changed) for kind in KINDS}
        _text(entry, "summary", _("New: {added}, changed: {changed}, withdrawn: {withdrawn}.", **counts)[language])
        for kind, resource in changed[:_MAX_LINKS]:
            ET.SubElement(entry, f"{{{ATOM}}}category", {"term": kind, "scheme": f"{iri}#changes", "label": resource})
    ET.indent(feed)
    body = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return bytes(body) + b"\n"


def _changed(publication: Publication, touched: Collection[str]) -> list[tuple[str, str]]:
    named = [(kind, resource) for kind in KINDS for resource in getattr(publication, kind) or ()]
    return [(kind, resource) for kind, resource in named if resource in touched]


def summary(publication: Publication, language: Language) -> str:
    """Return how many resources came, changed and went, and whether the files were erased."""
    counts = {kind: len(getattr(publication, kind) or ()) for kind in KINDS}
    erased = (
        _(
            "The files of this version were erased on {day}, because a contribution in it was "
            "withdrawn and its erasure was asked for.",
            day=publication.erased,
        )[language]
        if publication.erased
        else ""
    )
    return f"{_('New: {added}, changed: {changed}, withdrawn: {withdrawn}.', **counts)[language]} {erased}".strip()


def _entry(feed: ET.Element, publication: Publication, *, iri: str, public_url: str, language: Language) -> None:
    entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
    _text(entry, "id", f"{iri}#publication-{publication.number}")
    _text(
        entry,
        "title",
        _("Publication {number}, version {version}", number=publication.number, version=publication.version[:12])[
            language
        ],
    )
    _text(entry, "updated", publication.time)
    _link(entry, "alternate", f"{public_url}/aenderungen#nr-{publication.number}", formats.HTML.media_type)
    if not publication.erased:
        _link(entry, "enclosure", f"{public_url}/snapshot/{publication.version}/data.nq", formats.NQUADS.media_type)
    _text(entry, "summary", summary(publication, language))
    changed = [(kind, resource) for kind in KINDS for resource in getattr(publication, kind) or ()]
    for kind, resource in changed[:_MAX_LINKS]:
        attributes = {"term": kind, "scheme": f"{iri}#changes", "label": resource}
        ET.SubElement(entry, f"{{{ATOM}}}category", attributes)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def _link(parent: ET.Element, relation: str, href: str, media_type: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}link", {"rel": relation, "href": href, "type": media_type})
