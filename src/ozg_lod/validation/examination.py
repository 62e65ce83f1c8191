"""What goes into an examination and what comes out of it; it can cross a pipe."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from urllib.parse import quote

from ozg_lod.core.findings import Finding, Severity, ShaclTerms
from ozg_lod.core.messages import Message
from ozg_lod.tables.tables import MAX_ROWS
from ozg_lod.validation.shapes import ShapeCoverage


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file; `name` is its path as people know it, `graph` the IRI of its graph (empty: made from the name)."""

    name: str
    content: bytes
    graph: str = ""


def graph_of(name: str, base: str) -> str:
    """Return the IRI of the graph of a file.

    >>> graph_of("data/bundles.csv", "https://example.org/")
    'https://example.org/graph/bundles'
    """
    return f"{base}graph/{quote(posixpath.basename(name).rpartition('.')[0], safe='')}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What files are held against, and the limits that hold for them.

    `shapes` and `ontology` are Turtle; `derive` and `invariants` are pairs of name and query text. For a contribution
    `known` (N-Quads) is what is published already and `descriptions` are those of the tables that may be sent. What was
    read of it comes back with the findings. `kind` names the one description that it must fit, without its suffix.
    `foreign` shapes are somebody's own: they are applied as they are written, to literals as they are written.
    `kinds` is the file that says what kinds of things are called. What was judged comes back, to be judged again, where
    it has at most `judged_again` triples.
    """

    base: str
    shapes: bytes = b""
    ontology: bytes = b""
    derive: tuple[tuple[str, str], ...] = ()
    invariants: tuple[tuple[str, str], ...] = ()
    known: bytes = b""
    descriptions: tuple[SourceFile, ...] = ()
    blank_nodes: bool = False
    separators: str = ","
    max_bytes: int = 10 * 1024 * 1024
    max_rows: int = MAX_ROWS
    kind: str = ""
    foreign: bool = False
    kinds: bytes = b""
    judged_again: int = 0

    @property
    def contribution(self) -> bool:
        """Tell whether the files are somebody else's, read as their programs write them."""
        return bool(self.descriptions)

    @property
    def derived_graph(self) -> str:
        """Return the IRI of the graph of derived triples."""
        return f"{self.base}graph/derived"


@dataclass(frozen=True, slots=True)
class CheckedSheet:
    """A table of a contribution as it was read: `rows` are pairs of row number and the texts of its cells.

    `kind` is the name of its description without suffix ("" for a sheet that fits none), `header` the number of the
    row with the headings, `canonical` what was understood as CSV: the columns by name, each value in its one form.
    """

    file: str
    name: str | None
    kind: str
    header: int
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    canonical: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """The outcome: at most `MAX_FINDINGS` findings, errors first, and how many there are of each severity.

    `quads` is sorted N-Quads of the files and of what was derived, each in its graph, in the spelling in which a store
    gives literals back; `rows` counts the rows of tables that were read. `sheets` are the tables of a contribution.
    `judge` applied the shapes, to the graph `judged` (N-Triples, as it is written; empty where it is too large to be
    judged again), and found `results`; `second` does so again, and `judges` says who did. Of somebody's own shapes
    `report` is the whole report (N-Triples), and `coverage` says what each shape looked at.
    """

    quads: bytes
    findings: tuple[Finding, ...]
    counts: dict[Severity, int]
    files: int
    rows: int
    sheets: tuple[CheckedSheet, ...] = ()
    judge: str = ""
    judged: bytes = b""
    results: tuple[ShaclTerms, ...] = ()
    second: str = ""
    report: bytes = b""
    coverage: tuple[ShapeCoverage, ...] = ()
    judges: Message | None = None

    @property
    def conforms(self) -> bool:
        """Tell whether there is no error; warnings and hints refuse nothing."""
        return not self.counts.get(Severity.ERROR)

    @property
    def truncated(self) -> int:
        """Return how many findings were counted and not kept."""
        return sum(self.counts.values()) - len(self.findings)
