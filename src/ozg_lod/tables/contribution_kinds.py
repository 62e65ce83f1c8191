"""Kinds of contribution: what others may send, each described by one table of CSV on the Web in `contributions/`.

Everything said about a kind comes from its description: how the reader takes its cells, which facts they make, what
the help and the templates say. A description names its source `id/source/beitrag`; when a contribution is accepted
that becomes the source of this contribution, so that every statement has exactly one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ozg_lod.core.errors import SourceError
from ozg_lod.core.messages import _
from ozg_lod.tables import csvw
from ozg_lod.tables.metadata import METADATA
from ozg_lod.tables.schema import Column, Schema

FOLDER: Final = "contributions"
"""The folder of the descriptions: beside `data/` in a source folder, and in a snapshot."""
SUFFIX: Final = ".csv" + METADATA
PROVISIONAL: Final = "beitrag"
"""The key of the source of what is not accepted yet, and its place in the descriptions."""
_LAST: Final = 1_000
_PLACE: Final = f"id/source/{PROVISIONAL}"


@dataclass(frozen=True, slots=True)
class ContributionKind:
    """One kind of contribution; `slug` is its German name in addresses, `description` its table (CSVW, JSON)."""

    slug: str
    schema: Schema
    description: bytes = field(repr=False)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns that people fill in, with titles, description, datatype, choices and example."""
        return tuple(column for column in self.schema.columns if not column.virtual)

    @property
    def key(self) -> tuple[str, ...]:
        """Return the columns that say which statement a row is; a later contribution replaces rows of the same key."""
        return self.schema.primary_key

    @property
    def position(self) -> int:
        """Return its place among the templates: what most come for stands first, what names no place comes last."""
        return int(json.loads(self.description).get("schema:position", _LAST))

    @property
    def file(self) -> str:
        return self.slug + SUFFIX

    def title(self, language: str) -> str:
        return self.schema.title.get(language) or self.schema.title["de"]

    def help(self, language: str) -> str:
        return self.schema.description.get(language) or self.schema.description["de"]


def kinds(descriptions: Mapping[str, bytes], base_iri: str) -> tuple[ContributionKind, ...]:
    """Return the kinds by the names of their descriptions, for a catalogue with this base; raises SourceError.

    The descriptions are the same everywhere; their base is that of the catalogue they are used for.
    """
    return tuple(
        _kind(name, content, base_iri) for name, content in sorted(descriptions.items()) if name.endswith(SUFFIX)
    )


def of_directory(directory: Path, base_iri: str) -> tuple[ContributionKind, ...]:
    """Return the kinds of a source folder or of a snapshot; none where it has none."""
    paths = sorted((directory / FOLDER).glob("*" + SUFFIX))
    return kinds({path.name: path.read_bytes() for path in paths}, base_iri)


def described_for(kind: ContributionKind, contribution_key: str) -> bytes:
    """Return the description to stand beside an accepted table, whose statements have `contribution_key` as source.

    The key is that of the source, as in id/source/{key}: small letters, digits and hyphen.
    """
    content = json.loads(kind.description)
    for column in content["tableSchema"]["columns"]:
        if column.get("valueUrl") == _PLACE:
            column["valueUrl"] = f"id/source/{contribution_key}"
    return _written(content)


def provisional_source(base_iri: str) -> bytes:
    """Return, as N-Quads, what is known of the source of a contribution that is only being checked."""
    thing, name = f"<{base_iri}{_PLACE}>", "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/prov#Entity>"
    return f'{thing} {name} "Dieser Beitrag"@de .\n{thing} {name} "This contribution"@en .\n{thing} {kind} .\n'.encode()


def _kind(name: str, content: bytes, base_iri: str) -> ContributionKind:
    slug = name.removesuffix(SUFFIX)
    csvw.schema(content, file=name)  # says what is wrong with the file as it is written
    based = json.loads(content)
    based["@context"][1]["@base"] = base_iri
    description = _written(based)
    schema = csvw.schema(description, file=name)
    if schema.url != f"{slug}.csv" or not schema.primary_key or _PLACE not in _addresses(schema, base_iri):
        raise SourceError(
            _(
                "{name}: needs url {slug}.csv, a primaryKey, and a virtual column with valueUrl {place}.",
                name=name,
                slug=slug,
                place=_PLACE,
            ),
        )
    return ContributionKind(slug, schema, description)


def _addresses(schema: Schema, base_iri: str) -> set[str]:
    templates = [column.value for column in schema.columns if column.virtual and column.value is not None]
    return {str(template.parts[0]).removeprefix(base_iri) for template in templates if template.parts}


def _written(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
