"""The rulebook: what contributions are held against, kept in every snapshot beside the data it fits.

So a running server checks with the rules and contracts of the data it serves, whatever the source folder says by now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import _
from ozg_lod.snapshots import data_files, site_files, verified_files
from ozg_lod.snapshots.snapshot import SHAPES_FILE
from ozg_lod.tables import contribution_kinds
from ozg_lod.tables.contribution_kinds import ContributionKind
from ozg_lod.validation.examination import Rules, SourceFile

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_ROWS: Final = 10_000
ONTOLOGY_FILE: Final = "rules/ontology.ttl"
_DERIVE: Final = "rules/derive/"


def files(
    ontology: Mapping[str, bytes], derive: Mapping[str, bytes], kinds: Sequence[ContributionKind]
) -> dict[str, bytes]:
    """Return the files of a rulebook by their names in a snapshot; the shapes stand there already."""
    return {
        ONTOLOGY_FILE: b"\n".join(ontology.values()),
        **{_DERIVE + name: text for name, text in derive.items()},
        **{f"{contribution_kinds.FOLDER}/{kind.file}": kind.description for kind in kinds},
    }


def of_snapshot(directory: Path, base_iri: str, *, from_disk: bool = False) -> Rules:
    """Return what contributions to the data of a snapshot are held against; raises SnapshotError for a damaged one.

    What is published is not among it where the one who checks reads it `from_disk`.
    """
    folders = (f"{Path(ONTOLOGY_FILE).parent}/", f"{contribution_kinds.FOLDER}/")
    data = () if from_disk else (data_files.DATA_FILE,)
    verified_files.checked(directory, SHAPES_FILE, *data, *folders, *site_files.FILES)
    ontology = directory / ONTOLOGY_FILE
    rules = Rules(
        base=base_iri,
        shapes=(directory / SHAPES_FILE).read_bytes(),
        ontology=ontology.read_bytes() if ontology.is_file() else b"",
        derive=tuple((path.name, path.read_text("utf-8")) for path in sorted((directory / _DERIVE).glob("*.rq"))),
        kinds=site_files.kinds_file(directory),
    )
    known = b"".join((directory / name).read_bytes() for name in data)
    return contribution_rules(rules, contribution_kinds.of_directory(directory, base_iri), known=known)


def contribution_rules(
    rules: Rules, kinds: Sequence[ContributionKind], *, known: bytes, tables: tuple[SourceFile, ...] = ()
) -> Rules:
    """Return rules for files of others: the tables that may be sent, `known` as what is published (N-Quads), limits.

    Semicolons and tabs may separate cells, as spreadsheets write them.
    """
    return replace(
        rules,
        invariants=(),
        descriptions=(*(SourceFile(kind.file, kind.description) for kind in kinds), *tables),
        known=known + contribution_kinds.provisional_source(rules.base),
        blank_nodes=True,
        separators=",;\t",
        max_bytes=MAX_BYTES,
        max_rows=MAX_ROWS,
    )


def for_kind(rules: Rules, slug: str) -> Rules:
    """Return rules under which a table must be of one kind; raises UsageError where there is no such kind."""
    slugs = [file.name.removesuffix(contribution_kinds.SUFFIX) for file in rules.descriptions]
    if slug not in slugs:
        listed = ", ".join(slugs)
        raise UsageError(_("There is no kind {slug}; there are: {listed}.", slug=repr(slug), listed=listed))
    return replace(rules, kind=slug)
