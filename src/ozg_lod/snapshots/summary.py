"""The summary of a snapshot: what pages tell of the whole, counted by the build in one pass over the merged graph.

Nothing that is served may cost more the larger the catalogue is, so what is told of all of it is counted once, from its
sorted N-Triples, which stand subject by subject.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final, TextIO

import msgspec

from ozg_lod.core.kinds import Kinds
from ozg_lod.core.vocab import DCT, ONTOLOGY, OZG, RDF, WGS84, XSD
from ozg_lod.rdf.graph import LABELS, collation
from ozg_lod.snapshots.data_files import MERGED_FILE

FILE: Final = "summary.json"
MEASURES: Final[Mapping[str, tuple[str, ...]]] = {
    "source": (DCT + "source",),
    "date": (
        *(OZG + name for name in ("asOf", "readOn", "month", "latest", "validFrom", "validTo")),
        DCT + "issued",
        DCT + "date",
    ),
    "position": (WGS84 + "lat",),
    "wording": (OZG + "wording",),
}
"""What is measured for each kind, and by which properties it counts as given."""
ENGLISH: Final = "english"
CLASS, PROPERTY, VALUE = "class", "property", "value"
"""The ways to use a term."""
_TYPE: Final = f"<{RDF}type>"
_SOURCE: Final = f"<{DCT}source>"
_REPLACED: Final = f"<{DCT}isReplacedBy>"
_SPATIAL: Final = f"<{DCT}spatial>"
_AT, _OF, _ENDED = (f"<{OZG}{name}>" for name in ("availableAt", "availabilityOf", "validTo"))
_LATITUDE: Final = f"<{WGS84}lat>"
_AS_OF, _LATEST, _MONTH_OF, _COUNT = (f"<{OZG}{name}>" for name in ("asOf", "latest", "month", "serviceCount"))
_AVAILABILITY, _FIGURE = f"<{OZG}Availability>", f"<{OZG}Figure>"
_LABELS: Final = tuple(f"<{label}>" for label in LABELS)
_MEASURED: Final = {measure: {f"<{iri}>" for iri in iris} for measure, iris in MEASURES.items()}
_MONTH: Final = re.compile(r'"([0-9]{4}-(?:0[1-9]|1[0-2]))')
_ZERO: Final = re.compile(r"[+-]?0+(?:\.0*)?|[+-]?\.0+")
_LONG: Final = 120
_DUMP: Final = "dump"
_TABLE: Final = ".csv"

Dates = tuple[str, str]
"""The first and the last day (xsd:date)."""
Facts = Mapping[str, Sequence[str]]
"""What is said of one thing, its values as they stand in N-Triples, by property in angle brackets."""


@dataclass(slots=True)
class PropertyTotals:
    """One property: its triples, the different subjects and objects they have; `stated` leaves out the ontology's own.

    `datatypes` are those of the values, "" for things, the ontology's own not among them.
    """

    triples: int = 0
    subjects: int = 0
    objects: int = 0
    stated: int = 0
    datatypes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TypeProfile:
    """The things with exactly these classes: how many, and how many of them have each property."""

    types: list[str]
    things: int = 0
    properties: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class TermCount:
    """How often the data use a term in one way, and the statement that shows it best, as N-Triples."""

    count: int
    example: str


@dataclass(slots=True)
class AvailabilityCount:
    """Services by the first and by the last month that statements of availability name; `axis` is the widest span.

    `dated` of the statements name a month, `counting` of these a number of services.
    `days` are the as-of days of the statements that count services. Of a thing only the latest statement counts.
    """

    statements: int = 0
    dated: int = 0
    counting: int = 0
    first: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    axis: Dates | None = None
    days: list[str] = field(default_factory=list)

    @property
    def services(self) -> int:
        return sum(self.first.values())


@dataclass(slots=True)
class CoverageCount:
    """`known` of `authorities` have a statement of what is online there.

    `unplaced` things are online as of `days`, nobody says where: nothing follows from that for one of them.
    """

    known: int = 0
    authorities: int = 0
    unplaced: int = 0
    days: Dates | None = None


@dataclass(slots=True)
class KindCount:
    """One kind: how many things it has, and how many of them have what is measured (by name of the measure)."""

    kind: str
    total: int
    given: dict[str, int]


@dataclass(slots=True)
class TableCount:
    """The rows of a flat table, and of each column how many cells are filled and how many of them are 0."""

    rows: int = 0
    columns: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Summary:
    """All that is counted. `dates` are by kind (of "" those of all), `sources` by IRI, `terms` by way of use."""

    triples: int = 0
    subjects: int = 0
    objects: int = 0
    properties: dict[str, PropertyTotals] = field(default_factory=dict)
    profiles: list[TypeProfile] = field(default_factory=list)
    dates: dict[str, Dates] = field(default_factory=dict)
    stocks: list[KindCount] = field(default_factory=list)
    sources: dict[str, int] = field(default_factory=dict)
    terms: dict[str, dict[str, TermCount]] = field(default_factory=dict)
    availability: AvailabilityCount = field(default_factory=AvailabilityCount)
    tables: dict[str, TableCount] = field(default_factory=dict)
    coverage: CoverageCount | None = None

    @property
    def classes(self) -> dict[str, int]:
        """Return the instances of each class."""
        counts: Counter[str] = Counter()
        for profile in self.profiles:
            counts.update(dict.fromkeys(profile.types, profile.things))
        return dict(sorted(counts.items()))


def of_directory(directory: Path, base_iri: str, kinds: Kinds) -> bytes:
    """Return the summary of the merged graph, its N-Triples sorted, and of the tables in a directory, as a file."""
    return msgspec.json.encode(read(directory, base_iri, kinds), order="deterministic")


def read(directory: Path, base_iri: str, kinds: Kinds) -> Summary:
    """Return the summary of a snapshot; one of an older version is counted now."""
    if (directory / FILE).is_file():
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Summary)
    with (directory / MERGED_FILE).open("rb") as lines:
        summary = _Counting(base_iri, kinds).summary(lines)
    for path in sorted((directory / _DUMP).glob(f"*{_TABLE}")):
        with path.open(encoding="utf-8", newline="") as rows:
            summary.tables[path.name] = _table(rows)
    return summary


def _table(lines: TextIO) -> TableCount:
    rows = csv.reader(lines)
    names = next(rows, [])
    filled, zeros, total = [0] * len(names), [0] * len(names), 0
    for row in rows:
        total += 1
        for place, cell in enumerate(row):
            if cell:
                filled[place] += 1
                zeros[place] += _ZERO.fullmatch(cell) is not None
    return TableCount(total, dict(zip(names, zip(filled, zeros, strict=True), strict=True)))


class _Counting:
    """Counts as the subjects come; what needs another subject is settled at the end."""

    def __init__(self, base_iri: str, kinds: Kinds) -> None:
        self._ids = f"{base_iri}id/"
        self._thing = re.compile(re.escape(self._ids) + r"([a-z]+)/[A-Za-z0-9-]+")
        self._kinds = kinds
        self._summary = Summary()
        self._objects: dict[str, set[int]] = defaultdict(set)
        self._datatypes: dict[str, set[str]] = defaultdict(set)
        self._profiles: dict[tuple[str, ...], TypeProfile] = {}
        self._best: dict[tuple[str, str], tuple[tuple[object, ...], str]] = {}
        self._uses: Counter[tuple[str, str]] = Counter()
        self._sources: Counter[str] = Counter()
        self._days: dict[str, list[str]] = {}
        self._day_sets: dict[str, set[str]] = defaultdict(set)
        self._day_sources: dict[str, set[str]] = defaultdict(set)
        self._stocks: dict[str, Counter[str]] = {}
        self._unplaced: list[tuple[str, Sequence[str]]] = []
        self._located: set[str] = set()
        self._axis: set[str] = set()
        self._bodies = frozenset(kind.id for kind in kinds if kind.body and kind.template)
        self._covered: tuple[set[str], set[str], set[str]] = (set(), set(), set())
        self._authorities = 0

    def summary(self, lines: Iterable[bytes]) -> Summary:
        split = (line.decode().split(" ", 2) for line in lines)
        for subject, group in groupby(split, key=lambda parts: parts[0]):
            facts: dict[str, list[str]] = defaultdict(list)
            for _, predicate, rest in group:
                facts[predicate].append(rest[:-3])
            self._subject(subject, facts)
        return self._settled()

    def _subject(self, subject: str, facts: Facts) -> None:
        iri = _iri(subject)
        own = iri.startswith(ONTOLOGY)
        types = tuple(sorted(map(_iri, facts.get(_TYPE, ()))))
        if types not in self._profiles:
            self._profiles[types] = TypeProfile([name for name in types if name])
        self._profiles[types].things += 1
        self._count(facts, self._profiles[types].properties, own=own)
        if not own:
            self._term_uses(subject, iri, facts)
        if _LATITUDE in facts:
            self._located.add(iri)
        if iri and types and (thing := self._thing.fullmatch(iri)):
            self._stock(thing[1], facts)
        if iri and (_AS_OF in facts or _SOURCE in facts):
            self._dated(iri, facts)
        if _AVAILABILITY in facts.get(_TYPE, ()):
            self._available(facts)
        self._cover(facts)

    def _cover(self, facts: Facts) -> None:
        """Keep the authorities that a statement is about, else what it is about and its day."""
        placed, unplaced, days = self._covered
        if _REPLACED in facts:
            return
        placed.update(facts.get(_AT, ()))
        if _AT not in facts and _OF in facts:
            unplaced.update(facts[_OF])
            days.update(map(_text, facts.get(_AS_OF, ())))

    def _count(self, facts: Facts, profile: dict[str, int], *, own: bool) -> None:
        self._summary.subjects += 1
        for predicate, values in facts.items():
            count = self._summary.properties.setdefault(predicate, PropertyTotals())
            count.subjects += 1
            count.triples += len(values)
            self._objects[predicate].update(map(hash, values))
            if not own:
                profile[predicate] = profile.get(predicate, 0) + 1
                count.stated += len(values)
                self._datatypes[predicate].update(map(_suffix, values))
        self._sources.update(facts.get(_SOURCE, ()))

    def _term_uses(self, subject: str, iri: str, facts: Facts) -> None:
        """Keep the best example of each term: a thing of its own, one people know, a short value."""
        kind = iri.partition("/id/")[2].partition("/")[0]
        known = ("#" in iri or not iri, self._kinds[kind].example)
        for predicate, values in facts.items():
            by_property = predicate.startswith(f"<{OZG}")
            for value in values:
                if value.startswith(f"<{OZG}"):
                    self._use((VALUE, value), known, subject, predicate, value)
                    if predicate == _TYPE:
                        self._use((CLASS, value), known, subject, predicate, value)
                if by_property:
                    self._use((PROPERTY, predicate), known, subject, predicate, value)

    def _use(self, term: tuple[str, str], known: tuple[bool, int], subject: str, predicate: str, value: str) -> None:
        self._uses[term] += 1
        length = len(_text(value))
        rank: tuple[object, ...] = (*known, length > _LONG, length // _LONG)
        best = self._best.get(term)
        if best is not None and best[0][: len(rank)] < rank:
            return
        line = f"{subject} {predicate} {value}"
        candidate = ((*rank, collation(_iri(subject))), line)
        if best is None or candidate < best:
            self._best[term] = candidate

    def _stock(self, kind: str, facts: Facts) -> None:
        counts = self._stocks.setdefault(kind, Counter())
        counts[""] += 1
        self._authorities += kind in self._bodies and _ENDED not in facts
        for measure, properties in _MEASURED.items():
            counts[measure] += not properties.isdisjoint(facts)
        if _LATITUDE not in facts and _SPATIAL in facts:
            self._unplaced.append((kind, facts[_SPATIAL]))
        texts = next((texts for label in _LABELS if (texts := [v for v in facts.get(label, ()) if v[0] == '"'])), [])
        counts[ENGLISH] += any(text.endswith("@en") for text in texts)

    def _dated(self, iri: str, facts: Facts) -> None:
        own = [_text(day) for day in facts.get(_AS_OF, ())]
        if own:
            self._days[iri] = own
        named = {_iri(value) for name, values in facts.items() if own and name != _SOURCE for value in values}
        if not own and _FIGURE in facts.get(_TYPE, ()):
            own = [_text(day) for day in facts.get(_LATEST, ())]
        for kind in {"", *(self._kind(one) for one in (iri, *named))}:
            if own:
                self._day_sets[kind].update(own)
            else:
                self._day_sources[kind].update(map(_iri, facts.get(_SOURCE, ())))

    def _kind(self, iri: str) -> str:
        return iri.removeprefix(self._ids).partition("/")[0] if iri.startswith(self._ids) else ""

    def _available(self, facts: Facts) -> None:
        available = self._summary.availability
        available.statements += 1
        if _REPLACED in facts:
            return
        months = sorted(match[1] for term in facts.get(_MONTH_OF, ()) if (match := _MONTH.match(term)))
        if not months:
            return
        available.dated += 1
        counts = list(map(_text, sorted(facts.get(_COUNT, ()))))
        count = int(counts[0]) if counts and counts[0].isdecimal() else 0
        available.first[months[0]] = available.first.get(months[0], 0) + count
        available.last[months[-1]] = available.last.get(months[-1], 0) + count
        as_of = list(map(_text, facts.get(_AS_OF, ())))
        self._axis |= {months[0], months[-1], *(day[:7] for day in as_of)}
        if count:
            available.counting += 1
            available.days = sorted({*available.days, *as_of})

    def _settled(self) -> Summary:
        summary = self._summary
        for predicate, count in summary.properties.items():
            count.objects = len(self._objects[predicate])
            count.datatypes = sorted({_datatype(suffix) for suffix in self._datatypes[predicate]})
        summary.triples = sum(count.triples for count in summary.properties.values())
        summary.objects = len(set().union(*self._objects.values()))
        summary.properties = {_iri(name): count for name, count in sorted(summary.properties.items())}
        summary.profiles = [
            TypeProfile(one.types, one.things, {_iri(name): number for name, number in sorted(one.properties.items())})
            for _, one in sorted(self._profiles.items())
        ]
        for kind, sources in self._day_sources.items():
            self._day_sets[kind].update(day for source in sources for day in self._days.get(source, ()))
        summary.dates = {kind: (min(days), max(days)) for kind, days in sorted(self._day_sets.items()) if days}
        for kind, places in self._unplaced:
            self._stocks[kind]["position"] += any(_iri(place) in self._located for place in places)
        known = [kind for kind in self._kinds.names if kind in self._stocks]
        for kind in (*known, *sorted(self._stocks.keys() - set(known))):
            counts = self._stocks[kind]
            given = {measure: counts[measure] for measure in (*_MEASURED, ENGLISH)}
            summary.stocks.append(KindCount(kind, counts[""], given))
        summary.sources = {_iri(source): number for source, number in sorted(self._sources.items())}
        for (way, term), number in sorted(self._uses.items()):
            summary.terms.setdefault(way, {})[_iri(term)] = TermCount(number, self._best[way, term][1])
        placed, unplaced, days = self._covered
        span = (min(days), max(days)) if days else None
        summary.coverage = CoverageCount(len(placed), self._authorities, len(unplaced), span)
        if self._axis:
            summary.availability.axis = (min(self._axis), max(self._axis))
        return summary


def _iri(term: str) -> str:
    """Return the IRI of a term as N-Triples write it, "" for anything else."""
    return term[1:-1] if term[0] == "<" else ""


def _text(term: str) -> str:
    """Return what stands between the quotes of a literal, or the brackets of an IRI."""
    return term[1 : term.rfind('"')] if term[0] == '"' else _iri(term)


def _suffix(term: str) -> str:
    """Return what follows the quotes of a literal; of anything else its first character."""
    return term[term.rfind('"') + 1 :] if term[0] == '"' else term[0]


def _datatype(suffix: str) -> str:
    if suffix.startswith("^^"):
        return _iri(suffix[2:])
    return "" if suffix in {"<", "_"} else RDF + "langString" if suffix else XSD + "string"
