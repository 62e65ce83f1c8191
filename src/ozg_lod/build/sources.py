"""Sources: the bytes of everything a snapshot is made of, read once from the folders that hold them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ozg_lod.build import parts
from ozg_lod.build.parts import Part
from ozg_lod.core import kinds as kind_files
from ozg_lod.core.errors import SourceError
from ozg_lod.core.kinds import Kinds
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import VOID
from ozg_lod.snapshots import site_files
from ozg_lod.snapshots.fingerprint import code_fingerprint
from ozg_lod.tables import contribution_kinds
from ozg_lod.validation import gate, judges

CATALOGUE_FILE: Final = "catalogue.ttl"
SHOWN: Final = ("flat", "examples", "help")
"""The queries that go into the snapshot: they belong to the data they ask."""
_ENGINES: Final = ("pyoxigraph", "pyshacl", "rdflib")
_DATA_SUFFIXES: Final = (*gate.SUFFIXES, gate.METADATA)


@dataclass(frozen=True)
class Sources:
    """The bytes of everything a snapshot is made of, by name, sorted; nothing is read twice.

    `judge` is the setting about the second judge: what it says of a build is a part of it. `parts` stand for further
    data that were read elsewhere.
    """

    base_iri: str
    data: dict[str, bytes]
    ontology: dict[str, bytes]
    shapes: dict[str, bytes]
    derive: dict[str, bytes]
    invariants: dict[str, bytes]
    flat: dict[str, bytes]
    cases: dict[str, bytes]
    examples: dict[str, bytes]
    help: dict[str, bytes]
    contributions: dict[str, bytes]
    site: dict[str, bytes]
    judge: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def key(self) -> str:
        """Return the build key: 64 hexadecimal digits over all bytes, the program and the engines."""
        digest = hashlib.sha256()
        for name, content in sorted(self.digests.items()):
            digest.update(f"{name}\0{content}\0".encode())
        for kind in ("ontology", "shapes", "derive", "invariants", "cases", "contributions", "site", *SHOWN):
            for name, text in getattr(self, kind).items():
                digest.update(f"{kind}/{name}\0{len(text)}\0".encode() + text)
        digest.update(code_fingerprint().encode())
        digest.update(" ".join(f"{engine} {version(engine)}" for engine in (*_ENGINES, judges.first(b""))).encode())
        digest.update(f" sqlite {sqlite3.sqlite_version} judge {self.judge}".encode())
        return digest.hexdigest()

    @property
    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each file of the data, those in parts too."""
        return dict(
            parts.digests(self.data), **{name: sha for part in self.parts for name, sha in part.digests.items()}
        )

    @property
    def withdrawn(self) -> dict[str, bytes]:
        """Return the tables of withdrawals with their descriptions, those in parts too."""
        return dict(
            parts.withdrawn(self.data), **{n: table for part in self.parts for n, table in part.withdrawn.items()}
        )

    @property
    def kinds(self) -> Kinds:
        """Return the kinds of things that the sources describe."""
        return Kinds.read(self.site.get(kind_files.FILE, b""))

    def with_folders(self, folders: Mapping[str, Mapping[str, str] | None], into: Path) -> Sources:
        """Return the sources as they will be read once these folders in the root `into` are as given (None: gone)."""
        data = dict(self.data)
        for name, files in folders.items():
            for old in _files(into / name, _DATA_SUFFIXES):
                data.pop(old, None)
            data.update({file: text.encode() for file, text in (files or {}).items()})
        return replace(self, data=dict(sorted(data.items())))


