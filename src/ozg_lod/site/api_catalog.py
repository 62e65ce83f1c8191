"""What programs can ask here, for programs that come without knowing it: an API catalogue and a guide (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from ozg_lod.core.identity import Identity
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses

PROFILE: Final = "https://www.rfc-editor.org/info/rfc9727"
_OPENAPI: Final = "application/vnd.oai.openapi+json"
_APIS: Final = (
    ("/sparql", "SPARQL 1.1 query endpoint", (("/sparql", formats.TURTLE.media_type),), "/hilfe"),
    ("/reconcile", "Reconciliation service 0.2 (OpenRefine)", (("/reconcile", formats.JSON.media_type),), "/hilfe"),
    ("/catalog", "DCAT-AP.de catalogue for harvesters", (("/catalog.ttl", formats.TURTLE.media_type),), "/harvest"),
    ("/search.json", "Search", (("/openapi.json", _OPENAPI),), "/hilfe"),
    ("/validate", "Check of tables and RDF files", (("/openapi.json", _OPENAPI),), "/mitmachen"),
)
"""Address, what it is, its descriptions for programs with their media types, the page for people."""
_MORE: Final = (
    ("/dump/data.nq", "all data as N-Quads, each source in its graph"),
    ("/ontology", "the vocabulary; its names as a JSON-LD context: /ontology/context.jsonld"),
    ("/shapes", "the SHACL shapes that all data keep"),
    ("/changes.atom", "what changed, as a feed"),
    ("/openapi.json", "every address with its parameters (OpenAPI)"),
    ("/sitemap.xml", "every page"),
)


def linkset(addresses: Addresses) -> bytes:
    """Return the API catalogue as a linkset (RFC 9727 §4): each interface with its description and its page."""
    contexts = [
        {
            "anchor": addresses.absolute(path),
            "service-desc": [{"href": addresses.absolute(there), "type": kind} for there, kind in descriptions],
            "service-doc": [{"href": addresses.absolute(page), "type": formats.HTML.media_type}],
        }
        for path, _what, descriptions, page in _APIS
    ]
    items = [{"href": addresses.absolute(path)} for path, *_more in _APIS]
    own = {"anchor": addresses.absolute("/.well-known/api-catalog"), "item": items}
    return json.dumps({"linkset": [own, *contexts]}, indent=1).encode()


def guide(identity: Identity, addresses: Addresses, kinds: Iterable[tuple[str, str]]) -> bytes:
    """Return /llms.txt: what this is and where its data can be had, in English, as Markdown.

    `kinds` are the lists there are: the last part of their address and their name.
    """
    lines = [
        f"# {identity.name['en']}",
        "",
        f"> {identity.claim['en']}. {identity.lead['en']}".strip(),
        "",
        "Every thing has a lasting address, which gives a page or data as `Accept` asks; or add .html, .ttl, .jsonld,",
        ".rdf or .nt to the address of its page. Every statement names its source; what no source says is",
        "left out, so a gap is no zero. Give the version (`X-Ozg-Version`) when you cite.",
        "",
        "## Interfaces",
        "",
        *(f"- [{what}]({addresses.absolute(path)})" for path, what, *_more in _APIS),
        *(f"- [{path}]({addresses.absolute(path)}): {what}" for path, what in _MORE),
        "",
        "## Lists",
        "",
        *(f"- [{name}]({addresses.absolute(f'/doc/{kind}')})" for kind, name in kinds),
    ]
    return ("\n".join(lines) + "\n").encode()
