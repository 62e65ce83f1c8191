"""Labels: what people call a thing, so that no sentence shows an address."""

from __future__ import annotations

import re
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Store

from ozg_lod.core.messages import Label, Text, _
from ozg_lod.core.vocab import DCT, RDFS, SKOS

UNNAMED: Final = _("an entry without an address")
_SHOWN: Final = 200
_PROPERTIES: Final = tuple(NamedNode(iri) for iri in (SKOS + "prefLabel", RDFS + "label", DCT + "title"))


class Labels:
    """Looks up labels in a store; where there are none the last part of the address stands in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Text] = {}

    def of(self, iri: str) -> Text:
        """Return the label of a thing in every language it has one in."""
        label = self._known.get(iri)
        if label is None:
            label = self._known[iri] = self._found(iri)
        return label

    def _found(self, iri: str) -> Text:
        by_language: dict[str, str] = {}
        try:
            node = NamedNode(iri)
        except ValueError:
            return UNNAMED
        for label in _PROPERTIES:
            for quad in self._store.quads_for_pattern(node, label, None):
                if isinstance(quad.object, Literal):
                    language = quad.object.language or ""
                    by_language[language] = min(quad.object.value, by_language.get(language, quad.object.value))
            if by_language:
                break
        shown = {language: text[:_SHOWN] for language, text in by_language.items()}
        return _best(shown) if shown else last_part(iri)

    def of_term(self, term: object) -> Text | None:
        """Return what to show for an object: a label for an address, None for a text, which shows itself."""
        if isinstance(term, NamedNode):
            return self.of(term.value)
        return UNNAMED if isinstance(term, BlankNode) else None


def last_part(iri: str) -> Text:
    """Return the end of an address as the name of last resort.

    >>> last_part("https://example.org/id/bundle/jugendamt")["de"]
    'jugendamt'
    """
    name = re.split(r"[/#:?]", iri.rstrip("/#:?"))[-1][:_SHOWN]
    return Label({"": name})


def _best(by_language: dict[str, str]) -> Text:
    return Label(dict(sorted(by_language.items())))
