"""What a harvester asks of the catalogue: a page of it, what is newer than a day, a language, an older profile.

By default one page has everything and the texts are German only: CKAN takes the English title where both are there
(its default locale, ckanext-dcat 2.4.4), and a German portal would show it. `lang=all` gives both.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox

from ozg_lod.catalogue.catalogue import Catalogue, CatalogueEntry
from ozg_lod.core.errors import BadRequest, NotFound
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import (
    DCAT,
    DCATDE,
    DCT,
    HYDRA,
    RDF,
    SPDX,
    XSD,
)
from ozg_lod.rdf.graph import iri_of
from ozg_lod.rdf.triples import number, resource

PROFILES: Final = ("dcat-ap-de-3", "dcat-ap-de-2")
PAGE_SIZE: Final = 100
_LARGEST_PAGE: Final = 1000
_LANGUAGES: Final = ("de", "en", "all")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_VERSION: Final = re.compile(r"[0-9a-f]{64}")
_SHA256_OF_2: Final = "http://dcat-ap.de/def/hashAlgorithms/sha/256"
_GEOCODING: Final = "http://dcat-ap.de/def/politicalGeocoding/"


@dataclass(frozen=True, slots=True)
class CatalogueRequest:
    """What is asked for; `page` is None where everything is wanted at once, `version` "" for the current one."""

    page: int | None = None
    size: int = PAGE_SIZE
    since: str = ""
    language: str = "de"
    profile: str = PROFILES[0]
    version: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> CatalogueRequest:
        """Read the parameters of a request; raise BadRequest for a value that makes no sense."""
        paged = "page" in query or "pageSize" in query
        return cls(
            page=_counted(query, "page", 1) if paged else None,
            size=min(_counted(query, "pageSize", PAGE_SIZE), _LARGEST_PAGE),
            since=_moment(query.get("modified_since", "")),
            language=_one_of(query, "lang", _LANGUAGES),
            profile=_one_of(query, "profile", PROFILES),
            version=_version(query.get("version", "")),
        )

    def query(self, page: int, version: str) -> str:
        """Return the query string of another page of the same answer, from the same version."""
        parameters: dict[str, object] = {"page": page, "pageSize": self.size, "version": version}
        if self.since:
            parameters["modified_since"] = self.since
        if self.language != _LANGUAGES[0]:
            parameters["lang"] = self.language
        if self.profile != PROFILES[0]:
            parameters["profile"] = self.profile
        return urlencode(parameters)


@dataclass(frozen=True, slots=True)
class CatalogueView:
    """An answer: its graph, and the addresses of the pages around it by link relation (RFC 8288)."""

    triples: frozenset[ox.Triple]
    links: Mapping[str, str]


def view(catalogue: Catalogue, wanted: CatalogueRequest, address: Callable[[int], str]) -> CatalogueView:
    """Return what was asked for; `address` gives the absolute address of a page. Raises NotFound past the last."""
    entries = [entry for entry in catalogue.entries if entry.modified >= wanted.since]
    if wanted.page is None:
        return CatalogueView(frozenset(_written(catalogue.graph(entries), wanted)), {})
    pages = max(1, -(-len(entries) // wanted.size))
    if wanted.page > pages:
        raise NotFound(
            _("There is no page {page}; the last is {pages}.", page=wanted.page, pages=pages),
        )
    numbers = {"first": 1, "last": pages, "prev": wanted.page - 1, "next": wanted.page + 1}
    links = {relation: address(page) for relation, page in numbers.items() if 1 <= page <= pages}
    shown: Sequence[CatalogueEntry] = entries[(wanted.page - 1) * wanted.size : wanted.page * wanted.size]
    triples = _written(catalogue.graph(shown), wanted)
    triples |= _paging(catalogue.iri, address(wanted.page), links, len(entries))
    return CatalogueView(frozenset(triples), links)


def _paging(collection: str, page: str, links: Mapping[str, str], total: int) -> set[ox.Triple]:
    """Return the paging in both vocabularies harvesters read: Hydra, and its older form on the same node."""
    triples = {
        resource(collection, RDF + "type", HYDRA + "Collection"),
        resource(collection, HYDRA + "view", page),
        number(collection, HYDRA + "totalItems", total),
        resource(page, RDF + "type", HYDRA + "PartialCollectionView"),
        resource(page, RDF + "type", HYDRA + "PagedCollection"),
        number(page, HYDRA + "totalItems", total),
    }
    for relation, target in links.items():
        name = "previous" if relation == "prev" else relation
        triples.add(resource(page, HYDRA + name, target))
        triples.add(resource(page, f"{HYDRA}{name}Page", target))
    return triples


def _written(triples: Iterable[ox.Triple], wanted: CatalogueRequest) -> set[ox.Triple]:
    statements = set(triples)
    if wanted.language != "all":
        statements = _in_language(statements, wanted.language)
    return _in_profile_2(statements) if wanted.profile == PROFILES[1] else statements


def _in_language(triples: Collection[ox.Triple], language: str) -> set[ox.Triple]:
    """Leave out texts in another language where the property has one in this."""
    has = {
        (t.subject, t.predicate) for t in triples if isinstance(t.object, ox.Literal) and t.object.language == language
    }
    return {
        triple
        for triple in triples
        if not isinstance(triple.object, ox.Literal)
        or triple.object.language in {None, language}
        or (triple.subject, triple.predicate) not in has
    }


def _in_profile_2(triples: Collection[ox.Triple]) -> set[ox.Triple]:
    """Rewrite where DCAT-AP.de 2.0 differs: type of the size, name of the hash, place (Konvention 08).

    The fourth difference, the status of a distribution, is not stated here.
    """
    statements: set[ox.Triple] = set()
    for triple in triples:
        predicate, value = triple.predicate.value, triple.object
        if predicate == DCAT + "byteSize" and isinstance(value, ox.Literal):
            value = ox.Literal(value.value, datatype=ox.NamedNode(XSD + "decimal"))
        elif predicate == SPDX + "algorithm":
            value = ox.NamedNode(_SHA256_OF_2)
        elif predicate == DCT + "spatial" and iri_of(value).startswith(_GEOCODING):
            statements.add(ox.Triple(triple.subject, ox.NamedNode(DCATDE + "politicalGeocodingURI"), value))
        statements.add(ox.Triple(triple.subject, triple.predicate, value))
    return statements


def _counted(query: Mapping[str, str], name: str, otherwise: int) -> int:
    value = query.get(name)
    if value is None:
        return otherwise
    if not _NUMBER.fullmatch(value):
        raise BadRequest(_("{name} is not a number; write 1, 2, 3 …", name=name))
    return int(value)


def _one_of(query: Mapping[str, str], name: str, known: Sequence[str]) -> str:
    value = query.get(name, known[0])
    if value not in known:
        listed = ", ".join(known)
        raise BadRequest(_("{name} is not one of: {listed}.", name=name, listed=listed), offered=list(known))
    return value


def _moment(value: str) -> str:
    """Return the moment in UTC as it is compared with `modified`; a day begins at midnight UTC."""
    if not value:
        return ""
    try:
        timestamp = dt.datetime.fromisoformat(value)
        timestamp = timestamp.replace(tzinfo=timestamp.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):  # the first and the last day there are have no other time zones
        raise BadRequest(
            _("modified_since is neither a day nor a time; write 2026-11-22 or 2026-11-22T10:00:00Z."),
        ) from None
    return timestamp.isoformat(timespec="seconds").replace("+00:00", "Z")


def _version(value: str) -> str:
    if value and not _VERSION.fullmatch(value):
        raise BadRequest(
            _("version is the 64 hexadecimal digits of a published version."),
        )
    return value
