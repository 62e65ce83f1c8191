"""The files of the site's looks: read once, looked up by name, never by path.

What `web/` builds lies in `static/built` and comes before what is committed;
without a build the site is plain, but whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from ozg_lod.core.errors import NotFound
from ozg_lod.core.messages import _
from ozg_lod.http.response_cache import CachedBody
from ozg_lod.rdf import formats

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": formats.JSON.content_type,
    "png": "image/png",
    "svg": formats.SVG.content_type,
    "txt": formats.TEXT.content_type,
    "woff2": "font/woff2",
}


def find(name: str, own: bytes = b"") -> tuple[CachedBody, str]:
    """Return the file, or what the catalogue has in its place, and its content type; raise NotFound for other names."""
    known = _known()
    if name not in known:
        raise NotFound(_("There is no such file."))
    return CachedBody(own) if own else known[name], _TYPES[name.rpartition(".")[2]]


def has(name: str) -> bool:
    return name in _known()


@cache
def address(name: str, own: bytes = b"") -> str:
    """Return the path of a file with a mark of its content: it may be kept for ever."""
    return f"/static/{name}?v={find(name, own)[0].digest[:10]}"


@cache
def _known() -> Mapping[str, CachedBody]:
    folder = files("ozg_lod").joinpath("static")
    built = folder.joinpath("built")
    return _read(folder) | (_read(built) if built.is_dir() else {})


def _read(folder: Traversable) -> dict[str, CachedBody]:
    return {
        item.name: CachedBody(item.read_bytes())
        for item in folder.iterdir()
        if item.is_file() and item.name.rpartition(".")[2] in _TYPES
    }
