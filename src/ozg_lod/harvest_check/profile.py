"""What the profiles ask of a catalogue, from `harvest.toml`: what must be there, be single, or be from a list."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from ozg_lod.core.findings import Severity
from ozg_lod.core.messages import Text
from ozg_lod.core.vocab import PREFIXES
from ozg_lod.harvest_check.graph import (
    CATALOG,
    DATASET,
    DISTRIBUTION,
    SERVICE,
)

KINDS: Final = {"catalogue": CATALOG, "dataset": DATASET, "distribution": DISTRIBUTION, "service": SERVICE}


@dataclass(frozen=True, slots=True)
class ProfileRule:
    """One rule about a property of a kind of thing.

    `start` is how addresses of the list begin, `effect` what happens at portals, `base` that DCAT-AP itself demands it.
    """

    kind: str
    slug: str
    predicate: str
    name: Text
    severity: Severity = Severity.ERROR
    effect: Text | None = None
    start: str = ""
    base: bool = False
    plural: bool = False

    @property
    def type(self) -> str:
        """Return the class the rule is about."""
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class Profile:
    """All rules."""

    asked: tuple[ProfileRule, ...]
    single: tuple[ProfileRule, ...]
    lists: tuple[ProfileRule, ...]
    deprecated: tuple[str, ...]

    @property
    def base(self) -> frozenset[str]:
        """Return the findings that break DCAT-AP itself."""
        return frozenset(f"{rule.kind}-{rule.slug}-missing" for rule in self.asked if rule.base)


@cache
def profile() -> Profile:
    """Return the rules, read once."""
    said = tomllib.loads(files("ozg_lod").joinpath("harvest.toml").read_text("utf-8"))
    tables = {name: tuple(_rule(table) for table in said[name]) for name in ("asked", "single", "list")}
    return Profile(tables["asked"], tables["single"], tables["list"], tuple(_iri(name) for name in said["deprecated"]))


def _rule(table: Mapping[str, object]) -> ProfileRule:
    effect, name = table.get("effect"), table["name"]
    assert isinstance(name, dict)  # noqa: S101 - our own file
    return ProfileRule(
        kind=str(table["kind"]),
        slug=str(table["slug"]),
        predicate=_iri(str(table["property"])),
        name=Text(**name),
        severity=Severity(str(table.get("severity", "error"))),
        effect=Text(**effect) if isinstance(effect, dict) else None,
        start=str(table.get("start", "")),
        base=bool(table.get("base")),
        plural=bool(table.get("plural")),
    )


def _iri(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local
