"""One request to a page: what is asked for, in which format and language, from which snapshot, and the answer to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pyoxigraph as ox
from starlette.requests import Request

from ozg_lod.core.errors import BadRequest, NotFound
from ozg_lod.core.kind_words import kind_word
from ozg_lod.core.messages import LANGUAGES, Label, Language, Message, _, joined
from ozg_lod.core.vocab import DCAT, DCT, ONTOLOGY
from ozg_lod.http.language import choose_language
from ozg_lod.http.response_cache import CachedBody
from ozg_lod.http.responses import BytesResponse, RequestConditions, reply
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.formats import Format
from ozg_lod.rdf.graph import (
    TYPE,
    Graph,
    Term,
    iri_of,
    pick,
)
from ozg_lod.site import lists, vocabulary
from ozg_lod.site.atlas import Atlas, atlas
from ozg_lod.site.lists import Directory
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.served import PageSnapshot
from ozg_lod.snapshots import rule_examples
from ozg_lod.snapshots.rule_examples import RuleExample

_KIND: Final = re.compile(r"[a-z]{1,40}")
_KEY: Final = re.compile(r"[A-Za-z0-9-]{1,200}")
_PAGE: Final = re.compile(r"[1-9][0-9]{0,5}")
_MOST_QUERY: Final = 100
_FEW_LINKS: Final = 40


@dataclass(frozen=True, slots=True)
class PageBody:
    """A body and the number of pages of what it is one page of."""

    body: bytes
    pages: int = 1


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One request. `path` is the page's address without suffix; `chosen` is the language the reader chose, if any."""

    opened: PageSnapshot
    path: str
    form: Format
    offered: Sequence[Format]
    language: Language
    chosen: Language | None
    page: int
    query: str
    asked: RequestConditions
    official: str = ""

    @classmethod
    def of(cls, request: Request, path: str, *, offered: Sequence[Format], suffix: str | None = None) -> PageRequest:
        """Read the request; raise NotAcceptable for a format and BadRequest for a page number that make no sense."""
        query, headers = request.query_params, request.headers
        name = suffix if suffix is not None else query.get("format")
        form = formats.by_name(name, offered) if name is not None else formats.negotiate(headers.get("accept"), offered)
        chosen = next((language for language in LANGUAGES if language == query.get("lang")), None)
        return cls(
            opened=request.app.state.opened,
            path=path,
            form=form,
            offered=offered,
            language=choose_language(chosen, headers.get("accept-language")),
            chosen=chosen,
            page=_page_number(query.get("page")),
            query=query.get("q", "").strip()[:_MOST_QUERY],
            asked=RequestConditions.of(request),
            official=getattr(getattr(request.app.state, "settings", None), "official_label", ""),
        )

    @property
    def addresses(self) -> Addresses:
        """Return the addresses of this host; links keep the language only where the reader chose it."""
        return Addresses(self.opened.base_iri, self.opened.public_url, self.chosen)

    @property
    def site(self) -> PageContext:
        """Return what every page needs."""
        return PageContext(
            self.language, self.addresses, self.opened.version, self.path, self.page, official=self.official
        )

    @property
    def graph(self) -> Graph:
        """Return the merged graph; it knows the names it has been asked for during the life of the snapshot."""
        return self.opened.cache.once(Graph, lambda: Graph(self.opened.store))

    @property
    def directory(self) -> Directory:
        """Return the lists of all things, read once per snapshot."""
        return lists.of(self.opened)

    @property
    def atlas(self) -> Atlas:
        """Return the areas that have an outline, read once per snapshot."""
        return self.opened.cache.once(Atlas, lambda: atlas(self.opened.store, self.opened.base_iri))

    @property
    def shapes(self) -> ox.Store:
        """Return the shapes as a store, parsed once per snapshot."""
        return self.opened.cache.once(ox.Store, lambda: _parsed(self.opened.shapes), name="shapes")

    @property
    def terms(self) -> tuple[vocabulary.TermDefinition, ...]:
        """Return the terms of the ontology, counted once per snapshot."""
        return self.opened.cache.once(tuple, lambda: vocabulary.definitions(self.opened.store), name="terms")

    @property
    def examples(self) -> Mapping[str, RuleExample]:
        """Return a good and a bad example of each rule that has one, read once per snapshot."""
        return self.opened.cache.once(dict, self._examples, name="examples")

    def _examples(self) -> dict[str, RuleExample]:
        file = self.opened.directory / rule_examples.FILE
        if not file.is_file():  # a snapshot of an older version
            return {}
        spoken_of = {rule.iri: rule.spoken_of for rule in vocabulary.rules(self.shapes)}
        return rule_examples.examples(file.read_bytes(), self.opened.base_iri, spoken_of)

    @property
    def title(self) -> str:
        """Return the name of the catalogue: its own where the data have one, else the site's."""
        catalogues = self._catalogues
        names = self.graph.names(catalogues[0]) if catalogues else {}
        return pick(names, self.language, _("OZG catalogue Hesse")[self.site.language])[0]

    def iri(self, kind: str, key: str) -> str:
        """Return the IRI of a thing; raise NotFound where kind or key cannot be one."""
        if not self.opened.base_iri:
            raise NotFound(
                _("This server answers queries about files; it has no pages of things."),
            )
        if not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
            raise self.unknown(kind, key)
        return f"{self.opened.base_iri}id/{kind}/{key}"

    def to_page(self, kind: str, key: str) -> BytesResponse:
        """Return the way from a thing to the page about it; raise NotFound, with the nearest, where there is none."""
        if not self.graph.knows(self.iri(kind, key)):
            raise self.unknown(kind, key)
        return self.redirect(self.path)

    def is_light(self, iri: str) -> bool:
        """Return whether the page about a thing is made in a few milliseconds: from memory, of few links."""
        return self.opened.in_memory and sum(1 for _ in islice(self.graph.to(iri), _FEW_LINKS + 1)) <= _FEW_LINKS

    def redirect(self, path: str) -> BytesResponse:
        """Return 303 to another address of this host; the chosen language goes along."""
        return BytesResponse(303, {"location": self.addresses.path(path), "cache-control": "public, max-age=60"})

    def answer(self, make: Callable[[], PageBody], *, about: str = "") -> BytesResponse:
        """Return the answer: from the cache where it has been made before, else made, kept and sent."""
        return self.ready() or self._made(make(), about)

    def ready(self) -> BytesResponse | None:
        """Return the answer if it has been made before; quick enough for the event loop."""
        cache = self.opened.cache
        entry, link = cache.get(self._mark), cache.get(f"{self._mark} link")
        if entry is None or link is None or self.query:
            return None
        return self._reply(entry, link.plain.decode())

    def unknown(self, kind: str, key: str) -> NotFound:
        """Return the failure for a thing that is not there, with the nearest that are."""
        kinds = self.directory.kinds
        if kind not in kinds:
            near = [(f"{self.opened.base_iri}id/{found}", found) for found in self.directory.nearest_kinds(kind)]
            return _not_found(_("There is no list “{kind}”", kind=kind[:40]), near)
        near = [(e.iri, pick(e.names, self.language, e.key)[0]) for e in self.directory.nearest(kind, key)]
        kinds_name = Label({language: kind_word(kind, "many", language) for language in LANGUAGES})
        return _not_found(_("“{kind}” has no entry “{key}”", key=key[:80], kind=kinds_name), near)

    @property
    def _mark(self) -> str:
        variant = f"{self.language} {self.chosen}" if self.form is formats.HTML else ""
        return f"{self.opened.version} {self.opened.code} {self.form.suffix} {variant} {self.path} {self.page}"

    def _made(self, made: PageBody, about: str) -> BytesResponse:
        """Return the answer just made and keep it; what was searched for is not kept, it has no end."""
        if self.page > made.pages:
            raise no_such_page(self.page)
        link = self._links(about, made.pages)
        if self.query:
            return self._reply(CachedBody(made.body), link)
        self.opened.cache.put(f"{self._mark} link", link.encode())
        return self._reply(self.opened.cache.put(self._mark, made.body), link)

    def _reply(self, entry: CachedBody, link: str) -> BytesResponse:
        headers = {"content-type": self.form.content_type, "link": link}
        if self.form is formats.HTML:
            headers["content-language"] = self.language
        return reply(entry, self.asked, mark=f"{self._mark} {self.query}", headers=headers)

    def _links(self, about: str, pages: int) -> str:
        """Return the Link field (RFC 8288): other formats, pages before and after, the vocabulary, the licence."""
        addresses = self.addresses
        links = [
            f'<{addresses.absolute(f"{self.path}.{form.suffix}")}>; rel="alternate"; type="{form.media_type}"'
            for form in self.offered
            if form is not self.form and self.path != "/"
        ]
        links.append(f'<{addresses.absolute(self.path)}>; rel="canonical"')
        links.append(f'<{addresses.absolute("/ontology")}>; rel="describedby"')
        if about:
            links.append(f'<{about}>; rel="describes"')
            links += self._linksets(about)
        for relation, page in (("prev", self.page - 1), ("next", self.page + 1)):
            if 1 <= page <= pages:
                links.append(f'<{addresses.absolute(self.path, page=page)}>; rel="{relation}"')
        links += [f'<{licence}>; rel="license"' for licence in self._licences(about)]
        return ", ".join(links)

    def _linksets(self, about: str) -> list[str]:
        """Return where all links of a thing are listed (RFC 9264), and its feed."""
        thing = about.removeprefix(f"{self.opened.base_iri}id/")
        if thing == about:
            return []
        linkset, feed = self.addresses.absolute(f"/linkset/{thing}"), self.addresses.absolute(f"/doc/{thing}.atom")
        return [
            f'<{linkset}>; rel="linkset"; type="application/linkset+json"',
            f'<{linkset}>; rel="linkset"; type="application/linkset"',
            f'<{feed}>; rel="alternate"; type="application/atom+xml"',
        ]

    def _licences(self, about: str) -> list[str]:
        """Return the licences of a thing, else of its sources, else of the catalogue; a list has several, so none."""
        graph, licence = self.graph, DCT + "license"
        if self.path in {"/shapes", "/ontology"}:
            return _iris(graph.objects(ONTOLOGY, licence))
        if not about:
            return []
        sources = _iris(graph.objects(about, DCT + "source"))
        found = _iris(graph.objects(about, licence))
        found = found or sorted({iri for source in sources for iri in _iris(graph.objects(source, licence))})
        return found or [iri for name in self._catalogues for iri in _iris(graph.objects(name, licence))]

    @property
    def _catalogues(self) -> list[str]:
        return sorted(iri_of(triple.subject) for triple in self.graph.using(TYPE, DCAT + "Catalog"))


def _iris(terms: Iterable[Term]) -> list[str]:
    return sorted(iri for term in terms if (iri := iri_of(term)))


def no_such_page(page: int) -> NotFound:
    """Return the failure for a page number past the last."""
    return NotFound(_("There is no page {page} here.", page=page))


def _not_found(reason: Message, near: Sequence[tuple[str, str]]) -> NotFound:
    names = ", ".join(name for _iri, name in near)
    sentence = _("{reason}; near: {names}.", reason=reason, names=names) if near else joined((reason, "."), "")
    return NotFound(sentence, suggestions=[{"iri": iri, "name": name} for iri, name in near])


def _page_number(text: str | None) -> int:
    if text is None:
        return 1
    if not _PAGE.fullmatch(text):
        raise BadRequest(
            _("page is not a page number; write 1, 2, 3 …"),
        )
    return int(text)


def _parsed(turtle: bytes) -> ox.Store:
    store = ox.Store()
    store.bulk_load(turtle, format=ox.RdfFormat.TURTLE)
    return store
