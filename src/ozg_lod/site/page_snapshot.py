"""A snapshot that is served, as far as pages and what lies above them need it, and what is computed once for it.

What belongs to the site is a property of `PageSnapshot`. A package above has a `SnapshotValue` of its own:
`register = SnapshotValue(read)` in its module, and `register(snapshot)` wherever it is wanted.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, overload

import pyoxigraph as ox

from ozg_lod.catalogue.distributions import FOLDER
from ozg_lod.core.errors import NotFound, SnapshotError
from ozg_lod.core.identity import Identity
from ozg_lod.core.kinds import Kinds
from ozg_lod.core.messages import _
from ozg_lod.http.response_cache import ResponseCache
from ozg_lod.rdf.graph import Graph
from ozg_lod.search import index as search_index
from ozg_lod.search.search import Index
from ozg_lod.site import atlas, codebook, efa, example_queries, vocabulary
from ozg_lod.site.atlas import Atlas
from ozg_lod.site.codebook import Codebook
from ozg_lod.site.efa import EfaRegister
from ozg_lod.site.example_queries import ExampleQuery
from ozg_lod.site.lists import Directory
from ozg_lod.site.vocabulary import TermDefinition
from ozg_lod.snapshots import changes, releases, rule_examples, site_files, summary
from ozg_lod.snapshots.changes import Withdrawal
from ozg_lod.snapshots.data_files import MERGED_FILE
from ozg_lod.snapshots.rule_examples import RuleExample
from ozg_lod.snapshots.snapshot import QUERIES_FOLDER, Manifest
from ozg_lod.snapshots.summary import Dates, Summary
from ozg_lod.snapshots.verified_files import VerifiedFiles

Computed = TypeVar("Computed")
Snapshot = TypeVar("Snapshot", bound="PageSnapshot")


class SnapshotValue(Generic[Snapshot, Computed]):
    """What is computed once for each snapshot, by the thread that asks first; the others wait for it."""

    def __init__(self, compute: Callable[[Snapshot], Computed]) -> None:
        self._compute = compute
        self._lock = threading.RLock()
        self.__doc__ = compute.__doc__

    def __call__(self, snapshot: Snapshot) -> Computed:
        values: dict[object, Computed] = snapshot.values
        if self not in values:
            with self._lock:
                if self not in values:
                    values[self] = self._compute(snapshot)
        return values[self]

    @overload
    def __get__(self, snapshot: None, owner: type[object]) -> Self: ...

    @overload
    def __get__(self, snapshot: Snapshot, owner: type[object]) -> Computed: ...

    def __get__(self, snapshot: Snapshot | None, owner: type[object]) -> Self | Computed:
        """Return the value as a property of the snapshot."""
        return self if snapshot is None else self(snapshot)


@dataclass(frozen=True, eq=False, kw_only=True)
class PageSnapshot:
    """One snapshot with its data; answers about it never mix two.

    `shapes` are the rules as Turtle, `code` is the fingerprint of the program, `values` has what was computed once.
    """

    directory: Path
    manifest: Manifest
    store: ox.Store = field(repr=False)
    shapes: bytes = field(repr=False)
    public_url: str
    code: str
    cache: ResponseCache = field(repr=False)
    in_memory: bool = True
    files: VerifiedFiles = field(default_factory=VerifiedFiles, repr=False)
    values: dict[object, Any] = field(default_factory=dict, repr=False)  # a `SnapshotValue` knows the type of its own

    @property
    def version(self) -> str:
        """Return the version of the data: 64 hexadecimal digits."""
        return self.manifest.version

    def held(self) -> AbstractContextManager[None]:
        """Keep open, as long as a request may need it, what is closed when another snapshot is served."""
        return contextlib.nullcontext()

    def checked(self, *names: str) -> Path:
        """Return the directory after these files and folders of it were held against the manifest."""
        try:
            return self.files.checked(self.directory, self.manifest.files, *names)
        except SnapshotError as error:
            raise releases.damaged(self.version, error) from error

    @property
    def base_iri(self) -> str:
        """Return what all IRIs of the catalogue's own things start with."""
        return self.manifest.base_iri

    @SnapshotValue
    def kinds(self) -> Kinds:
        return site_files.kinds(self.checked(*site_files.FILES))

    @SnapshotValue
    def context(self) -> bytes | None:
        """Return the names of the vocabulary as a JSON-LD context."""
        return site_files.context(self.checked(site_files.CONTEXT_FILE))

    @SnapshotValue
    def identity(self) -> Identity:
        """Return what the catalogue is called and what it is about."""
        return site_files.identity(self.checked(*site_files.FILES))

    @SnapshotValue
    def graph(self) -> Graph:
        """Return the merged graph; it knows the names it has been asked for."""
        return Graph(self.store)

    @SnapshotValue
    def as_of(self) -> Mapping[str, Dates]:
        """Return the first and last day that statements about each kind are made for; "" is all of them."""
        return self.summary.dates

    @SnapshotValue
    def summary(self) -> Summary:
        """Return what was counted of the whole."""
        if not self.base_iri:
            return Summary()
        names = (summary.FILE,) if summary.FILE in self.manifest.files else (MERGED_FILE, FOLDER)
        return summary.read(self.checked(*names), self.base_iri, self.kinds)

    @SnapshotValue
    def things(self) -> Directory:
        """Return the lists of things; mere files have none."""
        return Directory.of(self.index, self.graph, self.kinds) if self.base_iri else Directory({})

    @SnapshotValue
    def atlas(self) -> Atlas:
        """Return the areas that have an outline."""
        return atlas.atlas(self.store, self.base_iri)

    @SnapshotValue
    def rules(self) -> ox.Store:
        """Return the shapes, parsed."""
        store = ox.Store()
        store.bulk_load(self.shapes, format=ox.RdfFormat.TURTLE)
        return store

    @SnapshotValue
    def terms(self) -> tuple[TermDefinition, ...]:
        """Return the terms of the ontology with their use."""
        return vocabulary.definitions(self.graph, self.summary)

    @SnapshotValue
    def rule_examples(self) -> Mapping[str, RuleExample]:
        """Return a good and a bad example of each rule that has one; none in a snapshot of an older version."""
        file = self.checked(rule_examples.FILE) / rule_examples.FILE
        if not file.is_file():
            return {}
        spoken_of = {rule.iri: rule.spoken_of for rule in vocabulary.rules(self.rules)}
        return rule_examples.examples(file.read_bytes(), self.base_iri, spoken_of)

    @SnapshotValue
    def example_queries(self) -> tuple[ExampleQuery, ...]:
        """Return the queries that were published with the data."""
        return example_queries.read(self.checked(f"{QUERIES_FOLDER}/") / QUERIES_FOLDER / "examples")

    @SnapshotValue
    def codebook(self) -> Codebook:
        """Return every column and property with what it holds."""
        directory = self.checked(f"{QUERIES_FOLDER}/")
        return Codebook(
            codebook.tables(directory / QUERIES_FOLDER / "flat", self.summary.tables),
            codebook.properties(self.graph, self.summary, self.terms, self.rules),
        )

    @SnapshotValue
    def efa(self) -> EfaRegister:
        return efa.read(self.graph)

    @property
    def index(self) -> Index:
        """Return the search index; its file is read by each search, so it is looked at each time."""
        if not self.base_iri:
            raise NotFound(_("This server answers queries about files; it has no pages of things."))
        self.checked(search_index.FILE)
        return _index(self)

    @SnapshotValue
    def withdrawals(self) -> Mapping[str, Withdrawal]:
        """Return what was withdrawn, by IRI."""
        files = self.manifest.files
        tables = changes.withdrawal_tables(files)
        names = [name for table in tables for name in (table, f"{table}-metadata.json") if name in files]
        directory = self.checked(*names)
        return changes.withdrawals({name: (directory / name).read_bytes() for name in names})


@SnapshotValue
def _index(opened: PageSnapshot) -> Index:
    return Index.of(opened.directory)
