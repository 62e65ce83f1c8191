"""What search engines read: one JSON-LD block in each page (schema.org), in the language of the page.

It says the same as the page, never more: an amount that is a rule is no grant, and a statement has no class of its own
in schema.org, so its page is described as a page. The block is data, no script; nothing in it can end it early.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pyoxigraph as ox
from markupsafe import Markup

from ozg_lod.core.vocab import (
    DCT,
    FOAF,
    OZG,
    SKOS,
    WGS84,
)
from ozg_lod.rdf.graph import iri_of, pick
from ozg_lod.site.description import Description
from ozg_lod.site.page_context import PageContext

_KEYS: Final = (("AGS", OZG + "ags"), ("ARS", OZG + "ars"), ("OZG", OZG + "ozgId"), ("LeiKa", OZG + "leikaKey"))
_ESCAPES: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&'\u2028\u2029"}


def block(data: Mapping[str, object]) -> Markup:
    r"""Return the JSON as it may stand in a script element: no character in it can end the element or begin a tag.

    >>> str(block({"name": "</script>"}))
    '{"name": "\\u003c/script\\u003e"}'
    """
    return Markup(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))  # noqa: S704 - escaped just here


def website(site: PageContext, title: str) -> dict[str, object]:
    """Return the description of the whole site, for the start page."""
    start = site.addresses.absolute("/")
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "@id": f"{start}#website",
        "url": start,
        "name": title,
        "inLanguage": ["de", "en"],
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{site.addresses.absolute('/suche')}?q={{search_term_string}}",
            },
            "query-input": "required name=search_term_string",
        },
    }


def thing(site: PageContext, description: Description, kind: str) -> dict[str, object]:
    """Return the description of the page about a thing, and of the thing where schema.org has a class for it."""
    url = site.addresses.absolute(site.path)
    page: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "@id": f"{url}#page",
        "url": url,
        "name": _name(site, description),
        "inLanguage": site.language,
        "isPartOf": {"@id": f"{site.addresses.absolute('/')}#website"},
    }
    subject = _subject(site, description, kind)
    return {**page, "mainEntity": subject} if subject else page


def _subject(site: PageContext, description: Description, kind: str) -> dict[str, object] | None:
    data = _StructuredData(description)
    schema_class = (
        "MonetaryGrant" if kind == "participation" and data.text(OZG + "awardedEur") else site.kinds[kind].schema_org
    )
    if not schema_class:
        return None
    subject: dict[str, object] = {
        "@type": schema_class,
        "@id": description.iri,
        "name": _name(site, description),
        "identifier": [
            {"@type": "PropertyValue", "propertyID": name, "value": data.text(predicate)}
            for name, predicate in _KEYS
            if data.text(predicate)
        ],
        "alternateName": data.text(SKOS + "altLabel"),
        **_MORE.get(schema_class, _nothing)(data),
    }
    return {name: value for name, value in subject.items() if value}


class _StructuredData:
    """What the graph says of the thing, one value at a time."""

    def __init__(self, description: Description) -> None:
        self._facts = description.facts.get(description.iri, {})
        self._names = description.names

    def text(self, predicate: str) -> str:
        """Return the first literal, "" for none."""
        return next((term.value for term in self._facts.get(predicate, ()) if isinstance(term, ox.Literal)), "")

    def iri(self, predicate: str) -> str:
        """Return the first IRI, "" for none."""
        return next((iri_of(term) for term in self._facts.get(predicate, ()) if iri_of(term)), "")

    def named(self, predicate: str, kind: str) -> dict[str, str]:
        """Return the neighbour by this property with its name, nothing for none."""
        iri = self.iri(predicate)
        return {"@type": kind, "@id": iri, "name": pick(self._names.get(iri, {}), "de", iri)[0]} if iri else {}


def _authority(data: _StructuredData) -> dict[str, object]:
    area = data.named(DCT + "spatial", "AdministrativeArea")
    return {
        "areaServed": area,
        "dissolutionDate": data.text(OZG + "validTo"),
        "foundingDate": data.text(OZG + "validFrom"),
    }


def _place(data: _StructuredData) -> dict[str, object]:
    lat, long = data.text(WGS84 + "lat"), data.text(WGS84 + "long")
    point = {"@type": "GeoCoordinates", "latitude": float(lat), "longitude": float(long)} if lat and long else {}
    return {"geo": point, "containedInPlace": data.named(DCT + "isPartOf", "AdministrativeArea")}


def _grant(data: _StructuredData) -> dict[str, object]:
    amount = {"@type": "MonetaryAmount", "currency": "EUR", "value": float(data.text(OZG + "awardedEur"))}
    return {"amount": amount, "description": data.text(OZG + "wording")}


def _service(data: _StructuredData) -> dict[str, object]:
    return {"provider": data.named(OZG + "builtBy", "Organization"), "description": data.text(OZG + "wording")}


def _term(data: _StructuredData) -> dict[str, object]:
    scheme = data.named(SKOS + "inScheme", "DefinedTermSet")
    return {"termCode": data.text(SKOS + "notation"), "inDefinedTermSet": scheme}


def _work(data: _StructuredData) -> dict[str, object]:
    return {
        "datePublished": data.text(DCT + "issued"),
        "publisher": data.named(DCT + "publisher", "Organization"),
        "license": data.iri(DCT + "license"),
        "isPartOf": data.named(DCT + "isPartOf", "CreativeWork"),
        "sameAs": data.iri(FOAF + "page"),
    }


def _dataset(data: _StructuredData) -> dict[str, object]:
    return {
        "description": data.text(DCT + "description"),
        "license": data.iri(DCT + "license"),
        "creator": data.named(DCT + "publisher", "Organization"),
        "isAccessibleForFree": True,
    }


def _nothing(_said: _StructuredData) -> dict[str, object]:
    return {}


def _name(site: PageContext, description: Description) -> str:
    return pick(description.names.get(description.iri, {}), site.language, description.iri)[0]


_MORE: Final = {
    "GovernmentOrganization": _authority,
    "AdministrativeArea": _place,
    "MonetaryGrant": _grant,
    "GovernmentService": _service,
    "DefinedTerm": _term,
    "CreativeWork": _work,
    "Dataset": _dataset,
}
