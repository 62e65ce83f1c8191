"""What people ask first, for the start page: how much is online, and who takes part in the programme of the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ozg_lod.rdf.graph import Graph
from ozg_lod.site.atlas import PARTICIPATES, Atlas
from ozg_lod.site.timeline import timeline


@dataclass(frozen=True, slots=True)
class Highlights:
    """Numbers as (name, count, address), the day the first is of, the programme of the map.

    `day` is an xsd:date, "" where the data name none or several; `mapped` says whether there is a map to show.
    """

    numbers: Sequence[tuple[str, int, str]]
    day: str
    programme: str
    names: Mapping[str, Mapping[str, str]]
    mapped: bool


def highlights(graph: Graph, atlas: Atlas) -> Highlights:
    """Read them; a count of 0 means that the data do not say."""
    rows = [row for row in timeline(graph.store).rows if row.count]
    days = {str(getattr(term, "value", "")) for row in rows for term in row.as_of}
    services = "services" if len(days) == 1 else "services_undated"
    participants = len(atlas.marked(PARTICIPATES))
    numbers = ((services, sum(row.count or 0 for row in rows), "/zeitleiste"), ("participants", participants, "/karte"))
    names = {atlas.programme: graph.names(atlas.programme)} if atlas.programme else {}
    return Highlights(numbers, days.pop() if len(days) == 1 else "", atlas.programme, names, atlas.box is not None)
