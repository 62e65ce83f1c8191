"""Searching: what somebody typed becomes the things they may mean, best first, always in the same order.

A word of three letters or more is found inside words, a shorter one where a word begins; all words must be found.
Where no name has them, other readings are tried: without endings, without a word too many, spelled otherwise, in parts.
What is typed reaches SQLite as values only: each word is letters and digits by then, quoted where FTS5 has a grammar.
The index is opened read-only and as immutable; each thread borrows a connection for the time of one call.
"""

from __future__ import annotations

import re
import sqlite3
import weakref
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ozg_lod.core.errors import SnapshotError
from ozg_lod.core.folding import SHORTEST_PART, contract, fold
from ozg_lod.core.messages import _
from ozg_lod.core.spelling import Spellings, nearest_keys
from ozg_lod.search import keys
from ozg_lod.search.index import FILE, PAGE, SEPARATOR

LONGEST: Final = 100
"""Characters of a query that are read."""
MATCHES: Final = ("key", "label", "name", "first-words", "prefix", "word", "part", "other-name", "text")
"""How a thing was found, best first: by its key, its whole label, another whole name, the first words of its label,
the beginning of its label, the beginning of a word in it, parts of its label, parts of another name or key, and what is
said about it."""

_SCORES: Final = (0, 2, 4, 9, 10, 11, 13, 15, 40)
"""What each of MATCHES weighs against the kind of the thing: less comes first."""
_KIND_STEP: Final = 2
_KINDS_ALIKE: Final = 4
"""So many kinds, in their order among results, weigh the same: a programme that contains a word comes before an entry
of a catalogue that contains it, and a whole name before either."""
_NAMED: Final = MATCHES.index("other-name")
_WHOLE: Final = MATCHES.index("name")
_BEGUN: Final = MATCHES.index("prefix")
_ENDINGS: Final = re.compile(r"(?<=.{4})(?:ungen|ung|innen|ern|en|er|es|em|e|n|s|ed|ing|ment)$")
"""Endings of German and English words, taken off where four letters remain."""
_SHORTEST_PIECE: Final = 5
"""Letters of a known word from which on it is taken for what a longer one is made of."""
_MAX_WORDS: Final = 8
_FEW: Final = 3
_OFFERED: Final = 3
_NEAREST: Final = 5
_NEIGHBOURS: Final = 2_000
"""So many keys on either side of one are compared with it: a typing error is rarely at the beginning."""
_LEADING_KEY: Final = 5
"""From this many digits on a key typed in the search box leads straight to its thing; two digits may be anything."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing as the index knows it; `official` is its main official key, "" where it has none.

    `number` is its place among all things of this snapshot.
    """

    iri: str
    kind: str
    key: str
    official: str
    de: str
    en: str
    type_de: str
    type_en: str
    district: str
    number: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found, how (one of MATCHES), and its other names and texts as (language, text)."""

    thing: Thing
    match: str
    passages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one query: `total` and `hits` within `kind`, `facets` over all kinds, most first.

    `words` are the folded words looked for, `suggestions` other spellings that find something. `read_as` is the
    spelling that was searched for in place of the query, "" where that was found itself.
    """

    query: str
    kind: str
    words: tuple[str, ...]
    total: int
    facets: tuple[tuple[str, int], ...]
    hits: tuple[Hit, ...]
    suggestions: tuple[str, ...]
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A thing that has a key: the key, the part of the thing that states it ("" or "#…"), and the thing."""

    key: str
    fragment: str
    thing: Thing


class Index:
    """The search index of one snapshot. Any thread may use it."""

    def __init__(self, path: Path) -> None:
        self._address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        self._idle: deque[sqlite3.Connection] = deque()
        weakref.finalize(self, _close, self._idle)
        with self._connection() as database:
            shown = dict(database.execute("SELECT folded, shown FROM spelling ORDER BY folded").fetchall())
            ordered = database.execute("SELECT kind FROM entry GROUP BY kind ORDER BY min(id)").fetchall()
        self._spellings = Spellings(shown, list(shown))
        self._weights = {kind: place // _KINDS_ALIKE * _KIND_STEP for place, (kind,) in enumerate(ordered)}

    @classmethod
    def of(cls, directory: Path) -> Index:
        """Open the index of a snapshot; raise SnapshotError where it has none."""
        path = directory / FILE
        if not path.is_file():
            raise SnapshotError(
                _("Snapshot {name} has no search index; build again.", name=directory.name),
            )
        return cls(path)

    def find(self, query: str, *, kind: str = "", limit: int = 20, offset: int = 0) -> SearchResult:
        """Return the things that `query` means, those of `kind` where it is given, from `offset` on."""
        words = _words(query)
        with self._connection() as database:
            literal = self._literal(database, query, words)
            reading, matches = self._best_reading(database, words, literal)
            counts = Counter(of_kind for _, _, of_kind in matches)
            chosen = [entry for entry in matches if not kind or entry[2] == kind]
            hits = tuple(_hit(database, number, tier) for tier, number, _ in chosen[offset : offset + limit])
            vague = len(literal) < _FEW and all(tier > _BEGUN for tier, _, _ in literal)
            suggestions = self._suggestions(database, words, len(literal)) if vague else ()
        facets = tuple(sorted(counts.items(), key=lambda facet: (-facet[1], facet[0])))
        sought = _words(reading) if reading else words
        read_as = reading if reading in suggestions else ""
        return SearchResult(query, kind, sought, len(chosen), facets, hits, suggestions, read_as)

    def named(self, query: str) -> Keyed | None:
        """Return the one thing whose official key or address `query` is; None for several or a short key."""
        with self._connection() as database:
            row = database.execute("SELECT * FROM thing WHERE iri = ?", (query.strip(),)).fetchone()
        if row:
            return Keyed("", "", Thing(*row))
        if sum(character.isdigit() for character in query) < _LEADING_KEY:
            return None
        meant = {keyed.thing.iri: keyed for guess in keys.guesses(query) for keyed in self.by_key(*guess)}
        return next(iter(meant.values())) if len(meant) == 1 else None

    def by_key(self, scheme: str, key: str) -> tuple[Keyed, ...]:
        """Return the things that have this key, in order."""
        with self._connection() as database:
            rows = database.execute(
                "SELECT k.key, k.fragment, t.* FROM key k JOIN thing t ON t.number = k.entry "
                "WHERE k.scheme = ? AND k.key = ? ORDER BY k.entry",
                (scheme, key),
            ).fetchall()
        return tuple(Keyed(stored_key, fragment, Thing(*row)) for stored_key, fragment, *row in rows)

    def kinds(self) -> dict[str, int]:
        """Return how many things there are of each kind that has any."""
        with self._connection() as database:
            return dict(
                database.execute("SELECT kind, count(*) FROM entry WHERE kind <> ? GROUP BY kind", (PAGE,)).fetchall()
            )

    def count_listed(self, kind: str, words: Sequence[str]) -> int:
        """Return how many things of a kind have all these folded words in a name or in the key."""
        condition, values = _listed(kind, words)
        with self._connection() as database:
            return int(database.execute(f"SELECT count(*) FROM entry WHERE {condition}", values).fetchone()[0])  # noqa: S608

    def listed(self, kind: str, words: Sequence[str], *, limit: int, offset: int) -> list[tuple[str, str]]:
        """Return (key, IRI) of some of them, in order of their names."""
        condition, values = _listed(kind, words)
        sql = f"SELECT key, iri FROM entry WHERE {condition} ORDER BY id LIMIT ? OFFSET ?"  # noqa: S608 - as above
        with self._connection() as database:
            return database.execute(sql, (*values, limit, offset)).fetchall()

    def iris(self, kind: str) -> dict[str, str]:
        """Return the IRIs of the things of a kind by the last part of them, in order of their names."""
        with self._connection() as database:
            return dict(database.execute("SELECT key, iri FROM entry WHERE kind = ? ORDER BY id", (kind,)).fetchall())

    def near_keys(self, kind: str, key: str) -> dict[str, str]:
        """Return the IRIs by key of the things of a kind whose keys stand before and after this one."""
        near = "SELECT key, iri FROM entry WHERE kind = ? AND key {} ? ORDER BY key {} LIMIT ?"
        with self._connection() as database:
            return {
                near_key: iri
                for relation, order in (("<", "DESC"), (">=", "ASC"))
                for near_key, iri in database.execute(near.format(relation, order), (kind, key, _NEIGHBOURS))
            }

    def line(self, *, limit: int, offset: int) -> list[str]:
        """Return some of the statements on the timeline, in its order; in an older index in that of their names."""
        with self._connection() as database:
            known = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'line'").fetchone()
            ordered = "line l JOIN entry e ON e.id = l.entry WHERE l.number > :offset ORDER BY l.number LIMIT :limit"
            by_name = "entry e WHERE e.kind = 'availability' ORDER BY e.id LIMIT :limit OFFSET :offset"
            sql = f"SELECT e.iri FROM {ordered if known else by_name}"  # noqa: S608 - one of two texts of ours
            return [iri for (iri,) in database.execute(sql, {"limit": limit, "offset": offset})]

    def near(self, scheme: str, key: str) -> tuple[Keyed, ...]:
        """Return the things whose keys are most like this one."""
        with self._connection() as database:
            known = [row[0] for row in database.execute("SELECT DISTINCT key FROM key WHERE scheme = ?", (scheme,))]
        best = nearest_keys(key, known, most=_NEAREST)
        return tuple(keyed for near_key in best for keyed in self.by_key(scheme, near_key))

    def count(self, scheme: str) -> int:
        """Return how many keys of this kind there are."""
        with self._connection() as database:
            return int(database.execute("SELECT count(*) FROM key WHERE scheme = ?", (scheme,)).fetchone()[0])

    def _literal(self, database: sqlite3.Connection, query: str, words: tuple[str, ...]) -> list[tuple[int, int, str]]:
        """Return (place in MATCHES, number, kind) of everything found with the words as typed, best first."""
        matches = {number: (tier, kind) for tier, number, kind in _matching(database, words)} if words else {}
        for scheme, key in keys.guesses(query):
            sql = "SELECT e.id, e.kind FROM key k JOIN entry e ON e.id = k.entry WHERE k.scheme = ? AND k.key = ?"
            for number, kind in database.execute(sql, (scheme, key)):
                matches[number] = (0, kind)
        return self._ranked((tier, number, kind) for number, (tier, kind) in matches.items())

    def _ranked(self, matches: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
        return sorted(matches, key=lambda match: (_SCORES[match[0]] + self._weights[match[2]], match[1]))

    def _best_reading(
        self, database: sqlite3.Connection, words: tuple[str, ...], literal: list[tuple[int, int, str]]
    ) -> tuple[str, list[tuple[int, int, str]]]:
        """Return ("", what was found) or, where no name has the words, (a reading that one has, it before the rest)."""
        best = min((tier for tier, _, _ in literal), default=len(MATCHES))
        if not words or best <= _BEGUN:
            return "", literal
        for text, worst in self._readings(words, named=best <= _NAMED):
            better = [match for match in _matching(database, _words(text)) if match[0] <= worst]
            if better:
                numbers = {number for _, number, _ in better}
                return text, [*self._ranked(better), *(match for match in literal if match[1] not in numbers)]
        return "", literal

    def _readings(self, words: tuple[str, ...], *, named: bool) -> Iterator[tuple[str, int]]:
        """Yield other readings of the words, each with the worst of MATCHES that is good enough.

        Where some names have the words (`named`), only a whole name without their endings is better.
        """
        bare = tuple(_ENDINGS.sub("", word) for word in words)
        if bare != words:
            yield " ".join(bare), _WHOLE if named else _NAMED
        if named:
            return
        if len(words) > 1:
            for left_out in sorted(words, key=len):
                yield " ".join(word for word in words if word != left_out), _WHOLE
            for word in sorted(words, key=len, reverse=True):
                yield word, _WHOLE
        yield from ((text, _BEGUN) for text in self._spellings.like(words, apart=False))
        for word in words:
            yield from ((piece, _WHOLE) for piece in self._pieces(word))

    def _pieces(self, word: str) -> list[str]:
        """Return the known words that a compound begins or ends with, the longest first."""
        whole = contract(word)
        known = [text for text in self._spellings.folded if len(text) >= _SHORTEST_PIECE and text != whole]
        pieces = [text for text in known if whole.startswith(text) or whole.endswith(text)]
        return [self._spellings.shown[text] for text in sorted(pieces, key=len, reverse=True)]

    def _suggestions(self, database: sqlite3.Connection, words: tuple[str, ...], match_count: int) -> tuple[str, ...]:
        """Return other spellings that find more."""
        alike = self._spellings.like(words, apart=not match_count)
        return tuple(text for text in alike if len(_matching(database, _words(text))) > match_count)[:_OFFERED]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection nobody else uses; a file that cannot be read any more is a damaged snapshot."""
        try:
            database = self._idle.pop()
        except IndexError:
            database = sqlite3.connect(self._address, uri=True, check_same_thread=False, cached_statements=32)
        try:
            yield database
        except sqlite3.DatabaseError as error:
            raise SnapshotError(_("The search index cannot be read ({error}).", error=error)) from error
        finally:
            self._idle.append(database)


