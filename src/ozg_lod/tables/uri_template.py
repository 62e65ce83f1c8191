"""Templates: addresses with {name} for the value of a column (URI Template, RFC 6570, levels 1 and 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from ozg_lod.core.messages import _
from ozg_lod.core.vocab import (
    DCAT,
    DCT,
    FOAF,
    ORG,
    OWL,
    PROV,
    QB,
    RDF,
    RDFS,
    SKOS,
    VOID,
    XSD,
)
from ozg_lod.rdf.lexical import is_web_address
from ozg_lod.tables.metadata import Node

MAILTO: Final = "mailto:"
PREFIXES: Final = {
    "dc": DCT,
    "dcat": DCAT,
    "dcterms": DCT,
    "foaf": FOAF,
    "org": ORG,
    "owl": OWL,
    "prov": PROV,
    "qb": QB,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "void": VOID,
    "xsd": XSD,
}
"""The prefixes of the RDFa initial context that a description may use; every other address is written in full."""

_VARIABLE: Final = re.compile(r"\{(\+?)([A-Za-z][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class UriTemplate:
    """An address with {name} for the escaped value of a column, or {+name} for a whole web address (RFC 6570)."""

    parts: tuple[str | tuple[str, bool], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part[0] for part in self.parts if not isinstance(part, str))

    def expand(self, values: Mapping[str, str | None]) -> str | None:
        """Return the address, or None when one of the columns has no value in this row."""
        pieces: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = values.get(part[0])
            if value is None:
                return None
            plain = part[1] or (value.isascii() and value.isalnum())
            pieces.append(value if plain else quote(value, safe=""))
        return "".join(pieces)


def template(node: Node, base: str) -> UriTemplate:
    """Read an address: relative to the base, in full, with a prefix, or one {+name} alone."""
    parts: list[str | tuple[str, bool]] = []
    end = 0
    for match in _VARIABLE.finditer(node.text()):
        parts += [node.text()[end : match.start()], (match[2], match[1] == "+")]
        end = match.end()
    parts.append(node.text()[end:])
    if any(isinstance(part, str) and re.search(r'[{}\s<>"|\\^`]', part) for part in parts):
        node.fail(_("is not an address with {name} in it"))
    whole = any(part[1] is True for part in parts if not isinstance(part, str))
    if whole and parts not in (["", parts[1], ""], [MAILTO, parts[1], ""]):
        node.fail(_("{+name} must stand alone"))
    parts[0] = _resolved(str(parts[0]), node, base, leads=len(parts) > 1 and parts[1][1] is True)
    return UriTemplate(tuple(part for part in parts if part))


def _resolved(start: str, node: Node, base: str, *, leads: bool) -> str:
    """Make the constant beginning of a template absolute; `leads` says that {+name} follows it."""
    prefix, colon, rest = start.partition(":")
    if is_web_address(start) or (leads and start in {"", MAILTO}):
        return start
    if colon and prefix in PREFIXES:
        return PREFIXES[prefix] + rest
    if colon:
        listed = ", ".join(PREFIXES)
        node.fail(
            _(
                '"{prefix}:" is not known; write the address in full or use one of: {listed}',
                prefix=prefix,
                listed=listed,
            ),
        )
    if start.startswith(("/", ".", "#", "?")):
        node.fail(_("must start with a name, as id/bundle/{key} does"))
    return base + start
