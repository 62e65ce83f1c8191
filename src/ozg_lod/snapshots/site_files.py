"""What a snapshot keeps of the source folder about the site: kinds of things, identity, icon, words to search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ozg_lod.core import identity as identities
from ozg_lod.core import kinds as kind_files
from ozg_lod.core import search_words
from ozg_lod.core.identity import Identity
from ozg_lod.core.kinds import Kinds

FILES: Final = (kind_files.FILE, identities.FILE, identities.ICON_FILE, *search_words.FILES)
CONTEXT_FILE: Final = "context.jsonld"
"""The names of the vocabulary as a JSON-LD context; it stands beside the ontology."""


def checked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return those of a source folder's files that belong here; raises SourceError for what cannot be read."""
    found = {name: files[name] for name in FILES if name in files}
    if kind_files.FILE in found:
        Kinds.read(found[kind_files.FILE])
    identities.read(found.get(identities.FILE))
    search_words.read(found)
    return found


def kinds(directory: Path) -> Kinds:
    """Return the kinds of a snapshot; one without a file calls them by their names."""
    return Kinds.read(kinds_file(directory))


def kinds_file(directory: Path) -> bytes:
    """Return the file that describes the kinds, empty where there is none."""
    path = directory / kind_files.FILE
    return path.read_bytes() if path.is_file() else b""


def context(directory: Path) -> bytes | None:
    """Return the JSON-LD context, None where the source folder has none."""
    path = directory / CONTEXT_FILE
    return path.read_bytes() if path.is_file() else None


def identity(directory: Path) -> Identity:
    """Return the identity of the catalogue in a snapshot."""
    path, icon = directory / identities.FILE, directory / identities.ICON_FILE
    stated = identities.read(path.read_bytes() if path.is_file() else None)
    return replace(stated, icon=icon.read_bytes() if icon.is_file() else b"")