def _close(idle: deque[sqlite3.Connection]) -> None:
    for database in idle:
        database.close()


def _listed(kind: str, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the condition for the things of a kind with these words, and its values."""
    condition = " AND ".join(("kind = ?", *["(instr(label, ?) OR instr(lower(key), ?))"] * len(words)))
    return condition, (kind, *(word for word in words for _ in range(2)))


def _words(query: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(query[:LONGEST]).split()))[:_MAX_WORDS]


def _matching(database: sqlite3.Connection, words: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return (place in MATCHES, number, kind) of the things in which all words are found, in no order."""
    long = [word for word in words if len(word) >= SHORTEST_PART]
    short = [word for word in words if len(word) < SHORTEST_PART]
    values: dict[str, str] = {"whole": contract(" ".join(words))}
    conditions = ["text MATCH :match"] if long else []
    tables = "text t JOIN entry e ON e.id = t.rowid" if long else "entry e"
    values["match"] = " AND ".join(_phrase(word) for word in long)
    for number, word in enumerate(short):
        values[f"s{number}"] = word
        begins = _begins("e.label || e.names" if long else "e.label", f":s{number}")
        conditions.append(f"({begins} OR instr(e.names, '{SEPARATOR}' || :whole || '{SEPARATOR}'))")
    parts: dict[str, list[str]] = {"e.label": [], "e.names": []}
    for number, word in enumerate(words):
        values |= {f"p{number}": word, f"c{number}": contract(word)}
        for column, tests in parts.items():
            tests.append(f"(instr({column}, :p{number}) OR instr({column}, :c{number}))")
    sql = f"""
        SELECT CASE
            WHEN instr(e.label, '{SEPARATOR}' || :whole || '{SEPARATOR}') THEN 1
            WHEN instr(e.names, '{SEPARATOR}' || :whole || '{SEPARATOR}') THEN 2
            WHEN instr(e.label, '{SEPARATOR}' || :whole || ' ') THEN 3
            WHEN instr(e.label, '{SEPARATOR}' || :whole) THEN 4
            WHEN instr(e.label, ' ' || :whole) THEN 5
            WHEN {" AND ".join(parts["e.label"])} THEN 6
            WHEN {" AND ".join(parts["e.names"])} THEN 7
            ELSE 8 END, e.id, e.kind
        FROM {tables} WHERE {" AND ".join(conditions)}
    """  # noqa: S608 - made of our own columns; what was typed is bound
    return database.execute(sql, values).fetchall()


def _phrase(word: str) -> str:
    """Return the FTS5 expression for a word inside words, in either reading."""
    readings = [reading for reading in dict.fromkeys((word, contract(word))) if len(reading) >= SHORTEST_PART]
    quoted = ['"' + reading.replace('"', '""') + '"' for reading in readings]
    return f"({' OR '.join(quoted)})"


def _begins(columns: str, value: str) -> str:
    return f"(instr({columns}, ' ' || {value}) OR instr({columns}, '{SEPARATOR}' || {value}))"


def _hit(database: sqlite3.Connection, number: int, tier: int) -> Hit:
    row = database.execute("SELECT * FROM thing WHERE number = ?", (number,)).fetchone()
    passages = database.execute("SELECT language, text FROM passage WHERE entry = ? ORDER BY number", (number,))
    return Hit(Thing(*row), MATCHES[tier], tuple(passages.fetchall()))