def read(roots: tuple[Path, ...], *, judge: str = "", merged: Iterable[Path] = ()) -> Sources:
    """Return the sources: the first root holds everything, further ones and the parts `merged` add data.

    Raises SourceError.
    """
    first = roots[0]
    places: dict[str, Path] = {}
    data = dict(sorted(_data(roots, places)))
    if CATALOGUE_FILE not in data:
        raise SourceError(
            _(
                "{first}/data/{CATALOGUE_FILE} is missing; `ozg-lod init DIR` writes one.",
                first=first,
                CATALOGUE_FILE=CATALOGUE_FILE,
            ),
        )
    base_iri = _base_iri(data[CATALOGUE_FILE])
    invariants, tried = first / "tests" / "invariants", first / "tests" / "shapes"
    return Sources(
        base_iri=base_iri,
        data=data,
        ontology=_files(first / "ontology", (".ttl",)),
        shapes=_files(first / "shapes", (".ttl",)),
        derive=_files(first / "queries" / "derive", (".rq",)),
        invariants=_files(invariants if invariants.is_dir() else first / "invariants", (".rq",)),
        flat=_files(first / "queries" / "flat", (".rq",)),
        cases=_files(tried if tried.is_dir() else first / "cases", (".ttl",)),
        examples=_files(first / "queries" / "examples", (".rq",)),
        help=_files(first / "queries" / "help", (".rq",)),
        contributions=_files(first / contribution_kinds.FOLDER, (contribution_kinds.SUFFIX,)),
        site=site_files.checked(_files(_data_folder(first), site_files.FILES))
        | _files(first / "ontology", (site_files.CONTEXT_FILE,)),
        judge=judge,
        parts=tuple(_part(path, base_iri, places) for path in merged),
    )


def _part(path: Path, base_iri: str, places: dict[str, Path]) -> Part:
    part = parts.read(path, base_iri)
    for name in part.digests:
        _place(name, path, places)
    return part


def joined(files: Mapping[str, bytes]) -> bytes:
    """Return several Turtle files as one: prefixes may be declared again."""
    return b"\n".join(files.values())


def _files(folder: Path, suffixes: tuple[str, ...]) -> dict[str, bytes]:
    paths = sorted(path for path in folder.glob("*") if path.name.endswith(suffixes)) if folder.is_dir() else []
    return {path.name: path.read_bytes() for path in paths}


def _data(roots: tuple[Path, ...], places: dict[str, Path]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of the data files of all roots; raise SourceError where two have the same name.

    Files may lie in folders, one for each contribution. A further root may be empty: nothing has come yet.
    """
    for root in roots:
        folder = _data_folder(root)
        within = sorted(path for path in folder.glob("[!.]*") if path.is_dir()) if folder.is_dir() else []
        files = [(place, name, content) for place in (folder, *within) for name, content in _data_files(place)]
        if not files and (root is roots[0] or not folder.is_dir()):
            raise SourceError(
                _("There are no data in {folder}; give a folder with tables or RDF files.", folder=folder),
            )
        for place, name, content in files:
            _place(name, place, places)
            yield name, content


def _place(name: str, place: Path, places: dict[str, Path]) -> None:
    """Note where a file stands; raise SourceError where another one has its name."""
    if name in places:
        raise SourceError(
            _(
                "{name} stands in {seen} and in {place}; give one of them another name.",
                name=name,
                seen=places[name],
                place=place,
            ),
        )
    places[name] = place


def _data_folder(root: Path) -> Path:
    return root / "data" if (root / "data").is_dir() else root


def _data_files(folder: Path) -> Iterable[tuple[str, bytes]]:
    return _files(folder, _DATA_SUFFIXES).items()


def _base_iri(catalogue: bytes) -> str:
    """Return the base IRI that the catalogue names as its void:uriSpace."""
    try:
        quads = list(ox.parse(catalogue, ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        raise SourceError(
            _("{CATALOGUE_FILE} cannot be read: {error}.", CATALOGUE_FILE=CATALOGUE_FILE, error=error)
        ) from None
    spaces = [quad.object.value for quad in quads if quad.predicate.value == VOID + "uriSpace"]
    if len(spaces) != 1 or not spaces[0].startswith(("https://", "http://")) or not spaces[0].endswith("/"):
        raise SourceError(
            _(
                "{CATALOGUE_FILE} must name the base IRI once as void:uriSpace, with http(s) and a slash at its end.",
                CATALOGUE_FILE=CATALOGUE_FILE,
            ),
        )
    return str(spaces[0])
