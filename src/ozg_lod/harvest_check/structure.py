"""Datasets as nodes: named once, named stably, listed, and nothing taken for a dataset that is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from ozg_lod.core.findings import Finding, Location
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import DCAT, DCT
from ozg_lod.harvest_check.findings import error, warning
from ozg_lod.harvest_check.graph import (
    CATALOG,
    DATASET,
    DISTRIBUTION,
    RECORD,
    CatalogueGraph,
    CatalogueTerm,
)


def place(graph: CatalogueGraph, subject: CatalogueTerm) -> Location:
    """Return where a finding about `subject` is: its name for people, its address for programs."""
    named = Text(graph.name(subject, "de"), graph.name(subject, "en"))
    return Location(subject=named if named.de else None, focus=subject.value if subject.kind == "iri" else None)


def structure(graph: CatalogueGraph) -> Iterator[Finding]:
    """Yield what is wrong with the set of datasets."""
    datasets = graph.typed(DATASET)
    if not datasets:
        yield error(
            "catalogue-empty",
            _("the catalogue holds no dataset (dcat:Dataset); portals then delete all they have from here"),
        )
        return
    yield from _catalogues(graph, datasets)
    for dataset in datasets:
        yield from _node(graph, dataset)
    yield from _twins(graph, datasets)
    for dataset in datasets:
        for distribution in graph.of(dataset, DCAT + "distribution"):
            yield from _distribution_node(graph, dataset, distribution)


def _catalogues(graph: CatalogueGraph, datasets: list[CatalogueTerm]) -> Iterator[Finding]:
    catalogues = graph.typed(CATALOG)
    if not catalogues:
        yield error(
            "catalogue-missing",
            _("the catalogue itself (dcat:Catalog) is missing; DCAT-AP demands it"),
        )
        return
    listed = {dataset for catalogue in catalogues for dataset in graph.of(catalogue, DCAT + "dataset")}
    for dataset in sorted(listed - set(datasets), key=lambda term: term.value):
        yield warning(
            "dataset-not-described",
            _("the catalogue lists a dataset that it does not describe; it does not arrive at portals"),
            place=place(graph, dataset),
        )
    for dataset in datasets if listed else []:
        if dataset not in listed and not is_stub(graph, dataset) and dataset not in catalogues:
            yield warning(
                "dataset-not-listed",
                _("the dataset is not in the list of the catalogue (dcat:dataset)"),
                place=place(graph, dataset),
            )


def _node(graph: CatalogueGraph, dataset: CatalogueTerm) -> Iterator[Finding]:
    where = place(graph, dataset)
    if dataset.kind == "blank":
        yield error(
            "dataset-unnamed",
            _("the dataset has no address (blank node); portals create it anew each time"),
            place=where,
        )
    elif urlsplit(dataset.value).scheme not in ("http", "https"):
        yield error(
            "dataset-address",
            _("the address of the dataset does not start with http:// or https://"),
            value=dataset.value,
            place=where,
        )
    if is_stub(graph, dataset):
        yield error(
            "dataset-stub",
            _("a mere reference is typed as a dataset; harvesters import it as an empty dataset. Leave out its class"),
            place=where,
        )
    for name, rule in ((CATALOG, "dataset-is-catalogue"), (RECORD, "dataset-is-record")):
        if graph.is_a(dataset, name):
            yield error(
                rule,
                _("the same address is a dataset and a catalogue or catalogue record; harvesters merge the two"),
                place=where,
            )
    if len(graph.pages[dataset]) > 1:
        yield error(
            "dataset-twice",
            _(
                "the dataset is on {count} pages of the catalogue; it may be on one only",
                count=len(graph.pages[dataset]),
            ),
            place=where,
        )


def _twins(graph: CatalogueGraph, datasets: list[CatalogueTerm]) -> Iterator[Finding]:
    """Yield datasets that share an identifier (the key for duplicates in Germany) or a title."""
    for twins in _sharing(graph, datasets, DCT + "identifier"):
        yield error(
            "identifier-twice",
            _("{count} datasets have the same identifier; portals take them for one", count=len(twins)),
            place=place(graph, twins[0]),
        )
    for twins in _sharing(graph, datasets, DCT + "title"):
        yield warning(
            "title-twice",
            _("{count} datasets have the same title; people cannot tell them apart", count=len(twins)),
            place=place(graph, twins[0]),
        )


def _sharing(graph: CatalogueGraph, datasets: list[CatalogueTerm], predicate: str) -> list[list[CatalogueTerm]]:
    """Return the groups of datasets that have a value of this property in common."""
    groups: defaultdict[tuple[str, str], list[CatalogueTerm]] = defaultdict(list)
    for dataset in datasets:
        for found in graph.of(dataset, predicate):
            groups[(found.value, found.language)].append(dataset)
    return [twins for _, twins in sorted(groups.items()) if len(twins) > 1]


def _distribution_node(graph: CatalogueGraph, dataset: CatalogueTerm, distribution: CatalogueTerm) -> Iterator[Finding]:
    if distribution.kind == "blank":
        yield warning(
            "distribution-unnamed",
            _("a distribution has no address (blank node); some harvesters merge several of them into one"),
            place=place(graph, dataset),
        )
    if not graph.is_a(distribution, DISTRIBUTION):
        yield warning(
            "distribution-not-described",
            _("the dataset names a distribution that is not described as dcat:Distribution"),
            place=place(graph, dataset),
        )


def is_stub(graph: CatalogueGraph, dataset: CatalogueTerm) -> bool:
    """Tell whether nothing is said of a dataset but its class and perhaps its name: a reference, not a description."""
    return not graph.of(dataset, DCT + "description", DCAT + "distribution", DCT + "publisher", DCT + "identifier")
