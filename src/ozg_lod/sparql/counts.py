"""What is counted about a dataset: its graphs, classes and properties; of mere files by four queries in the cage."""

from __future__ import annotations

import asyncio
import functools
import json
from dataclasses import dataclass

from ozg_lod.core.settings import packaged_source
from ozg_lod.rdf import formats
from ozg_lod.snapshots.summary import Summary
from ozg_lod.sparql.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class PropertyCount:
    """One property: how many triples have it, and how many different subjects and objects they have."""

    iri: str
    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers about the default graph, and the triples of each named graph by its IRI."""

    triples: int
    subjects: int
    objects: int
    graphs: dict[str, int]
    classes: dict[str, int]
    properties: tuple[PropertyCount, ...]


def of_summary(summary: Summary, graphs: dict[str, int]) -> Counts:
    """Return the counts as the build took them."""
    properties = (PropertyCount(iri, one.triples, one.subjects, one.objects) for iri, one in summary.properties.items())
    return Counts(summary.triples, summary.subjects, summary.objects, graphs, summary.classes, tuple(properties))


async def of(endpoint: Endpoint) -> Counts:
    """Return the counts of what this endpoint answers from; the endpoint keeps the answers, so ask again freely."""
    names = ("totals", "graphs", "classes", "properties")
    totals, graphs, classes, properties = await asyncio.gather(*(_rows(endpoint, name) for name in names))
    return Counts(
        triples=int(totals[0]["triples"]),
        subjects=int(totals[0]["subjects"]),
        objects=int(totals[0]["objects"]),
        graphs={row["graph"]: int(row["triples"]) for row in graphs if "graph" in row},
        classes={row["class"]: int(row["entities"]) for row in classes if "class" in row},
        properties=tuple(
            PropertyCount(row["property"], int(row["triples"]), int(row["subjects"]), int(row["objects"]))
            for row in properties
            if "property" in row
        ),
    )


async def _rows(endpoint: Endpoint, name: str) -> list[dict[str, str]]:
    entry = await endpoint.answer(endpoint.question(_query(name), form=formats.SPARQL_JSON.media_type))
    bindings = json.loads(entry.body.plain)["results"]["bindings"]
    return [{variable: term["value"] for variable, term in row.items()} for row in bindings]


@functools.cache
def _query(name: str) -> str:
    return (packaged_source() / "queries" / "internal" / f"count-{name}.rq").read_text("utf-8")
