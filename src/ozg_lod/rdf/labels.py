"""Labels: what people call a thing, so that no sentence shows an address."""

from __future__ import annotations

import re
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from ozg_lod.core.messages import Label, Text, _
from ozg_lod.rdf.graph import names_in, naming
from ozg_lod.rdf.overlay import Quads

UNNAMED: Final = _("an entry without an address")
_SHOWN: Final = 200


class Labels:
    """Looks up labels in a store; where there are none the last part of the address stands in."""

    def __init__(self, store: Quads) -> None:
        self._store = store
        self._known: dict[str, Text] = {}

    def of(self, iri: str) -> Text:
        """Return the label of a thing in every language it has one in."""
        label = self._known.get(iri)
        if label is None:
            label = self._known[iri] = self._names(iri)
        return label

    def _names(self, iri: str) -> Text:
        try:
            about = self._store.quads_for_pattern(NamedNode(iri), None, None)
        except ValueError:
            return UNNAMED
        names = names_in(triple.object for triple in naming({quad.triple for quad in about}))
        return Label({tag: names[tag][:_SHOWN] for tag in sorted(names)}) if names else last_part(iri)

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
