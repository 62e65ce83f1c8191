"""Linksets (RFC 9264): all links from a thing and to it, as JSON and as a list of Link fields (pure).

A relation type is registered, or the IRI of the property (§ 3 of RFC 8288 allows any URI). A statement that speaks of
the thing is a link context of its own, whose anchor is the statement: so a reuse shows who reuses what.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from ozg_lod.core.vocab import DCT, OZG
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import (
    TYPE,
    Graph,
    iri_of,
    pick,
)
from ozg_lod.site.efa import REUSE

OFFERED: Final = (formats.LINKSET_JSON, formats.LINKSET)
_MAX_INCOMING: Final = 200
_REGISTERED: Final = {DCT + "license": "license", TYPE: "type"}
_OWN: Final = (TYPE, OZG + "availabilityOf", OZG + "availableAt", OZG + "status", DCT + "source")


@dataclass(frozen=True, slots=True)
class Link:
    """One link: the relation, where it leads, the title of the target in German, its media type."""

    relation: str
    href: str
    title: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """All links from one anchor."""

    anchor: str
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Linker:
    """Reads links from the graph; `pages` is the address that pages of things begin with."""

    graph: Graph
    base_iri: str
    pages: str

    def of_thing(self, iri: str) -> list[Context]:
        """Return the links from a thing and from what speaks of it; the thing comes first."""
        path = iri.removeprefix(f"{self.base_iri}id/")
        described = [
            Link("describedby", f"{self.pages}/{path}.{form.suffix}", media_type=form.media_type)
            for form in (formats.HTML, *formats.GRAPHS)
        ]
        own = Context(iri, [*described, *self._links(sorted(self.graph.about(iri), key=str))])
        subjects = sorted({iri_of(triple.subject) for triple in self.graph.to(iri)} - {"", iri})
        return [own, *(self._incoming(subject, iri) for subject in subjects[:_MAX_INCOMING])]

    def of_reuse(self) -> list[Context]:
        """Return every reuse with who reuses what."""
        statements = sorted({iri_of(triple.subject) for triple in self.graph.using(TYPE, REUSE)} - {""})
        return [
            Context(iri, list(self._links(t for t in sorted(self.graph.about(iri), key=str) if _predicate(t) in _OWN)))
            for iri in statements
        ]

    def _incoming(self, subject: str, iri: str) -> Context:
        triples = sorted(self.graph.about(subject), key=str)
        reuse = any(iri_of(triple.object) == REUSE for triple in triples)
        relevant = (t for t in triples if iri_of(t.object) == iri or (reuse and _predicate(t) in _OWN))
        return Context(subject, list(self._links(relevant)))

    def _links(self, triples: Iterable[ox.Triple]) -> Iterable[Link]:
        for triple in triples:
            target = iri_of(triple.object)
            if target:
                relation = _REGISTERED.get(_predicate(triple), _predicate(triple))
                yield Link(relation, target, pick(self.graph.names(target), "de")[0])


def as_json(contexts: Sequence[Context]) -> bytes:
    """Return the linkset as application/linkset+json (RFC 9264 §4.2)."""
    entries = []
    for context in contexts:
        entry: dict[str, object] = {"anchor": context.anchor}
        for relation in dict.fromkeys(link.relation for link in context.links):
            entry[relation] = [_target(link) for link in context.links if link.relation == relation]
        entries.append(entry)
    return json.dumps({"linkset": entries}, ensure_ascii=False, indent=1).encode() + b"\n"


def as_text(contexts: Sequence[Context]) -> bytes:
    """Return the linkset as application/linkset (RFC 9264 §4.1): Link fields, one link a line."""
    lines = []
    for context in contexts:
        for link in context.links:
            kind = f'; type="{link.media_type}"' if link.media_type else ""
            lines.append(f'<{link.href}>; rel="{link.relation}"; anchor="{context.anchor}"{kind}')
    return ",\n".join(lines).encode() + b"\n"


def _target(link: Link) -> dict[str, object]:
    target: dict[str, object] = {"href": link.href}
    if link.media_type:
        target["type"] = link.media_type
    if link.title:
        target["title*"] = [{"value": link.title, "language": "de"}]
    return target


def _predicate(triple: ox.Triple) -> str:
    return iri_of(triple.predicate)
