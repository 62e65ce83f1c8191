"""One request to a page: what is asked for, in which format and language, from which snapshot, and the answer to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ozg_lod.catalogue import responsible
from ozg_lod.core.errors import BadRequest, NotFound
from ozg_lod.core.messages import LANGUAGES, Label, Language, Message, _, joined
from ozg_lod.core.vocab import DCT, ONTOLOGY
from ozg_lod.http.language import choose_language
from ozg_lod.http.responses import CACHE_CONTROL
from ozg_lod.rdf import formats
from ozg_lod.rdf.addresses import Addresses
from ozg_lod.rdf.formats import Format
from ozg_lod.rdf.graph import Graph, Term, iri_of, pick
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.represent import Content, Representation, represent
from ozg_lod.site.served_snapshot import ServedSnapshot

_KIND: Final = re.compile(r"[a-z]{1,40}")
_KEY: Final = re.compile(r"[A-Za-z0-9-]{1,200}")
_NOTHING: Final = "about:nothing"
"""Nobody says anything about it, so that what is not there is found missing in one way."""
_PAGE: Final = re.compile(r"[1-9][0-9]{0,5}")
_MAX_QUERY: Final = 100
_FEW_LINKS: Final = 40


@dataclass(frozen=True, slots=True)
class PageBody:
    """A body, the number of pages of what it is one page of, and Link fields beyond those of every page."""

    body: bytes
    pages: int = 1
    links: str = ""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One request. `path` is the page's address without suffix; `chosen` is the language the reader chose, if any."""

    request: Request
    opened: ServedSnapshot
    path: str
    form: Format
    offered: Sequence[Format]
    language: Language
    chosen: Language | None
    page: int
    query: str

    @classmethod
    def of(cls, request: Request, path: str, offered: Sequence[Format], suffix: str | None = None) -> PageRequest:
        """Read the request; raise NotAcceptable for a format and BadRequest for a page number that make no sense."""
        query, headers = request.query_params, request.headers
        name = suffix if suffix is not None else query.get("format")
        chosen = next((language for language in LANGUAGES if language == query.get("lang")), None)
        return cls(
            request=request,
            opened=request.state.opened,
            path=path,
            form=formats.chosen(name, headers.get("accept"), offered),
            offered=offered,
            language=choose_language(chosen, headers.get("accept-language")),
            chosen=chosen,
            page=_page_number(query.get("page")),
            query=query.get("q", "").strip()[:_MAX_QUERY],
        )

    @classmethod
    def for_people(cls, request: Request, path: str) -> PageRequest:
        """Read a request to a page that is HTML whatever is asked for."""
        return cls.of(request, path, (formats.HTML,), formats.HTML.suffix)

    @property
    def addresses(self) -> Addresses:
        """Return the addresses of this host; links keep the language only where the reader chose it."""
        return Addresses(self.opened.base_iri, self.opened.public_url, self.chosen)

    @property
    def site(self) -> PageContext:
        return PageContext(
            self.language,
            self.addresses,
            self.opened.version,
            self.path,
            self.page,
            kinds=self.opened.kinds,
            identity=self.opened.identity,
        )

    @property
    def graph(self) -> Graph:
        return self.opened.graph

    @property
    def name(self) -> Label:
        """Return the name of the catalogue: its own where the data have one, else the site's."""
        return responsible.name(self.graph, self.opened.identity.name)

    @property
    def title(self) -> str:
        """Return the same in the language of the answer."""
        return self.name[self.language]

    def iri(self, kind: str, key: str) -> str:
        """Return the IRI of a thing; where kind or key cannot be one, an IRI of nothing."""
        if not self.opened.base_iri:
            raise NotFound(
                _("This server answers queries about files; it has no pages of things."),
            )
        if not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
            return _NOTHING
        return f"{self.opened.base_iri}id/{kind}/{key}"

    def to_page(self, kind: str, key: str) -> Response:
        """Return the way from a thing to the page about it; raise NotFound, with the nearest, where there is none."""
        if not self.graph.knows(self.iri(kind, key)):
            raise self.unknown(kind, key)
        return self.redirect(self.path, self.request.url.query)

    def redirect(self, path: str, query: str = "") -> Response:
        """Return 303 to another address of this host; the query goes along, or the chosen language at least."""
        location = f"{self.addresses.root}{quote(path)}?{query}" if query else self.addresses.path(path)
        return Response(None, 303, {"location": location, "cache-control": CACHE_CONTROL, "vary": "Accept"})

    async def answer(
        self,
        make: Callable[[], PageBody | bytes],
        *,
        about: str = "",
        edition: str = "",
        is_light: Callable[[], bool] = bool,
    ) -> Response:
        """Answer with the page: as it was made before, else made and kept, unless something was searched for.

        `edition` names what `make` depends on beside this request and the snapshot.
        """

        def content() -> Content:
            body = make()
            page = PageBody(body) if isinstance(body, bytes) else body
            if self.page > page.pages:
                raise no_such_page(self.page)
            return Content(page.body, self._fields(about, page))

        variant = f"{self.language} {self.chosen}" if self.form is formats.HTML else ""
        key = f"{self.form.suffix} {variant} {self.path} {self.page} {edition}"
        tag = f"{self.opened.version} {self.opened.code} {key} {self.query}"
        wanted = Representation(key, content, tag, is_cached=not self.query, is_light=is_light)
        return await represent(self.request, wanted, self.opened)

    def is_light(self, iri: str) -> bool:
        """Return whether the page about a thing is made in a few milliseconds: from memory, of few links."""
        graph = self.graph
        return self.opened.in_memory and graph.knows(iri) and graph.is_linked_by_few(iri, _FEW_LINKS)

    def unknown(self, kind: str, key: str) -> NotFound:
        """Return the failure for a thing that is not there, with the nearest that are."""
        things = self.opened.things
        if kind not in things.kinds:
            near = [(f"{self.opened.base_iri}id/{name}", name) for name in things.nearest_kinds(kind)]
            return _not_found(_("There is no list “{kind}”", kind=kind[:40]), near)
        near = [(e.iri, pick(e.names, self.language, e.key)[0]) for e in things.nearest(kind, key)]
        return _not_found(_("“{kind}” has no entry “{key}”", key=key[:80], kind=self.opened.kinds[kind].many), near)

    def _fields(self, about: str, page: PageBody) -> dict[str, str]:
        links = [*self._links(about, page.pages), page.links]
        fields = {"content-type": self.form.content_type, "link": ", ".join(filter(None, links))}
        if self.form is formats.HTML:
            return fields | {"content-language": self.language}
        return fields | {"content-location": self.addresses.absolute(f"{self.path}.{self.form.suffix}")}

    def _links(self, about: str, pages: int) -> list[str]:
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
            links += [f'<{about}>; rel="describes"', f'<{about}>; rel="cite-as"']
            links += self._linksets(about)
        path = self.path if self.form is formats.HTML else f"{self.path}.{self.form.suffix}"
        query = {"q": self.query} if self.query else {}
        for relation, page in (("prev", self.page - 1), ("next", self.page + 1)):
            if 1 <= page <= pages:
                links.append(f'<{addresses.absolute(path, page=page, **query)}>; rel="{relation}"')
        return links + [f'<{licence}>; rel="license"' for licence in self._licences(about)]

    def _linksets(self, about: str) -> list[str]:
        """Return the list a thing stands in, where all its links are listed (RFC 9264), and its feed."""
        thing = about.removeprefix(f"{self.opened.base_iri}id/")
        if thing == about:
            return []
        whole = self.addresses.absolute(f"/doc/{thing.partition('/')[0]}")
        linkset, feed = self.addresses.absolute(f"/linkset/{thing}"), self.addresses.absolute(f"/doc/{thing}.atom")
        return [
            f'<{whole}>; rel="up"',
            f'<{linkset}>; rel="linkset"; type="{formats.LINKSET_JSON.media_type}"',
            f'<{linkset}>; rel="linkset"; type="{formats.LINKSET.media_type}"',
            f'<{feed}>; rel="alternate"; type="{formats.ATOM.media_type}"',
        ]

    def _licences(self, about: str) -> list[str]:
        """Return the licences of a thing, else of its sources, else of the catalogue; a list has several, so none."""
        graph, licence = self.graph, DCT + "license"
        if self.path in {"/shapes", "/ontology"}:
            return _iris(graph.objects(ONTOLOGY, licence))
        if not about:
            return []
        sources = _iris(graph.objects(about, DCT + "source"))
        licences = _iris(graph.objects(about, licence))
        licences = licences or sorted({iri for source in sources for iri in _iris(graph.objects(source, licence))})
        return licences or responsible.named(graph, licence)


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
