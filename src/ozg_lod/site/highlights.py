"""What people ask first, for the start page: how much is online, and who takes part in the programme of the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ozg_lod.rdf.graph import Graph
from ozg_lod.site.atlas import PARTICIPATES, Atlas
from ozg_lod.snapshots.summary import AvailabilityCount


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


def highlights(graph: Graph, atlas: Atlas, counted: AvailabilityCount) -> Highlights:
    """Read them; a count of 0 means that the data do not say."""
    day = counted.days[0] if len(counted.days) == 1 else ""
    services = "services" if day else "services_undated"
    participants = len(atlas.marked(PARTICIPATES))
    numbers = ((services, counted.services, "/zeitleiste"), ("participants", participants, "/karte"))
    names = {atlas.programme: graph.names(atlas.programme)} if atlas.programme else {}
    return Highlights(numbers, day, atlas.programme, names, atlas.box is not None)
