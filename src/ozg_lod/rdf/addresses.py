"""Where an IRI leads: things and terms to pages of this host, http(s) and mailto elsewhere, anything else nowhere.

RDF shows canonical IRIs, HTML links stay on the host. `javascript:` and `data:` IRIs are text (autoescape alone does
not stop them).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from ozg_lod.core.vocab import ONTOLOGY, SHAPES

_THING: Final = re.compile(r"id/([a-z]+)/([A-Za-z0-9-]+)(#[A-Za-z0-9._~-]+)?")
_FRAGMENT: Final = re.compile(r"(?:#[A-Za-z0-9-]+)?")
_ELSEWHERE: Final = re.compile(r"(?:https?://|mailto:)[^\s\"<>\\^`{|}]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link goes; `external` leaves the site."""

    href: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one host; `language` stands in every link where the reader chose one."""

    base_iri: str
    public_url: str
    language: str | None = None
    root: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", urlsplit(self.public_url).path.rstrip("/"))

    def path(self, path: str, fragment: str = "", **query: object) -> str:
        """Return a link on this host to `path`, which begins with a slash."""
        return self.root + quote(path) + self._query(query) + fragment

    def absolute(self, path: str, **query: object) -> str:
        """Return the address strangers use: from the public URL, never from the Host field."""
        return self.public_url.rstrip("/") + quote(path) + (f"?{urlencode(query)}" if query else "")

    def target(self, iri: str) -> Target | None:
        """Return where `iri` leads, None where it must stay text."""
        return _target(self.base_iri, self.root, self.language, iri)

    def targets(self, iris: Iterable[str]) -> dict[str, Target | None]:
        """Return where each of these IRIs leads."""
        return {iri: self.target(iri) for iri in iris}

    def _query(self, query: dict[str, object]) -> str:
        parameters = {name: value for name, value in query.items() if value not in (None, "")}
        return f"?{urlencode(parameters | _chosen(self.language))}" if parameters else _asked(self.language)


@lru_cache(maxsize=8192)
def _target(base_iri: str, root: str, language: str | None, iri: str) -> Target | None:
    if iri.startswith(base_iri):
        thing = _THING.fullmatch(iri, len(base_iri))
        if thing:
            kind, key, fragment = thing.groups(default="")
            return Target(f"{root}/doc/{kind}/{key}{_asked(language)}{fragment}")
    for namespace, path in ((ONTOLOGY, "/ontology"), (SHAPES, "/shapes")):
        if iri.startswith(namespace) and _FRAGMENT.fullmatch(iri, len(namespace)):
            return Target(f"{root}{path}{_asked(language)}{iri[len(namespace) :]}")
    return Target(iri, external=True) if _ELSEWHERE.fullmatch(iri) else None


def _chosen(language: str | None) -> dict[str, str]:
    return {"lang": language} if language else {}


def _asked(language: str | None) -> str:
    return f"?lang={language}" if language else ""
